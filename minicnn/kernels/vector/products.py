"""The jitted loops of this room: a product over pixels, and a sum over pixels.

They walk the pixels of a batch in pieces, and a piece by register blocks (`minicnn.kernels.vector.primitives`) along
the offset lists of `minicnn.kernels.vector.tables`:

- `rows_of_pixels`: every pixel is a row of results. Forward, the gradient of the image, dense layers.
- `columns_of_pixels`: the same with a matrix that is not in panels yet. A part of it that fits into a core's second
  cache is packed, used for all pixels, and the next part is packed over it: so the packed numbers never see the memory.
- `sums_over_pixels`: every cell of a kernel is a row of results, and the pixels are summed over. Gradients of kernels.

A range of pieces is one thread's share; it makes no difference whether they lie in one large image or in many. Deep in
a network the images are small and the kernels large; there a thread's share is a range of columns.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn._types import Array
from minicnn.kernels._jit import jit
from minicnn.kernels.threads import parts_for, share
from minicnn.kernels.vector import widths
from minicnn.kernels.vector.finishing import Ending, end_run, ending
from minicnn.kernels.vector.panels import Matrix, Panels, edges, pack
from minicnn.kernels.vector.primitives import multiply_block
from minicnn.kernels.vector.tables import Tables, grid

PIECE = 512  # pixels at a time: what they read stays in a core's own cache; a longer sum would lose digits
WIDE, ROOM = 512, 1 << 16
"""Columns of a matrix that are packed at a time, and numbers: a quarter of a megabyte of float32, for the second cache.
"""


def _compile(fingerprint: int, rows: int, bits: int, half: int) -> tuple[Callable[..., Any], ...]:
    """The loops for vectors of so many bits.

    What is given here is part of the key under which Numba keeps the compiled code: its cache does not see when the
    primitives in the other file change, or the width. So the fingerprint stands in each loop, and does nothing.
    """

    @jit
    def rows_of_pixels(a, reads, a_group, starts, steps, b, b_row, edges,  # type: ignore[no-untyped-def]
                       columns, c, writes, places, start, again, groups, per_list, images, piece, first, last):
        fingerprint  # noqa: B018
        lanes, depth = bits // (8 * a.itemsize), steps.size
        pixels, pieces = starts.size // per_list, -(-starts.size // piece)
        for task in range(first, last):
            n = task // pieces * per_list
            end = min(min(per_list, images - n) * pixels, task % pieces * piece + piece)
            for g in range(groups):
                a_at, c_at = n * reads + g * a_group, n * writes + g * columns
                for panel in range(edges.size - 1):
                    at = edges[panel]
                    width, wanted = edges[panel + 1] - at, min(columns - at, edges[panel + 1] - at)
                    start_at = c_at + at if again else g * edges[-1] + at
                    b_at, row_length = (g * edges[-1] + at) * depth, width
                    if b_row:  # not packed: the last panel ends with the matrix, and does a few columns once more
                        at, wanted = min(at, columns - width), width
                        b_at, row_length, start_at = at, b_row, at
                    for row in range(task % pieces * piece, end, rows):
                        if width > lanes:
                            multiply_block(rows, 2, bits, a, a_at, starts, row, min(rows, end - row), steps, 0, depth,
                                           b, b_at, row_length, c, c_at + at, places, wanted, start, start_at, again)
                        elif width == lanes:
                            multiply_block(rows, 1, bits, a, a_at, starts, row, min(rows, end - row), steps, 0, depth,
                                           b, b_at, row_length, c, c_at + at, places, wanted, start, start_at, again)
                        else:
                            multiply_block(rows, 1, half, a, a_at, starts, row, min(rows, end - row), steps, 0, depth,
                                           b, b_at, row_length, c, c_at + at, places, wanted, start, start_at, again)

    @jit
    def sums_over_pixels(a, reads, a_group, starts, steps, b, filters, edges, columns, c, places, groups, per_list,  # type: ignore[no-untyped-def]
                         images, piece, first, last, zeros):
        fingerprint  # noqa: B018
        lanes, depth = bits // (8 * a.itemsize), steps.size
        pixels, pieces = starts.size // per_list, -(-starts.size // piece)
        for task in range(first, last):
            n, begin = task // pieces * per_list, task % pieces * piece
            count = min(min(per_list, images - n) * pixels - begin, piece)
            for g in range(groups):
                a_at = n * reads + g * a_group
                for panel in range(edges.size - 1):
                    at = edges[panel]
                    width, wanted = edges[panel + 1] - at, min(columns - at, edges[panel + 1] - at)
                    b_at, b_row, source = (n * pixels + begin) * filters + g * columns + at, filters, b
                    c_at = g * depth * edges[-1] + at
                    start, start_at, again = c, c_at, 1
                    if zeros.size and task == first:  # nothing is there yet to add to
                        start, start_at, again = zeros, 0, 0
                    if count > 0 and b_at + (count - 1) * b_row + width > b.size:
                        # The last vectors would reach past the end of the array. (Elsewhere they may reach into the
                        # next pixel: what comes of those lanes nobody looks at.)
                        copy = np.zeros(count * width, b.dtype)
                        for k in range(count):
                            for j in range(wanted):
                                copy[k * width + j] = b[b_at + k * b_row + j]
                        b_at, b_row, source = 0, width, copy
                    for row in range(0, depth, rows):
                        if width > lanes:
                            multiply_block(rows, 2, bits, a, a_at, steps, row, min(rows, depth - row), starts, begin,
                                           count, source, b_at, b_row, c, c_at, places, width, start, start_at, again)
                        elif width == lanes:
                            multiply_block(rows, 1, bits, a, a_at, steps, row, min(rows, depth - row), starts, begin,
                                           count, source, b_at, b_row, c, c_at, places, width, start, start_at, again)
                        else:
                            multiply_block(rows, 1, half, a, a_at, steps, row, min(rows, depth - row), starts, begin,
                                           count, source, b_at, b_row, c, c_at, places, width, start, start_at, again)

    @jit
    def end_pixels(c, writes, places, channel, wanted, per_list, images, piece, task, factors, other, floor):  # type: ignore[no-untyped-def]
        fingerprint  # noqa: B018
        pixels, pieces = places.size // per_list, -(-places.size // piece)
        n = task // pieces * per_list
        end = min(min(per_list, images - n) * pixels, task % pieces * piece + piece)
        for pixel in range(task % pieces * piece, end):
            begin = n * writes + places[pixel] + channel
            end_run(bits, c, begin, wanted, factors, channel, factors.size // 4, other, begin if other.size else -1,
                    floor)

    @jit
    def columns_of_pixels(a, reads, a_group, starts, steps, b, b_group, b_rows, b_column, edges, begin, end,  # type: ignore[no-untyped-def]
                          columns, c, writes, places, start, groups, per_list, images, piece, first, last, room,
                          factors, other, floor):
        fingerprint  # noqa: B018
        wide, depth, ends = edges[1] - edges[0], b_rows.size, factors.size or other.size or floor == 0
        at_once = max(1, min(end - begin, WIDE // wide))
        # One row of room stays empty: panels that lie a power of two apart would share few places of the cache.
        deep = max(1, room.size // (at_once * wide) - 1)
        for g in range(groups):
            for panel in range(begin, end, at_once):
                at, cuts = edges[panel], edges[panel:min(panel + at_once, end) + 1] - edges[panel]
                channel, wanted = g * columns + at, min(columns - at, cuts[-1])
                a_g, c_g = a[g * a_group:], c[channel:]
                for k in range(0, depth, deep):
                    rows = b_rows[k:k + deep]
                    pack(b, g * b_group + at * b_column, rows, b_column, cuts, wanted, room)
                    for task in range(first, last):
                        rows_of_pixels(a_g, reads, 0, starts, steps[k:k + deep], room, 0, cuts, wanted, c_g, writes,
                                       places, c_g if k else start[g * edges[-1] + at:], k > 0, 1, per_list, images,
                                       piece, task, task + 1)
                        if ends and k + deep >= depth:
                            end_pixels(c, writes, places, channel, wanted, per_list, images, piece, task, factors,
                                       other, floor)

    return rows_of_pixels, columns_of_pixels, sums_over_pixels


rows_of_pixels, _, sums_over_pixels = _compile(widths.FINGERPRINT, widths.ROWS, widths.BITS, widths.HALF)
# The images in deep networks are 7x7, 14x14, 28x28 ... : blocks of 7 rows have no rows too many there.
rows_by_sevens, columns_of_pixels, _ = _compile(widths.FINGERPRINT, min(7, widths.ROWS), widths.BITS, widths.HALF)



def pieces(images: int, lists: Tables, piece: int) -> int:
    """How many pieces the pixels of so many images make."""
    return -(-images // lists.images) * -(-len(lists.starts) // piece)


def piece_for(images: int, lists: Tables, parts: int) -> int:
    """How many pixels to take at a time, at most PIECE, so that each part has as many pieces as the others, or many."""
    times, length = -(-images // lists.images), len(lists.starts)
    each = -(-length // PIECE)
    while times * each % parts and times * each < 8 * parts:
        each += 1
    return -(-length // (16 * each)) * 16


def product(a: Array, lists: Tables, b: Matrix, c: Array, start: Array, groups: int = 1, a_group: int = 0,
            then: Ending | None = None) -> None:
    """Every pixel of the lists in turn: its row of c is its window of a times b, plus start, and what is done ``then``.

    ``a_group`` numbers lie between what one group of columns reads and what the next one reads. The threads share the
    columns where the matrix is larger than the images, as in the last layers of a deep network, and the pixels
    elsewhere: so the larger of both is read once.
    """
    a, c, numbers = a.reshape(-1), c.reshape(-1), b.numbers.reshape(-1)
    cuts, depth = edges(b.columns, c.itemsize), len(lists.steps)
    images, panels = c.size // lists.writes, len(cuts) - 1
    lists, pixels = lists.of(images), images * lists.pixels
    parts = parts_for(pixels * groups * b.columns * depth, max(pixels, panels))
    by_columns = groups == 1 and panels >= parts and depth * b.columns > a.size
    piece = PIECE if by_columns else piece_for(images, lists, parts)
    tasks = pieces(images, lists, piece)
    factors, other, floor = ending(None, None, False, c.dtype) if then is None else then
    size = min(ROOM, (depth + 1) * min(WIDE, int(cuts[-1])))

    def run(part: int, first: int, last: int) -> None:
        begin, end, first, last = (first, last, 0, tasks) if by_columns else (0, panels, first, last)
        columns_of_pixels(a, lists.reads, a_group, lists.starts, lists.steps, numbers, b.group, b.rows, b.column, cuts,
                          begin, end, b.columns, c, lists.writes, lists.places, start, groups, lists.images, images,
                          piece, first, last, np.empty(size, c.dtype), factors, other, floor)

    share(run, panels if by_columns else tasks, parts)


def product_with_panels(a: Array, lists: Tables, b: Panels, c: Array, start: Array, groups: int = 1, a_group: int = 0,
                        ) -> None:
    """The same by one thread, with a matrix that is packed already, for who needs it again and again."""
    a, c = a.reshape(-1), c.reshape(-1)
    images = c.size // lists.writes
    lists = lists.of(images)
    piece = piece_for(images, lists, 1)
    rows_of_pixels(a, lists.reads, a_group, lists.starts, lists.steps, b.numbers, 0, b.edges, b.columns, c,
                   lists.writes, lists.places, start, False, groups, lists.images, images, piece, 0,
                   pieces(images, lists, piece))


def sums(x: Array, lists: Tables, dy: Array, columns: int, groups: int = 1, x_group: int = 0) -> Array:
    """(groups, cells, columns): over all pixels, the cells of their windows of x times their rows of dy."""
    cuts, filters = edges(columns, dy.itemsize), groups * columns
    depth, images = len(lists.steps), dy.size // (lists.pixels * filters)
    lists = lists.of(images)
    places = grid(0, (depth, cuts[-1]))
    x, dy = x.reshape(-1), dy.reshape(-1)
    parts = parts_for(dy.size * depth // groups, images * lists.pixels)
    piece = piece_for(images, lists, parts)
    totals = np.zeros((parts, groups, depth, cuts[-1]), dy.dtype)  # each part adds up its own pixels

    def run(part: int, first: int, last: int) -> None:
        sums_over_pixels(x, lists.reads, x_group, lists.starts, lists.steps, dy, filters, cuts, columns,
                         totals[part].reshape(-1), places, groups, lists.images, images, piece, first, last, x[:0])

    share(run, pieces(images, lists, piece), parts)
    total = totals[0] if parts == 1 else totals.sum(axis=0)
    wanted: Array = total[..., :columns]
    return wanted
