"""What stands behind a product: batch normalization at rest, a sum, a ReLU.

Each alone is a few operations on a number that must be fetched for them and put back, and the way to the memory is what
takes the time. So all of it is done to a convolution's results as soon as they are there, while they are in the
thread's cache (`Ending`). Behind others an array is walked once, a short run after the other (`finish`): a run stays in
the fastest cache while all is done to it, and may be written over what it was.

Every number goes through the operations of the layers themselves, in their order: it comes out with the same bits. To
multiply the kernels by the normalization's slopes instead, once for a batch, saves two of the operations, but a kernel
of a deep layer has more numbers than its result for an image (ResNet50's have 25 million in all, its results 11
million), the product is rounded differently, and somebody has to notice when a weight changes.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba.core import cgutils, types

from minicnn._types import Array
from minicnn.kernels._jit import jit
from minicnn.kernels.threads import parts_for, share
from minicnn.kernels.vector import widths
from minicnn.kernels.vector.primitives import INT, Arguments, Lanes, constant, written_out

RUN = 512
"""Numbers in a run, or one more pixel where it has more channels."""

COST = 16
"""What it takes to fetch a number and put it back, in multiplications."""


class Ending(NamedTuple):
    """What is done to results where they lie: see `finish`. What is not wanted is empty: the factors, mean, slope,
    gamma and beta one behind the other, and the other; a floor of minus infinity is none."""

    factors: Array
    other: Array
    floor: Any


def ending(factors: Array | None, other: Array | None, relu: bool, dtype: np.dtype) -> Ending:
    """The ending that `finish` speaks of."""
    nothing = np.empty(0, dtype)
    return Ending(nothing if factors is None else factors.reshape(-1), nothing if other is None else _flat(other),
                  dtype.type(0 if relu else -np.inf))


ARGUMENTS = ("bits", "y", "at", "count", "factors", "channel", "channels", "other", "from_", "floor")


@written_out
def end_run(typing, bits, y, at, count, factors, channel, channels, other, from_, floor):  # type: ignore[no-untyped-def]
    """For i < count ::

        y[at + i] = max(floor, (y[at + i] - mean[i]) * slope[i] * gamma[i] + beta[i] + other[from_ + i])

    with ``factors`` of so many ``channels``, from the given one on; without them where there are 0, and without the
    other where from_ is negative. NaN is not below the floor, and stays.
    """
    kinds = (bits, y, at, count, factors, channel, channels, other, from_, floor)
    if not isinstance(bits, types.IntegerLiteral):
        return None

    def write(context, builder, signature, values):  # type: ignore[no-untyped-def]
        given = Arguments(context, builder, ARGUMENTS, signature.args, values)
        lane = Lanes(builder, given.array("y").type.pointee, bits.literal_value // y.dtype.bitwidth)
        write_run(builder, lane, given, lane.spread(values[-1]))
        return context.get_dummy_value()

    return types.void(*kinds), write


def write_run(builder: Any, lane: Lanes, given: Arguments, floor: Any) -> None:
    """Write the instructions of `end_run`: a loop for each of the four cases."""
    zero, lanes, count = constant(0), constant(lane.lanes), given.integer("count")
    y, factors, other = given.array("y", "at"), given.array("factors", "channel"), given.array("other", "from_")
    normal = builder.icmp_signed(">", given.integer("channels"), zero)
    more = builder.icmp_signed(">=", given.integer("from_"), zero)
    whole = builder.mul(builder.sdiv(count, lanes), lanes)

    def vector(k: Any, mask: Any, normal: bool, more: bool) -> None:
        def of(array: Any, times: int = 0) -> Any:
            start = builder.gep(array, [builder.mul(constant(times), given.integer("channels"))])
            return lane.load(builder.gep(start, [k]), mask)

        value = of(y)
        if normal:
            for step, at in (builder.fsub, 0), (builder.fmul, 1), (builder.fmul, 2), (builder.fadd, 3):
                value = step(value, of(factors, at))
        if more:
            value = builder.fadd(value, of(other))
        value = builder.select(builder.fcmp_ordered("<=", value, floor), floor, value)
        lane.store(value, builder.gep(y, [k]), mask)

    for with_normal, with_more in (True, True), (True, False), (False, True), (False, False):
        this = builder.and_(normal if with_normal else builder.not_(normal), more if with_more else builder.not_(more))
        with builder.if_then(this):
            with cgutils.for_range_slice(builder, zero, whole, lanes, intp=INT) as (k, _):
                vector(k, None, with_normal, with_more)
            with builder.if_then(builder.icmp_signed("<", whole, count)):
                vector(whole, lane.first(builder.sub(count, whole)), with_normal, with_more)


def _compile(fingerprint: int, bits: int) -> Callable[..., Any]:
    """The loop over runs; why the fingerprint: see `minicnn.kernels.vector.products`."""

    @jit
    def finish_runs(x, y, factors, other, floor, length, first, last):  # type: ignore[no-untyped-def]
        """Runs ``first`` to ``last`` of flat arrays, ``length`` numbers each; x is empty where y has its numbers."""
        fingerprint  # noqa: B018
        for run in range(first, last):
            begin, end = run * length, min(run * length + length, y.size)
            if x.size:
                y[begin:end] = x[begin:end]
            end_run(bits, y, begin, end - begin, factors, 0, factors.size // 4, other, begin if other.size else -1,
                    floor)

    return finish_runs


finish_runs = _compile(widths.FINGERPRINT, widths.BITS)


def finish(x: Array, factors: Array | None, other: Array | None, relu: bool, over: bool) -> Array:
    """``(x - mean) * slope * gamma + beta``, plus ``other``, and 0 where that is negative: each where it is wanted.

    x: (..., C). factors: (4, C): mean, slope, gamma and beta of each channel; or None. other: shaped and typed like x,
    or None. relu: whether negative numbers become 0. over: whether the result may be written over x; otherwise it is a
    new array.
    """
    plain = np.ascontiguousarray(x)
    y = plain if over or plain is not x else np.empty_like(x)
    channels, none = x.shape[-1], x.reshape(-1)[:0]
    times = max(1, RUN // channels)
    length = channels * times
    along = factors if factors is None or times == 1 else np.tile(factors, (1, times))
    source, target = none if y is plain else plain.reshape(-1), y.reshape(-1)
    then = ending(along, other, relu, x.dtype)

    def run(part: int, first: int, last: int) -> None:
        finish_runs(source, target, *then, length, first, last)

    runs = -(-x.size // length)
    share(run, runs, parts_for(COST * x.size, runs))
    return y


def _flat(array: Array) -> Array:
    return np.ascontiguousarray(array).reshape(-1)
