"""One map of a convolution and all that it is made of, as a picture."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn._types import Array
from minicnn.activations import Elementwise
from minicnn.visualize import drawing
from minicnn.visualize.arrays import limits
from minicnn.visualize.drawing import Colors, Sheet
from minicnn.visualize.tiles import Box, Size, draw_boxes, draw_tile, tile_size
from minicnn.visualize.wiring import Wiring, wiring

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from minicnn.models import Model

MOST_WIRES = 16  # input maps drawn at most
SIDE, KERNEL, LARGE, ROW, BETWEEN = 0.8, 0.6, 1.1, 0.95, 0.45
"""Inches: sides of an input map, of a kernel, and of the sum; from row to row; from one column to the next."""
BOX: Size = (LARGE, 0.75 * LARGE)


def connection_wiring(model: "Model", layer: str, map: int = 0, x: Any = None, *,
                      save: str | os.PathLike[str] | None = None) -> "Figure":
    """How one map of a convolution comes about: the input maps it reads, its kernels, the sum, bias, and activation.

    With an image each step shows its numbers: every input map, what its kernel makes of it, their sum with the bias,
    and the output map. Without, boxes stand for the maps. Each column has a scale of its own, written below it.

    layer: the name of a `Conv2D`, `TableConv2D` or `DepthwiseConv2D`. map: the number of one of its maps, from 0.
    x: one image, with or without the batch axis; for several inputs a list or dict of them. Of more than 16 input
        maps the first are drawn, but all are in the sum; the remark says so.
    save: a ``.png``, ``.svg`` or ``.pdf`` file to write.

    Raises MinicnnError for an unknown layer, one without kernels, a map out of range, an image of the wrong shape, and
    an unknown file ending.
    """
    wires = wiring(model, layer, map, x)
    drawn = min(len(wires.maps), MOST_WIRES)
    title, remark = _words(wires, drawn)
    columns = _columns(wires, drawn)
    height = max(column.height for column in columns)
    sheet, top = drawing.headed_sheet(title, remark, 2 * drawing.MARGIN + 0.35 + sum(c.width for c in columns)
                                      + (len(columns) - 1) * BETWEEN, height + 0.8)
    _draw(sheet, columns, top + 0.25, height, wires)
    return drawing.finish(sheet, save)


def _words(wires: Wiring, drawn: int) -> tuple[str, str]:
    """The title, and the remark under it."""
    read, of, name = len(wires.maps), wires.of, drawing.shortened(wires.layer)
    part = f"the first {drawn} of {read:,} input maps are drawn, all are in the sum; " if drawn < read else ""
    return (f"{name}, map {wires.map}: reads {read:,} of {of:,} map{'s' if of > 1 else ''} of {wires.before}",
            f"{part}below each column its scale")


@dataclass(frozen=True)
class Column:
    """What stands below one another: pictures, or boxes where there is none, with words above and below.

    tile: inches. labels: numbers left of the pictures, or words in the boxes. colors: of the pictures.
    is_single: it stands behind the sum, where there are no rows.
    """

    name: str
    header: str
    pictures: Sequence[Array | None]
    tile: Size
    foot: str = ""
    labels: Sequence[str] = ()
    colors: Colors | None = None
    is_single: bool = False

    @property
    def width(self) -> float:
        """Inches, with the words."""
        return max(self.tile[0], drawing.text_width(self.header), drawing.text_width(self.foot))

    @property
    def height(self) -> float:
        """Inches from the first picture to the last; small ones in rows stand as if they were large."""
        return self.tile[1] if self.is_single else (len(self.pictures) - 1) * ROW + SIDE

    def boxes(self, left: float, middle: float) -> list[Box]:
        """Where the pictures stand when the column begins at ``left`` and has its middle at that height."""
        (width, height), count = self.tile, len(self.pictures)
        x = left + (self.width - width) / 2
        tops = [middle + (i - (count - 1) / 2) * ROW - height / 2 for i in range(count)]
        return [(x, x + width, y + height, y) for y in tops]


def _columns(wires: Wiring, drawn: int) -> list[Column]:
    """From left to right: the maps read, their kernels, what these make of them, the sum, the activation, the map."""
    numbers, values = [str(c) for c in wires.maps[:drawn]], wires.values
    bias = "" if wires.bias is None else f"bias {drawing.short(wires.bias)}"
    own = _pictures("kernels", "kernels", wires.kernels[..., :drawn], KERNEL, wires.kernels)
    curve = [] if wires.is_linear else [_box("curve", wires.activation.name)]
    maps, sums = f"map{'s' if len(wires.maps) > 1 else ''} of {wires.before}", "sum + bias" if bias else "sum"
    output = f"map {wires.map} of {drawing.shortened(wires.layer)}"
    if values is None:
        box = (SIDE, 0.75 * SIDE)
        return [Column("inputs", maps, [None] * drawn, box, "", numbers), own,
                _box("sum", sums, bias or "sum"), *curve, _box("output", output, str(wires.map))]
    return [_pictures("inputs", maps, values.inputs[..., :drawn], SIDE, values.inputs, "", numbers), own,
            _pictures("products", "convolved", values.products[..., :drawn], SIDE, values.products),
            _picture("sum", sums, values.sum, values.sum, bias), *curve,
            *([] if wires.is_linear else [_picture("output", output, values.output, values.output)])]


def _box(name: str, header: str, *words: str) -> Column:
    return Column(name, header, [None], BOX, "", words, is_single=True)


def _picture(name: str, header: str, picture: Array, scale: Array, note: str = "") -> Column:
    return replace(_pictures(name, header, picture[..., None], LARGE, scale, note), is_single=True)


def _pictures(name: str, header: str, pictures: Array, side: float, scale: Array, note: str = "",
              labels: Sequence[str] = ()) -> Column:
    """A column of pictures (height, width, count) on the scale of some numbers, whose ends its foot tells."""
    low, high = limits(scale)
    colors = drawing.color_scale(low, high, drawing.SIGNED if low < 0 else drawing.AMOUNT)
    ends = f"±{drawing.short(high)}" if low < 0 else f"0 to {drawing.short(high)}"
    return Column(name, header, [pictures[..., i] for i in range(pictures.shape[-1])],
                  tile_size(pictures.shape[:2], (side, side)), f"{ends}; {note}" if note else ends, labels, colors)


# -- drawing -------------------------------------------------------------------------------------


def _draw(sheet: Sheet, columns: Sequence[Column], top: float, height: float, wires: Wiring) -> None:
    """The columns with their words, and lines from each to the next."""
    axes = sheet.canvas(0.0, 0.0, sheet.width, sheet.height, "wires")
    left, middle, before = drawing.MARGIN + 0.35, top + height / 2, None
    for column in columns:
        boxes = column.boxes(left, middle)
        ends = (column.header, middle - column.height / 2 - 0.2), (column.foot, middle + column.height / 2 + 0.06)
        for words, y in ends:
            axes.text(left + column.width / 2, y, words, ha="center", va="top", fontsize=drawing.TEXT,
                      parse_math=False)
        if before is not None:
            _connect(axes, before, boxes)
        if column.name == "curve":
            _curve(sheet, wires, boxes[0])
        else:
            _tiles(sheet, column, boxes)
        left, before = left + column.width + BETWEEN, boxes


def _connect(axes: "Axes", before: Sequence[Box], after: Sequence[Box]) -> None:
    """Arrows from each picture to its own in the next column, or from all to the one there is."""
    for i, (_, right, bottom, top) in enumerate(before):
        left, _, low, high = after[i if len(after) == len(before) else 0]
        axes.annotate("", (left - 0.03, (low + high) / 2), (right + 0.03, (top + bottom) / 2), gid="wire",
                      arrowprops={"arrowstyle": "-|>", "color": drawing.QUIET, "linewidth": 0.8, "shrinkA": 0,
                                  "shrinkB": 0, "mutation_scale": 7})


def _tiles(sheet: Sheet, column: Column, boxes: Sequence[Box]) -> None:
    """Pictures with their numbers at the left, or boxes with words inside."""
    axes = sheet.canvas(0.0, 0.0, sheet.width, sheet.height, column.name)
    for i, (picture, box) in enumerate(zip(column.pictures, boxes, strict=True)):
        left, right, bottom, top = box
        if picture is not None and column.colors is not None:
            draw_tile(axes, picture, box, column.colors)
            if picture.size == 1:
                value = float(picture.item())
                axes.text((left + right) / 2, (bottom + top) / 2, drawing.short(value), ha="center", va="center",
                          fontsize=drawing.TEXT, color=drawing.text_color(column.colors, value))
        if column.labels:
            x, side = ((left + right) / 2, "center") if picture is None else (left - 0.08, "right")
            axes.text(x, (bottom + top) / 2, column.labels[i], ha=side, va="center", fontsize=drawing.TEXT)
    empty = column.pictures[0] is None
    draw_boxes(axes, boxes, "boxes" if empty else "frames", facecolor="0.95" if empty else "none",
               edgecolor=drawing.QUIET if empty else drawing.FRAME, linewidth=0.8 if empty else 0.5)


def _curve(sheet: Sheet, wires: Wiring, box: Box) -> None:
    """The activation as a curve; thick where the sums of this image lie."""
    left, right, bottom, top = box
    axes = sheet.axes(left, top, right - left, bottom - top, "curve")
    axes.set(xticks=[], yticks=[])
    if not isinstance(wires.activation, Elementwise):
        return
    sums = np.zeros(1) if wires.values is None else wires.values.sum.astype(np.float64)
    reach = max(2.0, 1.1 * float(np.abs(sums).max()))
    x = np.linspace(-reach, reach, 201)
    axes.axhline(0, color=drawing.FRAME, linewidth=0.5)
    axes.axvline(0, color=drawing.FRAME, linewidth=0.5)
    axes.plot(x, wires.activation(x), color=drawing.SECOND, linewidth=0.8)
    if wires.values is not None:
        x = np.linspace(float(sums.min()), float(sums.max()), 101)
        axes.plot(x, wires.activation(x), color=drawing.ACCENT, linewidth=2.2, marker="o", markersize=2.5,
                  markevery=[0, -1], gid="sums")
