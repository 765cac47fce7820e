"""Depthwise convolution: there is no sum over channels and so no matrix product.

The loop over the maps is the inner one: they lie side by side in memory. Where a channel has several kernels, it is
repeated, so that maps and channels are as many.
"""

import numpy as np

from minicnn._shapes import Window
from minicnn._types import Array, Pair
from minicnn.kernels._jit import jit
from minicnn.kernels.with_numba.bias import add_bias
from minicnn.kernels.with_numba.layout import plain
from minicnn.kernels.with_numpy import maps_summed, one_per_map


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
