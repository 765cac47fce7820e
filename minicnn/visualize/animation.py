"""Pictures in motion: frames, one after another, as an animated GIF."""

import math
import os
from base64 import b64encode
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn import _checks
from minicnn._types import Array
from minicnn.saving import atomic_write
from minicnn.visualize import drawing

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from PIL.Image import Image

DPI = 100  # a moving picture is for the screen
SHORTEST = 0.02  # seconds: browsers show a frame that asks for less ten times as long


def write_gif(frames: "Iterable[Figure | Array]", save: str | os.PathLike[str], seconds_per_frame: float = 0.5, *,
              seconds_last: float | None = None, dpi: float = DPI) -> None:
    """Write frames as an animated GIF that begins anew when it has ended; it appears whole or not at all.

    frames: Matplotlib figures, or arrays (H, W, 3) of bytes, all of one size. They are taken one by one, so a
        generator may make each when it is asked for it.
    save: a ``.gif`` file.
    seconds_per_frame: at least 0.02, in steps of 0.01, for such is the format. A frame that is like the one before it
        makes no frame of the file; the one before it then stays for the time of both.
    seconds_last: how long the last one stays before all begins anew; as long as the others where not given.
    dpi: pixels of an inch, for figures.

    A GIF has 256 colors for each frame: where there are more, similar ones become one.

    Raises MinicnnError for another ending, times that are too short, no frames, frames of several sizes, and arrays
    that are no picture.
    """
    check_gif(save)
    Film(frames, seconds_per_frame, seconds_last=seconds_last, dpi=dpi).write(save)


class Film:
    """An animated GIF, which notebooks show when it is the last value of a cell.

    The arguments are those of `write_gif`. data: the bytes of the file.
    """

    def __init__(self, frames: "Iterable[Figure | Array]", seconds_per_frame: float = 0.5, *,
                 seconds_last: float | None = None, dpi: float = DPI) -> None:
        usual = _milliseconds(seconds_per_frame, "seconds_per_frame")
        last = usual if seconds_last is None else _milliseconds(seconds_last, "seconds_last")
        images = [_frame(frame, i, dpi) for i, frame in enumerate(frames)]
        if not images:
            raise _checks.error("animated GIF", "there is nothing to show", "one frame or more", 0)
        for i, image in enumerate(images):
            if image.size != images[0].size:
                raise _checks.error("animated GIF", f"frame {i} is not as large as frame 0", _size(images[0]),
                                    _size(image))
        times = [usual] * (len(images) - 1) + [last]
        buffer = BytesIO()
        images[0].save(buffer, format="GIF", save_all=True, append_images=images[1:], loop=0,
                       duration=times if len(times) > 1 else last)
        self.data = buffer.getvalue()

    def write(self, save: str | os.PathLike[str]) -> None:
        """Write it to a ``.gif`` file, whole or not at all."""
        check_gif(save)
        with atomic_write(save) as file:
            file.write(self.data)

    def _repr_html_(self) -> str:
        """The hook by which notebooks ask."""
        return f'<img alt="animation" src="data:image/gif;base64,{b64encode(self.data).decode()}">'


def check_gif(save: str | os.PathLike[str]) -> None:
    """Refuse a file name that does not end in ``.gif``: before the frames are drawn, for that takes time."""
    ending = Path(save).suffix.lower()
    if ending != ".gif":
        cure = "A figure that stands still is written by save= of the function that draws it." if ending in (
            ".png", ".svg", ".pdf") else None
        raise _checks.error(_where(save), "a moving picture is a GIF", "the ending '.gif'", repr(ending), cure)


def _where(save: str | os.PathLike[str]) -> str:
    return f"save={os.fspath(save)!r}"


def _milliseconds(seconds: float, name: str) -> int:
    value = _checks.number(seconds, name, "write_gif", minimum=SHORTEST)
    return 10 * math.floor(value * 100 + 0.5)


def _size(image: "Image") -> str:
    return f"{image.width}x{image.height} pixels"


def _frame(frame: "Figure | Array", place: int, dpi: float) -> "Image":
    """A frame with at most 256 colors."""
    from matplotlib.figure import Figure
    from PIL import Image

    rgb = pixels(frame, dpi) if isinstance(frame, Figure) else _rgb(frame, f"write_gif: frame {place}")
    # Without dither: flat colors stay flat, and what does not move does not flicker.
    return Image.fromarray(rgb).quantize(256, dither=Image.Dither.NONE)


def pixels(figure: "Figure", dpi: float = drawing.DPI) -> Array:
    """A figure as an array (H, W, 3) of bytes."""
    from PIL import Image

    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi, pil_kwargs={"compress_level": 1})
    return np.asarray(Image.open(buffer).convert("RGB"))


def _rgb(frame: Any, where: str) -> Array:
    array = _checks.numeric(frame, where)
    if array.ndim != 3 or array.shape[2] != 3 or not array.size:
        raise _checks.error(where, "this is neither a figure nor a picture", "shape (H, W, 3)", f"shape {array.shape}")
    if array.dtype != np.uint8:
        raise _checks.error(where, "a picture is made of bytes", "dtype uint8", f"dtype {array.dtype}",
                            "Numbers from 0 to 1: (255 * x).round().astype('uint8').")
    return array
