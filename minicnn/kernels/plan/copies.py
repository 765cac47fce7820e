"""Steps that only copy: parameters into panels, images into frames and back."""

from typing import Any

from llvmlite import ir
from numba import carray, types
from numba.extending import intrinsic

from minicnn.kernels._jit import part
from minicnn.kernels.vector.panels import pack


@intrinsic
def _pointer(typing, address):  # type: ignore[no-untyped-def]
    """An address, as Numba types it."""
    def write(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.inttoptr(values[0], ir.FloatType().as_pointer())

    return types.CPointer(types.float32)(types.int64), write


@part
def at(address, size):  # type: ignore[no-untyped-def]
    """The float32 numbers at an address: a parameter, where its layer keeps it."""
    return carray(_pointer(address), (size,))


@part
def pack_parameter(memory, tables, addresses, line):  # type: ignore[no-untyped-def]
    """A parameter, or a spread kernel, as panels: group by group (`minicnn.kernels.vector.panels`)."""
    matrix = at(addresses[line.parameter], line.size) if line.parameter >= 0 else memory[line.source:]
    rows = tables[line.steps:line.steps + line.depth]
    edges = tables[line.edges:line.edges + line.panels]
    for g in range(line.groups):
        pack(matrix, g * line.share, rows, line.reads, edges, line.columns,
             memory[line.target + g * line.depth * edges[-1]:])


@part
def spread(memory, tables, addresses, line):  # type: ignore[no-untyped-def]
    """The kernels of a connection table, in the full kernel's places; the others stay zero."""
    kernel, places = at(addresses[line.parameter], line.size), tables[line.places:]
    for i in range(line.size):
        memory[line.target + places[i]] = kernel[i]


@part
def copied(source, start, target, begin, size):  # type: ignore[no-untyped-def]
    """A run of numbers from one array to another."""
    a, b = source[start:start + size], target[begin:begin + size]
    for i in range(size):
        b[i] = a[i]


@part
def framed(memory, tables, line, images, inward):  # type: ignore[no-untyped-def]
    """Images into the middle of their frames (``source`` to ``target``), or out of them. window: height, run of a
    row, run of the frame's row, numbers before the first one in the frame; sizes of image and frame."""
    w = line.window
    height, run, across, before = tables[w], tables[w + 1], tables[w + 2], tables[w + 3]
    for n in range(images):
        for i in range(height):
            inside, outside = n * line.size + i * run, n * line.other + before + i * across
            if inward:
                copied(memory, line.source + inside, memory, line.target + outside, run)
            else:
                copied(memory, line.source + outside, memory, line.target + inside, run)


@part
def turned(memory, source, rows, columns, row, target, column):  # type: ignore[no-untyped-def]
    """Transpose: number (i, j), at source + i * row + j, goes to target + j * column + i. In tiles, so that neither
    side runs through memory in long jumps."""
    a, b = memory[source:], memory[target:]
    for first in range(0, columns, 16):
        for i in range(rows):
            for j in range(first, min(first + 16, columns)):
                b[j * column + i] = a[i * row + j]
