"""The kernels of a layer as a picture."""

import os
from typing import TYPE_CHECKING

import numpy as np

from minicnn import _checks
from minicnn._types import Array
from minicnn.layers import Conv2D, TableConv2D
from minicnn.visualize import drawing
from minicnn.visualize.arrays import kernel_grid, size_text
from minicnn.visualize.drawing import Colors, Sheet
from minicnn.visualize.tiles import Grid, draw_boxes, draw_tile, frames, tile_size

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

    from minicnn.models import Model

MOST_FILTERS, MOST_MAPS = 128, 32  # drawn at most; beyond, kernels are specks


def kernels(model: "Model", layer: str, *, save: str | os.PathLike[str] | None = None) -> "Figure":
    """The kernels of a convolution, by the layer's name: blue negative, white zero, red positive weights.

    Over one input map the kernels stand side by side. Otherwise rows are input maps and columns filters, all on
    one scale, and links that a connection table or groups leave out are hatched. At most 128 filters and 32
    input maps are drawn; the caption says so. The numbers are those of `kernel_grid`.

    save: a ``.png``, ``.svg`` or ``.pdf`` file to write.

    Raises MinicnnError for an unknown layer, one without kernels, and an unknown file ending.
    """
    grid = kernel_grid(_layer_with_kernels(model, layer))
    draw = _row_of_kernels if grid.shape[2] == 1 else _table_of_kernels
    return drawing.finish(draw(grid, drawing.shortened(layer)), save)


def _layer_with_kernels(model: "Model", name: str) -> Conv2D | TableConv2D:
    layer = model.get_layer(name)
    if isinstance(layer, (Conv2D, TableConv2D)):
        return layer
    having = [repr(other.name) for other in model.layers if isinstance(other, (Conv2D, TableConv2D))]
    raise _checks.error(f"visualize.kernels: {layer}", "this layer has no kernels",
                        f"one of {', '.join(having)}" if having else None,
                        cure=None if having else f"{model} has no convolution.")


def _row_of_kernels(grid: Array, name: str) -> Sheet:
    """One input map: tiles with their number underneath."""
    filters = grid.shape[3]
    shown = min(filters, MOST_FILTERS)
    tiles = Grid(shown, 8 if filters <= 64 else 16, tile_size(grid.shape[:2], (0.75, 0.75)), (0.12, 0.27))
    sheet, axes = _sheet(f"{name}: {_how_many(filters, grid)}", [_part(shown, filters, "filters")], tiles,
                         drawing.MARGIN, 0.35, _scale_of(grid))
    axes.set_axis_off()
    _draw(axes, grid[..., :shown], tiles, _scale_of(grid))
    for f in range(shown):
        axes.text(tiles.center(f)[0], tiles.box(f)[2] + 0.05, str(f), ha="center", va="top", fontsize=drawing.TEXT)
    return sheet


def _table_of_kernels(grid: Array, name: str) -> Sheet:
    """Input maps down, filters across."""
    maps, filters = grid.shape[2:]
    rows, columns = min(maps, MOST_MAPS), min(filters, MOST_FILTERS)
    most = max(0.11, min(0.52, 10 / columns))
    tiles = Grid(rows * columns, columns, tile_size(grid.shape[:2], (most, most)), (most / 7, most / 7))
    links = int((~np.isnan(grid[0, 0])).sum())
    remarks = [f"{maps} input maps, {filters} filters", _part(rows, maps, "input maps"),
               _part(columns, filters, "filters"), "hatched: no connection" if links < maps * filters else ""]
    sheet, axes = _sheet(f"{name}: {_how_many(links, grid)}", remarks, tiles, drawing.MARGIN + 0.5, 0.5,
                         _scale_of(grid))
    _draw(axes, grid[:, :, :rows, :columns], tiles, _scale_of(grid))
    _number(axes.xaxis, columns, tiles.pitch[0], tiles.tile[0], 0.25 if columns <= 100 else 0.35)
    _number(axes.yaxis, rows, tiles.pitch[1], tiles.tile[1], 0.16)
    axes.set_xlabel("filter (output map)", fontsize=drawing.TEXT)
    axes.set_ylabel("input map", fontsize=drawing.TEXT)
    axes.tick_params(length=0)
    axes.set_frame_on(False)
    return sheet


def _number(axis: "Axis", count: int, pitch: float, tile: float, room: float) -> None:
    """Number the maps along an axis, as many of them as there is room for."""
    shown = range(0, count, drawing.tick_step(pitch, room))
    axis.set_ticks([i * pitch + tile / 2 for i in shown], labels=[str(i) for i in shown])


def _how_many(count: int, grid: Array) -> str:
    return f"{count:,} kernel{'s' if count > 1 else ''} of {size_text(grid.shape[:2])}"


def _part(shown: int, of: int, what: str) -> str:
    return f"the first {shown} of {of} {what} are drawn" if shown < of else ""


def _scale_of(grid: Array) -> Colors:
    """One scale for all kernels of the layer, as long below zero as above."""
    largest = float(np.nanmax(np.abs(grid))) or 1.0
    return drawing.color_scale(-largest, largest, drawing.SIGNED)


def _sheet(title: str, remarks: list[str], tiles: Grid, left: float, below: float,
           colors: Colors) -> tuple[Sheet, "Axes"]:
    """A sheet with a title, remarks under it, a color bar, and axes in inches for the tiles."""
    remark = "; ".join(filter(None, remarks))
    bar = max(0.75, min(tiles.height, 2.5))
    spare = max(0.0, (0.75 - tiles.height) / 2)  # for the words beside very few or thin rows
    sheet, top = drawing.headed_sheet(title, remark, left + tiles.width + 1.2,
                                      max(2 * spare + tiles.height + below, bar + drawing.MARGIN))
    sheet.scale(colors, left + tiles.width + 0.2, top, bar, "weight")
    axes = sheet.axes(left, top + spare, tiles.width, tiles.height, "kernels")
    axes.set(xlim=(0, tiles.width), ylim=(tiles.height, 0), autoscale_on=False)
    return sheet, axes


def _draw(axes: "Axes", grid: Array, tiles: Grid, colors: Colors) -> None:
    """Every kernel as an image of its own, and a hatched box where there is none."""
    holes = []
    for place, (c, f) in enumerate(np.ndindex(grid.shape[2:])):
        if np.isnan(grid[0, 0, c, f]):
            holes.append(tiles.box(place))
        else:
            draw_tile(axes, grid[:, :, c, f], tiles.box(place), colors)
    frames(axes, tiles, grid.shape[2] * grid.shape[3])
    draw_boxes(axes, holes, "holes", facecolor="0.93", edgecolor="0.6", linewidth=0.5, hatch="////")
