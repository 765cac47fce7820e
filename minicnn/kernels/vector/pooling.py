"""Pooling and subsampling: one number for each window of each map, with the cells in vectors of channels.

The naive versions are those of `minicnn.kernels.reference`. Windows are clipped to the image, so padded cells are never
read. In LeNet's first pool, 24x24x6, the loop over 6 channels is too short for a compiler to make vectors of it; with
masked vectors the pool took a tenth of the time forward (``python -m benchmarks layer``).
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn._shapes import Window
from minicnn._types import Array, Pair
from minicnn.kernels._jit import jit
from minicnn.kernels.threads import parts_for, share
from minicnn.kernels.vector import widths
from minicnn.kernels.vector.cells import add_to, add_up, largest, to_winner
from minicnn.kernels.with_numba import clipped, plain
from minicnn.kernels.with_numpy import cell_counts


def _compile(fingerprint: int, bits: int) -> tuple[Callable[..., Any], ...]:
    """The two loops over all windows of some images; why the fingerprint: see `minicnn.kernels.vector.products`."""

    @jit
    def maxima(x, image, channels, window, output, y, winner, first, last):  # type: ignore[no-untyped-def]
        fingerprint  # noqa: B018
        (height, width), (sh, sw, kh, kw, top, left), (oh, ow) = image, window, output
        lanes = bits // (8 * x.itemsize)
        for n in range(first, last):
            for i in range(oh):
                start_i, i0, i1 = clipped(i, sh, top, kh, height)
                for j in range(ow):
                    start_j, j0, j1 = clipped(j, sw, left, kw, width)
                    number = (i0 - start_i) * kw + j0 - start_j
                    at, y_at = ((n * height + i0) * width + j0) * channels, ((n * oh + i) * ow + j) * channels
                    for c in range(0, channels, lanes):
                        if c + lanes <= channels:
                            largest(0, bits, 0, x, at + c, i1 - i0, j1 - j0, width * channels, channels, lanes,
                                    number, kw, y, winner, y_at + c)
                        else:
                            largest(1, bits, 0, x, at + c, i1 - i0, j1 - j0, width * channels, channels, channels - c,
                                    number, kw, y, winner, y_at + c)

    @jit
    def window_sums(x, image, channels, window, output, s, first, last):  # type: ignore[no-untyped-def]
        fingerprint  # noqa: B018
        (height, width), (sh, sw, kh, kw, top, left), (oh, ow) = image, window, output
        lanes = bits // (8 * x.itemsize)
        for n in range(first, last):
            for i in range(oh):
                _, i0, i1 = clipped(i, sh, top, kh, height)
                for j in range(ow):
                    _, j0, j1 = clipped(j, sw, left, kw, width)
                    at, s_at = ((n * height + i0) * width + j0) * channels, ((n * oh + i) * ow + j) * channels
                    for c in range(0, channels, lanes):
                        if c + lanes <= channels:
                            add_up(0, bits, 0, x, at + c, i1 - i0, j1 - j0, width * channels, channels, lanes, s,
                                   s_at + c)
                        else:
                            add_up(1, bits, 0, x, at + c, i1 - i0, j1 - j0, width * channels, channels, channels - c, s,
                                   s_at + c)

    return maxima, window_sums


def _compile_back(fingerprint: int, bits: int, overlap: int) -> tuple[Callable[..., Any], ...]:
    """The two loops back, for windows that overlap or do not."""

    @jit
    def to_winners(dx, image, channels, window, output, dy, winner, first, last):  # type: ignore[no-untyped-def]
        fingerprint  # noqa: B018
        (height, width), (sh, sw, kh, kw, top, left), (oh, ow) = image, window, output
        lanes = bits // (8 * dx.itemsize)
        for n in range(first, last):
            for i in range(oh):
                start_i, i0, i1 = clipped(i, sh, top, kh, height)
                for j in range(ow):
                    start_j, j0, j1 = clipped(j, sw, left, kw, width)
                    number = (i0 - start_i) * kw + j0 - start_j
                    at, y_at = ((n * height + i0) * width + j0) * channels, ((n * oh + i) * ow + j) * channels
                    for c in range(0, channels, lanes):
                        if c + lanes <= channels:
                            to_winner(0, bits, overlap, dx, at + c, i1 - i0, j1 - j0, width * channels, channels,
                                      lanes, number, kw, dy, winner, y_at + c)
                        else:
                            to_winner(1, bits, overlap, dx, at + c, i1 - i0, j1 - j0, width * channels, channels,
                                      channels - c, number, kw, dy, winner, y_at + c)

    @jit
    def window_spreads(dx, image, channels, window, output, ds, first, last):  # type: ignore[no-untyped-def]
        fingerprint  # noqa: B018
        (height, width), (sh, sw, kh, kw, top, left), (oh, ow) = image, window, output
        lanes = bits // (8 * dx.itemsize)
        for n in range(first, last):
            for i in range(oh):
                _, i0, i1 = clipped(i, sh, top, kh, height)
                for j in range(ow):
                    _, j0, j1 = clipped(j, sw, left, kw, width)
                    at, s_at = ((n * height + i0) * width + j0) * channels, ((n * oh + i) * ow + j) * channels
                    for c in range(0, channels, lanes):
                        if c + lanes <= channels:
                            add_to(0, bits, overlap, dx, at + c, i1 - i0, j1 - j0, width * channels, channels, lanes,
                                   ds, s_at + c)
                        else:
                            add_to(1, bits, overlap, dx, at + c, i1 - i0, j1 - j0, width * channels, channels,
                                   channels - c, ds, s_at + c)

    return to_winners, window_spreads


# Wider vectors than 256 bits gain nothing: the memory is what limits a pool.
BITS = min(widths.BITS, 256)
maxima, window_sums = _compile(widths.FINGERPRINT, BITS)
to_winners, window_spreads = zip(*(_compile_back(widths.FINGERPRINT, BITS, overlap) for overlap in (0, 1)), strict=True)


def overlap(window: Window) -> bool:
    """Whether a cell may lie in two windows."""
    return window.strides[0] < window.size[0] or window.strides[1] < window.size[1]


def over_images(loop: Callable[..., Any], image: Array, window: Window, *arrays: Array) -> None:
    """Run a loop over all windows; image (N, H, W, C) is what is read, or on the way back what is written."""
    flat = [array.reshape(-1) for array in (image, *arrays)]
    top, _, left, _ = window.pads
    shapes = (image.shape[1:3], image.shape[3], (*window.strides, *window.size, top, left), window.output)

    def run(part: int, first: int, last: int) -> None:
        loop(flat[0], *shapes, *flat[1:], first, last)

    share(run, len(image), parts_for(COST * image.size, len(image)))


COST = 16
"""What a number that is read and compared, or written, costs: about as much as so many multiplications."""


def max_pool(x: Array, window: Window) -> tuple[Array, Array]:
    x, cells = plain(x), window.size[0] * window.size[1]
    y = np.empty((len(x), *window.output, x.shape[3]), x.dtype)
    winner = np.empty(y.shape, np.uint8 if cells <= 256 else np.int32)
    over_images(maxima, x, window, y, winner)
    return y, winner


def max_pool_input_gradient(dy: Array, winner: Array, image: Pair, window: Window) -> Array:
    dx = np.zeros((len(dy), *image, dy.shape[3]), dy.dtype)
    over_images(to_winners[overlap(window)], dx, window, plain(dy), plain(winner))
    return dx


def window_sum(x: Array, window: Window) -> Array:
    """x (N, H, W, C) -> (N, oh, ow, C): the cells of each window added up."""
    s = np.empty((len(x), *window.output, x.shape[3]), x.dtype)
    over_images(window_sums, plain(x), window, s)
    return s


def window_spread(ds: Array, image: Pair, window: Window) -> Array:
    """The mirror of `window_sum`: every cell of the window gets ds."""
    dx = np.zeros((len(ds), *image, ds.shape[3]), ds.dtype)
    over_images(window_spreads[overlap(window)], dx, window, plain(ds))
    return dx


def average_pool(x: Array, window: Window) -> Array:
    y = window_sum(x, window)
    y /= cell_counts(x.shape[1:3], window, x.dtype)
    return y


def average_pool_input_gradient(dy: Array, image: Pair, window: Window) -> Array:
    return window_spread(dy / cell_counts(image, window, dy.dtype), image, window)


def subsample(x: Array, coefficient: Array, bias: Array, window: Window) -> tuple[Array, Array]:
    s = window_sum(x, window)
    y = coefficient * s
    y += bias
    return y, s


def subsample_input_gradient(dy: Array, coefficient: Array, image: Pair, window: Window) -> Array:
    return window_spread(coefficient * dy, image, window)
