"""Where an occluder stands, and the pixels on which the value of each place is painted.

Two conventions, on an image 6 pixels wide, patch 4, stride 2 (# is hidden, = is painted on)::

    painting the cell                          averaging over windows
    ###...   hidden, cut off at the border     ####..   hidden
    ==....   the cell in its middle            ====..   the same
    .####.                                     ..####
    ..==..                                     ..====
    ...###
    ....==

In the first, cells of one stride tile the image, so the patch is a large occluder around a small cell; a cell as
large as the patch is tf-explain's. In the second, captum's, windows overlap and a pixel gets the mean of those over
it.
"""

import itertools
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from minicnn import _checks
from minicnn._types import Array, Pair

Box: TypeAlias = tuple[slice, slice]
"""Rows and columns of an image."""
Span: TypeAlias = tuple[slice, slice]
"""Along one axis: what is hidden, and what is painted on."""


@dataclass(frozen=True)
class Windows:
    """The places of an occluder over images of ``size`` (H, W): what each hides, and what it paints on."""

    size: Pair
    patch: Pair
    stride: Pair
    hidden: tuple[Box, ...]
    painted: tuple[Box, ...]

    def paint(self, values: Array) -> Array:
        """Maps (N, H, W), float64, from the value (N, P) of each place: a pixel gets the mean of those painted on it,
        and NaN where there is none."""
        total, count = np.zeros((len(values), *self.size)), np.zeros(self.size)
        for place, box in enumerate(self.painted):
            total[:, *box] += values[:, place, None, None]
            count[box] += 1
        with np.errstate(invalid="ignore"):
            maps: Array = total / count
        return maps

    def vote(self, classes: Array) -> Array:
        """Maps (N, H, W) of class numbers from the class (N, P) of each place: a pixel gets the one that was painted on
        it most often (of two the smaller), and -1 where there is none."""
        kinds = np.unique(classes)
        best, most = np.full((len(classes), *self.size), -1), np.zeros((len(classes), *self.size))
        for kind in kinds:
            share = np.nan_to_num(self.paint(classes == kind))
            best[share > most] = kind
            most = np.maximum(share, most)
        return best


def windows(size: Pair, patch: object, stride: object, average: bool, border: str, where: str) -> Windows:
    """The windows over images of ``size``, patch and stride being integers, pairs, or None for the default.

    Raises MinicnnError for a patch larger than the image, and for a stride that leaves pixels between the patches.
    """
    patches = (max(1, min(size) // 4),) * 2 if patch is None else _checks.pair(patch, "patch", where)
    if patches[0] > size[0] or patches[1] > size[1]:
        raise _checks.error(where, "patch is larger than the image", f"at most {size}", patches)
    strides = (max(1, patches[0] // 4), max(1, patches[1] // 4)) if stride is None else \
        _checks.pair(stride, "stride", where)
    if strides[0] > patches[0] or strides[1] > patches[1]:
        raise _checks.error(where, "stride is larger than the patch: pixels in between would never be hidden",
                            f"at most {patches}", strides)
    if border not in ("cut", "skip"):
        raise _checks.unknown(f"{where}: border", border, ("cut", "skip"))
    spans = _windows_along if average else _cells_along
    axes = [[span for span in spans(length, patch, stride) if border == "cut" or _inside(span, length)]
            for length, patch, stride in zip(size, patches, strides, strict=True)]
    places = list(itertools.product(*axes))
    if not places:
        raise _checks.error(where, "no patch stands wholly inside of the image", cure=
                            "Take border='cut', or a smaller stride.")
    hidden, painted = (tuple((_cut(row[part], size[0]), _cut(column[part], size[1])) for row, column in places)
                       for part in (0, 1))
    return Windows(size, patches, strides, hidden, painted)


def _windows_along(length: int, patch: int, stride: int) -> list[Span]:
    """Windows from the first pixel on, until one reaches the last."""
    return [(slice(start, start + patch),) * 2 for start in range(0, length - patch + stride, stride)]


def _cells_along(length: int, patch: int, stride: int) -> list[Span]:
    """Cells from the first pixel to the last, each in the middle of its patch; what is left over hides one pixel more
    at the low side."""
    before = (patch - stride + 1) // 2
    return [(slice(start - before, start - before + patch), slice(start, start + stride))
            for start in range(0, length, stride)]


def _inside(span: Span, length: int) -> bool:
    hidden = span[0]
    return _cut(hidden, length) == hidden


def _cut(along: slice, length: int) -> slice:
    return slice(max(along.start, 0), min(along.stop, length))
