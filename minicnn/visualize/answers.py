"""Right and wrong answers as pictures."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn import _checks, metrics
from minicnn._types import Array, Shape
from minicnn.visualize import drawing
from minicnn.visualize.arrays import class_pairs, is_drawable, picture, value_range
from minicnn.visualize.drawing import Colors
from minicnn.visualize.tiles import Grid, draw_tile, frames, tile_size

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SMALLEST = 5.0  # points: counts that would have to be smaller are left to the colors
APART = 0.12  # inches between two tiles, or two captions


def confusion_matrix(truth: Any, answers: Any, classes: int = 10, *, names: Sequence[str] | None = None,
                     save: str | os.PathLike[str] | None = None) -> "Figure":
    """How often each class (row) got each answer (column), with the accuracy in the title and, below it, the mistakes
    that were made most often.

    truth, answers: class numbers (N,) below ``classes``; `minicnn.metrics.confusion_matrix` counts them.
    The color grows with the square root of the count, so that rare mistakes are seen beside many right answers.
    names: of the classes, to be written instead of their numbers.
    save: a ``.png``, ``.svg`` or ``.pdf`` file to write.

    Raises MinicnnError for labels out of range or of different number, and for an unknown file ending.
    """
    where = "visualize.confusion_matrix"
    classes = _checks.integer(classes, "classes", where)
    truth, answers = class_pairs(truth, answers, classes, where)
    counts = metrics.confusion_matrix(truth, answers, classes)
    title = f"Accuracy {_percent(int(np.trace(counts)), len(truth))}"
    labels = class_names(names, classes, where)
    cell = min(0.45, 9 / classes)
    side = classes * cell
    longest = max(map(drawing.text_width, labels)) if names is not None else 0.0
    left = 0.55 + max(longest, 0.15)
    sheet, top = drawing.headed_sheet(title, _worst(counts, labels), left + side + 1.0,
                                      max(side, 0.75) + 0.45 + max(longest, 0.15))
    axes = sheet.axes(left, top, side, side, "counts")
    colors = drawing.color_scale(0, max(int(counts.max()), 1), drawing.COUNT, power=0.5)
    axes.imshow(counts, cmap=colors.map, norm=colors.norm, interpolation="nearest")
    _write_counts(axes, counts, cell, colors)
    _name_classes(axes, labels, cell)
    sheet.scale(colors, left + side + 0.2, top, max(0.75, min(side, 2.5)), "count")
    return drawing.finish(sheet, save)


def _write_counts(axes: "Axes", counts: Array, cell: float, colors: Colors) -> None:
    """The count in each cell, and lines between the cells, where counts can be read; zeros stay quiet."""
    widest = drawing.text_width(f"{counts.max()}", drawing.TEXT)
    size = min(drawing.TEXT, 0.85 * cell / widest * drawing.TEXT, 0.6 * cell * 72)
    if size < SMALLEST:
        return
    axes.set_xticks(np.arange(len(counts) - 1) + 0.5, minor=True)
    axes.set_yticks(np.arange(len(counts) - 1) + 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=0.8)
    axes.tick_params(which="minor", length=0)
    for (row, column), count in np.ndenumerate(counts):
        color = drawing.text_color(colors, count) if count else "0.5"
        axes.text(column, row, str(count), ha="center", va="center", fontsize=size, color=color)


def class_names(names: Sequence[str] | None, classes: int, where: str) -> list[str]:
    """What to write for each class: its name, shortened, or its number."""
    if names is None:
        return [str(i) for i in range(classes)]
    if isinstance(names, str) or len(names) < classes:
        raise _checks.error(where, "each class needs a name", f"{classes} names", repr(names))
    return [drawing.shortened(str(name), 20) for name in names]


def _worst(counts: Array, labels: Sequence[str]) -> str:
    """The mistakes that were made most often, as truth → answer: three at most."""
    wrong = counts * (1 - np.eye(len(counts), dtype=counts.dtype))
    order = np.argsort(-wrong, axis=None, kind="stable")[:3]
    pairs = [divmod(int(place), len(counts)) for place in order if wrong.flat[place]]
    words = ", ".join(f"{labels[row]} → {labels[column]} ({wrong[row, column]:,})" for row, column in pairs)
    return f"wrong most often: {words}" if pairs else ""


def _name_classes(axes: "Axes", labels: Sequence[str], cell: float) -> None:
    """The names beside the rows and below the columns, as many as there is room for; upright where they are long."""
    shown = range(0, len(labels), drawing.tick_step(cell, 0.25))
    widest = max(drawing.text_width(labels[i]) for i in shown)
    upright = widest > 0.9 * cell * (shown[1] - shown[0] if len(shown) > 1 else 1) and widest > 0.25
    axes.set_xticks(shown, [labels[i] for i in shown], rotation=90 if upright else 0, parse_math=False)
    axes.set_yticks(shown, [labels[i] for i in shown], parse_math=False)
    axes.set_xlabel("answer", fontsize=drawing.TEXT)
    axes.set_ylabel("truth", fontsize=drawing.TEXT)


def misclassified(images: Any, truth: Any, answers: Any, *, save: str | os.PathLike[str] | None = None,
                  limit: int = 50, names: Sequence[str] | None = None) -> "Figure":
    """The images that were answered wrong, in order, with "truth → answer" under each.

    images: (N, H, W), (N, H, W, 1) or, in color, (N, H, W, 3). truth, answers: class numbers (N,).
    limit: how many are drawn at most; the title says how many there are.
    names: of the classes, to be written instead of their numbers.
    save: a ``.png``, ``.svg`` or ``.pdf`` file to write.

    Raises MinicnnError where images, truth and answers do not fit, and for an unknown file ending.
    """
    where = "visualize.misclassified"
    truth, answers = class_pairs(truth, answers, None, where)
    images = _drawable(images, len(truth), where)
    wrong = np.flatnonzero(truth != answers)
    shown = wrong[:_checks.integer(limit, "limit", where)]
    title = f"{_percent(len(wrong), len(truth))} misclassified"
    labels = class_names(names, int(max(truth.max(), answers.max())) + 1, where)
    captions = [f"{labels[truth[i]]} → {labels[answers[i]]}" for i in shown]
    tiles = _tiles(images.shape, captions)
    left = drawing.MARGIN + max(0.0, (tiles.pitch[0] - tiles.tile[0] - APART) / 2)  # where captions are the wider
    sheet, top = drawing.headed_sheet(title, _remark(len(shown), len(wrong)), 2 * left + tiles.width,
                                      tiles.height + 0.35 if len(shown) else 0.0)
    if len(shown):
        axes = sheet.canvas(left, top, tiles.width, tiles.height, "images")
        _draw_images(axes, images, shown, tiles)
        for place, caption in enumerate(captions):
            axes.text(tiles.center(place)[0], tiles.box(place)[2] + 0.05, caption, ha="center", va="top",
                      fontsize=drawing.TEXT)
    return drawing.finish(sheet, save)


def _tiles(shape: Shape, captions: list[str]) -> Grid:
    """Ten tiles a row, far enough from each other for the captions."""
    tile = tile_size(shape[1:3], (0.7, 0.7))
    widest = max(map(drawing.text_width, captions), default=0.0)
    return Grid(max(len(captions), 1), 10, tile, (max(widest - tile[0], 0.0) + APART, 0.3))


def _remark(shown: int, wrong: int) -> str:
    if not wrong:
        return "no mistakes: there is nothing to draw"
    return "truth → answer" + (f"; the first {shown} of {wrong:,} are drawn" if shown < wrong else "")


def _draw_images(axes: "Axes", images: Array, shown: Array, tiles: Grid) -> None:
    """The images at their tiles; those of one channel in black on white, all on one scale."""
    colors = drawing.color_scale(*value_range(images), drawing.AMOUNT)
    for place, index in enumerate(shown):
        draw_tile(axes, picture(images[index]), tiles.box(place), colors)
    frames(axes, tiles, len(shown))


def _percent(part: int, of: int) -> str:
    return f"{part / of:.1%}".replace("%", " %") + f" ({part:,} of {of:,})"


def _drawable(images: Any, count: int, where: str) -> Array:
    array = _checks.numeric(images, where)
    if not array.ndim or len(array) != count:
        raise _checks.error(where, "images and truth are not of one length", f"{count} images",
                            f"shape {array.shape}")
    if not is_drawable(array.shape[1:]):
        raise _checks.error(where, "these are not images", "shape (N, H, W), (N, H, W, 1) or (N, H, W, 3)",
                            f"shape {array.shape}")
    _checks.finite(array, where)
    return array
