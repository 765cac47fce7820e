"""A network: a graph with names, and all there is to see in it."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minicnn import _checks, _random, counting, plans, rules
from minicnn._data import Data, is_several, joined, one_or_all, unlisted
from minicnn._types import Array, Shape
from minicnn.graph import Graph, Rule, pull_back, push_forward
from minicnn.layers.base import Cache, Gradients, Layer, Rng
from minicnn.layers.nodes import Node
from minicnn.layers.parameters import set_arrays
from minicnn.models import checked


class Network(Layer):
    """A graph of layers. It is a layer itself: forward, backward and curvature go through all of its graph, so what
    holds for a layer (a gradient check, say) holds for a network.

    x is always an array with the batch axis; integers are cast to the model's float type, not scaled.
    """

    def __init__(self, *, name: str | None = None) -> None:
        super().__init__(name=name)

    # -- structure -----------------------------------------------------------------------------------

    @property
    def graph(self) -> Graph:
        """The nodes of the model."""
        raise _checks.error(str(self), "this model has no graph")

    @property
    def inner(self) -> Graph:
        return self.graph

    @property
    def layers(self) -> list[Layer]:
        """The declared layers, each once, in Keras's order; the inputs are among them."""
        return list(self.graph.layers)

    @property
    def inputs(self) -> list[Node]:
        """Where values come in."""
        return list(self.graph.inputs)

    @property
    def outputs(self) -> list[Node]:
        """Where they come out."""
        return list(self.graph.outputs)

    @property
    def input(self) -> Any:
        """The input, or the list of inputs."""
        return one_or_all(self.inputs)

    @property
    def output(self) -> Any:
        """The output, or the list of outputs: `Model(model.input, model.layers[1].output)` cuts a part out."""
        return one_or_all(self.outputs)

    @property
    def input_shape(self) -> Any:
        """The shape of the input, such as (None, 28, 28, 1), or a list of the shapes of several."""
        return one_or_all([node.shape for node in self.inputs])

    @property
    def output_shape(self) -> Any:
        """The shape of the output, such as (None, 10), or a list of the shapes of several."""
        return one_or_all([node.shape for node in self.outputs])

    @property
    def input_names(self) -> list[str]:
        """The names of the inputs, in order."""
        return [node.owner.name for node in self.graph.inputs]

    @property
    def output_names(self) -> list[str]:
        """The name of the layer that makes each output, in order."""
        return [node.call.layer.name for node in self.graph.outputs]

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer of this name, or at this place."""
        if name is not None:
            for layer in self.layers:
                if layer.name == name:
                    return layer
            raise _checks.unknown(f"{self}: layer", name, [layer.name for layer in self.layers])
        if not isinstance(index, int) or not -len(self.layers) <= index < len(self.layers):
            raise _checks.error(str(self), "no such layer", f"a name, or an index below {len(self.layers)}", index)
        return self.layers[index]

    @property
    def sublayers(self) -> Sequence[Layer]:
        return self.layers

    @property
    def optimizer_size(self) -> tuple[int, int] | None:
        """How many numbers the optimizer keeps, and their bytes; None before its first step."""
        return None

    def summary(self, line_length: int | None = None, positions: Sequence[float] | None = None,
                print_fn: Callable[[str], object] | None = None, expand_nested: bool = False,
                show_trainable: bool = False, layer_range: Sequence[str] | None = None,
                columns: str | Sequence[str] = ()) -> None:
        """Print the table of layers, as Keras 3 prints it: shapes, parameters and, where the layers do not stand one
        behind the other, what each is connected to.

        line_length: characters in a line; 88 (108 with connections, 12 more with show_trainable), or what fits into
            the window, where not given.
        positions: where each column ends, as parts of the line, such as [0.45, 0.8, 1.0].
        print_fn: called once with the whole text instead of printing it.
        expand_nested: whether the layers of models inside the model have rows of their own.
        show_trainable: a column that says Y or N, and - for layers without parameters.
        layer_range: the names (or patterns) of the first and the last layer to show; the totals are of all.
        columns: further ones, which Keras has not, to the right: "connections" (LeCun's), "macs"
            (multiply-accumulates), "receptive_field"; see `minicnn.counting`.
        """
        text = counting.summary_text(self, line_length, positions, expand_nested, show_trainable, layer_range, columns)
        if print_fn is None:
            print(text, end="")
        else:
            print_fn(text)

    def _repr_html_(self) -> str:
        return counting.summary_html(self)

    def scores(self, y: Array) -> Array:
        """Outputs turned so that the largest wins, whether the network ends in scores or in penalties."""
        return self.graph.outputs[0].owner.scores(y)

    # -- the model as a layer ------------------------------------------------------------------------

    def output_shape_for(self, *input_shapes: Shape) -> Shape:
        self._single_output("output_shape_for")
        self.build(*input_shapes)
        return self.graph.outputs[0].sample_shape

    def build(self, *input_shapes: Shape) -> None:
        expected = tuple(node.sample_shape for node in self.graph.inputs)
        if input_shapes != expected:
            raise _checks.error(str(self), "the model was built for another input", *map(one_or_all, (
                expected, input_shapes)))

    @property
    def trainable(self) -> bool:
        """Whether training may move the parameters inside. Setting it sets it for every layer inside, as in Keras."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = _checks.flag(value, "trainable", str(self))
        for layer in self._own_layers():
            layer.trainable = self._trainable

    def _own_layers(self) -> Sequence[Layer]:
        """The layers there are by now."""
        return self.graph.layers

    def leaves(self) -> dict[str, tuple[Layer, ...]]:
        return {f"{self.name}/{path}": (self, *chain) for path, chain in self.graph.leaves.items()}

    def _by_path(self, read: Callable[[Layer], dict[str, Any]]) -> dict[str, Any]:
        """What ``read`` says of each layer's parameters, by ``"layer/parameter"``, or ``"model/layer/parameter"``."""
        return {f"{path}/{name}": value for path, chain in self.graph.leaves.items()
                for name, value in read(chain[-1]).items()}

    def shapes(self, *input_shapes: Shape) -> dict[str, Shape]:
        return self._by_path(lambda layer: layer.shapes())

    def count_params(self, learned: bool = False) -> int:
        return sum(chain[-1].count_params(learned) for chain in self.graph.leaves.values())

    def dtypes(self) -> dict[str, str]:
        return self._by_path(lambda layer: layer.dtypes())

    @property
    def params(self) -> dict[str, Array]:
        """The parameters of all layers, each once, by ``"layer/parameter"``."""
        return self._by_path(lambda layer: layer.params)

    def expect_weights(self) -> None:
        for chain in self.graph.leaves.values():
            chain[-1].expect_weights()

    @property
    def learned(self) -> dict[str, Array]:
        return self._by_path(lambda layer: layer.learned)

    @property
    def trainable_weights(self) -> list[Array]:
        return [value for layer in self.graph.learning().values() for value in layer.learned.values()]

    @property
    def has_parameters(self) -> bool:
        return any(chain[-1].has_parameters for chain in self.graph.leaves.values())

    def cast(self, dtype: str) -> None:
        self._check_dtype(dtype)
        for layer in self.graph.layers:
            layer.cast(dtype)
        self.dtype = dtype

    def forward(self, *x: Array, training: bool = False, rng: Rng = None) -> tuple[Array, Cache]:
        self._single_output("forward")
        values, caches = push_forward(self.graph, x, training=training, rng=rng)
        return values[self.graph.outputs[0]], (caches,)

    def backward(self, dy: Array, cache: Cache) -> tuple[Any, Gradients]:
        return self._walk_back(dy, cache, rules.gradient)

    def curvature(self, hy: Array, cache: Cache) -> tuple[Any, Gradients]:
        return self._walk_back(hy, cache, rules.gauss_newton)

    def _walk_back(self, signal: Array, cache: Cache, step: Rule) -> tuple[Any, Gradients]:
        back = pull_back(self.graph, {self.graph.outputs[0]: signal}, cache[0], step)
        zeros = {leaf: {name: np.zeros_like(p) for name, p in leaf.learned.items()}
                 for leaf in (chain[-1] for chain in self.graph.leaves.values())}
        return joined(back.inputs), self._by_path(lambda leaf: back.parameters.get(leaf, zeros[leaf]))

    def _single_output(self, what: str) -> None:
        if len(self.graph.outputs) > 1:
            raise _checks.error(f"{self}.{what}", "the model has several outputs", cure=
                                "Cut a model with the one that is meant: Model(model.input, model.outputs[0]).")

    def compute(self, *arrays: Array, training: bool = False) -> Any:
        """The outputs for the inputs: an array, or a list of them."""
        self._expect_input(arrays[0].shape[1:])
        x = self.as_inputs(joined(arrays), f"{self}")
        rng = np.random.default_rng(_random.new_seed())
        values = (push_forward(self.graph, x, training=True, rng=rng, remember=False)[0] if training
                  else plans.values(self.graph, x, rng=rng))
        return one_or_all([values[node] for node in self.graph.outputs])

    # -- weights -------------------------------------------------------------------------------------

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Write ``weights``, in the order of `get_weights`; all or none."""
        set_arrays(list(self.params.items()), weights, str(self))

    # -- looking inside ------------------------------------------------------------------------------

    def activations(self, x: Any) -> dict[str, Array]:
        """Every value by name: ``conv1`` is what leaves a layer, ``conv1/pre`` what it is before its activation."""
        inputs = self.as_inputs(x, f"{self}.activations")
        values, _ = push_forward(self.graph, inputs, keep=self.graph.nodes, remember=False)
        return {name: values[node] for name, node in self.graph.names.items()}

    def input_gradient(self, x: Any, dy: Any, of: str | None = None) -> Any:
        """The gradient of sum(outputs * dy) with respect to x, shaped like it (a list of them for several inputs).

        dy: an array like the outputs, or a class number: then it is the gradient of that class's score (of
        minus its penalty, where the network ends in penalties).
        of: the name of another value to differentiate, such as "output/pre" for the logits; see `activations`.
        """
        where = f"{self}.input_gradient"
        inputs = self.as_inputs(x, where)
        if of is None:
            self._single_output("input_gradient")
        node = self.graph.outputs[0] if of is None else _checks.named(f"{where}: value", of, self.graph.names)
        values, caches = push_forward(self.graph, inputs, keep=[node])
        signal = _signal(dy, values[node], node.owner, where)
        return one_or_all(pull_back(self.graph, {node: signal}, caches, learning=()).inputs)

    # -- checks --------------------------------------------------------------------------------------

    def as_inputs(self, data: Any, where: str) -> list[Array]:
        """The data, checked, as one array (N, ...) of the model's float type for each input. where: named in errors."""
        return self._cast(self._images(data, where))

    def _cast(self, data: Data) -> list[Array]:
        return checked.cast(self.graph.inputs, data, str(self))

    def _images(self, data: Any, where: str) -> Data:
        """The data, an array or a tuple of them, checked against the inputs of the model."""
        if not isinstance(data, dict) and not is_several(data):
            self._expect_input(_checks.numeric(unlisted(data, lambda array: True), where).shape[1:])
        return checked.inputs(self.graph.inputs, data, where)

    def _expect_input(self, shape: Shape) -> None:
        """Called before data of this shape are used; a model without a fixed input takes it."""


def _signal(dy: Any, y: Array, owner: Layer, where: str) -> Array:
    """What the walk back starts with at a value y."""
    if isinstance(dy, (int, np.integer)) and not isinstance(dy, bool):
        if not 0 <= dy < y.shape[-1]:
            raise _checks.error(where, "class out of range", f"0 to {y.shape[-1] - 1}", dy)
        one = np.zeros_like(y)
        one[..., dy] = 1
        return owner.scores(one)  # minus one where penalties come out
    signal: Array = _checks.numeric(dy, where).astype(y.dtype)
    if signal.shape != y.shape:
        raise _checks.error(where, "dy must be like the outputs, or a class number", y.shape, signal.shape)
    _checks.finite(signal, f"{where}: dy")
    return signal
