"""Rank correlations against the layers that were forgotten, as a picture."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from minicnn._types import Array
from minicnn.visualize import drawing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STYLES = (("#0072B2", "o", "-"), ("#D55E00", "s", "--"), ("#009E73", "^", "-."), ("#CC79A7", "D", ":"),
          ("#56B4E9", "v", "-"), ("#E69F00", "P", "--"), ("#000000", "X", "-."))
"""Color (of Okabe and Ito's palette), marker and line: lines are told apart without colors, too."""
ROW, WIDTH = 0.32, 3.6  # inches: from one layer to the next; of the panel


def decline(model: str, layers: Sequence[str], methods: Sequence[str], means: Array,
            save: str | os.PathLike[str] | None) -> "Figure":
    """Lines that start at 1 and run down through the layers, one for each method; means (L, M), NaN where maps are
    blank."""
    names = ["nothing", *(drawing.shortened(layer) for layer in layers)]
    left = 3 * drawing.MARGIN + max(map(drawing.text_width, names))
    legend = 0.6 + max(map(drawing.text_width, methods))
    height = max(ROW * len(layers), 0.2 * len(methods), 1.0)
    sheet, top = drawing.headed_sheet(
        f"{drawing.shortened(model)}: do the maps need what was learned?",
        "layers start anew, from the scores down; a good map falls to 0", left + WIDTH + legend + 2 * drawing.MARGIN,
        height + 0.55)
    axes = sheet.axes(left, top, WIDTH, height, "correlations")
    axes.axvline(0, color=drawing.FRAME, linewidth=0.8)
    for i, name in enumerate(methods):
        color, marker, line = STYLES[i % len(STYLES)]
        axes.plot([1.0, *means[:, i]], range(len(names)), label=name, color=color, marker=marker, linestyle=line,
                  markersize=4, linewidth=1.3)
    axes.set_yticks(range(len(names)), labels=names, parse_math=False)
    axes.set(ylim=(len(layers) + 0.4, -0.4), xlim=(min(-0.25, float(np.nanmin(means, initial=0)) - 0.1), 1.08))
    axes.set_xlabel("rank correlation with the maps of the trained network", fontsize=drawing.TEXT)
    axes.legend(loc="upper left", bbox_to_anchor=(1.03, 1.0), fontsize=drawing.TEXT, frameon=False, borderaxespad=0)
    axes.spines[["top", "right"]].set_visible(False)
    return drawing.finish(sheet, save)
