"""The kernels as loops, straight from the definition: the specification, the lesson, the oracle.

Nothing here is fast. Every other implementation is tested against these functions. Each gradient is
written beside its forward function with the same loops: wherever forward reads ``x`` and adds to
``y``, backward reads ``dy`` and adds to ``dx``.
"""

from collections.abc import Iterator

import numpy as np

from minicnn._shapes import Window
from minicnn._types import Array, BoolArray, Pair


def taps(i: int, j: int, image: Pair, window: Window) -> Iterator[tuple[int, int, int, int]]:
    """(p, q, row, column): the cells (p, q) of the window at output (i, j), and where in the image each
    lies. Cells in the padding are left out: they hold zeros, and nobody owns their gradient."""
    for p in range(window.size[0]):
        for q in range(window.size[1]):
            row = i * window.strides[0] - window.pads[0] + p * window.dilation[0]
            column = j * window.strides[1] - window.pads[2] + q * window.dilation[1]
            if 0 <= row < image[0] and 0 <= column < image[1]:
                yield p, q, row, column


def positions(window: Window) -> Iterator[Pair]:
    """(i, j): every place the window takes."""
    for i in range(window.output[0]):
        for j in range(window.output[1]):
            yield i, j


# -- convolution ---------------------------------------------------------------------------------


def conv2d(x: Array, kernel: Array, bias: Array | None, window: Window, groups: int) -> Array:
    filters, share, per_group = kernel.shape[3], kernel.shape[2], kernel.shape[3] // groups
    y = np.zeros((len(x), *window.output, filters), x.dtype)
    for n in range(len(x)):
        for i, j in positions(window):
            for f in range(filters):
                if bias is not None:
                    y[n, i, j, f] = bias[f]
                first = f // per_group * share  # the first channel this filter's group sees
                for p, q, row, column in taps(i, j, x.shape[1:3], window):
                    for c in range(share):
                        y[n, i, j, f] += x[n, row, column, first + c] * kernel[p, q, c, f]
    return y


def conv2d_input_gradient(dy: Array, kernel: Array, image: Pair, window: Window, groups: int) -> Array:
    filters, share, per_group = kernel.shape[3], kernel.shape[2], kernel.shape[3] // groups
    dx = np.zeros((len(dy), *image, share * groups), dy.dtype)
    for n in range(len(dy)):
        for i, j in positions(window):
            for f in range(filters):
                first = f // per_group * share
                for p, q, row, column in taps(i, j, image, window):
                    for c in range(share):
                        dx[n, row, column, first + c] += dy[n, i, j, f] * kernel[p, q, c, f]
    return dx


def conv2d_kernel_gradient(x: Array, dy: Array, window: Window, groups: int) -> Array:
    filters, share, per_group = dy.shape[3], x.shape[3] // groups, dy.shape[3] // groups
    dkernel = np.zeros((*window.size, share, filters), dy.dtype)
    for n in range(len(x)):
        for i, j in positions(window):
            for f in range(filters):
                first = f // per_group * share
                for p, q, row, column in taps(i, j, x.shape[1:3], window):
                    for c in range(share):
                        dkernel[p, q, c, f] += x[n, row, column, first + c] * dy[n, i, j, f]
    return dkernel


def depthwise_conv2d(x: Array, kernel: Array, bias: Array | None, window: Window) -> Array:
    channels, multiplier = kernel.shape[2:]
    y = np.zeros((len(x), *window.output, channels * multiplier), x.dtype)
    if bias is not None:
        y += bias
    for n in range(len(x)):
        for i, j in positions(window):
            for p, q, row, column in taps(i, j, x.shape[1:3], window):
                for c in range(channels):
                    for m in range(multiplier):
                        y[n, i, j, c * multiplier + m] += x[n, row, column, c] * kernel[p, q, c, m]
    return y


def depthwise_conv2d_input_gradient(dy: Array, kernel: Array, image: Pair, window: Window) -> Array:
    channels, multiplier = kernel.shape[2:]
    dx = np.zeros((len(dy), *image, channels), dy.dtype)
    for n in range(len(dy)):
        for i, j in positions(window):
            for p, q, row, column in taps(i, j, image, window):
                for c in range(channels):
                    for m in range(multiplier):
                        dx[n, row, column, c] += dy[n, i, j, c * multiplier + m] * kernel[p, q, c, m]
    return dx


def depthwise_conv2d_kernel_gradient(x: Array, dy: Array, window: Window) -> Array:
    channels = x.shape[3]
    multiplier = dy.shape[3] // channels
    dkernel = np.zeros((*window.size, channels, multiplier), dy.dtype)
    for n in range(len(x)):
        for i, j in positions(window):
            for p, q, row, column in taps(i, j, x.shape[1:3], window):
                for c in range(channels):
                    for m in range(multiplier):
                        dkernel[p, q, c, m] += x[n, row, column, c] * dy[n, i, j, c * multiplier + m]
    return dkernel


def links(table: BoolArray) -> list[Pair]:
    """(input map, output map) of each link: by output map, then by input map."""
    return [(c, f) for f in range(table.shape[1]) for c in range(table.shape[0]) if table[c, f]]


def table_conv2d(x: Array, kernel: Array, bias: Array | None, table: BoolArray, window: Window) -> Array:
    y = np.zeros((len(x), *window.output, table.shape[1]), x.dtype)
    if bias is not None:
        y += bias
    for n in range(len(x)):
        for i, j in positions(window):
            for p, q, row, column in taps(i, j, x.shape[1:3], window):
                for k, (c, f) in enumerate(links(table)):
                    y[n, i, j, f] += x[n, row, column, c] * kernel[p, q, k]
    return y


def table_conv2d_input_gradient(dy: Array, kernel: Array, table: BoolArray, image: Pair,
                                window: Window) -> Array:
    dx = np.zeros((len(dy), *image, table.shape[0]), dy.dtype)
    for n in range(len(dy)):
        for i, j in positions(window):
            for p, q, row, column in taps(i, j, image, window):
                for k, (c, f) in enumerate(links(table)):
                    dx[n, row, column, c] += dy[n, i, j, f] * kernel[p, q, k]
    return dx


def table_conv2d_kernel_gradient(x: Array, dy: Array, table: BoolArray, window: Window) -> Array:
    dkernel = np.zeros((*window.size, int(table.sum())), dy.dtype)
    for n in range(len(x)):
        for i, j in positions(window):
            for p, q, row, column in taps(i, j, x.shape[1:3], window):
                for k, (c, f) in enumerate(links(table)):
                    dkernel[p, q, k] += x[n, row, column, c] * dy[n, i, j, f]
    return dkernel


def bias_gradient(dy: Array) -> Array:
    dbias = np.zeros(dy.shape[-1], dy.dtype)
    for row in dy.reshape(-1, dy.shape[-1]):
        for f in range(len(row)):
            dbias[f] += row[f]
    return dbias


# -- pooling -------------------------------------------------------------------------------------


def max_pool(x: Array, window: Window) -> tuple[Array, Array]:
    y = np.zeros((len(x), *window.output, x.shape[3]), x.dtype)
    winner = np.zeros(y.shape, np.int32)
    for n in range(len(x)):
        for i, j in positions(window):
            for c in range(x.shape[3]):
                best = None
                for p, q, row, column in taps(i, j, x.shape[1:3], window):
                    value = x[n, row, column, c]
                    # Strictly greater: the first of equals stays. NaN is greater than nothing, so it is
                    # asked for by name: a silent loss of it would hide a broken network.
                    if best is None or value > best or (np.isnan(value) and not np.isnan(best)):
                        best = value
                        winner[n, i, j, c] = p * window.size[1] + q
                y[n, i, j, c] = best
    return y, winner


def max_pool_input_gradient(dy: Array, winner: Array, image: Pair, window: Window) -> Array:
    dx = np.zeros((len(dy), *image, dy.shape[3]), dy.dtype)
    for n in range(len(dy)):
        for i, j in positions(window):
            for c in range(dy.shape[3]):
                for p, q, row, column in taps(i, j, image, window):
                    if winner[n, i, j, c] == p * window.size[1] + q:
                        dx[n, row, column, c] += dy[n, i, j, c]
    return dx


def average_pool(x: Array, window: Window) -> Array:
    y = np.zeros((len(x), *window.output, x.shape[3]), x.dtype)
    for n in range(len(x)):
        for i, j in positions(window):
            cells = list(taps(i, j, x.shape[1:3], window))
            for c in range(x.shape[3]):
                for _, _, row, column in cells:
                    y[n, i, j, c] += x[n, row, column, c] / len(cells)
    return y


def average_pool_input_gradient(dy: Array, image: Pair, window: Window) -> Array:
    dx = np.zeros((len(dy), *image, dy.shape[3]), dy.dtype)
    for n in range(len(dy)):
        for i, j in positions(window):
            cells = list(taps(i, j, image, window))
            for c in range(dy.shape[3]):
                for _, _, row, column in cells:
                    dx[n, row, column, c] += dy[n, i, j, c] / len(cells)
    return dx


def subsample(x: Array, coefficient: Array, bias: Array, window: Window) -> tuple[Array, Array]:
    s = np.zeros((len(x), *window.output, x.shape[3]), x.dtype)
    y = np.zeros(s.shape, x.dtype)
    for n in range(len(x)):
        for i, j in positions(window):
            for c in range(x.shape[3]):
                for _, _, row, column in taps(i, j, x.shape[1:3], window):
                    s[n, i, j, c] += x[n, row, column, c]
                y[n, i, j, c] = coefficient[c] * s[n, i, j, c] + bias[c]
    return y, s


def subsample_input_gradient(dy: Array, coefficient: Array, image: Pair, window: Window) -> Array:
    dx = np.zeros((len(dy), *image, dy.shape[3]), dy.dtype)
    for n in range(len(dy)):
        for i, j in positions(window):
            for c in range(dy.shape[3]):
                for _, _, row, column in taps(i, j, image, window):
                    dx[n, row, column, c] += coefficient[c] * dy[n, i, j, c]
    return dx


# -- dense and radial ----------------------------------------------------------------------------


def dense(x: Array, kernel: Array, bias: Array | None) -> Array:
    y = np.zeros((len(x), kernel.shape[1]), x.dtype)
    for n in range(len(x)):
        for u in range(kernel.shape[1]):
            if bias is not None:
                y[n, u] = bias[u]
            for d in range(kernel.shape[0]):
                y[n, u] += x[n, d] * kernel[d, u]
    return y


def dense_input_gradient(dy: Array, kernel: Array) -> Array:
    dx = np.zeros((len(dy), kernel.shape[0]), dy.dtype)
    for n in range(len(dy)):
        for u in range(kernel.shape[1]):
            for d in range(kernel.shape[0]):
                dx[n, d] += dy[n, u] * kernel[d, u]
    return dx


def dense_kernel_gradient(x: Array, dy: Array) -> Array:
    dkernel = np.zeros((x.shape[1], dy.shape[1]), dy.dtype)
    for n in range(len(x)):
        for u in range(dy.shape[1]):
            for d in range(x.shape[1]):
                dkernel[d, u] += x[n, d] * dy[n, u]
    return dkernel


def rbf(x: Array, prototypes: Array) -> Array:
    y = np.zeros((len(x), len(prototypes)), x.dtype)
    for n in range(len(x)):
        for u in range(len(prototypes)):
            for d in range(x.shape[1]):
                y[n, u] += (x[n, d] - prototypes[u, d]) ** 2
    return y


def rbf_input_gradient(dy: Array, x: Array, prototypes: Array) -> Array:
    dx = np.zeros(x.shape, dy.dtype)
    for n in range(len(x)):
        for u in range(len(prototypes)):
            for d in range(x.shape[1]):
                dx[n, d] += dy[n, u] * 2 * (x[n, d] - prototypes[u, d])
    return dx


def rbf_prototype_gradient(dy: Array, x: Array, prototypes: Array) -> Array:
    dprototypes = np.zeros(prototypes.shape, dy.dtype)
    for n in range(len(x)):
        for u in range(len(prototypes)):
            for d in range(x.shape[1]):
                dprototypes[u, d] += dy[n, u] * 2 * (prototypes[u, d] - x[n, d])
    return dprototypes
