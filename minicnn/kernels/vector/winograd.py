"""Winograd's convolution, F(2x2, 3x3): 3x3 kernels with 16 multiplications where there were 36.

Take one row, a kernel of 3 numbers g, and two outputs side by side, which look at 4 numbers d::

    y0 = d0 g0 + d1 g1 + d2 g2
    y1 = d1 g0 + d2 g1 + d3 g2

That is 6 products. The two sums see the same d1 and d2, and 4 products are enough::

    m0 = (d0 - d2) g0                    y0 = m0 + m1 + m2
    m1 = (d1 + d2) (g0 + g1 + g2) / 2    y1 = m1 - m2 - m3
    m2 = (d2 - d1) (g0 - g1 + g2) / 2
    m3 = (d1 - d3) g2

(m1 + m2 is d1 g1 + d2 (g0 + g2); what is too much or missing in y0 is in m0.) In matrices: the numbers of d are
combined by IMAGE, those of g by KERNEL, both are multiplied number by number, and OUTPUT makes y of it
(`minicnn.kernels.vector.tiles`). In two dimensions do it along the columns and then along the rows: a tile of 4x4
pixels and a 3x3 kernel become 16 numbers each, and 16 products make 2x2 outputs, where there were 4 * 9.

The additions are done once for a tile of a channel and once for a kernel; the products, once for each channel and
filter. And since OUTPUT only adds, it can wait until the channels are summed. So for each of the 16 numbers there is
one matrix product, of (tiles, channels) by (channels, filters), and register blocks do it as they do all others::

    image  -> v[xi, tile, channel]   --.
                                        m[xi, tile, filter] = v[xi] @ u[xi]  ->  y
    kernel -> u[xi, channel, filter] --'

A thread takes some tiles at a time, so that their v and m stay in its own cache. u is made at every call; where there
are many tiles, beforehand.

*Where it pays* (`pays`): time on two cores with AVX-512, relative to the products along offset lists of
`minicnn.kernels.vector.conv` (``python -m benchmarks.winograd``) ::

    image      224x224  112x112   112x112   56x56     28x28     14x14     14x14     7x7
    maps       64->64   64->128   128->128  256->256  512->512  512->512  256->256  512->512
    forward    0.56     0.52      0.49      0.50      0.6       0.71      0.69      0.89
    back       0.55     0.54      0.44      0.51      0.55      0.76      0.75      1.04

    8 images   56x56, 128->256   28x28: 8->64   16->64   32->32   32->64   64->32
    forward    0.42                     1.15    0.69     0.74     0.64     0.63

With few channels the additions are as much work as the products, and with few tiles reading and writing the kernel is:
u has 16 numbers where the kernel has 9. With vectors of 256 bits and in float64 it is much the same. Back, to the
gradient of the image, the kernel is also turned around.

*How exact it is*: each sum has 9 times fewer terms, but what is added was added up before. The largest error against
float64, relative to the largest output, was 3.5e-7 to 9.1e-7 in these layers, and that of the direct products 3.1e-7 to
1.2e-6.

*NaN and infinity* arrive at the outputs whose window holds them, and at no others: each m that y0 is made of sees only
d0, d1 and d2. But an infinity is subtracted from others on the way, and so may arrive as NaN; and numbers within a
factor of 4 from the largest that the type holds may overflow.

S. Winograd, Arithmetic Complexity of Computations, 1980; for networks, A. Lavin and S. Gray, Fast Algorithms for
Convolutional Neural Networks, 2016.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from minicnn._shapes import Window
from minicnn._types import Array, Pair
from minicnn.kernels._jit import jit
from minicnn.kernels.threads import parts_for, share
from minicnn.kernels.vector import widths
from minicnn.kernels.vector.finishing import Ending, end_run, ending
from minicnn.kernels.vector.panels import edges
from minicnn.kernels.vector.products import rows_by_sevens
from minicnn.kernels.vector.tables import Tables, grid
from minicnn.kernels.vector.tiles import IMAGE, KERNEL, OUTPUT, from_products, to_products
from minicnn.kernels.vector.turning import turned_around
from minicnn.kernels.with_numba import plain

ROOM = 1 << 18
"""Numbers in the tiles that a thread has at a time, before and after the products: a megabyte of float32."""
AT_ONCE = 8 * widths.ROWS
"""So many tiles a thread takes in any case: the kernel is read again for the next ones."""
FEW = 256
"""Up to so many tiles, the threads share the filters instead: each transforms its own, one panel after the other, and
uses it for all tiles while it is in the cache."""
FORWARD, BACK = 24, 48
"""Tiles from which it pays, with many channels; back the kernel has to be turned around, too."""


def naive(frame: Array, kernel: Array) -> Array:
    """The same in NumPy, for an even output: (N, oh + 2, ow + 2, C) and (3, 3, C, F) -> (N, oh, ow, F)."""
    image, weights, output = np.array(IMAGE), np.array(KERNEL), np.array(OUTPUT)
    n, height, width, _ = frame.shape
    tiles = np.lib.stride_tricks.sliding_window_view(frame, (4, 4), (1, 2))[:, ::2, ::2]  # (N, i, j, C, 4, 4)
    v = np.einsum("ap,bq,nijcpq->abnijc", image, image, tiles)
    u = np.einsum("ap,bq,pqcf->abcf", weights, weights, kernel)
    m = np.einsum("abnijc,abcf->abnijf", v, u)  # 16 matrix products
    y: Array = np.einsum("ra,sb,abnijf->nirjsf", output, output, m).reshape(n, height - 2, width - 2, -1)
    return y.astype(frame.dtype)


def pays(batch: int, kernel: Array, window: Window, output: Pair, groups: int, fewest: int = FORWARD) -> bool:
    """Whether there is such a convolution to do, and enough of it. output: of what is computed; fewest: tiles."""
    channels, filters = kernel.shape[2:]
    simple = window.size == (3, 3) and window.strides == window.dilation == (1, 1) and groups == 1
    wide = min(channels, filters) >= 32 and channels * filters >= 1024
    return simple and wide and batch * tiles_of(output) >= fewest


def conv2d(x: Array, kernel: Array, bias: Array | None, before: Pair, output: Pair,
           then: Ending | None = None) -> Array:
    """x (N, H, W, C) behind so many rows and columns of zeros, kernel (3, 3, C, F) -> y (N, oh, ow, F)."""
    x, kernel, (channels, filters) = plain(x), plain(kernel), kernel.shape[2:]
    y = np.empty((len(x), *output, filters), x.dtype)
    start = np.zeros(filters, x.dtype) if bias is None else plain(bias)
    factors, other, floor = ending(None, None, False, x.dtype) if then is None else then
    tiles, cuts = len(x) * tiles_of(output), edges(filters, x.itemsize)
    panels, parts = len(cuts) - 1, parts_for(16 * tiles * channels * filters, tiles)
    by_columns = tiles <= FEW and panels >= parts
    if by_columns:
        at_once, wide, u = tiles, int(cuts[1]), kernel.reshape(-1)[:0]
    else:
        groups = parts * -(-tiles // (parts * max(AT_ONCE, ROOM // (16 * (channels + filters)))))
        at_once, wide, u = -(-tiles // groups), int(cuts[-1]), transformed(kernel)
    lists = products(at_once, channels, wide)

    def run(part: int, first: int, last: int) -> None:
        v, m = (np.empty(at_once * apart(maps), x.dtype) for maps in (channels, wide))
        own = u if u.size else np.empty(16 * channels * wide, x.dtype)
        (begin, end), (first, last) = ((first, last), (0, tiles)) if by_columns else ((0, panels), (first, last))
        columns_of_tiles(x.reshape(-1), x.shape[1:], before, output, kernel.reshape(-1), cuts, begin, end, u.size > 0,
                         own, first, last, at_once, v, m, lists.starts, lists.steps, lists.places,
                         np.zeros(16 * wide, x.dtype), start, y.reshape(-1), factors, other, floor)

    share(run, panels if by_columns else tiles, parts)
    return y


def conv2d_input_gradient(dy: Array, kernel: Array, image: Pair, before: Pair) -> Array:
    """dy (N, oh, ow, F) -> dx (N, H, W, C): a convolution of dy, too, with the kernel turned around."""
    return conv2d(dy, turned_around(plain(kernel)), None, (2 - before[0], 2 - before[1]), image)


def tiles_of(output: Pair) -> int:
    """How many tiles of 2x2 cover an output."""
    return -(-output[0] // 2) * -(-output[1] // 2)


def apart(channels: int) -> int:
    """How far two tiles lie apart: not by a power of two, which would put them all into the same places of a cache."""
    return 16 * channels + 16


@lru_cache(1024)
def products(count: int, channels: int, filters: int) -> Tables:
    """So many tiles as rows of a product: those of all 16 products lie ``channels`` numbers apart."""
    return Tables(grid(0, (count, apart(channels))), grid(0, (channels, 1)), grid(0, (count, apart(filters))),
                  1, count * apart(channels), count * apart(filters))


def transformed(kernel: Array) -> Array:
    """The kernel, transformed, as the panels of 16 matrices (C, F)."""
    channels, filters = kernel.shape[2:]
    cuts = edges(filters, kernel.itemsize)
    u = (np.empty if cuts[-1] == filters else np.zeros)(16 * channels * int(cuts[-1]), kernel.dtype)
    flat = kernel.reshape(-1)

    def run(part: int, first: int, last: int) -> None:
        read_kernel(flat, filters, cuts, 0, filters, first, last, u, channels)

    share(run, channels, parts_for(100 * channels * filters, channels))
    return u


def _compile(fingerprint: int, bits: int) -> tuple[Callable[..., Any], ...]:
    """The loops over tiles; why the fingerprint: see `minicnn.kernels.vector.products`."""

    @jit
    def read_tiles(x, height, width, channels, top, left, oh, ow, first, last, v, apart):  # type: ignore[no-untyped-def]
        fingerprint  # noqa: B018
        down, across = (oh + 1) // 2, (ow + 1) // 2
        patch = np.empty(16 * channels, x.dtype)
        for t in range(first, last):
            n, row, column = t // (down * across), t // across % down * 2 - top, t % across * 2 - left
            source, at, line = x, ((n * height + row) * width + column) * channels, width * channels
            if row < 0 or column < 0 or row > height - 4 or column > width - 4:
                # Reaches over the border: copied, with zeros for what is outside.
                for i in range(4):
                    for j in range(4):
                        place, cell = (4 * i + j) * channels, at + i * line + j * channels
                        pixel = patch[place:place + channels]
                        if 0 <= row + i < height and 0 <= column + j < width:
                            pixel[:] = x[cell:cell + channels]
                        else:
                            pixel[:] = 0
                source, at, line = patch, 0, 4 * channels
            to_products(0, bits, source, at, line, channels, v, (t - first) * apart, channels, channels)

    @jit
    def read_kernel(kernel, filters, cuts, at, wanted, first, last, u, channels):  # type: ignore[no-untyped-def]
        """Channels ``first`` to ``last`` of so many; of the filters, those ``wanted`` from ``at`` on."""
        fingerprint  # noqa: B018
        for c in range(first, last):
            for panel in range(cuts.size - 1):
                column, width = cuts[panel], cuts[panel + 1] - cuts[panel]
                to_products(1, bits, kernel, c * filters + at + column, 3 * channels * filters, channels * filters,
                            u, column * channels + c * width, channels * cuts[-1], min(width, wanted - column))

    @jit
    def write_tiles(m, apart, start, oh, ow, first, last, y, at, wanted, factors, other, floor):  # type: ignore[no-untyped-def]
        fingerprint  # noqa: B018
        down, across, filters = (oh + 1) // 2, (ow + 1) // 2, start.size
        ends = factors.size or other.size or floor == 0
        for t in range(first, last):
            n, row, column = t // (down * across), t // across % down * 2, t % across * 2
            from_products(bits, m, (t - first) * apart, wanted, start[at:], y,
                          ((n * oh + row) * ow + column) * filters + at, ow * filters, filters, oh - row, ow - column,
                          wanted)
            if ends:
                for i in range(row, min(row + 2, oh)):
                    for j in range(column, min(column + 2, ow)):
                        begin = ((n * oh + i) * ow + j) * filters + at
                        end_run(bits, y, begin, wanted, factors, at, filters if factors.size else 0, other,
                                begin if other.size else -1, floor)

    @jit
    def columns_of_tiles(x, shape, before, output, kernel, cuts, begin, end, ready, u, first, last, at_once, v, m,  # type: ignore[no-untyped-def]
                         starts, steps, places, zeros, start, y, factors, other, floor):
        """Panels ``begin`` to ``end`` of the tiles ``first`` to ``last``, so many tiles at a time. ready: whether u is
        the whole kernel transformed; otherwise it is room for one panel after the other."""
        fingerprint  # noqa: B018
        (height, width, channels), (top, left), (oh, ow), filters = shape, before, output, start.size
        step = end - begin if ready else 1
        for t in range(first, last, at_once):
            count = min(at_once, last - t)
            read_tiles(x, height, width, channels, top, left, oh, ow, t, t + count, v, v.size // at_once)
            for panel in range(begin, end, step):
                at = cuts[panel]
                some = cuts[panel:panel + step + 1] - at
                wanted = min(filters - at, some[-1])
                if not ready:
                    read_kernel(kernel, filters, some, at, wanted, 0, channels, u, channels)
                rows_by_sevens(v, 0, channels, starts[:count], steps, u, 0, some, wanted, m, 0, places, zeros, False,
                               16, 1, 1, count, 0, 1)
                write_tiles(m, m.size // at_once, start, oh, ow, t, t + count, y, at, wanted, factors, other, floor)

    return read_tiles, read_kernel, columns_of_tiles


read_tiles, read_kernel, columns_of_tiles = _compile(widths.FINGERPRINT, widths.BITS)
