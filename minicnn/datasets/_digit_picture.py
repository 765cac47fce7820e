"""A picture of one character, of any size, made to look as MNIST's digits do.

MNIST's makers scaled each digit into 20x20 pixels, its proportions kept, and put it into a field of 28x28 so that
its center of mass is in the middle (LeCun et al. 1998, section III-A). A network that was trained on such digits
wants others to be made the same way. Steps, from gray levels (H, W):

1. `ink`: paper becomes 0 and the darkest (or, on dark paper, the lightest) place 1.
2. `bounding_box`: what is around the character is cut off.
3. `scaled`: the longer side becomes 20 pixels.
4. `centered`: into the middle of 28x28.
"""

import numpy as np

from minicnn._checks import error
from minicnn._types import Array

FIELD, BOX = 28, 20
MIDDLE = 14.0
"""Where MNIST's digits have their center of mass, rows and columns counted from 0."""
FAINT = 0.1
"""What is fainter than this part of the full ink is paper."""


def digit_picture(gray: Array, where: str = "digit_picture") -> Array:
    """Gray levels (H, W) as an image like MNIST's: uint8 (28, 28), 0 paper, 255 ink.

    Raises:
        MinicnnError: the picture shows nothing.
    """
    return centered(scaled(bounding_box(ink(gray, where)), BOX), by_mass=True)


def whole_thing(gray: Array, where: str = "whole_thing") -> Array:
    """Gray levels (H, W) as an image like Fashion-MNIST's: the longer side fills 28 pixels, the middle of the box is
    in the middle. Otherwise as `digit_picture`."""
    return centered(scaled(bounding_box(ink(gray, where)), FIELD), by_mass=False)


def light_paper(gray: Array) -> bool:
    """Whether the border is nearer to the lightest than to the darkest pixel of the picture."""
    return bool(np.median(_border(gray)) > (float(gray.min()) + float(gray.max())) / 2)


def ink(gray: Array, where: str = "ink") -> Array:
    """How much ink there is, float64 0 ... 1: the paper, as most of the border has it, is 0.

    What deviates from the paper no more than most of the border does, or less than a tenth of the full ink, is paper.
    """
    levels = gray.astype(np.float64)
    border = _border(levels)
    paper = np.median(border)
    amount: Array = paper - levels if light_paper(gray) else levels - paper
    full = amount.max()
    if full < 8:  # of 255: the noise of a camera reaches that on empty paper
        raise error(where, "there is nothing to see", "a character darker or lighter than the paper around it",
                    f"gray levels {levels.min():g} to {levels.max():g}")
    amount /= full
    grain = np.quantile(np.abs(border - paper), 0.75) / full
    amount[amount <= max(FAINT, 1.5 * grain)] = 0
    if not amount.any():
        raise error(where, "the character does not stand out from the paper around it",
                    cure="Cut the picture so that plain paper is around the character.")
    return amount


def bounding_box(amount: Array) -> Array:
    """The part that holds all the ink."""
    rows, columns = np.flatnonzero(amount.any(axis=1)), np.flatnonzero(amount.any(axis=0))
    return amount[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]


def scaled(amount: Array, longest: int) -> Array:
    """The same with ``longest`` pixels on the longer side, and again 1 where the ink is darkest."""
    from PIL import Image

    height, width = amount.shape
    size = (_part(width, max(height, width), longest), _part(height, max(height, width), longest))
    picture = Image.fromarray(amount.astype(np.float32)).resize(size, Image.Resampling.BILINEAR)
    values: Array = np.asarray(picture, np.float64)
    values = values / values.max()
    return values


def centered(amount: Array, by_mass: bool) -> Array:
    """The character in the middle of a field of 28x28, as bytes; pixels are moved by whole steps, none is lost."""
    field = np.zeros((FIELD, FIELD), np.uint8)
    top, left = (_start(size, center) for size, center in
                 zip(amount.shape, center_of_mass(amount) if by_mass else (None, None), strict=True))
    field[top:top + amount.shape[0], left:left + amount.shape[1]] = np.rint(255 * amount)
    return field


def center_of_mass(amount: Array) -> tuple[float, float]:
    """Row and column around which the ink is balanced."""
    rows, columns = amount.sum(axis=1), amount.sum(axis=0)
    return (float(rows @ np.arange(len(rows)) / rows.sum()), float(columns @ np.arange(len(columns)) / columns.sum()))


def _start(size: int, center: float | None) -> int:
    """Where a side of this length begins in the field."""
    if center is None:
        return (FIELD - size) // 2
    return min(max(round(MIDDLE - center), 0), FIELD - size)


def _part(side: int, longer: int, longest: int) -> int:
    return max(1, round(side * longest / longer))


def _border(gray: Array) -> Array:
    """The pixels of the outermost rows and columns."""
    return np.concatenate([gray[0], gray[-1], gray[1:-1, 0], gray[1:-1, -1]])
