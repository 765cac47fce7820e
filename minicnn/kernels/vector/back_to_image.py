"""The gradient of the image, in the two ways there are; the cheaper one is taken.

*Turn the kernel around*: the gradient of the image is itself a convolution, of dy inside a frame of zeros. Nothing is
stored in between, and no two windows write to one pixel.

*Multiply first*: each pixel of dy makes the gradients of its whole window, and these are added back into the image
(col2im). That needs room for all windows, though only of a few images at a time; but where the output is smaller than
the image, or the channels fill no vector, there is less to multiply. For LeNet's second convolution, 12x12x6 to 8x8x16,
half as much, and measured (one thread, batch 128) 0.68 ms instead of 1.31.

Where few multiplications are enough for a 3x3 kernel (`minicnn.kernels.vector.winograd`), the first way is taken with
those.

The naive version of all is `conv2d_input_gradient` of `minicnn.kernels.reference`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn._shapes import Window
from minicnn._types import Array, Pair
from minicnn.kernels._jit import jit
from minicnn.kernels.threads import parts_for, share
from minicnn.kernels.vector import tables, widths, winograd
from minicnn.kernels.vector.cells import add_rows
from minicnn.kernels.vector.panels import Matrix, edges, packed, start_values
from minicnn.kernels.vector.products import product, product_with_panels
from minicnn.kernels.vector.tables import grid
from minicnn.kernels.with_numba import plain
from minicnn.kernels.with_numpy import frame_for, padded

ROOM = 1 << 17
"""Numbers in the windows of the images done at a time: half a megabyte of float32."""


def conv2d_input_gradient(dy: Array, kernel: Array, image: Pair, window: Window, groups: int) -> Array:
    """See `minicnn.kernels.conv2d_input_gradient`."""
    if winograd.pays(len(dy), kernel, window, image, groups, winograd.BACK):
        return winograd.conv2d_input_gradient(dy, kernel, image, (window.pads[0], window.pads[2]))
    dy, kernel = plain(dy), plain(kernel)
    way = multiply_first if groups == 1 and fewer(kernel, image, window) else turn_around
    return way(dy, kernel, image, window, groups)


def fewer(kernel: Array, image: Pair, window: Window) -> bool:
    """Whether there is clearly less to do where one multiplies first."""
    (kh, kw, channels, filters), (oh, ow), (sh, sw) = kernel.shape, window.output, window.strides
    turned = image[0] * image[1] * kh * kw * filters * int(edges(channels, kernel.itemsize)[-1]) // (sh * sw)
    cells = kh * kw * channels
    # To add a number back takes about as long as eight multiplications in full vectors.
    first = oh * ow * (filters * int(edges(cells, kernel.itemsize)[-1]) + 8 * cells)
    return bool(4 * first < 3 * turned)


def turn_around(dy: Array, kernel: Array, image: Pair, window: Window, groups: int) -> Array:
    """The kernel turned around slides over dy: its rows are (cell, filter), its columns the channels."""
    channels, filters = kernel.shape[2:]
    per_group = filters // groups
    back = tables.backward((*image, channels * groups), window, channels, filters, groups)
    frame = plain(padded(dy, back.pads))
    dx = (np.empty if back.complete else np.zeros)((len(dy), *image, channels * groups), dy.dtype)
    for lists, rows in back.phases:
        b = Matrix(kernel, rows, filters, channels, per_group)
        product(frame, lists, b, dx, start_values(None, channels, groups, dy.dtype), groups, per_group)
    return dx


def multiply_first(dy: Array, kernel: Array, image: Pair, window: Window, groups: int = 1) -> Array:
    """Each pixel of dy times the kernel is a window of gradients; the windows are added back."""
    (kh, kw, channels, filters), (oh, ow) = kernel.shape, window.output
    cells = kh * kw * channels
    lists = tables.forward((oh * ow, 1, filters), ONE._replace(output=(oh * ow, 1)), filters, cells)
    b = packed(Matrix(kernel, grid(0, (filters, 1)), filters, cells, 0))
    start = start_values(None, cells, 1, dy.dtype)
    frame, inside = frame_for(dy, image, channels, window)
    step = max(1, ROOM // (oh * ow * cells))

    def run(part: int, first: int, last: int) -> None:
        windows = np.empty((min(step, last - first), oh * ow * cells), dy.dtype)
        for n in range(first, last, step):
            end = min(n + step, last)
            product_with_panels(dy[n:end], lists, b, windows[:end - n], start)
            add_windows(windows[:end - n].reshape(-1), *frame.shape[1:], oh, ow, kh, kw, *window.strides,
                        *window.dilation, frame[n:end].reshape(-1))

    share(run, len(dy), parts_for(dy.size * cells, len(dy)))
    return inside


ONE = Window((1, 1), (1, 1), (0, 0, 0, 0), (1, 1), (1, 1))
"""A window of a single pixel."""


def _compile(fingerprint: int, bits: int) -> Callable[..., Any]:
    """The loop over all windows; why the fingerprint: see `minicnn.kernels.vector.products`."""

    @jit
    def add_windows(windows, height, width, channels, oh, ow, kh, kw, sh, sw, dh, dw, frame):  # type: ignore[no-untyped-def]
        """Add each window of flat ``windows`` to the pixels of the flat frame it came from."""
        fingerprint  # noqa: B018
        cells = kh * kw * channels
        for n in range(windows.size // (oh * ow * cells)):
            for i in range(oh):
                for j in range(ow):
                    at = ((n * height + i * sh) * width + j * sw) * channels
                    from_ = ((n * oh + i) * ow + j) * cells
                    if dw == 1:  # a whole row of the kernel is one run in memory
                        add_rows(bits, frame, at, dh * width * channels, windows, from_, kw * channels, kh,
                                 kw * channels)
                    else:
                        for q in range(kw):
                            add_rows(bits, frame, at + q * dw * channels, dh * width * channels, windows,
                                     from_ + q * channels, kw * channels, kh, channels)

    return add_windows


add_windows = _compile(widths.FINGERPRINT, widths.BITS)
