"""The graph of a network, the walk forward and the walk back. With `layers.nodes`, all that knows a DAG.

A *layer* is what the user declared; a *node* is one step of arithmetic. ``Conv2D(..., activation="relu")``
is one layer and two nodes: ``conv2d/pre``, the convolution, and ``conv2d``, the ReLU. A layer that stands
at two places is one layer and two sets of nodes::

    x --- conv/pre --- conv --+-- dense --+-- add
                              +-- dense#2 +

Going forward, every node hands its value to those behind it. Going back, every node receives the sum of
the signals of those behind it: that sum is all there is to backpropagation through a graph.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from minicnn import _checks, rules
from minicnn._types import Array
from minicnn.layers.base import Cache, Gradients, Layer, Rng
from minicnn.layers.nodes import Call, Node, in_order

Rule: TypeAlias = Callable[[Layer, Array, Cache], tuple[Any, Gradients]]


class Graph:
    """What lies between some inputs and some outputs.

    nodes: the steps of arithmetic, each behind those it needs. names: the nodes by name.
    calls: the uses of declared layers, each behind those it needs. layers: these layers, each once, in Keras's order.
    leaves: the layers that do arithmetic, by path ("inner/conv"), each with the models it lies in before it.
    """

    def __init__(self, inputs: Sequence[Node], outputs: Sequence[Node]) -> None:
        self.inputs, self.outputs = tuple(inputs), tuple(outputs)
        self.nodes = in_order([*self.outputs, *self.inputs], self._before)
        for node in self.nodes:
            if not node.inputs and node not in self.inputs:
                raise _checks.error("graph", f"the outputs depend on {node.owner}, which is not among the inputs")
        self.calls, self.layers = _calls_and_layers(self.inputs, self.outputs)
        self._uses: dict[Layer, list[Call]] = {}
        for call in self.calls:
            self._uses.setdefault(call.layer, []).append(call)
        by_name = {layer.name: layer for layer in self.layers}
        for layer in self.layers:
            if by_name[layer.name] is not layer:  # weights, optimizers and files go by it
                raise _checks.error("graph", f"two layers have the name {layer.name!r}", cure="Give one another name.")
        self.names = _names(self.nodes)
        self.leaves: dict[str, tuple[Layer, ...]] = {}
        known: set[Layer] = set()
        for layer in self.layers:
            new = {path: chain for path, chain in layer.leaves().items() if chain[-1] not in known}
            self.leaves.update(new)
            known.update(chain[-1] for chain in new.values())

    def _before(self, node: Node) -> tuple[Node, ...]:
        return () if node in self.inputs else node.inputs

    def calls_of(self, layer: Layer) -> list[Call]:
        """The uses of a declared layer here, in order."""
        return list(self._uses.get(layer, ()))

    def learning(self) -> dict[str, Layer]:
        """The layers, by path, whose parameters training moves: those that are not frozen, nor a model they lie in."""
        return {path: chain[-1] for path, chain in self.leaves.items()
                if chain[-1].trainable and (len(chain) == 1 or all(layer.trainable for layer in chain))}


def _names(nodes: Sequence[Node]) -> dict[str, Node]:
    """``conv`` is a layer's output, ``conv/pre`` its value before the activation, ``conv#2`` its second use, and
    ``inner/conv`` lies in a model that was called as a layer."""
    uses: dict[Layer, list[Call]] = {}
    for call in sorted({node.call for node in nodes}, key=lambda call: call.number):
        uses.setdefault(call.layer, []).append(call)
    names: dict[str, Node] = {}
    for node in nodes:
        use = uses[node.call.layer].index(node.call) + 1
        suffix = f"/{node.label}" if node.label else ""
        name = node.call.layer.name + (f"#{use}" if use > 1 else "") + suffix
        if name in names:  # a layer was given a name that looks like one of ours
            raise _checks.error("graph", f"two values have the name {name!r}", cure="Give a layer another name.")
        names[name] = node
    return names


def _calls_and_layers(inputs: Sequence[Node], outputs: Sequence[Node]) -> tuple[list[Call], list[Layer]]:
    """The calls, each behind those it needs, and the layers as Keras lists them: by how far from the outputs they are,
    the farthest first; of one distance, in the order in which a walk back from the outputs meets them."""
    met: dict[Layer, int] = {}

    def made(nodes: Sequence[Node]) -> list[Call]:
        return [node.call for node in nodes if node not in inputs or not node.call.inputs]

    def before(call: Call) -> list[Call]:
        return made(call.inputs)

    def meet(call: Call) -> list[Call]:
        met.setdefault(call.layer, len(met))
        return before(call)

    calls = in_order(made(outputs), meet)
    starts = made(inputs)
    for call in calls:
        if not call.inputs and call not in starts:  # no output depends on it, but a call that makes an output does
            raise _checks.error("graph", f"the outputs depend on {call.layer}, which is not among the inputs")
    distance: dict[Call, int] = {}
    farthest: dict[Layer, int] = {}
    for call in reversed(calls):
        farthest[call.layer] = distance[call] = max(distance.get(call, 0), farthest.get(call.layer, 0))
        for other in before(call):
            distance[other] = max(distance.get(other, 0), distance[call] + 1)
    for call in starts:
        if call not in distance:  # an input that no output depends on
            farthest[call.layer], met[call.layer] = 0, -1
            calls.append(call)
    return calls, sorted(farthest, key=lambda layer: (-farthest[layer], met[layer]))


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
        if node in graph.inputs:
            continue
        before = [values[n] for n in node.inputs]
        values[node], cache = node.step.run(*before, training=training, rng=rng, shape=node.sample_shape)
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
              step: Rule = rules.gradient, keep: Collection[Node] = (), inputs: bool = True,
              learning: Collection[Layer] | None = None) -> Signals:
    """Walk the nodes back from ``signals`` (arrays like the values of the nodes they start at).

    step: what happens at a node, one of `minicnn.rules`.
    keep: nodes whose signal (the sum that arrives at their output) is returned.
    inputs: whether the signals of the graph's inputs are wanted; without, the first layers skip them.
    learning: the layers whose parameters' arrays are wanted; all where not given.
    """
    learning = {node.step for node in graph.nodes if node.step.has_parameters} if learning is None else set(learning)
    needed = _nodes_needing_a_signal(graph, {*keep, *(graph.inputs if inputs else ())}, learning)
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
        if node in graph.inputs:
            continue
        asked = any(before in needed for before in node.inputs)
        learns = node.step in learning
        if not asked and not learns:  # its signal is kept, and that is all
            continue
        rule = step
        if step is rules.gradient:  # half of it may do
            rule = rules.parameters_only if not asked else step if learns else rules.inputs_only
        back, arrays = rule(node.step, arrived.pop(node), caches[node])
        for name, array in arrays.items() if learns else ():
            _add(parameters.setdefault(node.step, {}), name, array)
        if asked:
            for before, part in zip(node.inputs, back if len(node.inputs) > 1 else (back,), strict=True):
                _add(arrived, before, part)
    like = next(iter(signals.values()))
    at_inputs = [arrived[n] if n in arrived else np.zeros((len(like), *n.sample_shape), like.dtype)
                 for n in graph.inputs]
    return Signals(parameters, at_inputs if inputs else [], kept)


def _add(sums: dict[Any, Array], key: Any, array: Array) -> None:
    """Add to the sum under a key. Never into an array that was handed in: two nodes may hold the same one."""
    sums[key] = sums[key] + array if key in sums else array


def _nodes_needing_a_signal(graph: Graph, wanted: Collection[Node], learning: Collection[Layer]) -> set[Node]:
    """The wanted nodes, those of layers that learn, and all on the way back to one of them."""
    needed: set[Node] = set()
    for node in graph.nodes:
        inside = node not in graph.inputs
        if node in wanted or (inside and (node.step in learning or any(before in needed for before in node.inputs))):
            needed.add(node)
    return needed
