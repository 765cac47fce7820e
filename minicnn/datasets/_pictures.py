"""One picture file as an array: PNG or JPEG, decoded by Pillow, which loads with the first picture."""

import os
from typing import TYPE_CHECKING

import numpy as np

from minicnn._checks import error
from minicnn._types import Array, Pair

if TYPE_CHECKING:
    from PIL import Image

FORMATS = ("PNG", "JPEG")
ENDINGS = (".png", ".jpg", ".jpeg")

MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}
"""Keras's color modes and Pillow's names of them."""
CHANNELS = {mode: len(pillow) for mode, pillow in MODES.items()}


def load_picture(path: str | os.PathLike[str], color_mode: str = "rgb", size: Pair | None = None) -> Array:
    """A picture as uint8 (H, W, C), scaled to ``size`` = (H, W) where one is given.

    - It stands upright: the orientation that a camera noted down (EXIF) is applied. Keras ignores the note.
    - ``"grayscale"`` (C = 1) weighs colors by ITU-R 601: 0.299 red + 0.587 green + 0.114 blue.
    - Transparent places are white, as most programs show them, unless ``"rgba"`` keeps the transparency. Keras
      shows what color lies hidden there, often black.
    - Of 16 bits a channel the upper 8 count.
    - Scaling is bilinear, by Pillow: where it makes smaller, it averages over all pixels (a triangle as wide as
      two new ones). Keras looks at four pixels only, and so skips some.

    Raises:
        MinicnnError: the file is missing, is neither PNG nor JPEG, or is damaged; it is named.
    """
    from PIL import Image, ImageOps

    where = f"reading {os.fspath(path)!r}"
    try:
        with Image.open(path, formats=FORMATS) as image:
            picture = _converted(ImageOps.exif_transpose(image), MODES[color_mode])
    except FileNotFoundError:
        raise error(where, "there is no such file") from None
    except Exception as problem:  # on damaged files Pillow raises SyntaxError, struct.error, zlib.error and more
        raise error(where, "the picture cannot be read", "a whole PNG or JPEG",
                    f"{type(problem).__name__}: {problem}", "Remove or replace it.") from None
    if size is not None:
        picture = picture.resize((size[1], size[0]), Image.Resampling.BILINEAR)
    values = np.asarray(picture)
    return values.reshape(*values.shape[:2], -1)


def _converted(image: "Image.Image", mode: str) -> "Image.Image":
    """The picture in another mode, with white behind what is transparent."""
    from PIL import Image

    if image.mode.startswith("I"):  # 16 bits of gray, which Pillow's own conversion would cut off at 255
        image = Image.fromarray((np.asarray(image).astype(np.int32) >> 8).astype(np.uint8))
    transparent = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    if transparent and mode != "RGBA":
        paper = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(paper, image.convert("RGBA"))
    return image.convert(mode)
