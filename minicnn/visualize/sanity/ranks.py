"""Rank correlation."""

import numpy as np

from minicnn._types import Array


def ranks(values: Array) -> Array:
    """The place of each number among all, from 1; equal numbers share the mean of theirs.

    >>> ranks(np.array([0.5, 7.0, 0.5, -1.0])).tolist()
    [2.5, 4.0, 2.5, 1.0]
    """
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    places: Array = (np.cumsum(counts) - (counts - 1) / 2)[which].reshape(np.shape(values))
    return places


def spearman(a: Array, b: Array) -> float:
    """Spearman's rank correlation of two arrays: Pearson's of their ranks, from -1 to 1; NaN where all of one's numbers
    are equal.

    >>> round(spearman(np.array([1.0, 2.0, 3.0]), np.array([1.0, 10.0, 100.0])), 12)
    1.0
    """
    x, y = (ranks(values).reshape(-1) for values in (a, b))
    x, y = x - x.mean(), y - y.mean()
    scale = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / scale if scale else float("nan")
