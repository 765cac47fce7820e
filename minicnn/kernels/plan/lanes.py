"""Steps with the images in the lanes: the block is turned around, convolved and pooled, and turned back.

Why: `minicnn.kernels.vector.lanes`.
"""

from minicnn.kernels._jit import part
from minicnn.kernels.plan.instructions import Step, listed, opened, parameter, small_integers
from minicnn.kernels.vector import widths
from minicnn.kernels.vector.lanes import pooled_block
from minicnn.kernels.vector.turning import transpose

BITS, LANES = widths.BITS, widths.BITS // 32
FILTERS = 6 if widths.ROWS == 8 else 3
"""At a time, with four pixels each: as many sums as the registers hold (`minicnn.kernels.vector.primitives`)."""


@Step
def to_lanes(state, at, begin, images):  # type: ignore[no-untyped-def]
    """Number j of image i, at i * size + j, goes to j * columns + i."""
    _, line, memory = opened(state, at)
    for i in range(0, images, LANES):
        for j in range(0, line.size, LANES):
            transpose(BITS, memory, line.source + i * line.size + j, line.size, memory,
                      line.target + j * line.columns + i, line.columns)


@part
def from_lanes(memory, source, columns, size, images, target, at):  # type: ignore[no-untyped-def]
    """The way back, into floats or bytes. The last square ends with the image, so it does some numbers once more."""
    for i in range(0, images, LANES):
        for tile in range(0, size, LANES):
            j = min(tile, size - LANES)
            transpose(BITS, memory, source + j * columns + i, columns, target, at + i * size + j, size)


@Step
def pooled_product(state, at, begin, images):  # type: ignore[no-untyped-def]
    """A convolution and the largest of each four pixels of it: the values to ``target``, and where ``bytes`` is not -1
    the numbers of the cells that won. source: images in lanes; other: room for results in lanes."""
    s, line, memory = opened(state, at)
    block, filters, size = line.reads, line.columns, line.pixels * line.columns
    kernel, start = parameter(s, line.parameter, line.depth * filters), memory[line.start:line.start + filters]
    starts, steps = listed(s, line.starts, line.pixels), listed(s, line.steps, line.depth)
    cells = listed(s, line.places, 4)
    best, winner = line.other, line.other + size * block
    for i in range(0, images, LANES):
        for pixel in range(line.pixels):
            x = line.source + starts[pixel] * block + i
            for f in range(0, filters, FILTERS):
                y, count = (pixel * filters + f) * block + i, min(FILTERS, filters - f)
                if line.bytes >= 0:
                    pooled_block(FILTERS, BITS, 1, memory, x, cells, steps, line.depth, block, kernel, f, filters,
                                 count, start, memory, best + y, memory, winner + y)
                else:
                    pooled_block(FILTERS, BITS, 0, memory, x, cells, steps, line.depth, block, kernel, f, filters,
                                 count, start, memory, best + y, memory, winner + y)
    from_lanes(memory, best, block, size, images, memory, line.target)
    if line.bytes >= 0:
        from_lanes(memory, winner, block, size, images, small_integers(s.bytes, line.bytes + images * size), line.bytes)
