"""Update-to-weight ratios as a picture."""

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from minicnn import _checks
from minicnn._types import Array
from minicnn.visualize import drawing
from minicnn.visualize.drawing import Sheet
from minicnn.visualize.learning.layer_table import shown
from minicnn.visualize.learning.ratios import RULE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIZE = (4.6, 3.2)  # inches
THUMB = "rule of thumb"
APART = 0.14  # inches between the names of two lines


def update_ratio_curves(ratios: Mapping[str, Sequence[float]], *, first: int = 1, unit: str = "step",
                        save: str | os.PathLike[str] | None = None) -> "Figure":
    """How far each layer's weights move, beside their size, step by step or epoch by epoch: a line for each layer, the
    rule of thumb, a thousandth, marked.

    ratios: what `update_ratios` gave, collected: a list for each layer, all of one length. Dark lines are early layers,
        light ones late. first: the number of the first step. unit: what is counted.
    save: a ``.png``, ``.svg`` or ``.pdf`` file to write.

    Raises MinicnnError where there is nothing to draw, and for an unknown file ending.
    """
    rows = {layer: np.asarray(row, float) for layer, row in ratios.items()}
    if not rows or len({row.shape for row in rows.values()}) > 1 or not all(
            row.ndim == 1 and (row > 0).any() for row in rows.values()):
        raise _checks.error("visualize.update_ratio_curves", "these are no ratios",
                            "a list of numbers above 0 for each layer, all of one length",
                            {layer: row.shape for layer, row in rows.items()} or "nothing")
    names, left_out = shown(list(rows))
    room = max(drawing.text_width(drawing.shortened(name)) for name in [*names, THUMB])
    remark = "how far a step moves the weights of a layer, as part of their size"
    sheet, top = drawing.headed_sheet("Updates beside weights", "; ".join(filter(None, [remark, left_out])),
                                      0.75 + SIZE[0] + room + 0.5, SIZE[1] + 0.55)
    axes = sheet.axes(0.75, top, *SIZE, label="ratios")
    _lines(axes, {name: rows[name] for name in names}, first)
    axes.set_xlabel(unit, fontsize=drawing.TEXT)
    _name_lines(sheet, axes, {name: rows[name] for name in names}, 0.75 + SIZE[0], top)
    return drawing.finish(sheet, save)


def _lines(axes: "Axes", rows: Mapping[str, Array], first: int) -> None:
    from matplotlib.ticker import MaxNLocator

    everything = np.concatenate([row[row > 0] for row in rows.values()])
    axes.set_yscale("log")
    axes.set_ylim(decades(everything))
    axes.axhline(RULE, color=drawing.QUIET, linewidth=1, linestyle=":")
    for i, (name, row) in enumerate(rows.items()):
        steps = np.arange(first, first + len(row))
        axes.plot(steps, row, color=shade(i, len(rows)), linewidth=1.3, label=name,
                  marker="o" if len(row) <= 40 else "", markersize=3)
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True, min_n_ticks=1))
    axes.minorticks_off()
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="0.88", linewidth=0.6)
    axes.set_axisbelow(True)


def decades(ratios: Array) -> tuple[float, float]:
    """The powers of ten between which all ratios lie, and the rule of thumb: two or more apart."""
    low, high = np.log10([min(ratios.min(), RULE) / 1.25, max(ratios.max(), RULE) * 1.25])
    return float(10 ** np.floor(low)), float(10 ** np.ceil(high))


def shade(place: int, of: int) -> tuple[float, ...]:
    """A color of cividis, which the color-blind see as others do: dark for the first layer, light for the last."""
    from matplotlib import colormaps

    color: tuple[float, ...] = colormaps["cividis"](0.8 * place / max(of - 1, 1))
    return color


def _name_lines(sheet: Sheet, axes: "Axes", rows: Mapping[str, Array], left: float, top: float) -> None:
    """The names at the ends of the lines, moved apart where they would overlap; and the name of the rule."""
    low, high = np.log10(axes.get_ylim())
    ends = {name: float(row[np.isfinite(row) & (row > 0)][-1]) for name, row in rows.items()}
    heights = {name: (high - np.log10(end)) / (high - low) * SIZE[1] for name, end in ends.items()}
    heights[THUMB] = (high - np.log10(RULE)) / (high - low) * SIZE[1]
    places = spread(heights, APART, SIZE[1])
    for name, place in places.items():
        color = drawing.QUIET if name == THUMB else shade(list(rows).index(name), len(rows))
        sheet.text(left + 0.2, top + place - 0.06, drawing.shortened(name), color=color)
        canvas_line(sheet, (left, top + heights[name]), (left + 0.17, top + place), color)


def spread(heights: Mapping[str, float], apart: float, room: float) -> dict[str, float]:
    """The heights, in order, moved so that neighbors are ``apart`` and, as far as there is room, within it.

    >>> spread({"a": 1.0, "b": 1.0, "c": 3.0}, 0.5, 3.0)
    {'a': 1.0, 'b': 1.5, 'c': 3.0}
    """
    order = sorted(heights, key=lambda name: heights[name])
    places: list[float] = []
    for name in order:
        places.append(max(heights[name], places[-1] + apart) if places else heights[name])
    for i in reversed(range(len(places))):  # those at the end push the others back
        limit = places[i + 1] - apart if i + 1 < len(places) else max(room, apart * (len(places) - 1))
        places[i] = min(places[i], limit)
    return dict(zip(order, places, strict=True))


def canvas_line(sheet: Sheet, start: tuple[float, float], end: tuple[float, float], color: object) -> None:
    """A thin line between two places of the sheet, in inches from its top left corner."""
    from matplotlib.lines import Line2D

    x, y = zip(start, end, strict=True)
    sheet.figure.add_artist(Line2D([value / sheet.width for value in x], [1 - value / sheet.height for value in y],
                                   color=color, linewidth=0.6))  # type: ignore[arg-type]
