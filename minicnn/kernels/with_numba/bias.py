"""Biases: added to every row, and their gradient, the sum of all rows."""

import numpy as np

from minicnn._types import Array
from minicnn.kernels._jit import jit
from minicnn.kernels.with_numba.layout import plain


@jit
def add_bias(y, bias):  # type: ignore[no-untyped-def]
    """y (rows, F) += bias (F,), in place."""
    for i in range(y.shape[0]):
        for f in range(y.shape[1]):
            y[i, f] += bias[f]


@jit
def column_sums(dy, total):  # type: ignore[no-untyped-def]
    """total (F,) in float64 += the rows of dy (rows, F)."""
    for i in range(dy.shape[0]):
        for f in range(dy.shape[1]):
            total[f] += dy[i, f]


def bias_gradient(dy: Array) -> Array:
    # Summed in float64: a bias collects from every position of every image.
    total = np.zeros(dy.shape[-1])
    column_sums(plain(dy).reshape(-1, dy.shape[-1]), total)
    return total.astype(dy.dtype)
