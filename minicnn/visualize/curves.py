"""Training curves."""

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np

from minicnn import _checks
from minicnn.visualize import drawing
from minicnn.visualize.drawing import Sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Figures: TypeAlias = Mapping[str, Sequence[float]]
PANEL = (3.3, 2.4)  # inches
PITCH = PANEL[0] + 1.0
BETTER = {"loss": np.nanargmin, "accuracy": np.nanargmax}
MARKED = 40  # epochs up to which each is marked by a point


class HasHistory(Protocol):
    """A `History`: what `fit` returns."""

    history: dict[str, list[float]]


def learning_curves(history: HasHistory | Figures, *, save: str | os.PathLike[str] | None = None) -> "Figure":
    """Loss, accuracy and any other metric against epochs (from 1), a panel each, validation beside training.

    history: what `fit` returned, or its dict of lists; a metric that is missing has no panel or no line.
    Where the validation of loss or accuracy was better before the end than at it, its best epoch is marked: from there
    on the network may only have learned its images by heart.
    save: a ``.png``, ``.svg`` or ``.pdf`` file to write.

    Raises MinicnnError where there is nothing to draw, and for an unknown file ending.
    """
    figures = _checked(history if isinstance(history, Mapping) else history.history)
    count = len(next(iter(figures.values())))
    sheet = Sheet(len(_panels(figures)) * PITCH + drawing.MARGIN, PANEL[1] + 1.0)
    draw_curves(sheet, figures, 0.0, range(1, count + 1))
    return drawing.finish(sheet, save)


def draw_curves(sheet: Sheet, figures: Figures, top: float, epochs: Sequence[int]) -> None:
    """The panels of `learning_curves` beside each other on a sheet, as many as it has room for, ``top`` inches below
    its upper edge. epochs: the number of each."""
    for i, name in enumerate(_panels(figures)[:max(1, int(sheet.width / PITCH))]):
        axes = sheet.axes(0.85 + i * PITCH, top + 0.45, *PANEL, label=name)
        _curve(axes, epochs, figures.get(name), "training", color=drawing.SECOND, marker="o", linestyle="-")
        _curve(axes, epochs, figures.get(f"val_{name}"), "validation", color=drawing.ACCENT, marker="s",
               linestyle="--")
        _mark_best(axes, epochs, figures.get(f"val_{name}"), BETTER.get(name))
        _dress(axes, name)


def _checked(figures: Figures) -> Figures:
    """The dict, known to hold lists of one length."""
    lengths = {name: np.shape(values) for name, values in figures.items()}
    if not lengths or len(set(lengths.values())) > 1 or any(len(s) != 1 or not s[0] for s in lengths.values()):
        raise _checks.error("visualize.learning_curves", "this is no history of a training",
                            "a dict of lists, one number for each epoch", lengths or "an empty history",
                            "Pass what model.fit(...) returned.")
    return figures


def _panels(figures: Figures) -> list[str]:
    """The metrics in the order of their panels: loss, accuracy, others."""
    names = dict.fromkeys(name.removeprefix("val_") for name in figures)
    return sorted(names, key=lambda name: (name != "loss", name != "accuracy"))


def _curve(axes: "Axes", epochs: Sequence[int], values: Sequence[float] | None, label: str, color: str, marker: str,
           linestyle: str) -> None:
    if values is None:
        return
    axes.plot(epochs, values, color=color, linestyle=linestyle, linewidth=1.5,
              marker=marker if len(values) <= MARKED else "", markersize=4,
              label=f"{label}, last {values[-1]:.4g}")


def _mark_best(axes: "Axes", epochs: Sequence[int], values: Sequence[float] | None, best: Any) -> None:
    """A ring around the best value of a validation, where that is not its last."""
    if values is None or best is None or not np.isfinite(values).any():
        return
    at = int(best(np.where(np.isfinite(values), values, np.nan)))
    if values[at] != values[-1]:
        axes.plot([epochs[at]], [values[at]], linestyle="", marker="o", markersize=11, markerfacecolor="none",
                  color=drawing.ACCENT, label=f"best validation {values[at]:.4g}, epoch {epochs[at]}")


def _dress(axes: "Axes", name: str) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_title(drawing.shortened(name), fontsize=drawing.TITLE, fontweight="bold", parse_math=False)
    axes.set_xlabel("epoch", fontsize=drawing.TEXT)
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True, min_n_ticks=1))
    axes.yaxis.get_offset_text().set_fontsize(drawing.SMALL)
    axes.grid(color="0.88", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=drawing.TEXT, loc="best")
