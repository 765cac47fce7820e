"""What the loop over patterns works on: flat arrays under their names. See `minicnn.kernels.vector.pattern_loop`."""

from typing import NamedTuple

from minicnn._types import Array

WIDE = 64
"""C5 and F6 are filled up to a multiple of this: four vectors of 16, since one would wait for its own last sum."""


class Numbers(NamedTuple):
    """Something for each weight, flat: the weights themselves, their rates, their gradients.

    c: kernels, (cells, maps). b: their biases. s: coefficients, and t: biases of the subsampling. f6 and b6 are empty
    where there is no F6; f7 and b7, the layer of the scores, where the output is an RBF layer.
    """

    c1: Array
    b1: Array
    s2: Array
    t2: Array
    c3: Array
    b3: Array
    s4: Array
    t4: Array
    c5: Array
    b5: Array
    f6: Array
    b6: Array
    f7: Array
    b7: Array


class Lists(NamedTuple):
    """Where everything lies: see `minicnn.kernels.vector.tables`. int64.

    starts: where the window of each pixel of C1 (C3) begins in the image (in S2). steps: from there to each cell.
    pixels: where each pixel of C1 (C3) itself begins. cells: where each row of the kernel begins.
    turned: where each row of C3's kernel lies in a row of its transposed one.
    """

    starts_1: Array
    steps_1: Array
    pixels_1: Array
    cells_1: Array
    starts_3: Array
    steps_3: Array
    pixels_3: Array
    cells_3: Array
    turned: Array
    maps_3: Array
    windows: Array
    one: Array
    inputs_5: Array
    inputs_6: Array
    inputs_7: Array


class Sizes(NamedTuple):
    """Height (and width) of the layers' maps, the size of C3's kernel, and the maps of C1 and C3, filled up.

    rectify: 1 where C1, C3 and C5, unless it is the last, have the function max(a, 0) and not the squashing one.
    largest: 1 where S2 and S4 take the largest number of a window and not the sum.
    """

    c1: int
    s2: int
    c3: int
    s4: int
    kernel_3: int
    maps_1: int
    maps_3: int
    rectify: int
    largest: int


class Room(NamedTuple):
    """What a pattern needs on its way; see the head of this file. ``products`` are terms of a sum, ``turned`` is C3's
    kernel transposed, ``windows`` what goes back from each pixel of C3 to its window of S2; ``scores`` are those before
    a softmax, and the slopes there. Without an F6, x6 and d6 are x5 and d5."""

    x1: Array
    s2: Array
    x2: Array
    x3: Array
    s4: Array
    x4: Array
    x5: Array
    x6: Array
    y: Array
    d1: Array
    d2: Array
    d3: Array
    d4: Array
    d5: Array
    d6: Array
    p: Array
    products: Array
    turned: Array
    windows: Array
    zeros: Array
    scores: Array
