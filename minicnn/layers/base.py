"""The layer protocol: what every layer is, and all that a layer of your own has to write.

A layer is arithmetic with parameters. It says which shape it makes of which, which parameters it
needs, and how to go forward and back::

    class Scale(Layer):                                   # y = scale * x, one factor per channel
        def parameters(self, input_shape):
            return {"scale": Parameter(input_shape[-1:], "ones")}

        def forward(self, x, training=False, rng=None):
            return x * self.params["scale"], (x,)

        def backward(self, dy, cache):
            (x,) = cache
            return dy * self.params["scale"], {"scale": (dy * x).sum(axis=(0, 1, 2))}

Forward and backward never write to the layer, nor into an array they did not make: so one layer can
stand at two places of a graph, run in two threads, and be walked back twice over the same cache.
"""

import copy
import inspect
from collections.abc import Sequence
from typing import Any, Self, TypeAlias

import numpy as np

from minicnn import _checks, _random, activations
from minicnn._data import one_or_all
from minicnn._types import Array, Shape
from minicnn.layers.naming import automatic_name
from minicnn.layers.parameters import Parameter as Parameter  # what a layer of your own declares
from minicnn.layers.parameters import Parametrized
from minicnn.regularizers import L1L2

Cache: TypeAlias = tuple[Any, ...]
"""What forward hands to backward: arrays and shapes, nothing else."""
Rng: TypeAlias = np.random.Generator | None
Gradients: TypeAlias = dict[str, Array]
"""Keyed and shaped like ``layer.params``."""


class Symbol:
    """A value that is not there yet. A layer called on it takes a place in a graph: see `minicnn.layers.nodes`."""

    def put_behind(self, layer: "Layer", inputs: Sequence[Any]) -> Any:
        """The symbol, or list of symbols, that the layer makes of these inputs."""
        raise NotImplementedError


class Layer(Parametrized):
    """Base class of all layers.

    name: unique within a model; made from the class where it is not given.
    trainable: False freezes the parameters: they are counted and saved, but no optimizer moves them.
    dtype: of the parameters, "float32" or "float64".
    input_shape: without the batch axis; lets the first layer of a `Sequential` be built at once.
    """

    common = ("name", "trainable", "dtype", "input_shape")
    penalties = False
    """Whether the outputs are penalties (the smallest wins) instead of scores (the largest wins)."""
    activation: activations.ActivationFunction = activations.linear
    """The nonlinearity behind the layer. `forward` ends before it: in a graph it is a step of its own."""

    def __init__(self, *, name: str | None = None, trainable: bool = True, dtype: str = "float32",
                 input_shape: Sequence[int] | None = None) -> None:
        super().__init__()
        self.name = automatic_name(type(self).__name__) if name is None else name
        if not isinstance(self.name, str) or not self.name or "/" in self.name:
            raise _checks.error(type(self).__name__, "a layer's name is a string without '/'", received=repr(name))
        self.trainable = _checks.flag(trainable, "trainable", str(self))
        self.dtype = self._check_dtype(dtype)
        if input_shape is not None:
            self.input_shape = self._check_shape(input_shape)
        self.calls: list[Any] = []

    def _check_shape(self, shape: Sequence[int]) -> Shape:
        if isinstance(shape, str) or not isinstance(shape, Sequence) or None in shape:
            raise _checks.error(str(self), "the input shape is a tuple without the batch axis", received=repr(shape),
                                cure="For example (28, 28, 1).")
        return tuple(_checks.integer(size, "each size of the input shape", str(self)) for size in shape)

    # -- what a layer writes, beside `parameters` ----------------------------------------------------

    def output_shape_for(self, *input_shapes: Any) -> Shape:
        """The shape made of the input shape (both without the batch axis); an error when it does not fit."""
        shape: Shape = input_shapes[0]
        return shape

    def forward(self, *x: Any, **options: Any) -> tuple[Array, Cache]:
        """``forward(x, training=False, rng=None) -> y, cache``."""
        raise _checks.error(str(self), "this layer has no forward", cure=
                            "Write forward(self, x, training=False, rng=None), returning (y, cache).")

    def backward(self, dy: Any, cache: Any) -> tuple[Any, Gradients]:
        """``backward(dy, cache) -> dx, gradients``; dx is a tuple where the layer has several inputs."""
        raise _checks.error(str(self), "this layer has no backward", cure=
                            "Write backward(self, dy, cache), returning (dx, {parameter: gradient}).")

    def run(self, *x: Array, training: bool = False, rng: Rng = None,
            shape: Shape | None = None) -> tuple[Array, Cache]:
        """`forward`, refused in words where it does not give (y, cache): learners write it, too.

        shape: what `output_shape_for` says of x, where the caller knows it.
        """
        result: object = self.forward(*x, training=training, rng=rng)
        if not isinstance(result, tuple) or len(result) != 2 or not isinstance(result[0], np.ndarray):
            raise _checks.error(str(self), "forward must return (y, cache)", "an array and a tuple",
                                type(result).__name__)
        shape = self.output_shape_for(*(value.shape[1:] for value in x)) if shape is None else shape
        expected = (len(x[0]), *shape)
        if result[0].shape != expected:
            raise _checks.error(str(self), "forward and output_shape_for disagree", expected, result[0].shape)
        return result

    def input_gradients(self, dy: Any, cache: Any) -> Any:
        """The first half of `backward` alone, for a frozen layer, whose parameters nobody moves."""
        return self.backward(dy, cache)[0]

    def parameter_gradients(self, dy: Any, cache: Any) -> Gradients:
        """The second half of `backward` alone, for the first layer, whose dx nobody asks for."""
        return self.backward(dy, cache)[1]

    def fold_in(self, cache: Any) -> None:
        """Take up what a training step's forward saw: running statistics. Called by the training step, once for each
        use of a layer that is trainable; forward itself writes nothing."""

    def curvature(self, hy: Any, cache: Any) -> tuple[Any, Gradients]:
        """``curvature(hy, cache) -> hx, hessians``: `backward` for the diagonal second derivative, with
        squared derivatives in place of derivatives (Gauss-Newton; LeCun et al. 1998, eq. 25 and 27)."""
        raise _checks.error(str(self), "this layer has no curvature rule", cure=
                            "Write curvature(hy, cache) beside its backward, with the derivatives squared.")

    @property
    def regularizers(self) -> dict[str, L1L2]:
        """What the parameters add to the loss, by name; nothing unless a layer says so."""
        return {}

    def scores(self, y: Array) -> Array:
        """The outputs turned so that the largest wins: the one place that knows scores from penalties."""
        return -y if self.penalties else y

    # -- use -----------------------------------------------------------------------------------------

    def compute_output_shape(self, input_shape: Any) -> Any:
        """`output_shape_for` as Keras asks it, with the batch axis: (None, 28, 28, 1) gives (None, 24, 24, 6).

        Several inputs are a list of shapes.
        """
        several = all(isinstance(one, (list, tuple)) for one in input_shape)
        shapes = list(input_shape) if several else [input_shape]
        if not all(shapes):
            raise _checks.error(str(self), "the shape has no batch axis", "(None, 28, 28, 1), say", input_shape)
        self._check_number_of_inputs(shapes)
        return shapes[0][0], *self.output_shape_for(*(tuple(one[1:]) for one in shapes))

    def build(self, *input_shapes: Shape) -> None:
        """Fix the input shape, once. The parameters themselves are made when first asked for."""
        self._check_number_of_inputs(input_shapes)
        if self.built_shapes is None:
            self.output_shape_for(*input_shapes)  # an error where it does not fit
        super().build(*input_shapes)

    def _check_number_of_inputs(self, inputs: Sequence[Any]) -> None:
        try:
            inspect.signature(self.output_shape_for).bind(*inputs)
        except TypeError:
            raise _checks.error(str(self), "wrong number of inputs", received=len(inputs)) from None

    def __call__(self, *x: Any, training: bool = False) -> Any:
        """The layer computed on arrays, activation included; builds it at the first call. Called on what `Input` and
        other layers give, it takes a place in a graph instead.

        Several inputs may come one by one or as a list.
        """
        inputs = x[0] if len(x) == 1 and isinstance(x[0], (list, tuple)) and _each_is_an_input(x[0]) else x
        if any(isinstance(value, Symbol) for value in inputs):
            return self._symbol(inputs).put_behind(self, inputs)
        arrays = [_checks.numeric(value, str(self)) for value in inputs]
        if not all(a.ndim for a in arrays) or not arrays:
            raise _checks.error(str(self), "the layer needs arrays with a batch axis", received=x)
        arrays = [a if a.dtype in (np.float32, np.float64) else a.astype(self.dtype) for a in arrays]
        return self.compute(*arrays, training=training)

    def compute(self, *arrays: Array, training: bool = False) -> Any:
        """y for float arrays, activation included; with random numbers of its own."""
        self.build(*(a.shape[1:] for a in arrays))
        self.output_shape_for(*(a.shape[1:] for a in arrays))
        y, _ = self.run(*arrays, training=training, rng=np.random.default_rng(_random.new_seed()))
        return y if self.activation == activations.linear else self.activation(y)

    def _symbol(self, inputs: Sequence[Any]) -> Symbol:
        for value in inputs:
            if not isinstance(value, Symbol):
                raise _checks.error(str(self), "arrays and symbols do not mix", "inputs of one kind",
                                    type(value).__name__)
        symbol: Symbol = inputs[0]
        return symbol

    # -- its place in a graph ------------------------------------------------------------------------

    inner: Any = None
    """The graph inside of a layer that is a model; nothing in any other."""

    @property
    def input(self) -> Any:
        """What the layer was first called on: a node, or a list of them."""
        return one_or_all(self._first_call().inputs)

    @property
    def output(self) -> Any:
        """What the layer gave when it was first called on nodes: a node, or a list of them."""
        return one_or_all(self._first_call().outputs)

    def _first_call(self) -> Any:
        if not self.calls:
            raise _checks.error(str(self), "the layer stands in no graph yet, so it has no input or output", cure=
                                "Call it on Input(shape), or give its Sequential an Input.")
        return self.calls[0]

    @property
    def sublayers(self) -> "Sequence[Layer]":
        """The layers of a layer that is a model; none of any other."""
        return ()

    @property
    def kind(self) -> str:
        """What tables call a layer of this class."""
        return type(self).__name__

    def leaves(self) -> dict[str, tuple["Layer", ...]]:
        """The layers that do arithmetic, by path, each with the models it lies in before it: for a plain layer, itself.
        """
        return {self.name: (self,)}

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        # A layer does not take along the graphs it stands in; a graph that is copied enters its calls anew.
        twin = object.__new__(type(self))
        memo[id(self)] = twin
        twin.calls = []
        for name, value in vars(self).items():
            if name != "calls":
                vars(twin)[name] = copy.deepcopy(value, memo)
        return twin


def _each_is_an_input(values: Sequence[Any]) -> bool:
    return all(isinstance(value, (Symbol, np.ndarray)) for value in values)


def image_shape(shape: Shape, where: str) -> Shape:
    """The shape, known to be (H, W, C); an error with the cure when it is not."""
    if len(shape) != 3:
        cure = ("A single-channel image needs its channel axis: x[..., None]. One image needs the batch axis: x[None]."
                if len(shape) == 2 else None)
        raise _checks.error(where, "the input is not an image", "shape (H, W, C)", f"shape {shape}", cure)
    return shape
