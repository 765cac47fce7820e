"""The connection table of a layer as a picture: which input maps each filter reads."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias, cast

import numpy as np

from minicnn import _checks
from minicnn._types import Array, BoolArray
from minicnn.layers import Conv2D, DepthwiseConv2D, Layer, TableConv2D
from minicnn.visualize import drawing
from minicnn.visualize.arrays import size_text
from minicnn.visualize.finding import find_layer, first_node, layers_by_path, short_name
from minicnn.visualize.kernel_arrays import kernel_links

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import ListedColormap
    from matplotlib.figure import Figure

    from minicnn.models import Model

Linked: TypeAlias = Conv2D | DepthwiseConv2D | TableConv2D

CELL = 0.26  # inches
MOST_WRITTEN = 40  # rows and columns up to which each link is an X, and all are counted at the margins
LONGEST = 9.0  # inches of a larger table
TINT = "#D9E6F2"  # of a cell that is a link


def connection_table(model: "Model | Layer", layer: str | None = None, *,
                     save: str | os.PathLike[str] | None = None) -> "Figure":
    """Which input maps (rows) each filter (column) reads, as in Table I of LeCun et al. 1998: X is a kernel.

    The margins count the links of each row and column and the parameters of each filter; the remark adds them up. Of a
    table of more than 40 rows or columns the links are tinted cells, and the remark says how many there are.

    model, layer: a model and the name of a layer; or a layer alone. `TableConv2D`, `Conv2D` with groups and
        `DepthwiseConv2D` have a table.
    save: a ``.png``, ``.svg`` or ``.pdf`` file to write.

    Raises MinicnnError for an unknown layer, one without a table, and an unknown file ending.
    """
    source, before = _source(model, layer)
    table, name = kernel_links(source), drawing.shortened(source.name if layer is None else layer)
    written = max(table.shape) <= MOST_WRITTEN
    cell = CELL if written else LONGEST / max(table.shape)
    height, width = cell * table.shape[0], cell * table.shape[1]
    remark = _sum(table, source) + ("" if written else _spread(table))
    title = f"{name}: {int(table.sum()):,} of {table.size:,} links"
    rows = f"input map ({before})" if before else "input map"
    left = drawing.MARGIN + max(map(drawing.text_width, (rows, "parameters"))) + 0.2
    sheet, top = drawing.headed_sheet(title, remark, left + width + 0.75, height + (1.0 if written else 0.6))
    axes = sheet.axes(left, top + 0.4, width, height, "table")
    axes.imshow(table, cmap=_tint(), vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    _name_axes(axes, table, cell, rows, f"filter (map of {name})")
    if written:
        _write(axes, table, source, cell)
    return drawing.finish(sheet, save)


def _source(model: "Model | Layer", name: str | None) -> tuple[Linked, str]:
    """The layer, and the name of what it reads where that is known."""
    if name is None and not model.sublayers:
        return _checked(model, ()), ""
    if not model.sublayers:
        raise _checks.error(f"visualize.connection_table: {model}", "this is a layer, not a model with layers",
                            cure="Pass the layer alone, or a model and the layer's name.")
    network = cast("Model", model)
    having = [path for path, other in layers_by_path(network).items() if _has_table(other)]
    if name is None:
        raise _checks.error(f"visualize.connection_table: {model}", "which layer is meant", "the name of a layer",
                            cure=_those(having))
    layer = _checked(find_layer(network, name), having)
    return layer, short_name(network, first_node(network, layer).inputs[0])


def _checked(layer: Layer, having: Sequence[str]) -> Linked:
    if isinstance(layer, Linked) and _has_table(layer):
        return layer
    full = isinstance(layer, Conv2D)
    what = "every filter reads every input map, so there is no table" if full else "this layer has no connection table"
    cure = "visualize.kernels draws its kernels." if full and not having else _those(having)
    raise _checks.error(f"visualize.connection_table: {layer}", what,
                        "a TableConv2D, a Conv2D with groups, or a DepthwiseConv2D", type(layer).__name__, cure)


def _has_table(layer: Layer) -> bool:
    return isinstance(layer, (TableConv2D, DepthwiseConv2D)) or (isinstance(layer, Conv2D) and layer.groups > 1)


def _those(having: Sequence[str]) -> str:
    return f"Layers with a table: {', '.join(map(repr, having))}." if having else "None of its layers has a table."


# -- words ---------------------------------------------------------------------------------------


def _sum(table: BoolArray, layer: Linked) -> str:
    """The parameters, as a sum that can be checked."""
    links, filters, cells = int(table.sum()), table.shape[1], layer.kernel_size[0] * layer.kernel_size[1]
    biases = filters if layer.use_bias else 0
    plus = f" + {biases:,} biases" if biases else ""
    total = f"{links:,} kernels of {size_text(layer.kernel_size)}{plus}: {links * cells + biases:,} parameters"
    return total if table.all() else f"{total}; with all {table.size:,} links {table.size * cells + biases:,}"


def _spread(table: BoolArray) -> str:
    """How many links rows and columns have, where they are not counted at the margins."""
    return f"; a filter reads {_range(table.sum(axis=0))}, a map feeds {_range(table.sum(axis=1))}"


def _range(counts: Array) -> str:
    low, high = int(counts.min()), int(counts.max())
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _write(axes: "Axes", table: BoolArray, layer: Linked, cell: float) -> None:
    """An X for each link; behind the rows and under the columns how many, and the parameters of each filter."""
    for row, column in np.argwhere(table):
        axes.text(column, row, "X", ha="center", va="center", fontsize=drawing.TEXT, gid="link")
    rows, columns = table.shape
    right, header = columns - 0.5 + 0.3 / cell, -0.5 - 0.12 / cell
    _count(axes, right, header, "links")
    for row, links in enumerate(table.sum(axis=1).tolist()):
        _count(axes, right, row, str(links), "links of a map")
    cells = layer.kernel_size[0] * layer.kernel_size[1]
    for name, below, counts in (("links", 0.1, table.sum(axis=0)),
                                ("parameters", 0.9, table.sum(axis=0) * cells + layer.use_bias)):
        axes.text(-0.75, rows + below, name, ha="right", va="center", fontsize=drawing.SMALL, color=drawing.QUIET)
        fit = 0.9 * cell / drawing.text_width(str(counts.max()), 1.0)  # points in which the widest fits into its cell
        for column, count in enumerate(counts.tolist()):
            _count(axes, column, rows + below, str(count), f"{name} of a filter", min(drawing.SMALL, fit))


def _count(axes: "Axes", x: float, y: float, text: str, gid: str | None = None, size: float = drawing.SMALL) -> None:
    axes.text(x, y, text, ha="center", va="center", fontsize=size, color=drawing.QUIET, gid=gid)


# -- the table -----------------------------------------------------------------------------------


def _tint() -> "ListedColormap":
    """White, and the tint of a link."""
    from matplotlib.colors import ListedColormap

    return ListedColormap(["white", TINT])


def _name_axes(axes: "Axes", table: BoolArray, cell: float, rows: str, columns: str) -> None:
    """Numbers at the left and on top, as in the paper, and lines between the cells where these are large enough."""
    for axis, count, room in ((axes.xaxis, table.shape[1], 0.3), (axes.yaxis, table.shape[0], 0.18)):
        shown = range(0, count, drawing.tick_step(cell, room if cell < CELL else 0.0))
        axis.set_ticks(list(shown), labels=[str(i) for i in shown])
        if cell >= CELL:
            axis.set_ticks(np.arange(count - 1) + 0.5, minor=True)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.text(-0.5 - 0.08 / cell, -0.5 - 0.12 / cell, rows, ha="right", va="center", fontsize=drawing.TEXT)
    axes.set_xlabel(columns, fontsize=drawing.TEXT)
    axes.grid(which="minor", color=drawing.FRAME, linewidth=0.5)
    axes.tick_params(which="both", length=0)
