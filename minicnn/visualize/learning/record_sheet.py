"""The record of a training on one page."""

import os
from typing import TYPE_CHECKING, Protocol

import numpy as np

from minicnn import _checks
from minicnn._types import Array
from minicnn.visualize import drawing
from minicnn.visualize.curves import PANEL, draw_curves
from minicnn.visualize.learning.histogram_sheet import power_of_ten
from minicnn.visualize.learning.histograms import GRADIENT_EDGES, rebinned
from minicnn.visualize.learning.layer_table import LayerTable
from minicnn.visualize.learning.ratio_sheet import decades
from minicnn.visualize.learning.ratios import RULE
from minicnn.visualize.learning.record import Record, read_record

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEADS = {
    "weights": ("weights", "by value; dark: many"),
    "gradients": ("gradients", "by size, log10; dark: many"),
    "update_ratios": ("update / weights", "dotted: the rule of thumb, 1e-3"),
    "dead_units": ("dead units", "share of ReLUs never above zero"),
}
CURVES = PANEL[1] + 0.95  # inches


class HasRecord(Protocol):
    """A `Recorder`."""

    record: Record


def training_record(record: "Record | HasRecord | str | os.PathLike[str]", *,
                    save: str | os.PathLike[str] | None = None) -> "Figure":
    """A training on one page: the curves of loss and metrics, and below, with a row for each layer, how its weights
    and gradients were spread, how far a step moved it, and how much of it was dead, from the start (left) to the end.

    record: a `Recorder`, its ``record``, or the file it wrote. At most 24 layers are drawn; the remark says so.
    In the heat maps a column is a moment, and the darker, the more numbers: by the square root of their share.
    Gradients and shares stand on one scale for all layers, and so do the ratios; weights on one for each layer.
    save: a ``.png``, ``.svg`` or ``.pdf`` file to write.

    Raises MinicnnError where the file is no record, where nothing was recorded, and for an unknown file ending.
    """
    kept = _record_of(record)
    kinds = [kind for kind in HEADS if kept.layers(kind)]
    having = {layer for kind in kinds for layer in kept.layers(kind)}
    layers = [layer for layer in kept.order if layer in having]
    if not kept.moments or not layers:
        raise _checks.error("visualize.training_record", "nothing was recorded", "one moment or more", 0,
                            "Pass the Recorder to model.fit(..., callbacks=[...]) first.")
    heads = [_head(kind, kept) for kind in kinds]
    remark = f"{kept.moments[-1]:,} {kept.unit}{'es' if kept.unit == 'batch' else 's'}" \
             f"; {len(kept.moments)} moments were recorded" if kept.moments[-1] else "before training"
    table = LayerTable("Record of a training", remark, layers, heads, CURVES if kept.logs else 0.0)
    if kept.logs:
        draw_curves(table.sheet, kept.logs, table.above, [epoch + 1 for epoch in kept.epochs])
    for column, kind in enumerate(kinds):
        shown = [layer for layer in table.layers if layer in kept.layers(kind)]
        for layer in shown:
            axes = table.cell(layer, column, last=layer == shown[-1])
            DRAW[kind](axes, kept, layer)
            _time_axis(axes, kept, layer == shown[-1])
    return drawing.finish(table.sheet, save)


def _record_of(record: "Record | HasRecord | str | os.PathLike[str]") -> Record:
    if isinstance(record, Record):
        return record
    if isinstance(record, (str, os.PathLike)):
        return read_record(record)
    return record.record


def _head(kind: str, record: Record) -> tuple[str, str]:
    if kind == "dead_units" and set(record.kinds.values()) == {"saturated"}:
        return "saturated units", "share of values where it is flat"
    if kind == "dead_units" and "saturated" in record.kinds.values():
        return "dead or saturated units", "ReLUs never above 0; flat values"
    return HEADS[kind]


# -- cells ---------------------------------------------------------------------------------------


def _draw_weights(axes: "Axes", record: Record, layer: str) -> None:
    counts, limits = record.of("weights", layer), record.of("weight_limits", layer)
    limit = float(limits.max())
    edges = np.linspace(-limit, limit, counts.shape[1] + 1)
    spread = [rebinned(row, np.linspace(-own, own, len(edges)), edges)
              for row, own in zip(counts, limits.tolist(), strict=True)]
    _heat_map(axes, np.array(spread), record, -limit, limit)
    axes.set_yticks([-limit, 0, limit], [drawing.short(-limit), "0", drawing.short(limit)])


def _draw_gradients(axes: "Axes", record: Record, layer: str) -> None:
    counts = record.of("gradients", layer)
    _heat_map(axes, counts, record, float(GRADIENT_EDGES[0]), float(GRADIENT_EDGES[-1]))
    low, high = _range_of_gradients(record)
    axes.set_ylim(low, high)
    powers = _powers(low, high)
    axes.set_yticks(powers, [power_of_ten(power) for power in powers])
    zeros = counts[-1, 0] / counts[-1].sum()
    if zeros >= 0.005:
        axes.text(0.97, 0.06, f"{zeros:.0%} zero at the end".replace("%", " %"), transform=axes.transAxes, ha="right",
                  fontsize=drawing.SMALL)


def _range_of_gradients(record: Record) -> tuple[float, float]:
    """The powers of ten between which a layer's gradients lie, but for the rare ones and the zeros."""
    found = np.zeros(len(GRADIENT_EDGES) - 1, bool)
    for layer in record.layers("gradients"):
        counts = record.of("gradients", layer)
        found |= (counts > 0.01 * counts.sum(axis=1, keepdims=True)).any(axis=0)
    found[0] = False
    places = np.flatnonzero(found) if found.any() else np.arange(len(found))
    low, high = np.floor(GRADIENT_EDGES[places[0]]), np.ceil(GRADIENT_EDGES[places[-1] + 1])
    return float(low), float(high)


def _powers(low: float, high: float) -> list[int]:
    """Four marks at most, at powers of ten."""
    step = max(1, -(-round(high - low) // 3))
    return list(range(round(low), round(high) + 1, step))


def _heat_map(axes: "Axes", counts: Array, record: Record, low: float, high: float) -> None:
    """Counts (T, B): a column for each moment, from its place to that of the next."""
    shares = np.sqrt(counts / counts.sum(axis=1, keepdims=True))
    edges = _borders(record.moments)
    colors = drawing.color_scale(0, float(shares.max()), drawing.AMOUNT)
    axes.pcolormesh(edges, np.linspace(low, high, counts.shape[1] + 1), shares.T, cmap=colors.map, norm=colors.norm,
                    rasterized=True)


def _borders(moments: list[int]) -> Array:
    """Where the columns of moments begin and end: halfway between neighbors."""
    places = np.array(moments, float)
    if len(places) == 1:
        return np.array([places[0] - 0.5, places[0] + 0.5])
    middles = (places[1:] + places[:-1]) / 2
    return np.array([2 * places[0] - middles[0], *middles, 2 * places[-1] - middles[-1]])


def _draw_ratios(axes: "Axes", record: Record, layer: str) -> None:
    everything = np.concatenate([record.of("update_ratios", other) for other in record.layers("update_ratios")])
    low, high = decades(np.append(everything[np.isfinite(everything) & (everything > 0)], RULE))
    axes.plot(record.moments, record.of("update_ratios", layer), color=drawing.SECOND, linewidth=1.2,
              marker="o" if len(record.moments) <= 40 else "", markersize=2)
    axes.axhline(RULE, color=drawing.ACCENT, linewidth=1, linestyle=":")
    axes.set(yscale="log", ylim=(low, high))
    axes.minorticks_off()
    powers = _powers(np.log10(low), np.log10(high))
    axes.set_yticks([10.0 ** power for power in powers], [power_of_ten(power) for power in powers])


def _draw_dead(axes: "Axes", record: Record, layer: str) -> None:
    shares = record.of("dead_units", layer)
    axes.fill_between(record.moments, shares, color=drawing.ACCENT, alpha=0.35, linewidth=0)
    axes.plot(record.moments, shares, color=drawing.ACCENT, linewidth=1.2)
    axes.set(ylim=(0, 1))
    axes.set_yticks([0, 0.5, 1], ["0", "50 %", "100 %"])
    kind = record.kinds.get(layer, "dead")
    axes.text(0.97, 0.9, f"{_percent(shares[-1])} {kind}", transform=axes.transAxes, ha="right", va="top",
              fontsize=drawing.SMALL)


def _percent(share: float) -> str:
    """``21 %``; what is less than a half of one, but not none, is ``< 1 %``."""
    return "< 1 %" if 0 < share < 0.005 else f"{100 * share:.0f} %"


def _time_axis(axes: "Axes", record: Record, named: bool) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_xlim(*_borders(record.moments)[[0, -1]])
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True, min_n_ticks=1))
    if named:
        axes.set_xlabel(record.unit, fontsize=drawing.TEXT)


DRAW = {"weights": _draw_weights, "gradients": _draw_gradients, "update_ratios": _draw_ratios,
        "dead_units": _draw_dead}
