"""Figures 5 and 6 of the paper: its curves beside ours, from the records of a folder."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from minicnn import _checks
from minicnn._types import Array
from minicnn.reproducing import published, records
from minicnn.reproducing.records import Record
from minicnn.visualize import drawing
from minicnn.visualize.drawing import ACCENT, SECOND

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANEL = (3.7, 2.9)  # inches
PITCH = PANEL[0] + 0.75
LEFT = 0.6
CLOSE = 1.5
"""% up to which the second panel of Figure 5 goes: where the last passes can be told apart."""
WHOLE = 60_000


def error_by_pass(folder: str | os.PathLike[str], variant: str = "best", *,
                  save: str | os.PathLike[str] | None = None) -> "Figure":
    """Figure 5: % wrong against passes, training and test; the paper's curve beside ours, mean and range over seeds.

    folder: where ``minicnn reproduce`` left its records. Of several numbers of digits the largest is drawn. The left
    panel is the paper's, the right one shows its lower part.
    save: a ``.png``, ``.svg`` or ``.pdf`` file to write.

    Raises MinicnnError where the folder has no such run.
    """
    runs = [run for run in records.read_all(folder) if run.recipe.name == variant and run.passes]
    if not runs:
        raise _nothing(folder, f"runs of {variant!r}", f"minicnn reproduce lenet5 --variant {variant} --out FOLDER")
    most = max(run.digits for run in runs)
    runs = [run for run in runs if run.digits == most]
    recipe = runs[0].recipe
    remark = (f"{variant}: {most:,} digits, {recipe.loss_name}, rates x {recipe.factor:g}, "
              f"first weights {recipe.start_name}; {_seeds(len(runs))}"
              f"{'; training digits distorted, other ones each time' * recipe.distorted}")
    sheet, top = drawing.headed_sheet("LeNet-5, error by pass: Figure 5 of the paper, and ours", remark,
                                       LEFT + 2 * PITCH - 0.3, PANEL[1] + 0.5)
    ours = {"training": _curves(runs, "training"), "test": _curves(runs, "test")}
    highest = max(5.0, *(float(np.nanmax(curve)) for curve in ours.values()))
    for number, upper in enumerate((min(1.04 * highest, 100.0), CLOSE)):
        axes = sheet.axes(LEFT + number * PITCH, top, *PANEL, label=("whole", "close")[number])
        _draw_passes(axes, ours)
        last = max(20, ours["test"].shape[1])
        axes.set(xlim=(0, last + 0.5), ylim=(0, upper), xticks=range(0, last + 1, 5 if last <= 40 else 20))
        _dress(axes, "passes through the digits", "% wrong" if not number else "")
        if not number:
            axes.legend(fontsize=drawing.TEXT, loc="upper right", frameon=False)
    return drawing.finish(sheet, save)


def error_by_size(folder: str | os.PathLike[str], *, save: str | os.PathLike[str] | None = None) -> "Figure":
    """Figure 6: % wrong against how many digits were trained on; the paper's points beside ours, "best" and, as
    hollow squares, "distorted"; means over seeds, with their range where there are several.

    folder: where ``minicnn reproduce lenet5 --figure 6`` left its records.
    save: a ``.png``, ``.svg`` or ``.pdf`` file to write.

    Raises MinicnnError where the folder has no such runs.
    """
    runs = [run for run in records.read_all(folder) if run.passes]
    best = [run for run in runs if run.recipe.name == "best"]
    if not best:
        raise _nothing(folder, "runs of 'best'", "minicnn reproduce lenet5 --figure 6 --out FOLDER")
    distorted = [run for run in runs if run.recipe.name == "distorted"]
    sheet, top = drawing.headed_sheet(
        "LeNet-5, error by size of the training set: Figure 6 of the paper, and ours",
        f"errors of the last pass; {best[0].recipe.loss_name}, rates x {best[0].recipe.factor:g}, "
        f"first weights {best[0].recipe.start_name}", 7.2, PANEL[1] + 0.5)
    axes = sheet.axes(LEFT, top, 4.2, PANEL[1], label="sizes")
    _draw_paper_sizes(axes)
    _draw_sizes(axes, best, "test", "test, ours", color=ACCENT, marker="s")
    _draw_sizes(axes, best, "training", "training, ours", color=SECOND, marker="o")
    if distorted:
        _draw_sizes(axes, distorted, "test", "test, with distortions, ours", color=ACCENT, marker="s",
                    markerfacecolor="white")
    axes.set(ylim=(0, None), xlim=(0, 1.15 * max(WHOLE, *(run.digits for run in runs)) / 1000))
    _dress(axes, "digits to train on, thousands", "% wrong")
    axes.legend(fontsize=drawing.TEXT, loc="upper left", bbox_to_anchor=(1.0, 1.02), frameon=False)
    return drawing.finish(sheet, save)


def _nothing(folder: str | os.PathLike[str], what: str, cure: str) -> _checks.MinicnnError:
    return _checks.error(f"results {Path(folder).name!r}", f"the folder has no {what}", cure=f"Run {cure}.")


def _seeds(count: int) -> str:
    return "one seed" if count == 1 else f"mean and range of {count} seeds"


# -- curves ------------------------------------------------------------------------------------------


def _curves(runs: Sequence[Record], what: str) -> Array:
    """A row for each run; NaN behind the end of one that was given up."""
    longest = max(len(run.passes) for run in runs)
    curves = np.full((len(runs), longest), np.nan)
    for row, run in enumerate(runs):
        curves[row, :len(run.passes)] = [getattr(one, what) for one in run.passes]
    return curves


def _draw_passes(axes: "Axes", ours: dict[str, Array]) -> None:
    for what, paper, color, marker in (("training", published.TRAINING, SECOND, "o"),
                                       ("test", published.TEST, ACCENT, "s")):
        axes.plot(range(1, len(paper) + 1), paper, color=color, linestyle=":", linewidth=1, marker=marker,
                  markersize=4, markerfacecolor="white", label=f"{what}, the paper")
        curves = ours[what]
        passes = np.arange(1, curves.shape[1] + 1)
        if len(curves) > 1:
            axes.fill_between(passes, np.nanmin(curves, axis=0), np.nanmax(curves, axis=0), color=color, alpha=0.25,
                              linewidth=0)
        axes.plot(passes, np.nanmean(curves, axis=0), color=color, linewidth=1.5, marker=marker, markersize=3.5,
                  label=f"{what}, ours")


def _draw_paper_sizes(axes: "Axes") -> None:
    for points, label, color, marker in ((published.TEST_BY_SIZE, "test", ACCENT, "^"),
                                         (published.TRAINING_BY_SIZE, "training", SECOND, "v"),
                                         (published.DISTORTED_BY_SIZE, "test, with distortions", ACCENT, "D")):
        axes.plot([size / 1000 for size in points], list(points.values()), color=color, linestyle=":", linewidth=1,
                  marker=marker, markersize=5, markerfacecolor="white", label=f"{label}, the paper")


def _draw_sizes(axes: "Axes", runs: Sequence[Record], what: str, label: str, **style: str) -> None:
    sizes = sorted({run.digits for run in runs})
    found = [[getattr(run.last, what) for run in runs if run.digits == size] for size in sizes]
    means = np.array([np.mean(values) for values in found])
    reach = [means - [min(values) for values in found], [max(values) for values in found] - means]
    axes.errorbar([size / 1000 for size in sizes], means, yerr=reach, linewidth=1.5, markersize=5, capsize=2,
                  label=label, **style)  # type: ignore[arg-type]


def _dress(axes: "Axes", below: str, beside: str) -> None:
    axes.set_xlabel(below, fontsize=drawing.TEXT)
    axes.set_ylabel(beside, fontsize=drawing.TEXT)
    axes.grid(color="0.88", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
