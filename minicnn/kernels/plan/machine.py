"""The machine: walks the lines of a program for a share of the images, without returning to Python.

There is one loop over blocks of images, in it one over the lines, and in that one the choice of the step. The naive walk
beside it, which does the same node by node with the layers' own forward and backward, is `minicnn.graph`.
"""

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from minicnn.kernels._jit import jit, part
from minicnn.kernels.plan import copies, elementwise, ends
from minicnn.kernels.plan import instructions as steps
from minicnn.kernels.plan.copies import at, copied, framed, pack_parameter, spread, turned
from minicnn.kernels.vector import widths
from minicnn.kernels.vector.back_to_image import add_windows
from minicnn.kernels.vector.pooling import maxima, to_winners, window_spreads, window_sums
from minicnn.kernels.vector.products import rows_of_pixels, sums_over_pixels

PIECE = 512
"""Pixels at a time, as in `minicnn.kernels.vector.products`."""
_relu, _relu_back, _tanh, _tanh_back = (elementwise.relu, elementwise.relu_back, elementwise.tanh,
                                        elementwise.tanh_back)
_times, _tile, _scale, _column_sums = (elementwise.times, elementwise.tile, elementwise.scale,
                                       elementwise.column_sums)
_softmax, _cross_entropy, _penalty, _rbf, _rbf_back = (ends.softmax, ends.cross_entropy, ends.penalty, ends.rbf,
                                                       ends.rbf_back)
_winners_apart, _winners_overlapping = to_winners
_spreads_apart, _spreads_overlapping = window_spreads


@part
def product(a, source, memory, tables, line, images, source_reads, target):  # type: ignore[no-untyped-def]
    """Each pixel's row of results: its window of ``a`` times the panels."""
    starts = tables[line.starts:line.starts + line.pixels]
    piece = min(PIECE, line.pixels)
    pieces = -(-images // line.per_list) * -(-line.pixels // piece)
    rows_of_pixels(a[source:], source_reads, line.share, starts, tables[line.steps:line.steps + line.depth],
                   memory[line.weights:], tables[line.edges:line.edges + line.panels], line.columns, memory[target:],
                   line.writes, tables[line.places:], memory[line.start:], line.groups, line.per_list, images, piece,
                   0, pieces)


@part
def kernel_sums(memory, tables, line, images):  # type: ignore[no-untyped-def]
    """Each cell of a kernel: over all pixels, what it saw (``other``) times what came back (``source``), added up."""
    starts = tables[line.starts:line.starts + line.pixels]
    piece = min(PIECE, line.pixels)
    pieces = -(-images // line.per_list) * -(-line.pixels // piece)
    sums_over_pixels(memory[line.other:], line.reads, line.share, starts, tables[line.steps:line.steps + line.depth],
                     memory[line.source:], line.groups * line.columns, tables[line.edges:line.edges + line.panels],
                     line.columns, memory[line.target:], tables[line.places:], line.groups, line.per_list, images,
                     piece, 0, pieces)


@part
def windows_back(memory, tables, line, images):  # type: ignore[no-untyped-def]
    """Multiply first, then add the windows back into the image: a few images at a time (``size``)."""
    w = tables[line.window:line.window + 13]
    height, width, channels, oh, ow = w[0], w[1], w[2], w[3], w[4]
    image = height * width * channels
    memory[line.target:line.target + images * image] = 0
    for first in range(0, images, line.size):
        count = min(line.size, images - first)
        product(memory, line.source + first * line.reads, memory, tables, line, count, line.reads, line.other)
        add_windows(memory[line.other:line.other + count * line.writes], height, width, channels, oh, ow, w[7], w[8],
                    w[5], w[6], w[11], w[12], memory[line.target + first * image:])


@part
def dense_back(kernel, memory, tables, line, images):  # type: ignore[no-untyped-def]
    """dx of a dense layer, with the samples in the lanes: dx^T = kernel @ dy^T needs no transposed kernel, only dy and
    dx turned around, which are small."""
    lanes, units, inputs = line.size, line.depth, line.pixels
    turned(memory, line.source, images, units, units, line.other, lanes)
    product(kernel, 0, memory, tables, line, 1, 0, line.other + units * lanes)
    turned(memory, line.other + units * lanes, inputs, images, lanes, line.target, inputs)


@part
def pooled(memory, bytes_, tables, line, images, step):  # type: ignore[no-untyped-def]
    """The four loops over windows. ``other`` is the smaller image, whichever way the numbers go."""
    w = tables[line.window:line.window + 13]
    image, channels, output = (w[0], w[1]), w[2], (w[3], w[4])
    window = (w[5], w[6], w[7], w[8], w[9], w[10])
    large, small, winner = memory[line.source:], memory[line.target:], bytes_[line.bytes:]
    apart = w[5] >= w[7] and w[6] >= w[8]
    if step == steps.MAX_POOL:
        maxima(large, image, channels, window, output, small, winner, 0, images)
    elif step == steps.WINDOW_SUMS:
        window_sums(large, image, channels, window, output, small, 0, images)
    else:
        memory[line.source:line.source + images * w[0] * w[1] * channels] = 0
        if step == steps.MAX_POOL_BACK and apart:
            _winners_apart(large, image, channels, window, output, small, winner, 0, images)
        elif step == steps.MAX_POOL_BACK:
            _winners_overlapping(large, image, channels, window, output, small, winner, 0, images)
        elif apart:
            _spreads_apart(large, image, channels, window, output, small, 0, images)
        else:
            _spreads_overlapping(large, image, channels, window, output, small, 0, images)


def _fingerprint() -> str:
    """Changes with every file that the machine is compiled from: Numba's cache watches this one alone."""
    folder = Path(__file__).parent
    files = sorted([*folder.glob("*.py"), *(folder.parent / "vector").glob("*.py")])
    return f"{widths.BITS} {zlib.crc32(b''.join(file.read_bytes() for file in files))}"


def _compile(fingerprint: str) -> tuple[Callable[..., Any], Callable[..., Any]]:

    @jit
    def run(program, once, memory, bytes_, tables, addresses, x, labels, rows, factors,  # type: ignore[no-untyped-def]
            noise, outputs, losses, first, last, block):
        """The program for images first to last, in blocks."""
        fingerprint  # noqa: B018
        total = losses.size
        for i in range(once):
            line = program[i]
            if line.step == steps.PACK:
                pack_parameter(memory, tables, addresses, line)
            elif line.step == steps.SPREAD:
                spread(memory, tables, addresses, line)
            elif line.step == steps.CLEAR:
                memory[line.target:line.target + line.size] = 0
            else:
                _tile(memory, at(addresses[line.parameter], line.columns), line.target, line.columns, line.size)
        for begin in range(first, last, block):
            images = min(block, last - begin)
            for i in range(once, program.size):
                line = program[i]
                step, size = line.step, line.size * images
                if step == steps.PRODUCT:
                    product(memory, line.source, memory, tables, line, images, line.reads, line.target)
                elif step == steps.KERNEL_SUMS:
                    kernel_sums(memory, tables, line, images)
                elif step == steps.COLUMN_SUMS:
                    _column_sums(memory, line.source, line.other, size, line.columns, line.target, line.start,
                                 line.writes)
                elif step == steps.WINDOWS_BACK:
                    windows_back(memory, tables, line, images)
                elif step == steps.DENSE_BACK:
                    dense_back(at(addresses[line.parameter], line.pixels * line.depth), memory, tables, line, images)
                elif step == steps.RELU:
                    _relu(memory, line.target, size)
                elif step == steps.RELU_BACK:
                    _relu_back(memory, line.target, line.other, size)
                elif step == steps.TANH:
                    _tanh(memory, line.target, size, line.number, line.inner)
                elif step == steps.TANH_BACK:
                    _tanh_back(memory, line.target, line.other, size, line.number, line.inner)
                elif step in (steps.MAX_POOL, steps.MAX_POOL_BACK, steps.WINDOW_SUMS, steps.WINDOW_SPREADS):
                    pooled(memory, bytes_, tables, line, images, step)
                elif step == steps.SCALE:
                    _scale(memory, line.source, line.target, size, line.weights, line.start, line.columns)
                elif step == steps.TAKE:
                    copied(x, begin * line.size, memory, line.target, size)
                elif step == steps.GIVE:
                    copied(memory, line.source, outputs, begin * line.size, size)
                elif step == steps.COPY:
                    copied(memory, line.source, memory, line.target, size)
                elif step == steps.SOFTMAX:
                    _softmax(memory, line.source, line.size, images, outputs, begin)
                elif step == steps.CROSS_ENTROPY:
                    _cross_entropy(memory, line.source, line.target, line.size, images, labels, rows, factors, losses,
                                   begin)
                elif step == steps.PENALTY:
                    _penalty(memory, line.source, line.target, line.size, images, labels, line.number, factors, losses,
                             begin)
                elif step == steps.NOISE:
                    _times(memory, line.target, size, noise, line.other * total + begin * line.size)
                elif step == steps.FRAME or step == steps.CROP:
                    framed(memory, tables, line, images, step == steps.FRAME)
                elif step == steps.RBF:
                    _rbf(memory, line.source, line.target, line.size, line.columns, line.weights, line.depth,
                         line.other, images)
                elif step == steps.RBF_BACK:
                    _rbf_back(memory, line.source, line.other, line.target, line.size, line.columns,
                              at(addresses[line.parameter], line.size * line.columns), images)

    @jit
    def collect(moves, memory, tables, addresses, gradients, rate):  # type: ignore[no-untyped-def]
        """Add up what the threads have summed, in their order; into ``gradients``, or with a rate that is not NaN
        straight into the parameters: parameter -= rate * gradient."""
        fingerprint  # noqa: B018
        for m in range(moves.size):
            move = moves[m]
            if rate == rate:
                target, begin = at(addresses[move.parameter], move.size), 0
            else:
                target, begin = gradients, move.target
            for t in range(1, len(memory)):
                size = move.groups * move.depth * move.width
                into, other = memory[0][move.source:move.source + size], memory[t][move.source:move.source + size]
                for i in range(size):
                    into[i] += other[i]
            sums = memory[0]
            if move.links >= 0:
                for i in range(move.size):
                    value = sums[move.source + tables[move.links + i]]
                    target[begin + i] = target[i] - rate * value if rate == rate else value
                continue
            for d in range(move.depth):
                for g in range(move.groups):
                    row = sums[move.source + (g * move.depth + d) * move.width:]
                    to = target[begin + (d * move.groups + g) * move.columns:]
                    if rate == rate:
                        for i in range(move.columns):
                            to[i] -= rate * row[i]
                    else:
                        for i in range(move.columns):
                            to[i] = row[i]

    return run, collect


run, collect = _compile(_fingerprint())
