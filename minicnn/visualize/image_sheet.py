"""Images side by side, as they are."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from minicnn import _checks
from minicnn._types import Array
from minicnn.visualize import drawing
from minicnn.visualize.arrays import is_drawable, picture, value_range
from minicnn.visualize.tiles import Grid, draw_tile, frames, tile_size

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST, SIDE, APART = 500, 0.6, 0.08  # images drawn; inches: longer side of one, and from one to the next


def images(x: Any, captions: Sequence[str] | None = None, *, columns: int = 10, title: str = "", remark: str = "",
           save: str | os.PathLike[str] | None = None) -> "Figure":
    """Images in rows, in order, each with its caption underneath.

    x: (N, H, W), (N, H, W, 1) or, in color, (N, H, W, 3). Those of one channel are black on white, all on one scale
        from the smallest number (white) to the largest. Codes are images, too:
        ``images(rbf_codes.prototypes("ABC").reshape(-1, 12, 7), "ABC")``.
    captions: a text for each image; a word of several letters is one character.
    columns: images in a row. At most 500 images are drawn; the figure says so.
    title, remark: to be written above.
    save: a ``.png``, ``.svg`` or ``.pdf`` file to write.

    Raises MinicnnError for what is no batch of images, captions that do not fit, and an unknown file ending.
    """
    where = "visualize.images"
    array = _checked(x, where)
    columns = _checks.integer(columns, "columns", where)
    if captions is not None and len(captions) != len(array):
        raise _checks.error(where, "each image needs its caption", f"{len(array)} captions", len(captions))
    shown = array[:MOST]
    words = [""] * len(shown) if captions is None else [str(caption) for caption in captions[:MOST]]
    if len(shown) < len(array):
        remark = "; ".join(filter(None, [remark, f"the first {MOST:,} of {len(array):,} images"]))
    tile = tile_size(shown.shape[1:3], (SIDE, SIDE))
    widest = max(map(drawing.text_width, words))
    below = 0.2 if widest else 0.0
    grid = Grid(len(shown), columns, tile, (max(widest - tile[0], 0.0) + APART, APART + below))
    sheet, top = _sheet(title, remark, grid, below)
    left = (sheet.width - grid.width) / 2
    axes = sheet.canvas(left, top, grid.width, grid.height, "images")
    colors = drawing.color_scale(*value_range(shown), drawing.AMOUNT)
    for place, (image, word) in enumerate(zip(shown, words, strict=True)):
        draw_tile(axes, picture(image), grid.box(place), colors)
        axes.text(grid.center(place)[0], grid.box(place)[2] + 0.04, word, ha="center", va="top",
                  fontsize=drawing.TEXT, parse_math=False)
    frames(axes, grid, len(shown))
    return drawing.finish(sheet, save)


def _sheet(title: str, remark: str, grid: Grid, below: float) -> tuple[drawing.Sheet, float]:
    """The sheet, and the inches from its top to the images."""
    around = (grid.pitch[0] - grid.tile[0]) / 2 + drawing.MARGIN  # where captions are the wider
    width, height = grid.width + 2 * around, grid.height + below + drawing.MARGIN
    if title or remark:
        return drawing.headed_sheet(title, remark, width, height)
    return drawing.Sheet(width, height + drawing.MARGIN), drawing.MARGIN


def _checked(x: Any, where: str) -> Array:
    array = _checks.numeric(x, where)
    if not array.size or not is_drawable(array.shape[1:]):
        one = is_drawable(array.shape) and array.ndim == 2
        raise _checks.error(where, "these are no images", "shape (N, H, W), (N, H, W, 1) or (N, H, W, 3)",
                            f"shape {array.shape}", "For a single one pass image[None]." if one else None)
    _checks.finite(array, where)
    return array
