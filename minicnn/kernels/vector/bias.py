"""The gradient of a bias: everything that arrives at a map, summed."""

import numpy as np

from minicnn._shapes import Window
from minicnn._types import Array
from minicnn.kernels.vector.pooling import window_sum

LONGEST = 4096
"""Numbers that one sum in the arrays' own type may collect: with more, float32 loses digits."""


def bias_gradient(dy: Array) -> Array:
    """dy (..., F) -> (F,): one window as large as the image, or as a row of it, and the windows in float64.

    The loop over a few maps is too short to be fast; a window's cells come in vectors (`window_sum`), and only their
    sums, one for each image, go the slow way.
    """
    if dy.ndim == 4:
        _, height, width, _ = dy.shape
        rows = height if height * width <= LONGEST else 1
        if width <= LONGEST:
            strip = dy.reshape(-1, rows, width, dy.shape[3])
            dy = window_sum(strip, Window((rows, width), (1, 1), (0, 0, 0, 0), (1, 1), (1, 1)))
    if dy.size == dy.shape[-1]:
        return dy.reshape(-1).copy()
    total: Array = dy.reshape(-1, dy.shape[-1]).sum(axis=0, dtype=np.float64)
    return total.astype(dy.dtype)
