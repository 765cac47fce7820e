"""How each layer is counted: the arithmetic as text that can be read, and evaluated.

Conventions:

- A *parameter* is one number that is stored; whether training moves it or not.
- A *connection* is LeCun's (1998): one link into a unit. A unit that sums 5x5 inputs and a bias has 26.
  Units of pools, of `Add`, `Average` and `Multiply`, and of local response normalization have one for each input
  they see; a unit in the padding counts like any other. So does, in a transposed convolution, a link to a unit that
  is cut off. Layers that compute each number from one other (activations, reshape, dropout, rescaling, concatenate,
  batch normalization) have none.
"""

from collections.abc import Callable
from functools import singledispatch
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np

from minicnn import _checks
from minicnn._types import BoolArray, Shape
from minicnn.layers import (
    RBF,
    Activation,
    Add,
    Average,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Conv2DTranspose,
    Cropping2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    InputLayer,
    Layer,
    LocalResponseNormalization,
    MaxPooling2D,
    Multiply,
    Rescaling,
    Reshape,
    Subsampling2D,
    TableConv2D,
    ZeroPadding2D,
)


class Arithmetic(NamedTuple):
    """Two sums as text, such as ``6*(5*5*1+1)`` and ``156*28*28``, and the number of the second."""

    parameters: str
    connections: str
    connection_count: int


@singledispatch
def arithmetic(layer: Layer, *shapes: Shape) -> Arithmetic:
    """The arithmetic of one use of a layer, for its input shapes and, last, its output shape."""
    raise _checks.error(str(layer), "nobody has said how to count this layer", cure=
                        f"Register a rule: @minicnn.counting.register({type(layer).__name__}).")


def register(layer_class: type[Layer]) -> Callable[[Callable[..., Arithmetic]], Callable[..., Arithmetic]]:
    """Decorator: count layers of a class of yours by ``rule(layer, input_shape, output_shape) -> Arithmetic``
    (one shape more in front for each further input)."""
    decorate: Callable[..., Any] = arithmetic.register(layer_class)
    return decorate


@register(Conv2D)
def _conv(layer: Conv2D, input_shape: Shape, output_shape: Shape) -> Arithmetic:
    (kh, kw), (oh, ow, f) = layer.kernel_size, output_shape
    share, bias = input_shape[2] // layer.groups, int(layer.use_bias)
    each_unit = f"({kh}*{kw}*{share}{'+1' if bias else ''})"
    total = f * (kh * kw * share + bias)
    return Arithmetic(f"{f}*{each_unit}", f"{total}*{oh}*{ow}", total * oh * ow)


@register(DepthwiseConv2D)
def _depthwise(layer: DepthwiseConv2D, input_shape: Shape, output_shape: Shape) -> Arithmetic:
    (kh, kw), (oh, ow, f) = layer.kernel_size, output_shape
    total = f * (kh * kw + layer.use_bias)
    return Arithmetic(f"{f}*({kh}*{kw}{'+1' if layer.use_bias else ''})", f"{total}*{oh}*{ow}", total * oh * ow)


@register(Conv2DTranspose)
def _transposed(layer: Conv2DTranspose, input_shape: Shape, output_shape: Shape) -> Arithmetic:
    (kh, kw), (height, width, channels), (oh, ow, f) = layer.kernel_size, input_shape, output_shape
    links, biases = kh * kw * channels * f * height * width, f * oh * ow * layer.use_bias
    plus, also = ("+1", f"+{f}*{oh}*{ow}") if layer.use_bias else ("", "")
    return Arithmetic(f"{f}*({kh}*{kw}*{channels}{plus})", f"{kh}*{kw}*{channels}*{f}*{height}*{width}{also}",
                      links + biases)


@register(TableConv2D)
def _table_conv(layer: TableConv2D, input_shape: Shape, output_shape: Shape) -> Arithmetic:
    (kh, kw), (oh, ow, f) = layer.kernel_size, output_shape
    plus = "+1" if layer.use_bias else ""
    terms = [f"{maps}*({inputs}*{kh}*{kw}{plus})" for maps, inputs in runs_of_maps(layer.connection_table)]
    total = kh * kw * int(layer.connection_table.sum()) + f * layer.use_bias
    return Arithmetic(" + ".join(terms), f"{total}*{oh}*{ow}", total * oh * ow)


def runs_of_maps(table: BoolArray) -> list[tuple[int, int]]:
    """(how many maps, inputs each) of consecutive output maps of one kind: as many inputs, and these
    neighbors (the last beside the first) or not, which are the four groups of the paper's Table I."""
    def kind(inputs: BoolArray) -> tuple[int, bool]:
        steps = int(np.count_nonzero(inputs != np.roll(inputs, 1)))  # borders between seen and unseen
        return int(inputs.sum()), steps <= 2

    return [(len(list(run)), inputs) for (inputs, _), run in groupby(kind(column) for column in table.T)]


@register(Dense)
def _dense(layer: Dense, input_shape: Shape, output_shape: Shape) -> Arithmetic:
    text = f"{layer.units}*({input_shape[0]}{'+1' if layer.use_bias else ''})"
    return Arithmetic(text, text, layer.units * (input_shape[0] + layer.use_bias))


@register(RBF)
def _rbf(layer: RBF, input_shape: Shape, output_shape: Shape) -> Arithmetic:
    text = f"{output_shape[0]}*{input_shape[0]}"
    return Arithmetic(text, text, output_shape[0] * input_shape[0])


@register(Subsampling2D)
def _subsampling(layer: Subsampling2D, input_shape: Shape, output_shape: Shape) -> Arithmetic:
    (kh, kw), (oh, ow, c) = layer.pool_size, output_shape
    return Arithmetic(f"{c}*(1+1)", f"{c}*{oh}*{ow}*({kh}*{kw}+1)", c * oh * ow * (kh * kw + 1))


@register(MaxPooling2D)
@register(AveragePooling2D)
def _pooling(layer: MaxPooling2D, input_shape: Shape, output_shape: Shape) -> Arithmetic:
    (kh, kw), (oh, ow, c) = layer.pool_size, output_shape
    return Arithmetic("0", f"{c}*{oh}*{ow}*{kh}*{kw}", c * oh * ow * kh * kw)


@register(GlobalMaxPooling2D)
@register(GlobalAveragePooling2D)
def _global_pooling(layer: Layer, input_shape: Shape, output_shape: Shape) -> Arithmetic:
    h, w, c = input_shape
    return Arithmetic("0", f"{c}*{h}*{w}", c * h * w)


@register(BatchNormalization)
def _batch_normalization(layer: BatchNormalization, input_shape: Shape, output_shape: Shape) -> Arithmetic:
    return Arithmetic(f"{2 + layer.scale + layer.center}*{input_shape[-1]}", "0", 0)


@register(LocalResponseNormalization)
def _local_response(layer: LocalResponseNormalization, input_shape: Shape, output_shape: Shape) -> Arithmetic:
    (height, width, channels), away = output_shape, layer.size // 2
    seen = [min(c + away, channels - 1) - max(c - away, 0) + 1 for c in range(channels)]  # fewer at both ends
    terms = [f"{len(list(run))}*{inputs}" for inputs, run in groupby(seen)]
    return Arithmetic("0", f"({' + '.join(terms)})*{height}*{width}", sum(seen) * height * width)


@register(Activation)
@register(Concatenate)
@register(Dropout)
@register(Flatten)
@register(InputLayer)
@register(Rescaling)
@register(Reshape)
@register(ZeroPadding2D)
@register(Cropping2D)
def _one_to_one(layer: Layer, *shapes: Shape) -> Arithmetic:
    return Arithmetic("0", "0", 0)


@register(Add)
@register(Average)
@register(Multiply)
def _elementwise(layer: Layer, *shapes: Shape) -> Arithmetic:
    inputs, output_shape = len(shapes) - 1, shapes[-1]
    return Arithmetic("0", "*".join(map(str, (inputs, *output_shape))), inputs * int(np.prod(output_shape)))
