"""What stands behind a product, in one pass: batch normalization at rest, a sum, a ReLU.

Each alone is a few operations on a number that must be fetched for them and put back, and the way to the memory is what
takes the time. So an array is walked once, a short run after the other: a run stays in the fastest cache while all is
done to it, and may be written over what it was.

Every number goes through the operations of the layers themselves, in their order: it comes out with the same bits. To
multiply the kernels by the normalization's slopes instead, once for a batch, saves two of the operations, but a kernel
of a deep layer has more numbers than its result for an image (ResNet50's have 25 million in all, its results 11
million), the product is rounded differently, and somebody has to notice when a weight changes.
"""

import numpy as np

from minicnn._types import Array
from minicnn.kernels._jit import jit
from minicnn.kernels.threads import parts_for, share

RUN = 512
"""Numbers in a run, or one more pixel where it has more channels."""

COST = 16
"""What it takes to fetch a number and put it back, in multiplications."""


@jit
def finish_runs(x, other, y, factors, length, floor, first, last):  # type: ignore[no-untyped-def]
    """Runs ``first`` to ``last`` of the flat arrays, of ``length`` numbers each; see `finish`. What is not wanted is
    empty: x, other, factors; a floor that is not 0 is none."""
    for run in range(first, last):
        begin, end = run * length, min(run * length + length, y.size)
        to = y[begin:end]
        if x.size:
            source = x[begin:end]
            for i in range(to.size):
                to[i] = source[i]
        if factors.size:
            mean, slope, gamma, beta = factors[0], factors[1], factors[2], factors[3]
            for i in range(to.size):
                to[i] = (to[i] - mean[i]) * slope[i] * gamma[i] + beta[i]
        if other.size:
            more = other[begin:end]
            for i in range(to.size):
                to[i] += more[i]
        if floor == 0:
            for i in range(to.size):
                to[i] = floor if to[i] <= floor else to[i]  # NaN is not below, and stays


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
    along = np.empty((4, 0), x.dtype) if factors is None else factors if times == 1 else np.tile(factors, (1, times))
    source, added = none if y is plain else plain.reshape(-1), none if other is None else _flat(other)
    target, floor = y.reshape(-1), x.dtype.type(0 if relu else -1)

    def run(part: int, first: int, last: int) -> None:
        finish_runs(source, added, target, along, length, floor, first, last)

    runs = -(-x.size // length)
    share(run, runs, parts_for(COST * x.size, runs))
    return y


def _flat(array: Array) -> Array:
    return np.ascontiguousarray(array).reshape(-1)
