"""What a line of a program says: which step, where its numbers lie, how many there are.

A line begins with the address of its step, a compiled function ``step(state, line, begin, images)``: it does its work
for so many images, of which the first is number ``begin`` of the batch. Machines whose programs are such lists of
addresses are as old as the language Forth; what they do between two steps is next to nothing, and only the steps that a
network has are ever compiled.

All lines have the same columns, each step reads those it needs. Offsets count numbers from the beginning of a memory:
the floats of the thread that runs, its bytes, or the table of integers that all threads read.
"""

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from llvmlite import ir
from numba import carray, from_dtype, types  # type: ignore[attr-defined]
from numba.extending import intrinsic

from minicnn.kernels import _jit
from minicnn.kernels._jit import inlined, part
from minicnn.kernels.vector import widths

COLUMNS = {
    "source": "numbers that are read", "target": "numbers that are written",
    "size": "how many numbers of an image there are",
    "other": "further numbers: what went forward, room to work in",
    "parameter": "which parameter of the network; -1 for none",
    "bytes": "in the memory of bytes: which cell of each window won",
    # a product along offset lists: see `minicnn.kernels.vector.tables` and `.panels`
    "weights": "the panels", "row": "the length of a row, where they are not packed; otherwise 0",
    "start": "what the sums start from: the bias, or zeros",
    "reads": "how far the next image lies in what is read", "writes": "the same in what is written",
    "starts": "list: where each pixel's window begins", "pixels": "the length of that list",
    "steps": "list: from there to each cell", "depth": "the length of that list",
    "places": "list: where each pixel's row of results begins",
    "edges": "list: where the panels begin and the last one ends", "panels": "the length of that list",
    "columns": "columns of one group", "groups": "how many groups there are",
    "share": "how far the next group lies in what is read", "per_list": "how many images the lists cover",
    # windows
    "window": "list of 13: height, width, channels, output, strides, size, top and left padding, dilation",
}
LINE = np.dtype([("call", np.int64), *((name, np.int64) for name in COLUMNS), ("number", np.float32),
                 ("inner", np.float32)])
"""number, inner: factors, such as those of a scaled tanh."""

MOVE = np.dtype([(name, np.int64) for name in (
    "parameter", "size", "source", "target", "groups", "depth", "columns", "width", "links")])
"""How the gradient of a parameter is collected: (groups, depth, width) numbers, of whose rows the first ``columns`` are
wanted, become (depth, groups, columns); or, with ``links``, those that a list of offsets names."""


def fingerprint() -> str:
    """Changes with every file that the steps are compiled from, and with the width of vectors: Numba's cache watches
    the file of a function alone."""
    folder = Path(__file__).parent
    files = sorted([*folder.glob("*.py"), *(folder.parent / "vector").glob("*.py")])
    return f"{widths.BITS}_{zlib.crc32(b''.join(file.read_bytes() for file in files))}"


STATE = np.dtype([(name, np.int64) for name in (
    "memory", "floats", "bytes", "tables", "parameters",  # floats: the length of the memory
    "x", "labels", "labelled", "rows", "factors", "noise", "outputs", "losses", "images", "first",
    f"of_{fingerprint()}")])
"""Addresses of all that a run reads and writes: the thread's memories, the tables and addresses of parameters, images,
targets (``labelled``: whether they are labels) and the factors of their losses, the factors of dropouts, what comes
out; how many images the batch has, and which is the thread's first one. The last name has the fingerprint in it, and so
has the type of every step, under which Numba keeps it on disk."""

_SIGNATURE = types.void(types.CPointer(from_dtype(STATE)), types.CPointer(from_dtype(LINE)), types.int64, types.int64)


class Step:
    """A step of programs. It is compiled when its address is first asked for."""

    def __init__(self, function: Callable[..., None]) -> None:
        self.function, self.name = function, function.__name__
        self._compiled: tuple[int, Any] | None = None

    @property
    def address(self) -> int:
        """Where its compiled code begins."""
        if self._compiled is None:
            self._compiled = _jit.address(self.function, _SIGNATURE)
        return self._compiled[0]


# -- addresses as arrays, inside of steps ------------------------------------------------------------


def native(typing: Callable[..., Any]) -> Callable[..., Any]:
    """An intrinsic: a function of compiled code that is written as LLVM's instructions."""
    made: Callable[..., Any] = intrinsic(typing)
    return made


def _pointer(kind: Any, number: Any) -> Callable[..., Any]:
    """The intrinsic that takes an integer for the address of numbers of a kind."""
    @native
    def pointer(typing, address):  # type: ignore[no-untyped-def]
        def write(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            return builder.inttoptr(values[0], number.as_pointer())

        return types.CPointer(kind)(types.int64), write

    return pointer


_to_float = _pointer(types.float32, ir.FloatType())
_to_integer = _pointer(types.int64, ir.IntType(64))
_to_byte = _pointer(types.uint8, ir.IntType(8))


@part
def floats(address, size):  # type: ignore[no-untyped-def]
    """So many float32 numbers from an address on."""
    return carray(_to_float(address), (size,))


@part
def integers(address, size):  # type: ignore[no-untyped-def]
    """So many int64 numbers."""
    return carray(_to_integer(address), (size,))


@part
def small_integers(address, size):  # type: ignore[no-untyped-def]
    """So many bytes."""
    return carray(_to_byte(address), (size,))


@inlined
def opened(state, line):  # type: ignore[no-untyped-def]
    """(state, line, the memory) as records and an array."""
    s = carray(state, (1,))[0]
    return s, carray(line, (1,))[0], floats(s.memory, s.floats)


@part
def listed(s, at, size):  # type: ignore[no-untyped-def]
    """A list of the tables."""
    return integers(s.tables + 8 * at, size)


@part
def parameter(s, number, size):  # type: ignore[no-untyped-def]
    """A parameter, where its layer keeps it."""
    return floats(integers(s.parameters, number + 1)[number], size)


@part
def row(array, at, n, size):  # type: ignore[no-untyped-def]
    """Row n of a matrix that begins at a place and has rows of a size."""
    return array[at + n * size:at + (n + 1) * size]
