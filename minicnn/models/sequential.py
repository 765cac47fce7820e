"""Layers one behind the other."""

from collections.abc import Sequence
from typing import Any

from minicnn import _checks, _config
from minicnn._types import Shape
from minicnn.graph import Graph, Node, connect, input_node
from minicnn.layers.base import Layer
from minicnn.layers.simple import InputLayer
from minicnn.models.model import Model


def Input(shape: Sequence[int], *, name: str | None = None, dtype: str = "float32") -> Node:
    """Where a network begins: the shape of one sample, without the batch axis."""
    return input_node(shape, name, dtype)


class Sequential(Model):
    """Layers one behind the other.

    layers: the list; an `Input` or the first layer's ``input_shape`` fixes the input, otherwise the first data do.
    """

    def __init__(self, layers: Sequence[Layer | Node] | None = None, *, name: str | None = None) -> None:
        super().__init__(name=name)
        self._stack: list[Layer] = []
        self._input: Node | None = None
        self._last: Node | None = None
        self._graph: Graph | None = None
        if not isinstance(layers or (), (list, tuple)):
            raise _checks.error(str(self), "layers must be a list", "[...]", repr(layers))
        for layer in layers or ():
            self.add(layer)

    @property
    def graph(self) -> Graph:
        if self._graph is None:
            if not self._stack:
                raise _checks.error(str(self), "the model has no layers", cure="Add some: model.add(layer).")
            if self._input is None or self._last is None:
                raise _checks.error(str(self), "the model is not built: its input shape is unknown", cure=
                                    "Give input_shape to the first layer, start with Input(shape), or pass data.")
            self._graph = Graph([self._input], [self._last])
        return self._graph

    @property
    def layers(self) -> list[Layer]:
        return list(self._stack)

    def add(self, layer: Layer | Node) -> None:
        """Put a layer behind the others."""
        if isinstance(layer, (Node, InputLayer)):
            if self._stack or self._input is not None:
                raise _checks.error(str(self), "an input stands only at the beginning")
            self._start(layer if isinstance(layer, Node) else input_node(layer.shape, layer.name, layer.dtype))
            return
        if not isinstance(layer, Layer):
            cure = f"Make an object of the class: {layer.__name__}(...)." if isinstance(layer, type) else None
            raise _checks.error(str(self), "only layers can be added", "a Layer", repr(layer), cure)
        if "name" not in vars(layer):
            raise _checks.error(type(layer).__name__, "the layer is not set up", cure=
                                "Call super().__init__() first in its __init__.")
        if layer.name in [other.name for other in self._stack]:
            raise _checks.error(str(self), f"there is a layer {layer.name!r} already", cure="Give it another name.")
        if not self._stack and self._input is None and layer.input_shape is not None:
            self._start(input_node(layer.input_shape, dtype=layer.dtype))
        if self._last is not None:
            self._last = connect(layer, self._last)
        self._stack.append(layer)
        self._graph = None

    def _start(self, node: Node) -> None:
        shape = node.shape
        for layer in self._stack:
            shape = layer.output_shape(shape)  # all fit, or no layer is built
        last = node
        for layer in self._stack:
            last = connect(layer, last)
        self._input, self._last, self._graph = node, last, None

    def build(self, *input_shapes: Shape) -> None:
        """Fix the shape of the input (without the batch axis)."""
        self._expect_input(input_shapes[0])
        super().build(*input_shapes)

    def _expect_input(self, shape: Shape) -> None:
        if self._input is None and self._stack:
            self._start(input_node(shape, dtype=self._stack[0].dtype))

    def get_config(self) -> dict[str, Any]:
        start = self.graph.inputs[0]
        return {"name": self.name, "input_shape": _config.encode(start.shape), "input_dtype": start.owner.dtype,
                "layers": [_config.encode(layer) for layer in self._stack]}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Sequential":
        layers = [_config.decode(layer) for layer in config["layers"]]
        start = input_node(config["input_shape"], dtype=config["input_dtype"])
        return cls([start, *layers], name=config["name"])
