"""Networks at rest, when nobody trains or looks inside: elementwise steps that follow each other are one pass.

The general walk of `minicnn.graph` gives every node an array of its own. But of ::

    conv --- batch normalization --- sum --- ReLU
                                      |
    shortcut -------------------------+

nobody wants to see what is between, so the convolution's results are normalized, added to and cut where they lie:
`minicnn.kernels.vector.finishing`. Nothing else changes. The layers are those of the graph and are asked for their
parameters each time, so the numbers are those of the general walk, whatever has been trained, frozen or written since.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from minicnn import activations
from minicnn._types import Array
from minicnn.graph import Graph
from minicnn.kernels.vector import conv
from minicnn.kernels.vector.finishing import Ending, ending, finish
from minicnn.layers import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    Conv2DTranspose,
    Dense,
    DepthwiseConv2D,
    ReLU,
    TableConv2D,
)
from minicnn.layers.base import Layer, Rng
from minicnn.layers.nodes import Node

NORMALIZATION, SUM, RELU = 1, 2, 3
"""The steps of a pass, in the order in which it does them."""

FUNCTIONS = Activation, ReLU
"""Layers that are a function of each number."""

MAKERS = (Conv2D, Conv2DTranspose, Dense, DepthwiseConv2D, TableConv2D)
"""Layers whose result is an array that nobody else has. (Others may hand on what they were given, or a view of it.)"""


@dataclass(frozen=True)
class Pass:
    """Nodes that follow each other: a normalization, a sum, a ReLU, or some of them; before them maybe a convolution.

    source: where the first one's numbers come from. other: what the sum adds to them. over: whether the array of the
    source may be written over. convolution: the source itself, where nobody else hears it: it is done here, too.
    """

    nodes: tuple[Node, ...]
    source: Node
    other: Node | None
    over: bool
    convolution: bool

    @property
    def inputs(self) -> tuple[Node, ...]:
        """The nodes whose values it needs."""
        first = self.source.inputs[0] if self.convolution else self.source
        return (first,) if self.other is None else (first, self.other)

    def then(self, node: Node) -> "Pass":
        """This one and a node behind it."""
        last, other = self.nodes[-1], self.other
        if kind(node) == SUM:
            (other,) = (before for before in node.inputs if before is not last)
        return replace(self, nodes=(*self.nodes, node), other=other)

    def run(self, values: Mapping[Node, Array], rng: Rng) -> Array:
        """The value of the last node."""
        x, *others = (values[node] for node in self.inputs)
        if x.dtype not in (np.float32, np.float64) or any(one.dtype != x.dtype for one in others):
            return self._one_by_one(values, rng)
        other = others[0] if others else None
        first, relu = self.nodes[0].step, kind(self.nodes[-1]) == RELU
        factors = np.array(first.at_rest(x)) if isinstance(first, BatchNormalization) else None
        if self.convolution:
            return convolved(self.source.step, x, ending(factors, other, relu, x.dtype))
        return finish(x, factors, other, relu, self.over)

    def _one_by_one(self, values: Mapping[Node, Array], rng: Rng) -> Array:
        """The same by the layers: for numbers of two types, or of one that no kernel knows."""
        known = dict(values)
        for node in (self.source, *self.nodes) if self.convolution else self.nodes:
            known[node], _ = node.step.run(*(known[n] for n in node.inputs), rng=rng, shape=node.sample_shape)
        return known[self.nodes[-1]]


def convolved(layer: Layer, x: Array, then: Ending) -> Array:
    """A convolution, and what is done to its results."""
    assert isinstance(layer, Conv2D)
    bias = layer.param("bias", x) if layer.use_bias else None
    return conv.conv2d(x, layer.param("kernel", x), bias, layer.window(x.shape[1:]), layer.groups, then)


def kind(node: Node) -> int:
    """Which step of a pass a node is; 0 for none."""
    step = node.step
    if type(step) is BatchNormalization:
        return NORMALIZATION
    if type(step) is Add and len(node.inputs) == 2:
        first, second = node.inputs
        return SUM if first.sample_shape == second.sample_shape else 0
    return RELU if type(step) in FUNCTIONS and step.function == activations.relu else 0  # type: ignore[attr-defined]


def steps(graph: Graph, wanted: Collection[Node]) -> list[Node | Pass]:
    """The nodes of the graph in order, with passes in place of those that make one. wanted: nodes whose values are."""
    uses = Counter(before for node in graph.nodes if node not in graph.inputs for before in node.inputs)
    made: dict[Node, Node | Pass] = {}  # by the node whose value a step makes

    def alone(node: Node) -> bool:
        """Whether one node hears this one, and nobody else."""
        return uses[node] == 1 and node not in wanted

    def free(node: Node) -> bool:
        """Whether its array may be written over."""
        return alone(node) and (isinstance(made.get(node), Pass) or (node in made and type(node.step) in MAKERS))

    for node in graph.nodes:
        if node in graph.inputs:
            continue
        if not kind(node):
            made[node] = node
            continue
        before = [step for step in (made.get(n) for n in node.inputs if alone(n))
                  if isinstance(step, Pass) and kind(step.nodes[-1]) < kind(node)]
        if before:
            joined = before[-1]
            del made[joined.nodes[-1]]
            made[node] = joined.then(node)
        else:
            source, *others = sorted(node.inputs, key=free, reverse=True)
            convolution = free(source) and type(source.step) is Conv2D
            made[node] = Pass((node,), source, others[0] if others else None, free(source), convolution)
            if convolution:
                del made[source]
    return list(made.values())


class Way(NamedTuple):
    """The steps of a graph, and for each the nodes whose values nobody needs behind it."""

    steps: list[Node | Pass]
    done: list[list[Node]]


_ways: WeakKeyDictionary[Graph, dict[frozenset[Node], tuple[list[Any], Way]]] = WeakKeyDictionary()
"""By the nodes whose values are wanted: the functions of the activations as they were, and the way."""


def way(graph: Graph, wanted: frozenset[Node]) -> Way:
    """The way through a graph; found once, and again where somebody has given a layer another function."""
    known = _ways.setdefault(graph, {})
    functions = [node.step.function for node in graph.nodes if node.inputs and type(node.step) in FUNCTIONS]  # type: ignore[attr-defined]
    if wanted not in known or known[wanted][0] != functions:
        found = steps(graph, wanted)
        last_use = {before: at for at, step in enumerate(found) for before in step.inputs}
        done = [[node for node in set(step.inputs) - wanted if last_use[node] == at] for at, step in enumerate(found)]
        known[wanted] = functions, Way(found, done)
    return known[wanted][1]


def walk(graph: Graph, inputs: Sequence[Array], keep: Collection[Node], rng: Rng) -> dict[Node, Array]:
    """The values of the outputs and of ``keep``, as `minicnn.graph.push_forward` gives them."""
    values: dict[Node, Array] = dict(zip(graph.inputs, inputs, strict=True))
    wanted = frozenset((*graph.outputs, *keep))
    for step, done in zip(*way(graph, wanted), strict=True):
        if isinstance(step, Pass):
            values[step.nodes[-1]] = step.run(values, rng)
        else:
            before = [values[n] for n in step.inputs]
            values[step], _ = step.step.run(*before, training=False, rng=rng, shape=step.sample_shape)
            del before
        for node in done:
            del values[node]
    return {node: values[node] for node in graph.nodes if node in wanted}
