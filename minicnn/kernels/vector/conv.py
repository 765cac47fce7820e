"""Convolution: three products of the same shape, each along offset lists instead of a copied matrix.

The naive versions are those of `minicnn.kernels.reference`; with the copies written out, `minicnn.kernels.with_numpy`.
"""

import numpy as np

from minicnn._shapes import Window
from minicnn._types import Array, BoolArray, Pair
from minicnn.kernels.vector import tables, winograd
from minicnn.kernels.vector.back_to_image import conv2d_input_gradient
from minicnn.kernels.vector.finishing import Ending
from minicnn.kernels.vector.panels import Matrix, start_values
from minicnn.kernels.vector.products import product, sums
from minicnn.kernels.vector.tables import grid
from minicnn.kernels.with_numba import plain
from minicnn.kernels.with_numpy import gather, padded, spread


def conv2d(x: Array, kernel: Array, bias: Array | None, window: Window, groups: int,
           then: Ending | None = None) -> Array:
    """See `minicnn.kernels.conv2d`. then: what is done to each result where it lies."""
    if winograd.pays(len(x), kernel, window, window.output, groups):
        return winograd.conv2d(x, kernel, bias, (window.pads[0], window.pads[2]), window.output, then)
    return direct(x, kernel, bias, window, groups, then)


def direct(x: Array, kernel: Array, bias: Array | None, window: Window, groups: int,
           then: Ending | None = None) -> Array:
    """The product of all windows by the kernel."""
    frame, kernel = plain(padded(x, window.pads)), plain(kernel)
    share, filters = kernel.shape[2:]
    lists = tables.forward(frame.shape[1:], window, share, filters)
    y = np.empty((len(x), *window.output, filters), x.dtype)
    columns = filters // groups
    b = Matrix(kernel, grid(0, (len(lists.steps), filters)), 1, columns, columns)
    product(frame, lists, b, y, start_values(bias, columns, groups, x.dtype), groups, share, then)
    return y


def conv2d_kernel_gradient(x: Array, dy: Array, window: Window, groups: int) -> Array:
    frame, dy = plain(padded(x, window.pads)), plain(dy)
    share, filters = x.shape[3] // groups, dy.shape[3]
    total = sums(frame, tables.forward(frame.shape[1:], window, share, filters), dy, filters // groups, groups, share)
    return np.moveaxis(total, 0, 1).reshape(*window.size, share, filters)


def table_conv2d(x: Array, kernel: Array, bias: Array | None, table: BoolArray, window: Window) -> Array:
    return conv2d(x, spread(kernel, table), bias, window, 1)


def table_conv2d_input_gradient(dy: Array, kernel: Array, table: BoolArray, image: Pair, window: Window) -> Array:
    return conv2d_input_gradient(dy, spread(kernel, table), image, window, 1)


def table_conv2d_kernel_gradient(x: Array, dy: Array, table: BoolArray, window: Window) -> Array:
    return gather(conv2d_kernel_gradient(x, dy, window, 1), table)
