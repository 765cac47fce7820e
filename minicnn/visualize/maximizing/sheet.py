"""Maximized activations as a figure."""

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from minicnn import _checks
from minicnn._types import Array
from minicnn.layers import Layer
from minicnn.visualize import drawing
from minicnn.visualize.arrays import is_drawable, picture
from minicnn.visualize.maximizing.ascent import Maximized, maximize_activation
from minicnn.visualize.maximizing.goals import Target
from minicnn.visualize.maximizing.recipes import Recipe
from minicnn.visualize.scoring import class_names
from minicnn.visualize.tiles import Box, Grid, draw_boxes, draw_tile

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from minicnn.models import Model

WHERE = "visualize.maximized_activations"
SIDE = 1.0  # inches: longer side of a picture
APART = 0.15  # inches between two pictures, or two captions
LINE = 0.13  # inches from one line of a caption to the next


def maximized_activations(model: "Model", target: Target = None, *, layer: str | Layer | None = None,
                          recipe: str | Recipe = "default", seed: int = 0, range: Any = None, like: Any = None,
                          crop: bool | None = None, batch_size: int | None = None, verbose: int = 1,
                          names: Sequence[str] | None = None, save: str | os.PathLike[str] | None = None) -> "Figure":
    """What classes, channels or units would like to see, with the score each picture reaches.

    All arguments are those of `maximize_activation`, whose `Maximized.figure` draws the same without computing it
    again. Each picture is drawn from its own lowest number to its own highest; those of one channel in black (the
    highest) on white. One that is cut to a receptive field tells which rows and columns of the image it shows. A
    target whose starts all led nowhere has an empty frame.
    names: of all classes; their numbers where not given.
    save: a ``.png``, ``.svg`` or ``.pdf`` file to write.

    Raises MinicnnError as `maximize_activation` does, for images that are neither gray nor of three colors, and for an
    unknown file ending.
    """
    shape = model.graph.inputs[0].sample_shape
    if len(shape) == 3:
        _check_drawable(shape)
    if save is not None:
        drawing.check_ending(save)  # before the long work
    called = {} if names is None else dict(
        zip(class_names(model, None, WHERE), class_names(model, names, WHERE), strict=True))
    found = maximize_activation(model, target, layer=layer, recipe=recipe, seed=seed, range=range, like=like, crop=crop,
                                batch_size=batch_size, verbose=verbose)
    if layer is None:
        found = replace(found, names=[drawing.shortened(called.get(name, name)) for name in found.names])
    return found.figure(save=save)


def _check_drawable(shape: tuple[int, ...]) -> None:
    if not is_drawable(shape):
        raise _checks.error(WHERE, "these are no pictures one can look at",
                            "shape (H, W, 1) or (H, W, 3)", f"shape {shape}", "maximize_activation gives the arrays.")


def sheet_of(found: Maximized, save: str | os.PathLike[str] | None) -> "Figure":
    """What was found, in a grid."""
    _check_drawable(found.images.shape[1:])
    captions = _captions(found)
    grid = _grid(found.crops, captions)
    what = drawing.shortened(found.layer) if found.layer else "the classes"
    height = grid.rows * grid.pitch[1] - APART
    sheet, top = drawing.headed_sheet(f"What excites {what}: activation maximization", found.remark,
                                      grid.width + 2 * drawing.MARGIN + grid.gap[0], height + drawing.MARGIN)
    axes = sheet.canvas(drawing.MARGIN + grid.gap[0] / 2, top, grid.width, grid.height, "pictures")
    _draw_pictures(axes, found, grid)
    for i, lines in enumerate(captions):
        for row, line in enumerate(lines):
            axes.text(grid.center(i)[0], grid.box(i)[2] + 0.04 + row * LINE, line, ha="center", va="top",
                      fontsize=drawing.SMALL, color="black" if row < 2 else drawing.QUIET, parse_math=False)
    return drawing.finish(sheet, save)


def _captions(found: Maximized) -> list[list[str]]:
    """The lines under each picture: what it is, its score and, where it is cut, what is shown."""
    captions = []
    for name, score, lost, place in zip(found.names, found.scores, found.lost, found.rectangles, strict=True):
        lines = [name, "led nowhere" if lost else drawing.short(score)]
        if any(not other.is_whole(found.images.shape[1:]) for other in found.rectangles):
            lines += str(place).split(", ")
        captions.append(lines)
    return captions


def _grid(crops: list[Array], captions: list[list[str]]) -> Grid:
    """Up to five pictures a row, of more than ten up to eight, all rows alike; far enough apart for captions."""
    height, width = _largest(crops)
    cell = SIDE / max(height, width)
    widest = max(drawing.text_width(line, drawing.SMALL) for lines in captions for line in lines)
    tile = width * cell, height * cell
    gap = max(widest - tile[0], 0) + APART, LINE * len(captions[0]) + APART
    rows = -(-len(crops) // (5 if len(crops) <= 10 else 8))
    return Grid(len(crops), -(-len(crops) // rows), tile, gap)


def _draw_pictures(axes: "Axes", found: Maximized, grid: Grid) -> None:
    """Each in its tile, framed; an empty frame where there is none."""
    colors = drawing.color_scale(0, 1, drawing.AMOUNT)
    largest, boxes = _largest(found.crops), []
    for i, crop in enumerate(found.crops):
        boxes.append(_box(crop, largest, grid.box(i)))
        if not found.lost[i]:
            draw_tile(axes, picture(crop), boxes[-1], colors)
    draw_boxes(axes, boxes, "frames", facecolor="none", edgecolor=drawing.FRAME, linewidth=0.5)


def _largest(crops: list[Array]) -> tuple[int, int]:
    return max(len(crop) for crop in crops), max(crop.shape[1] for crop in crops)


def _box(crop: Array, largest: tuple[int, int], tile: Box) -> Box:
    """The lower middle of the tile, as much of it as the crop takes of the largest one."""
    left, right, bottom, top = tile
    height, width = (bottom - top) * len(crop) / largest[0], (right - left) * crop.shape[1] / largest[1]
    across = (left + right - width) / 2
    return across, across + width, bottom, bottom - height
