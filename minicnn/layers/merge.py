"""Layers of several inputs: sum, product, mean, and one behind the other.

`Add`, `Multiply` and `Average` take inputs of one shape. An axis of size 1 stands for any size, as in Keras: its
numbers are used over and over, and what comes back to them is the sum over all uses::

    (H, W, C) and (1, 1, C) -> (H, W, C)        one factor per channel, for the whole map
"""

from abc import abstractmethod
from collections.abc import Sequence
from functools import reduce
from itertools import accumulate
from typing import Any

import numpy as np

from minicnn import _checks
from minicnn._types import Array, Shape
from minicnn.layers.base import Cache, Gradients, Layer, Rng


class Merge(Layer):
    """What the layers of several inputs share: two or more of them, with as many rows each."""

    @abstractmethod
    def merged(self, *x: Array) -> tuple[Array, Cache]:
        """y and the cache, for inputs that are known to have equally many rows."""

    def forward(self, *x: Array, training: bool = False, rng: Rng = None) -> tuple[Array, Cache]:
        rows = [len(value) for value in x]
        if len(set(rows)) > 1:
            raise _checks.error(str(self), "the inputs differ in rows", "batches of one size", rows)
        return self.merged(*x)

    def _check_number(self, shapes: tuple[Shape, ...]) -> None:
        if len(shapes) < 2:
            raise _checks.error(str(self), "the layer merges several inputs", "two or more", f"{len(shapes)}")

    def _misfit(self, what: str, expected: str, shapes: tuple[Shape, ...]) -> _checks.MinicnnError:
        ranks = {len(shape) for shape in shapes}
        cure = "Put a Reshape() before the one with fewer axes." if len(ranks) > 1 else None
        return _checks.error(str(self), what, expected, f"shapes {', '.join(map(str, shapes))}", cure)


class Elementwise(Merge):
    """Base class of `Add`, `Multiply` and `Average`: each number of y is made of one of each input."""

    def output_shape_for(self, *input_shapes: Shape) -> Shape:
        self._check_number(input_shapes)
        sides = [set(side) - {1} for side in zip(*input_shapes, strict=False)]
        if len({len(shape) for shape in input_shapes}) > 1 or any(len(side) > 1 for side in sides):
            raise self._misfit("inputs do not fit", "one shape, or 1 in place of a size", input_shapes)
        return tuple(side.pop() if side else 1 for side in sides)


def summed_to(shape: Shape, dy: Array) -> Array:
    """dy, summed over the axes along which an input of this shape (with the batch axis) was repeated."""
    repeated = tuple(axis for axis, size in enumerate(shape) if size == 1 < dy.shape[axis])
    total: Array = dy.sum(axis=repeated, keepdims=True) if repeated else dy
    return total


class Add(Elementwise):
    """The sum of the inputs."""

    def merged(self, *x: Array) -> tuple[Array, Cache]:
        return reduce(np.add, x), tuple(value.shape for value in x)

    def backward(self, dy: Array, cache: Cache) -> tuple[tuple[Array, ...], Gradients]:
        return tuple(summed_to(shape, dy) for shape in cache), {}

    def curvature(self, hy: Array, cache: Cache) -> tuple[tuple[Array, ...], Gradients]:
        return self.backward(hy, cache)  # it only routes values, and the square of one is one


class Average(Elementwise):
    """The mean of the inputs."""

    def merged(self, *x: Array) -> tuple[Array, Cache]:
        return reduce(np.add, x) / len(x), tuple(value.shape for value in x)

    def backward(self, dy: Array, cache: Cache) -> tuple[tuple[Array, ...], Gradients]:
        return tuple(summed_to(shape, dy / len(cache)) for shape in cache), {}

    def curvature(self, hy: Array, cache: Cache) -> tuple[tuple[Array, ...], Gradients]:
        return tuple(summed_to(shape, hy / len(cache) ** 2) for shape in cache), {}


class Multiply(Elementwise):
    """The product of the inputs."""

    def merged(self, *x: Array) -> tuple[Array, Cache]:
        return reduce(np.multiply, x), x

    def backward(self, dy: Array, cache: Cache) -> tuple[tuple[Array, ...], Gradients]:
        # The product of the others, and not the product divided by this one, which may be zero.
        others = [(*cache[:i], *cache[i + 1:]) for i in range(len(cache))]
        return tuple(summed_to(value.shape, reduce(np.multiply, rest, dy))
                     for value, rest in zip(cache, others, strict=True)), {}

    def curvature(self, hy: Array, cache: Cache) -> tuple[tuple[Array, ...], Gradients]:
        return self.backward(hy, tuple(np.square(value) for value in cache))


class Concatenate(Merge):
    """The inputs one behind the other along an axis; in all other axes they are of one size.

    axis: counted with the batch axis, as in Keras: -1 is the last, the channels; 1 the rows of an image. Not 0:
        what is computed of one row of a batch never depends on the others.
    """

    def __init__(self, axis: int = -1, *, name: str | None = None, trainable: bool = True, dtype: str = "float32",
                 input_shape: Sequence[int] | None = None) -> None:
        super().__init__(name=name, trainable=trainable, dtype=dtype, input_shape=input_shape)
        self.axis = _checks.axis(axis, "axis", str(self))

    def output_shape_for(self, *input_shapes: Shape) -> Shape:
        self._check_number(input_shapes)
        axis = _checks.axis_of(self.axis, input_shapes[0], str(self)) - 1
        if len({len(shape) for shape in input_shapes}) > 1 or len(
                {shape[:axis] + shape[axis + 1:] for shape in input_shapes}) > 1:
            raise self._misfit("inputs do not fit", f"one shape but for axis {axis + 1} (the batch is axis 0)",
                               input_shapes)
        first = input_shapes[0]
        return *first[:axis], sum(shape[axis] for shape in input_shapes), *first[axis + 1:]

    def merged(self, *x: Array) -> tuple[Array, Cache]:
        return np.concatenate(x, axis=self.axis), tuple(value.shape for value in x)

    def backward(self, dy: Array, cache: Cache) -> tuple[tuple[Array, ...], Gradients]:
        ends = list(accumulate(shape[self.axis] for shape in cache))
        return tuple(np.split(dy, ends[:-1], axis=self.axis)), {}

    def curvature(self, hy: Array, cache: Cache) -> tuple[tuple[Array, ...], Gradients]:
        return self.backward(hy, cache)


# -- Keras's functions: the layer made and called at once ------------------------------------------


def add(inputs: Any, *, name: str | None = None) -> Any:
    """`Add` called on a list of inputs: ``add([x, shortcut])``."""
    return Add(name=name)(inputs)


def average(inputs: Any, *, name: str | None = None) -> Any:
    """`Average` called on a list of inputs."""
    return Average(name=name)(inputs)


def multiply(inputs: Any, *, name: str | None = None) -> Any:
    """`Multiply` called on a list of inputs."""
    return Multiply(name=name)(inputs)


def concatenate(inputs: Any, axis: int = -1, *, name: str | None = None) -> Any:
    """`Concatenate` called on a list of inputs; axis as there."""
    return Concatenate(axis, name=name)(inputs)
