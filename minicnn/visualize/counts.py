"""What `minicnn.counting` counts, as pictures: layer by layer, and network beside network."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from minicnn import _checks
from minicnn.counting import Count
from minicnn.visualize import drawing
from minicnn.visualize.drawing import Sheet, headed_sheet, shortened, text_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANEL, BAR, GAP = 2.3, 0.2, 0.95  # inches: width of a panel; height of a bar's row; for the numbers behind the bars
SQUARE = 4.2  # inches: side of the picture of networks


def layer_figures(counted: Count, *, save: str | os.PathLike[str] | None = None) -> "Figure":
    """Bars of parameters and of multiply-accumulates, a row for each layer that has any, in the order of the network.

    counted: what `minicnn.counting.count` returned. save: a ``.png`` or ``.svg`` file to write.

    Raises MinicnnError where no layer has any, and for an unknown file ending.
    """
    rows = [row for row in counted.rows if row.parameters or row.macs]
    if not rows:
        raise _checks.error("visualize.layer_figures", "no layer has parameters or multiply-accumulates",
                            received=counted.name)
    names = [shortened(row.name) for row in rows]
    left = drawing.MARGIN + max(map(text_width, names)) + 0.1
    remark = f"{counted.parameters:,} parameters, {counted.macs:,} multiply-accumulates for one sample"
    height = len(rows) * BAR
    sheet, top = headed_sheet(shortened(counted.name), remark, left + 2 * (PANEL + GAP), height + 0.55)
    for i, (title, values) in enumerate((("parameters", [int(row.parameters) for row in rows]),
                                         ("multiply-accumulates", [int(row.macs) for row in rows]))):
        axes = sheet.axes(left + i * (PANEL + GAP), top + 0.3, PANEL, height, title)
        _bars(axes, values, names if i == 0 else [""] * len(names), title)
    return drawing.finish(sheet, save)


def _bars(axes: "Axes", values: Sequence[int], names: Sequence[str], title: str) -> None:
    places = range(len(values))
    axes.barh(places, values, color=drawing.SECOND, height=0.7)
    axes.set(ylim=(len(values) - 0.5, -0.5), xlim=(0, max(*values, 1)))
    axes.set_yticks(places, names, parse_math=False)
    axes.tick_params(axis="y", length=0)
    axes.set_xticks([])
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.set_title(title, fontsize=drawing.TEXT, fontweight="bold", loc="left")
    for place, value in zip(places, values, strict=True):
        axes.annotate(f"{value:,}", (value, place), (3, 0), textcoords="offset points", va="center",
                      fontsize=drawing.SMALL, annotation_clip=False)


def network_figures(counts: Sequence[Count], *, save: str | os.PathLike[str] | None = None) -> "Figure":
    """Networks as points: parameters to the right, multiply-accumulates for one sample upwards, both logarithmic;
    the area of a point grows with the memory that training keeps for one sample.

    counts: what `minicnn.counting.count` returned, one for each network. save: a ``.png`` or ``.svg`` file to write.

    Raises MinicnnError where a network has no parameters or multiplies nothing, and for an unknown file ending.
    """
    bad = next((counted.name for counted in counts if not (counted.parameters and counted.macs)), None)
    if bad is not None or not counts:
        raise _checks.error("visualize.network_figures", "each network needs parameters and multiply-accumulates",
                            received=bad or "no network")
    sheet = Sheet(SQUARE + 1.1, SQUARE + 0.9)
    axes = sheet.axes(0.75, 0.35, SQUARE, SQUARE, "networks")
    x, y = ([int(figure) for figure in figures] for figures in (
        [counted.parameters for counted in counts], [counted.macs for counted in counts]))
    memory = np.array([int(counted.training_memory) for counted in counts], float)
    axes.scatter(x, y, s=20 + 500 * memory / memory.max(), color=drawing.SECOND, alpha=0.55, linewidths=0)
    axes.set(xscale="log", yscale="log", xlim=(min(x) / 4, max(x) * 4), ylim=(min(y) / 4, max(y) * 4))
    for counted, place in zip(counts, zip(x, y, strict=True), strict=True):
        axes.annotate(shortened(counted.name), place, ha="center", va="center", fontsize=drawing.SMALL,
                      parse_math=False)
    axes.set_xlabel("parameters", fontsize=drawing.TEXT)
    axes.set_ylabel("multiply-accumulates", fontsize=drawing.TEXT)
    axes.set_title("area: memory of a sample's activations in training", fontsize=drawing.TEXT, loc="left")
    axes.grid(color="0.88", linewidth=0.6)
    axes.set_axisbelow(True)
    return drawing.finish(sheet, save)
