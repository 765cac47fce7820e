"""The two jitted loops of this room: a product over pixels, and a sum over pixels.

Both walk the pixels of a batch in pieces, and a piece by register blocks (`minicnn.kernels.vector.primitives`) along
the offset lists of `minicnn.kernels.vector.tables`:

- `rows_of_pixels`: every pixel is a row of results. Forward, the gradient of the image, dense layers.
- `sums_over_pixels`: every cell of a kernel is a row of results, and the pixels are summed over. Gradients of kernels.

A range of pieces is one thread's share; it makes no difference whether they lie in one large image or in many.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn._types import Array
from minicnn.kernels._jit import jit
from minicnn.kernels.vector import widths
from minicnn.kernels.vector.primitives import multiply_block

PIECE = 512  # pixels at a time: what they read stays in a core's own cache; a longer sum would lose digits


def _compile(fingerprint: int, rows: int, bits: int, half: int) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The two loops for vectors of so many bits.

    What is given here is part of the key under which Numba keeps the compiled code: its cache does not see when the
    primitives in the other file change, or the width. So the fingerprint stands in each loop, and does nothing.
    """

    @jit
    def rows_of_pixels(a, reads, a_group, starts, steps, b, panels, columns, c, writes, c_group, places, start, groups,  # type: ignore[no-untyped-def]
                       per_list, images, first, last):
        fingerprint  # noqa: B018
        lanes, depth = bits // (8 * a.itemsize), steps.size
        pixels, pieces = starts.size // per_list, -(-starts.size // PIECE)
        for task in range(first, last):
            n = task // pieces * per_list
            end = min(min(per_list, images - n) * pixels, task % pieces * PIECE + PIECE)
            for g in range(groups):
                a_at, c_at = n * reads + g * a_group, n * writes + g * c_group
                for panel in range(panels.size - 1):
                    at = panels[panel]
                    width, wanted = panels[panel + 1] - at, min(columns - at, panels[panel + 1] - at)
                    start_at = g * panels[-1] + at
                    for row in range(task % pieces * PIECE, end, rows):
                        if width > lanes:
                            multiply_block(rows, 2, bits, a, a_at, starts, row, min(rows, end - row), steps, 0, depth,
                                           b, start_at * depth, width, c, c_at + at, places, wanted, start, start_at, 0)
                        elif width == lanes:
                            multiply_block(rows, 1, bits, a, a_at, starts, row, min(rows, end - row), steps, 0, depth,
                                           b, start_at * depth, width, c, c_at + at, places, wanted, start, start_at, 0)
                        else:
                            multiply_block(rows, 1, half, a, a_at, starts, row, min(rows, end - row), steps, 0, depth,
                                           b, start_at * depth, width, c, c_at + at, places, wanted, start, start_at, 0)

    @jit
    def sums_over_pixels(a, reads, a_group, starts, steps, b, filters, panels, columns, c, places, groups, per_list,  # type: ignore[no-untyped-def]
                         images, first, last):
        fingerprint  # noqa: B018
        lanes, depth = bits // (8 * a.itemsize), steps.size
        pixels, pieces = starts.size // per_list, -(-starts.size // PIECE)
        copy = np.zeros(PIECE * 2 * lanes, b.dtype)
        for task in range(first, last):
            n, begin = task // pieces * per_list, task % pieces * PIECE
            count = min(min(per_list, images - n) * pixels - begin, PIECE)
            for g in range(groups):
                a_at, c_group = n * reads + g * a_group, g * depth * panels[-1]
                for panel in range(panels.size - 1):
                    at = panels[panel]
                    width, wanted = panels[panel + 1] - at, min(columns - at, panels[panel + 1] - at)
                    b_at, b_row, source = (n * pixels + begin) * filters + g * columns + at, filters, b
                    if b_at + (count - 1) * b_row + width > b.size:
                        # The last vectors would reach past the end of the array. (Elsewhere they may reach into the
                        # next pixel: what comes of those lanes nobody looks at.)
                        for k in range(count):
                            for j in range(wanted):
                                copy[k * width + j] = b[b_at + k * b_row + j]
                        b_at, b_row, source = 0, width, copy
                    for row in range(0, depth, rows):
                        if width > lanes:
                            multiply_block(rows, 2, bits, a, a_at, steps, row, min(rows, depth - row), starts, begin,
                                           count, source, b_at, b_row, c, c_group + at, places, width, c, c_group + at, 1)
                        elif width == lanes:
                            multiply_block(rows, 1, bits, a, a_at, steps, row, min(rows, depth - row), starts, begin,
                                           count, source, b_at, b_row, c, c_group + at, places, width, c, c_group + at, 1)
                        else:
                            multiply_block(rows, 1, half, a, a_at, steps, row, min(rows, depth - row), starts, begin,
                                           count, source, b_at, b_row, c, c_group + at, places, width, c, c_group + at, 1)

    return rows_of_pixels, sums_over_pixels


rows_of_pixels, sums_over_pixels = _compile(widths.FINGERPRINT, widths.ROWS, widths.BITS, widths.HALF)


@jit
def pack_panels(b, at, rows, column, panels, columns, packed):  # type: ignore[no-untyped-def]
    """Lay the matrix b[at + rows[r] + column * j] out panel by panel: what a register block reads lies in a row.

    Columns that only fill up a panel are zeros; what comes of them is not stored.
    """
    for panel in range(panels.size - 1):
        width = panels[panel + 1] - panels[panel]
        for r in range(rows.size):
            target = panels[panel] * rows.size + r * width
            for j in range(width):
                n = panels[panel] + j
                packed[target + j] = b[at + rows[r] + column * n] if n < columns else 0


def pieces(images: int, per_list: int, length: int) -> int:
    """How many pieces the pixels of so many images make."""
    return -(-images // per_list) * -(-length // PIECE)


def packed(matrix: Array, offsets: Array, column: int, panels: Array, columns: int, groups: int, group: int) -> Array:
    """The panels of each group in turn; ``group`` numbers lie between the groups of the matrix."""
    parts = np.empty((groups, len(offsets) * panels[-1]), matrix.dtype)
    for g in range(groups):
        pack_panels(matrix, g * group, offsets, column, panels, columns, parts[g])
    return parts.reshape(-1)
