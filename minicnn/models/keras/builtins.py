"""Layers that Keras lacks, as models of layers that it has: the same function of the same numbers.

    what Keras lacks            what stands for it
    TableConv2D                 a Conv2D of one filter for each output map, on its channels, cut out by Cropping2D
    Subsampling2D               AveragePooling2D, Rescaling (mean to sum), DepthwiseConv2D of 1x1
    RBF                         DepthwiseConv2D of 1x1 (prototype - input), squared by Multiply, summed by a mean
    activation scaled_tanh      Rescaling, tanh, Rescaling
    relu and others, arguments  the layer ReLU, LeakyReLU, ELU or Softmax
    padding in cells            ZeroPadding2D in front
    strides with dilation       no strides, then MaxPooling2D of 1x1 with these strides

Such a model has the name of the layer, and its layers have that name with something behind it. Every parameter is the
layer's own, in another shape, so training moves both in the same way. LocalResponseNormalization has no counterpart.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from minicnn import _checks, activations
from minicnn._config import encode
from minicnn._types import Array, Shape
from minicnn.activations import ActivationFunction
from minicnn.initializers import Constant, FanInUniform, Initializer, RandomUniform
from minicnn.layers import (
    ELU,
    RBF,
    Activation,
    AveragePooling2D,
    Concatenate,
    Conv2D,
    Cropping2D,
    DepthwiseConv2D,
    GlobalAveragePooling2D,
    LeakyReLU,
    MaxPooling2D,
    Multiply,
    ReLU,
    Rescaling,
    Reshape,
    Softmax,
    Subsampling2D,
    TableConv2D,
    ZeroPadding2D,
)
from minicnn.layers.base import Layer
from minicnn.layers.nodes import Input, Node
from minicnn.models.keras.values import has_function
from minicnn.models.model import Model
from minicnn.models.sequential import Sequential


@dataclass(frozen=True)
class Part:
    """Where numbers of a parameter are in the model that stands for its layer.

    name: the parameter. inner: "layer/parameter" in the model. view: the numbers of the first as a view that has those
        of the second in their order.
    """

    name: str
    inner: str
    view: Callable[[Array], Array] = lambda array: array


@dataclass(frozen=True)
class StandIn:
    """What stands for a layer: a layer or model of its name, and where the parameters are in it."""

    layer: Layer
    parts: list[Part]


def stand_in(layer: Layer) -> StandIn | None:
    """What stands for a layer that was built; None where Keras has the layer itself."""
    (shape,) = layer.built_shapes or ((),) if len(layer.built_shapes or ()) == 1 else ((),)
    match layer:
        case RBF():
            return StandIn(*_rbf(layer, shape))
        case TableConv2D():
            return _chain(layer, shape, *_table(layer, shape))
        case Subsampling2D():
            return _chain(layer, shape, *_subsampling(layer, shape))
        case Activation() if type(layer) is Activation:
            return None if has_function(layer.function) else _activation(layer, shape)
        case Conv2D() | DepthwiseConv2D() if not isinstance(layer.padding, str) or _strided_and_dilated(layer):
            return _chain(layer, shape, *_convolution(layer, shape))
    if has_function(layer.activation):
        return None
    product = _twin(layer, f"{layer.name}_product")
    return _chain(layer, shape, [product], [Part(name, f"{product.name}/{name}") for name in layer.shapes()])


def _chain(layer: Layer, shape: Shape, core: list[Layer], parts: list[Part]) -> StandIn:
    """The layers of the arithmetic, and those of the activation, one behind the other."""
    layers = [*core, *_function(layer.activation, layer)]
    model = Sequential([Input(shape, name=f"{layer.name}_input", dtype=layer.dtype), *layers], name=layer.name)
    return _filled(layer, model, parts)


def _filled(layer: Layer, model: Model, parts: list[Part]) -> StandIn:
    """The model with the layer's numbers in it."""
    inner = model.params
    for part in parts:
        inner[part.inner][...] = part.view(layer.params[part.name]).reshape(inner[part.inner].shape)
    return StandIn(model, parts)


def _twin(layer: Layer, name: str, **changed: Any) -> Layer:
    """A new layer of the same arguments, without the activation."""
    return type(layer).from_config({**layer.get_config(), "name": name, "activation": encode(activations.linear),
                                    "input_shape": None, **changed})


# -- activations -------------------------------------------------------------------------------------


def _activation(layer: Activation, shape: Shape) -> StandIn:
    layers = _function(layer.function, layer)
    if len(layers) == 1:
        layers[0].name = layer.name
        return StandIn(layers[0], [])
    return StandIn(Sequential([Input(shape, name=f"{layer.name}_input", dtype=layer.dtype), *layers], name=layer.name),
                   [])


def _function(function: ActivationFunction, layer: Layer) -> list[Layer]:
    """The layers that compute an activation function; none for the linear one."""
    name, dtype = f"{layer.name}_activation", layer.dtype
    match function:
        case activations.Linear():
            return []
        case activations.ScaledTanh():
            return [Rescaling(activations.S, name=f"{layer.name}_slope", dtype=dtype),
                    Activation("tanh", name=f"{layer.name}_tanh", dtype=dtype),
                    Rescaling(activations.A, name=f"{layer.name}_amplitude", dtype=dtype)]
        case activations.Relu(negative_slope=slope, max_value=limit, threshold=threshold):
            return [ReLU(limit, slope, threshold, name=name, dtype=dtype)]
        case activations.LeakyRelu(negative_slope=slope):
            return [LeakyReLU(slope, name=name, dtype=dtype)]
        case activations.Elu(alpha=alpha):
            return [ELU(alpha, name=name, dtype=dtype)]
        case activations.Softmax(axis=axis):
            return [Softmax(axis, name=name, dtype=dtype)]
    if not has_function(function):
        raise _checks.error(f"{layer} in Keras's words", f"Keras has no activation {function.name!r} with these "
                            "arguments", received=function.get_config())
    return [Activation(function, name=name, dtype=dtype)]


# -- convolutions ------------------------------------------------------------------------------------


def _strided_and_dilated(layer: Conv2D | DepthwiseConv2D) -> bool:
    """Whether Keras refuses the arguments."""
    return max(layer.strides) > 1 and max(layer.dilation_rate) > 1


def _convolution(layer: Conv2D | DepthwiseConv2D, shape: Shape) -> tuple[list[Layer], list[Part]]:
    apart = _strided_and_dilated(layer)
    product = _twin(layer, f"{layer.name}_product", padding="valid", **({"strides": [1, 1]} if apart else {}))
    layers = [*_padding(layer, layer.window(shape).pads), product]
    if apart:
        layers.append(MaxPooling2D(1, layer.strides, name=f"{layer.name}_strides", dtype=layer.dtype))
    return layers, [Part(name, f"{product.name}/{name}") for name in layer.shapes()]


def _padding(layer: Layer, pads: tuple[int, ...]) -> list[Layer]:
    """The frame of zeros, if there is one."""
    top, bottom, left, right = pads
    frame = ZeroPadding2D(((top, bottom), (left, right)), name=f"{layer.name}_padding", dtype=layer.dtype)
    return [frame] if any(pads) else []


def _table(layer: TableConv2D, shape: Shape) -> tuple[list[Layer], list[Part]]:
    frame = _padding(layer, layer.window(shape).pads)
    for padding in frame:
        shape = padding.output_shape_for(shape)
    start, maps, parts, first = Input(shape, name=f"{layer.name}_maps_input", dtype=layer.dtype), [], [], 0
    channels = _Channels(layer, start)
    for f, column in enumerate(layer.connection_table.T):
        wanted = np.flatnonzero(column).tolist()
        conv = Conv2D(1, layer.kernel_size, layer.strides, use_bias=layer.use_bias, name=f"{layer.name}_map_{f}",
                      kernel_initializer=layer.kernel_initializer, bias_initializer=layer.bias_initializer,
                      kernel_regularizer=layer.kernel_regularizer, bias_regularizer=layer.bias_regularizer,
                      trainable=layer.trainable, dtype=layer.dtype)
        maps.append(conv(channels.of(wanted)))
        parts.append(Part("kernel", f"{layer.name}_maps/{conv.name}/kernel", _links(first, first + len(wanted))))
        if layer.use_bias:
            parts.append(Part("bias", f"{layer.name}_maps/{conv.name}/bias", _links(f, f + 1)))
        first += len(wanted)
    joined = _joined(maps, -1, f"{layer.name}_joined", layer.dtype)
    return [*frame, Model(start, joined, name=f"{layer.name}_maps")], parts


def _links(first: int, end: int) -> Callable[[Array], Array]:
    """These of the last axis, as a view."""
    return lambda array: array[..., first:end]


class _Channels:
    """Channels of an image, cut out by layers that Keras has: as columns of an image of pixels times channels.

        pixel 0    r g b
        pixel 1    r g b          cropped by one column on the left:   g b
        ...                                                            ...
    """

    def __init__(self, layer: Layer, image: Node) -> None:
        self.layer, (self.height, self.width, self.count) = layer, image.sample_shape
        self.columns = Reshape((self.height * self.width, self.count, 1), name=f"{layer.name}_columns",
                               dtype=layer.dtype)(image)
        self.known: dict[tuple[int, ...], Node] = {}

    def of(self, wanted: list[int]) -> Node:
        """The image of these channels, in ascending order."""
        name, dtype = f"{self.layer.name}_{'_'.join(map(str, wanted))}", self.layer.dtype
        if tuple(wanted) not in self.known:
            runs = [[c for _, c in run] for _, run in groupby(enumerate(wanted), lambda pair: pair[1] - pair[0])]
            columns = _joined([self._run(run[0], run[-1]) for run in runs], 2, f"{name}_joined", dtype)
            image = Reshape((self.height, self.width, len(wanted)), name=f"{name}_image", dtype=dtype)(columns)
            self.known[tuple(wanted)] = image
        return self.known[tuple(wanted)]

    def _run(self, first: int, last: int) -> Node:
        if (first, last, -1) not in self.known:
            crop = Cropping2D(((0, 0), (first, self.count - 1 - last)), name=f"{self.layer.name}_{first}_to_{last}",
                              dtype=self.layer.dtype)
            self.known[first, last, -1] = crop(self.columns)
        return self.known[first, last, -1]


def _joined(nodes: Sequence[Node], axis: int, name: str, dtype: str) -> Node:
    if len(nodes) == 1:
        return nodes[0]
    node: Node = Concatenate(axis, name=name, dtype=dtype)(list(nodes))
    return node


# -- LeCun's others ----------------------------------------------------------------------------------


def _subsampling(layer: Subsampling2D, shape: Shape) -> tuple[list[Layer], list[Part]]:
    cells = layer.pool_size[0] * layer.pool_size[1]
    scale = DepthwiseConv2D(1, depthwise_initializer=_within(layer.coefficient_initializer, cells),
                            bias_initializer=_within(layer.bias_initializer, cells), trainable=layer.trainable,
                            name=f"{layer.name}_coefficient", dtype=layer.dtype)
    return [AveragePooling2D(layer.pool_size, name=f"{layer.name}_mean", dtype=layer.dtype),
            Rescaling(float(cells), name=f"{layer.name}_sum", dtype=layer.dtype), scale], [
        Part("coefficient", f"{scale.name}/kernel"), Part("bias", f"{scale.name}/bias")]


def _within(initializer: Initializer, fan_in: int) -> Initializer:
    """LeCun's initializer with a fan-in that is no longer to be seen."""
    if not isinstance(initializer, FanInUniform):
        return initializer
    limit = initializer.scale / fan_in ** initializer.power
    return RandomUniform(-limit, limit)


def _rbf(layer: RBF, shape: Shape) -> tuple[Layer, list[Part]]:
    if layer.trainable:
        raise _checks.error(f"{layer} in Keras's words", "Keras has nothing for prototypes that move", cure=
                            "Freeze them: layer.trainable = False.")
    (inputs,), units = shape, len(layer.prototypes)
    start = Input(shape, name=f"{layer.name}_input", dtype=layer.dtype)
    row = Reshape((1, 1, inputs), name=f"{layer.name}_row", dtype=layer.dtype)(start)
    minus = DepthwiseConv2D(1, depth_multiplier=units, depthwise_initializer=Constant(-1.0), trainable=False,
                            name=f"{layer.name}_difference", dtype=layer.dtype)
    difference = minus(row)
    square = Multiply(name=f"{layer.name}_square", dtype=layer.dtype)([difference, difference])
    squares = Reshape((inputs, 1, units), name=f"{layer.name}_squares", dtype=layer.dtype)(square)
    mean = GlobalAveragePooling2D(name=f"{layer.name}_mean", dtype=layer.dtype)(squares)
    model = Model(start, Rescaling(float(inputs), name=f"{layer.name}_sum", dtype=layer.dtype)(mean), name=layer.name)
    filled = _filled(layer, model, [Part("prototypes", f"{minus.name}/bias", np.transpose)])
    return filled.layer, filled.parts
