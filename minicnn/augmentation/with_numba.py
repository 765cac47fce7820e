"""Resampling with jitted loops: what `reference` does, operation by operation, so to the same bits.

A row of the image is done in two loops. The first finds where each pixel comes from; it has neither branches
nor look-ups, so the machine does several pixels at once. The second looks up the neighbors and mixes them.
"""

import numpy as np

from minicnn._types import Array
from minicnn.kernels._jit import jit


def resample(images: Array, maps: Array, fields: Array | None, fill: float) -> Array:
    """As `reference.resample`."""
    # Numba compiles one version per memory layout; this keeps it at one.
    images = np.require(images, requirements=("C", "A", "W"))
    out = np.empty_like(images)
    rounding = 0.5 if images.dtype.kind == "u" else 0.0  # storing a float as a byte cuts its fraction off
    resample_images(images, maps, fields, float(fill), rounding, out)
    return out


@jit
def resample_images(images, maps, fields, fill, rounding, out):  # type: ignore[no-untyped-def]
    count, height, width, channels = images.shape
    across = (width + 3) * channels  # numbers in a row of the frame
    frame = np.full((height + 3) * across, fill)
    # Unsigned indices: without them Numba asks of each whether it is negative and counts from the end.
    corner, one_right, one_down = np.empty(width, np.uintp), np.uintp(channels), np.uintp(across)
    right, down = np.empty(width), np.empty(width)
    pixels, results = images.reshape(-1), out.reshape(-1)
    for n in range(count):
        put_in_frame(pixels, n, height, width * channels, channels, across, frame)
        for i in range(height):
            find_places(maps[n], fields, n, i, height, width, channels, across, corner, right, down)
            first = (n * height + i) * width * channels
            for c in range(channels):
                for j in range(width):
                    p = corner[j] + np.uintp(c)
                    r = p + one_down
                    above = frame[p] + right[j] * (frame[p + one_right] - frame[p])
                    below = frame[r] + right[j] * (frame[r + one_right] - frame[r])
                    results[first + j * channels + c] = above + down[j] * (below - above) + rounding


@jit
def put_in_frame(pixels, n, height, length, channels, across, frame):  # type: ignore[no-untyped-def]
    """Image n of flat pixels into a flat frame: one row above it, one pixel to its left."""
    for i in range(height):
        source, target = (n * height + i) * length, (i + 1) * across + channels
        for k in range(length):
            frame[target + k] = pixels[source + k]


@jit
def find_places(a_map, fields, n, i, height, width, channels, across, corner, right, down):  # type: ignore[no-untyped-def]
    """For each pixel of row i: its upper left neighbor in the flat frame, and how far right of it and below it lies.

    Where there are no fields, Numba leaves the branch out.
    """
    a, b, c = a_map[0, 0], a_map[0, 1], a_map[0, 2] + 1
    d, e, f = a_map[1, 0], a_map[1, 1], a_map[1, 2] + 1
    for j in range(width):
        x, y = float(j), float(i)
        if fields is not None:
            x, y = x + fields[n, 0, i, j], y + fields[n, 1, i, j]
        x_source = min(max(a * x + b * y + c, 0.0), width + 1.0)
        y_source = min(max(d * x + e * y + f, 0.0), height + 1.0)
        column, row = int(x_source), int(y_source)
        corner[j], right[j], down[j] = row * across + column * channels, x_source - column, y_source - row
