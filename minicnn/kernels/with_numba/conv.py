"""Convolution: unroll a block of images, and one matrix product. By a table, the kernel is spread first."""

import numpy as np

from minicnn._shapes import Window
from minicnn._types import Array, BoolArray, Pair
from minicnn.kernels._blas import matmul
from minicnn.kernels.with_numba.bias import add_bias
from minicnn.kernels.with_numba.layout import plain
from minicnn.kernels.with_numba.unrolling import Unrolling
from minicnn.kernels.with_numpy import frame_for, gather, padded, spread


def conv2d(x: Array, kernel: Array, bias: Array | None, window: Window, groups: int) -> Array:
    frame, filters = plain(padded(x, window.pads)), kernel.shape[3]
    weights, per_group = kernel.reshape(-1, filters), filters // groups
    y = np.empty((len(x), *window.output, filters), x.dtype)
    unrolling = Unrolling(frame, window, groups)
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
    frame, inside = frame_for(dy, image, kernel.shape[2] * groups, window)
    unrolling = Unrolling(frame, window, groups)
    for block in unrolling.slices(len(dy)):
        rows = dy[block].reshape(-1, filters)
        for g in range(groups):
            mine = slice(g * per_group, (g + 1) * per_group)
            unrolling.roll_back(matmul(rows[:, mine], weights[:, mine].T), frame[block], g)
    return inside


def conv2d_kernel_gradient(x: Array, dy: Array, window: Window, groups: int) -> Array:
    frame, filters = plain(padded(x, window.pads)), dy.shape[3]
    per_group = filters // groups
    unrolling = Unrolling(frame, window, groups)
    dkernel = np.zeros((unrolling.columns, filters), dy.dtype)
    for block in unrolling.slices(len(x)):
        rows = dy[block].reshape(-1, filters)
        for g in range(groups):
            mine = slice(g * per_group, (g + 1) * per_group)
            dkernel[:, mine] += matmul(unrolling.unroll(frame[block], g).T, rows[:, mine])
    return dkernel.reshape(*window.size, -1, filters)


def table_conv2d(x: Array, kernel: Array, bias: Array | None, table: BoolArray, window: Window) -> Array:
    return conv2d(x, spread(kernel, table), bias, window, 1)


def table_conv2d_input_gradient(dy: Array, kernel: Array, table: BoolArray, image: Pair,
                                window: Window) -> Array:
    return conv2d_input_gradient(dy, spread(kernel, table), image, window, 1)


def table_conv2d_kernel_gradient(x: Array, dy: Array, table: BoolArray, window: Window) -> Array:
    return gather(conv2d_kernel_gradient(x, dy, window, 1), table)
