"""A frame around an image: zeros put there, or cells taken away."""

from collections.abc import Sequence

import numpy as np

from minicnn import _checks, _shapes
from minicnn._types import Array, Shape
from minicnn.layers.base import Cache, Gradients, Layer, Rng, image_shape


class ZeroPadding2D(Layer):
    """(N, H, W, C) -> (N, top + H + bottom, left + W + right, C), the new rows and columns zero.

    padding: an integer for all sides, (vertical, horizontal), or ((top, bottom), (left, right)), as in Keras.
    """

    def __init__(self, padding: int | Sequence[int] | Sequence[Sequence[int]] = (1, 1), *, name: str | None = None,
                 trainable: bool = True, dtype: str = "float32", input_shape: Sequence[int] | None = None) -> None:
        super().__init__(name=name, trainable=trainable, dtype=dtype, input_shape=input_shape)
        sides = _shapes.check_padding(padding, str(self))
        if isinstance(sides, str):
            raise _checks.error(str(self), "the padding must be given in cells", "an integer, (vertical, horizontal) "
                                "or ((top, bottom), (left, right))", repr(padding))
        self.padding = sides

    def output_shape_for(self, input_shape: Shape) -> Shape:
        (top, bottom), (left, right) = self.padding
        height, width, channels = image_shape(input_shape, str(self))
        return top + height + bottom, left + width + right, channels

    def forward(self, x: Array, training: bool = False, rng: Rng = None) -> tuple[Array, Cache]:
        y = np.zeros((len(x), *self.output_shape_for(x.shape[1:])), x.dtype)
        self._image(y)[...] = x
        return y, ()

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Gradients]:
        return self._image(dy), {}

    def curvature(self, hy: Array, cache: Cache) -> tuple[Array, Gradients]:
        return self.backward(hy, cache)

    def _image(self, padded: Array) -> Array:
        """The part of a padded array that is the image, as a view."""
        (top, bottom), (left, right) = self.padding
        return padded[:, top:padded.shape[1] - bottom, left:padded.shape[2] - right]


class Cropping2D(Layer):
    """(N, H, W, C) -> (N, H - top - bottom, W - left - right, C): the image without its outer rows and columns.

    cropping: an integer for all sides, (vertical, horizontal), or ((top, bottom), (left, right)), as in Keras. At
        least one cell must be left.
    """

    def __init__(self, cropping: int | Sequence[int] | Sequence[Sequence[int]] = ((0, 0), (0, 0)), *,
                 name: str | None = None, trainable: bool = True, dtype: str = "float32",
                 input_shape: Sequence[int] | None = None) -> None:
        super().__init__(name=name, trainable=trainable, dtype=dtype, input_shape=input_shape)
        sides = list(cropping) if isinstance(cropping, Sequence) and len(cropping) == 2 else [cropping, cropping]
        self.cropping = (_checks.pair(sides[0], "cropping", str(self), minimum=0),
                         _checks.pair(sides[1], "cropping", str(self), minimum=0))

    def output_shape_for(self, input_shape: Shape) -> Shape:
        (top, bottom), (left, right) = self.cropping
        height, width, channels = image_shape(input_shape, str(self))
        if top + bottom >= height or left + right >= width:
            raise _checks.error(str(self), "nothing is left of the image", f"more than {top + bottom} rows and "
                                f"{left + right} columns", f"{height}x{width}")
        return height - top - bottom, width - left - right, channels

    def forward(self, x: Array, training: bool = False, rng: Rng = None) -> tuple[Array, Cache]:
        return self._rest(x).copy(), (x.shape,)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Gradients]:
        (shape,) = cache
        dx = np.zeros(shape, dy.dtype)
        self._rest(dx)[...] = dy
        return dx, {}

    def curvature(self, hy: Array, cache: Cache) -> tuple[Array, Gradients]:
        return self.backward(hy, cache)

    def _rest(self, x: Array) -> Array:
        """The part of an image that is left, as a view."""
        (top, bottom), (left, right) = self.cropping
        return x[:, top:x.shape[1] - bottom, left:x.shape[2] - right]
