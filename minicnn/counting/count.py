"""Counting a whole network, layer by layer."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from minicnn import _checks
from minicnn._types import Shape
from minicnn.counting import memory
from minicnn.counting.explanations import explained
from minicnn.counting.expressions import ZERO, Expression, shown, total
from minicnn.counting.fields import Field, behind, start
from minicnn.counting.figures import Figures, figures
from minicnn.graph import Graph
from minicnn.layers import InputLayer, Layer
from minicnn.layers.nodes import Node


class HasGraph(Protocol):
    """A model: anything with a graph."""

    @property
    def graph(self) -> Graph: ...


@dataclass(frozen=True)
class Row:
    """One layer's figures: integers that have their arithmetic in ``.text``.

    fields: the receptive field of its last use, by the name of the input. words: the rules in words, by figure.
    """

    name: str
    kind: str
    output_shape: Shape
    parameters: Expression
    trainable: Expression
    connections: Expression
    macs: Expression
    flops: Expression
    neurons: Expression
    memory: Expression
    training_memory: Expression
    fields: dict[str, Field]
    words: dict[str, str]
    layer: Layer

    @property
    def receptive_field(self) -> str:
        """``14x14``, or ``a 14x14, b 6x6`` where there are several inputs; ``undefined`` where it is."""
        several = len(self.fields) > 1
        return ", ".join(f"{name} {field}" if several else str(field) for name, field in self.fields.items()) or "-"

    @property
    def parameters_text(self) -> str:
        """``6*(5*5*1+1) = 156``"""
        return shown(self.parameters)

    @property
    def connections_text(self) -> str:
        """``156*28*28 = 122,304``"""
        return shown(self.connections)


@dataclass(frozen=True)
class Count:
    """The figures of a network: a row per layer, and the totals. Each parameter counts once, however often
    its layer is used; all else counts at every use."""

    rows: list[Row]
    name: str = field(default="network", compare=False)

    @property
    def parameters(self) -> Expression:
        """All parameters, moved by training or not."""
        return total(row.parameters.plain for row in self.rows)

    @property
    def trainable(self) -> Expression:
        """The parameters that training moves."""
        return total(row.trainable.plain for row in self.rows)

    @property
    def connections(self) -> Expression:
        """LeCun's connections."""
        return total(row.connections.plain for row in self.rows)

    @property
    def macs(self) -> Expression:
        """Multiply-accumulates for one sample."""
        return total(row.macs.plain for row in self.rows)

    @property
    def flops(self) -> Expression:
        """Floating-point operations for one sample."""
        return total(row.flops.plain for row in self.rows)

    @property
    def neurons(self) -> Expression:
        """Units with weights of their own or shared ones."""
        return total(row.neurons.plain for row in self.rows)

    @property
    def memory(self) -> Expression:
        """Bytes of activations that one sample takes at the most at one time, when it is predicted."""
        return max((row.memory for row in self.rows), default=ZERO)

    @property
    def training_memory(self) -> Expression:
        """Bytes of activations that one sample takes when all are kept for the way back."""
        return total(row.training_memory.plain for row in self.rows)

    def __getitem__(self, name: str) -> Row:
        for row in self.rows:
            if row.name == name:
                return row
        raise _checks.unknown("layer", name, [row.name for row in self.rows])

    def explain(self, layer: str | None = None, figure: str | None = None) -> str:
        """The arithmetic of a figure, generated, and the rule in words::

            >>> from minicnn.applications import LeNet5
            >>> print(count(LeNet5()).explain("F6", "parameters"))
            84*(120+1) = 10,164
            units * (inputs + bias)

        layer: a name; all layers and the totals where not given. figure: "parameters", "trainable", "connections",
        "macs", "flops", "neurons", "memory", "training_memory" or "receptive_field"; all where not given.
        """
        return explained(self, layer, figure)


def count(model: HasGraph | Graph) -> Count:
    """Count everything about a model or graph; `minicnn.counting` says what the figures mean.

    Raises MinicnnError for a layer nobody has said how to count.
    """
    try:
        graph = model if isinstance(model, Graph) else model.graph
    except AttributeError:
        raise _checks.error("count", "this is no model", "a model or graph", repr(model)) from None
    by_node = {node: _figures(node) for node in graph.nodes if node not in graph.inputs}
    fields, alive = _fields(graph, by_node), memory.alive(graph)

    def row(path: str, chain: tuple[Layer, ...]) -> Row:
        layer = chain[-1]
        uses = [node for node in by_node if node.step is layer]
        values = [node for node in by_node if node.owner is layer]
        first, learning = by_node[uses[0]], all(one.trainable for one in chain)
        summed: Callable[[str], Expression] = lambda figure: total(by_node[node][figure] for node in uses)  # noqa: E731
        return Row(path, layer.kind, uses[-1].sample_shape, first["parameters"],
                   first["learned"] if learning else ZERO, summed("connections"), summed("macs"), summed("flops"),
                   summed("neurons"), max((alive[node] for node in values), default=ZERO),
                   total(memory.size(node) for node in values), fields[uses[-1]], dict(first.words), layer)

    rows = [row(path, chain) for path, chain in graph.leaves.items() if not isinstance(chain[-1], InputLayer)]
    return Count(rows, str(getattr(model, "name", "network")))


def _figures(node: Node) -> Figures:
    """By the rule of the step, which must find as many parameters as the layer has."""
    found, step = figures(node.step, *(before.sample_shape for before in node.inputs), node.sample_shape), node.step
    for figure in ("parameters", "learned"):
        there = step.count_params(figure == "learned") if step.has_parameters else 0
        if found[figure] != there:
            raise _checks.error(str(step), f"the rule that counts it and the layer disagree on its {figure}"
                                .replace("learned", "learned parameters"), f"{there:,}", shown(found[figure]))
    return found


def node_fields(graph: Graph) -> dict[Node, dict[str, Field]]:
    """The receptive field of the units of each node, by the name of the input: also of one use of a layer that has
    several, and of nodes in the middle of a model that was called as a layer.

    Raises MinicnnError for a layer nobody has said how to count.
    """
    return _fields(graph, {node: _figures(node) for node in graph.nodes if node not in graph.inputs})


def _fields(graph: Graph, by_node: dict[Node, Figures]) -> dict[Node, dict[str, Field]]:
    """The receptive field of each node, by input."""
    fields: dict[Node, dict[str, Field]] = {}
    for node in graph.nodes:
        if node in graph.inputs:
            fields[node] = {node.owner.name: start(node.sample_shape)}
            continue
        inputs = dict.fromkeys(name for before in node.inputs for name in fields[before])
        fields[node] = {name: behind([fields[before][name] for before in node.inputs if name in fields[before]],
                                     by_node[node].reach, node.sample_shape, str(node.owner)) for name in inputs}
    return fields
