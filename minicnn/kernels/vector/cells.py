"""The vector primitives of pooling: the cells of one window, as many channels at once as a vector holds.

The channels of a pixel lie side by side in memory, so a vector takes the same cell of 8 maps in one step, and the loop
over the cells of the window is the only one left. Where there are fewer channels than lanes, a mask keeps the other
lanes from reading and writing. Each primitive is the inside of a jitted loop of `minicnn.kernels.vector.pooling`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types

from minicnn.kernels.vector.primitives import INT, Arguments, Lanes, constant, written_out

WINDOW = ("masked", "bits", "overlap", "x", "at", "rows", "columns", "row", "column")
"""Arguments of all: whether there are fewer channels than lanes, how wide vectors are, whether windows overlap (three
constants); the image; where in it the first cell lies; how many rows and columns of cells, and how far apart they lie.

On the way back a cell that lies in one window only is written, not added to: a vector that is read where a masked one
was just written has to wait until that is done."""


def primitive(names: tuple[str, ...], body: Callable[..., None]) -> Callable[..., Any]:
    """The code generator of an intrinsic: `body` writes the instructions for vectors of the image's type."""
    def typed(*kinds: Any) -> Any:
        if not all(isinstance(kind, types.IntegerLiteral) for kind in kinds[:3]):
            return None
        masked, bits, overlap = (kind.literal_value for kind in kinds[:3])
        lanes = bits // kinds[3].dtype.bitwidth

        def write(context, builder, signature, values):  # type: ignore[no-untyped-def]
            given = Arguments(context, builder, names, signature.args, values)
            lane = Lanes(builder, given.array("x").type.pointee, lanes)
            mask = lane.first(given.integer("count")) if masked else None
            body(builder, lane, given, mask, overlap)
            return context.get_dummy_value()

        return types.void(*kinds), write

    return typed


def each_cell(builder: Any, given: Arguments, do: Callable[[Any, Any, Any], None]) -> None:
    """Write ``do(address, i, j)`` for each cell (i, j) of the window: in a loop, or one behind the other where the
    numbers of rows and columns are constants. Small windows gain a lot by that."""
    first = given.array("x", "at")
    row, column = given.integer("row"), given.integer("column")
    rows, columns = given.known("rows"), given.known("columns")

    def at(i: Any, j: Any) -> Any:
        return builder.gep(first, [builder.add(builder.mul(i, row), builder.mul(j, column))])

    if rows is not None and columns is not None:
        for i, j in np.ndindex(rows, columns):
            do(at(constant(i), constant(j)), constant(i), constant(j))
        return
    with (cgutils.for_range(builder, given.integer("rows"), intp=INT) as down,
          cgutils.for_range(builder, given.integer("columns"), intp=INT) as across):
        do(at(down.index, across.index), down.index, across.index)


@written_out
def lanes_of(typing, bits, x):  # type: ignore[no-untyped-def]
    """How many numbers of an array a vector of so many bits holds: a constant, which ``x.itemsize`` would not be."""
    if not isinstance(bits, types.IntegerLiteral):
        return None

    def write(context, builder, signature, values):  # type: ignore[no-untyped-def]
        return constant(bits.literal_value // x.dtype.bitwidth)

    return types.int64(bits, x), write


def numbers_of_cells(builder: Any, lane: Lanes, given: Arguments) -> tuple[Lanes, Callable[[Any, Any], Any]]:
    """Vectors of 32-bit integers, and the function that writes the number of cell (i, j) into every lane."""
    whole = Lanes(builder, ir.IntType(32), lane.lanes)

    def number(i: Any, j: Any) -> Any:
        counted = builder.add(builder.add(given.integer("number"), builder.mul(i, given.integer("across"))), j)
        return whole.spread(builder.trunc(counted, ir.IntType(32)))

    return whole, number


# -- the largest of a window ---------------------------------------------------------------------


def _largest(builder: Any, lane: Lanes, given: Arguments, mask: Any, overlap: int) -> None:
    whole, number = numbers_of_cells(builder, lane, given)
    best, winner = cgutils.alloca_once(builder, lane.type), cgutils.alloca_once(builder, whole.type)
    builder.store(lane.load(given.array("x", "at"), mask), best)
    builder.store(number(constant(0), constant(0)), winner)

    def compare(cell: Any, i: Any, j: Any) -> None:
        value, so_far = lane.load(cell, mask), builder.load(best)
        # The first of equals stays; NaN beats every number, and the first NaN stays.
        is_nan, was_number = builder.fcmp_unordered("uno", value, value), builder.fcmp_ordered("ord", so_far, so_far)
        wins = builder.or_(builder.fcmp_ordered(">", value, so_far), builder.and_(is_nan, was_number))
        builder.store(builder.select(wins, value, so_far), best)
        builder.store(builder.select(wins, number(i, j), builder.load(winner)), winner)

    each_cell(builder, given, compare)
    stored = Lanes(builder, given.array("winner").type.pointee, lane.lanes)
    which = builder.load(winner)
    lane.store(builder.load(best), given.array("y", "y_at"), mask)
    stored.store(which if stored.bytes == 4 else builder.trunc(which, stored.type), given.array("winner", "y_at"), mask)


LARGEST = (*WINDOW, "count", "number", "across", "y", "winner", "y_at")


@written_out
def largest(typing, masked, bits, overlap, x, at, rows, columns, row, column, count, number, across, y,  # type: ignore[no-untyped-def]
            winner, y_at):
    """y[y_at] = the largest cell, winner[y_at] = its number: ``number`` for the first, ``across`` more per row."""
    return primitive(LARGEST, _largest)(masked, bits, overlap, x, at, rows, columns, row, column, count, number, across,
                                    y, winner, y_at)


def _to_winner(builder: Any, lane: Lanes, given: Arguments, mask: Any, overlap: int) -> None:
    whole, number = numbers_of_cells(builder, lane, given)
    stored = Lanes(builder, given.array("winner").type.pointee, lane.lanes)
    which = stored.load(given.array("winner", "y_at"), mask)
    which = which if stored.bytes == 4 else builder.zext(which, whole.type)
    dy = lane.load(given.array("y", "y_at"), mask)

    def route(cell: Any, i: Any, j: Any) -> None:
        mine = builder.select(builder.icmp_signed("==", which, number(i, j)), dy, lane.zero)
        lane.store(builder.fadd(lane.load(cell, mask), mine) if overlap else mine, cell, mask)

    each_cell(builder, given, route)


@written_out
def to_winner(typing, masked, bits, overlap, x, at, rows, columns, row, column, count, number, across, y,  # type: ignore[no-untyped-def]
              winner, y_at):
    """The way back: y[y_at] goes to the cell that won, and 0 to the others; added to what is there where windows
    overlap."""
    return primitive(LARGEST, _to_winner)(masked, bits, overlap, x, at, rows, columns, row, column, count, number,
                                      across, y, winner, y_at)


# -- the sum of a window -------------------------------------------------------------------------


def _add_up(builder: Any, lane: Lanes, given: Arguments, mask: Any, overlap: int) -> None:
    total = cgutils.alloca_once(builder, lane.type)
    builder.store(lane.zero, total)
    each_cell(builder, given, lambda cell, i, j: builder.store(
        builder.fadd(builder.load(total), lane.load(cell, mask)), total))
    lane.store(builder.load(total), given.array("y", "y_at"), mask)


SUM = (*WINDOW, "count", "y", "y_at")


@written_out
def add_up(typing, masked, bits, overlap, x, at, rows, columns, row, column, count, y, y_at):  # type: ignore[no-untyped-def]
    """y[y_at] = the sum of the cells."""
    return primitive(SUM, _add_up)(masked, bits, overlap, x, at, rows, columns, row, column, count, y, y_at)


def _add_to(builder: Any, lane: Lanes, given: Arguments, mask: Any, overlap: int) -> None:
    dy = lane.load(given.array("y", "y_at"), mask)
    each_cell(builder, given, lambda cell, i, j: lane.store(
        builder.fadd(lane.load(cell, mask), dy) if overlap else dy, cell, mask))


@written_out
def add_to(typing, masked, bits, overlap, x, at, rows, columns, row, column, count, y, y_at):  # type: ignore[no-untyped-def]
    """The way back: y[y_at] goes to every cell; added to what is there where windows overlap."""
    return primitive(SUM, _add_to)(masked, bits, overlap, x, at, rows, columns, row, column, count, y, y_at)


# -- a window that comes back --------------------------------------------------------------------


def _add_rows(builder: Any, lane: Lanes, given: Arguments) -> None:
    x, source, lanes = given.array("x", "at"), given.array("source", "from_"), constant(lane.lanes)
    whole = builder.mul(builder.sdiv(given.integer("length"), lanes), lanes)

    def add(offsets: tuple[Any, Any], k: Any, mask: Any = None) -> None:
        cell, number = (builder.gep(builder.gep(base, [offset]), [k]) for base, offset in zip((x, source), offsets,
                                                                                              strict=True))
        lane.store(builder.fadd(lane.load(cell, mask), lane.load(number, mask)), cell, mask)

    rest = builder.sub(given.integer("length"), whole)
    with cgutils.for_range(builder, given.integer("rows"), intp=INT) as rows:
        offsets = (builder.mul(rows.index, given.integer("row")), builder.mul(rows.index, given.integer("source_row")))
        with cgutils.for_range_slice(builder, constant(0), whole, lanes, intp=INT) as (k, _):
            add(offsets, k)
        with builder.if_then(builder.icmp_signed(">", rest, constant(0))):
            add(offsets, whole, lane.first(rest))


ROWS = ("bits", "x", "at", "row", "source", "from_", "source_row", "rows", "length")


@written_out
def add_rows(typing, bits, x, at, row, source, from_, source_row, rows, length):  # type: ignore[no-untyped-def]
    """x[at + i * row + k] += source[from_ + i * source_row + k] for i < rows and k < length."""
    kinds = (bits, x, at, row, source, from_, source_row, rows, length)
    if not isinstance(bits, types.IntegerLiteral):
        return None

    def write(context, builder, signature, values):  # type: ignore[no-untyped-def]
        given = Arguments(context, builder, ROWS, signature.args, values)
        _add_rows(builder, Lanes(builder, given.array("x").type.pointee, bits.literal_value // x.dtype.bitwidth), given)
        return context.get_dummy_value()

    return types.void(*kinds), write
