"""What Keras says of each layer of a summary: name, shape, parameters, what it is connected to."""

from collections.abc import Sequence
from typing import NamedTuple

from minicnn.graph import Graph
from minicnn.layers import Activation, AveragePooling2D, Dropout, Layer, MaxPooling2D, Reshape
from minicnn.layers.global_pooling import GlobalPooling2D

NEVER_UNBUILT = (Activation, Dropout, Reshape, MaxPooling2D, AveragePooling2D, GlobalPooling2D)
"""Layers without parameters that Keras takes for built from the start; others without are not."""


class Described(NamedTuple):
    """The cells of one layer, and the layers inside it that do arithmetic."""

    name: str
    shape: str
    parameters: str
    connected_to: str
    trainable: str
    leaves: tuple[Layer, ...]


def described(layers: Sequence[Layer], graph: Graph | None, expand_nested: bool, level: int = 0) -> list[Described]:
    """The rows of some layers, those of models inside them below theirs where they are wanted.

    graph: where they stand; None for layers that stand in none, or in a model that is inside another.
    """
    rows = []
    for layer in layers:
        leaves = tuple(chain[-1] for chain in layer.leaves().values()) if layer.built else ()
        prefix = "   " * level + "└ " if level else ""
        rows.append(Described(f"{prefix}{layer.name} ({layer.kind})", _shape(layer), _parameters(layer),
                              _connections(layer, graph), _trainable(layer), leaves))
        if expand_nested and layer.sublayers:
            rows += described(layer.sublayers, None, True, level + 1)
    return rows


def _shape(layer: Layer) -> str:
    """Of what the layer made when it was called last."""
    if layer.calls:
        shapes = [node.shape for node in layer.calls[-1].outputs]
    elif layer.built and layer.built_shapes is not None:
        shapes = [(None, *layer.output_shape_for(*layer.built_shapes))]
    else:
        return "?"
    texts = [f"({', '.join(map(str, shape))})" for shape in shapes]
    return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"


def _parameters(layer: Layer) -> str:
    if layer.built:
        return f"{layer.count_params():,}"
    return "0" if isinstance(layer, NEVER_UNBUILT) else "0 (unbuilt)"


def _trainable(layer: Layer) -> str:
    if not layer.built or not layer.count_params():
        return "-"
    return "Y" if layer.trainable else "N"


def _connections(layer: Layer, graph: Graph | None) -> str:
    """``conv[0][0]``: the layer, which of its uses (in this model or any other), and which output of that."""
    calls = [] if graph is None else graph.calls_of(layer)
    starts = () if graph is None else {node.call for node in graph.inputs}
    nodes = [node for call in sorted(calls, key=layer.calls.index) if call not in starts for node in call.inputs]
    return ", ".join(f"{node.call.layer.name}[{node.call.layer.calls.index(node.call)}]"
                     f"[{node.call.outputs.index(node)}]" for node in nodes) or "-"
