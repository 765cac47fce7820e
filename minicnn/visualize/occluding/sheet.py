"""What becomes of the answer while a part of the image is hidden, as a picture."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn import _checks
from minicnn._types import Array
from minicnn.visualize import drawing
from minicnn.visualize.arrays import grays, limits, picture, size_text, value_range
from minicnn.visualize.drawing import Colors, Sheet
from minicnn.visualize.occluding.palette import palette
from minicnn.visualize.occluding.sweep import Occlusion, occlusion
from minicnn.visualize.scoring import Target, class_names, images
from minicnn.visualize.shown_images import shown_images
from minicnn.visualize.tiles import Grid, draw_boxes, draw_tile, frames, tile_size

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from minicnn.models import Model

HEAT = "viridis"
"""From dark blue to yellow: its lightness grows all the way, so it is read without colors, too."""
SIDE, DOWN, ACROSS, BESIDE = 1.3, 0.12, 0.25, 0.08
"""Inches: longer side of a tile; between rows; between columns; from a tile to what explains its colors."""
PALEST = 0.55
"""The darkest gray of an image under an overlay."""


def occlusion_maps(model: "Model", x: Any, target: Target = None, *, patch: Any = None, stride: Any = None,
                   value: Any = 0.0, average: bool = False, border: str = "cut", batch_size: int | None = None,
                   verbose: int = 1, names: Sequence[str] | None = None, pictures: Any = None,
                   save: str | os.PathLike[str] | None = None) -> "Figure":
    """For each image a row: the image, with the occluder's size as a frame; the probability of its class while the
    occluder is there; the answers; and the drop of the class's score, over the image.

    x to verbose: as in `occlusion`. A network that ends in scores or penalties gives no probability; its score (minus
        the penalty) takes that place.
    names: of the classes; their numbers where not given.
    pictures: what to draw in place of x, such as the photographs before they were prepared: one, or as many as x.
    The drop goes from blue (the class gains by the hiding) over nothing to red (it needs what is hidden), all rows on
    one scale. Answers have colors that the color-blind can tell apart; the rarest of more than ten share a gray.
    The axes are labeled "image", "probability" (or "score"), "answer" and "drop".
    save: a ``.png``, ``.svg`` or ``.pdf`` file to write.

    Raises MinicnnError where `occlusion` does, for a model of several inputs, an input that cannot be drawn, names or
    pictures that do not fit, and an unknown file ending.
    """
    where = "visualize.occlusion_maps"
    if save is not None:
        drawing.check_ending(save)
    inputs = images(model, x, where)
    if len(inputs) > 1:
        raise _checks.error(where, "the model has several inputs", "one", len(inputs),
                            "visualize.occlusion gives the numbers.")
    (shown,) = shown_images(model, inputs, pictures, where, "occlusion")
    names = class_names(model, names, where)
    result = occlusion(model, x, target, patch=patch, stride=stride, value=value, average=average, border=border,
                       batch_size=batch_size, verbose=verbose)
    hidden = "a pixel has the mean over its windows" if average else \
        f"its value stands in the {size_text(result.stride)} cell in its middle"
    remark = f"occluder {size_text(result.patch)} (frame): {hidden}; red: the class needs what is hidden"
    sheet = _sheet(f"{drawing.shortened(model.name)}: a part of the image is hidden", remark, shown, result, names)
    return drawing.finish(sheet, save)


def _sheet(title: str, remark: str, shown: Array, result: Occlusion, names: Sequence[str]) -> Sheet:
    rows, answers = _row_texts(result, names), palette(result.classes, names)
    certainty, drop = _certainty_colors(result), _drop_colors(result)
    tile = tile_size(shown.shape[1:3], (SIDE, SIDE), 0.3)
    tiles = Grid(len(shown), 1, tile, (0.0, max(DOWN, max(map(len, rows)) * drawing.LINE + 0.05 - tile[1])))
    widths = [tile[0], *(tile[0] + BESIDE + width for width in (
        _scale_width(certainty), answers.width, _scale_width(drop)))]
    lefts = 2 * drawing.MARGIN + max(drawing.text_width(line, bold=True) for lines in rows for line in lines) + \
        np.cumsum([0.0, *(max(width, drawing.text_width("of the class")) + ACROSS for width in widths)])
    sheet, top = drawing.headed_sheet(title, remark, lefts[-1], 2.2 * drawing.LINE + drawing.MARGIN +
                                      max(tiles.rows * tiles.pitch[1], answers.height))
    top += 2.2 * drawing.LINE
    _write_rows(sheet, rows, top, tiles)
    _draw_images(sheet, shown, result, lefts[0], top, tiles)
    _draw_certainty(sheet, result, certainty, lefts[1], top, tiles)
    axes = _column(sheet, "answer", ["answer"], lefts[2], top, tiles)
    for i, classes in enumerate(result.classes):
        draw_tile(axes, answers.numbered(classes), tiles.box(i), answers.colors)
    answers.legend(sheet, lefts[2] + tile[0] + BESIDE, top)
    _draw_drop(sheet, shown, result, drop, lefts[3], top, tiles)
    return sheet


def _scale_width(colors: Colors) -> float:
    """Inches that a color scale takes with its numbers."""
    ends = (float(colors.norm.vmin or 0), float(colors.norm.vmax or 0))
    return 0.2 + max(drawing.text_width(drawing.short(end), drawing.SMALL) for end in ends)


def _write_rows(sheet: Sheet, rows: Sequence[Sequence[str]], top: float, tiles: Grid) -> None:
    for row, lines in enumerate(rows):
        for i, line in enumerate(lines):
            sheet.text(drawing.MARGIN, top + tiles.box(row)[3] + i * drawing.LINE, line,
                       weight="normal" if i else "bold", color=drawing.QUIET if i else "black")


def _column(sheet: Sheet, label: str, heading: Sequence[str], left: float, top: float, tiles: Grid) -> "Axes":
    """Axes for a column of tiles, with lines over it."""
    for i, line in enumerate(reversed(heading)):
        sheet.text(left, top - (i + 1) * drawing.LINE - 0.02, line)
    axes = sheet.canvas(left, top, tiles.width, tiles.height, label)
    frames(axes, tiles, tiles.rows)
    return axes


def _draw_images(sheet: Sheet, shown: Array, result: Occlusion, left: float, top: float, tiles: Grid) -> None:
    """The images, each with the size of the occluder in its corner."""
    axes = _column(sheet, "image", ["image"], left, top, tiles)
    for i, image in enumerate(shown):
        draw_tile(axes, picture(image), tiles.box(i), drawing.color_scale(*value_range(image), drawing.AMOUNT))
    height, width = (part / whole for part, whole in zip(result.patch, result.drop.shape[1:], strict=True))
    boxes = [(0.0, width * tiles.tile[0], start + height * tiles.tile[1], start)
             for start in (tiles.box(i)[3] for i in range(len(shown)))]
    draw_boxes(axes, boxes, "occluder", facecolor="none", edgecolor=drawing.ACCENT, linewidth=1.2)


def _certainty_colors(result: Occlusion) -> Colors:
    """For the probability, from 0 to its largest, or the score, from its smallest to its largest."""
    if result.probability is not None:
        return drawing.color_scale(0.0, float(np.nanmax(result.probability)) or 1.0, HEAT)
    return drawing.color_scale(*value_range(result.scores[np.isfinite(result.scores)]), HEAT)


def _draw_certainty(sheet: Sheet, result: Occlusion, colors: Colors, left: float, top: float, tiles: Grid) -> None:
    label, maps = ("score", result.scores) if result.probability is None else ("probability", result.probability)
    axes = _column(sheet, label, [label, "of the class"], left, top, tiles)
    for i, values in enumerate(maps):
        draw_tile(axes, values, tiles.box(i), colors)
    sheet.scale(colors, left + tiles.width + BESIDE, top, tiles.tile[1])


def _drop_colors(result: Occlusion) -> Colors:
    """As far below zero as above."""
    largest = limits(result.drop)[1]
    return drawing.color_scale(-largest, largest, drawing.SIGNED)


def _draw_drop(sheet: Sheet, shown: Array, result: Occlusion, colors: Colors, left: float, top: float,
               tiles: Grid) -> None:
    """The drop over the image in pale gray: the larger, the more of its color."""
    axes = _column(sheet, "drop", ["drop of", "its score"], left, top, tiles)
    for i, (image, drop) in enumerate(zip(shown, result.drop, strict=True)):
        draw_tile(axes, pale(image), tiles.box(i), drawing.color_scale(0, 1, drawing.REVERSED))
        _draw_over(axes, drop, tiles.box(i), colors)
    sheet.scale(colors, left + tiles.width + BESIDE, top, tiles.tile[1])


def _draw_over(axes: "Axes", values: Array, box: tuple[float, float, float, float], colors: Colors) -> None:
    strength = np.nan_to_num(np.abs(values) / (colors.norm.vmax or 1.0))
    axes.imshow(values, cmap=colors.map, norm=colors.norm, extent=box, aspect="auto", interpolation="nearest",
                alpha=np.sqrt(strength))


def pale(image: Array) -> Array:
    """An image in grays that leave room for colors over it: (H, W), from dark (`PALEST`) to 1 (white)."""
    lighter: Array = PALEST + (1 - PALEST) * grays(image)
    return lighter


def _row_texts(result: Occlusion, names: Sequence[str]) -> list[list[str]]:
    """Beside each row: its class, how sure the network is of it, and the answer where that is another."""
    rows = []
    for i, (asked, answer) in enumerate(zip(result.target, result.answer, strict=True)):
        sure = f"score {drawing.short(float(result.score[i]))}" if result.whole is None else \
            f"p = {result.whole[i]:.3f}"
        other = [] if asked == answer else [f"answer {drawing.shortened(names[answer], 18)}"]
        rows.append([drawing.shortened(names[asked], 18), sure, *other])
    return rows
