"""Receptive fields over a picture."""

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn import _checks
from minicnn._types import Array
from minicnn.counting import Count, Field, Row
from minicnn.visualize import drawing
from minicnn.visualize.drawing import headed_sheet, shortened, text_width

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIDE = 3.6  # inches: longer side of the picture


def receptive_fields(counted: Count, image: Any, *, save: str | os.PathLike[str] | None = None) -> "Figure":
    """The picture with a frame for each layer: what the middle unit of the layer sees, growing layer by layer.

    A layer whose unit sees what that of the layer before sees has no frame, nor has one whose field is undefined.
    counted: what `minicnn.counting.count` returned, of a network with one input.
    image: (H, W), (H, W, 1) or (H, W, 3); bytes, or numbers that are spread from black to white.
    save: a ``.png``, ``.svg`` or ``.pdf`` file to write.

    Raises MinicnnError where no layer has a field, for what is no image, and for an unknown file ending.
    """
    picture = _picture(image)
    frames = _frames(counted)
    height, width = picture.shape[:2]
    rectangles = [_rectangle(field) for _, field in frames]
    top_left = np.min([(0, 0), *((r[0], r[1]) for r in rectangles)], axis=0)
    bottom_right = np.max([(height, width), *((r[0] + r[2], r[1] + r[3]) for r in rectangles)], axis=0)
    rows, columns = (bottom_right - top_left).tolist()
    pixel = SIDE / max(rows, columns)
    words = [f"{shortened(row.name)}  {row.receptive_field}" for row, _ in frames]
    legend = max(map(text_width, words)) + 0.45
    sheet, top = headed_sheet(f"Receptive fields of {shortened(counted.name)}", "what the middle unit of a layer sees",
                              columns * pixel + legend + 3 * drawing.MARGIN,
                              max(rows * pixel, len(frames) * drawing.LINE) + drawing.MARGIN)
    axes = sheet.axes(drawing.MARGIN, top, columns * pixel, rows * pixel, "picture")
    axes.imshow(picture, cmap=drawing.REVERSED, extent=(0, width, height, 0), interpolation="nearest")
    axes.set(xlim=(top_left[1], bottom_right[1]), ylim=(bottom_right[0], top_left[0]), xticks=[], yticks=[])
    _draw_frames(axes, rectangles)
    for i, (text, color) in enumerate(zip(words, _colors(len(frames)), strict=True)):
        left = columns * pixel + 2 * drawing.MARGIN
        sheet.text(left, top + i * drawing.LINE, "■", color=color)
        sheet.text(left + 0.2, top + i * drawing.LINE, text)
    return drawing.finish(sheet, save)


def _draw_frames(axes: Any, rectangles: list[tuple[float, float, int, int]]) -> None:
    from matplotlib.patches import Rectangle

    for (row, column, height, width), color in zip(rectangles, _colors(len(rectangles)), strict=True):
        axes.add_patch(Rectangle((column, row), width, height, fill=False, edgecolor=color, linewidth=1.6,
                                 clip_on=False))


def _frames(counted: Count) -> list[tuple[Row, Field]]:
    """The layers whose units see more than those of the layer before."""
    frames: list[tuple[Row, Field]] = []
    for row in counted.rows:
        if len(row.fields) == 1:
            (field,) = row.fields.values()
            if not field.undefined and field.size != (1, 1) and (not frames or field.size != frames[-1][1].size):
                frames.append((row, field))
    if not frames:
        raise _checks.error("visualize.receptive_fields", "no layer has a receptive field", "a network of one picture",
                            counted.name)
    return frames


def _rectangle(field: Field) -> tuple[float, float, int, int]:
    """(top, left, height, width) of what the middle unit sees, in pixels."""
    (height, width), (down, right) = field.size, field.jump
    top = int(field.rows.first) + down * ((field.rows.units - 1) // 2)
    left = int(field.columns.first) + right * ((field.columns.units - 1) // 2)
    return top, left, height, width


def _colors(count: int) -> list[Any]:
    from matplotlib import colormaps

    return [colormaps["plasma"](place) for place in np.linspace(0.1, 0.9, count)]


def _picture(image: Any) -> Array:
    picture = _checks.numeric(image, "visualize.receptive_fields: image")
    if picture.ndim == 3 and picture.shape[2] == 1:
        picture = picture[..., 0]
    if picture.ndim not in (2, 3) or (picture.ndim == 3 and picture.shape[2] != 3) or not picture.size:
        raise _checks.error("visualize.receptive_fields", "this is no picture", "shape (H, W), (H, W, 1) or (H, W, 3)",
                            f"shape {picture.shape}")
    _checks.finite(picture, "visualize.receptive_fields: image")
    if picture.dtype == np.uint8:
        return picture
    low, high = float(picture.min()), float(picture.max())
    spread: Array = (picture - low) / ((high - low) or 1.0)
    return spread
