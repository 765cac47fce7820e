"""Layers called on values that are not there yet: what a graph is made of.

Calling a layer on a *node* puts it behind that node, and gives the node of its output::

    x = Input((28, 28, 1))
    y = Conv2D(6, 5, activation="relu")(x)      # one call, two nodes: conv2d/pre, then conv2d

A *call* is one use of a declared layer, as the user wrote it; a *node* is one step of arithmetic. Every
nonlinearity is a node of its own. A model that is called as a layer is one call and has in it a node for each
of its own: so the walks, and all that looks inside, see through it.
"""

import copy
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from minicnn import activations
from minicnn._data import one_or_all
from minicnn._types import Shape
from minicnn.layers.base import Layer, Symbol
from minicnn.layers.simple import Activation, InputLayer

T = TypeVar("T")

_numbers = itertools.count()


class Call:
    """One use of a declared layer: the values it is given and, as soon as they are known, those it makes.

    number: calls are counted through the process, so it tells which came first; a copy has that of its original.
    """

    def __init__(self, layer: Layer, inputs: tuple["Node", ...], number: int | None = None) -> None:
        self.layer, self.inputs = layer, inputs
        self.number = next(_numbers) if number is None else number
        self.outputs: tuple[Node, ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class Node(Symbol):
    """One step of arithmetic: a layer applied to the values of other nodes.

    step: what is computed here. owner: the layer that declares it (itself, or the layer whose activation this is).
    sample_shape: of its value, without the batch axis.
    call: the use of a declared layer that it belongs to. label: which of that call's nodes it is: "" for the output,
        "pre" for the value before the activation, and in a model called as a layer the name it has inside.
    """

    step: Layer
    owner: Layer
    inputs: tuple["Node", ...]
    sample_shape: Shape
    call: Call
    label: str = ""

    @property
    def shape(self) -> tuple[int | None, ...]:
        """With the batch axis, whose length nobody knows yet."""
        return None, *self.sample_shape

    @property
    def is_last_of_owner(self) -> bool:
        """Whether the declaring layer ends here: whether this is not the value before its activation."""
        return self.step is not self.owner or self.owner.activation == activations.linear

    def put_behind(self, layer: Layer, inputs: Sequence[Any]) -> "Node | list[Node]":
        put: Node | list[Node] = one_or_all(connect(layer, *inputs))
        return put

    def __repr__(self) -> str:
        return f"<Node {self.call.layer.name}{'/' if self.label else ''}{self.label} {self.shape}>"

    def __deepcopy__(self, memo: dict[int, Any]) -> "Node":
        # From the front, in a loop: networks are deep, and copying a node copies all before it.
        for call in in_order([self.call], lambda call: [node.call for node in call.inputs]):
            if id(call) not in memo:
                _copy(call, memo)
        twin: Node = memo[id(self)]
        return twin


def _copy(call: Call, memo: dict[int, Any]) -> None:
    """A call of the copied layer on the copied inputs, with all of its nodes."""
    layer = copy.deepcopy(call.layer, memo)
    memo[id(call)] = twin = Call(layer, tuple(memo[id(node)] for node in call.inputs), call.number)
    for node in in_order(call.outputs, lambda node: [other for other in node.inputs if other.call is call]):
        before = tuple(memo[id(other)] for other in node.inputs)
        step, owner = copy.deepcopy((node.step, node.owner), memo)
        memo[id(node)] = Node(step, owner, before, node.sample_shape, twin, node.label)
    twin.outputs = tuple(memo[id(node)] for node in call.outputs)
    layer.calls.append(twin)
    layer.calls.sort(key=lambda call: call.number)


def Input(shape: Sequence[int], *, name: str | None = None, dtype: str = "float32") -> Node:
    """Where values come into a network: the shape of one sample, without the batch axis."""
    return connect(InputLayer(shape, name=name, dtype=dtype))[0]


def connect(layer: Layer, *inputs: Node) -> tuple[Node, ...]:
    """Put a layer behind nodes, building it for their shapes; returns the nodes of its outputs."""
    shapes = [layer.shape] if isinstance(layer, InputLayer) else [node.sample_shape for node in inputs]
    layer.build(*shapes)
    call = Call(layer, inputs)
    call.outputs = _steps(call, layer.output_shape_for(*shapes)) if layer.inner is None else _inside(call, layer.inner)
    layer.calls.append(call)
    return call.outputs


def _steps(call: Call, shape: Shape) -> tuple[Node]:
    """The arithmetic of a layer, and behind it its activation."""
    layer, inputs = call.layer, call.inputs
    if layer.activation == activations.linear:
        return Node(layer, layer, inputs, shape, call),
    before = Node(layer, layer, inputs, shape, call, "pre")
    return Node(Activation(layer.activation, name=layer.name), layer, (before,), shape, call),


def _inside(call: Call, graph: Any) -> tuple[Node, ...]:
    """The nodes of a model's graph once more, on the inputs of this call. The layers are the same ones."""
    twins = dict(zip(graph.inputs, call.inputs, strict=True))
    labels = {node: label for label, node in graph.names.items()}
    if len(graph.outputs) == 1:
        labels[graph.outputs[0]] = ""
    for node in graph.nodes:
        if node not in twins:
            before = tuple(twins[other] for other in node.inputs)
            twins[node] = Node(node.step, node.owner, before, node.sample_shape, call, labels[node])
    return tuple(_handed_on(call, twins[node], place) if node in graph.inputs else twins[node]
                 for place, node in enumerate(graph.outputs))


def _handed_on(call: Call, node: Node, place: int) -> Node:
    """An input that is an output as well: a step that changes nothing makes it a value of this call."""
    step = Activation("linear", name=call.layer.name)
    return Node(step, step, (node,), node.sample_shape, call, f"output_{place}")


def in_order(last: Iterable[T], before: Callable[[T], Iterable[T]]) -> list[T]:
    """All that the last ones need, each behind those before it. A loop, not a recursion: networks are deep."""
    order: dict[T, None] = {}
    stack = [(thing, False) for thing in reversed(list(last))]
    while stack:
        thing, done = stack.pop()
        if thing in order:
            continue
        if done:
            order[thing] = None
        else:
            stack.append((thing, True))
            stack.extend((other, False) for other in reversed(list(before(thing))))
    return list(order)
