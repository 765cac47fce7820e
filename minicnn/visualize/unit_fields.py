"""Which rectangle of the picture one unit sees, and the picture cut to it."""

from typing import NamedTuple

import numpy as np

from minicnn._types import Array, Shape
from minicnn.counting import Field, node_fields
from minicnn.graph import Graph
from minicnn.layers.nodes import Node


class Rectangle(NamedTuple):
    """Pixels of a picture: ``height`` rows from ``top`` on, ``width`` columns from ``left`` on. A receptive field may
    begin in the padding, above or left of pixel 0."""

    top: int
    left: int
    height: int
    width: int

    def inside(self, shape: Shape) -> "Rectangle":
        """The part of it that lies in a picture (H, W, ...)."""
        (top, bottom), (left, right) = ((max(start, 0), min(start + size, limit)) for start, size, limit in (
            (self.top, self.height, shape[0]), (self.left, self.width, shape[1])))
        return Rectangle(top, left, bottom - top, right - left)

    def lies_in(self, shape: Shape) -> bool:
        """Whether no part of it lies outside of a picture (H, W, ...)."""
        return self.inside(shape) == self

    def is_whole(self, shape: Shape) -> bool:
        """Whether all of a picture (H, W, ...) lies in it."""
        return self.inside(shape) == (0, 0, *shape[:2])

    def __str__(self) -> str:
        return (f"rows {self.top} to {self.top + self.height - 1}, "
                f"columns {self.left} to {self.left + self.width - 1}")


def field_of(graph: Graph, node: Node) -> Field | None:
    """The receptive field of the units of a value; None where it has no extent or its field is not defined, so that
    its units see the whole picture, or may.

    graph: what leads from the one input to the node.
    Raises MinicnnError where the graph has a layer that nobody has said how to count.
    """
    if len(node.sample_shape) != 3:
        return None
    (field,) = node_fields(graph)[node].values()
    return None if field.undefined else field


def seen_by(field: Field | None, row: int, column: int, shape: Shape) -> Rectangle:
    """What the unit at (row, column) sees of a picture (H, W, ...); it may begin or end outside of it."""
    if field is None:
        return Rectangle(0, 0, *shape[:2])
    (height, width), (down, right) = field.size, field.jump
    return Rectangle(int(field.rows.first) + row * down, int(field.columns.first) + column * right, height, width)


def cut(image: Array, rectangle: Rectangle) -> Array:
    """The pixels (height, width, C) of a picture (H, W, C); what lies outside of it is 0, as padding is.

    >>> cut(np.ones((2, 2, 1)), Rectangle(-1, 1, 2, 2))[..., 0].tolist()
    [[0.0, 0.0], [1.0, 0.0]]
    """
    patch = np.zeros((rectangle.height, rectangle.width, *image.shape[2:]), image.dtype)
    top, left, height, width = rectangle.inside(image.shape)
    down, right = top - rectangle.top, left - rectangle.left
    patch[down:down + height, right:right + width] = image[top:top + height, left:left + width]
    return patch
