"""Layers without parameters: activation, flatten, dropout, add."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn import _checks, activations
from minicnn._config import encode
from minicnn._types import Array, Shape
from minicnn.activations import ActivationFunction
from minicnn.layers.base import Cache, Gradients, Layer, Rng


class Activation(Layer):
    """y = f(x) for a function of `minicnn.activations`, by name or itself."""

    # The function is the layer's own arithmetic here, not a step behind it.
    def __init__(self, activation: str | ActivationFunction, *, name: str | None = None, trainable: bool = True,
                 dtype: str = "float32", input_shape: Sequence[int] | None = None) -> None:
        super().__init__(name=name, trainable=trainable, dtype=dtype, input_shape=input_shape)
        self.function = activations.get(activation)

    def get_config(self) -> dict[str, Any]:
        return {"activation": encode(self.function), "name": self.name, "trainable": self.trainable,
                "dtype": self.dtype, "input_shape": self.input_shape}

    def forward(self, x: Array, training: bool = False, rng: Rng = None) -> tuple[Array, Cache]:
        y = self.function(x)
        return y, (x, y)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Gradients]:
        return self.function.backward(dy, *cache), {}

    def curvature(self, hy: Array, cache: Cache) -> tuple[Array, Gradients]:
        return self.function.curvature(hy, *cache), {}


class Flatten(Layer):
    """(N, ...) -> (N, D): the numbers of an image in a row, channels changing fastest."""

    def output_shape(self, input_shape: Shape) -> Shape:
        return (int(np.prod(input_shape)),)

    def forward(self, x: Array, training: bool = False, rng: Rng = None) -> tuple[Array, Cache]:
        return x.reshape(len(x), -1), (x.shape,)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Gradients]:
        (shape,) = cache
        return dy.reshape(shape), {}

    def curvature(self, hy: Array, cache: Cache) -> tuple[Array, Gradients]:
        return self.backward(hy, cache)


class Dropout(Layer):
    """While training, sets a fraction ``rate`` of the numbers to zero and scales the others by 1/(1 - rate).

    Otherwise it does nothing (Srivastava et al. 2014, in the scaling that Keras uses).
    """

    def __init__(self, rate: float, *, name: str | None = None, trainable: bool = True, dtype: str = "float32",
                 input_shape: Sequence[int] | None = None) -> None:
        super().__init__(name=name, trainable=trainable, dtype=dtype, input_shape=input_shape)
        self.rate = _checks.number(rate, "rate", str(self), minimum=0, below=1)

    def forward(self, x: Array, training: bool = False, rng: Rng = None) -> tuple[Array, Cache]:
        if not training or self.rate == 0:
            return x, (np.ones(1, x.dtype),)
        if rng is None:
            raise _checks.error(str(self), "training needs random numbers", cure="Hand in rng=...")
        kept = rng.random(x.shape, dtype=np.float32) >= self.rate
        scale = kept.astype(x.dtype) / x.dtype.type(1 - self.rate)
        return x * scale, (scale,)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Gradients]:
        (scale,) = cache
        return dy * scale, {}

    def curvature(self, hy: Array, cache: Cache) -> tuple[Array, Gradients]:
        (scale,) = cache
        return hy * np.square(scale), {}


class Add(Layer):
    """The sum of inputs of one shape."""

    def output_shape(self, *input_shapes: Shape) -> Shape:
        if len(input_shapes) < 2 or len(set(input_shapes)) > 1:
            raise _checks.error(str(self), "inputs do not fit", "two or more of one shape", input_shapes)
        return input_shapes[0]

    def forward(self, *x: Array, training: bool = False, rng: Rng = None) -> tuple[Array, Cache]:
        total = x[0] + x[1]
        for other in x[2:]:
            total += other
        return total, (len(x),)

    def backward(self, dy: Array, cache: Cache) -> tuple[tuple[Array, ...], Gradients]:
        (count,) = cache
        return (dy,) * count, {}

    def curvature(self, hy: Array, cache: Cache) -> tuple[tuple[Array, ...], Gradients]:
        return self.backward(hy, cache)


class InputLayer(Layer):
    """Where a graph begins: hands on what comes in."""

    def __init__(self, shape: Sequence[int], *, name: str | None = None, dtype: str = "float32") -> None:
        super().__init__(name=name, dtype=dtype, input_shape=shape)
        assert self.input_shape is not None
        self.shape: Shape = self.input_shape
