"""What makes a picture natural: neighbors that agree, numbers that stay small. Each penalty has its gradient under it.

Batches are (N, H, W, C); a penalty is one number for each of them, (N,).
"""

import numpy as np

from minicnn._types import Array

ROUND = 0.03
"""How the absolute value is rounded off at zero, so that it has a slope there: sqrt(d^2 + ROUND^2)."""


def total_variation(x: Array) -> Array:
    """How much neighbors differ: the sum of |x[r+1, c] - x[r, c]| and |x[r, c+1] - x[r, c]|, rounded off at zero.

    Small where a picture is made of even patches, whose edges may be sharp (Rudin, Osher, Fatemi 1992)::

        0 0 1 1        0 .5 1 1        0 1 0 1
           1              1               3
    """
    down, right = np.diff(x, axis=1), np.diff(x, axis=2)
    total: Array = _rounded(down).sum(axis=(1, 2, 3)) + _rounded(right).sum(axis=(1, 2, 3))
    return total


def total_variation_gradient(x: Array) -> Array:
    """Its gradient (N, H, W, C): each difference pulls its two pixels together, with a force of at most one."""
    down, right = np.diff(x, axis=1), np.diff(x, axis=2)
    down, right = down / np.hypot(down, x.dtype.type(ROUND)), right / np.hypot(right, x.dtype.type(ROUND))
    gradient = np.zeros_like(x)
    gradient[:, 1:] += down
    gradient[:, :-1] -= down
    gradient[:, :, 1:] += right
    gradient[:, :, :-1] -= right
    return gradient


def _rounded(difference: Array) -> Array:
    size: Array = np.hypot(difference, ROUND) - ROUND
    return size


def squares(x: Array) -> Array:
    """Half the sum of the squares: L2 decay."""
    half: Array = np.square(x).sum(axis=(1, 2, 3)) / 2
    return half


def squares_gradient(x: Array) -> Array:
    """Its gradient: x itself."""
    return x


def blurred(x: Array, sigma: float) -> Array:
    """Each pixel is the average of those around it, weighted by a Gaussian of ``sigma`` pixels; around the picture are
    zeros.

    As a matrix it is symmetric and has no negative eigenvalues to speak of: a blurred gradient still leads uphill.
    """
    reach = int(3 * sigma + 0.5)
    if reach == 0:
        return x
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights = (weights / weights.sum()).astype(x.dtype)
    for axis in (1, 2):
        padded = np.pad(x, [(reach, reach) if i == axis else (0, 0) for i in range(4)])
        along = np.moveaxis(padded, axis, 0)
        x = np.moveaxis(sum(w * along[i:i + x.shape[axis]] for i, w in enumerate(weights)), 0, axis)
    return x
