"""The vector primitive of all products: a block of a matrix product, held in the machine's registers.

A core computes with what lies in its registers, some 16 or 32 places of one vector each: 16 floats with AVX-512, 8 with
AVX2, 4 with SSE and NEON. It multiplies two vectors and adds them to a third in one step, a *multiply-add*, and can
begin one or two such steps in a cycle. Two things are in the way:

- *Loads.* A number must first be fetched from memory into a register, and a core begins two loads or so in a cycle. A
  multiply-add with two new operands waits for them. So what counts is how often a number is used once it is there.
- *Waiting.* The result of a multiply-add is there four cycles or so after it begins. Who adds all products to one sum
  can begin the next only then; there must be other sums to go on with.

Both have the same cure. In a matrix product ::

    c[m, n] += a[m, k] * b[k, n]

take ROWS rows of c by a few vectors of columns, and keep that *register block* in registers while k runs::

                         b[k, :]   2 vectors, loaded once for all rows
                       |==|==|
    a[:, k]    x       |==|==|     ROWS x 2 accumulators: they never leave the registers
    one number |       |==|==|
    per row,   x       |==|==|
    broadcast

Each step of k loads 2 vectors and ROWS numbers and does 2 * ROWS multiply-adds: for 8 rows 10 loads for 16 multiply-
adds, where the product of one row by one vector needs 2 for 1. And there are 16 sums to go on with. The larger the
block the better, as long as the registers hold it: 32 of them (AVX-512, NEON) hold 8 x 2 accumulators and what passes
through, 16 of them (AVX2, SSE) hold 6 x 2. The literature calls this a micro-kernel and its block MR x NR: here MR is
ROWS, and NR the columns of two vectors.

Measured with AVX-512 (benchmarks/register_blocks.py, billions of operations a second): a block of one row and one
vector 32, of 8 rows and one vector 76, of 8 rows and two vectors 91.

The columns of one block, for all k, are a *panel* of b. Row m of a is not where a matrix would have it but wherever
`starts[m]` says, and its k-th number `steps[k]` behind it: see `minicnn.kernels.vector.tables` for what that is good
for.

Numba offers no vectors, so the block is written as LLVM instructions, by an *intrinsic*: Python that runs when the
kernel is compiled. Loops over rows and vectors below are loops of the writer: the code they write has no loop but the
one over k. LLVM's vectors are the same on every machine, be it AVX-512, AVX2, SSE or NEON. Read `multiply_block` and
`write_block` first; `Lanes` and `Arguments` before them only say in short what LLVM wants at length.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

INT = ir.IntType(64)


def written_out(typing: Callable[..., Any]) -> Callable[..., Any]:
    """An intrinsic, whose constant arguments are known by value when it is compiled."""
    made: Callable[..., Any] = intrinsic(prefer_literal=True)(typing)
    return made


def constant(value: int) -> ir.Constant:
    """An integer known when the kernel is compiled."""
    return ir.Constant(INT, value)


class Lanes:
    """Vectors of so many numbers of one type side by side, and what is done with them."""

    def __init__(self, builder: Any, number: Any, lanes: int) -> None:
        self.builder, self.lanes, self.number = builder, lanes, number
        self.type = ir.VectorType(number, lanes)
        self.bytes = {ir.DoubleType(): 8, ir.FloatType(): 4}.get(number) or number.width // 8
        kind = "f" if number in (ir.DoubleType(), ir.FloatType()) else "i"
        self.suffix = f"v{lanes}{kind}{8 * self.bytes}"
        self.zero = ir.Constant(self.type, [0 if kind == "i" else 0.0] * lanes)

    def spread(self, number: Any) -> Any:
        """The same number in every lane."""
        none = ir.Constant(self.type, ir.Undefined)
        first = self.builder.insert_element(none, number, ir.Constant(ir.IntType(32), 0))
        return self.builder.shuffle_vector(first, none, ir.Constant(ir.VectorType(ir.IntType(32), self.lanes), None))

    def first(self, count: Any) -> Any:
        """A mask: the first ``count`` lanes."""
        lanes = Lanes(self.builder, INT, self.lanes)
        return self.builder.icmp_signed("<", ir.Constant(lanes.type, list(range(self.lanes))), lanes.spread(count))

    def load(self, pointer: Any, mask: Any = None) -> Any:
        """The numbers at an address, wherever it is: it need not be a multiple of anything. With a mask, zeros and no
        look at the memory in the other lanes."""
        pointer = self.builder.bitcast(pointer, self.type.as_pointer())
        if mask is None:
            return self.builder.load(pointer, align=self.bytes)
        return self.call(f"masked.load.{self.suffix}.p0", self.type, pointer, self.alignment, mask, self.zero)

    def store(self, vector: Any, pointer: Any, mask: Any = None) -> None:
        """The mirror of `load`."""
        pointer = self.builder.bitcast(pointer, self.type.as_pointer())
        if mask is None:
            self.builder.store(vector, pointer, align=self.bytes)
        else:
            self.call(f"masked.store.{self.suffix}.p0", ir.VoidType(), vector, pointer, self.alignment, mask)

    def multiply_add(self, a: Any, b: Any, c: Any) -> Any:
        """a * b + c in one step where the machine has such a one."""
        return self.call(f"fmuladd.{self.suffix}", self.type, a, b, c)

    def call(self, name: str, result: Any, *arguments: Any) -> Any:
        """One of LLVM's own functions."""
        kind = ir.FunctionType(result, [argument.type for argument in arguments])
        return self.builder.call(cgutils.get_or_insert_function(self.builder.module, kind, f"llvm.{name}"), arguments)

    @property
    def alignment(self) -> ir.Constant:
        """What may be relied on: that of one number."""
        return ir.Constant(ir.IntType(32), self.bytes)


class Arguments:
    """The arguments of an intrinsic, by name, as LLVM values."""

    def __init__(self, context: Any, builder: Any, names: tuple[str, ...], kinds: Any, values: Any) -> None:
        self.context, self.builder = context, builder
        self.given = dict(zip(names, zip(kinds, values, strict=True), strict=True))

    def array(self, name: str, at: Any = None) -> Any:
        """The address of an array's first number, or of the one ``at`` says."""
        kind, value = self.given[name]
        data = self.context.make_array(kind)(self.context, self.builder, value).data
        return data if at is None else self.builder.gep(data, [self.integer(at)])

    def integer(self, name: str) -> Any:
        """An integer of 64 bits."""
        kind, value = self.given[name]
        return self.context.cast(self.builder, value, kind, types.int64)


@written_out
def multiply_block(typing, rows, vectors, bits, a, a_at, starts, first, count, steps, step, depth, b, b_at, b_row,  # type: ignore[no-untyped-def]
                   c, c_at, places, columns, start, start_at, start_row):
    """For each m < count and each column n of the panel ::

        c[c_at + places[first + m] + n] = the start value
            + sum over k < depth of a[a_at + starts[first + m] + steps[step + k]] * b[b_at + k * b_row + n]

    with the start value ``start[start_at + start_row * places[first + m] + n]``: a bias for start_row 0, what c had
    for c itself and start_row 1.

    rows, vectors: the register block, of vectors of so many bits; constants. count: how many of its rows are wanted;
    columns: how many of its columns are wanted. b is read for all of them. All arrays are flat.
    """
    kinds = (rows, vectors, bits, a, a_at, starts, first, count, steps, step, depth, b, b_at, b_row,
             c, c_at, places, columns, start, start_at, start_row)
    if not all(isinstance(kind, types.IntegerLiteral) for kind in (rows, vectors, bits)):
        return None
    shape = rows.literal_value, vectors.literal_value, bits.literal_value // a.dtype.bitwidth

    def write(context, builder, signature, values):  # type: ignore[no-untyped-def]
        write_block(builder, shape, Arguments(context, builder, NAMES, signature.args, values))
        return context.get_dummy_value()

    return types.void(*kinds), write


NAMES = ("rows", "vectors", "bits", "a", "a_at", "starts", "first", "count", "steps", "step", "depth", "b", "b_at",
         "b_row", "c", "c_at", "places", "columns", "start", "start_at", "start_row")


def write_block(builder: Any, shape: tuple[int, int, int], given: Arguments) -> None:
    """Write the instructions of `multiply_block`."""
    rows, vectors, lanes = shape
    a, b, c, start = (given.array(name, f"{name}_at") for name in ("a", "b", "c", "start"))
    starts, steps, places = given.array("starts", "first"), given.array("steps", "step"), given.array("places", "first")
    lane = Lanes(builder, a.type.pointee, lanes)
    count, b_row, start_row = (given.integer(name) for name in ("count", "b_row", "start_row"))
    block = [[cgutils.alloca_once(builder, lane.type) for _ in range(vectors)] for _ in range(rows)]

    def at(pointer: Any, offset: Any) -> Any:
        return builder.gep(pointer, [offset])

    def of_row(table: Any, row: int) -> Any:
        # A row too many repeats the last one: it costs nothing extra, and its result is not stored.
        wanted = builder.select(builder.icmp_signed("<", constant(row), count), constant(row),
                                builder.sub(count, constant(1)))
        return builder.load(at(table, wanted))

    # An empty piece of assembly that no load may pass: left alone, LLVM fetches the numbers of all rows beforehand,
    # and has no registers left for the accumulators.
    in_order = ir.InlineAsm(ir.FunctionType(ir.VoidType(), []), "", "~{memory}", side_effect=True)

    for accumulators in block:
        for accumulator in accumulators:
            builder.store(lane.zero, accumulator)
    a_rows = [at(a, of_row(starts, row)) for row in range(rows)]
    with cgutils.for_range(builder, given.integer("depth"), intp=INT) as loop:
        step = builder.load(at(steps, loop.index))
        b_k = at(b, builder.mul(loop.index, b_row))
        panel = [lane.load(at(b_k, constant(v * lanes))) for v in range(vectors)]
        for row in range(rows):
            number = lane.spread(builder.load(at(a_rows[row], step)))
            for v in range(vectors):
                sum_ = builder.load(block[row][v])
                builder.store(lane.multiply_add(number, panel[v], sum_), block[row][v])
            builder.call(in_order, [])

    def finish(masks: list[Any]) -> None:
        for row in range(rows):
            with builder.if_then(builder.icmp_signed("<", constant(row), count)):
                place = of_row(places, row)
                begin = at(start, builder.mul(place, start_row))
                for v in range(vectors):
                    before = lane.load(at(begin, constant(v * lanes)), masks[v])
                    total = builder.fadd(builder.load(block[row][v]), before)
                    lane.store(total, at(at(c, place), constant(v * lanes)), masks[v])

    columns = given.integer("columns")
    whole = builder.icmp_signed("==", columns, constant(vectors * lanes))
    with builder.if_else(whole) as (then, otherwise):
        with then:
            finish([None] * vectors)
        with otherwise:
            finish([lane.first(builder.sub(columns, constant(v * lanes))) for v in range(vectors)])
