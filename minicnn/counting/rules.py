"""How each layer is counted: the arithmetic as text that can be read, and evaluated.

Conventions:

- A *parameter* is one number that is stored; whether training moves it or not.
- A *connection* is LeCun's (1998): one link into a unit. A unit that sums 5x5 inputs and a bias has 26.
  Units of pools and of `Add`, `Average` and `Multiply` have one for each input they see; a unit in the padding
  counts like any other. Layers that compute each number from one other (activations, reshape, dropout, rescaling,
  concatenate) have none.
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
    Concatenate,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    InputLayer,
    Layer,
    MaxPooling2D,
    Multiply,
    Rescaling,
    Reshape,
    Subsampling2D,
    TableConv2D,
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


@register(Activation)
@register(Concatenate)
@register(Dropout)
@register(Flatten)
@register(InputLayer)
@register(Rescaling)
@register(Reshape)
def _one_to_one(layer: Layer, *shapes: Shape) -> Arithmetic:
    return Arithmetic("0", "0", 0)


@register(Add)
@register(Average)
@register(Multiply)
def _elementwise(layer: Layer, *shapes: Shape) -> Arithmetic:
    inputs, output_shape = len(shapes) - 1, shapes[-1]
    return Arithmetic("0", "*".join(map(str, (inputs, *output_shape))), inputs * int(np.prod(output_shape)))
