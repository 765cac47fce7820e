"""Arrays as squares with their numbers written in: columns of panels side by side, with signs between them.

    input      kernel     products     output
    . . . .    . .        . .          . .
    . . . .  * . .   =    . .     ->   . .
    . . . .
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from minicnn._types import Array, BoolArray
from minicnn.visualize import drawing
from minicnn.visualize.drawing import ACCENT, LINE, SECOND, SMALL, TEXT, Colors, Sheet, text_width
from minicnn.visualize.tiles import Box, draw_boxes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LARGEST_CELL, SMALLEST_CELL, WRITTEN_CELL = 0.4, 0.02, 0.13  # inches; below the last no numbers and no lines
SIZES = (SMALL, 6.0, 5.0)  # points of the numbers in cells: the largest that fits
SIGN, BETWEEN_PANELS = 0.3, 0.1  # inches for a sign between columns, and from a panel to the one below
MARKS = {
    "window": {"edgecolor": ACCENT, "linewidth": 2.2}, "cells": {"edgecolor": ACCENT, "linewidth": 1.2},
    "before": {"edgecolor": SECOND, "linewidth": 1.0, "linestyle": "dashed"},
    "field": {"edgecolor": ACCENT, "linewidth": 1.8},
}
"""What is framed how: the window, single cells of it, where it stood before, a receptive field."""
PADDED, BEYOND = "0.85", 1.3


@dataclass(frozen=True)
class Panel:
    """An array (rows, columns) as squares; NaN is a number that is not there (yet).

    cell: inches. padding: the cells that are not of the image. marks: frames to draw, as (top, left, height, width) in
    cells, by the kinds in `MARKS`. like: the numbers are written with as many digits as these would be.
    """

    values: Array
    colors: Colors
    cell: float
    padding: BoolArray | None = None
    marks: dict[str, list[tuple[float, float, float, float]]] = field(default_factory=dict)
    like: Array | None = None

    @property
    def size(self) -> tuple[float, float]:
        """(width, height) in inches."""
        rows, columns = self.values.shape[:2]
        return columns * self.cell, rows * self.cell


@dataclass(frozen=True)
class Column:
    """Panels one below the other under a heading; ``sign`` stands to their left."""

    name: str
    heading: str
    panels: list[Panel]
    sign: str = ""

    @property
    def width(self) -> float:
        """Inches, without the sign."""
        return max(text_width(self.heading), *(panel.size[0] for panel in self.panels))

    @property
    def height(self) -> float:
        """Inches, without the heading."""
        return sum(panel.size[1] + BETWEEN_PANELS for panel in self.panels) - BETWEEN_PANELS


@dataclass(frozen=True)
class Frame:
    """Columns side by side, and lines of text below them."""

    columns: list[Column]
    lines: list[str]

    @property
    def width(self) -> float:
        """Inches of the columns."""
        return sum(column.width for column in self.columns) + sum(map(_before, self.columns))

    @property
    def height(self) -> float:
        """Inches, headings and lines included."""
        return 1.3 * LINE + max(column.height for column in self.columns) + (len(self.lines) + 0.6) * LINE


def _before(column: Column) -> float:
    return max(SIGN, text_width(column.sign, TEXT) + 0.2) if column.sign else 0.0


def draw(sheet: Sheet, left: float, top: float, frame: Frame, prefix: str = "") -> None:
    """Draw a frame at a place of the sheet. The panels' axes are labeled ``prefix`` + column + number."""
    height = max(column.height for column in frame.columns)
    for line, words in enumerate(frame.lines):
        sheet.text(left, top + 1.3 * LINE + height + (line + 0.5) * LINE, words)
    for column in frame.columns:
        middle = top + 1.3 * LINE + height / 2
        if column.sign:
            sheet.text(left + (_before(column) - text_width(column.sign, TEXT)) / 2, middle - 0.06, column.sign, TEXT)
        left += _before(column)
        down = middle - column.height / 2
        sheet.text(left, down - 1.2 * LINE, column.heading, color=drawing.QUIET)
        for i, panel in enumerate(column.panels):
            axes = sheet.canvas(left, down, *panel.size, f"{prefix}{column.name} {i}")
            draw_panel(axes, panel)
            down += panel.size[1] + BETWEEN_PANELS
        left += column.width


def draw_panel(axes: "Axes", panel: Panel) -> None:
    """Squares in their colors, their lines and numbers, then the frames."""
    rows, columns = panel.values.shape[:2]
    width, height = panel.size
    axes.imshow(panel.values, cmap=panel.colors.map, norm=panel.colors.norm, extent=(0, width, height, 0),
                aspect="auto", interpolation="nearest")
    if panel.padding is not None:
        draw_boxes(axes, [_box(panel, (r, c, 1, 1)) for r, c in np.argwhere(panel.padding).tolist()], "padding",
                   facecolor=PADDED, edgecolor="none")
    if panel.cell >= WRITTEN_CELL:
        axes.hlines(panel.cell * np.arange(1, rows), 0, width, color=drawing.FRAME, linewidth=0.4)
        axes.vlines(panel.cell * np.arange(1, columns), 0, height, color=drawing.FRAME, linewidth=0.4)
    draw_boxes(axes, [(0, width, height, 0)], "frame", facecolor="none", edgecolor="0.4", linewidth=0.6)
    if panel.values.ndim == 2:
        _write(axes, panel)
    for kind, places in panel.marks.items():
        draw_boxes(axes, [_box(panel, place) for place in places], kind, facecolor="none", **MARKS[kind])


def _box(panel: Panel, place: Sequence[float]) -> Box:
    top, left, height, width = (panel.cell * number for number in place)
    return left, left + width, top + height, top


def _write(axes: "Axes", panel: Panel) -> None:
    """The numbers in their cells, where there is room for all of them."""
    there = ~np.isnan(panel.values)
    texts = numbers(panel.values[there], panel.like) if there.any() else []
    size = fitting([*texts, *([] if panel.like is None else numbers(panel.like))], panel.cell)
    if size is None:
        return
    for (row, column), text in zip(np.argwhere(there).tolist(), texts, strict=True):
        padded = panel.padding is not None and panel.padding[row, column]
        color = "0.45" if padded else drawing.text_color(panel.colors, panel.values[row, column])
        axes.text((column + 0.5) * panel.cell, (row + 0.5) * panel.cell, text, ha="center", va="center_baseline",
                  fontsize=size, color=color, parse_math=False)


def fitting(texts: Sequence[str], cell: float) -> float | None:
    """The points at which each of the texts fits into a cell; None where none does."""
    if cell < WRITTEN_CELL:
        return None
    longest = max(texts, key=len, default="0")
    return next((size for size in SIZES if text_width(longest, size) <= 0.9 * cell and size / 72 <= 0.8 * cell), None)


def numbers(values: Array, like: Array | None = None) -> list[str]:
    """Numbers as they are written in the cells of one panel: whole, or all with the same decimals, but for a plain 0.

    like: others, with whose digits they are written.

    >>> numbers(np.array([1.0, -2.0])), numbers(np.array([0.5, -2.0, 0])), numbers(np.array([2.0]), np.array([0.5]))
    (['1', '-2'], ['0.50', '-2.00', '0'], ['2.00'])
    """
    values = values.reshape(-1)
    every = values if like is None else np.concatenate([values, like[~np.isnan(like)]])
    if np.abs(every).max() < 1e4 and np.all(every == np.round(every)):
        return [f"{value + 0:.0f}" for value in values.tolist()]
    return [text if value else "0" for text, value in zip(drawing.alike(every), values.tolist(), strict=False)]


def signed(*arrays: Array) -> Colors:
    """One scale for all of the arrays, as long below zero as above. Its ends, nearly black, lie beyond them: so numbers
    and frames are seen on every cell."""
    largest = max((float(np.nanmax(np.abs(array))) for array in arrays if not np.isnan(array).all()), default=0.0)
    return drawing.color_scale(-BEYOND * (largest or 1.0), BEYOND * (largest or 1.0), drawing.SIGNED)


def cell_size(rows: int, columns: int, high: float, wide: float) -> float:
    """Inches of a cell, so that panels of so many cells are at most so high and wide."""
    return float(np.clip(min(high / rows, wide / columns), SMALLEST_CELL, LARGEST_CELL))
