"""The patches that excite the channels of a layer, as a figure."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn import _checks
from minicnn._types import Shape
from minicnn.layers import Layer
from minicnn.layers.nodes import Node
from minicnn.visualize import drawing
from minicnn.visualize.arrays import is_drawable, picture, value_range
from minicnn.visualize.patches.search import Patches, search
from minicnn.visualize.scoring import has_extent, images, name_of, value_node
from minicnn.visualize.tiles import Grid, draw_tile, frames, tile_size

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from minicnn.models import Model

MOST_CHANNELS = 8
"""Rows where the caller names none."""
SIDE = 0.6  # inches: longer side of a patch
APART = 0.1  # inches between two patches, or two values


def top_patches(model: "Model", layer: str | Layer, x: Any, channels: int | Sequence[int] | None = None,
                count: int = 9, *, batch_size: int = 128, verbose: int = 1,
                save: str | os.PathLike[str] | None = None) -> "Figure":
    """A row for each channel: the patches of a data set that excite it most, the strongest first, with what it answers.

    layer, x, count, batch_size, verbose: as in `exciting_patches`, which finds the patches; all channels in one run.
    channels: their numbers; the first eight where not given.
    A channel that answers all images alike has a row that says so, and no patches.
    All patches are drawn on one scale, from the smallest number of the images to the largest; gray ones in black (the
    largest) on white.
    save: a ``.png``, ``.svg`` or ``.pdf`` file to write.

    Raises MinicnnError as `exciting_patches` does, for images that are neither gray nor of three colors, and for an
    unknown file ending.
    """
    where = "visualize.top_patches"
    node = value_node(model, layer, where)
    shape = model.graph.inputs[0].sample_shape
    if len(shape) == 3 and not is_drawable(shape):
        raise _checks.error(where, "these are no pictures one can look at", "shape (N, H, W, 1) or (N, H, W, 3)",
                            f"shape (N, {', '.join(map(str, shape))})", "exciting_patches gives the arrays.")
    if save is not None:
        drawing.check_ending(save)  # before the long work
    units = node.sample_shape[-1]
    chosen = [channels] if isinstance(channels, (int, np.integer)) else list(
        range(min(units, MOST_CHANNELS)) if channels is None else channels)
    if not chosen:
        raise _checks.error(where, "no channels are chosen", f"some of 0 to {units - 1}", repr(channels))
    found = search(model, layer, chosen, x, count, batch_size, verbose, where)
    name = drawing.shortened(name_of(model, node))
    limits = value_range(images(model, x, where)[0])
    return _sheet(found, node, name, shape, limits, len(chosen) < units and channels is None, save)


def _sheet(found: list[Patches], node: Node, name: str, shape: Shape, limits: tuple[float, float], is_part: bool,
           save: str | os.PathLike[str] | None) -> "Figure":
    kind = "channel" if has_extent(node) else "unit"
    labels = [f"{kind} {one.channel}" for one in found]
    values = [drawing.alike(one.values) for one in found]
    grid = _grid(found, values)
    left = 2 * drawing.MARGIN + max(map(drawing.text_width, labels))
    height, width = found[0].patches.shape[1:3]
    remark = (f"patches of {height}×{width} pixels, and what the {kind} answers"  # noqa: RUF001
              + (", the smallest first" if node.owner.penalties else ""))
    if any(not rectangle.lies_in(shape) for one in found for rectangle in one.rectangles):
        remark += "; 0 beyond the border"
    if is_part:
        remark += f"; the first {len(found)} of {node.sample_shape[-1]} {kind}s"
    sheet, top = drawing.headed_sheet(f"What excites {name} most", remark, left + grid.width + 2 * drawing.MARGIN,
                                      grid.rows * grid.pitch[1] + drawing.MARGIN)
    for row, (one, label) in enumerate(zip(found, labels, strict=True)):
        down = top + row * grid.pitch[1]
        sheet.text(drawing.MARGIN, down + grid.tile[1] / 2 - 0.06, label)
        axes = sheet.canvas(left, down, grid.width, grid.tile[1], label)
        _draw_row(axes, one, values[row], Grid(len(one.patches), len(one.patches), grid.tile, grid.gap), limits)
    return drawing.finish(sheet, save)


def _grid(found: list[Patches], values: list[list[str]]) -> Grid:
    count = len(found[0].patches)
    tile = tile_size(found[0].patches.shape[1:3], (SIDE, SIDE))
    widest = max(drawing.text_width(text, drawing.SMALL) for row in values for text in row)
    return Grid(count * len(found), count, tile, (max(widest - tile[0], 0) + APART, 0.24))


def _draw_row(axes: "Axes", one: Patches, values: list[str], grid: Grid, limits: tuple[float, float]) -> None:
    if one.same:
        axes.text(0, grid.tile[1] / 2, f"answers {drawing.short(float(one.values[0]))} to everything",
                  va="center", fontsize=drawing.TEXT, color=drawing.QUIET)
        return
    colors = drawing.color_scale(0, 1, drawing.AMOUNT)
    for i, (patch, value) in enumerate(zip(one.patches, values, strict=True)):
        shown = np.clip((patch - limits[0]) / (limits[1] - limits[0]), 0, 1)
        draw_tile(axes, picture(shown), grid.box(i), colors)
        axes.text(grid.center(i)[0], grid.tile[1] + 0.04, value, ha="center", va="top", fontsize=drawing.SMALL)
    frames(axes, grid, len(one.patches))
