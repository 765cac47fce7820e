"""A model's configuration as Keras 3 writes it.

Only what both programs and all versions of Keras 3 know is written. The model consists of layers that Keras has: see
`minicnn.models.keras.builtins` for the others.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn.graph import Graph
from minicnn.initializers import FanInUniform, RandomUniform
from minicnn.layers import Activation, DepthwiseConv2D, InputLayer
from minicnn.layers.base import Layer
from minicnn.layers.nodes import Node
from minicnn.models.functional import refuse_hidden_sharing
from minicnn.models.keras.table import LAYERS
from minicnn.models.keras.values import function_name, written, written_value
from minicnn.models.model import Model
from minicnn.models.sequential import Sequential


def model_config(model: Model, trainable: bool = True) -> dict[str, Any]:
    """The model as a dict with module, class_name and config.

    trainable: False where the model lies in one that is frozen. Keras's Sequential does not keep its own flag, so each
    layer gets it.
    """
    trainable = trainable and model.trainable
    if isinstance(model, Sequential):
        config = {"name": model.name, "trainable": trainable, "layers": [
            layer_config(layer, trainable) for layer in [model.graph.inputs[0].step, *model.layers]]}
        return {"module": "keras", "class_name": "Sequential", "config": config, "registered_name": None}
    refuse_hidden_sharing(model.graph)
    return {"module": "keras.src.models.functional", "class_name": "Functional", "registered_name": "Functional",
            "config": {"name": model.name, "trainable": trainable, **_graph(model.graph, trainable)}}


def layer_config(layer: Layer, trainable: bool = True) -> dict[str, Any]:
    """A layer as a dict with module, class_name and config; a model likewise."""
    if isinstance(layer, Model):
        return model_config(layer, trainable)
    where = f"{layer} in Keras's words"
    if isinstance(layer, InputLayer):
        config = {"batch_shape": [None, *layer.shape], "dtype": layer.dtype, "name": layer.name}
        return {"module": "keras.layers", "class_name": "InputLayer", "config": config, "registered_name": None}
    known = {"trainable": trainable and layer.trainable, **_fitting_initializers(layer, where)}
    if type(layer) is Activation:
        known["activation"] = function_name(layer.function, where)
    return written(layer, LAYERS, "keras.layers", where, known)


def _fitting_initializers(layer: Layer, where: str) -> dict[str, Any]:
    """LeCun's initializer, which Keras lacks, as the uniform distribution that it is for this layer's fan-in."""
    found = {}
    for name, declared in layer.parameters(*layer.built_shapes or ()).items():
        if isinstance(declared.initializer, FanInUniform):
            limit = declared.initializer.scale / float(np.max(declared.fan_in)) ** declared.initializer.power
            argument = "depthwise" if isinstance(layer, DepthwiseConv2D) and name == "kernel" else name
            found[f"{argument}_initializer"] = written_value(RandomUniform(-limit, limit), where)
    return found


def _graph(graph: Graph, trainable: bool) -> dict[str, Any]:
    """The layers, each with its uses, and what goes in and comes out.

    A value is named by its layer, the number of the use, and its number among the outputs. Keras counts the uses of a
    Functional model from 1 where it names inputs and outputs, and from 0 where a layer is called.
    """
    layers = []
    for layer in graph.layers:
        nodes = [] if isinstance(layer, InputLayer) else [
            {"args": _arguments(graph, call.inputs), "kwargs": {}} for call in graph.calls_of(layer)]
        layers.append({**layer_config(layer, trainable), "name": layer.name, "inbound_nodes": nodes})
    return {"layers": layers, "input_layers": _ends(graph, graph.inputs),
            "output_layers": _ends(graph, graph.outputs)}


def _ends(graph: Graph, nodes: Sequence[Node]) -> list[Any]:
    """The inputs or outputs. One alone is no list of one: of that, Keras's model would take and give lists."""
    places = [_place(graph, node, 1) for node in nodes]
    return places if len(places) > 1 else places[0]


def _arguments(graph: Graph, nodes: Sequence[Node]) -> list[Any]:
    tensors = [{"class_name": "__keras_tensor__", "config": {
        "shape": list(node.shape), "dtype": node.call.layer.dtype, "keras_history": _place(graph, node, 0)}}
        for node in nodes]
    return tensors if len(tensors) == 1 else [tensors]


def _place(graph: Graph, node: Node, first_use: int) -> list[Any]:
    layer = node.call.layer
    functional = isinstance(layer, Model) and not isinstance(layer, Sequential)
    use = graph.calls_of(layer).index(node.call) + (first_use if functional else 0)
    return [layer.name, use, node.call.outputs.index(node)]
