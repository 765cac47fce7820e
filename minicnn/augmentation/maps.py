"""The way back from a pixel of the distorted image to its place in the original, as one 2 x 3 matrix.

An image is distorted in steps around its center; x runs right and y runs down::

    original -> mirror -> scale, squeeze -> shear -> rotate -> translate -> distorted

    mirror            x' = -x                      y' = y
    scale, squeeze    x' = s k x                   y' = s/k y
    shear             x' = x + h y                 y' = y
    rotate            x' =  cos(t) x + sin(t) y    y' = -sin(t) x + cos(t) y
    translate         x' = x + u                   y' = y + v

To fill a pixel of the distorted image one must know where it came from, so the steps are undone, the last
one first. Each of them is affine, and so is their chain::

    column in the original = a j + b i + c          i, j: row and column in the distorted image
    row in the original    = d j + e i + f          [[a, b, c], [d, e, f]]: the map

One map, so one interpolation: interpolating after every step would blur the image five times.
"""

from collections.abc import Mapping

import numpy as np

from minicnn._types import Array, Pair


def inverse_maps(steps: Mapping[str, Array], image: Pair) -> Array:
    """The maps (N, 2, 3) from distorted to original positions, for images of (H, W).

    steps: for each image, arrays (N,):

    ===============  =================================================================
    ``mirror``       whether left and right are exchanged
    ``scale``        s: 2 doubles width and height
    ``squeeze``      k: 2 doubles the width and halves the height
    ``shear``        h: pixels to the right per pixel down
    ``rotate``       degrees, counterclockwise as seen
    ``translate_x``  u: pixels to the right
    ``translate_y``  v: pixels down
    ===============  =================================================================

    Rows and columns are counted from the centers of the first ones, so the center of the image is at
    ((H - 1) / 2, (W - 1) / 2): half a pixel less than half the size.
    """
    middle_x, middle_y = (image[1] - 1) / 2, (image[0] - 1) / 2
    # Three points seen from the center: one pixel right of it, one below it, and the pixel (0, 0), this one with
    # the translation undone. Where they come from are the three columns of the map.
    x, y = np.zeros((2, 3, len(steps["scale"])))
    x[0], y[1] = 1, 1
    x[2], y[2] = -middle_x - steps["translate_x"], -middle_y - steps["translate_y"]
    x, y = _back(steps, x, y)
    x[2] += middle_x
    y[2] += middle_y
    return np.stack([x, y]).transpose(2, 0, 1).copy()


def _back(steps: Mapping[str, Array], x: Array, y: Array) -> tuple[Array, Array]:
    """Undo all but the translation, last step first."""
    angle = np.radians(steps["rotate"])
    cos, sin = np.cos(angle), np.sin(angle)
    x, y = x * cos - y * sin, x * sin + y * cos
    x = x - y * steps["shear"]
    x, y = x / (steps["scale"] * steps["squeeze"]), y * (steps["squeeze"] / steps["scale"])
    return np.where(steps["mirror"], -x, x), y
