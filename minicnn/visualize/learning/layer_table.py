"""A table of small diagrams: a row for each layer, a column for each question."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from minicnn.visualize import drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 24
"""Layers that are drawn at most: the first of them and the last, where there are more."""
CELL = (2.1, 0.62)  # inches
PITCH = (CELL[0] + 0.62, CELL[1] + 0.16)
ABOVE, BELOW = 0.55, 0.5  # inches: for the heads of the columns; for the numbers and the name of the axis below


class LayerTable:
    """Where the rows and columns of the table stand on a sheet that is made for it.

    title, remark: at the top. layers: the names of the rows. columns: their heads, a line or two each.
    above: inches to leave between the remark and the table.
    """

    def __init__(self, title: str, remark: str, layers: Sequence[str], columns: Sequence[Sequence[str]],
                 above: float = 0.0) -> None:
        self.layers, left_out = shown(layers)
        self.columns = columns
        remark = "; ".join(filter(None, [remark, left_out]))
        names = [drawing.shortened(layer) for layer in self.layers]
        self.left = drawing.MARGIN + max(drawing.text_width(name, bold=True) for name in names) + 0.5
        width = self.left + len(columns) * PITCH[0] - 0.62 + 2 * drawing.MARGIN
        height = above + ABOVE + len(names) * PITCH[1] + BELOW
        self.sheet, top = drawing.headed_sheet(title, remark, width, height)
        self.above, self.top = top, top + above + ABOVE
        for i, name in enumerate(names):
            self.sheet.text(drawing.MARGIN, self.top + i * PITCH[1] + 0.2, name, weight="bold")
        for i, lines in enumerate(columns):
            for j, line in enumerate(lines):
                self.sheet.text(self.left + i * PITCH[0], self.top - ABOVE + 0.12 + j * 0.9 * drawing.LINE, line,
                                weight="normal" if j else "bold", color=drawing.QUIET if j else "black")

    def cell(self, layer: str, column: int, last: bool = False) -> "Axes":
        """The axes of a layer in a column. last: the lowest of its column, which alone has numbers below."""
        axes = self.sheet.axes(self.left + column * PITCH[0], self.top + self.layers.index(layer) * PITCH[1], *CELL,
                               label=f"{self.columns[column][0]} of {layer}")
        axes.tick_params(labelsize=drawing.SMALL, length=2, width=0.5, labelbottom=last)
        for spine in axes.spines.values():
            spine.set(linewidth=0.5, color=drawing.FRAME)
        return axes


def shown(layers: Sequence[str]) -> tuple[list[str], str]:
    """The layers that are drawn, and what the picture says of the others."""
    names = list(layers)
    if len(names) <= MOST:
        return names, ""
    return names[:MOST // 2] + names[-MOST // 2:], (
        f"the first {MOST // 2} and the last {MOST // 2} of {len(names)} layers are drawn")
