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

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from minicnn._types import Array
from minicnn.kernels._jit import jit, part
from minicnn.kernels.threads import parts_for, share

RUN = 512
"""Numbers in a run, or one more pixel where it has more channels."""

COST = 16
"""What it takes to fetch a number and put it back, in multiplications."""


class Ending(NamedTuple):
    """What is done to the results of a product where they lie: see `finish`. What is not wanted is empty: factors
    (4, 0), other (0,); a floor that is not 0 is none."""

    factors: Array
    other: Array
    floor: float


def ending(factors: Array | None, other: Array | None, relu: bool, dtype: np.dtype) -> Ending:
    """The ending that `finish` speaks of."""
    nothing = no_ending(dtype)
    return Ending(nothing.factors if factors is None else factors, nothing.other if other is None else _flat(other),
                  dtype.type(0 if relu else -1))


@lru_cache(2)
def no_ending(dtype: np.dtype) -> Ending:
    """Nothing of it."""
    return Ending(np.empty((4, 0), dtype), np.empty(0, dtype), dtype.type(-1))


@part
def end_run(to, factors, channel, more, floor):  # type: ignore[no-untyped-def]
    """A run of numbers, of as many channels from the given one on; ``more`` is what is added to them, or empty."""
    if factors.size:
        behind = channel + to.size
        mean, slope = factors[0, channel:behind], factors[1, channel:behind]
        gamma, beta = factors[2, channel:behind], factors[3, channel:behind]
        for i in range(to.size):
            to[i] = (to[i] - mean[i]) * slope[i] * gamma[i] + beta[i]
    if more.size:
        for i in range(to.size):
            to[i] += more[i]
    if floor == 0:
        for i in range(to.size):
            to[i] = floor if to[i] <= floor else to[i]  # NaN is not below, and stays


@jit
def finish_runs(x, y, factors, other, floor, length, first, last):  # type: ignore[no-untyped-def]
    """Runs ``first`` to ``last`` of the flat arrays, of ``length`` numbers each; x is empty where y holds its numbers."""
    for run in range(first, last):
        begin, end = run * length, min(run * length + length, y.size)
        to = y[begin:end]
        if x.size:
            source = x[begin:end]
            for i in range(to.size):
                to[i] = source[i]
        end_run(to, factors, 0, other[begin:end], floor)


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
