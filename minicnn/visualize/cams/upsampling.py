"""Small maps made as large as the image."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn import _checks
from minicnn._types import Array


def upsample(maps: Any, size: Sequence[int]) -> Array:
    """Maps (..., h, w) as (..., H, W), bilinear, for a size (H, W).

    Pixels are squares and their values stand at their centers, and beyond the outermost centers values stay as they
    are (half-pixel centers)::

        1 3  ->  1 1.5 2.5 3

    So do cv2.resize (INTER_LINEAR), and with it pytorch-grad-cam, and torch's interpolate with align_corners=False. Not
    so scipy's zoom, and with it tf-keras-vis: there the outermost centers fall on one another, and maps look shifted.

    >>> upsample([[1.0, 3.0]], (1, 4)).tolist()
    [[1.0, 1.5, 2.5, 3.0]]

    Raises MinicnnError for maps without two axes, and for a size that is not two integers.
    """
    where = "visualize.upsample"
    array = _checks.numeric(maps, where)
    if array.ndim < 2 or not array.size:
        raise _checks.error(where, "these are not maps", "shape (..., h, w)", f"shape {array.shape}")
    dtype = array.dtype if array.dtype.kind == "f" else np.dtype("float64")
    rows, columns = (_shares(old, new).astype(dtype) for old, new in
                     zip(array.shape[-2:], _checks.pair(size, "size", where), strict=True))
    larger: Array = rows @ array.astype(dtype) @ columns.T
    return larger


def _shares(old: int, new: int) -> Array:
    """(new, old): how much of each old value is in each new one."""
    centers = ((np.arange(new) + 0.5) * old / new - 0.5).clip(0, old - 1)
    distances = np.abs(centers[:, None] - np.arange(old))
    shares: Array = np.maximum(1 - distances, 0)
    return shares
