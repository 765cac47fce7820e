"""The rows of the picture that `feature_maps` draws: one for each layer, by the kind of its numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from minicnn._types import Array
from minicnn.layers import Layer
from minicnn.visualize import drawing
from minicnn.visualize.arrays import as_strip, limits, nearest_code, picture, size_text, value_range
from minicnn.visualize.drawing import Colors, Sheet
from minicnn.visualize.tiles import Grid, draw_boxes, draw_tile, frames, tile_size

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 6.4  # inches that a row may take
MAPS_A_ROW, MOST_MAPS = 16, 64
NUMBERS_A_ROW, MOST_NUMBERS = 128, 1024
WRITTEN = 16  # outputs up to which each has its number written on it
BITMAP = (12, 7)
"""LeCun et al. 1998, Figure 3: the 84 units of F6 are a bitmap, 7 wide and 12 high."""


@dataclass(frozen=True)
class Row:
    """A layer's lines of text, the inches its pictures take, and how they are drawn at (left, top) of a sheet."""

    lines: list[str]
    width: float
    height: float
    draw: Callable[[Sheet, float, float], "Axes"]


def image_row(name: str, image: Array) -> Row:
    """The input as one picture: gray levels from its smallest number (white) to its largest, or its colors."""
    drawn = picture(image)
    grid = Grid(1, 1, tile_size(drawn.shape[:2], (0.9, 0.9)), (0.0, 0.0))
    return _tiles(name, _lines(name, image), [drawn], grid, drawing.color_scale(*value_range(image), drawing.AMOUNT))


def map_row(name: str, maps: Array) -> Row:
    """Maps (H, W, C) as small pictures on one scale."""
    count = min(maps.shape[-1], MOST_MAPS)
    pitch = min(WIDTH / min(count, MAPS_A_ROW), 0.9)
    grid = Grid(count, MAPS_A_ROW, tile_size(maps.shape[:2], (pitch - 0.06, 0.9)), (0.06, 0.06))
    note = f"the first {count} maps" if count < maps.shape[-1] else ""
    return _tiles(name, _lines(name, maps, note), [maps[..., i] for i in range(count)], grid, _colors(maps))


def vector_row(name: str, vector: Array) -> Row:
    """Numbers as cells in reading order."""
    strip, size = _strip(vector)
    note = f"the first {MOST_NUMBERS:,}" if vector.size > MOST_NUMBERS else ""
    return _tiles(name, _lines(name, vector, note), [strip], Grid(1, 1, size, (0.0, 0.0)), _colors(vector))


def code_row(name: str, vector: Array, codes: Array) -> Row:
    """84 numbers as the bitmap they are meant to be, and the code it comes nearest to."""
    which, distance = nearest_code(vector, codes)
    pictures = [vector.reshape(BITMAP), codes[which].reshape(BITMAP)]
    grid = Grid(2, 2, (0.63, 1.08), (0.2, 0.0))
    row = _tiles(name, _lines(name, vector), pictures, grid, _colors(np.stack(pictures)))
    words = ["left: these numbers as a bitmap", f"right: the nearest code, that of class {which}",
             f"squared distance {drawing.short(distance)}"]
    beside = grid.width + 0.9

    def draw(sheet: Sheet, left: float, top: float) -> "Axes":
        for i, line in enumerate(words):
            sheet.text(left + beside, top + 0.3 + i * drawing.LINE, line, color=drawing.QUIET)
        return row.draw(sheet, left, top)

    return Row(row.lines, beside + max(map(drawing.text_width, words)), row.height, draw)


def output_row(name: str, outputs: Array, layer: Layer) -> Row:
    """The outputs, the winner framed; where they are few, each with its class and its number."""
    lines, outputs = _lines(name, outputs), outputs.reshape(-1)
    winner = int(layer.scores(outputs).argmax())
    colors = drawing.color_scale(*limits(outputs), drawing.REVERSED) if layer.penalties else _colors(outputs)
    if outputs.size == 1:
        cell = Grid(1, 1, (0.55, 0.32), (0.0, 0.0))
        return _written(_tiles(name, lines, [outputs[:, None]], cell, colors), cell, outputs, colors)
    lines.append(f"{'smallest' if layer.penalties else 'largest'} wins: {winner}")
    if outputs.size > WRITTEN:
        strip, (width, height) = _strip(outputs)
        cells = Grid(strip.size, strip.shape[1], (width / strip.shape[1], height / len(strip)), (0.0, 0.0))
        row = _tiles(name, lines, [strip], Grid(1, 1, (width, height), (0.0, 0.0)), colors)
        return row if winner >= strip.size else _framed(row, cells, winner)
    cells = Grid(outputs.size, outputs.size, (min(0.55, WIDTH / outputs.size), 0.32), (0.0, 0.0))
    row = _tiles(name, lines, list(outputs[:, None, None]), cells, colors)
    return _written(_framed(row, cells, winner), cells, outputs, colors)


def _framed(row: Row, grid: Grid, winner: int) -> Row:
    """The row with a frame around the tile that won."""

    def draw(sheet: Sheet, left: float, top: float) -> "Axes":
        axes = row.draw(sheet, left, top)
        draw_boxes(axes, [grid.box(winner)], "winner", facecolor="none", linewidth=2.5, edgecolor=drawing.ACCENT)
        return axes

    return Row(row.lines, row.width, row.height, draw)


def _written(row: Row, grid: Grid, outputs: Array, colors: Colors) -> Row:
    """The row with every output's number on its tile, and its class below."""

    def draw(sheet: Sheet, left: float, top: float) -> "Axes":
        axes = row.draw(sheet, left, top)
        for i, number in enumerate(drawing.alike(outputs)):
            x, y = grid.center(i)
            axes.text(x, y, number, ha="center", va="center", fontsize=drawing.SMALL,
                      color=drawing.text_color(colors, outputs[i]))
            axes.text(x, grid.height + 0.05, str(i), ha="center", va="top", fontsize=drawing.SMALL)
        return axes

    return Row(row.lines, row.width, row.height + 0.16, draw)


def _tiles(name: str, lines: list[str], pictures: list[Array], grid: Grid, colors: Colors) -> Row:
    """Pictures at the tiles of a grid, with their scale."""

    def draw(sheet: Sheet, left: float, top: float) -> "Axes":
        axes = sheet.canvas(left, top, grid.width, grid.height, name)
        for i, image in enumerate(pictures):
            draw_tile(axes, image, grid.box(i), colors)
        frames(axes, grid, len(pictures))
        if pictures[0].ndim == 2:
            sheet.scale(colors, left + grid.width + 0.12, top, max(grid.height, 0.3), label=f"scale of {name}")
        return axes

    return Row(lines, grid.width, max(grid.height, len(lines) * 0.8 * drawing.LINE), draw)


def _lines(name: str, value: Array, note: str = "") -> list[str]:
    return [drawing.shortened(name), size_text(value.shape), *([note] if note else [])]


def _colors(values: Array) -> Colors:
    low, high = limits(values)
    return drawing.color_scale(low, high, drawing.SIGNED if low < 0 else drawing.AMOUNT)


def _strip(vector: Array) -> tuple[Array, tuple[float, float]]:
    """The numbers in rows, and the (width, height) they take."""
    strip = as_strip(vector.reshape(-1)[:MOST_NUMBERS], NUMBERS_A_ROW)
    rows, columns = strip.shape
    return strip, (min(0.25, WIDTH / columns) * columns, (0.25 if rows == 1 else 0.14) * rows)
