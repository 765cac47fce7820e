"""Counting a whole network, layer by layer."""

from dataclasses import dataclass
from typing import Protocol

from minicnn import _checks
from minicnn._types import Shape
from minicnn.counting.rules import arithmetic
from minicnn.graph import Graph
from minicnn.layers import InputLayer, Layer


class HasGraph(Protocol):
    """A model: anything with a graph."""

    @property
    def graph(self) -> Graph: ...


@dataclass(frozen=True)
class Row:
    """One layer's figures. ``parameters_text`` and ``connections_text`` show the arithmetic."""

    name: str
    kind: str
    output_shape: Shape
    parameters: int
    trainable: int
    connections: int
    parameters_text: str
    connections_text: str


@dataclass(frozen=True)
class Count:
    """The figures of a network: a row per layer, and the totals. Each parameter counts once, however often
    its layer is used; connections count at every use."""

    rows: list[Row]

    @property
    def parameters(self) -> int:
        """All parameters, moved by training or not."""
        return sum(row.parameters for row in self.rows)

    @property
    def trainable(self) -> int:
        """The parameters that training moves."""
        return sum(row.trainable for row in self.rows)

    @property
    def connections(self) -> int:
        """LeCun's connections."""
        return sum(row.connections for row in self.rows)

    def __getitem__(self, name: str) -> Row:
        for row in self.rows:
            if row.name == name:
                return row
        raise _checks.unknown("layer", name, [row.name for row in self.rows])


def count(model: HasGraph | Graph) -> Count:
    """Count the parameters and connections of a model or graph.

    Raises MinicnnError for a layer nobody has said how to count.
    """
    try:
        graph = model if isinstance(model, Graph) else model.graph
    except AttributeError:
        raise _checks.error("count", "this is no model", "a model or graph", repr(model)) from None
    return Count([_row(graph, path, chain[-1], all(layer.trainable for layer in chain))
                  for path, chain in graph.leaves.items() if not isinstance(chain[-1], InputLayer)])


def _row(graph: Graph, path: str, layer: Layer, learning: bool) -> Row:
    uses = [node for node in graph.nodes if node.step is layer]
    sums = [arithmetic(layer, *(n.sample_shape for n in node.inputs), node.sample_shape) for node in uses]
    parameters = layer.count_params()
    connections = sum(s.connection_count for s in sums)
    joined = " + ".join(s.connections for s in sums)
    trainable = layer.count_params(learned=True) if learning else 0
    return Row(path, type(layer).__name__, uses[-1].sample_shape, parameters, trainable, connections,
               shown(sums[0].parameters, parameters), shown(joined, connections))


def shown(expression: str, value: int) -> str:
    """``6*(5*5*1+1) = 156``; a plain number is not said twice."""
    return expression if expression == str(value) else f"{expression} = {value:,}"
