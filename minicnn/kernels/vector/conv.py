"""Convolution: three products of the same shape, each along offset lists instead of a copied matrix.

The naive versions are those of `minicnn.kernels.reference`; with the copies written out, `minicnn.kernels.with_numpy`.
"""

import numpy as np

from minicnn._shapes import Window
from minicnn._types import Array, BoolArray, Pair
from minicnn.kernels.threads import parts_for, share
from minicnn.kernels.vector import products, tables, widths
from minicnn.kernels.with_numba import plain
from minicnn.kernels.with_numpy import gather, padded, spread


def filled(bias: Array | None, columns: int, groups: int, panels: Array, dtype: np.dtype) -> Array:
    """The bias of each group, filled up with zeros to whole panels; zeros where there is none."""
    start = np.zeros((groups, panels[-1]), dtype)
    if bias is not None:
        start[:, :columns] = bias.reshape(groups, columns)
    return start.reshape(-1)


def product(a: Array, lists: tables.Tables, b: Array, panels: Array, columns: int, c: Array, start: Array,
            groups: int, a_group: int) -> None:
    """Every pixel of the lists in turn: its row of c is its window of a times b, plus start."""
    a, c = a.reshape(-1), c.reshape(-1)
    images = c.size // lists.writes
    pieces = products.pieces(images, lists.images, len(lists.starts))
    work = images * lists.pixels * groups * columns * len(lists.steps)

    def run(part: int, first: int, last: int) -> None:
        products.rows_of_pixels(a, lists.reads, a_group, lists.starts, lists.steps, b, panels, columns, c, lists.writes,
                                columns, lists.places, start, groups, lists.images, images, first, last)

    share(run, pieces, parts_for(work, pieces))


def conv2d(x: Array, kernel: Array, bias: Array | None, window: Window, groups: int) -> Array:
    frame, kernel = plain(padded(x, window.pads)), plain(kernel)
    filters, columns = kernel.shape[3], kernel.shape[3] // groups
    lists = tables.forward(frame.shape[1:], window, kernel.shape[2], filters)
    panels = widths.panels(columns, x.itemsize)
    y = np.empty((len(x), *window.output, filters), x.dtype)
    rows = tables.grid(0, (len(lists.steps), filters))
    b = products.packed(kernel.reshape(-1), rows, 1, panels, columns, groups, columns)
    product(frame, lists, b, panels, columns, y, filled(bias, columns, groups, panels, x.dtype), groups,
            kernel.shape[2])
    return y


def conv2d_input_gradient(dy: Array, kernel: Array, image: Pair, window: Window, groups: int) -> Array:
    # The kernel turned around slides over dy: its rows are (cell, filter), its columns the channels.
    kernel, filters, columns = plain(kernel), kernel.shape[3], kernel.shape[2]
    back = tables.backward((*image, columns * groups), window, columns, filters, groups)
    panels = widths.panels(columns, dy.itemsize)
    start = filled(None, columns, groups, panels, dy.dtype)
    frame = plain(padded(dy, back.pads))
    dx = (np.empty if back.complete else np.zeros)((len(dy), *image, columns * groups), dy.dtype)
    for lists, cells in back.phases:
        rows = (cells[:, None] * (columns * filters) + np.arange(filters // groups)).reshape(-1)
        b = products.packed(kernel.reshape(-1), rows, filters, panels, columns, groups, filters // groups)
        product(frame, lists, b, panels, columns, dx, start, groups, filters // groups)
    return dx


def conv2d_kernel_gradient(x: Array, dy: Array, window: Window, groups: int) -> Array:
    frame, dy = plain(padded(x, window.pads)), plain(dy)
    filters, channels = dy.shape[3], x.shape[3] // groups
    columns = filters // groups
    lists = tables.forward(frame.shape[1:], window, channels, filters)
    depth, panels = len(lists.steps), widths.panels(columns, dy.itemsize)
    places = tables.grid(0, (depth, panels[-1]))
    a, b = frame.reshape(-1), dy.reshape(-1)
    pieces = products.pieces(len(x), lists.images, len(lists.starts))
    parts = parts_for(len(dy) * lists.pixels * depth * filters, pieces)
    sums = np.zeros((parts, groups, depth, panels[-1]), dy.dtype)  # each part adds up its own pixels

    def run(part: int, first: int, last: int) -> None:
        products.sums_over_pixels(a, lists.reads, channels, lists.starts, lists.steps, b, filters, panels, columns,
                                  sums[part].reshape(-1), places, groups, lists.images, len(x), first, last)

    share(run, pieces, parts)
    total = sums[0] if parts == 1 else sums.sum(axis=0)
    return np.moveaxis(total[..., :columns], 0, 1).reshape(*window.size, channels, filters)


def table_conv2d(x: Array, kernel: Array, bias: Array | None, table: BoolArray, window: Window) -> Array:
    return conv2d(x, spread(kernel, table), bias, window, 1)


def table_conv2d_input_gradient(dy: Array, kernel: Array, table: BoolArray, image: Pair, window: Window) -> Array:
    return conv2d_input_gradient(dy, spread(kernel, table), image, window, 1)


def table_conv2d_kernel_gradient(x: Array, dy: Array, table: BoolArray, window: Window) -> Array:
    return gather(conv2d_kernel_gradient(x, dy, window, 1), table)
