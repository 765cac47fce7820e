"""The right-hand matrix of a product, cut into panels: strips of columns, each as wide as a register block.

A block reads its panel from top to bottom, one or two vectors of a row at a time. In a wide matrix two rows lie far
apart, and only a few of such places fit into the fastest cache at once; so the strips are copied, each into one run of
memory ("packed")::

    a b c d | e f .        panel 1: a b c d g h i j      panel 2: e f 0 k l 0
    g h i j | k l .

The copy costs one look at every number, and each is then read by all blocks of rows. Columns that only fill up the last
panel are zeros; what comes of them is not stored.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numba.core import cgutils, types

from minicnn._types import Array
from minicnn.kernels._jit import jit
from minicnn.kernels.vector import widths
from minicnn.kernels.vector.primitives import INT, Arguments, Lanes, constant, written_out
from minicnn.kernels.vector.turning import transpose


class Matrix(NamedTuple):
    """A matrix per group, as it lies in memory: entry (r, j) of group g is number ``g * group + rows[r] + j * column``.
    So it may be a transposed one."""

    numbers: Array
    rows: Array
    column: int
    columns: int
    group: int


class Panels(NamedTuple):
    """A matrix (depth, columns) per group, as register blocks read it.

    numbers: the panels of each group in turn, flat. columns: of a group. edges: where each panel of a group begins, and
    where the last one ends.
    """

    numbers: Array
    columns: int
    edges: Array


@lru_cache(1024)
def edges(columns: int, itemsize: int) -> Array:
    """Where each panel of so many columns begins, and where the last one ends.

    All are two vectors wide but the last, which takes what is enough of two, one or half a vector.
    """
    lanes, half = widths.BITS // (8 * itemsize), widths.HALF // (8 * itemsize)
    rest = columns % (2 * lanes)
    last = 0 if not rest else half if rest <= half else lanes if rest <= lanes else 2 * lanes
    starts = list(range(0, columns - rest + 1, 2 * lanes))
    return np.array(starts + [starts[-1] + last] * bool(rest))


STRIPS = ("bits", "matrix", "at", "copied", "to", "apart", "strips")


@written_out
def copy_strips(typing, bits, matrix, at, copied, to, apart, strips):  # type: ignore[no-untyped-def]
    """Two vectors after the other from matrix[at:] to copied[to:], copied[to + apart:], ..., so many of them."""
    kinds = (bits, matrix, at, copied, to, apart, strips)
    if not isinstance(bits, types.IntegerLiteral):
        return None

    def write(context, builder, signature, values):  # type: ignore[no-untyped-def]
        given = Arguments(context, builder, STRIPS, signature.args, values)
        source, target = given.array("matrix", "at"), given.array("copied", "to")
        lane = Lanes(builder, source.type.pointee, bits.literal_value // matrix.dtype.bitwidth)
        with cgutils.for_range(builder, given.integer("strips"), intp=INT) as loop:
            strip = builder.gep(source, [builder.mul(loop.index, constant(2 * lane.lanes))])
            place = builder.gep(target, [builder.mul(loop.index, given.integer("apart"))])
            for v in range(2):
                lane.store(lane.load(builder.gep(strip, [constant(v * lane.lanes)])),
                           builder.gep(place, [constant(v * lane.lanes)]))
        return context.get_dummy_value()

    return types.void(*kinds), write


def _compile(fingerprint: int, bits: int) -> Callable[..., Any]:
    """The loop that packs; why the fingerprint: see `minicnn.kernels.vector.products`."""

    @jit
    def pack(matrix, at, rows, column, edges, columns, copied):  # type: ignore[no-untyped-def]
        """Copy matrix[at + rows[r] + column * j] panel by panel. The source is read as it lies there: row by
        row, or if it is a transposed one, some columns side by side."""
        fingerprint  # noqa: B018
        side = bits // (8 * matrix.itemsize)
        panels, wide = edges.size - 1, 2 * side
        whole = min(columns, edges[panels]) // wide if column == 1 else 0  # panels that are runs of two whole vectors
        if whole:
            for r in range(rows.size):
                copy_strips(bits, matrix, at + rows[r], copied, r * wide, rows.size * wide, whole)
        for panel in range(whole, panels):
            target, width = rows.size * edges[panel], edges[panel + 1] - edges[panel]
            wanted = min(width, columns - edges[panel])
            source = at + column * edges[panel]
            for first in range(0, wanted, side):
                last, r = min(wanted, first + side), 0
                while r < rows.size:
                    together = 1  # rows that lie one number apart
                    while together < side and r + together < rows.size and rows[r + together] == rows[r] + together:
                        together += 1
                    if column != 1 and together == last - first == side:
                        transpose(bits, matrix, source + rows[r] + column * first, column,
                                  copied, target + r * width + first, width)
                        r += side
                    else:
                        for j in range(first, last):
                            copied[target + r * width + j] = matrix[source + rows[r] + column * j]
                        r += 1
            for r in range(rows.size):
                for j in range(wanted, width):
                    copied[target + r * width + j] = 0

    return pack


pack = _compile(widths.FINGERPRINT, widths.BITS)


def packed(matrix: Matrix) -> Panels:
    """All panels of a matrix without groups."""
    numbers = matrix.numbers.reshape(-1)
    cuts = edges(matrix.columns, numbers.itemsize)
    copied = np.empty(len(matrix.rows) * int(cuts[-1]), numbers.dtype)
    pack(numbers, 0, matrix.rows, matrix.column, cuts, matrix.columns, copied)
    return Panels(copied, matrix.columns, cuts)


def start_values(bias: Array | None, columns: int, groups: int, dtype: np.dtype) -> Array:
    """What each column starts from: the bias of each group, or zeros, filled up to whole panels."""
    start = np.zeros((groups, edges(columns, dtype.itemsize)[-1]), dtype)
    if bias is not None:
        start[:, :columns] = bias.reshape(groups, columns)
    return start.reshape(-1)
