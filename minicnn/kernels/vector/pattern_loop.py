"""LeNet-5 trained pattern by pattern, in one compiled loop.

A step on one image is some 300,000 multiplications forward and twice as many back: 65 microseconds or so, and a small
part of what Python takes to call thirty kernels. So the whole way stands here once more, in the
order in which it is gone, for networks of LeNet-5's kind::

    image - C1 - S2 - C3 - S4 - C5 - F6 - RBF        (`minicnn.applications.lenet5`)

F6 may be missing, C1, C3 and C5 may rectify, S2 and S4 take the largest of four numbers instead of their sum, and the
output be the scores of a softmax: what later networks have.

The arithmetic is that of the layers, to the rounding of float32; `minicnn.patterns` brings the weights here and back.
Every value is a flat array: pixels row by row, and in each pixel its maps, filled up with zeros to a multiple of 8 (or
of `WIDE`, for C5 and F6), so that they come in whole vectors. What fills up has weights and rates of zero, and stays
so.

    x    what leaves a layer, behind its squashing function; the numbers before it are not kept
    d    the gradient of the loss there, before that function
    s    the sums of the windows of S2 and S4, or the largest of them

`multiply_block`, the register block of all products, and the offset lists that it goes by, are those of
`minicnn.kernels.vector.primitives` and `minicnn.kernels.vector.tables`. Read `forward` and `back_and_move` at the end
first; the loops before them, and those of `pattern_steps`, are what these two are made of. `pattern_memory` has the
names of all arrays.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn.kernels._jit import jit_any_order
from minicnn.kernels.vector import widths
from minicnn.kernels.vector.cells import add_to, add_up
from minicnn.kernels.vector.pattern_steps import (
    back_to_largest,
    bend,
    dense_back_and_move,
    largest_of_windows,
    loss_and_slopes,
    move,
    multiply,
    penalties,
    penalties_back,
    squash,
    times_slope,
    unbend,
)
from minicnn.kernels.vector.primitives import multiply_block

TALL = 14 if widths.BITS == 512 else 6
"""Rows of a register block one vector wide, by the number of registers."""


# -- pieces made of the vector primitives ----------------------------------------------------------


def _compile_pieces(fingerprint: int, tall: int) -> tuple[Callable[..., Any], ...]:
    """tall: rows of a register block one vector wide. Why the fingerprint: see `minicnn.kernels.vector.products`. The
    loops that call these know them as the names of this file: a function that had them handed in would be compiled
    again in every run.
    """

    @jit_any_order
    def rows_times(a, starts, steps, b, columns, c, places, start):  # type: ignore[no-untyped-def]
        """c[places[m] + n] = start[n] + sum over k of a[starts[m] + steps[k]] * b[k * columns + n]."""
        fingerprint  # noqa: B018
        whole = columns - columns % 16
        for row in range(0, starts.size, tall):
            count = min(tall, starts.size - row)
            for at in range(0, whole, 16):
                multiply_block(tall, 1, 512, a, 0, starts, row, count, steps, 0, steps.size, b, at, columns,
                               c, at, places, 16, start, at, 0)
            if whole < columns:
                multiply_block(tall, 1, 256, a, 0, starts, row, count, steps, 0, steps.size, b, whole, columns,
                               c, whole, places, 8, start, whole, 0)

    @jit_any_order
    def vector_times(x, inputs, one, b, columns, c, start):  # type: ignore[no-untyped-def]
        """c = x b + start for a single row x."""
        fingerprint  # noqa: B018
        for at in range(0, columns, 64):
            multiply_block(1, 4, 512, x, 0, one, 0, 1, inputs, 0, inputs.size, b, at, columns, c, at, one, 64,
                           start, at, 0)

    @jit_any_order
    def subsample(x, size, maps, coefficient, bias, s, y, largest):  # type: ignore[no-untyped-def]
        """s: the sums of windows of 2x2, or the largest numbers; y = coefficient * s + bias. size: of y."""
        fingerprint  # noqa: B018
        if largest:
            largest_of_windows(x, size, maps, s)
        for i in range(0 if largest else size):
            for j in range(size):
                at, s_at = (4 * i * size + 2 * j) * maps, (i * size + j) * maps
                for c in range(0, maps, 8):
                    add_up(0, 256, 0, x, at + c, 2, 2, 2 * size * maps, maps, 8, s, s_at + c)
        for first in range(0, s.size, maps):
            for c in range(maps):
                y[first + c] = coefficient[c] * s[first + c] + bias[c]

    @jit_any_order
    def subsample_back(d, s, maps, coefficient, products, x, dx, sizes, size):  # type: ignore[no-untyped-def]
        """dx, before the function that made x: each cell of a window gets coefficient * d, or the largest alone."""
        fingerprint  # noqa: B018
        for first in range(0, d.size, maps):
            for c in range(maps):
                products[first + c] = coefficient[c] * d[first + c]
        if sizes.largest:
            back_to_largest(products, size, maps, x, s, dx)
        for i in range(0 if sizes.largest else size):
            for j in range(size):
                at, d_at = (4 * i * size + 2 * j) * maps, (i * size + j) * maps
                for c in range(0, maps, 8):
                    add_to(0, 256, 0, dx, at + c, 2, 2, 2 * size * maps, maps, 8, products, d_at + c)
        unbend(dx, x, sizes.rectify)

    @jit_any_order
    def sum_of_maps(d, size, maps, total):  # type: ignore[no-untyped-def]
        """The sum of each map."""
        fingerprint  # noqa: B018
        for c in range(0, maps, 8):
            add_up(0, 256, 0, d, c, size, size, size * maps, maps, 8, total, c)

    @jit_any_order
    def through_c3(kernel, lists, sizes, r):  # type: ignore[no-untyped-def]
        """d2 from d3: each pixel of d3 times the kernel is a window of gradients; each pixel of d2 is the sum of the
        numbers for it in the windows that it lies in. (p, q): where in them; a cell on, and it is a window back."""
        fingerprint  # noqa: B018
        maps, cells = sizes.maps_3, lists.turned.size
        across = r.turned.size // maps
        for k in range(cells):
            for f in range(maps):
                r.turned[f * across + lists.turned[k]] = kernel[k * maps + f]
        for row in range(0, lists.pixels_3.size, 8):
            count = min(8, lists.pixels_3.size - row)
            for at in range(0, across, 32):
                multiply_block(8, 2, 512, r.d3, 0, lists.pixels_3, row, count, lists.maps_3, 0, maps, r.turned, at,
                               across, r.windows, at, lists.windows, 32, r.zeros, 0, 0)
        size, side, length = sizes.c3, sizes.kernel_3, sizes.maps_1
        down, right = side * length - size * across, length - across
        for i in range(sizes.s2):
            p, p_end = max(0, i - size + 1), min(side, i + 1)
            for j in range(sizes.s2):
                q, q_end = max(0, j - size + 1), min(side, j + 1)
                at = ((i - p) * size + j - q) * across + (p * side + q) * length
                for c in range(0, length, 8):
                    add_up(0, 256, 0, r.windows, at + c, p_end - p, q_end - q, down, right, 8, r.d2,
                           (i * sizes.s2 + j) * length + c)

    return rows_times, vector_times, subsample, subsample_back, sum_of_maps, through_c3


rows_times, vector_times, subsample, subsample_back, sum_of_maps, through_c3 = _compile_pieces(
    widths.FINGERPRINT, TALL)


# -- the network -----------------------------------------------------------------------------------


def _compile_network(fingerprint: int, tall: int) -> tuple[Callable[..., Any], ...]:
    """Forward, and back; the arguments only stand in the key under which the compiled code is kept."""

    @jit_any_order
    def forward(image, w, lists, sizes, r):  # type: ignore[no-untyped-def]
        fingerprint, tall  # noqa: B018
        rows_times(image, lists.starts_1, lists.steps_1, w.c1, sizes.maps_1, r.x1, lists.pixels_1, w.b1)
        bend(r.x1, sizes.rectify)
        subsample(r.x1, sizes.s2, sizes.maps_1, w.s2, w.t2, r.s2, r.x2, sizes.largest)
        squash(r.x2)
        rows_times(r.x2, lists.starts_3, lists.steps_3, w.c3, sizes.maps_3, r.x3, lists.pixels_3, w.b3)
        bend(r.x3, sizes.rectify)
        subsample(r.x3, sizes.s4, sizes.maps_3, w.s4, w.t4, r.s4, r.x4, sizes.largest)
        squash(r.x4)
        vector_times(r.x4, lists.inputs_5, lists.one, w.c5, w.b5.size, r.x5, w.b5)
        bend(r.x5, sizes.rectify if w.b6.size else 0)
        if w.b6.size:
            vector_times(r.x5, lists.inputs_6, lists.one, w.f6, w.b6.size, r.x6, w.b6)
            squash(r.x6)

    @jit_any_order
    def answer(w, centers, lists, r):  # type: ignore[no-untyped-def]
        """r.y: the penalties of the classes. A score is one with its sign turned."""
        fingerprint, tall  # noqa: B018
        if w.b7.size:
            vector_times(r.x6, lists.inputs_7, lists.one, w.f7, w.b7.size, r.scores, w.b7)
            for i in range(r.y.size):
                r.y[i] = -r.scores[i]
        else:
            penalties(r.x6, centers, r.y)

    @jit_any_order
    def back_and_move(image, w, rates, g, centers, eta, lists, sizes, r):  # type: ignore[no-untyped-def]
        """Back from r.p, the slopes of the loss at the penalties; each weight moves when nothing needs it any more."""
        fingerprint, tall  # noqa: B018
        if w.b7.size:
            for i in range(r.p.size):
                r.scores[i] = -r.p[i]
            dense_back_and_move(r.x6, w.f7, rates.f7, r.scores, w.b7.size, eta, r.d6)
            move(w.b7, rates.b7, r.scores, eta)
        else:
            penalties_back(r.p, r.x6, centers, r.d6)
        if w.b6.size:
            times_slope(r.d6, r.x6)
            dense_back_and_move(r.x5, w.f6, rates.f6, r.d6, w.b6.size, eta, r.d5)
            move(w.b6, rates.b6, r.d6, eta)
        unbend(r.d5, r.x5, sizes.rectify if w.b6.size else 0)
        dense_back_and_move(r.x4, w.c5, rates.c5, r.d5, w.b5.size, eta, r.d4)
        move(w.b5, rates.b5, r.d5, eta)
        times_slope(r.d4, r.x4)

        multiply(r.d4, r.s4, r.products)
        sum_of_maps(r.products, sizes.s4, sizes.maps_3, g.s4)
        sum_of_maps(r.d4, sizes.s4, sizes.maps_3, g.t4)
        subsample_back(r.d4, r.s4, sizes.maps_3, w.s4, r.products, r.x3, r.d3, sizes, sizes.s4)
        rows_times(r.x2, lists.steps_3, lists.starts_3, r.d3, sizes.maps_3, g.c3, lists.cells_3, r.zeros)
        sum_of_maps(r.d3, sizes.c3, sizes.maps_3, g.b3)
        through_c3(w.c3, lists, sizes, r)
        times_slope(r.d2, r.x2)

        multiply(r.d2, r.s2, r.products)
        sum_of_maps(r.products, sizes.s2, sizes.maps_1, g.s2)
        sum_of_maps(r.d2, sizes.s2, sizes.maps_1, g.t2)
        subsample_back(r.d2, r.s2, sizes.maps_1, w.s2, r.products, r.x1, r.d1, sizes, sizes.s2)
        rows_times(image, lists.steps_1, lists.starts_1, r.d1, sizes.maps_1, g.c1, lists.cells_1, r.zeros)
        sum_of_maps(r.d1, sizes.c1, sizes.maps_1, g.b1)
        move(w.c1, rates.c1, g.c1, eta)
        move(w.b1, rates.b1, g.b1, eta)
        move(w.s2, rates.s2, g.s2, eta)
        move(w.t2, rates.t2, g.t2, eta)
        move(w.c3, rates.c3, g.c3, eta)
        move(w.b3, rates.b3, g.b3, eta)
        move(w.s4, rates.s4, g.s4, eta)
        move(w.t4, rates.t4, g.t4, eta)

    return forward, answer, back_and_move


forward, answer, back_and_move = _compile_network(widths.FINGERPRINT, TALL)


def _compile_loop(fingerprint: int, tall: int) -> Callable[..., Any]:
    """The loop over images; as for the network."""

    @jit_any_order
    def train(images, labels, etas, j, w, rates, g, centers, lists, sizes, r, losses, right):  # type: ignore[no-untyped-def]
        """One step on each image in turn; losses and right: of each, from before its step."""
        fingerprint, tall  # noqa: B018
        for n in range(labels.size):
            forward(images[n], w, lists, sizes, r)
            answer(w, centers, lists, r)
            losses[n] = loss_and_slopes(r.y, labels[n], j, r.p)
            right[n] = np.argmin(r.y) == labels[n]
            back_and_move(images[n], w, rates, g, centers, etas[n], lists, sizes, r)

    return train


train = _compile_loop(widths.FINGERPRINT, TALL)
