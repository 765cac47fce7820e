"""Layers one behind the other."""

from collections.abc import Sequence
from typing import Any

from minicnn import _checks, _config
from minicnn._types import Shape
from minicnn.graph import Graph
from minicnn.layers.base import Layer
from minicnn.layers.naming import automatic_name
from minicnn.layers.nodes import Input, Node, connect
from minicnn.layers.simple import InputLayer
from minicnn.models.model import Model


class Sequential(Model):
    """Layers one behind the other.

    layers: the list; an `Input` or the first layer's ``input_shape`` fixes the input, otherwise the first data do.
    """

    def __init__(self, layers: Sequence[Layer | Node] | None = None, *, trainable: bool = True,
                 name: str | None = None) -> None:
        self._stack: list[Layer] = []
        self._ends: tuple[Node, Node] | None = None
        super().__init__(name=automatic_name("Sequential") if name is None else name)
        if not isinstance(layers or (), (list, tuple)):
            raise _checks.error(str(self), "layers must be a list", "[...]", repr(layers))
        for layer in layers or ():
            self.add(layer)
        if not trainable:
            self.trainable = False

    @property
    def graph(self) -> Graph:
        if self._graph is None:
            if not self._stack:
                raise _checks.error(str(self), "the model has no layers", cure="Add some: model.add(layer).")
            if self._ends is None:
                raise _checks.error(str(self), "the model is not built: its input shape is unknown", cure=
                                    "Give input_shape to the first layer, start with Input(shape), or pass data.")
            self._graph = Graph([self._ends[0]], [self._ends[1]])
        return self._graph

    @property
    def layers(self) -> list[Layer]:
        """The layers, without the input."""
        return list(self._stack)

    @property
    def built(self) -> bool:
        return bool(self._stack) and self._ends is not None

    def _own_layers(self) -> list[Layer]:
        return self._stack

    def add(self, layer: Layer | Node) -> None:
        """Put a layer behind the others."""
        if isinstance(layer, (Node, InputLayer)):
            if self._stack or self._ends is not None:
                raise _checks.error(str(self), "an input stands only at the beginning")
            self._start(layer if isinstance(layer, Node) else connect(layer)[0])
            return
        if not isinstance(layer, Layer):
            cure = f"Make an object of the class: {layer.__name__}(...)." if isinstance(layer, type) else None
            raise _checks.error(str(self), "only layers can be added", "a Layer", repr(layer), cure)
        if "name" not in vars(layer):
            raise _checks.error(type(layer).__name__, "the layer is not set up", cure=
                                "Call super().__init__() first in its __init__.")
        if layer.name in [other.name for other in self._stack]:
            raise _checks.error(str(self), f"there is a layer {layer.name!r} already", cure="Give it another name.")
        ends = self._ends
        if ends is None and not self._stack:
            shape, dtype = _input_of(layer)
            if shape is not None:
                start = Input(shape, dtype=dtype)
                ends = start, start
        if ends is not None:
            ends = ends[0], self._behind(layer, ends[1])
        self._ends, self._graph = ends, None
        self._stack.append(layer)

    def pop(self) -> Layer:
        """Take the last layer off, and return it."""
        if not self._stack:
            raise _checks.error(str(self), "the model has no layers")
        layer = self._stack.pop()
        if self._ends is not None:
            last = next(call for call in reversed(layer.calls) if self._ends[1] in call.outputs)
            layer.calls.remove(last)
            self._ends = self._ends[0], last.inputs[0]
        self._graph = None
        return layer

    def _start(self, node: Node) -> None:
        self.output_shape_for(node.sample_shape)  # all fit, or no layer is built
        last = node
        for layer in self._stack:
            last = self._behind(layer, last)
        self._ends, self._graph = (node, last), None

    def _behind(self, layer: Layer, last: Node) -> Node:
        outputs = connect(layer, last)
        if len(outputs) > 1:
            layer.calls.pop()
            raise _checks.error(str(self), f"{layer} has {len(outputs)} outputs", "layers with one output")
        return outputs[0]

    def output_shape_for(self, *input_shapes: Shape) -> Shape:
        if self._ends is not None:
            return super().output_shape_for(*input_shapes)
        shape = input_shapes[0]
        for layer in self._stack:
            shape = layer.output_shape_for(shape)
        return shape

    def build(self, *input_shapes: Shape) -> None:
        """Fix the shape of the input (without the batch axis)."""
        self._expect_input(input_shapes[0])
        super().build(*input_shapes)

    def _expect_input(self, shape: Shape) -> None:
        if self._ends is None and self._stack:
            self._start(Input(shape, dtype=self._stack[0].dtype))

    def get_config(self) -> dict[str, Any]:
        start = self.graph.inputs[0]
        return {"name": self.name, "trainable": self.trainable, "input_shape": _config.encode(start.sample_shape),
                "input_dtype": start.owner.dtype, "layers": [_config.encode(layer) for layer in self._stack]}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Sequential":
        layers = [_config.decode(layer) for layer in config["layers"]]
        start = Input(config["input_shape"], dtype=config["input_dtype"])
        model = cls([start, *layers], name=config["name"])
        model._trainable = bool(config["trainable"])  # its layers have said for themselves whether they are
        return model


def _input_of(layer: Layer) -> tuple[Shape | None, str]:
    """The input shape and type that a first layer names, if it does; a model has its own."""
    if isinstance(layer, Sequential) and layer._ends is None:
        return _input_of(layer._stack[0]) if layer._stack else (None, layer.dtype)
    if layer.inner is not None:
        start = layer.inner.inputs[0]
        return start.sample_shape, start.owner.dtype
    return layer.input_shape, layer.dtype
