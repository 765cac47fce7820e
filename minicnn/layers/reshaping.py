"""The same numbers in another shape."""

from collections.abc import Sequence

import numpy as np

from minicnn import _checks
from minicnn._types import Array, Shape
from minicnn.layers.base import Cache, Gradients, Layer, Rng


class Reshaping(Layer):
    """What both share: a layer that says only which shape it makes of which."""

    def forward(self, x: Array, training: bool = False, rng: Rng = None) -> tuple[Array, Cache]:
        return x.reshape(len(x), *self.output_shape_for(x.shape[1:])), (x.shape,)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Gradients]:
        (shape,) = cache
        return dy.reshape(shape), {}

    def curvature(self, hy: Array, cache: Cache) -> tuple[Array, Gradients]:
        return self.backward(hy, cache)


class Reshape(Reshaping):
    """(N, ...) -> (N, *target_shape): the numbers in their order, the last axis changing fastest.

    target_shape: without the batch axis; one size may be -1, and is what is left over.
    """

    def __init__(self, target_shape: Sequence[int], *, name: str | None = None, trainable: bool = True,
                 dtype: str = "float32", input_shape: Sequence[int] | None = None) -> None:
        super().__init__(name=name, trainable=trainable, dtype=dtype, input_shape=input_shape)
        where = str(self)
        if isinstance(target_shape, str) or not isinstance(target_shape, Sequence):
            raise _checks.error(where, "target_shape is a tuple without the batch axis", received=repr(target_shape),
                                cure="For example (4, 4, 1), or (-1,) for a row.")
        self.target_shape = tuple(-1 if size == -1 else _checks.integer(size, "each size of target_shape", where)
                                  for size in target_shape)
        if self.target_shape.count(-1) > 1:
            raise _checks.error(where, "only one size of target_shape can be left open", "at most one -1",
                                self.target_shape)

    def output_shape_for(self, input_shape: Shape) -> Shape:
        numbers = int(np.prod(input_shape))
        known = int(np.prod([size for size in self.target_shape if size != -1]))
        left_open = -1 in self.target_shape
        if numbers % known if left_open else numbers != known:
            expected = f"a multiple of {known}" if left_open else f"{known}"
            raise _checks.error(str(self), f"the input does not fit into target_shape {self.target_shape}",
                                f"{expected} numbers", f"{numbers} (input shape {input_shape})")
        return tuple(numbers // known if size == -1 else size for size in self.target_shape)


class Flatten(Reshaping):
    """(N, ...) -> (N, D): the numbers of an image in a row, channels changing fastest."""

    def output_shape_for(self, input_shape: Shape) -> Shape:
        return (int(np.prod(input_shape)),)
