"""The ends of a program: losses that there are lines for, and the targets as those lines read them."""

import numpy as np

from minicnn import activations
from minicnn._types import Array
from minicnn.kernels.plan import copies, ends
from minicnn.kernels.plan.instructions import Step
from minicnn.layers import Activation
from minicnn.layers.nodes import Node
from minicnn.losses import (
    CategoricalCrossentropy,
    Loss,
    PenaltyMAP,
    PenaltyMLE,
    SparseCategoricalCrossentropy,
    class_numbers,
)
from minicnn.plans.writing import NotPlannedError, Writer

NO_LABELS, NO_ROWS = np.zeros(0, np.int64), np.zeros(0, np.float32)


def line_of(loss: Loss) -> tuple[Step, float] | None:
    """The step of a loss and its number, the penalty of the rubbish class; None where there is none."""
    if isinstance(loss, CategoricalCrossentropy) and type(loss) in CLASSES and loss.from_logits:
        return ends.cross_entropy, 0.0
    if type(loss) is PenaltyMAP:
        return ends.penalty, loss.j
    return (ends.penalty, -1.0) if type(loss) is PenaltyMLE else None


CLASSES = CategoricalCrossentropy, SparseCategoricalCrossentropy


def write_loss(w: Writer, loss: Loss, source: int, size: int) -> int:
    """The line of a loss; returns where the signal lies that it begins with."""
    line = line_of(loss)
    if line is None:
        raise NotPlannedError
    dy = w.signal()
    w.line(line[0], source=source, target=dy, size=size, number=line[1])
    return dy


def targets(loss: Loss, y: Array, size: int) -> tuple[Array, Array]:
    """(labels, rows): class numbers, or rows (N, size) where there are no class numbers."""
    if type(loss) is CategoricalCrossentropy:
        rows = loss.rows(y, np.empty((0, size), np.float32))
        return NO_LABELS, np.ascontiguousarray(rows, np.float32).reshape(-1)
    return np.ascontiguousarray(class_numbers(y, (size,)).reshape(-1)), NO_ROWS


def write_output(w: Writer, output: Node, last: Node, source: int, size: int) -> None:
    """The line that hands out the values of an output, which is the last node written, or a softmax behind it."""
    if output is last:
        w.line(copies.give, source=source, size=size)
    elif is_softmax(output) and output.inputs[0] is last and len(last.sample_shape) == 1:
        w.line(ends.softmax, source=source, size=size)
    else:
        raise NotPlannedError


def is_softmax(node: Node) -> bool:
    """Whether a node is a softmax over the last axis."""
    return type(node.step) is Activation and node.step.function == activations.softmax
