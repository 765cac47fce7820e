"""Where a sliding window lies on an image, and what it sees there."""

import numpy as np

from minicnn._shapes import Window
from minicnn._types import Array, BoolArray, Pair


def cells(window: Window, place: Pair) -> tuple[Array, Array]:
    """(rows, columns) of the image that the window touches at an output's place; in the padding they lie outside.

    >>> window = Window((3, 2), (2, 1), (1, 0, 0, 0), (1, 1), (2, 3))
    >>> [part.tolist() for part in cells(window, (0, 2))]
    [[-1, 0, 1], [2, 3]]
    """
    rows, columns = (place[axis] * window.strides[axis] - window.pads[2 * axis]
                     + window.dilation[axis] * np.arange(window.size[axis]) for axis in (0, 1))
    return rows, columns


def inside(window: Window, place: Pair, image: Pair) -> BoolArray:
    """(kh, kw): which of the cells that the window touches lie in the image (H, W), and not in the padding."""
    rows, columns = (np.logical_and(part >= 0, part < size)
                     for part, size in zip(cells(window, place), image, strict=True))
    there: BoolArray = rows[:, None] & columns
    return there


def seen(x: Array, window: Window, place: Pair) -> Array:
    """(kh, kw, C): the numbers of an image (H, W, C) under the window; zero in the padding."""
    rows, columns = cells(window, place)
    height, width = x.shape[:2]
    numbers = x[rows.clip(0, height - 1)][:, columns.clip(0, width - 1)]
    there = inside(window, place, (height, width))
    return np.where(there[..., None], numbers, np.zeros((), x.dtype))
