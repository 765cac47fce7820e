"""A network: a graph with names, and all there is to see in it."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minicnn import _checks, counting, rules
from minicnn._types import Array, Shape
from minicnn.graph import Graph, Rule, pull_back, push_forward
from minicnn.layers.base import Cache, Gradients, Layer, Rng, set_arrays
from minicnn.layers.simple import InputLayer


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
    def layers(self) -> list[Layer]:
        """The declared layers, each once, without the input."""
        return [layer for layer in self.graph.layers if not isinstance(layer, InputLayer)]

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

    def summary(self, columns: str | Sequence[str] = (), print_fn: Callable[[str], object] = print) -> None:
        """Print the table of layers; ``columns=("connections",)`` adds LeCun's connections."""
        print_fn(counting.summary_text(self.name, self.graph, columns))

    def scores(self, y: Array) -> Array:
        """Outputs turned so that the largest wins, whether the network ends in scores or in penalties."""
        return self.graph.outputs[0].owner.scores(y)

    # -- the model as a layer ------------------------------------------------------------------------

    def output_shape(self, *input_shapes: Shape) -> Shape:
        return self.graph.outputs[0].shape

    def build(self, *input_shapes: Shape) -> None:
        if input_shapes != tuple(node.shape for node in self.graph.inputs):
            raise _checks.error(str(self), "the model was built for another input",
                                self.graph.inputs[0].shape, input_shapes[0] if input_shapes else ())

    def shapes(self, *input_shapes: Shape) -> dict[str, Shape]:
        return {f"{layer.name}/{name}": s for layer in self.layers for name, s in layer.shapes().items()}

    def count_params(self, learned: bool = False) -> int:
        return sum(layer.count_params(learned) for layer in self.layers)

    def dtypes(self) -> dict[str, str]:
        return {f"{layer.name}/{name}": d for layer in self.layers for name, d in layer.dtypes().items()}

    @property
    def params(self) -> dict[str, Array]:
        """The parameters of all layers, by ``"layer/parameter"``."""
        return {f"{layer.name}/{name}": p for layer in self.layers for name, p in layer.params.items()}

    @property
    def learned(self) -> dict[str, Array]:
        return {f"{layer.name}/{name}": p for layer in self.layers for name, p in layer.learned.items()}

    @property
    def has_parameters(self) -> bool:
        return any(layer.has_parameters for layer in self.layers)

    def cast(self, dtype: str) -> None:
        self._check_dtype(dtype)
        for layer in self.graph.layers:
            layer.cast(dtype)
        self.dtype = dtype

    def forward(self, *x: Array, training: bool = False, rng: Rng = None) -> tuple[Array, Cache]:
        values, caches = push_forward(self.graph, x, training=training, rng=rng)
        return values[self.graph.outputs[0]], (caches,)

    def backward(self, dy: Array, cache: Cache) -> tuple[Any, Gradients]:
        return self._walk_back(dy, cache, rules.gradient)

    def curvature(self, hy: Array, cache: Cache) -> tuple[Any, Gradients]:
        return self._walk_back(hy, cache, rules.gauss_newton)

    def _walk_back(self, signal: Array, cache: Cache, step: Rule) -> tuple[Any, Gradients]:
        back = pull_back(self.graph, {self.graph.outputs[0]: signal}, cache[0], step)
        arrays = {f"{layer.name}/{name}": a for layer, named in back.parameters.items() for name, a in named.items()}
        inputs = back.inputs[0] if len(back.inputs) == 1 else tuple(back.inputs)
        return inputs, {name: arrays[name] for name in self.learned}

    # -- weights -------------------------------------------------------------------------------------

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Write ``weights``, in the order of `get_weights`; all or none."""
        set_arrays(list(self.params.items()), weights, str(self))

    # -- looking inside ------------------------------------------------------------------------------

    def activations(self, x: Any) -> dict[str, Array]:
        """Every value by name: ``conv1`` is what leaves a layer, ``conv1/pre`` what it is before its activation."""
        x = self._cast(self._images(x, f"{self}.activations"))
        values, _ = push_forward(self.graph, [x], keep=self.graph.nodes, remember=False)
        return {name: values[node] for name, node in self.graph.names.items()}

    def input_gradient(self, x: Any, dy: Any) -> Array:
        """The gradient of sum(outputs * dy) with respect to x, shaped like x.

        dy: an array like the outputs, or a class number: then it is the gradient of that class's score (of
        minus its penalty, where the network ends in penalties).
        """
        where = f"{self}.input_gradient"
        x = self._cast(self._images(x, where))
        y, cache = self.forward(x)
        dx: Array = self.backward(self._output_signal(dy, y, where), cache)[0]
        return dx

    def _output_signal(self, dy: Any, y: Array, where: str) -> Array:
        if isinstance(dy, (int, np.integer)) and not isinstance(dy, bool):
            if not 0 <= dy < y.shape[-1]:
                raise _checks.error(where, "class out of range", f"0 to {y.shape[-1] - 1}", dy)
            one = np.zeros_like(y)
            one[..., dy] = 1
            return self.scores(one)  # minus one where penalties come out
        signal: Array = _checks.numeric(dy, where).astype(y.dtype)
        if signal.shape != y.shape:
            raise _checks.error(where, "dy must be like the outputs, or a class number", y.shape, signal.shape)
        _checks.finite(signal, f"{where}: dy")
        return signal

    # -- checks --------------------------------------------------------------------------------------

    def _cast(self, x: Array) -> Array:
        dtype = self.graph.inputs[0].owner.dtype
        try:
            with np.errstate(over="raise"):
                cast: Array = np.asarray(x, dtype)
        except FloatingPointError:
            raise _checks.error(str(self), f"the data are too large for {dtype}", received=np.abs(x).max(),
                                cure="Scale the data.") from None
        return cast

    def _images(self, data: Any, where: str) -> Array:
        """The data as an array, checked against the input of the model."""
        x = _checks.numeric(data, where)
        if not x.ndim or not len(x):
            raise _checks.error(where, "there is no data", received=f"shape {x.shape}")
        self._expect_input(x.shape[1:])
        expected = self.graph.inputs[0].shape
        if x.shape[1:] != expected:
            raise _checks.error(where, "the data do not fit the model's input", f"shape (N, {_list(expected)})",
                                f"shape {x.shape}", _cure_of_data(x.shape, expected))
        _checks.finite(x, f"{where}: x")
        return x

    def _expect_input(self, shape: Shape) -> None:
        """Called before data of this shape are used; a model without a fixed input takes it."""


def _cure_of_data(received: Shape, expected: Shape) -> str | None:
    """What helps in the slips that are easy to make."""
    if received == expected:
        return "The batch axis is missing: pass x[None]."
    if (*received[1:], 1) == expected:
        return "The channel axis is missing: pass x[..., None]."
    if (*received, 1) == expected:
        return "The batch and channel axes are missing: pass x[None, ..., None]."
    if len(received) == 4 and (*received[2:], received[1]) == expected:
        return "Channels come last here: pass x.transpose(0, 2, 3, 1)."
    return None


def _list(shape: Shape) -> str:
    return ", ".join(map(str, shape))
