"""Color images have a gradient for each channel: ways to show one number a pixel."""

from typing import Any

import numpy as np

from minicnn import _checks
from minicnn._types import Array

WAYS = {
    "max": lambda maps: np.abs(maps).max(axis=-1),
    "sum": lambda maps: maps.sum(axis=-1),
    "mean": lambda maps: np.abs(maps).mean(axis=-1),
}


def over_channels(maps: Any, how: str = "max") -> Array:
    """One number a pixel, (N, H, W), from one for each channel, (N, H, W, C). Who does so:

    ====== ============================== ==============================================================
    "max"  the largest absolute value     Simonyan et al. 2014, section 3.1; tf-keras-vis
    "sum"  the sum, with its sign         Captum's pictures; sums stay what a method promises of them
    "mean" the mean absolute value        Captum's "absolute_value", up to the factor C
    ====== ============================== ==============================================================

    >>> pixel = np.array([[[[-3.0, 1.0, 0.5]]]])
    >>> [float(over_channels(pixel, how)[0, 0, 0]) for how in ("max", "sum", "mean")]
    [3.0, -1.5, 1.5]

    Raises MinicnnError for another ``how``, and for an array that is not (N, H, W, C).
    """
    where = "visualize.over_channels"
    array = _checks.numeric(maps, where)
    if array.ndim != 4:
        raise _checks.error(where, "these are not maps with channels", "shape (N, H, W, C)", f"shape {array.shape}")
    single: Array = _checks.named(f"{where}: how", how, WAYS)(array)
    return single
