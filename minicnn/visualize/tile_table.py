"""A table of pictures: a row for each image, a column for each way to look at it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from minicnn._types import Array
from minicnn.visualize import drawing
from minicnn.visualize.arrays import picture, value_range
from minicnn.visualize.drawing import Colors, Sheet
from minicnn.visualize.tiles import Grid, draw_tile, frames, tile_size

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIDE, LARGEST = 0.95, 2.0  # inches: longer side of a tile; the same where an image has more pixels than fit into it
ACROSS, DOWN = 0.12, 0.27  # inches: between columns; between rows, for captions


@dataclass(frozen=True)
class Tile:
    """A picture, its colors, what is written under it, and a note (such as why it is blank) for the foot of the table.
    """

    image: Array
    colors: Colors
    caption: str = ""
    note: str = ""


def image_tile(image: Array, caption: str = "") -> Tile:
    """An image (H, W, C): gray levels from its smallest number (white) to its largest, or its colors."""
    return Tile(picture(image), drawing.color_scale(*value_range(image), drawing.AMOUNT), caption)


def signed_tile(values: Array, note: str = "") -> Tile:
    """Numbers (H, W) of both signs, blue below and red above zero, on a scale of their own that the caption tells."""
    largest = float(np.abs(values).max())
    caption = f"±{drawing.short(largest)}" if largest else "blank"
    return Tile(values, drawing.color_scale(-(largest or 1.0), largest or 1.0, drawing.SIGNED), caption, note)


def amount_tile(values: Array, colors: str, note: str = "") -> Tile:
    """Numbers (H, W) from zero on, on a scale of their own that the caption tells."""
    largest = float(values.max())
    caption = f"0 … {drawing.short(largest)}" if largest else "blank"
    return Tile(values, drawing.color_scale(0.0, largest or 1.0, colors), caption, note)


def table_sheet(title: str, remark: str, headings: Mapping[str, str], names: Sequence[Sequence[str]],
                rows: Sequence[Sequence[Tile]]) -> Sheet:
    """The table, under its title and its remark.

    headings: by the label of each column's axes, what stands over it, in lines.
    names: for each row the lines beside it. rows: of each row the tiles.
    """
    notes = _notes(rows)
    left = 2 * drawing.MARGIN + max(drawing.text_width(line, bold=True) for lines in names for line in lines)
    shape = rows[0][0].image.shape[:2]
    side = max(SIDE, min(max(shape) / drawing.DPI, LARGEST))
    tile = tile_size(shape, (side, side), 0.3)
    widest = [max(map(drawing.text_width, heading.split("\n"))) for heading in headings.values()]
    pitches = [max(tile[0], width) + ACROSS for width in widest]
    column = Grid(len(rows), 1, tile, (0.0, DOWN))
    heads = max(heading.count("\n") + 1 for heading in headings.values()) * drawing.LINE
    width = max(left + sum(pitches) + drawing.MARGIN, 2 * drawing.MARGIN + max(map(drawing.text_width, notes),
                                                                                default=0.0))
    sheet, top = drawing.headed_sheet(title, remark, width, heads + column.height + 0.35 + len(notes) * drawing.LINE)
    for lines, place in zip(names, range(len(rows)), strict=True):
        for i, line in enumerate(lines):
            sheet.text(drawing.MARGIN, top + heads + column.box(place)[3] + i * 0.9 * drawing.LINE, line,
                       weight="normal" if i else "bold", color=drawing.QUIET if i else "black")
    for i, (label, heading) in enumerate(headings.items()):
        _write_heading(sheet, heading, left + tile[0] / 2, top + heads)
        axes = sheet.canvas(left, top + heads, column.width, column.height, label)
        _draw_column(axes, [row[i] for row in rows], column, notes)
        left += pitches[i]
    for i, note in enumerate(notes):
        sheet.text(drawing.MARGIN, top + heads + column.height + 0.3 + i * drawing.LINE, note, color=drawing.QUIET)
    return sheet


def _write_heading(sheet: Sheet, heading: str, middle: float, bottom: float) -> None:
    for i, line in enumerate(reversed(heading.split("\n"))):
        sheet.text(middle, bottom - (i + 1) * drawing.LINE, line, ha="center")


def _draw_column(axes: "Axes", tiles: Sequence[Tile], column: Grid, notes: Sequence[str]) -> None:
    for place, tile in enumerate(tiles):
        draw_tile(axes, tile.image, column.box(place), tile.colors)
        number = next((f" ({i})" for i, note in enumerate(notes, 1) if note == f"({i}) {tile.note}"), "")
        axes.text(column.center(place)[0], column.box(place)[2] + 0.04, tile.caption + number, ha="center", va="top",
                  fontsize=drawing.SMALL, color=drawing.QUIET)
    frames(axes, column, len(tiles))


def _notes(rows: Sequence[Sequence[Tile]]) -> list[str]:
    """The notes of all tiles, each once, numbered."""
    notes = dict.fromkeys(tile.note for row in rows for tile in row if tile.note)
    return [f"({i}) {note}" for i, note in enumerate(notes, 1)]

