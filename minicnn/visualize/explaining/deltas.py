"""What a weight met at each place where it was used, and delta there: a rule for each layer with weights.

delta: (oh, ow, F) or (U,), the derivative of the loss by what the layer gives, before its activation.
"""

from functools import singledispatch

import numpy as np

from minicnn import _checks
from minicnn._shapes import Window
from minicnn._types import Array, BoolArray
from minicnn.layers import (
    BatchNormalization,
    Conv2D,
    Conv2DTranspose,
    Dense,
    DepthwiseConv2D,
    Layer,
    Subsampling2D,
    TableConv2D,
)
from minicnn.layers.linear import Linear
from minicnn.visualize import windows
from minicnn.visualize.explaining.parts import Terms


def terms(layer: Layer, parameter: str, index: tuple[int, ...], below: tuple[str, Array], delta: Array) -> Terms:
    """The terms of the gradient by one number of a parameter."""
    if parameter in ("bias", "beta") and isinstance(layer, (Linear, Subsampling2D, BatchNormalization)):
        places = np.moveaxis(np.indices(delta.shape), 0, -1)[..., index[0], :]
        mine = delta[..., index[0]]
        return Terms("delta", places, mine, np.ones(mine.shape, bool), mine)
    return met(layer, parameter, index, below, delta)


@singledispatch
def met(layer: Layer, parameter: str, index: tuple[int, ...], below: tuple[str, Array], delta: Array) -> Terms:
    """Delta times what the weight met."""
    known = sorted(rule.__name__ for rule in met.registry if rule is not object)
    raise _checks.error(f"explain_gradient: {layer}", f"nobody has said how to explain the gradient of its {parameter}",
                        f"one of {', '.join(known)}, or a bias", type(layer).__name__)


@met.register
def conv(layer: Conv2D, parameter: str, index: tuple[int, ...], below: tuple[str, Array], delta: Array) -> Terms:
    """Cell (p, q) of a filter, on one channel of its group."""
    p, q, c, f = index
    channel = layer.kernel.shape[2] * (f // (layer.filters // layer.groups)) + c
    return _slid(below, delta, layer.window(below[1].shape), (p, q), channel, f)


@met.register
def table_conv(layer: TableConv2D, parameter: str, index: tuple[int, ...], below: tuple[str, Array],
               delta: Array) -> Terms:
    """Cell (p, q) of a link."""
    outputs, inputs = np.nonzero(layer.connection_table.T)
    p, q, link = index
    return _slid(below, delta, layer.window(below[1].shape), (p, q), int(inputs[link]), int(outputs[link]))


@met.register
def depthwise_conv(layer: DepthwiseConv2D, parameter: str, index: tuple[int, ...], below: tuple[str, Array],
                   delta: Array) -> Terms:
    """Cell (p, q) of a channel's m-th kernel."""
    p, q, c, m = index
    return _slid(below, delta, layer.window(below[1].shape), (p, q), c, c * layer.depth_multiplier + m)


@met.register
def conv_transpose(layer: Conv2DTranspose, parameter: str, index: tuple[int, ...], below: tuple[str, Array],
                   delta: Array) -> Terms:
    """Every number of the input painted with it once: input and delta change places."""
    p, q, f, c = index
    name, x = below
    there = _slid(("delta", delta), x, layer.window(x.shape)[1], (p, q), f, c)
    assert there.weights is not None
    assert there.weight_places is not None
    return Terms(name, there.weight_places, there.weights, there.inside, there.products, there.inputs, "delta",
                 there.places)


@met.register
def dense(layer: Dense, parameter: str, index: tuple[int, ...], below: tuple[str, Array], delta: Array) -> Terms:
    """It was used once."""
    name, x = below
    d, u = index
    inputs, mine = x[[d]], delta[[u]]
    return Terms(name, np.array([[d]]), inputs, np.ones(1, bool), inputs * mine, mine, "delta", np.array([[u]]))


@met.register
def subsampling(layer: Subsampling2D, parameter: str, index: tuple[int, ...], below: tuple[str, Array],
                delta: Array) -> Terms:
    """The coefficient met the sum of each window."""
    name, x = below
    (c,), window = index, layer.window(below[1].shape)
    rows, columns = window.output
    sums = np.array([[windows.seen(x, window, (i, j))[..., c].sum() for j in range(columns)] for i in range(rows)])
    places = np.stack([*np.indices((rows, columns)), np.full((rows, columns), c)], axis=-1)
    return Terms(f"window sum of {name} at", places, sums, np.ones(sums.shape, bool), sums * delta[..., c],
                 delta[..., c], "delta", places)


def _slid(below: tuple[str, Array], delta: Array, window: Window, cell: tuple[int, int], channel: int,
          output: int) -> Terms:
    """What a cell of the kernel met on a channel, at each place of the output map."""
    name, x = below
    i, j = np.indices(window.output)
    rows, columns = (place * window.strides[axis] - window.pads[2 * axis] + cell[axis] * window.dilation[axis]
                     for axis, place in enumerate((i, j)))
    inside: BoolArray = (rows >= 0) & (rows < x.shape[0]) & (columns >= 0) & (columns < x.shape[1])
    inputs = np.where(inside, x[rows.clip(0, x.shape[0] - 1), columns.clip(0, x.shape[1] - 1), channel], 0.0)
    mine = delta[..., output]
    return Terms(name, np.stack([rows, columns, np.full_like(rows, channel)], axis=-1), inputs, inside, inputs * mine,
                 mine, "delta", np.stack([i, j, np.full_like(i, output)], axis=-1))
