"""Layers by their names, and the values that leave them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from minicnn import _checks
from minicnn._types import Array
from minicnn.graph import Graph, push_forward
from minicnn.layers import Layer
from minicnn.layers.nodes import Node
from minicnn.visualize import drawing
from minicnn.visualize.kernel_arrays import Convolution
from minicnn.visualize.scoring import has_extent, name_of, value_node

if TYPE_CHECKING:
    from minicnn.models import Model


def layers_by_path(model: "Model") -> dict[str, Layer]:
    """The layers by name, those of a model that is a layer by "model/layer"."""
    inside = {path: chain[-1] for path, chain in model.graph.leaves.items() if "/" in path} if model.built else {}
    return {**{layer.name: layer for layer in model.layers}, **inside}


def find_layer(model: "Model", name: str) -> Layer:
    """The layer of this name or path. Raises MinicnnError where there is none, with the nearest name."""
    known = layers_by_path(model)
    return known[name] if name in known else model.get_layer(name)


def find_convolution(model: "Model", name: str, where: str) -> Convolution:
    """The convolution of this name. Raises MinicnnError where there is none, naming those that there are."""
    layer = find_layer(model, name)
    if isinstance(layer, Convolution):
        return layer
    having = [repr(path) for path, other in layers_by_path(model).items() if isinstance(other, Convolution)]
    raise _checks.error(f"{where}: {layer}", "this layer has no kernels",
                        f"one of {', '.join(having)}" if having else None,
                        cure=None if having else f"{model} has no convolution.")


def first_node(model: "Model", layer: Layer) -> Node:
    """Where the arithmetic of a layer stands first: its value before the activation."""
    return next(node for node in model.graph.nodes if node.step is layer)


def short_name(model: "Model", node: Node) -> str:
    """The name of a value, fit for a label; "input" for what comes into the model."""
    if node in model.graph.inputs and len(model.graph.inputs) == 1:
        return "input"
    return drawing.shortened(name_of(model, node))


def find_maps(model: "Model", layer: str | Layer, where: str) -> Node:
    """The maps (H, W, C) that leave a layer, by a name of `Network.activations`: "conv", or "conv/pre" before its
    activation. Raises MinicnnError for an unknown name, and where there are no maps of several positions."""
    node = value_node(model, layer, where)
    if has_extent(node):
        return node
    having = [name for name, other in model.graph.names.items() if has_extent(other) and other.inputs]
    raise _checks.error(f"{where}: layer {layer if isinstance(layer, str) else layer.name!r}",
                        "the layer has no maps of several positions", "(H, W, C)",
                        f"shape {node.shape}", f"The last layer that has is {having[-1]!r}. visualize.feature_maps "
                        "draws other layers, too." if having else "visualize.feature_maps draws it.")


def values_at(model: "Model", inputs: Sequence[Array], nodes: Sequence[Node]) -> list[Array]:
    """The values of nodes, each with the batch axis; what no one of them needs is not computed."""
    values, _ = push_forward(Graph(model.graph.inputs, nodes), inputs, remember=False)
    return [values[node] for node in nodes]
