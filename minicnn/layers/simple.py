"""Layers that keep the shape: activation, rescaling, dropout, and the input."""

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


class Rescaling(Layer):
    """y = x * scale + offset, as for bytes: ``Rescaling(1 / 255)``.

    scale, offset: numbers, or arrays that fit the last axes of the input (one number per channel).
    """

    def __init__(self, scale: Any, offset: Any = 0.0, *, name: str | None = None, trainable: bool = True,
                 dtype: str = "float32", input_shape: Sequence[int] | None = None) -> None:
        super().__init__(name=name, trainable=trainable, dtype=dtype, input_shape=input_shape)
        self.scale, self.offset = self._constant(scale, "scale"), self._constant(offset, "offset")

    def _constant(self, value: Any, name: str) -> float | Array:
        array = _checks.numeric(value, f"{self}: {name}").astype(np.float64)
        _checks.finite(array, f"{self}: {name}")
        return array if array.ndim else float(array)

    def output_shape_for(self, input_shape: Shape) -> Shape:
        for name, value in (("scale", self.scale), ("offset", self.offset)):
            shape = np.shape(value)
            pairs = zip(reversed(shape), reversed(input_shape), strict=False)
            if len(shape) > len(input_shape) or any(size not in (1, whole) for size, whole in pairs):
                raise _checks.error(str(self), f"{name} does not fit the input", "a number, or one for each channel",
                                    f"shape {shape} (input shape {input_shape})")
        return input_shape

    def forward(self, x: Array, training: bool = False, rng: Rng = None) -> tuple[Array, Cache]:
        scale, offset = np.asarray(self.scale, x.dtype), np.asarray(self.offset, x.dtype)
        return x * scale + offset, ()

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Gradients]:
        return dy * np.asarray(self.scale, dy.dtype), {}

    def curvature(self, hy: Array, cache: Cache) -> tuple[Array, Gradients]:
        return hy * np.square(np.asarray(self.scale, hy.dtype)), {}


class Dropout(Layer):
    """While training, sets a fraction ``rate`` of the numbers to zero and scales the others by 1/(1 - rate).

    Otherwise it does nothing (Srivastava et al. 2014, in the scaling that Keras uses).

    noise_shape: which numbers fall together, as a shape with the batch axis: None in it is the input's own size, and
        along a 1 all stay or fall as one. ``(None, 1, 1, None)`` drops whole maps of an image.

    Keras's third argument, ``seed``, is not taken: a layer has no random numbers of its own. They come from one
    generator for the whole run, which `minicnn.set_random_seed` seeds.
    """

    def __init__(self, rate: float, noise_shape: Sequence[int | None] | None = None, *, name: str | None = None,
                 trainable: bool = True, dtype: str = "float32", input_shape: Sequence[int] | None = None) -> None:
        super().__init__(name=name, trainable=trainable, dtype=dtype, input_shape=input_shape)
        self.rate = _checks.number(rate, "rate", str(self), minimum=0, below=1)
        self.noise_shape = None if noise_shape is None else self._check_noise_shape(noise_shape)

    def _check_noise_shape(self, shape: Sequence[int | None]) -> tuple[int | None, ...]:
        if isinstance(shape, str) or not isinstance(shape, Sequence):
            raise _checks.error(str(self), "noise_shape is a tuple with the batch axis", received=repr(shape),
                                cure="For example (None, 1, 1, None).")
        return tuple(None if size is None else _checks.integer(size, "each size of noise_shape", str(self))
                     for size in shape)

    def output_shape_for(self, input_shape: Shape) -> Shape:
        if self.noise_shape:
            self.noise((self.noise_shape[0] or 1, *input_shape))  # told when the layer is built, not when it trains
        return input_shape

    def noise(self, shape: Shape) -> Shape:
        """How many random numbers are drawn for an input of this shape (with the batch axis)."""
        if self.noise_shape is None:
            return shape
        if len(self.noise_shape) != len(shape) or any(
                size not in (None, 1, whole) for size, whole in zip(self.noise_shape, shape, strict=True)):
            raise _checks.error(str(self), "noise_shape does not fit the input", "1, None or the size on each axis of "
                                f"{shape}", f"{self.noise_shape}")
        return tuple(whole if size is None else size for size, whole in zip(self.noise_shape, shape, strict=True))

    def forward(self, x: Array, training: bool = False, rng: Rng = None) -> tuple[Array, Cache]:
        if not training or self.rate == 0:
            return x, (np.ones(1, x.dtype),)
        scale = self.factors(x.shape, x.dtype, rng)
        return x * scale, (scale,)

    def factors(self, shape: Shape, dtype: np.dtype, rng: Rng) -> Array:
        """What each number of an input (with the batch axis) is multiplied by: 0 or 1 / (1 - rate)."""
        if self.rate == 0:
            return np.ones(1, dtype)
        if rng is None:
            raise _checks.error(str(self), "training needs random numbers", cure="Hand in rng=...")
        kept = rng.random(self.noise(shape), dtype=np.float32) >= self.rate
        factors: Array = kept.astype(dtype) / dtype.type(1 - self.rate)
        return factors

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Gradients]:
        (scale,) = cache
        return dy * scale, {}

    def curvature(self, hy: Array, cache: Cache) -> tuple[Array, Gradients]:
        (scale,) = cache
        return hy * np.square(scale), {}


class InputLayer(Layer):
    """Where a graph begins: hands on what comes in."""

    def __init__(self, shape: Sequence[int], *, name: str | None = None, dtype: str = "float32") -> None:
        super().__init__(name=name, dtype=dtype, input_shape=shape)
        assert self.input_shape is not None
        self.shape: Shape = self.input_shape
