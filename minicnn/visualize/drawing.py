"""What all figures share: a sheet measured in inches, text that knows its width, color scales, files.

Matplotlib is imported inside the functions, so that it loads with the first figure and not before. pyplot is
never touched: it keeps every figure alive and is not made for threads.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn import _checks
from minicnn._types import Array
from minicnn.saving import atomic_write

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap, Normalize
    from matplotlib.figure import Figure

SIGNED, AMOUNT, REVERSED, COUNT = "RdBu_r", "gray_r", "gray", "Blues"
"""Color maps: blue-white-red around zero; white (zero) to black; black (zero) to white; white to blue."""
ACCENT, SECOND, FRAME, QUIET = "#D55E00", "#0072B2", "0.7", "0.35"
"""Vermillion and blue of Okabe and Ito's color-blind-safe palette; the gray of frames and of side remarks."""
TEXT, SMALL, TITLE = 8.0, 7.0, 10.0  # points
MARGIN, LINE = 0.15, 0.17  # inches: around everything; from one line of text to the next
DPI = 150


class Sheet:
    """A figure measured in inches from its top left corner, so that texts and pictures stay where they are put."""

    def __init__(self, width: float, height: float) -> None:
        from minicnn.visualize.picture import Picture

        self.figure: Figure = Picture((width, height), dpi=DPI, facecolor="white")
        self.width, self.height = width, height

    def axes(self, left: float, top: float, width: float, height: float, label: str = "") -> "Axes":
        """Axes at a place of the sheet; ``label`` lets a program find them again."""
        bottom = self.height - top - height
        axes = self.figure.add_axes((left / self.width, bottom / self.height, width / self.width,
                                     height / self.height), label=label)
        axes.tick_params(labelsize=TEXT, length=2.5)
        return axes

    def canvas(self, left: float, top: float, width: float, height: float, label: str = "") -> "Axes":
        """Bare axes whose coordinates are inches from their top left corner."""
        axes = self.axes(left, top, width, height, label)
        axes.set(xlim=(0, width), ylim=(height, 0), autoscale_on=False)
        axes.set_axis_off()
        return axes

    def text(self, left: float, top: float, text: str, size: float = TEXT, **style: Any) -> None:
        """A line of text whose upper left corner is at a place of the sheet."""
        # Names are shown as they are: a dollar sign in one is no formula.
        self.figure.text(left / self.width, 1 - top / self.height, text, fontsize=size, va="top", parse_math=False,
                         **style)

    def scale(self, colors: "Colors", left: float, top: float, height: float, title: str = "",
              label: str = "scale") -> None:
        """A color bar, its numbers at the right: lowest and highest, and the zero in the middle where there is room."""
        from matplotlib.cm import ScalarMappable

        low, high = float(colors.norm.vmin or 0), float(colors.norm.vmax or 0)
        axes = self.axes(left, top, 0.1, height, label)
        bar = self.figure.colorbar(ScalarMappable(colors.norm, colors.map), cax=axes)
        ticks = (low, 0.0, high) if low == -high and height > 0.4 else (low, high)
        bar.set_ticks(list(ticks), labels=[short(value) for value in ticks])
        bar.outline.set_linewidth(0.5)
        axes.tick_params(labelsize=SMALL, length=2, width=0.5)
        bar.set_label(title, fontsize=TEXT)


def headed_sheet(title: str, remark: str, width: float, height: float) -> tuple[Sheet, float]:
    """A sheet with a title and, if there is one, a remark under it; and the inches from its top they take.

    width, height: inches for what comes below; a long title makes the sheet wider.
    """
    top = MARGIN + (2.8 if remark else 1.8) * LINE
    words = max(text_width(title, TITLE, bold=True), text_width(remark))
    sheet = Sheet(max(width, words + 2 * MARGIN), top + height)
    sheet.text(MARGIN, MARGIN, title, TITLE, weight="bold")
    sheet.text(MARGIN, MARGIN + 1.3 * LINE, remark, color=QUIET)
    return sheet, top


def finish(sheet: Sheet, save: str | os.PathLike[str] | None) -> "Figure":
    """The figure of a sheet; written to ``save`` first, where that is given."""
    if save is not None:
        write(sheet.figure, save)
    return sheet.figure


def write(figure: "Figure", save: str | os.PathLike[str], dpi: float = DPI) -> None:
    """Write a figure to a file of the kind that its ending names. dpi: pixels of an inch, in a PNG."""
    ending = check_ending(save)
    # Without a date, so that the same picture is the same file.
    metadata = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(ending)
    with atomic_write(save) as file:
        figure.savefig(file, format=ending, dpi=dpi, metadata=metadata)


def check_ending(save: str | os.PathLike[str]) -> str:
    """"png", "svg" or "pdf", by the ending of a file's name."""
    ending = Path(save).suffix.lower()
    if ending not in (".png", ".svg", ".pdf"):
        raise _checks.error(f"save={os.fspath(save)!r}", "the ending tells the kind of picture",
                            "'.png', '.svg' or '.pdf'", repr(ending))
    return ending[1:]


# -- text ----------------------------------------------------------------------------------------


def text_width(text: str, size: float = TEXT, bold: bool = False) -> float:
    """Inches that a line of text takes."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(size=size, weight="bold" if bold else "normal")
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return width / 72


def shortened(name: str, longest: int = 28) -> str:
    """A name, its middle left out where it is too long to be a label."""
    return name if len(name) <= longest else f"{name[:longest - 12]}…{name[-11:]}"


def short(value: float) -> str:
    """A number in at most eight characters, for scales.

    >>> [short(v) for v in (0, 7.0, 0.98, -1.7159, 84.25, 123.4, 1.23e7, 0.000021)]
    ['0', '7', '0.98', '-1.72', '84.2', '123', '1.2e+07', '2.1e-05']
    """
    size = abs(value)
    if value == int(value) and size < 999999.5:
        return f"{value:.0f}"
    if size >= 99999.5 or size < 0.01:
        return f"{value:.1e}"
    return f"{value:.{0 if size >= 99.95 else 1 if size >= 9.995 else 2 if size >= 0.1 else 3}f}"


def alike(values: Array) -> list[str]:
    """Numbers to be compared, in at most six characters each: all with the same decimals.

    >>> alike(np.array([9.98, 120.0])), alike(np.array([0.999, 1e-7, -0.001])), alike(np.array([5e-6, 0]))
    (['10.0', '120.0'], ['1.00', '0.00', '0.00'], ['5e-06', '0e+00'])
    """
    largest = np.abs(values).max()
    if largest >= 99999.5 or 0 < largest < 0.01:
        return [f"{value:.0e}" for value in values.tolist()]
    decimals = 0 if largest >= 999.95 else 1 if largest >= 9.995 else 3 if 0 < largest < 0.0995 else 2
    # Adding zero makes a plain zero of what rounds to minus zero.
    return [f"{round(value, decimals) + 0.0:.{decimals}f}" for value in values.tolist()]


def tick_step(pitch: float, room: float) -> int:
    """Every how many of some neighbors, ``pitch`` inches apart, a label of ``room`` inches fits."""
    return next(step for step in (1, 2, 5, 10, 20, 50, 100, 1000) if step * pitch >= room or step == 1000)


# -- color ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Colors:
    """Colors for the numbers from low to high."""

    norm: "Normalize"
    map: "Colormap"


def color_scale(low: float, high: float, colors: str, power: float = 1.0) -> Colors:
    """The color map of this name for the numbers from low to high; a power below one spreads out the low ones."""
    from matplotlib import colormaps
    from matplotlib.colors import PowerNorm

    return Colors(PowerNorm(power, low, high), colormaps[colors])


def text_color(colors: Colors, value: float) -> str:
    """Black or white: what can be read on the color of a value."""
    # Relative luminance as in the web's accessibility guidelines (WCAG 2.1); at 0.179 black and white stand
    # out equally.
    srgb = np.asarray(colors.map(float(colors.norm(value))))[:3]
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    return "black" if linear @ (0.2126, 0.7152, 0.0722) > 0.179 else "white"
