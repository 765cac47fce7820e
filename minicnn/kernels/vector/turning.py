"""Transposing matrices, a square of vectors at a time.

Read number by number, one of the two matrices is always walked in long jumps. So take as many vectors as a vector has
lanes, one from each row, and exchange halves, quarters and so on among them, in registers::

    a b c d          a b i j          a e i m
    e f g h    ->    e f m n    ->    b f j n
    i j k l          c d k l          c g k o
    m n o p          g h o p          d h l p

In each round a vector and its partner exchange what the other needs; after log2(lanes) rounds the columns have become
rows, and are stored as vectors, too.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types

from minicnn._types import Array
from minicnn.kernels._jit import jit
from minicnn.kernels.threads import parts_for, share
from minicnn.kernels.vector import widths
from minicnn.kernels.vector.primitives import Arguments, Lanes, constant, written_out

SQUARE = ("bits", "source", "at", "row", "target", "to", "target_row")


@written_out
def transpose(typing, bits, source, at, row, target, to, target_row):  # type: ignore[no-untyped-def]
    """target[to + j * target_row + i] = source[at + i * row + j], for i and j less than the lanes of a vector."""
    kinds = (bits, source, at, row, target, to, target_row)
    if not isinstance(bits, types.IntegerLiteral):
        return None

    def write(context, builder, signature, values):  # type: ignore[no-untyped-def]
        given = Arguments(context, builder, SQUARE, signature.args, values)
        lane = Lanes(builder, given.array("source").type.pointee, bits.literal_value // source.dtype.bitwidth)
        write_square(builder, lane, given)
        return context.get_dummy_value()

    return types.void(*kinds), write


def write_square(builder: Any, lane: Lanes, given: Arguments) -> None:
    """Write the instructions of `transpose`."""
    def of(array: str, start: str, row: str, i: int) -> Any:
        return builder.gep(given.array(array, start), [builder.mul(constant(i), given.integer(row))])

    def picked(a: Any, b: Any, places: list[int]) -> Any:
        return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(ir.IntType(32), lane.lanes), places))

    square = [lane.load(of("source", "at", "row", i)) for i in range(lane.lanes)]
    apart = lane.lanes // 2
    while apart:
        for i in range(lane.lanes):
            if not i & apart:  # its partner is i + apart; lanes of the second vector count from lane.lanes on
                a, b = square[i], square[i + apart]
                square[i] = picked(a, b, [k if not k & apart else lane.lanes + k - apart for k in range(lane.lanes)])
                square[i + apart] = picked(a, b, [k + apart if not k & apart else lane.lanes + k
                                                  for k in range(lane.lanes)])
        apart //= 2
    for i, vector in enumerate(square):
        lane.store(vector, of("target", "to", "target_row", i))


def _compile(fingerprint: int, bits: int) -> Callable[..., Any]:
    """The loop over cells; why the fingerprint: see `minicnn.kernels.vector.products`."""

    @jit
    def turn_cells(kernel, rows, columns, first, last, turned):  # type: ignore[no-untyped-def]
        """The matrices ``first`` to ``last`` of (rows, columns), transposed, in the opposite order."""
        fingerprint  # noqa: B018
        side, size = bits // (8 * kernel.itemsize), rows * columns
        for cell in range(first, last):
            at, to = cell * size, kernel.size - (cell + 1) * size
            for i in range(0, rows, side):
                for j in range(0, columns, side):
                    if i + side <= rows and j + side <= columns:
                        transpose(bits, kernel, at + i * columns + j, columns, turned, to + j * rows + i, rows)
                    else:
                        for u in range(i, min(i + side, rows)):
                            for v in range(j, min(j + side, columns)):
                                turned[to + v * rows + u] = kernel[at + u * columns + v]

    return turn_cells


turn_cells = _compile(widths.FINGERPRINT, widths.BITS)


def turned_around(kernel: Array) -> Array:
    """(kh, kw, C, F) -> (kh, kw, F, C): turned by half a turn, with channels and filters exchanged."""
    kh, kw, channels, filters = kernel.shape
    turned = np.empty((kh, kw, filters, channels), kernel.dtype)

    def run(part: int, first: int, last: int) -> None:
        turn_cells(kernel.reshape(-1), channels, filters, first, last, turned.reshape(-1))

    share(run, kh * kw, parts_for(16 * kernel.size, kh * kw))
    return turned
