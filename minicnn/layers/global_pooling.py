"""Global pooling: one number for each map. A pool whose window is the whole image."""

from abc import abstractmethod
from collections.abc import Sequence

from minicnn import _checks, kernels
from minicnn._shapes import Window
from minicnn._types import Array, Shape
from minicnn.layers.base import Cache, Gradients, Layer, Rng, image_shape


class GlobalPooling2D(Layer):
    """What both share: (N, H, W, C) -> (N, C).

    keepdims: whether the image keeps its axes, with one pixel: (N, 1, 1, C).
    """

    def __init__(self, keepdims: bool = False, *, name: str | None = None, trainable: bool = True,
                 dtype: str = "float32", input_shape: Sequence[int] | None = None) -> None:
        super().__init__(name=name, trainable=trainable, dtype=dtype, input_shape=input_shape)
        self.keepdims = _checks.flag(keepdims, "keepdims", str(self))

    def output_shape_for(self, input_shape: Shape) -> Shape:
        channels = image_shape(input_shape, str(self))[2]
        return (1, 1, channels) if self.keepdims else (channels,)

    @abstractmethod
    def pool(self, x: Array, window: Window) -> tuple[Array, Cache]:
        """y (N, 1, 1, C), and what the way back needs beside the shape of the input."""

    def forward(self, x: Array, training: bool = False, rng: Rng = None) -> tuple[Array, Cache]:
        y, cache = self.pool(x, whole(x.shape[1:]))
        return y.reshape(len(x), *self.output_shape_for(x.shape[1:])), (x.shape[1:], *cache)


def whole(image: Shape) -> Window:
    """The window that sees all of an image (H, W, C)."""
    size = image[0], image[1]
    return Window(size, size, (0, 0, 0, 0), (1, 1), (1, 1))


def as_image(dy: Array) -> Array:
    """dy (N, C) or (N, 1, 1, C) -> (N, 1, 1, C)."""
    return dy.reshape(len(dy), 1, 1, dy.shape[-1])


class GlobalMaxPooling2D(GlobalPooling2D):
    """The largest number of each map; the first of equals wins, and gets the gradient.

    So it is in `MaxPooling2D`, too. In Keras the equals share the gradient here, and do not in MaxPooling2D.
    """

    def pool(self, x: Array, window: Window) -> tuple[Array, Cache]:
        y, winner = kernels.max_pool(x, window)
        return y, (winner,)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Gradients]:
        shape, winner = cache
        return kernels.max_pool_input_gradient(as_image(dy), winner, shape[:2], whole(shape)), {}

    def curvature(self, hy: Array, cache: Cache) -> tuple[Array, Gradients]:
        return self.backward(hy, cache)  # it only routes values, and the square of one is one


class GlobalAveragePooling2D(GlobalPooling2D):
    """The mean of each map (Lin et al. 2013, "Network in network")."""

    def pool(self, x: Array, window: Window) -> tuple[Array, Cache]:
        return kernels.average_pool(x, window), ()

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Gradients]:
        (shape,) = cache
        return kernels.average_pool_input_gradient(as_image(dy), shape[:2], whole(shape)), {}

    def curvature(self, hy: Array, cache: Cache) -> tuple[Array, Gradients]:
        (shape,) = cache
        return self.backward(hy / (shape[0] * shape[1]), cache)  # one 1/n is the gradient's, the other is here
