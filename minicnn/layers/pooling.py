"""Pooling: one number for each window of each map."""

from collections.abc import Sequence

import numpy as np

from minicnn import _checks, _shapes, activations, initializers, kernels
from minicnn._types import Array, Shape
from minicnn.activations import ActivationFunction
from minicnn.initializers import Initializer
from minicnn.layers.base import Cache, Gradients, Layer, Parameter, Rng, image_shape


class Pooling2D(Layer):
    """What all pools share: (N, H, W, C) -> (N, oh, ow, C).

    pool_size: an integer, or (vertical, horizontal). strides: likewise; the pool size where not given.
    padding: "valid" (cells that fill no window are left out) or "same"; padded cells never count.
    """

    def __init__(self, pool_size: int | Sequence[int], strides: int | Sequence[int] | None = None,
                 padding: str = "valid", *, name: str | None = None, trainable: bool = True,
                 dtype: str = "float32", input_shape: Sequence[int] | None = None) -> None:
        super().__init__(name=name, trainable=trainable, dtype=dtype, input_shape=input_shape)
        self.pool_size = _checks.pair(pool_size, "pool_size", str(self))
        self.strides = self.pool_size if strides is None else _checks.pair(strides, "strides", str(self))
        self.padding = _shapes.check_padding(padding, str(self))
        if not isinstance(self.padding, str):
            raise _checks.error(str(self), "a pool pads 'valid' or 'same'", received=repr(padding))

    def window(self, input_shape: Shape) -> _shapes.Window:
        """The sliding window over an input of (H, W, C)."""
        height, width, _ = image_shape(input_shape, str(self))
        return _shapes.window((height, width), self.pool_size, self.strides, self.padding, (1, 1),
                              f"{self} (input shape {input_shape})")

    def output_shape_for(self, input_shape: Shape) -> Shape:
        return *self.window(input_shape).output, input_shape[2]


class MaxPooling2D(Pooling2D):
    """The largest number of each window; the first of equals wins, and gets the gradient."""

    def __init__(self, pool_size: int | Sequence[int] = (2, 2), strides: int | Sequence[int] | None = None,
                 padding: str = "valid", *, name: str | None = None, trainable: bool = True,
                 dtype: str = "float32", input_shape: Sequence[int] | None = None) -> None:
        super().__init__(pool_size, strides, padding, name=name, trainable=trainable, dtype=dtype,
                         input_shape=input_shape)

    def forward(self, x: Array, training: bool = False, rng: Rng = None) -> tuple[Array, Cache]:
        y, winner = kernels.max_pool(x, self.window(x.shape[1:]))
        return y, (x.shape[1:], winner)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Gradients]:
        shape, winner = cache
        return kernels.max_pool_input_gradient(dy, winner, shape[:2], self.window(shape)), {}

    def curvature(self, hy: Array, cache: Cache) -> tuple[Array, Gradients]:
        return self.backward(hy, cache)  # it only routes values, and the square of one is one


class AveragePooling2D(Pooling2D):
    """The mean of each window; at the border, over the cells that lie in the image."""

    def forward(self, x: Array, training: bool = False, rng: Rng = None) -> tuple[Array, Cache]:
        return kernels.average_pool(x, self.window(x.shape[1:])), (x.shape[1:],)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Gradients]:
        (shape,) = cache
        return kernels.average_pool_input_gradient(dy, shape[:2], self.window(shape)), {}

    def curvature(self, hy: Array, cache: Cache) -> tuple[Array, Gradients]:
        (shape,) = cache
        window = self.window(shape)
        ones = np.ones((1, *window.output, 1), hy.dtype)
        cells = kernels.subsample(np.ones((1, *shape[:2], 1), hy.dtype), ones[0, 0, 0], 0 * ones[0, 0, 0], window)[1]
        # Each of n cells has derivative 1/n: once from the gradient's own share, once from here.
        return kernels.average_pool_input_gradient(hy / cells, shape[:2], window), {}


class Subsampling2D(Pooling2D):
    """LeCun's trainable subsampling: ``y = f(coefficient * (sum of the window) + bias)``.

    (N, H, W, C) -> (N, oh, ow, C); one coefficient and one bias per map, 2C parameters (LeCun et al.
    1998, section II-B, where the four inputs "are added"; section II-A says "average", which is the same
    function with a coefficient four times as large). Windows do not overlap.

    activation: the squashing function, "scaled_tanh" as in the paper; a step of its own behind the sum.

    Curvature of the coefficient: by eq. 23 and 25 to the letter, summing over the window's single
    connections, not over their sum.
    """

    def __init__(self, pool_size: int | Sequence[int] = 2, *,
                 activation: str | ActivationFunction | None = "scaled_tanh",
                 coefficient_initializer: str | Initializer = "fan_in_uniform",
                 bias_initializer: str | Initializer = "zeros", name: str | None = None, trainable: bool = True,
                 dtype: str = "float32", input_shape: Sequence[int] | None = None) -> None:
        super().__init__(pool_size, name=name, trainable=trainable, dtype=dtype, input_shape=input_shape)
        self.activation = activations.get(activation)
        self.coefficient_initializer = initializers.get(coefficient_initializer)
        self.bias_initializer = initializers.get(bias_initializer)

    def parameters(self, input_shape: Shape) -> dict[str, Parameter]:
        cells, maps = self.pool_size[0] * self.pool_size[1], image_shape(input_shape, str(self))[2]
        return {"coefficient": Parameter((maps,), self.coefficient_initializer, cells, 1),
                "bias": Parameter((maps,), self.bias_initializer, cells, 1)}

    def forward(self, x: Array, training: bool = False, rng: Rng = None) -> tuple[Array, Cache]:
        window = self.window(x.shape[1:])
        y, s = kernels.subsample(x, self.param("coefficient", x), self.param("bias", x), window)
        return y, (x, s)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Gradients]:
        x, s = cache
        window = self.window(x.shape[1:])
        dx = kernels.subsample_input_gradient(dy, self.param("coefficient", dy), x.shape[1:3], window)
        return dx, {"coefficient": kernels.bias_gradient(dy * s), "bias": kernels.bias_gradient(dy)}

    def curvature(self, hy: Array, cache: Cache) -> tuple[Array, Gradients]:
        x, _ = cache
        window, coefficient = self.window(x.shape[1:]), self.param("coefficient", hy)
        hx = kernels.subsample_input_gradient(hy, np.square(coefficient), x.shape[1:3], window)
        _, squares = kernels.subsample(np.square(x), coefficient, coefficient, window)
        return hx, {"coefficient": kernels.bias_gradient(hy * squares), "bias": kernels.bias_gradient(hy)}
