"""The arithmetic of a window that slides over an image, place by place. Nothing here is drawn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from minicnn import _checks
from minicnn._shapes import Window
from minicnn._types import Array, BoolArray, Pair
from minicnn.visualize import windows


@dataclass(frozen=True)
class Step:
    """What happens at one place.

    place: (i, j) of the output. seen: (kh, kw, C), what lies under the window; zero in the padding. inside: (kh, kw),
    which of it is no padding. parts: (kh, kw, C), what is added up (the products), or compared. total: their sum, or
    the largest. value: of the output. before: the place of the step before, if there was one.
    """

    place: Pair
    seen: Array
    inside: BoolArray
    parts: Array
    total: float
    value: float
    before: Pair | None


@dataclass(frozen=True)
class Sliding:
    """A window over an image (H, W, C), and what is made of that which it sees.

    arithmetic: (seen (kh, kw, C), inside (kh, kw)) -> (parts, total, value).
    """

    x: Array
    window: Window
    arithmetic: Callable[[Array, BoolArray], tuple[Array, float, float]]

    def step(self, place: Pair, before: Pair | None = None) -> Step:
        """What happens at a place of the output."""
        seen = windows.seen(self.x, self.window, place)
        inside = windows.inside(self.window, place, (self.x.shape[0], self.x.shape[1]))
        return Step(place, seen, inside, *self.arithmetic(seen, inside), before)

    def places(self) -> list[Pair]:
        """All places of the output, in reading order."""
        rows, columns = self.window.output
        return [(i, j) for i in range(rows) for j in range(columns)]

    def output(self) -> Array:
        """(oh, ow): the value at each place."""
        return np.array([self.step(place).value for place in self.places()]).reshape(self.window.output)

    def padded(self) -> tuple[Array, BoolArray]:
        """The image in its frame of zeros, and which cells are that frame: (H + .., W + .., C), (H + .., W + ..)."""
        top, bottom, left, right = self.window.pads
        sides = ((top, bottom), (left, right))
        frame = np.pad(np.zeros(self.x.shape[:2], bool), sides, constant_values=True)
        return np.pad(self.x, (*sides, (0, 0))), frame


def spread(places: Sequence[Pair], most: int) -> list[Pair]:
    """At most so many of the places: the first, the last, and others evenly between.

    >>> spread([(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)], 3)
    [(0, 0), (0, 2), (1, 2)]
    """
    if len(places) <= most:
        return list(places)
    return [places[int(i)] for i in np.linspace(0, len(places) - 1, most)]


def image(x: Any, where: str, most: int, channels: int) -> Array:
    """x as (H, W, C) in float64, small enough to be looked at number by number."""
    array = _checks.numeric(x, f"{where}: x")
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3 or not array.size:
        cure = "Pass one image: x[0]." if array.ndim == 4 else None
        raise _checks.error(where, "this is no image", "shape (H, W) or (H, W, C)", f"shape {array.shape}", cure)
    if max(array.shape[:2]) > most:
        raise _checks.error(where, "the image is too large to be followed cell by cell", f"at most {most}x{most}",
                            f"{array.shape[0]}x{array.shape[1]}", "Cut a part out: x[:12, :12].")
    if array.shape[2] > channels:
        raise _checks.error(where, "the image has too many channels to be drawn", f"at most {channels}",
                            array.shape[2], "Take some of them: x[..., :1].")
    _checks.finite(array, f"{where}: x")
    return array.astype(np.float64)


def chosen(places: Any, sliding: Sliding, most: int, where: str) -> list[Pair]:
    """The places of the output that somebody asks for: a number of them, spread evenly, or themselves."""
    if isinstance(places, str) or not isinstance(places, (int, np.integer, Sequence)):
        raise _checks.error(where, "steps is a number, or places (row, column) of the output", received=repr(places))
    if isinstance(places, (int, np.integer)):
        count = _checks.integer(places, "steps", where)
        if count > most:
            raise _checks.error(where, "wrong number of places", f"1 to {most}", count)
        return spread(sliding.places(), count)
    rows, columns = sliding.window.output
    asked = [_checks.pair(place, "each place", where, minimum=0) for place in places]
    for row, column in asked:
        if row >= rows or column >= columns:
            raise _checks.error(where, "there is no such place in the output",
                                f"rows 0 to {rows - 1}, columns 0 to {columns - 1}", (row, column))
    if not 0 < len(asked) <= most:
        raise _checks.error(where, "wrong number of places", f"1 to {most}", len(asked))
    return asked
