"""The kernels in plain NumPy: unroll the image, multiply once, roll back.

A convolution is one matrix product once every window of the image is laid out as a row (im2col)::

    image (3x3)     windows (2x2)          kernel as a column
      1 2 3           1 2 4 5                  a
      4 5 6     ->    2 3 5 6        @         b      ->  four outputs
      7 8 9           4 5 7 8                  c
                      5 6 8 9                  d

Going back, each entry of that matrix returns to the pixel it was copied from, and pixels that were
copied several times add up (col2im): the mirror image, loop for loop.
"""

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import as_strided

from minicnn._shapes import Window
from minicnn._types import Array, BoolArray, Pair


def padded(x: Array, pads: tuple[int, int, int, int], value: float = 0.0) -> Array:
    """x (N, H, W, C) inside a frame of ``value``; x itself where there is nothing to add."""
    if not any(pads):
        return x
    top, bottom, left, right = pads
    frame = np.full((x.shape[0], x.shape[1] + top + bottom, x.shape[2] + left + right, x.shape[3]), value, x.dtype)
    frame[:, top:top + x.shape[1], left:left + x.shape[2]] = x
    return frame


def windows(x: Array, window: Window) -> Array:
    """A view (N, oh, ow, kh, kw, C) of the padded image: no copy, only strides."""
    n, h, w, c = x.strides
    (sh, sw), (dh, dw) = window.strides, window.dilation
    shape = (len(x), *window.output, *window.size, x.shape[3])
    return as_strided(x, shape, (n, h * sh, w * sw, h * dh, w * dw, c), writeable=False)


def cells(frame: Array, window: Window) -> Iterator[tuple[int, int, Array]]:
    """(p, q, view): for each cell of the window, the padded pixels (N, oh, ow, C) it meets in turn."""
    (sh, sw), (oh, ow) = window.strides, window.output
    for p in range(window.size[0]):
        for q in range(window.size[1]):
            top, left = p * window.dilation[0], q * window.dilation[1]
            yield p, q, frame[:, top:top + sh * (oh - 1) + 1:sh, left:left + sw * (ow - 1) + 1:sw]


def frame_for(dy: Array, image: Pair, channels: int, window: Window) -> tuple[Array, Array]:
    """A zero frame as large as the padded image, and the view of it that is the image."""
    top, bottom, left, right = window.pads
    frame = np.zeros((len(dy), image[0] + top + bottom, image[1] + left + right, channels), dy.dtype)
    return frame, frame[:, top:top + image[0], left:left + image[1]]


# -- convolution ---------------------------------------------------------------------------------


def im2col(x: Array, window: Window, groups: int) -> list[Array]:
    """One matrix (N*oh*ow, kh*kw*C/G) per group: a row per window."""
    view = windows(padded(x, window.pads), window)
    share = x.shape[3] // groups
    rows = len(x) * window.output[0] * window.output[1]
    return [view[..., g * share:(g + 1) * share].reshape(rows, -1) for g in range(groups)]


def conv2d(x: Array, kernel: Array, bias: Array | None, window: Window, groups: int) -> Array:
    weights = kernel.reshape(-1, kernel.shape[3])
    parts = zip(im2col(x, window, groups), np.split(weights, groups, axis=1), strict=True)
    y = np.concatenate([col @ w for col, w in parts], axis=1)
    if bias is not None:
        y += bias
    return y.reshape(len(x), *window.output, -1)


def conv2d_input_gradient(dy: Array, kernel: Array, image: Pair, window: Window, groups: int) -> Array:
    weights = np.split(kernel.reshape(-1, kernel.shape[3]), groups, axis=1)
    signals = np.split(dy.reshape(-1, dy.shape[3]), groups, axis=1)
    shape = (len(dy), *window.output, *window.size, kernel.shape[2])
    cols = [(signal @ w.T).reshape(shape) for signal, w in zip(signals, weights, strict=True)]
    return col2im(np.concatenate(cols, axis=-1), image, window)


def col2im(col: Array, image: Pair, window: Window) -> Array:
    """The mirror of im2col: col (N, oh, ow, kh, kw, C) -> (N, H, W, C), overlaps added up."""
    frame, inside = frame_for(col, image, col.shape[-1], window)
    for p, q, pixels in cells(frame, window):
        pixels += col[:, :, :, p, q]
    return inside


def conv2d_kernel_gradient(x: Array, dy: Array, window: Window, groups: int) -> Array:
    signals = np.split(dy.reshape(-1, dy.shape[3]), groups, axis=1)
    parts = [col.T @ signal for col, signal in zip(im2col(x, window, groups), signals, strict=True)]
    return np.concatenate(parts, axis=1).reshape(*window.size, -1, dy.shape[3])


def depthwise_conv2d(x: Array, kernel: Array, bias: Array | None, window: Window) -> Array:
    # Nothing is summed over channels, so there is no matrix product: one pass over the image per cell of the kernel.
    flat, wide = kernel.reshape(*window.size, -1), one_per_map(x, kernel.shape[3])
    y = np.zeros((len(x), *window.output, flat.shape[2]), x.dtype)
    for p, q, pixels in cells(padded(wide, window.pads), window):
        y += pixels * flat[p, q]
    if bias is not None:
        y += bias
    return y


def depthwise_conv2d_input_gradient(dy: Array, kernel: Array, image: Pair, window: Window) -> Array:
    flat = kernel.reshape(*window.size, -1)
    frame, inside = frame_for(dy, image, dy.shape[3], window)
    for p, q, pixels in cells(frame, window):
        pixels += dy * flat[p, q]
    return maps_summed(inside, kernel.shape[3])


def depthwise_conv2d_kernel_gradient(x: Array, dy: Array, window: Window) -> Array:
    channels, maps = x.shape[3], dy.shape[3]
    dkernel = np.empty((*window.size, maps), dy.dtype)
    for p, q, pixels in cells(padded(one_per_map(x, maps // channels), window.pads), window):
        dkernel[p, q] = bias_gradient(pixels * dy)
    return dkernel.reshape(*window.size, channels, -1)


def one_per_map(x: Array, multiplier: int) -> Array:
    """(..., C) -> (..., C*M): each channel as often as it has kernels; x itself where that is once."""
    return x if multiplier == 1 else np.repeat(x, multiplier, axis=-1)


def maps_summed(wide: Array, multiplier: int) -> Array:
    """The mirror of `one_per_map`: (..., C*M) -> (..., C)."""
    total = wide[..., ::multiplier]
    for m in range(1, multiplier):
        total = total + wide[..., m::multiplier]
    return total


def spread(kernel: Array, table: BoolArray) -> Array:
    """The kernels of a table (kh, kw, K) in the full (kh, kw, C, F), zeros where no link is."""
    full = np.zeros((*kernel.shape[:2], table.shape[1], table.shape[0]), kernel.dtype)
    full[:, :, table.T] = kernel  # (F, C) order: by output map, then by input map
    return full.swapaxes(2, 3)


def gather(full: Array, table: BoolArray) -> Array:
    """The mirror of `spread`: the slices (kh, kw, K) of the links alone."""
    links: Array = full.swapaxes(2, 3)[:, :, table.T]
    return links


def table_conv2d(x: Array, kernel: Array, bias: Array | None, table: BoolArray, window: Window) -> Array:
    return conv2d(x, spread(kernel, table), bias, window, 1)


def table_conv2d_input_gradient(dy: Array, kernel: Array, table: BoolArray, image: Pair,
                                window: Window) -> Array:
    return conv2d_input_gradient(dy, spread(kernel, table), image, window, 1)


def table_conv2d_kernel_gradient(x: Array, dy: Array, table: BoolArray, window: Window) -> Array:
    return gather(conv2d_kernel_gradient(x, dy, window, 1), table)


def bias_gradient(dy: Array) -> Array:
    # Summed in float64: a bias collects from every position of every image.
    total: Array = dy.reshape(-1, dy.shape[-1]).sum(axis=0, dtype=np.float64)
    return total.astype(dy.dtype)


# -- pooling -------------------------------------------------------------------------------------


def max_pool(x: Array, window: Window) -> tuple[Array, Array]:
    flat = _window_rows(padded(x, window.pads, -np.inf), window)
    winner = flat.argmax(axis=3)  # the first of equals; NaN before everything
    y = np.take_along_axis(flat, winner[:, :, :, None], axis=3)[:, :, :, 0]
    if any(window.pads):
        # A padded cell must not win, not even where all the others hold -inf: then the first real one does.
        real = _window_rows(padded(np.ones((1, *x.shape[1:3], 1), bool), window.pads), window)
        winner = np.where(y == -np.inf, real.argmax(axis=3), winner)
    return y, winner


def _window_rows(frame: Array, window: Window) -> Array:
    return windows(frame, window).reshape(len(frame), *window.output, -1, frame.shape[3])


def max_pool_input_gradient(dy: Array, winner: Array, image: Pair, window: Window) -> Array:
    frame, inside = frame_for(dy, image, dy.shape[3], window)
    for p, q, pixels in cells(frame, window):
        pixels += np.where(winner == p * window.size[1] + q, dy, 0)
    return inside


def cell_counts(image: Pair, window: Window, dtype: np.dtype) -> Array:
    """(oh, ow, 1): how many cells of each window lie in the image."""
    ones = padded(np.ones((1, *image, 1), dtype), window.pads)
    counts: Array = windows(ones, window)[0].sum(axis=(2, 3))
    return counts


def average_pool(x: Array, window: Window) -> Array:
    return window_sum(x, window) / cell_counts(x.shape[1:3], window, x.dtype)


def average_pool_input_gradient(dy: Array, image: Pair, window: Window) -> Array:
    return window_spread(dy / cell_counts(image, window, dy.dtype), image, window)


def window_sum(x: Array, window: Window) -> Array:
    """x (N, H, W, C) -> (N, oh, ow, C): the cells of each window added up."""
    total: Array = windows(padded(x, window.pads), window).sum(axis=(3, 4))
    return total


def window_spread(dy: Array, image: Pair, window: Window) -> Array:
    """The mirror of `window_sum`: every cell of the window gets dy."""
    frame, inside = frame_for(dy, image, dy.shape[3], window)
    for _, _, pixels in cells(frame, window):
        pixels += dy
    return inside


def subsample(x: Array, coefficient: Array, bias: Array, window: Window) -> tuple[Array, Array]:
    s = window_sum(x, window)
    return coefficient * s + bias, s


def subsample_input_gradient(dy: Array, coefficient: Array, image: Pair, window: Window) -> Array:
    return window_spread(coefficient * dy, image, window)


# -- dense and radial ----------------------------------------------------------------------------


def dense(x: Array, kernel: Array, bias: Array | None) -> Array:
    y: Array = x @ kernel
    if bias is not None:
        y += bias
    return y


def dense_input_gradient(dy: Array, kernel: Array) -> Array:
    dx: Array = dy @ kernel.T
    return dx


def dense_kernel_gradient(x: Array, dy: Array) -> Array:
    dkernel: Array = x.T @ dy
    return dkernel


def rbf(x: Array, prototypes: Array) -> Array:
    # |x - p|^2 and not |x|^2 - 2xp + |p|^2: close to a prototype the latter loses all its digits.
    distances: Array = np.square(x[:, None] - prototypes).sum(axis=2)
    return distances


def rbf_input_gradient(dy: Array, x: Array, prototypes: Array) -> Array:
    dx: Array = 2 * (dy.sum(axis=1, keepdims=True) * x - dy @ prototypes)
    return dx


def rbf_prototype_gradient(dy: Array, x: Array, prototypes: Array) -> Array:
    dprototypes: Array = 2 * (dy.sum(axis=0)[:, None] * prototypes - dy.T @ x)
    return dprototypes
