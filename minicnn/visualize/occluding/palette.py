"""Colors for classes on a map, and the legend that names them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from minicnn._types import Array
from minicnn.visualize import drawing
from minicnn.visualize.drawing import Colors, Sheet
from minicnn.visualize.tiles import draw_boxes

KINDS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442")
"""Okabe and Ito's colors that the color-blind can tell apart (Color Universal Design, 2008), without black."""
OTHERS = "#999999"
SQUARE = 0.12  # inches


@dataclass(frozen=True)
class Palette:
    """The classes that have a color, the most frequent first, and whether others share the gray behind them."""

    classes: tuple[int, ...]
    names: tuple[str, ...]

    @cached_property
    def colors(self) -> Colors:
        """For the numbers that `numbered` gives."""
        from matplotlib.colors import ListedColormap, NoNorm

        return Colors(NoNorm(0, len(KINDS)), ListedColormap([*KINDS, OTHERS]))

    def numbered(self, classes: Array) -> Array:
        """The number of the color of each class; masked where there is none (-1)."""
        numbers = np.full(classes.shape, len(KINDS))
        for number, kind in enumerate(self.classes):
            numbers[classes == kind] = number
        masked: Array = np.ma.masked_array(numbers, classes < 0)
        return masked

    @property
    def width(self) -> float:
        """Inches of the legend."""
        return SQUARE + 0.12 + max(map(drawing.text_width, self.names))

    @property
    def height(self) -> float:
        """Inches of the legend."""
        return len(self.names) * drawing.LINE

    def legend(self, sheet: Sheet, left: float, top: float) -> None:
        """A square of its color for each class, with its name."""
        axes = sheet.canvas(left, top, SQUARE, self.height, "legend")
        colors = [*KINDS[:len(self.classes)], OTHERS][:len(self.names)]
        for i, (name, color) in enumerate(zip(self.names, colors, strict=True)):
            high = i * drawing.LINE + 0.01
            draw_boxes(axes, [(0.0, SQUARE, high + SQUARE, high)], name, facecolor=color, edgecolor=drawing.FRAME,
                       linewidth=0.5)
            sheet.text(left + SQUARE + 0.05, top + i * drawing.LINE, name)


def palette(classes: Array, names: Sequence[str]) -> Palette:
    """Colors for the classes on maps, those that cover the most first; names: of all classes."""
    kinds, counts = np.unique(classes[classes >= 0], return_counts=True)
    order = kinds[np.argsort(-counts, kind="stable")].tolist()
    shown = [drawing.shortened(names[kind], 18) for kind in order[:len(KINDS)]]
    others = len(order) - len(shown)
    return Palette(tuple(order[:len(KINDS)]), (*shown, *([f"{others} others"] if others else [])))
