"""The kernels with jitted loops: what `with_numpy` does by views, done by loops the machine runs fast.

The convolution stays im2col and one matrix product; what NumPy spends on strided copies goes into two
plain loops, `unroll` and its mirror `roll_back`. They walk flat arrays, because a window row of a
channels-last image is one contiguous run of ``kw * C`` numbers. Images are unrolled in blocks that fit
a core's cache, so a large batch needs no huge matrix.
"""

import numpy as np

from minicnn._shapes import Window
from minicnn._types import Array, BoolArray, Pair
from minicnn.kernels import with_numpy
from minicnn.kernels._blas import matmul
from minicnn.kernels._jit import jit
from minicnn.kernels.with_numpy import (
    gather,
    maps_summed,
    one_per_map,
    padded,
    rbf,
    rbf_input_gradient,
    rbf_prototype_gradient,
    spread,
)

# The radial kernels are few and small: there is nothing to jit.
__all__ = ["rbf", "rbf_input_gradient", "rbf_prototype_gradient"]

BLOCK = 1 << 18  # numbers in an unrolled block: 1 MB of float32, a common size of a core's own cache


def plain(x: Array) -> Array:
    """x as a contiguous, writable array, copied only where it is not one.

    Numba compiles one version per memory layout; this keeps it at one.
    """
    flags = x.flags
    return x if flags.c_contiguous and flags.writeable else np.require(x, requirements=("C", "W"))


# -- convolution ---------------------------------------------------------------------------------


@jit
def unroll(x, height, width, channels, first, oh, ow, kh, sh, sw, dh, runs, length, step, col):  # type: ignore[no-untyped-def]
    """Copy each window of flat x into a row of flat col; a kernel row is ``runs`` runs of ``length``.

    The longer of the two inner loops, along the run or along the output row, goes inside: a short loop
    takes longer to start than to run. A run is named before it is copied: an index that might be negative, for all the
    compiler knows, it would look at number by number.
    """
    row = kh * runs * length
    for n in range(col.size // (oh * ow * row)):
        for i in range(oh):
            for p in range(kh):
                for r in range(runs):
                    start = (n * height + i * sh + p * dh) * width * channels + first + r * step
                    d = (n * oh + i) * ow * row + (p * runs + r) * length
                    if length > ow:
                        for j in range(ow):
                            run, place = x[start + j * sw * channels:][:length], col[d + j * row:][:length]
                            for k in range(length):
                                place[k] = run[k]
                    else:
                        for k in range(length):
                            for j in range(ow):
                                col[d + j * row + k] = x[start + j * sw * channels + k]


@jit
def roll_back(col, height, width, channels, first, oh, ow, kh, sh, sw, dh, runs, length, step, dx):  # type: ignore[no-untyped-def]
    """The mirror of `unroll`: add each row of flat col to the pixels of flat dx it came from."""
    row = kh * runs * length
    for n in range(col.size // (oh * ow * row)):
        for i in range(oh):
            for p in range(kh):
                for r in range(runs):
                    start = (n * height + i * sh + p * dh) * width * channels + first + r * step
                    d = (n * oh + i) * ow * row + (p * runs + r) * length
                    if length > ow:
                        for j in range(ow):
                            run, place = col[d + j * row:][:length], dx[start + j * sw * channels:][:length]
                            for k in range(length):
                                place[k] += run[k]
                    else:
                        for k in range(length):
                            for j in range(ow):
                                dx[start + j * sw * channels + k] += col[d + j * row + k]


@jit
def add_bias(y, bias):  # type: ignore[no-untyped-def]
    """y (rows, F) += bias (F,), in place."""
    for i in range(y.shape[0]):
        for f in range(y.shape[1]):
            y[i, f] += bias[f]


@jit
def column_sums(dy, total):  # type: ignore[no-untyped-def]
    """total (F,) in float64 += the rows of dy (rows, F)."""
    for i in range(dy.shape[0]):
        for f in range(dy.shape[1]):
            total[f] += dy[i, f]


class _Unrolling:
    """How the windows of one convolution lie in memory, and in how large blocks to unroll them."""

    def __init__(self, frame: Array, window: Window, groups: int) -> None:
        _, height, width, channels = frame.shape
        self.share = channels // groups
        kw, (oh, ow) = window.size[1], window.output
        # Without gaps a whole kernel row is one contiguous run; dilation or groups break it into pieces.
        whole = window.dilation[1] == 1 and groups == 1
        self.runs = (1, kw * channels, 0) if whole else (kw, self.share, window.dilation[1] * channels)
        self.image = (height, width, channels)
        self.loops = (oh, ow, window.size[0], *window.strides, window.dilation[0], *self.runs)
        self.rows = oh * ow  # of the matrix, per image
        self.columns = window.size[0] * kw * self.share
        self.block = max(1, BLOCK // (self.rows * self.columns))

    def slices(self, count: int) -> list[slice]:
        return [slice(n, min(n + self.block, count)) for n in range(0, count, self.block)]

    def unroll(self, frame: Array, group: int) -> Array:
        col = np.empty((len(frame) * self.rows, self.columns), frame.dtype)
        unroll(frame.reshape(-1), *self.image, group * self.share, *self.loops, col.reshape(-1))
        return col

    def roll_back(self, col: Array, frame: Array, group: int) -> None:
        roll_back(col.reshape(-1), *self.image, group * self.share, *self.loops, frame.reshape(-1))


def conv2d(x: Array, kernel: Array, bias: Array | None, window: Window, groups: int) -> Array:
    frame, filters = plain(padded(x, window.pads)), kernel.shape[3]
    weights, per_group = kernel.reshape(-1, filters), filters // groups
    y = np.empty((len(x), *window.output, filters), x.dtype)
    unrolling = _Unrolling(frame, window, groups)
    for block in unrolling.slices(len(x)):
        rows = y[block].reshape(-1, filters)
        for g in range(groups):
            mine = slice(g * per_group, (g + 1) * per_group)
            matmul(unrolling.unroll(frame[block], g), weights[:, mine], out=rows[:, mine])
        if bias is not None:
            add_bias(rows, plain(bias))
    return y


def conv2d_input_gradient(dy: Array, kernel: Array, image: Pair, window: Window, groups: int) -> Array:
    filters = kernel.shape[3]
    weights, per_group = kernel.reshape(-1, filters), filters // groups
    frame, inside = with_numpy.frame_for(dy, image, kernel.shape[2] * groups, window)
    unrolling = _Unrolling(frame, window, groups)
    for block in unrolling.slices(len(dy)):
        rows = dy[block].reshape(-1, filters)
        for g in range(groups):
            mine = slice(g * per_group, (g + 1) * per_group)
            unrolling.roll_back(matmul(rows[:, mine], weights[:, mine].T), frame[block], g)
    return inside


def conv2d_kernel_gradient(x: Array, dy: Array, window: Window, groups: int) -> Array:
    frame, filters = plain(padded(x, window.pads)), dy.shape[3]
    per_group = filters // groups
    unrolling = _Unrolling(frame, window, groups)
    dkernel = np.zeros((unrolling.columns, filters), dy.dtype)
    for block in unrolling.slices(len(x)):
        rows = dy[block].reshape(-1, filters)
        for g in range(groups):
            mine = slice(g * per_group, (g + 1) * per_group)
            dkernel[:, mine] += matmul(unrolling.unroll(frame[block], g).T, rows[:, mine])
    return dkernel.reshape(*window.size, -1, filters)


# Depthwise, there is no sum over channels and so no matrix product. The loop over the maps is the inner one: they lie
# side by side in memory. Where a channel has several kernels, it is repeated, so that maps and channels are as many.


@jit
def depthwise(x, kernel, sh, sw, dh, dw, top, left, y):  # type: ignore[no-untyped-def]
    """y += each map of x under its kernel (kh, kw, maps)."""
    for n in range(y.shape[0]):
        for i in range(y.shape[1]):
            for j in range(y.shape[2]):
                for p in range(kernel.shape[0]):
                    row = i * sh - top + p * dh
                    if 0 <= row < x.shape[1]:
                        for q in range(kernel.shape[1]):
                            column = j * sw - left + q * dw
                            if 0 <= column < x.shape[2]:
                                for c in range(y.shape[3]):
                                    y[n, i, j, c] += x[n, row, column, c] * kernel[p, q, c]


@jit
def depthwise_back(dy, kernel, sh, sw, dh, dw, top, left, dx):  # type: ignore[no-untyped-def]
    """The mirror of `depthwise`: dx += each map of dy, spread by its kernel."""
    for n in range(dy.shape[0]):
        for i in range(dy.shape[1]):
            for j in range(dy.shape[2]):
                for p in range(kernel.shape[0]):
                    row = i * sh - top + p * dh
                    if 0 <= row < dx.shape[1]:
                        for q in range(kernel.shape[1]):
                            column = j * sw - left + q * dw
                            if 0 <= column < dx.shape[2]:
                                for c in range(dy.shape[3]):
                                    dx[n, row, column, c] += dy[n, i, j, c] * kernel[p, q, c]


@jit
def depthwise_kernel(x, dy, sh, sw, dh, dw, top, left, dkernel):  # type: ignore[no-untyped-def]
    """dkernel (kh, kw, maps) in float64 += what each of its numbers met."""
    for n in range(dy.shape[0]):
        for i in range(dy.shape[1]):
            for j in range(dy.shape[2]):
                for p in range(dkernel.shape[0]):
                    row = i * sh - top + p * dh
                    if 0 <= row < x.shape[1]:
                        for q in range(dkernel.shape[1]):
                            column = j * sw - left + q * dw
                            if 0 <= column < x.shape[2]:
                                for c in range(dy.shape[3]):
                                    dkernel[p, q, c] += x[n, row, column, c] * dy[n, i, j, c]


def _geometry(window: Window) -> tuple[int, ...]:
    top, _, left, _ = window.pads
    return *window.strides, *window.dilation, top, left


def depthwise_conv2d(x: Array, kernel: Array, bias: Array | None, window: Window) -> Array:
    multiplier, flat = kernel.shape[3], plain(kernel).reshape(*window.size, -1)
    y = np.zeros((len(x), *window.output, flat.shape[2]), x.dtype)
    depthwise(plain(one_per_map(x, multiplier)), flat, *_geometry(window), y)
    if bias is not None:
        add_bias(y.reshape(-1, y.shape[3]), plain(bias))
    return y


def depthwise_conv2d_input_gradient(dy: Array, kernel: Array, image: Pair, window: Window) -> Array:
    dx = np.zeros((len(dy), *image, dy.shape[3]), dy.dtype)
    depthwise_back(plain(dy), plain(kernel).reshape(*window.size, -1), *_geometry(window), dx)
    return maps_summed(dx, kernel.shape[3])


def depthwise_conv2d_kernel_gradient(x: Array, dy: Array, window: Window) -> Array:
    channels, maps = x.shape[3], dy.shape[3]
    dkernel = np.zeros((*window.size, maps))  # in float64: it collects from every position of every image
    depthwise_kernel(plain(one_per_map(x, maps // channels)), plain(dy), *_geometry(window), dkernel)
    return dkernel.astype(dy.dtype).reshape(*window.size, channels, -1)


def table_conv2d(x: Array, kernel: Array, bias: Array | None, table: BoolArray, window: Window) -> Array:
    return conv2d(x, spread(kernel, table), bias, window, 1)


def table_conv2d_input_gradient(dy: Array, kernel: Array, table: BoolArray, image: Pair,
                                window: Window) -> Array:
    return conv2d_input_gradient(dy, spread(kernel, table), image, window, 1)


def table_conv2d_kernel_gradient(x: Array, dy: Array, table: BoolArray, window: Window) -> Array:
    return gather(conv2d_kernel_gradient(x, dy, window, 1), table)


def bias_gradient(dy: Array) -> Array:
    # Summed in float64: a bias collects from every position of every image.
    total = np.zeros(dy.shape[-1])
    column_sums(plain(dy).reshape(-1, dy.shape[-1]), total)
    return total.astype(dy.dtype)


# -- pooling -------------------------------------------------------------------------------------
# Each window is clipped to the image, so padded cells are never read. Channels lie side by side in memory, so
# the loop over them is the inner one: the machine compares many at once. Pools have no dilation.


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
    y /= with_numpy.cell_counts(x.shape[1:3], window, x.dtype)
    return y


def average_pool_input_gradient(dy: Array, image: Pair, window: Window) -> Array:
    return _window_spread(dy / with_numpy.cell_counts(image, window, dy.dtype), image, window)


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


# -- dense ---------------------------------------------------------------------------------------


def dense(x: Array, kernel: Array, bias: Array | None) -> Array:
    y = matmul(x, kernel)
    if bias is not None:
        y += bias
    return y


def dense_input_gradient(dy: Array, kernel: Array) -> Array:
    return matmul(dy, kernel.T)


def dense_kernel_gradient(x: Array, dy: Array) -> Array:
    return matmul(x.T, dy)
