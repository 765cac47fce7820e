"""Steps that treat each number by itself, or the numbers of each channel alike.

These loops have no vector instructions of their own: they are written so that the compiler finds them. Two things help
it: slices that begin where the work begins, and runs that are long. Six channels are a short run; so what belongs to
the channels is laid out several times in a row (`tile`), and the loop runs over a *period* of 64 and more numbers.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types

from minicnn.kernels.plan.instructions import Step, floats, native, opened


@Step
def relu(state, at, begin, images):  # type: ignore[no-untyped-def]
    """In place. NaN is not below 0, and goes through."""
    _, line, memory = opened(state, at)
    size = line.size * images
    y = memory[line.target:line.target + size]
    for i in range(size):
        y[i] = np.float32(0) if y[i] < 0 else y[i]


@Step
def relu_back(state, at, begin, images):  # type: ignore[no-untyped-def]
    """In place. A product, so that no NaN disappears in a zero."""
    _, line, memory = opened(state, at)
    size = line.size * images
    dy, y = memory[line.target:line.target + size], memory[line.other:line.other + size]
    for i in range(size):
        dy[i] *= np.float32(1) if y[i] > 0 else np.float32(0)


@native
def _power_of_two(typing, n):  # type: ignore[no-untyped-def]
    """2^n for a small integer: n is written where a float has its exponent."""
    def write(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        exponent = builder.add(values[0], ir.Constant(ir.IntType(32), 127))
        return builder.bitcast(builder.shl(exponent, ir.Constant(ir.IntType(32), 23)), ir.FloatType())

    return types.float32(types.int32), write


LN_2_HIGH, LN_2_LOW = np.float32(0.693359375), np.float32(np.log(2) - 0.693359375)
"""ln 2 in two parts: a small integer times the first one is exact."""
TO_INTEGER = np.float32(3 << 22)
"""Added and taken away again, it rounds a float: behind it there is no room for digits after the point."""


@Step
def tanh(state, at, begin, images):  # type: ignore[no-untyped-def]
    """amplitude * tanh(slope * x), in place.

    With z = -2|x| and e = exp(z) - 1, tanh|x| = -e / (e + 2): no digits cancel, also where x is small. exp(z) is
    2^n exp(r) with n = z / ln 2 rounded and |r| <= ln 2 / 2, where seven terms of the series give all digits of a
    float32. From |x| = 10 on, tanh is 1 in float32.
    """
    _, line, memory = opened(state, at)
    size, amplitude, slope = line.size * images, line.number, line.inner
    y = memory[line.target:line.target + size]
    one, two = np.float32(1), np.float32(2)
    for i in range(size):
        x = slope * y[i]
        z = -two * abs(x)
        z = np.float32(-20) if z < -20 else z
        number = z if z == z else np.float32(0)  # no integer is made of NaN
        n = (number * np.float32(1.4426950408889634) + TO_INTEGER) - TO_INTEGER
        r = (z - n * LN_2_HIGH) - n * LN_2_LOW
        series = r * (one + r * (np.float32(1 / 2) + r * (np.float32(1 / 6) + r * (np.float32(1 / 24) + r * (
            np.float32(1 / 120) + r * (np.float32(1 / 720) + r * np.float32(1 / 5040)))))))
        power = _power_of_two(np.int32(n))
        e = power * series + (power - one)
        t = -e / (e + two)
        y[i] = amplitude * (-t if x < 0 else t)


@Step
def tanh_back(state, at, begin, images):  # type: ignore[no-untyped-def]
    """In place, by the value: the slope is slope / amplitude * (amplitude^2 - y^2)."""
    _, line, memory = opened(state, at)
    size = line.size * images
    dy, y = memory[line.target:line.target + size], memory[line.other:line.other + size]
    factor, square = line.inner / line.number, line.number * line.number
    for i in range(size):
        dy[i] *= factor * (square - y[i] * y[i])


@Step
def times(state, at, begin, images):  # type: ignore[no-untyped-def]
    """Dropout, forward and back: each number times its own factor, in place."""
    s, line, memory = opened(state, at)
    size = line.size * images
    y = memory[line.target:line.target + size]
    factors = floats(s.noise + 4 * (line.other * s.images + begin * line.size), size)
    for i in range(size):
        y[i] *= factors[i]


# -- alike for all pixels ------------------------------------------------------------------------


@Step
def scale(state, at, begin, images):  # type: ignore[no-untyped-def]
    """y = factor * x + shift, with tiled factors and shifts; shifts at -1 are none."""
    _, line, memory = opened(state, at)
    size, period, shifts = line.size * images, line.columns, line.start
    k, b = memory[line.weights:line.weights + period], memory[shifts:shifts + period] if shifts >= 0 else memory[:0]
    for first in range(0, size, period):
        run = min(period, size - first)
        at_x, at_y = line.source + first, line.target + first
        x, y = memory[at_x:at_x + run], memory[at_y:at_y + run]
        if shifts >= 0:
            for i in range(run):
                y[i] = k[i] * x[i] + b[i]
        else:
            for i in range(run):
                y[i] = k[i] * x[i]


@Step
def column_sums(state, at, begin, images):  # type: ignore[no-untyped-def]
    """Add up each channel over all pixels of the images: of x, or of x times ``other`` where that is not -1."""
    _, line, memory = opened(state, at)
    size, period, columns, source, other = line.size * images, line.writes, line.columns, line.source, line.other
    sums = memory[line.start:line.start + period]
    sums[:] = 0
    whole = size // period * period
    for first in range(0, whole, period):
        x = memory[source + first:source + first + period]
        if other >= 0:
            y = memory[other + first:other + first + period]
            for i in range(period):
                sums[i] += x[i] * y[i]
        else:
            for i in range(period):
                sums[i] += x[i]
    for i in range(whole, size):
        sums[i - whole] += memory[source + i] * memory[other + i] if other >= 0 else memory[source + i]
    for first in range(0, period, columns):
        for c in range(columns):
            memory[line.target + c] += sums[first + c]
