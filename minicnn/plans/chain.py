"""From a graph to a plan: the nodes in a row, each written by its writer, and back."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from minicnn import activations
from minicnn.graph import Graph
from minicnn.kernels.plan import copies
from minicnn.kernels.vector import widths
from minicnn.layers import Activation, Conv2D, Dense, MaxPooling2D, Subsampling2D, TableConv2D
from minicnn.layers.base import Layer
from minicnn.layers.nodes import Node
from minicnn.losses import Loss
from minicnn.plans import lanes
from minicnn.plans.ends import is_softmax, line_of, write_loss, write_output
from minicnn.plans.running import Plan
from minicnn.plans.steps import WRITERS
from minicnn.plans.writing import Back, NotPlannedError, Writer

BLOCK = 16 if widths.BITS >= 256 else 8
"""Images at a time: as many as two vectors have lanes at most, for the way back through a dense layer."""

MOST = 1 << 23
"""Parameters: a network with more is limited by the memory, and each thread would need its own gradients for them."""

_plans: WeakKeyDictionary[Graph, dict[Any, tuple[Plan | None, list[Any]]]] = WeakKeyDictionary()
"""By what is asked for: the plan, and the options of the layers as they were when it was written."""


def training(graph: Graph, start: Node, loss: Loss, learning: frozenset[Layer], scores: bool,
             images: int) -> Plan | None:
    """The plan of a training step on so many images, written at its first call."""
    many = images >= BLOCK
    key = start, line_of(loss), learning, scores, many

    def write() -> Plan:
        w, x = begun(graph, learning, True, many)
        end, backs = forth(w, graph, start, x)
        size = flat_size(start)
        if scores:
            write_output(w, graph.outputs[0], start, end, size)
        back_again(w, backs, write_loss(w, loss, end, size))
        return Plan(w.program(), BLOCK, size, scores)

    return _kept(graph, key, write)


def forward(graph: Graph, node: Node, images: int) -> Plan | None:
    """The plan that computes the value of a node for so many images, written at its first call."""
    many = images >= BLOCK

    def write() -> Plan:
        w, x = begun(graph, frozenset(), False, many)
        last = node.inputs[0] if is_softmax(node) else node
        end, _ = forth(w, graph, last, x)
        write_output(w, node, last, end, flat_size(last))
        return Plan(w.program(), BLOCK, flat_size(last), True)

    return _kept(graph, (node, many), write)


def _kept(graph: Graph, key: Any, write: Callable[[], Plan]) -> Plan | None:
    known, options = _plans.setdefault(graph, {}), options_of(graph)
    plan, before = known.get(key, (None, None))
    if options != before:
        try:
            plan = write()
        except NotPlannedError:
            plan = None
        known[key] = plan, options
    return plan


OPTIONS: dict[type[Layer], Callable[[Any], Any]] = {
    Conv2D: attrgetter("strides", "padding", "dilation_rate", "groups", "use_bias"),
    TableConv2D: attrgetter("strides", "padding", "use_bias"), Dense: attrgetter("use_bias"),
    MaxPooling2D: attrgetter("strides", "padding", "pool_size"),
    Subsampling2D: attrgetter("strides", "padding", "pool_size"), Activation: attrgetter("function"),
}
"""What a program was written by, and somebody may change in a layer later."""


def options_of(graph: Graph) -> list[Any]:
    """The options of all layers."""
    return [OPTIONS[type(node.step)](node.step) for node in graph.nodes if node.inputs and type(node.step) in OPTIONS]


def begun(graph: Graph, learning: frozenset[Layer], training: bool, many: bool) -> tuple[Writer, int]:
    """A writer, and where it has put the images."""
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise NotPlannedError
    if sum(chain[-1].count_params() for chain in graph.leaves.values()) > MOST:
        raise NotPlannedError
    w = Writer(set(learning), training, BLOCK, many, max(flat_size(node) for node in graph.nodes))
    size = flat_size(graph.inputs[0])
    x = w.values(size)
    w.line(copies.take, target=x, size=size)
    return w, x


def forth(w: Writer, graph: Graph, last: Node, x: int) -> tuple[int, list[tuple[Layer, Back]]]:
    """Write the nodes from the input to the last one: where its value lies, and the ways back."""
    shape, backs = graph.inputs[0].sample_shape, list[tuple[Layer, Back]]()
    nodes = relu_behind_pool(row(graph, last))
    while nodes:
        node, *nodes = nodes
        step = node.step
        pair = lanes.pair(step, nodes[0].step, shape) if w.many and nodes else None
        if pair is not None:
            x, *ways = lanes.pooled_convolution(w, *pair, shape, x)
            backs += zip(pair, ways, strict=True)
            node, *nodes = nodes
            shape = pair[1].output_shape_for(pair[0].output_shape_for(shape))
        elif type(step) in WRITERS:
            out = step.output_shape_for(shape)
            x, back = WRITERS[type(step)](w, step, shape, out, x)
            backs.append((step, back))
            shape = out
        else:
            raise NotPlannedError
        if shape != node.sample_shape and type(node.step) is not Activation:
            raise NotPlannedError  # another one than the model was built with: the general walk says so
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
