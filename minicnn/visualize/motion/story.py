"""The steps of a sliding window as pictures: a strip of stills, or a film."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from minicnn._progress import watched
from minicnn._types import Array, Pair
from minicnn.visualize import drawing, panels
from minicnn.visualize.animation import Film, check_gif
from minicnn.visualize.motion.steps import Sliding, Step, spread
from minicnn.visualize.panels import Column, Frame, Panel, cell_size, signed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LARGEST_IMAGE, MOST_CHANNELS = 64, 4
MOST_FRAMES, MOST_STEPS = 64, 12
IMAGE_SIDE, WINDOW_SIDE, HIGHEST = 2.8, 1.4, 5.6  # inches that a panel may take; that panels below each other may
BETWEEN = 0.1  # inches from a still to the one below
LAST = 3  # how many times as long as the others the last frame stays


@dataclass(frozen=True)
class Story:
    """A window over an image, with what the pictures say. frame: of a step and what the output is by then."""

    sliding: Sliding
    title: str
    remark: str
    frame: Callable[[Step, Array], Frame]

    def frames(self, places: Iterable[Pair]) -> Iterator[Frame]:
        """A frame for each place; what lies before it in reading order is computed by then."""
        output, order = self.sliding.output(), self.sliding.places()
        for place in places:
            so_far = np.full(output.shape, np.nan)
            number = order.index(place)
            so_far.flat[:number + 1] = output.flat[:number + 1]
            yield self.frame(self.sliding.step(place, order[number - 1] if number else None), so_far)

    def strip(self, places: Sequence[Pair], save: str | os.PathLike[str] | None) -> "Figure":
        """The places' frames one below the other."""
        frames = list(self.frames(places))
        height = sum(frame.height + BETWEEN for frame in frames)
        sheet, top = drawing.headed_sheet(self.title, self.remark, _width(frames), height)
        for i, frame in enumerate(frames):
            panels.draw(sheet, drawing.MARGIN, top, frame, f"{i}: ")
            top += frame.height + BETWEEN
        return drawing.finish(sheet, save)

    def film(self, save: str | os.PathLike[str] | None, seconds: float, verbose: int) -> Film:
        """All places, or as many of them as make a film that is not too long."""
        if save is not None:
            check_gif(save)
        places = watched(spread(self.sliding.places(), MOST_FRAMES), "frames", verbose)
        film = Film(self._stills(places), seconds, seconds_last=LAST * seconds)
        if save is not None:
            film.write(save)
        return film

    def _stills(self, places: Iterable[Pair]) -> Iterator["Figure"]:
        for frame in self.frames(places):
            sheet, top = drawing.headed_sheet(self.title, self.remark, _width([frame]), frame.height)
            panels.draw(sheet, drawing.MARGIN, top, frame)
            yield sheet.figure


def _width(frames: Sequence[Frame]) -> float:
    return max(frame.width for frame in frames) + 2 * drawing.MARGIN


# -- the columns that all such pictures have -------------------------------------------------------


def input_column(sliding: Sliding, step: Step, zeros: bool = True) -> Column:
    """The image in its padding, and on it the window, where it is and where it was.

    zeros: whether the padding is zeros, or nothing at all.
    """
    padded, frame = sliding.padded()
    if not zeros:
        padded[frame] = np.nan
    rows, columns, channels = padded.shape
    cell = cell_size(rows, columns, min(IMAGE_SIDE, HIGHEST / channels), IMAGE_SIDE)
    marks = {"before": [_rectangle(sliding, step.before)] if step.before else [],
             "window": [_rectangle(sliding, step.place)]}
    if max(sliding.window.dilation) > 1:
        marks["cells"] = _touched(sliding, step.place)
    colors = signed(sliding.x)
    heading = f"input {_size(sliding.x)}" + (", padded" if frame.any() else "")
    return Column("input", heading, [Panel(padded[..., c], colors, cell, frame, marks)
                                     for c in range(channels)])


def window_column(name: str, heading: str, values: Array, sign: str, colors: drawing.Colors,
                  marks: dict[str, list[tuple[float, float, float, float]]] | None = None) -> Column:
    """What belongs to the cells of the window, (kh, kw, C), one panel for each channel. NaN is not there."""
    cell = cell_size(values.shape[0], values.shape[1], WINDOW_SIDE, WINDOW_SIDE)
    return Column(name, heading, [Panel(values[..., c], colors, cell, np.isnan(values[..., c]), marks or {})
                                  for c in range(values.shape[2])], sign)


def output_column(step: Step, so_far: Array, output: Array) -> Column:
    """The output as far as it is computed, and, for its colors and digits, as it will be."""
    cell = cell_size(so_far.shape[0], so_far.shape[1], IMAGE_SIDE, IMAGE_SIDE)
    return Column("output", f"output {_size(so_far)}",
                  [Panel(so_far, signed(output), cell, marks={"window": [(*step.place, 1, 1)]}, like=output)], "→")


def _rectangle(sliding: Sliding, place: Pair) -> tuple[float, float, float, float]:
    """(top, left, height, width) of the window in cells of the padded image."""
    window = sliding.window
    height, width = (window.dilation[axis] * (window.size[axis] - 1) + 1 for axis in (0, 1))
    return place[0] * window.strides[0], place[1] * window.strides[1], height, width


def _touched(sliding: Sliding, place: Pair) -> list[tuple[float, float, float, float]]:
    """The cells of the padded image that a dilated window touches."""
    top, left, height, width = _rectangle(sliding, place)
    down, right = sliding.window.dilation
    return [(top + p, left + q, 1, 1) for p in range(0, int(height), down) for q in range(0, int(width), right)]


def _size(array: Array) -> str:
    return f"{array.shape[0]}×{array.shape[1]}"  # noqa: RUF001


def sum_line(start: str, terms: Sequence[str], short: str, result: str, room: float) -> str:
    """All that is added up, where that fits into so many inches; in short, where not."""
    whole = f"{start} = {' + '.join(terms)} = {result}"
    return whole if drawing.text_width(whole) <= room else f"{start} = {short} = {result}"


def written(value: float) -> str:
    """A number in a sum: in parentheses where it is negative.

    >>> written(2.0), written(-0.5)
    ('2', '(-0.50)')
    """
    text = drawing.short(value)
    return f"({text})" if value < 0 else text
