"""Plans: what a network does in a step, written down once and then run without returning to Python.

The walk of `minicnn.graph` goes from node to node: each calls its layer, the layer its kernel, the kernel wakes
helping threads and waits for them. For a small network that way costs more than the arithmetic: LeNet's step has twenty
kernels, a thread needs 50 microseconds to wake, and the step itself should take 500. So the way is walked once, with a
pen: what each node would do becomes a line of a table: which step, where its numbers lie in memory, how many there are.
Such a *program* is run by one compiled function (`minicnn.kernels.plan.machine`), and nobody returns to Python in
between::

    TAKE       16 images of the batch
    PRODUCT    conv1: windows of the images times the kernel
    MAX_POOL   ...
    RELU
    PRODUCT    conv2
    ...
    CROSS_ENTROPY
    KERNEL_SUMS ... and so on, back to conv1

Two more things come with it. The program says nothing about how many images there are: it runs on a *block* of 16,
again and again, so all it writes stays in a core's own cache, and no memory is ever asked for. And the threads share
the images, not the kernels: each runs the whole program for its part of the batch, with a memory of its own in which
the gradients add up; so they are woken once in a step and meet once, and then their gradients are summed in a fixed
order.

A program is written for a chain of steps it knows (`minicnn.plans.steps`). For all other networks, for float64, and
whenever somebody wants to look inside, the general walk serves; nobody sees a difference but speed. Plans belong to the
kernels named "vector". Read in this order: `steps`, `linear`, `lanes`, `writing`, `running`, `chain`; then
`minicnn.kernels.plan`.

A large network needs no program: its products are long, and each wakes the threads. There it is the arrays between the
products that cost, and at rest `resting` walks them less often.
"""

from collections.abc import Collection, Sequence
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from minicnn import kernels
from minicnn._types import Array
from minicnn.graph import Graph, push_forward
from minicnn.layers.base import Layer, Rng
from minicnn.layers.nodes import Node
from minicnn.losses import Loss

if TYPE_CHECKING:
    from minicnn.plans.running import Plan


def for_step(graph: Graph, start: Node, loss: Loss, learning: Collection[Layer], scores: bool,
             images: int) -> "Plan | None":
    """The plan of a training step on so many images: forward to the node where the loss begins, and back. None where
    there is none.

    learning: the layers whose gradients are wanted. scores: whether the outputs are wanted, too.
    """
    chain = _chain() if kernels.plans() else None
    plan: Plan | None = None if chain is None else chain.training(
        graph, start, loss, frozenset(learning), scores, images)
    return plan if plan is not None and plan.ready() else None


def value(graph: Graph, node: Node, inputs: Sequence[Array]) -> Array | None:
    """The value of a node for a batch, computed by a plan. None where there is none."""
    fits = inputs[0].dtype == np.float32 and inputs[0].shape[1:] == graph.inputs[0].sample_shape
    chain = _chain() if kernels.plans() and fits else None
    plan: Plan | None = None if chain is None else chain.forward(graph, node, len(inputs[0]))
    if plan is None or not plan.ready():
        return None
    outputs, _, memory = plan.run(inputs[0])
    plan.done(memory)
    return outputs.reshape(len(outputs), *node.sample_shape)


def values(graph: Graph, inputs: Sequence[Array], keep: Collection[Node] = (), rng: Rng = None) -> dict[Node, Array]:
    """The values of the outputs and of ``keep``, outside of training: where these kernels run, with the elementwise
    steps joined (`minicnn.plans.resting`), elsewhere by the general walk. The numbers are the same."""
    if kernels.plans() and _chain() is not None:
        from minicnn.plans import resting

        return resting.walk(graph, inputs, keep, rng)
    return push_forward(graph, inputs, rng=rng, keep=keep, remember=False)[0]


@cache
def _chain() -> ModuleType | None:
    """The module that writes plans, where this machine makes vectors. It loads Numba, so it is not imported above."""
    from minicnn.kernels import vector
    from minicnn.plans import chain

    return chain if vector.COMPILES else None
