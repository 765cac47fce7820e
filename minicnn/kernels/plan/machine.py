"""The machine: walks the lines of a program for a share of the images, without returning to Python.

There is one loop over blocks of images, and in it one over the lines. The naive walk beside it, which does the same
node by node with the layers' own forward and backward, is `minicnn.graph`.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types

from minicnn.kernels._jit import jit
from minicnn.kernels.plan.instructions import fingerprint, floats, native


@native
def _call(typing, address, state, line, begin, images):  # type: ignore[no-untyped-def]
    """Call the function at an address."""
    def write(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        integer, pointer = ir.IntType(64), ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [pointer, pointer, integer, integer])
        builder.call(builder.inttoptr(values[0], kind.as_pointer()),
                     [builder.inttoptr(values[1], pointer), builder.inttoptr(values[2], pointer), *values[3:]])
        return context.get_dummy_value()

    return types.void(*[types.int64] * 5), write


def _compile(fingerprint: str) -> tuple[Callable[..., Any], Callable[..., Any]]:

    @jit
    def run(program, once, state, memory, bytes_, tables, parameters, x, labels, rows, factors, noise,  # type: ignore[no-untyped-def]
            outputs, losses, first, last, block):
        """The lines of a program: the first ones once, all others for each block of the images from first to last.

        state: room for one `STATE`; the arrays, flat but for the losses (N,), are what it names.
        """
        fingerprint  # noqa: B018
        s = state[0]
        s.memory, s.floats, s.bytes = memory.ctypes.data, memory.size, bytes_.ctypes.data
        s.tables, s.parameters, s.x, s.noise = (tables.ctypes.data, parameters.ctypes.data, x.ctypes.data,
                                                noise.ctypes.data)
        s.labels, s.labelled, s.rows = labels.ctypes.data, labels.size, rows.ctypes.data
        s.factors, s.outputs, s.losses = factors.ctypes.data, outputs.ctypes.data, losses.ctypes.data
        s.images, s.first = losses.size, first
        line, length = program.ctypes.data, program.itemsize
        for i in range(once):
            _call(program[i].call, state.ctypes.data, line + i * length, first, last - first)
        for begin in range(first, last, block):
            for i in range(once, program.size):
                _call(program[i].call, state.ctypes.data, line + i * length, begin, min(block, last - begin))

    @jit
    def collect(moves, memory, tables, addresses, gradients, rate, update):  # type: ignore[no-untyped-def]
        """Add up what the threads have summed, in their order; into ``gradients``, or where it is an update straight
        into the parameters: parameter -= rate * gradient."""
        fingerprint  # noqa: B018
        sums = memory[0]
        for m in range(moves.size):
            move = moves[m]
            size = move.groups * move.depth * move.width
            total = sums[move.source:move.source + size]
            for t in range(1, len(memory)):
                other = memory[t][move.source:move.source + size]
                for i in range(size):
                    total[i] += other[i]
            target = gradients[move.target:move.target + move.size]
            if update:
                target = floats(addresses[move.parameter], move.size)
            if move.links >= 0:
                for i in range(move.size):
                    value = sums[move.source + tables[move.links + i]]
                    target[i] = target[i] - rate * value if update else value
            else:
                for d in range(move.depth):
                    for g in range(move.groups):
                        row = total[(g * move.depth + d) * move.width:]
                        to = target[(d * move.groups + g) * move.columns:]
                        if update:
                            for i in range(move.columns):
                                to[i] -= rate * row[i]
                        else:
                            for i in range(move.columns):
                                to[i] = row[i]

    return run, collect


run, collect = _compile(fingerprint())
