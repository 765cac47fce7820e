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
STEP, HEIGHT = 0.75, 2.4  # inches: from one layer to the next; of the panel


def decline(model: str, layers: Sequence[str], methods: Sequence[str], means: Array,
            save: str | os.PathLike[str] | None) -> "Figure":
    """Lines that start at 1, one for each method; means (L, M), NaN where maps are blank."""
    names = ["nothing", *(drawing.shortened(layer, 18) for layer in layers)]
    below = max(map(drawing.text_width, names)) * 0.65 + 0.4  # slanted
    width = max(2.5, STEP * len(layers))
    legend = 0.55 + max(map(drawing.text_width, methods))
    sheet, top = drawing.headed_sheet(
        f"{drawing.shortened(model)}: do the maps need what was learned?",
        "rank correlation with the maps of the trained network; a good map falls to 0",
        0.95 + width + legend + 2 * drawing.MARGIN, HEIGHT + below + drawing.MARGIN)
    axes = sheet.axes(0.8, top + 0.05, width, HEIGHT, "correlations")
    axes.axhline(0, color=drawing.FRAME, linewidth=0.8)
    for i, name in enumerate(methods):
        color, marker, line = STYLES[i % len(STYLES)]
        axes.plot(range(len(names)), [1.0, *means[:, i]], label=name, color=color, marker=marker, linestyle=line,
                  markersize=4, linewidth=1.3)
    axes.set_xticks(range(len(names)), labels=names, rotation=40, ha="right", rotation_mode="anchor")
    axes.set(xlim=(-0.2, len(layers) + 0.2), ylim=(min(-0.25, float(np.nanmin(means, initial=0)) - 0.1), 1.08))
    axes.set_xlabel("started anew, from the scores down to this layer", fontsize=drawing.TEXT)
    axes.set_ylabel("Spearman's correlation", fontsize=drawing.TEXT)
    axes.legend(loc="upper left", bbox_to_anchor=(1.02, 1.0), fontsize=drawing.TEXT, frameon=False, borderaxespad=0)
    axes.spines[["top", "right"]].set_visible(False)
    return drawing.finish(sheet, save)
