"""What `minicnn.counting` counts, as pictures: layer by layer, and network beside network."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from minicnn import _checks
from minicnn._types import Array
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

    counted: what `minicnn.counting.count` returned. save: a ``.png``, ``.svg`` or ``.pdf`` file to write.

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

    counts: what `minicnn.counting.count` returned, one for each network.
    save: a ``.png``, ``.svg`` or ``.pdf`` file to write.

    Raises MinicnnError where a network has no parameters or multiplies nothing, and for an unknown file ending.
    """
    bad = next((counted.name for counted in counts if not (counted.parameters and counted.macs)), None)
    if bad is not None or not counts:
        raise _checks.error("visualize.network_figures", "each network needs parameters and multiply-accumulates",
                            received=bad or "no network")
    names = [shortened(counted.name) for counted in counts]
    sheet = Sheet(0.75 + SQUARE + max(map(text_width, names)) + drawing.MARGIN, SQUARE + 0.9)
    axes = sheet.axes(0.75, 0.35, SQUARE, SQUARE, "networks")
    x, y, memory = (np.array([int(figure) for figure in figures], float) for figures in (
        [counted.parameters for counted in counts], [counted.macs for counted in counts],
        [counted.training_memory for counted in counts]))
    axes.scatter(x, y, s=20 + 400 * memory / memory.max(), color=drawing.SECOND, alpha=0.55, linewidths=0)
    axes.set(xscale="log", yscale="log", xlim=_decades(x), ylim=_decades(y))
    axes.minorticks_off()
    _label(axes, names, np.stack([x, y], axis=1))
    axes.set_xlabel("parameters", fontsize=drawing.TEXT)
    axes.set_ylabel("multiply-accumulates", fontsize=drawing.TEXT)
    axes.set_title("area: memory of a sample's activations in training", fontsize=drawing.TEXT, loc="left")
    axes.grid(color="0.88", linewidth=0.6)
    axes.set_axisbelow(True)
    return drawing.finish(sheet, save)


def _decades(values: Array) -> tuple[float, float]:
    """From the power of ten below the least to the one above the greatest, with some room."""
    low, high = np.floor(np.log10(values.min()) - 0.2), np.ceil(np.log10(values.max()) + 0.2)
    return 10.0 ** low, 10.0 ** high


def _label(axes: "Axes", names: Sequence[str], points: Array) -> None:
    """Write the names to the right of the points, higher where another name is in the way."""
    low, high = np.log10([axes.get_xlim(), axes.get_ylim()]).T
    places = (np.log10(points) - low) / (high - low) * SQUARE + (0.14, 0)  # inches from the lower left corner
    taken: list[tuple[float, float, float]] = []
    for i in np.argsort(places[:, 1], kind="stable"):
        left, height = places[i].tolist()
        right = left + text_width(names[i], drawing.SMALL)
        while any(abs(height - other) < 0.13 and left < end and start < right for start, end, other in taken):
            height += 0.02
        taken.append((left, right, height))
        at = left / SQUARE, height / SQUARE
        axes.text(*at, names[i], transform=axes.transAxes, va="center", fontsize=drawing.SMALL, parse_math=False)
        here = (places[i] - (0.14, 0)) / SQUARE
        axes.plot([here[0], at[0]], [here[1], at[1]], transform=axes.transAxes, color=drawing.FRAME, linewidth=0.5,
                  clip_on=False)
