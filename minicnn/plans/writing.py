"""The writer: hands out room in the memory, keeps the lists, and collects the lines of a program."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from minicnn._types import Array, Shape
from minicnn.kernels.plan import copies, elementwise, products
from minicnn.kernels.plan.instructions import LINE, MOVE, Step
from minicnn.kernels.vector.panels import edges
from minicnn.kernels.vector.tables import grid
from minicnn.layers import Dropout
from minicnn.layers.base import Layer

ALIGNED = 16
"""Numbers: every room begins at a multiple of 64 bytes, the length of a line of the cache."""
PERIOD = 64
"""Loops over channels run over so many numbers at least: see `minicnn.kernels.plan.elementwise`."""

Back: TypeAlias = Callable[[int, bool], int]
"""What writes a layer's lines back: told where dy lies and whether dx is wanted, it says where dx lies."""


class NotPlannedError(Exception):
    """A layer, or an option of it, for which there are no lines: the general walk serves."""


class Program(NamedTuple):
    """A program, and how much memory of each kind a thread needs for it.

    lines: for the machine; words: the same for people, as (name of the step, its columns).
    parameters: (layer, name) in the order of the addresses. gradients: how many numbers all gradients have.
    noise: for each dropout, its layer and the shape of a sample. multiplications: of one image, about.
    """

    lines: Array
    words: list[tuple[str, dict[str, Any]]]
    once: int
    moves: Array
    tables: Array
    floats: int
    bytes: int
    parameters: list[tuple[Layer, str]]
    gradients: int
    noise: list[tuple[Dropout, Shape]]
    multiplications: int


class Panel(NamedTuple):
    """A matrix of ``depth`` rows laid out for register blocks, with the list of its edges."""

    at: int
    edges: int
    panels: int
    width: int


class Writer:
    """Collects one program. Offsets of values are those of a block's first image; the images of a block lie behind
    each other.

    learning: the layers whose gradients are wanted. training: whether dropouts drop. block: how many images are worked
    on at a time, many: whether there usually are so many. largest: the numbers of the largest value.
    """

    def __init__(self, learning: set[Layer], training: bool, block: int, many: bool, largest: int) -> None:
        self.learning, self.training, self.block, self.many = learning, training, block, many
        self.floats = self.bytes = self.gradients = self.multiplications = 0
        self.lines: list[dict[str, Any]] = []
        self.once: list[dict[str, Any]] = []  # lines for the beginning of a run
        self.moves: list[dict[str, int]] = []
        self.lists: list[Array] = []
        self.known: dict[bytes, int] = {}
        self.parameters: dict[tuple[Layer, str], int] = {}
        self.collected: dict[tuple[Layer, str], int] = {}
        self.noise: list[tuple[Dropout, Shape]] = []
        self.kept: set[int] = set()  # values that the way back looks at
        # Of a chain, only two signals are ever needed at a time: they take turns.
        self.signals = [self.values(largest), self.values(largest)]

    # -- memory --------------------------------------------------------------------------------------

    def room(self, size: int) -> int:
        """So many numbers of the memory."""
        at = self.floats
        self.floats += -(-size // ALIGNED) * ALIGNED
        return at

    def values(self, size: int) -> int:
        """So many numbers for each image of a block."""
        return self.room(size * self.block)

    def signal(self) -> int:
        """Room for a signal, in which the one before last lay."""
        self.signals.reverse()
        return self.signals[0]

    def cells(self, size: int) -> int:
        """So many bytes for each image of a block."""
        at = self.bytes
        self.bytes += size * self.block
        return at

    def of_ones_own(self, x: int, size: int) -> int:
        """A value that may be changed in place: x itself, or a copy where somebody needs x on the way back."""
        if x not in self.kept:
            return x
        target = self.values(size)
        self.line(copies.copy, source=x, target=target, size=size)
        return target

    def listed(self, values: Any) -> int:
        """Where a list of integers lies in the tables; the same one is kept once."""
        array = np.asarray(values, np.int64)
        key = array.tobytes()
        if key not in self.known:
            self.known[key] = sum(len(one) for one in self.lists)
            self.lists.append(array)
        return self.known[key]

    # -- lines ---------------------------------------------------------------------------------------

    def line(self, step: Step, **columns: Any) -> None:
        """A line for every block."""
        self.lines.append({"call": step, **columns})

    def first(self, step: Step, **columns: Any) -> None:
        """A line for the beginning of a run."""
        self.once.append({"call": step, **columns})

    # -- parameters ----------------------------------------------------------------------------------

    def parameter(self, layer: Layer, name: str) -> int:
        """The number of a parameter."""
        return self.parameters.setdefault((layer, name), len(self.parameters))

    def packed(self, parameter: int, size: int, rows: Any, column: int, columns: int, groups: int = 1, group: int = 0,
               source: int = 0) -> Panel:
        """Panels of a parameter, or where it is -1 of what lies at ``source``: see `panels.packed`."""
        cuts = edges(columns, 4)
        width, depth = int(cuts[-1]), len(rows)
        at, where = self.room(groups * depth * width), self.listed(cuts)
        self.first(copies.pack, parameter=parameter, source=source, target=at, size=size, steps=self.listed(rows),
                   depth=depth, reads=column, edges=where, panels=len(cuts), columns=columns, groups=groups,
                   share=group)
        return Panel(at, where, len(cuts), width)

    def start(self, layer: Layer, columns: int, groups: int, wanted: bool = True) -> int:
        """What sums start from: the bias, group by group filled up to whole panels; zeros without one."""
        if wanted and "bias" in layer.params:
            return self.packed(self.parameter(layer, "bias"), columns * groups, [0], 1, columns, groups, columns).at
        return self.room(groups * int(edges(columns, 4)[-1]))

    def tiled(self, layer: Layer, name: str, columns: int) -> tuple[int, int]:
        """A parameter of a number per channel, laid out to fill a period; and how long that is."""
        period = period_of(columns)
        at = self.room(period)
        self.first(copies.tile, parameter=self.parameter(layer, name), target=at, columns=columns, size=period)
        return at, period

    def sums(self, layer: Layer, name: str, groups: int, depth: int, columns: int, width: int,
             links: Array | None = None, cleared: bool = True) -> int:
        """Room in which the gradient of a parameter adds up: (groups, depth, width), see `MOVE`. One for all uses of
        the layer. cleared: whether a run begins with zeros there."""
        key = layer, name
        if key not in self.collected:
            size = layer.params[name].size
            self.collected[key] = at = self.room(groups * depth * width)
            if cleared:
                self.first(copies.clear, target=at, size=groups * depth * width)
            self.moves.append({"parameter": self.parameter(layer, name), "size": size, "source": at,
                               "target": self.gradients, "groups": groups, "depth": depth, "columns": columns,
                               "width": width, "links": -1 if links is None else self.listed(links)})
            self.gradients += size
        return self.collected[key]

    def kernel_sums(self, layer: Layer, groups: int, cells: int, columns: int, width: int, links: Array | None,
                    **columns_of_line: int) -> None:
        """The line that adds up the gradient of a kernel; the first one of a layer starts from zeros by itself."""
        fresh = (layer, "kernel") not in self.collected
        target = self.sums(layer, "kernel", groups, cells, columns, width, links, cleared=False)
        self.line(products.kernel_sums, **{**columns_of_line, "target": target, "groups": groups, "columns": columns,
                                           "places": self.listed(grid(0, (cells, width))),
                                           "start": self.room(width), "size": width if fresh else 0})

    def column_sums(self, layer: Layer, name: str, dy: int, size: int, columns: int, other: int = -1) -> None:
        """The gradient of a number per channel: over all pixels, dy (times ``other``) added up."""
        period = period_of(columns)
        self.line(elementwise.column_sums, source=dy, other=other, size=size, columns=columns,
                  target=self.sums(layer, name, 1, 1, columns, columns), start=self.room(period), writes=period)

    def program(self) -> Program:
        """All that was written."""
        words = [(row["call"].name, {name: value for name, value in row.items() if name != "call"})
                 for row in self.once + self.lines]
        return Program(table(LINE, self.once + self.lines), words, len(self.once), table(MOVE, self.moves),
                       np.concatenate([*self.lists, np.zeros(1, np.int64)]), self.floats + 64, self.bytes + 64,
                       list(self.parameters), self.gradients, self.noise, self.multiplications)


def period_of(columns: int) -> int:
    """The shortest multiple of so many columns that fills whole vectors of 16 and has PERIOD numbers."""
    whole = int(np.lcm(columns, ALIGNED))
    return -(-PERIOD // whole) * whole if whole <= 16 * PERIOD else columns


def table(kind: np.dtype, rows: list[dict[str, Any]]) -> Array:
    """Rows as an array of records; what a row does not say is 0."""
    array = np.zeros(len(rows), kind)
    for at, row in enumerate(rows):
        for name, value in row.items():
            array[at][name] = value.address if isinstance(value, Step) else value
    return array
