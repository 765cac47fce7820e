"""The matrix of a convolution as a picture."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn import _shapes
from minicnn._types import Array, Shape
from minicnn.layers import Layer
from minicnn.visualize import drawing
from minicnn.visualize.arrays import size_text
from minicnn.visualize.drawing import Colors, Sheet
from minicnn.visualize.matrices import Tied, tied
from minicnn.visualize.panels import SIZES, signed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 400  # rows and columns that are drawn
SIDE, SHORTEST, CELL, KERNEL_SIDE = 6.2, 0.5, 0.3, 1.3  # inches: of the matrix, of a cell at most, of the kernel
LINES = 160  # rows and columns up to which those that belong to one row of an image are set off


def sparse_matrix(layer: Any, input_shape: int | Sequence[int], *, strides: int | Sequence[int] = 1,
                  padding: _shapes.Padding = "valid", dilation_rate: int | Sequence[int] = 1, groups: int = 1,
                  save: str | os.PathLike[str] | None = None) -> "Figure":
    """The matrix that a convolution is, `convolution_matrix`: almost all of it is zero, and along its diagonals the few
    numbers of the kernel come back again and again.

    A weight has one color wherever it stands, and where there is room the number that it has in the kernel, which is
    drawn beside the matrix. Zeros are left white. Gray lines set off what belongs to one row of the input (columns) or
    of the output (rows). Of a large matrix the upper left part is drawn, 400x400 numbers; the caption says so.

    save: a ``.png``, ``.svg`` or ``.pdf`` file to write. Other arguments and errors: as of `convolution_matrix`.
    """
    made = tied(layer, input_shape, strides, padding, dilation_rate, groups, "visualize.sparse_matrix")
    name = layer.name if isinstance(layer, Layer) else "kernel"
    return drawing.finish(_drawn(made, drawing.shortened(name)), save)


def _drawn(made: Tied, name: str) -> Sheet:
    rows, columns = (min(size, MOST) for size in made.matrix.shape)
    cell = min(CELL, SIDE / max(rows, columns))
    wide, high = max(columns * cell, SHORTEST), max(rows * cell, SHORTEST)
    colors = signed(made.kernel)
    beside = _kernel_size(made.kernel)
    title = f"{name} {_short(made.kernel.shape)} on {_short(made.input_shape)} is a matrix"
    width = 0.6 + wide + (0.35 + beside[0] if beside else 0.9) + 2 * drawing.MARGIN
    remark, second = _remarks(made, rows, columns)
    width = max(width, *(drawing.text_width(words) + 2 * drawing.MARGIN for words in (remark, second)))
    height = max(high, beside[1] + 0.3 if beside else 0.8) + 0.6
    sheet, top = drawing.headed_sheet(title, remark, width, height + (drawing.LINE if second else 0))
    sheet.text(drawing.MARGIN, top - 0.35 * drawing.LINE, second, color=drawing.QUIET)
    top += 1.1 * drawing.LINE if second else 0.1
    axes = sheet.axes(drawing.MARGIN + 0.5, top, wide, high, "matrix")
    _draw_matrix(axes, made, rows, columns, cell, colors)
    left = drawing.MARGIN + 0.5 + wide + 0.35
    if beside:
        sheet.text(left, top, "kernel", color=drawing.QUIET)
        _draw_kernel(sheet.axes(left, top + 0.2, *beside, "kernel"), made.kernel, beside[0], colors, cell)
    else:
        sheet.scale(colors, left, top, max(0.6, min(high, 2.5)), "weight")
    return sheet


def _short(shape: Shape) -> str:
    """``3×3`` for (3, 3, 1, 1)."""
    while len(shape) > 2 and shape[-1] == 1:
        shape = shape[:-1]
    return size_text(shape)


def _remarks(made: Tied, rows: int, columns: int) -> tuple[str, str]:
    """What the matrix counts: numbers, zeros, weights; and which part of it is drawn."""
    links, numbers = int((made.which >= 0).sum()), made.which.size
    weights = len(np.unique(made.which[made.which >= 0]))
    first = (f"{size_text(made.matrix.shape)} numbers, {numbers - links:,} of them zero"
             f" ({(numbers - links) / numbers:.0%}); the other {links:,} are {weights:,} weights")
    if (rows, columns) == made.matrix.shape:
        return first, ""
    return first, f"the first {rows} rows and {columns} columns are drawn"


def _draw_matrix(axes: "Axes", made: Tied, rows: int, columns: int, cell: float, colors: Colors) -> None:
    part, which = made.matrix[:rows, :columns], made.which[:rows, :columns]
    axes.imshow(np.where(which >= 0, part, np.nan), cmap=colors.map, norm=colors.norm, interpolation="nearest",
                extent=(0, columns, rows, 0), aspect="auto")
    _set_off(axes, made, rows, columns)
    axes.set(xlim=(0, columns), ylim=(rows, 0))
    axes.set_xlabel("inputs", fontsize=drawing.TEXT)
    axes.set_ylabel("outputs", fontsize=drawing.TEXT)
    for axis, count in ((axes.xaxis, columns), (axes.yaxis, rows)):
        ticks = range(0, count, drawing.tick_step(cell, 0.3))
        axis.set_ticks([i + 0.5 for i in ticks], labels=[str(i) for i in ticks])
    size = _size(made.kernel.size, cell)
    if size is not None:
        for row, column in np.argwhere(which >= 0).tolist():
            axes.text(column + 0.5, row + 0.5, str(which[row, column]), ha="center", va="center_baseline",
                      fontsize=size, color=drawing.text_color(colors, part[row, column]))


def _set_off(axes: "Axes", made: Tied, rows: int, columns: int) -> None:
    """Lines between what belongs to different rows of the images."""
    for shape, count, draw in ((made.input_shape, columns, axes.vlines), (made.output_shape, rows, axes.hlines)):
        block = int(np.prod(shape[1:]))
        if len(shape) == 3 and count <= LINES:
            draw(np.arange(block, count, block), 0, rows if draw == axes.vlines else columns, color=drawing.FRAME,
                 linewidth=0.7)


def _kernel_size(kernel: Array) -> tuple[float, float] | None:
    """(width, height) in inches of the kernel beside the matrix; None where it has more than one map."""
    if kernel.ndim < 3 or np.prod(kernel.shape[2:]) > 1:
        return None
    cell = min(0.35, KERNEL_SIDE / max(kernel.shape[:2]))
    return kernel.shape[1] * cell, kernel.shape[0] * cell


def _draw_kernel(axes: "Axes", kernel: Array, width: float, colors: Colors, cell: float) -> None:
    """The kernel, each number with its place in reading order."""
    rows, columns = kernel.shape[:2]
    axes.imshow(kernel.reshape(rows, columns), cmap=colors.map, norm=colors.norm, interpolation="nearest",
                extent=(0, columns, rows, 0), aspect="auto")
    axes.set(xticks=[], yticks=[], xlim=(0, columns), ylim=(rows, 0))
    size = _size(kernel.size, width / columns)
    if size is not None and _size(kernel.size, cell) is not None:
        for place, (row, column) in enumerate(np.ndindex(rows, columns)):
            axes.text(column + 0.5, row + 0.5, str(place), ha="center", va="center_baseline", fontsize=size,
                      color=drawing.text_color(colors, float(kernel.reshape(-1)[place])))


def _size(weights: int, cell: float) -> float | None:
    """The points at which the number of a weight fits into a cell."""
    longest = str(weights - 1)
    return next((size for size in SIZES if drawing.text_width(longest, size) <= 0.9 * cell and size / 72 <= 0.8 * cell),
                None)
