"""Kernels as tiles: in a grid with numbers underneath, in a table of input maps and filters, or in color."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from minicnn._types import Array, Shape
from minicnn.visualize import drawing
from minicnn.visualize.arrays import size_text
from minicnn.visualize.choosing import ranges_text
from minicnn.visualize.drawing import Colors, Sheet
from minicnn.visualize.tiles import Grid, draw_boxes, draw_tile, frames, tile_size

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis


@dataclass(frozen=True)
class Picked:
    """Kernels of a layer, (kh, kw, maps, filters), NaN where there is none, and what they are of it.

    maps, filters: their numbers in the layer. of: how many maps and filters the layer has. links: how many kernels.
    largest: magnitude among all of the layer. multiplier: filters for each map of a depthwise layer, whose kernels are
    given without the maps' axis being used; 0 of any other.
    """

    kernels: Array
    maps: list[int]
    filters: list[int]
    of: Shape
    links: int
    largest: float
    multiplier: int = 0

    @property
    def shape(self) -> Shape:
        """How many maps and filters."""
        return self.kernels.shape[2:]

    @property
    def is_full(self) -> bool:
        """Whether every map feeds every filter."""
        return not np.isnan(self.kernels[0, 0]).any()

    @property
    def can_be_colors(self) -> bool:
        """Whether the maps can be taken as red, green and blue."""
        return len(self.maps) == 3 and self.is_full

    def first(self, maps: int, filters: int) -> "Picked":
        """At most so many maps and filters of them."""
        return replace(self, kernels=self.kernels[:, :, :maps, :filters], maps=self.maps[:maps],
                       filters=self.filters[:filters])


def color_sheet(picked: Picked, name: str, most: int) -> Sheet:
    """Each filter over three maps as one picture in color."""
    shown = picked.first(3, most)
    red, green, blue = shown.maps
    remarks = [f"red, green, blue: the weights on channels {red}, {green}, {blue}", _filters(picked, shown),
               "mid gray: zero; lighter counts for the filter, darker against it; cyan: against red"]
    tiles = _grid_of(len(shown.filters), shown)
    scale = drawing.color_scale(-picked.largest, picked.largest, drawing.REVERSED)
    sheet, axes = _sheet(_title(picked, shown, name, 3), remarks, tiles, (drawing.MARGIN, 0.35), scale)
    for i in range(len(shown.filters)):
        draw_tile(axes, 0.5 + 0.5 * shown.kernels[..., i] / picked.largest, tiles.box(i), scale)
    frames(axes, tiles, len(shown.filters))
    _write_numbers(axes, tiles, shown.filters)
    return sheet


def grid_sheet(picked: Picked, name: str, most: int) -> Sheet:
    """The kernels over one map by filter, those of one filter by map, or those of a depthwise layer by filter."""
    by_filter = picked.shape[0] == 1
    shown = picked.first(most, most)
    numbers = shown.filters if by_filter else shown.maps
    if picked.multiplier:
        remarks = [_filters(picked, shown), "every filter reads one map: "
                   + ("that of its number" if picked.multiplier == 1 else f"filter f reads f // {picked.multiplier}")]
    elif by_filter:
        remarks = [f"over input map {shown.maps[0]} of {picked.of[0]}" if picked.of[0] > 1 else "",
                   _filters(picked, shown)]
    else:
        remarks = [f"filter {shown.filters[0]} of {picked.of[1]}; the numbers are its input maps",
                   _maps(picked, shown)]
    tiles = _grid_of(len(numbers), shown)
    sheet, axes = _sheet(_title(picked, shown, name), [*remarks, _hatched(shown)], tiles, (drawing.MARGIN, 0.35),
                         _scale_of(picked))
    _draw(axes, shown.kernels, tiles, _scale_of(picked))
    _write_numbers(axes, tiles, numbers)
    return sheet


def table_sheet(picked: Picked, name: str, most_maps: int, most_filters: int, paints: bool) -> Sheet:
    """Input maps down, filters across. paints: of a transposed convolution."""
    shown = picked.first(most_maps, most_filters)
    rows, columns = shown.shape
    most = max(0.16, min(0.52, 12 / columns))
    tiles = Grid(rows * columns, columns, tile_size(shown.kernels.shape[:2], (most, most)), (most / 5, most / 5))
    maps, filters = _maps(picked, shown), _filters(picked, shown)
    remarks = [maps, filters] if maps or filters else [f"{rows} input maps, {columns} filters"]
    remarks += ["a kernel is what one number of the input map paints" if paints else "", _hatched(shown)]
    sheet, axes = _sheet(_title(picked, shown, name), remarks, tiles, (drawing.MARGIN + 0.5, 0.5), _scale_of(picked))
    axes.set_axis_on()
    _draw(axes, shown.kernels, tiles, _scale_of(picked))
    _number(axes.xaxis, shown.filters, tiles.pitch[0], tiles.tile[0], 0.25 if max(shown.filters) < 100 else 0.35)
    _number(axes.yaxis, shown.maps, tiles.pitch[1], tiles.tile[1], 0.16)
    axes.set_xlabel("filter (output map)", fontsize=drawing.TEXT)
    axes.set_ylabel("input map", fontsize=drawing.TEXT)
    axes.tick_params(length=0)
    axes.set_frame_on(False)
    return sheet


# -- words ---------------------------------------------------------------------------------------


def _title(picked: Picked, shown: Picked, name: str, each: int = 1) -> str:
    """How many kernels are drawn; a filter in color counts as one picture of so many kernels ``each``."""
    count, all_of_them = int((~np.isnan(shown.kernels[0, 0])).sum()), picked.links
    size = size_text(shown.kernels.shape[:2])
    if each > 1:
        count, all_of_them = count // each, picked.of[1]
        what = f"filter{'s' if all_of_them > 1 else ''} of {size}"
    else:
        what = f"kernel{'s' if all_of_them > 1 else ''} of {size}"
    return f"{name}: {count:,} {what}" if count == all_of_them else f"{name}: {count:,} of {all_of_them:,} {what}"


def _filters(picked: Picked, shown: Picked) -> str:
    return _part(shown.filters, picked.of[1], "filters", len(picked.filters))


def _maps(picked: Picked, shown: Picked) -> str:
    return _part(shown.maps, picked.of[0], "maps", len(picked.maps))


def _part(numbers: Sequence[int], count: int, what: str, asked: int) -> str:
    """Which of them are drawn, where it is not all; and how to see others, where they did not fit."""
    if len(numbers) == count:
        return ""
    others = f" ({what}=[...] draws others)" if len(numbers) < asked else ""
    return f"{'input maps' if what == 'maps' else what} {ranges_text(numbers)} of {count:,}{others}"


def _hatched(shown: Picked) -> str:
    return "" if shown.is_full else "hatched: no connection"


# -- pictures ------------------------------------------------------------------------------------


def _grid_of(count: int, shown: Picked) -> Grid:
    """Eight tiles a row; more, and smaller ones, where they are many."""
    columns, side = (8, 0.75) if count <= 64 else (16, 0.5) if count <= 256 else (32, 0.3)
    return Grid(count, columns, tile_size(shown.kernels.shape[:2], (side, side)), (0.12, 0.27))


def _write_numbers(axes: "Axes", tiles: Grid, numbers: Sequence[int]) -> None:
    """Its number under each tile."""
    for i, number in enumerate(numbers):
        axes.text(tiles.center(i)[0], tiles.box(i)[2] + 0.05, str(number), ha="center", va="top",
                  fontsize=drawing.TEXT)


def _number(axis: "Axis", numbers: Sequence[int], pitch: float, tile: float, room: float) -> None:
    """Number the maps along an axis, as many of them as there is room for."""
    shown = range(0, len(numbers), drawing.tick_step(pitch, room))
    axis.set_ticks([i * pitch + tile / 2 for i in shown], labels=[str(numbers[i]) for i in shown])


def _scale_of(picked: Picked) -> Colors:
    """One scale for all kernels of the layer, as long below zero as above."""
    return drawing.color_scale(-picked.largest, picked.largest, drawing.SIGNED)


def _sheet(title: str, remarks: list[str], tiles: Grid, beside: tuple[float, float],
           colors: Colors) -> tuple[Sheet, "Axes"]:
    """A sheet with a title, remarks under it, a color bar, and bare axes in inches for the tiles.

    beside: inches kept free to the left of the tiles and below them.
    """
    left, below = beside
    bar = max(0.75, min(tiles.height, 2.5))
    spare = max(0.0, (0.75 - tiles.height) / 2)  # for the words beside very few or thin rows
    sheet, top = drawing.headed_sheet(title, "; ".join(filter(None, remarks)), left + tiles.width + 1.2,
                                      max(2 * spare + tiles.height + below, bar + drawing.MARGIN))
    sheet.scale(colors, left + tiles.width + 0.2, top, bar, "weight")
    return sheet, sheet.canvas(left, top + spare, tiles.width, tiles.height, "kernels")


def _draw(axes: "Axes", kernels: Array, tiles: Grid, colors: Colors) -> None:
    """Every kernel as an image of its own, and a hatched box where there is none."""
    holes = []
    for place, (c, f) in enumerate(np.ndindex(kernels.shape[2:])):
        if np.isnan(kernels[0, 0, c, f]):
            holes.append(tiles.box(place))
        else:
            draw_tile(axes, kernels[:, :, c, f], tiles.box(place), colors)
    frames(axes, tiles, kernels.shape[2] * kernels.shape[3])
    draw_boxes(axes, holes, "holes", facecolor="0.93", edgecolor="0.6", linewidth=0.5, hatch="////")
