"""The histograms of weights and gradients as a picture."""

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn import _checks
from minicnn.visualize import drawing
from minicnn.visualize.learning.histograms import (
    BINS,
    DECADES,
    Histogram,
    gradient_histograms,
    weight_histograms,
)
from minicnn.visualize.learning.layer_table import LayerTable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from minicnn.models import Model

POWERS = (-9, -6, -3, 0)  # of ten: the marks on the axis of gradients


def histograms(model: "Model", x: Any = None, y: Any = None, *, bins: int = BINS,
               save: str | os.PathLike[str] | None = None) -> "Figure":
    """The weights of each layer by value and, with a batch x, y, the gradients of the loss by size: a row for each
    layer. At most 24 layers are drawn; the remark says so.

    The numbers are those of `weight_histograms` and `gradient_histograms`. Weights stand on a scale of their own in
    each row, gradients on one for all, so that layers which hardly learn are seen.
    save: a ``.png``, ``.svg`` or ``.pdf`` file to write.

    Raises MinicnnError as these functions do, where one of x and y is missing, and for an unknown file ending.
    """
    if (x is None) != (y is None):
        raise _checks.error("visualize.histograms", "gradients need images and targets", cure="Pass both x and y.")
    weights = weight_histograms(model, bins)
    gradients = {} if x is None else gradient_histograms(model, x, y)
    columns = [("weights", "counted by value; a scale for each layer")]
    if gradients:
        columns.append(("gradients", "counted by size, on one scale"))
    table = LayerTable(f"{drawing.shortened(model.name)}: weights of each layer",
                       "dashed line: half of the gradients are smaller" if gradients else "", list(weights), columns)
    for layer in table.layers:
        _draw_weights(table.cell(layer, 0, last=True), weights[layer])
    learning = [layer for layer in table.layers if layer in gradients]
    for layer in learning:
        _draw_gradients(table.cell(layer, 1, last=layer == learning[-1]), gradients[layer])
    return drawing.finish(table.sheet, save)


def _draw_weights(axes: "Axes", histogram: Histogram) -> None:
    _steps(axes, histogram)
    limit = float(histogram.edges[-1])
    axes.set_xticks([-limit, 0, limit], [drawing.short(-limit), "0", drawing.short(limit)])
    axes.tick_params(pad=1)


def _draw_gradients(axes: "Axes", histogram: Histogram) -> None:
    _steps(axes, histogram)
    axes.axvline(median(histogram), color=drawing.ACCENT, linewidth=1, linestyle="--")
    zeros = histogram.counts[0] / histogram.counts.sum()
    if zeros >= 0.005:
        axes.text(0.03, 0.9, f"{zeros:.0%}".replace("%", " %") + " zero", transform=axes.transAxes, va="top",
                  fontsize=drawing.SMALL)
    axes.set_xlim(*DECADES)
    axes.set_xticks(POWERS, [power_of_ten(power) for power in POWERS])


def _steps(axes: "Axes", histogram: Histogram) -> None:
    axes.stairs(histogram.counts, histogram.edges, fill=True, color=drawing.SECOND)
    axes.set(xlim=(histogram.edges[0], histogram.edges[-1]), ylim=(0, 1.05 * histogram.counts.max()))
    axes.set_yticks([])


def median(histogram: Histogram) -> float:
    """Where half of the numbers are smaller, numbers lying evenly within each bin."""
    below = np.concatenate([[0], np.cumsum(histogram.counts)])
    return float(np.interp(below[-1] / 2, below, histogram.edges))


def power_of_ten(power: int) -> str:
    """``1e-3`` for -3, and 1 for 0."""
    return f"1e{power}" if power else "1"
