"""From a graph to a plan: the nodes in a row, each written by its writer, and back."""

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from minicnn import activations
from minicnn.graph import Graph
from minicnn.kernels.plan import copies
from minicnn.kernels.vector import widths
from minicnn.layers import Activation, MaxPooling2D
from minicnn.layers.base import Layer
from minicnn.layers.nodes import Node
from minicnn.losses import Loss
from minicnn.plans.ends import is_softmax, line_of, write_loss, write_output
from minicnn.plans.running import Plan
from minicnn.plans.steps import WRITERS, Back, NotPlannedError
from minicnn.plans.writing import Writer

BLOCK = 16 if widths.BITS >= 256 else 8
"""Images at a time: as many as two vectors have lanes at most, for the way back through a dense layer."""

MOST = 1 << 23
"""Parameters: a network with more is limited by the memory, and each thread would need its own gradients for them."""

_plans: WeakKeyDictionary[Graph, dict[Any, Plan | None]] = WeakKeyDictionary()


def training(graph: Graph, start: Node, loss: Loss, learning: frozenset[Layer], scores: bool) -> Plan | None:
    """The plan of a training step, written at its first call."""
    key = start, line_of(loss), learning, scores

    def write() -> Plan:
        w, x = begun(graph, learning, True)
        end, backs = forth(w, graph, start, x)
        size = flat_size(start)
        if scores:
            write_output(w, graph.outputs[0], start, end, size)
        back_again(w, backs, write_loss(w, loss, end, size))
        return Plan(w.program(), BLOCK, size, scores)

    return _kept(graph, key, write)


def forward(graph: Graph, node: Node) -> Plan | None:
    """The plan that computes the value of a node, written at its first call."""
    def write() -> Plan:
        w, x = begun(graph, frozenset(), False)
        last = node.inputs[0] if is_softmax(node) else node
        end, _ = forth(w, graph, last, x)
        write_output(w, node, last, end, flat_size(last))
        return Plan(w.program(), BLOCK, flat_size(last), True)

    return _kept(graph, node, write)


def _kept(graph: Graph, key: Any, write: Callable[[], Plan]) -> Plan | None:
    known = _plans.setdefault(graph, {})
    if key not in known:
        try:
            known[key] = write()
        except NotPlannedError:
            known[key] = None
    return known[key]


def begun(graph: Graph, learning: frozenset[Layer], training: bool) -> tuple[Writer, int]:
    """A writer, and where it has put the images."""
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise NotPlannedError
    if sum(chain[-1].count_params() for chain in graph.leaves.values()) > MOST:
        raise NotPlannedError
    w = Writer(set(learning), training, BLOCK, max(flat_size(node) for node in graph.nodes))
    size = flat_size(graph.inputs[0])
    x = w.values(size)
    w.line(copies.take, target=x, size=size)
    return w, x


def forth(w: Writer, graph: Graph, last: Node, x: int) -> tuple[int, list[tuple[Layer, Back]]]:
    """Write the nodes from the input to the last one: where its value lies, and the ways back."""
    shape, backs = graph.inputs[0].sample_shape, []
    for node in relu_behind_pool(row(graph, last)):
        step = node.step
        if type(step) not in WRITERS:
            raise NotPlannedError
        out = step.output_shape_for(shape)
        x, back = WRITERS[type(step)](w, step, shape, out, x)
        shape = out
        backs.append((step, back))
    return x, backs


def back_again(w: Writer, backs: list[tuple[Layer, Back]], dy: int) -> None:
    """Write the ways back, to the first layer that learns and not further."""
    learns = [step in w.learning for step, _ in backs]
    first = learns.index(True) if True in learns else len(backs)
    for at in range(len(backs) - 1, first - 1, -1):
        dy = backs[at][1](dy, at > first)


def row(graph: Graph, last: Node) -> list[Node]:
    """The nodes between the input and the last one, if they stand in a row and nobody else hears them."""
    nodes = []
    node = last
    while node not in graph.inputs:
        if len(node.inputs) != 1:
            raise NotPlannedError
        nodes.append(node)
        node = node.inputs[0]
    if any(other.inputs and len(other.inputs) != 1 for other in graph.nodes):
        raise NotPlannedError
    return nodes[::-1]


def relu_behind_pool(nodes: list[Node]) -> list[Node]:
    """A ReLU before a pool of maxima goes behind it: the largest stays the largest, and there are fewer numbers."""
    nodes = list(nodes)
    for at in range(len(nodes) - 1):
        first, second = nodes[at].step, nodes[at + 1].step
        if type(first) is Activation and first.function == activations.relu and type(second) is MaxPooling2D:
            nodes[at], nodes[at + 1] = nodes[at + 1], nodes[at]
    return nodes


def flat_size(node: Node) -> int:
    """The numbers of a sample."""
    return int(np.prod(node.sample_shape))
