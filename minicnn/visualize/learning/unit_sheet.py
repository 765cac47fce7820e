"""Dead and saturated units as a picture."""

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn.visualize import drawing
from minicnn.visualize.arrays import as_strip
from minicnn.visualize.learning.layer_table import shown
from minicnn.visualize.learning.units import FLAT, DeadUnits, dead_units

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from minicnn.models import Model

BAR, ROW, STRIP = 1.6, 0.3, 3.2  # inches: width of a full bar, height of a row, width of a strip of units
A_ROW = 128
WORDS = {"dead": "dead: never above zero for any image, at any position (black)",
         "saturated": f"saturated: values where the slope is below {FLAT:.0%} of the steepest (the darker, the more)"
         .replace("%", " %")}


def dead_unit_bars(model: "Model", x: Any, *, verbose: int = 1,
                   save: str | os.PathLike[str] | None = None) -> "Figure":
    """How many units of each layer are dead or saturated for these images, and which: a row for each layer, a bar for
    the share and a strip with a cell for each unit (many: rows of 128), black where it does nothing.

    The numbers are those of `dead_units`, which says what the words mean. At most 24 layers are drawn.
    verbose: 0 for no progress bar; with 1 it appears after two seconds.
    save: a ``.png``, ``.svg`` or ``.pdf`` file to write.

    Raises MinicnnError as `dead_units` does, and for an unknown file ending.
    """
    found = dead_units(model, x, verbose=verbose)
    names, left_out = shown(list(found))
    kinds = list(dict.fromkeys(units.kind for units in found.values()))
    remark = "; ".join(WORDS[kind] for kind in kinds)
    left = drawing.MARGIN + max(drawing.text_width(drawing.shortened(name), bold=True) for name in names) + 0.15
    words = [_words(found[name]) for name in names]
    room = max(map(drawing.text_width, words)) + 0.2
    title = f"{drawing.shortened(model.name)}: {' and '.join(kinds)} units"
    sheet, top = drawing.headed_sheet(title, "; ".join(filter(None, [remark, left_out])),
                                      left + BAR + room + STRIP + drawing.MARGIN, len(names) * ROW + drawing.MARGIN)
    for i, (name, line) in enumerate(zip(names, words, strict=True)):
        height = top + i * ROW
        sheet.text(drawing.MARGIN, height + 0.05, drawing.shortened(name), weight="bold")
        bar = sheet.canvas(left, height, BAR, ROW - 0.08, f"share of {name}")
        bar.barh([(ROW - 0.08) / 2], [BAR], ROW - 0.08, color="0.93")
        bar.barh([(ROW - 0.08) / 2], [BAR * found[name].share], ROW - 0.08, color=drawing.ACCENT)
        sheet.text(left + BAR + 0.1, height + 0.05, line)
        _strip(sheet.canvas(left + BAR + room, height, STRIP, ROW - 0.08, f"units of {name}"), found[name])
    return drawing.finish(sheet, save)


def _words(units: DeadUnits) -> str:
    if units.kind == "dead":
        return f"{int(units.units.sum()):,} of {len(units.units):,} dead"
    return f"{units.share:.1%} saturated".replace("%", " %")


def _strip(axes: "Axes", units: DeadUnits) -> None:
    colors = drawing.color_scale(0, 1, drawing.AMOUNT)
    cells = np.ma.masked_invalid(as_strip(units.units, A_ROW))
    axes.imshow(cells, cmap=colors.map, norm=colors.norm, aspect="auto",
                extent=(0, STRIP, ROW - 0.08, 0), interpolation="nearest")
    axes.add_patch(_frame())


def _frame() -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((0, 0), STRIP, ROW - 0.08, fill=False, edgecolor=drawing.FRAME, linewidth=0.5, clip_on=False)
