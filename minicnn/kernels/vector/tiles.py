"""The vector primitives of Winograd's convolution: a tile of numbers, multiplied by a small matrix from both sides.

The matrices hold only 0, 1, -1 and 1/2, so what the loops of the writer below leave are a few additions; and they are
the same for every channel, so a vector takes 16 channels of one tile at once. Why these matrices, and what they are
good for: `minicnn.kernels.vector.winograd`. Each primitive is the inside of one of its jitted loops.
"""

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from minicnn.kernels.vector.primitives import Arguments, Lanes, constant, written_out

IMAGE = ((1, 0, -1, 0), (0, 1, 1, 0), (0, -1, 1, 0), (0, 1, 0, -1))
KERNEL = ((1, 0, 0), (0.5, 0.5, 0.5), (0.5, -0.5, 0.5), (0, 0, 1))
OUTPUT = ((1, 1, 1, 0), (0, 1, -1, -1))
Tile = list[list[Any]]


def combined(builder: Any, lane: Lanes, weights: Sequence[float], vectors: list[Any]) -> Any:
    """The sum of weight * vector; the first weight that is not 0 is positive, or a later one is."""
    total = None
    for weight, vector in sorted(zip(weights, vectors, strict=True), key=lambda pair: -pair[0]):
        if abs(weight) not in (0, 1):
            vector = builder.fmul(vector, ir.Constant(lane.type, [abs(weight)] * lane.lanes))
        if weight:
            total = vector if total is None else (builder.fadd if weight > 0 else builder.fsub)(total, vector)
    return total


def both_sides(builder: Any, lane: Lanes, matrix: Sequence[Sequence[float]], tile: Tile) -> Tile:
    """matrix @ tile @ matrix.T, where each number of the tile is a vector."""
    columns = [[combined(builder, lane, row, list(column)) for row in matrix] for column in zip(*tile, strict=True)]
    return [[combined(builder, lane, row, list(line)) for row in matrix] for line in zip(*columns, strict=True)]


def each_vector(builder: Any, lane: Lanes, length: Any, do: Callable[[Any, Any], None]) -> None:
    """Write ``do(k, mask)`` for the k-th number and those behind it that fill a vector; masked where fewer are left."""
    lanes = constant(lane.lanes)
    whole = builder.mul(builder.sdiv(length, lanes), lanes)
    rest = builder.sub(length, whole)
    with cgutils.for_range_slice(builder, constant(0), whole, lanes, intp=whole.type) as (k, _):
        do(k, None)
    with builder.if_then(builder.icmp_signed(">", rest, constant(0))):
        do(whole, lane.first(rest))


def _to_products(builder: Any, lane: Lanes, given: Arguments, matrix: Sequence[Sequence[float]]) -> None:
    source, target = given.array("source", "at"), given.array("target", "target_at")
    row, column, apart = (given.integer(name) for name in ("row", "column", "apart"))
    across = range(len(matrix[0]))

    def at(base: Any, k: Any, *ways: tuple[int, Any]) -> Any:
        for count, distance in ways:
            base = builder.gep(base, [builder.mul(constant(count), distance)])
        return builder.gep(base, [k])

    def transform(k: Any, mask: Any) -> None:
        tile = [[lane.load(at(source, k, (i, row), (j, column)), mask) for j in across] for i in across]
        for i, line in enumerate(both_sides(builder, lane, matrix, tile)):
            for j, vector in enumerate(line):
                lane.store(vector, at(target, k, (4 * i + j, apart)), mask)

    each_vector(builder, lane, given.integer("length"), transform)


TO = ("kernel", "bits", "source", "at", "row", "column", "target", "target_at", "apart", "length")


@written_out
def to_products(typing, kernel, bits, source, at, row, column, target, target_at, apart, length):  # type: ignore[no-untyped-def]
    """For k < length: the tile source[at + i * row + j * column + k], transformed, goes to the 16 numbers
    target[target_at + xi * apart + k]. kernel: whether it is a 3x3 kernel or a 4x4 piece of an image."""
    if not all(isinstance(kind, types.IntegerLiteral) for kind in (kernel, bits)):
        return None
    matrix, width = KERNEL if kernel.literal_value else IMAGE, bits.literal_value // source.dtype.bitwidth

    def write(context, builder, signature, values):  # type: ignore[no-untyped-def]
        given = Arguments(context, builder, TO, signature.args, values)
        _to_products(builder, Lanes(builder, given.array("source").type.pointee, width), given, matrix)
        return context.get_dummy_value()

    return types.void(kernel, bits, source, at, row, column, target, target_at, apart, length), write


def _from_products(builder: Any, lane: Lanes, given: Arguments) -> None:
    source, bias, y = given.array("source", "at"), given.array("bias"), given.array("y", "y_at")
    row, column, rows, columns, apart = (given.integer(name) for name in ("row", "column", "rows", "columns", "apart"))

    def transform(k: Any, mask: Any) -> None:
        tile = [[lane.load(builder.gep(source, [builder.add(builder.mul(constant(4 * i + j), apart), k)]), mask)
                 for j in range(4)] for i in range(4)]
        start = lane.load(builder.gep(bias, [k]), mask)
        for i, line in enumerate(both_sides(builder, lane, OUTPUT, tile)):
            for j, vector in enumerate(line):
                inside = builder.and_(builder.icmp_signed("<", constant(i), rows),
                                      builder.icmp_signed("<", constant(j), columns))
                place = builder.add(builder.mul(constant(i), row), builder.mul(constant(j), column))
                with builder.if_then(inside):
                    lane.store(builder.fadd(vector, start), builder.gep(builder.gep(y, [place]), [k]), mask)

    each_vector(builder, lane, given.integer("length"), transform)


FROM = ("bits", "source", "at", "apart", "bias", "y", "y_at", "row", "column", "rows", "columns", "length")


@written_out
def from_products(typing, bits, source, at, apart, bias, y, y_at, row, column, rows, columns, length):  # type: ignore[no-untyped-def]
    """For k < length: the 16 sums source[at + xi * apart + k] become the 2x2 pixels y[y_at + i * row + j * column + k],
    plus bias[k]; only for i < rows and j < columns, where the image has no more."""
    kinds = (bits, source, at, apart, bias, y, y_at, row, column, rows, columns, length)
    if not isinstance(bits, types.IntegerLiteral):
        return None

    def write(context, builder, signature, values):  # type: ignore[no-untyped-def]
        given = Arguments(context, builder, FROM, signature.args, values)
        width = bits.literal_value // source.dtype.bitwidth
        _from_products(builder, Lanes(builder, given.array("source").type.pointee, width), given)
        return context.get_dummy_value()

    return types.void(*kinds), write
