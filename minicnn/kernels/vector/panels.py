"""The right-hand matrix of a product, cut into panels: strips of columns, each as wide as a register block.

A block reads its panel from top to bottom, one or two vectors of a row at a time. In a wide matrix two rows lie far
apart, and only a few of such places fit into the fastest cache at once; so the strips are copied, each into one run of
memory ("packed")::

    a b c d | e f .        panel 1: a b c d g h i j      panel 2: e f 0 k l 0
    g h i j | k l .

The copy costs one look at every number, and each is then read by all blocks of rows. Columns that only fill up the last
panel are zeros; what comes of them is not stored.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from minicnn._types import Array
from minicnn.kernels._jit import jit
from minicnn.kernels.vector.widths import BITS, HALF


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
    lanes, half = BITS // (8 * itemsize), HALF // (8 * itemsize)
    rest = columns % (2 * lanes)
    last = 0 if not rest else half if rest <= half else lanes if rest <= lanes else 2 * lanes
    starts = list(range(0, columns - rest + 1, 2 * lanes))
    return np.array(starts + [starts[-1] + last] * bool(rest))


@jit
def pack(matrix, at, rows, column, edges, columns, copied):  # type: ignore[no-untyped-def]
    """Copy matrix[at + rows[r] + column * j] panel by panel."""
    target = 0
    for panel in range(edges.size - 1):
        width, wanted = edges[panel + 1] - edges[panel], min(edges[panel + 1], columns) - edges[panel]
        for r in range(rows.size):
            source = at + rows[r] + column * edges[panel]
            if column == 1:  # a run of numbers: the compiler makes vectors of it
                run, place = matrix[source:source + wanted], copied[target:target + wanted]
                for j in range(wanted):
                    place[j] = run[j]
            else:
                for j in range(wanted):
                    copied[target + j] = matrix[source + column * j]
            for j in range(wanted, width):
                copied[target + j] = 0
            target += width


def packed(matrix: Array, rows: Array, column: int, columns: int, groups: int, group: int) -> Panels:
    """Entry (r, j) of group g is number ``g * group + rows[r] + j * column`` of the flat matrix: so
    the matrix may be a transposed one."""
    cuts = edges(columns, matrix.itemsize)
    copied = np.empty((groups, len(rows) * int(cuts[-1])), matrix.dtype)
    for g in range(groups):
        pack(matrix, g * group, rows, column, cuts, columns, copied[g])
    return Panels(copied.reshape(-1), columns, cuts)


def start_values(bias: Array | None, panels: Panels, groups: int, dtype: np.dtype) -> Array:
    """What each column starts from: the bias of each group, or zeros, filled up to whole panels."""
    start = np.zeros((groups, panels.edges[-1]), dtype)
    if bias is not None:
        start[:, :panels.columns] = bias.reshape(groups, panels.columns)
    return start.reshape(-1)
