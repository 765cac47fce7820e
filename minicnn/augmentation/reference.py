"""Resampling in plain NumPy, an image at a time: the version to read, and the oracle of the jitted one.

A pixel of the distorted image comes from a place between four pixels of the original, and takes a mean of
them, weighted by how near they are (bilinear interpolation)::

    p ---+------- q        above = p + right (q - p)
         |                 below = r + right (s - r)
         * the place       value = above + down (below - above)
         |
    r ---+------- s        right, down: 0 ... 1, how far the place lies from p

Around the original the background goes on for ever. One row and column of it before the image and two behind
are enough: a place farther out is moved to them, where all four neighbors are background. ::

    . . . . . .
    . 1 2 3 . .        a 2 x 3 image in its frame
    . 4 5 6 . .
    . . . . . .
    . . . . . .
"""

import numpy as np

from minicnn._types import Array


def resample(images: Array, maps: Array, fields: Array | None, fill: float) -> Array:
    """The images (N, H, W, C) read at the places that their maps (`maps.inverse_maps`) lead to.

    fields: None, or displacements (N, 2, H, W): the pixel at (i, j) is read where the map sends
        (i + fields[n, 1, i, j], j + fields[n, 0, i, j]).
    fill: the background.

    Computed in float64; for bytes, the nearest one.
    """
    out = np.empty_like(images)
    for n, image in enumerate(images):
        value = _interpolate(_framed(image, fill), *_places(maps[n], None if fields is None else fields[n], image))
        out[n] = np.floor(value + 0.5) if images.dtype.kind == "u" else value
    return out


def _framed(image: Array, fill: float) -> Array:
    height, width, channels = image.shape
    frame = np.full((height + 3, width + 3, channels), fill, np.float64)
    frame[1:-2, 1:-2] = image
    return frame


def _places(the_map: Array, field: Array | None, image: Array) -> tuple[Array, Array]:
    """Column and row in the frame that each pixel comes from, (H, W) each."""
    height, width = image.shape[:2]
    i, j = np.arange(height)[:, None], np.arange(width)[None, :]
    x, y = (j, i) if field is None else (j + field[0].astype(np.float64), i + field[1].astype(np.float64))
    (a, b, c), (d, e, f) = the_map
    return np.clip(a * x + b * y + (c + 1), 0, width + 1), np.clip(d * x + e * y + (f + 1), 0, height + 1)


def _interpolate(frame: Array, x: Array, y: Array) -> Array:
    column, row = x.astype(int), y.astype(int)
    right, down = (x - column)[..., None], (y - row)[..., None]
    above = frame[row, column] + right * (frame[row, column + 1] - frame[row, column])
    below = frame[row + 1, column] + right * (frame[row + 1, column + 1] - frame[row + 1, column])
    value: Array = above + down * (below - above)
    return value
