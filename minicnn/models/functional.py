"""Graphs between nodes that a user names, as `Model(inputs, outputs)` wants them, and as plain data."""

from collections.abc import Mapping, Sequence
from typing import Any

from minicnn import _checks, _config
from minicnn.graph import Graph
from minicnn.layers import InputLayer
from minicnn.layers.base import Layer
from minicnn.layers.nodes import Input, Node, connect


def graph_between(inputs: Any, outputs: Any, where: str) -> Graph:
    """The graph from the inputs to the outputs: nodes, or lists of them.

    Inputs may also lie inside a network; what is behind them then gets inputs of its own.
    """
    starts, ends = _nodes(inputs, "inputs", where), _nodes(outputs, "outputs", where)
    if len(set(starts)) < len(starts):
        raise _checks.error(where, "an input is listed twice", received=[node.call.layer.name for node in starts])
    _refuse_inner([*ends, *starts], where)
    graph = Graph(starts, ends)
    _refuse_inner([node for call in graph.calls for node in call.inputs], where)
    return graph if all(isinstance(node.step, InputLayer) for node in starts) else _on_inputs_of_its_own(graph)


def _refuse_inner(nodes: Sequence[Node], where: str) -> None:
    for node in nodes:
        if node not in node.call.outputs:
            name = f"{node.call.layer.name}/{node.label}"
            raise _checks.error(where, f"{name!r} lies inside of {node.call.layer}, and a model is cut between layers",
                                cure=f"model.activations(x)[{name!r}] computes such a value.")


def _nodes(nodes: Any, what: str, where: str) -> list[Node]:
    if isinstance(nodes, Mapping):
        nodes = list(nodes.values())
    several = list(nodes) if isinstance(nodes, (list, tuple)) else [nodes]
    for node in several:
        if not isinstance(node, Node):
            cure = f"Name its output: {node.name}.output." if isinstance(node, Layer) else \
                "They are what Input(shape) and layers called on it give."
            raise _checks.error(where, f"the {what} of a model are symbols, not data", "one, or a list of them",
                                str(node) if isinstance(node, Layer) else type(node).__name__, cure)
    if not several:
        raise _checks.error(where, f"there are no {what}")
    return several


def _on_inputs_of_its_own(graph: Graph) -> Graph:
    """The same layers called again, on new inputs."""
    known = {node: node if isinstance(node.step, InputLayer) else Input(node.sample_shape, dtype=node.owner.dtype)
             for node in graph.inputs}
    for call in graph.calls:
        if call.inputs:
            made = connect(call.layer, *(known[node] for node in call.inputs))
            known.update({node: twin for node, twin in zip(call.outputs, made, strict=True) if node not in known})
    return Graph([known[node] for node in graph.inputs], [known[node] for node in graph.outputs])


def config_of(graph: Graph) -> dict[str, Any]:
    """A graph as plain data: its layers, and which call is made on what.

    A value is written as [number of the call, number among its outputs].
    """
    refuse_hidden_sharing(graph)
    in_time = sorted(graph.calls, key=lambda call: call.number)  # conv, conv#2: the uses of a layer keep their names
    calls = {call: number for number, call in enumerate(in_time)}

    def places(nodes: Sequence[Node]) -> list[list[int]]:
        return [[calls[node.call], node.call.outputs.index(node)] for node in nodes]

    return {"layers": [_config.encode(layer) for layer in graph.layers],
            "calls": [{"layer": call.layer.name, "inputs": places(call.inputs)} for call in in_time],
            "inputs": places(graph.inputs), "outputs": places(graph.outputs)}


def refuse_hidden_sharing(graph: Graph) -> None:
    """A layer used here and in a model that is used here would come back as two layers."""
    paths: dict[Layer, str] = {}
    for layer in graph.layers:
        for path, chain in layer.leaves().items():
            if chain[-1] in paths:
                raise _checks.error(str(layer), f"one layer stands in two places, {paths[chain[-1]]!r} and {path!r}; "
                                    "such a model cannot be written down", cure="Save its weights, and build it again.")
            paths[chain[-1]] = path


def graph_from(config: Mapping[str, Any]) -> Graph:
    """The graph that `config_of` wrote down, of new layers."""
    layers = {layer.name: layer for layer in map(_config.decode, config["layers"])}
    calls: list[Sequence[Node]] = []

    def nodes(places: Sequence[Sequence[int]]) -> list[Node]:
        return [calls[call][output] for call, output in places]

    for call in config["calls"]:
        calls.append(connect(layers[call["layer"]], *nodes(call["inputs"])))
    return Graph(nodes(config["inputs"]), nodes(config["outputs"]))


