"""How the weights and the values of a network of LeNet-5's kind lie in memory for `pattern_loop`."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from minicnn._types import Array, BoolArray
from minicnn.kernels.vector.pattern_memory import WIDE, Lists, Numbers, Room, Sizes
from minicnn.kernels.vector.tables import grid
from minicnn.kernels.with_numpy import gather, spread


class Pair(NamedTuple):
    """What a layer has two of: kernel and bias, or coefficient and bias; or the rates of both."""

    kernel: Array
    bias: Array


class Plan(NamedTuple):
    """The shapes of a network, as far as they may differ.

    image: (size, channels). kernels: the sizes of C1's, C3's and C5's. maps: how many C1, C3, C5 and F6 have, 0 for no
    F6. rectify, largest: see `Sizes`.
    """

    image: tuple[int, int]
    kernels: tuple[int, int, int]
    maps: tuple[int, int, int, int]
    rectify: bool = False
    largest: bool = False


def up(count: int, step: int) -> int:
    """The next multiple of ``step``."""
    return -(-count // step) * step


def filled(values: Array, *shape: int) -> Array:
    """The values in a corner of zeros of this shape, flat."""
    larger = np.zeros(shape, np.float32)
    larger[tuple(slice(size) for size in values.shape)] = values
    return larger.reshape(-1)


class Layout:
    """Brings weights and rates into the loop's order and back."""

    def __init__(self, plan: Plan) -> None:
        (size, self.channels), (k1, k3, _), (m1, m3, m5, m6), rectify, largest = plan
        self.plan = plan
        c1 = size - k1 + 1
        c3 = c1 // 2 - k3 + 1
        self.sizes = Sizes(c1, c1 // 2, c3, c3 // 2, k3, up(m1, 8), up(m3, 8), int(rectify), int(largest))
        self.wide_5, self.wide_6 = up(m5, WIDE), up(m6 or m5, WIDE)
        self.across = up(k3 * k3 * self.sizes.maps_1, 32)  # a row of windows: panels of two vectors of 16
        self.lists = self._lists()

    def _lists(self) -> Lists:
        (size, channels), (k1, k3, _), (m1, *_), *_ = self.plan
        s = self.sizes
        pixels_1, pixels_3 = s.c1 * s.c1, s.c3 * s.c3
        line, line_2 = size * channels, s.s2 * s.maps_1
        return Lists(
            starts_1=grid(0, (s.c1, line), (s.c1, channels)),
            steps_1=grid(0, (k1, line), (k1, channels), (channels, 1)),
            pixels_1=grid(0, (pixels_1, s.maps_1)), cells_1=grid(0, (k1 * k1 * channels, s.maps_1)),
            starts_3=grid(0, (s.c3, line_2), (s.c3, s.maps_1)),
            steps_3=grid(0, (k3, line_2), (k3, s.maps_1), (m1, 1)),
            pixels_3=grid(0, (pixels_3, s.maps_3)), cells_3=grid(0, (k3 * k3 * m1, s.maps_3)),
            turned=grid(0, (k3 * k3, s.maps_1), (m1, 1)), maps_3=grid(0, (s.maps_3, 1)),
            windows=grid(0, (pixels_3, self.across)), one=grid(0, (1, 1)),
            inputs_5=grid(0, (s.s4 * s.s4 * s.maps_3, 1)), inputs_6=grid(0, (self.wide_5, 1)),
            inputs_7=grid(0, (self.wide_6, 1)))

    def room(self, outputs: int) -> Room:
        """Empty values for a pattern."""
        s = self.sizes
        one, two = s.c1 * s.c1 * s.maps_1, s.s2 * s.s2 * s.maps_1
        three, four = s.c3 * s.c3 * s.maps_3, s.s4 * s.s4 * s.maps_3
        sizes = (one, two, two, three, four, four, self.wide_5, self.wide_6, outputs, one, two, three, four,
                 self.wide_5, self.wide_6, outputs, max(two, four), s.maps_3 * self.across,
                 s.c3 * s.c3 * self.across, max(s.maps_1, s.maps_3, 32), up(outputs, WIDE))
        room = Room(*(np.zeros(size, np.float32) for size in sizes))
        return room if self.plan.maps[3] else room._replace(x6=room.x5, d6=room.d5)

    def fill(self, pairs: list[Pair], table: BoolArray | None) -> Numbers:
        """Of C1, S2, C3, S4, C5, F6 and the scores, in the layers' shapes, as the loop has it; empty for what is not
        there. table: C3's, if it has one."""
        s, (_, k3, k5), (m1, *_) = self.sizes, *self.plan[1:3]
        c1, s2, c3, s4, c5, f6, f7 = pairs
        wide_6, wide_7 = up(f6.bias.size, WIDE), up(f7.bias.size, WIDE)
        full = c3.kernel if table is None else spread(c3.kernel, table)
        return Numbers(
            filled(c1.kernel.reshape(-1, c1.bias.size), c1.kernel.size // c1.bias.size, s.maps_1),
            filled(c1.bias, s.maps_1), filled(s2.kernel, s.maps_1), filled(s2.bias, s.maps_1),
            filled(full.reshape(-1, c3.bias.size), k3 * k3 * m1, s.maps_3), filled(c3.bias, s.maps_3),
            filled(s4.kernel, s.maps_3), filled(s4.bias, s.maps_3),
            filled(c5.kernel.reshape(k5, k5, -1, c5.bias.size), k5, k5, s.maps_3, self.wide_5),
            filled(c5.bias, self.wide_5),
            filled(f6.kernel, self.wide_5, wide_6), filled(f6.bias, wide_6),
            filled(f7.kernel, self.wide_6, wide_7), filled(f7.bias, wide_7))

    def gradients(self, weights: Numbers) -> Numbers:
        """Room for those that are summed up; the weights of C5 and of what follows move at once."""
        none = np.zeros(0, np.float32)
        return Numbers(*map(np.zeros_like, weights))._replace(c5=none, b5=none, f6=none, b6=none, f7=none, b7=none)

    def take(self, numbers: Numbers, pairs: list[Pair], table: BoolArray | None) -> None:
        """The mirror of `fill`: write into the arrays of the pairs."""
        s, (_, k3, k5), (m1, m3, m5, m6) = self.sizes, *self.plan[1:3]
        c1, s2, c3, s4, c5, f6, f7 = pairs
        c1.kernel[...] = numbers.c1.reshape(-1, s.maps_1)[:, :m1].reshape(c1.kernel.shape)
        full = numbers.c3.reshape(-1, s.maps_3)[:, :m3].reshape(k3, k3, m1, m3)
        c3.kernel[...] = full if table is None else gather(full, table)
        full_5 = numbers.c5.reshape(k5, k5, s.maps_3, self.wide_5)[:, :, :m3, :m5]
        c5.kernel[...] = full_5.reshape(c5.kernel.shape)
        f6.kernel[...] = numbers.f6.reshape(self.wide_5, -1)[:m5, :m6]
        f7.kernel[...] = numbers.f7.reshape(self.wide_6, -1)[:m6 or m5, :f7.bias.size]
        s2.kernel[...], s4.kernel[...] = numbers.s2[:m1], numbers.s4[:m3]
        biases = (numbers.b1, numbers.t2, numbers.b3, numbers.t4, numbers.b5, numbers.b6, numbers.b7)
        for pair, bias in zip(pairs, biases, strict=True):
            pair.bias[...] = bias[:pair.bias.size]


@lru_cache(16)
def layout(plan: Plan) -> Layout:
    """The layout for these shapes, made once."""
    return Layout(plan)
