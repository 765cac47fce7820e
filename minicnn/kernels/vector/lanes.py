"""The vector primitives of images that lie in the lanes: the same pixel of 16 images side by side.

A vector usually takes 16 filters of one pixel. The first layer of a small network has six, so ten lanes would idle. But
all images of a batch want the same done; so turn the block of images around ::

    image 1:  a b c d ...          a A  b B  c C  d D ...     each pair a vector
    image 2:  A B C D ...

and one vector holds pixel a of all images. Then no lane idles, whatever the number of filters, and what is left of a
max pool is a comparison of whole vectors: it is done while the four products are still in registers. How a block is
turned around: `minicnn.kernels.vector.turning`.
"""

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from minicnn.kernels.vector.primitives import INT, Arguments, Lanes, constant, written_out

POOLED = ("rows", "bits", "keep", "x", "at", "cells", "steps", "depth", "block", "weights", "first", "filters", "count",
          "start", "y", "y_at", "winner", "w_at")


@written_out
def pooled_block(typing, rows, bits, keep, x, at, cells, steps, depth, block, weights, first, filters, count, start,  # type: ignore[no-untyped-def]
                 y, y_at, winner, w_at):
    """For each filter f < count and the four cells c of a window of pixels ::

        y[y_at + f * block] = the largest of start[first + f]
            + sum over k < depth of x[at + (cells[c] + steps[k]) * block] * weights[first + f + k * filters]

    each of them a vector of images, of which ``block`` lie side by side. rows: filters at a time; rows, bits, keep are
    constants. keep: whether the number of the largest one's cell is written to ``winner``.
    """
    kinds = (rows, bits, keep, x, at, cells, steps, depth, block, weights, first, filters, count, start,
             y, y_at, winner, w_at)
    if not all(isinstance(kind, types.IntegerLiteral) for kind in kinds[:3]):
        return None
    lanes = bits.literal_value // x.dtype.bitwidth

    def write(context, builder, signature, values):  # type: ignore[no-untyped-def]
        given = Arguments(context, builder, POOLED, signature.args, values)
        _write_pooled(builder, rows.literal_value, keep.literal_value, lanes, given)
        return context.get_dummy_value()

    return types.void(*kinds), write


def _write_pooled(builder: Any, rows: int, keep: int, lanes: int, given: Arguments) -> None:
    x, lane = given.array("x", "at"), Lanes(builder, given.array("x").type.pointee, lanes)
    steps, block, filters, count = given.array("steps"), *map(given.integer, ("block", "filters", "count"))
    kernel, start = given.array("weights", "first"), given.array("start", "first")
    in_order = ir.InlineAsm(ir.FunctionType(ir.VoidType(), []), "", "~{memory}", side_effect=True)  # see write_block

    def at(pointer: Any, *factors: Any) -> Any:
        offset = factors[0] if len(factors) == 1 else builder.mul(*factors)
        return builder.gep(pointer, [offset])

    cells = [at(x, builder.load(at(given.array("cells"), constant(c))), block) for c in range(4)]
    # A filter too many repeats the last one.
    which = [builder.select(builder.icmp_signed("<", constant(row), count), constant(row),
                            builder.sub(count, constant(1))) for row in range(rows)]
    kernels = [at(kernel, row) for row in which]
    sums = [[cgutils.alloca_once(builder, lane.type) for _ in cells] for _ in kernels]
    for row in sums:
        for total in row:
            builder.store(lane.zero, total)
    with cgutils.for_range(builder, given.integer("depth"), intp=INT) as loop:
        step, place = builder.mul(builder.load(at(steps, loop.index)), block), builder.mul(loop.index, filters)
        pixels = [lane.load(at(cell, step)) for cell in cells]
        for row, weights in zip(sums, kernels, strict=True):
            number = lane.spread(builder.load(at(weights, place)))
            for total, pixel in zip(row, pixels, strict=True):
                builder.store(lane.multiply_add(number, pixel, builder.load(total)), total)
            builder.call(in_order, [])
    for number, row in enumerate(sums):
        with builder.if_then(builder.icmp_signed("<", constant(number), count)):
            bias = lane.spread(builder.load(at(start, constant(number))))
            best, winner = _largest(builder, lane, [builder.fadd(builder.load(total), bias) for total in row])
            lane.store(best, at(given.array("y", "y_at"), constant(number), block))
            if keep:
                lane.store(winner, at(given.array("winner", "w_at"), constant(number), block))


def _largest(builder: Any, lane: Lanes, vectors: list[Any]) -> tuple[Any, Any]:
    """The largest vector lane by lane, and its number: the first of equals, and NaN before every number."""
    best, winner = vectors[0], lane.zero
    for number, vector in enumerate(vectors[1:], 1):
        wins = builder.and_(builder.fcmp_unordered(">", vector, best), builder.fcmp_ordered("ord", best, best))
        best = builder.select(wins, vector, best)
        winner = builder.select(wins, ir.Constant(lane.type, [float(number)] * lane.lanes), winner)
    return best, winner
