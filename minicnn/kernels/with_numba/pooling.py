"""Pools: the largest number, the mean, LeCun's subsampling.

Each window is clipped to the image, so padded cells are never read. Channels lie side by side in memory, so
the loop over them is the inner one: the machine compares many at once. Pools have no dilation.
"""

import numpy as np

from minicnn._shapes import Window
from minicnn._types import Array, Pair
from minicnn.kernels._jit import jit
from minicnn.kernels.with_numba.layout import plain
from minicnn.kernels.with_numpy import cell_counts


@jit
def clipped(position, stride, before, size, length):  # type: ignore[no-untyped-def]
    """Along one axis: where the window starts, and its first and one-past-last cell inside the image."""
    start = position * stride - before
    return start, max(start, 0), min(start + size, length)


@jit
def pool_maxima(x, sh, sw, kh, kw, top, left, y, winner):  # type: ignore[no-untyped-def]
    for n in range(y.shape[0]):
        for i in range(y.shape[1]):
            start_i, i0, i1 = clipped(i, sh, top, kh, x.shape[1])
            for j in range(y.shape[2]):
                start_j, j0, j1 = clipped(j, sw, left, kw, x.shape[2])
                for c in range(y.shape[3]):
                    y[n, i, j, c] = x[n, i0, j0, c]
                    winner[n, i, j, c] = (i0 - start_i) * kw + j0 - start_j
                for row in range(i0, i1):
                    for column in range(j0, j1):
                        cell = (row - start_i) * kw + column - start_j
                        for c in range(y.shape[3]):
                            value, best = x[n, row, column, c], y[n, i, j, c]
                            if value > best or (value != value and best == best):  # NaN wins, once
                                y[n, i, j, c] = value
                                winner[n, i, j, c] = cell


@jit
def route_to_winners(dy, winner, sh, sw, kw, top, left, dx):  # type: ignore[no-untyped-def]
    for n in range(dy.shape[0]):
        for i in range(dy.shape[1]):
            for j in range(dy.shape[2]):
                for c in range(dy.shape[3]):
                    cell = np.int64(winner[n, i, j, c])
                    dx[n, i * sh - top + cell // kw, j * sw - left + cell % kw, c] += dy[n, i, j, c]


@jit
def pool_sums(x, sh, sw, kh, kw, top, left, s):  # type: ignore[no-untyped-def]
    """s += the cells of each window."""
    for n in range(s.shape[0]):
        for i in range(s.shape[1]):
            _, i0, i1 = clipped(i, sh, top, kh, x.shape[1])
            for j in range(s.shape[2]):
                _, j0, j1 = clipped(j, sw, left, kw, x.shape[2])
                for row in range(i0, i1):
                    for column in range(j0, j1):
                        for c in range(s.shape[3]):
                            s[n, i, j, c] += x[n, row, column, c]


@jit
def spread_sums(ds, sh, sw, kh, kw, top, left, dx):  # type: ignore[no-untyped-def]
    for n in range(ds.shape[0]):
        for i in range(ds.shape[1]):
            _, i0, i1 = clipped(i, sh, top, kh, dx.shape[1])
            for j in range(ds.shape[2]):
                _, j0, j1 = clipped(j, sw, left, kw, dx.shape[2])
                for row in range(i0, i1):
                    for column in range(j0, j1):
                        for c in range(ds.shape[3]):
                            dx[n, row, column, c] += ds[n, i, j, c]


def max_pool(x: Array, window: Window) -> tuple[Array, Array]:
    (kh, kw), (top, _, left, _) = window.size, window.pads
    y = np.empty((len(x), *window.output, x.shape[3]), x.dtype)
    winner = np.empty(y.shape, np.uint8 if kh * kw <= 256 else np.int32)
    pool_maxima(plain(x), *window.strides, kh, kw, top, left, y, winner)
    return y, winner


def max_pool_input_gradient(dy: Array, winner: Array, image: Pair, window: Window) -> Array:
    dx = np.zeros((len(dy), *image, dy.shape[3]), dy.dtype)
    top, _, left, _ = window.pads
    route_to_winners(plain(dy), plain(winner), *window.strides, window.size[1], top, left, dx)
    return dx


def average_pool(x: Array, window: Window) -> Array:
    y = _window_sum(x, window)
    y /= cell_counts(x.shape[1:3], window, x.dtype)
    return y


def average_pool_input_gradient(dy: Array, image: Pair, window: Window) -> Array:
    return _window_spread(dy / cell_counts(image, window, dy.dtype), image, window)


def _window_sum(x: Array, window: Window) -> Array:
    s = np.zeros((len(x), *window.output, x.shape[3]), x.dtype)
    top, _, left, _ = window.pads
    pool_sums(plain(x), *window.strides, *window.size, top, left, s)
    return s


def _window_spread(ds: Array, image: Pair, window: Window) -> Array:
    dx = np.zeros((len(ds), *image, ds.shape[3]), ds.dtype)
    top, _, left, _ = window.pads
    spread_sums(plain(ds), *window.strides, *window.size, top, left, dx)
    return dx


def subsample(x: Array, coefficient: Array, bias: Array, window: Window) -> tuple[Array, Array]:
    s = _window_sum(x, window)
    return coefficient * s + bias, s


def subsample_input_gradient(dy: Array, coefficient: Array, image: Pair, window: Window) -> Array:
    return _window_spread(coefficient * dy, image, window)
