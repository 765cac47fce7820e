"""The layer that a model stands for, if `minicnn.models.keras.builtins` made it.

Names tell which layer it may be; then it is made, and what stands for it must be this very model. So a model that
somebody made otherwise is never taken for a layer.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from minicnn import _checks, activations
from minicnn._config import encode
from minicnn._types import Array
from minicnn.activations import ActivationFunction
from minicnn.layers import (
    RBF,
    Activation,
    Conv2D,
    Cropping2D,
    DepthwiseConv2D,
    MaxPooling2D,
    Subsampling2D,
    TableConv2D,
)
from minicnn.layers.base import Layer
from minicnn.layers.nodes import Node
from minicnn.models.keras.builtins import Part, stand_in
from minicnn.models.model import Model


def recognized_layer(model: Model) -> tuple[Layer, list[Part]] | None:
    """The layer with the model's weights, and where its parameters are in the model; None if it stands for none."""
    try:
        layer = _candidate(model, {inner.name.removeprefix(f"{model.name}_"): inner for inner in model.layers})
        if layer is None:
            return None
        layer.build(*(node.sample_shape for node in model.graph.inputs))
        standing = stand_in(layer)
    except _checks.MinicnnError:
        return None
    if standing is None or _structure(standing.layer) != _structure(model) or not _same_constants(layer, model):
        return None
    inner = model.params
    for part in standing.parts:
        view = part.view(layer.params[part.name])
        view[...] = inner[part.inner].reshape(view.shape)
    return layer, standing.parts


def _candidate(model: Model, parts: Mapping[str, Layer]) -> Layer | None:
    """The layer that a model of such parts may stand for."""
    common: dict[str, Any] = {"name": model.name, "dtype": model.graph.inputs[0].owner.dtype}
    function = _function_of(parts)
    if "difference" in parts:
        units = model.output.sample_shape[0]
        return RBF(_params(parts["difference"])["bias"].reshape(-1, units).T.copy(), **common)
    if "coefficient" in parts:
        scale, mean = parts["coefficient"], parts["mean"]
        if isinstance(scale, DepthwiseConv2D):
            return Subsampling2D(vars(mean).get("pool_size", 0), activation=function, trainable=scale.trainable,
                                 coefficient_initializer=scale.depthwise_initializer,
                                 bias_initializer=scale.bias_initializer, **common)
    if isinstance(parts.get("maps"), Model):
        return _table(parts["maps"], parts, function, common)
    if "product" in parts:
        return _product(parts["product"], parts, function, common)
    return Activation(function, **common) if "slope" in parts else None


def _function_of(parts: Mapping[str, Layer]) -> ActivationFunction:
    if "slope" in parts:
        return activations.scaled_tanh
    last = parts.get("activation")
    return last.function if isinstance(last, Activation) else activations.linear


def _product(product: Layer, parts: Mapping[str, Layer], function: ActivationFunction,
             common: Mapping[str, Any]) -> Layer:
    """A layer with an activation, and maybe a padding and strides, that Keras's does not take."""
    changed = {**common, "activation": encode(function), "trainable": product.trainable}
    if isinstance(product, (Conv2D, DepthwiseConv2D)):
        if "padding" in parts:
            changed["padding"] = encode(vars(parts["padding"]).get("padding"))
        strides = parts.get("strides")
        if isinstance(strides, MaxPooling2D):
            changed["strides"] = list(strides.strides)
    return type(product).from_config({**product.get_config(), **changed})


def _table(maps: Layer, parts: Mapping[str, Layer], function: ActivationFunction,
           common: Mapping[str, Any]) -> Layer | None:
    convs = [layer for layer in maps.layers if isinstance(layer, Conv2D)] if isinstance(maps, Model) else []
    convs.sort(key=lambda conv: int(conv.name.rpartition("_")[2]))
    table = np.zeros((maps.input.sample_shape[-1], len(convs)), bool)
    for f, conv in enumerate(convs):
        for first, end in _runs(conv.input, len(table)):
            table[first:end, f] = True
    first_conv = convs[0]
    frame = parts.get("padding")
    return TableConv2D(table, first_conv.kernel_size, first_conv.strides,
                       "valid" if frame is None else vars(frame)["padding"], activation=function,
                       use_bias=first_conv.use_bias, kernel_initializer=first_conv.kernel_initializer,
                       bias_initializer=first_conv.bias_initializer, kernel_regularizer=first_conv.kernel_regularizer,
                       bias_regularizer=first_conv.bias_regularizer, trainable=first_conv.trainable, **common)


def _runs(image: Node, channels: int) -> list[tuple[int, int]]:
    """The channels that an image is made of, as (first, end) of each run."""
    if isinstance(image.step, Cropping2D):
        left, right = image.step.cropping[1]
        return [(left, channels - right)]
    return [run for node in image.inputs for run in _runs(node, channels)]


def _params(layer: Layer) -> dict[str, Array]:
    return layer.params


def _same_constants(layer: Layer, model: Model) -> bool:
    """Whether the numbers that no parameter brings are as they were."""
    return not isinstance(layer, RBF) or bool((model.params[f"{layer.name}_difference/kernel"] == -1).all())


def _structure(layer: Layer) -> Any:
    """What is computed, layer by layer, without how parameters start and whether they move."""
    if not isinstance(layer, Model):
        return type(layer).__name__, {
            key: value for key, value in layer.get_config().items()
            if not key.endswith("_initializer") and key not in ("trainable", "input_shape")}
    calls = {call.layer.name: (_structure(call.layer), [_place(node) for node in call.inputs])
             for call in layer.graph.calls}
    return layer.name, len(layer.graph.calls), calls, [_place(node) for node in layer.graph.outputs]


def _place(node: Node) -> tuple[str, int]:
    return node.call.layer.name, node.call.outputs.index(node)
