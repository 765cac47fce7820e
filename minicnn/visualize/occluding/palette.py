"""Colors for classes on a map, and the legend that names them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from minicnn._types import Array
from minicnn.visualize import drawing
from minicnn.visualize.drawing import Colors, Sheet
from minicnn.visualize.tiles import draw_boxes

KINDS = ("#88CCEE", "#332288", "#DDCC77", "#117733", "#CC6677", "#882255", "#44AA99", "#999933", "#AA4499")
OTHERS = "#BBBBBB"
"""The nine colors of Tol's scheme "muted", which the color-blind can tell apart (Colour Schemes, 2021), and a gray."""
SQUARE = 0.12  # inches


@dataclass(frozen=True)
class Palette:
    """The classes that have a color of their own, by number, and the names in the legend: theirs, and behind them that
    of the gray."""

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
    """Colors for the classes on maps. Where there are too many, those that cover the least share the gray.

    names: of all classes.
    """
    kinds, counts = np.unique(classes[classes >= 0], return_counts=True)
    if len(kinds) > len(KINDS) + 1:
        most = np.argsort(-counts, kind="stable")[:len(KINDS)]
        gray = [f"{len(kinds) - len(KINDS)} others"]
        kinds = np.sort(kinds[most])
    else:
        gray = [drawing.shortened(names[kind], 18) for kind in kinds[len(KINDS):]]
        kinds = kinds[:len(KINDS)]
    return Palette(tuple(kinds.tolist()), (*(drawing.shortened(names[kind], 18) for kind in kinds), *gray))
