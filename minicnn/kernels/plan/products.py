"""Steps that are products along offset lists: the loops are those of `minicnn.kernels.vector`."""

from minicnn.kernels._jit import part
from minicnn.kernels.plan.instructions import Step, listed, opened, parameter
from minicnn.kernels.vector.back_to_image import add_windows
from minicnn.kernels.vector.products import PIECE, rows_of_pixels, sums_over_pixels


@part
def multiplied(a, b, b_row, s, memory, line, images, target):  # type: ignore[no-untyped-def]
    """Each pixel's row of results: its window of ``a`` times the panels, plus the start. b_row: see `dense`; 0 where
    the panels are packed."""
    piece = min(PIECE, line.pixels)
    pieces = -(-images // line.per_list) * -(-line.pixels // piece)
    rows_of_pixels(a, line.reads, line.share, listed(s, line.starts, line.pixels),
                   listed(s, line.steps, line.depth), b, b_row, listed(s, line.edges, line.panels),
                   line.columns, memory[target:], line.writes, listed(s, line.places, line.pixels),
                   memory[line.start:], False, line.groups, line.per_list, images, piece, 0, pieces)


@Step
def product(state, at, begin, images):  # type: ignore[no-untyped-def]
    """Forward, and back to the image with the kernel turned around."""
    s, line, memory = opened(state, at)
    multiplied(memory[line.source:], memory[line.weights:], line.row, s, memory, line, images, line.target)


@Step
def dense(state, at, begin, images):  # type: ignore[no-untyped-def]
    """A product with a parameter as it lies there, in rows of ``row`` numbers: a large kernel that is used for a few
    images only is read once, and not copied into panels before."""
    s, line, memory = opened(state, at)
    kernel = parameter(s, line.parameter, line.depth * line.row)
    multiplied(memory[line.source:], kernel, line.row, s, memory, line, images, line.target)


@Step
def kernel_sums(state, at, begin, images):  # type: ignore[no-untyped-def]
    """Each cell of a kernel: over all pixels, what it saw (``other``) times what came back (``source``), added up. The
    first time in a run there is nothing yet to add to: it starts from ``size`` zeros, unless size is 0."""
    s, line, memory = opened(state, at)
    piece = min(PIECE, line.pixels)
    pieces = -(-images // line.per_list) * -(-line.pixels // piece)
    sums_over_pixels(memory[line.other:], line.reads, line.share, listed(s, line.starts, line.pixels),
                     listed(s, line.steps, line.depth), memory[line.source:], line.groups * line.columns,
                     listed(s, line.edges, line.panels), line.columns, memory[line.target:],
                     listed(s, line.places, line.depth), line.groups, line.per_list, images, piece, 0, pieces,
                     memory[line.start:line.start + (line.size if begin == s.first else 0)])


@Step
def windows_back(state, at, begin, images):  # type: ignore[no-untyped-def]
    """Multiply first, then add the windows back into the image: a few images at a time (``size``)."""
    s, line, memory = opened(state, at)
    w = listed(s, line.window, 13)
    image = w[0] * w[1] * w[2]
    memory[line.target:line.target + images * image] = 0
    for first in range(0, images, line.size):
        count = min(line.size, images - first)
        multiplied(memory[line.source + first * line.reads:], memory[line.weights:], line.row, s, memory, line, count,
                   line.other)
        add_windows(memory[line.other:line.other + count * line.writes], w[0], w[1], w[2], w[3], w[4], w[7], w[8],
                    w[5], w[6], w[11], w[12], memory[line.target + first * image:])


@part
def turned(memory, source, rows, columns, row, target, column):  # type: ignore[no-untyped-def]
    """Transpose: number (i, j), at source + i * row + j, goes to target + j * column + i; 16 columns at a time, so
    that neither side runs through memory in long jumps."""
    a, b = memory[source:], memory[target:]
    for first in range(0, columns, 16):
        for i in range(rows):
            for j in range(first, min(first + 16, columns)):
                b[j * column + i] = a[i * row + j]


@Step
def dense_back(state, at, begin, images):  # type: ignore[no-untyped-def]
    """dx of a dense layer, with the images in the lanes: dx^T = kernel @ dy^T needs no transposed kernel, only dy and
    dx turned around, which are small."""
    s, line, memory = opened(state, at)
    lanes, units, inputs = line.size, line.depth, line.pixels
    products = line.other + units * lanes
    turned(memory, line.source, images, units, units, line.other, lanes)
    kernel, images_at_once = parameter(s, line.parameter, inputs * units), line.per_list  # a single one
    multiplied(kernel, memory[line.weights:], line.row, s, memory, line, images_at_once, products)
    turned(memory, products, inputs, images, lanes, line.target, inputs)
