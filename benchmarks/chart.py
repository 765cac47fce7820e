"""The picture: our time as a part of everybody else's, row by row."""

from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from benchmarks.competitors import COMPETITORS, OURS
from benchmarks.report import LAYOUTS, Results, ratio

MARKS = {"keras-torch": ("s", "#E69F00"), "keras-jax": ("D", "#009E73"), "jax": ("^", "#CC79A7"),
         "numba": ("v", "0.4"), "numpy": ("<", "0.6")}
"""Marker and color (Okabe and Ito's, safe for the color-blind) of the others; PyTorch has the bars."""


def draw(results: Results, path: Path) -> None:
    """Write the chart: bars for PyTorch in the better of its layouts, with must and aim; marks for the others."""
    rows = list(results.rows.items())
    figure = Figure((9.5, 1.5 + 0.34 * len(rows)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    bars = [(at, value) for at, (_, times) in enumerate(rows) if (value := ratio(times, *LAYOUTS)) is not None]
    if bars:
        axes.barh([at for at, _ in bars], [value for _, value in bars], 0.6, color="#56B4E9", left=0,
                  label="PyTorch, the better layout")
    for key, (marker, color) in MARKS.items():
        label = COMPETITORS[key].label
        points = [(ratio(times, label), at) for at, (_, times) in enumerate(rows) if label in times]
        if points:
            axes.plot(*zip(*points, strict=True), marker, color=color, label=label, markersize=6, linestyle="none")
    for kind, color in (("must", "#D55E00"), ("aim", "black")):
        places = [(value, at) for at, (row, _) in enumerate(rows) if (value := getattr(row, kind)) is not None]
        if places:
            values, ats = zip(*places, strict=True)
            axes.vlines(values, [at - 0.4 for at in ats], [at + 0.4 for at in ats], color=color, linewidth=2,
                        label=f"{kind} (of PyTorch's time)")
    axes.axvline(1, color="0.3", linewidth=0.8, linestyle="--")
    axes.set_xscale("log")
    axes.set(yticks=range(len(rows)), yticklabels=[row.name for row, _ in rows], ylim=(len(rows) - 0.4, -0.6),
             xlabel=f"time of {OURS.label}, as a part of theirs (left of 1: {OURS.label} is faster)")
    axes.set_xlim(left=min(0.03, axes.get_xlim()[0]))
    axes.set_xticks([0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5], ["0.02", "0.05", "0.1", "0.2", "0.5", "1", "2", "5"])
    axes.xaxis.minorticks_off()
    axes.grid(axis="x", color="0.9")
    axes.set_axisbelow(True)
    if axes.get_legend_handles_labels()[0]:
        figure.legend(loc="outside upper center", ncols=3, frameon=False)
    figure.savefig(path, dpi=120)
