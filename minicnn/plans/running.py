"""A plan: a program with the memories it runs in, and the run itself."""

from collections import deque
from typing import NamedTuple

import numpy as np

from minicnn._types import Array
from minicnn.kernels import threads
from minicnn.kernels.plan.instructions import STATE
from minicnn.kernels.plan.machine import collect, run
from minicnn.layers.base import Gradients, Layer, Rng
from minicnn.losses import Loss
from minicnn.plans.ends import NO_LABELS, NO_ROWS, targets
from minicnn.plans.writing import Program


class Memory(NamedTuple):
    """What the threads of one run write in: a row for each of them."""

    floats: Array
    bytes: Array
    states: Array


class Plan:
    """A program, ready to run. Several threads may run one plan: each run takes a memory of its own.

    size: the numbers of a row of outputs; scores: whether the outputs are handed out. block: how many images a thread
    works on at a time.
    """

    def __init__(self, program: Program, block: int, size: int, scores: bool) -> None:
        self.program, self.block, self.size, self.scores = program, block, size, scores
        self.free: deque[Memory] = deque()
        self.arrays: list[Array | None] = [None] * len(program.parameters)
        self.addresses = np.zeros(len(program.parameters), np.int64)

    def ready(self) -> bool:
        """Whether the parameters are as the program wants them; their addresses are taken down."""
        changed = False
        for at, (layer, name) in enumerate(self.program.parameters):
            array = layer.params[name]
            if array is not self.arrays[at]:
                if array.dtype != np.float32 or not array.flags.carray:
                    return False
                if not changed:  # another thread may read the old ones
                    self.addresses, self.arrays, changed = self.addresses.copy(), list(self.arrays), True
                self.arrays[at], self.addresses[at] = array, array.ctypes.data
        return True

    def run(self, x: Array, labels: Array = NO_LABELS, rows: Array = NO_ROWS, factors: Array = NO_ROWS,
            noise: Array = NO_ROWS) -> tuple[Array, Array, Memory]:
        """(outputs, losses, memory) for images x: the threads share them. Give the memory back: `done`."""
        p, count, addresses = self.program, len(x), self.addresses
        parts = threads.parts_for(p.multiplications * count, count)
        memory = self._memory(parts)
        outputs, losses = np.empty((count, self.size if self.scores else 0), np.float32), np.empty(count, np.float32)
        flat, out = np.ascontiguousarray(x).reshape(-1), outputs.reshape(-1)

        def work(part: int, first: int, last: int) -> None:
            run(p.lines, p.once, memory.states[part], memory.floats[part], memory.bytes[part], p.tables, addresses,
                flat, labels, rows, factors, noise, out, losses, first, last, self.block)

        threads.share(work, count, parts)
        return outputs, losses, memory

    def _memory(self, parts: int) -> Memory:
        """One that was used before, or a new one full of zeros."""
        try:
            memory = self.free.pop()
        except IndexError:
            memory = None
        if memory is None or len(memory.floats) != parts:
            memory = Memory(np.zeros((parts, self.program.floats), np.float32),
                            np.zeros((parts, self.program.bytes), np.uint8), np.zeros((parts, 1), STATE))
        return memory

    def done(self, memory: Memory) -> None:
        """A run no longer needs its memory."""
        self.free.append(memory)

    # -- what a run is given -------------------------------------------------------------------------

    def targets(self, loss: Loss, y: Array) -> tuple[Array, Array]:
        """(labels, rows) for `run`."""
        return targets(loss, y, self.size)

    def drawn(self, count: int, rng: Rng) -> Array:
        """The factors of all dropouts, each for all images: the same random numbers as the layers themselves draw."""
        factors = []
        for layer, shape in self.program.noise:
            drawn = layer.factors((count, *shape), np.dtype(np.float32), rng)
            factors.append(np.broadcast_to(drawn, (count, *shape)).reshape(-1))
        return np.concatenate(factors) if factors else NO_ROWS

    # -- after a run ---------------------------------------------------------------------------------

    def gradients(self, memory: Memory) -> dict[Layer, Gradients]:
        """What the threads have added up, summed over them, in arrays shaped like the parameters."""
        p = self.program
        flat = np.empty(p.gradients, np.float32)
        collect(p.moves, memory.floats, p.tables, self.addresses, flat, np.float32(0), False)
        arrays: dict[Layer, Gradients] = {}
        for move in p.moves.tolist():
            layer, name = p.parameters[move[0]]
            shape, (size, begin) = layer.params[name].shape, (move[1], move[3])
            arrays.setdefault(layer, {})[name] = flat[begin:begin + size].reshape(shape)
        return arrays

    def update(self, memory: Memory, rate: float) -> None:
        """parameter -= rate * gradient, for all that learn."""
        p = self.program
        collect(p.moves, memory.floats, p.tables, self.addresses, NO_ROWS, np.float32(rate), True)
