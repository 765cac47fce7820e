"""The graph of a network, the walk forward and the walk back. The only file that knows a DAG.

A *layer* is what the user declared; a *node* is one step of arithmetic. ``Conv2D(..., activation="relu")``
is one layer and two nodes: ``conv2d/pre``, the convolution, and ``conv2d``, the ReLU. A layer that stands
at two places is one layer and two sets of nodes::

    x --- conv/pre --- conv --+-- dense --+-- add
                              +-- dense#2 +

Going forward, every node hands its value to those behind it. Going back, every node receives the sum of
the signals of those behind it: that sum is all there is to backpropagation through a graph.
"""

import copy
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from minicnn import _checks, activations, rules
from minicnn._types import Array, Shape
from minicnn.layers.base import Cache, Gradients, Layer, Rng
from minicnn.layers.simple import Activation, InputLayer

Rule: TypeAlias = Callable[[Layer, Array, Cache], tuple[Any, Gradients]]


@dataclass(frozen=True, eq=False)
class Node:
    """One step of arithmetic: a layer applied to the values of other nodes.

    step: what is computed here. owner: the declared layer it belongs to (itself, or the layer whose
    activation this is). shape: of its value, without the batch axis.
    """

    step: Layer
    owner: Layer
    inputs: tuple["Node", ...]
    shape: Shape

    @property
    def is_last_of_owner(self) -> bool:
        """Whether the declared layer ends here: whether this is not the value before its activation."""
        return self.step is not self.owner or self.owner.activation == activations.linear

    def __deepcopy__(self, memo: dict[int, Any]) -> "Node":
        # From the front, in a loop: networks are deep, and copying a node copies all before it.
        for node in _in_order([self]):
            if id(node) not in memo:
                step, owner = copy.deepcopy((node.step, node.owner), memo)
                memo[id(node)] = Node(step, owner, tuple(memo[id(before)] for before in node.inputs), node.shape)
        twin: Node = memo[id(self)]
        return twin


def connect(layer: Layer, *inputs: Node) -> Node:
    """Put a layer behind nodes, building it for their shapes; returns the node of its output."""
    shapes = [node.shape for node in inputs]
    shape = layer.output_shape(*shapes)
    layer.build(*shapes)
    node = Node(layer, layer, inputs, shape)
    if layer.activation == activations.linear:
        return node
    return Node(Activation(layer.activation, name=layer.name), layer, (node,), shape)


def input_node(shape: Sequence[int], name: str | None = None, dtype: str = "float32") -> Node:
    """Where values come in: an image (H, W, C), or any shape without the batch axis."""
    layer = InputLayer(shape, name=name, dtype=dtype)
    layer.build(layer.shape)
    return Node(layer, layer, (), layer.shape)


class Graph:
    """The nodes between some inputs and some outputs, each after those it needs."""

    def __init__(self, inputs: Sequence[Node], outputs: Sequence[Node]) -> None:
        self.inputs, self.outputs = tuple(inputs), tuple(outputs)
        self.nodes = _in_order(self.outputs)
        for node in self.nodes:
            if not node.inputs and node not in self.inputs:
                raise _checks.error("graph", f"the outputs depend on {node.owner}, which is not among the inputs")
        self.layers = list(dict.fromkeys(node.owner for node in self.nodes))
        by_name = {layer.name: layer for layer in self.layers}
        for layer in self.layers:
            if by_name[layer.name] is not layer:  # weights, optimizers and files go by it
                raise _checks.error("graph", f"two layers have the name {layer.name!r}", cure="Give one another name.")
        self.names = _names(self.nodes)

    def nodes_of(self, layer: Layer) -> list[Node]:
        """The nodes at which a declared layer's output stands (after its activation), in order."""
        return [node for node in self.nodes if node.owner is layer and node.is_last_of_owner]


def _in_order(outputs: Iterable[Node]) -> list[Node]:
    """Every node the outputs need, each behind its inputs. A loop, not a recursion: networks are deep."""
    order: dict[Node, None] = {}
    stack = [(node, False) for node in reversed(list(outputs))]
    while stack:
        node, inputs_done = stack.pop()
        if node in order:
            continue
        if inputs_done:
            order[node] = None
        else:
            stack.append((node, True))
            stack.extend((before, False) for before in reversed(node.inputs))
    return list(order)


def _names(nodes: Iterable[Node]) -> dict[str, Node]:
    """``conv`` is a layer's output, ``conv/pre`` its value before the activation, ``conv#2`` its second use."""
    names: dict[str, Node] = {}
    for node in nodes:
        suffix = "" if node.is_last_of_owner else "/pre"
        use = 1
        while (name := node.owner.name + (f"#{use}" if use > 1 else "") + suffix) in names:
            use += 1
        names[name] = node
    return names


# -- forward -------------------------------------------------------------------------------------


def push_forward(graph: Graph, inputs: Sequence[Array], *, training: bool = False, rng: Rng = None,
                 keep: Collection[Node] = (), remember: bool = True) -> tuple[dict[Node, Array], dict[Node, Cache]]:
    """Walk the nodes forward. Returns the values of outputs and of ``keep``, and the caches by node.

    remember=False drops the caches on the way: for predictions, when nobody walks back.
    """
    values: dict[Node, Array] = dict(zip(graph.inputs, inputs, strict=True))
    caches: dict[Node, Cache] = {}
    wanted = {*graph.outputs, *keep}
    last_use = {before: node for node in graph.nodes for before in node.inputs}
    for node in graph.nodes:
        if node.inputs:
            before = [values[n] for n in node.inputs]
            values[node], cache = node.step.run(*before, training=training, rng=rng, shape=node.shape)
            if remember:
                caches[node] = cache
        for n in node.inputs:
            if last_use[n] is node and n not in wanted:
                values.pop(n, None)  # nobody needs it any more
    return {node: values[node] for node in graph.nodes if node in wanted}, caches


# -- back ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Signals:
    """What a walk back brings: parameter arrays by layer, input signals by input, and the kept signals."""

    parameters: dict[Layer, Gradients]
    inputs: list[Array]
    kept: dict[Node, Array]


def pull_back(graph: Graph, signals: Mapping[Node, Array], caches: Mapping[Node, Cache],
              step: Rule = rules.gradient, keep: Collection[Node] = (), inputs: bool = True) -> Signals:
    """Walk the nodes back from ``signals`` (arrays like the values of the nodes they start at).

    step: what happens at a node, one of `minicnn.rules`.
    keep: nodes whose signal (the sum that arrives at their output) is returned.
    inputs: whether the signals of the graph's inputs are wanted; without, the first layers skip them.
    """
    needed = _nodes_needing_a_signal(graph, {*keep, *(graph.inputs if inputs else ())})
    arrived: dict[Any, Array] = {}
    parameters: dict[Layer, Gradients] = {}
    kept: dict[Node, Array] = {}
    for node, signal in signals.items():
        _add(arrived, node, signal)
    for node in reversed(graph.nodes):
        if node not in needed or node not in arrived:
            continue
        if node in keep:
            kept[node] = arrived[node]
        if not node.inputs:
            continue
        asked = any(before in needed for before in node.inputs)
        rule = step if asked or step is not rules.gradient else rules.parameters_only
        back, arrays = rule(node.step, arrived.pop(node), caches[node])
        for name, array in arrays.items():
            _add(parameters.setdefault(node.step, {}), name, array)
        if asked:
            for before, part in zip(node.inputs, back if len(node.inputs) > 1 else (back,), strict=True):
                _add(arrived, before, part)
    like = next(iter(signals.values()))
    at_inputs = [arrived[n] if n in arrived else np.zeros((len(like), *n.shape), like.dtype) for n in graph.inputs]
    return Signals(parameters, at_inputs if inputs else [], kept)


def _add(sums: dict[Any, Array], key: Any, array: Array) -> None:
    """Add to the sum under a key. Never into an array that was handed in: two nodes may hold the same one."""
    sums[key] = sums[key] + array if key in sums else array


def _nodes_needing_a_signal(graph: Graph, wanted: Collection[Node]) -> set[Node]:
    """The wanted nodes, those with parameters, and all on the way back to one of them."""
    needed: set[Node] = set()
    for node in graph.nodes:
        if node in wanted or node.step.has_parameters or any(before in needed for before in node.inputs):
            needed.add(node)
    return needed
