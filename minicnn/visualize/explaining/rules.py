"""How the layers make a number of those below: a rule for each, from its definition and not by its own code.

A rule is a function (layer, the values below by name, unit) -> `Parts`. Values are of one image, without the batch
axis, in float64; a unit is a place in the layer's output.
"""

from functools import singledispatch
from typing import TypeAlias

import numpy as np

from minicnn import _checks
from minicnn._shapes import Window
from minicnn._types import Array, BoolArray
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
    Layer,
    MaxPooling2D,
    Multiply,
    Rescaling,
    Reshape,
    Subsampling2D,
    TableConv2D,
    ZeroPadding2D,
)
from minicnn.layers.global_pooling import whole
from minicnn.visualize import windows
from minicnn.visualize.explaining.parts import Parts, Terms, number
from minicnn.visualize.explaining.squashing import squashed

Below: TypeAlias = list[tuple[str, Array]]
Unit: TypeAlias = tuple[int, ...]


@singledispatch
def parts(layer: Layer, below: Below, unit: Unit) -> Parts:
    """What the layer makes its number at ``unit`` of."""
    known = sorted(rule.__name__ for rule in parts.registry if rule is not Layer and rule is not object)
    name, value = below[0]
    place = ", ".join("0" for _ in value.shape)
    raise _checks.error(f"explain: {layer}", "nobody has said how to explain this layer", f"one of {', '.join(known)}",
                        type(layer).__name__, f"What goes into it: explain(model, {name!r}, ({place}), x).")


# -- weighted sums ---------------------------------------------------------------------------------


@parts.register
def conv(layer: Conv2D, below: Below, unit: Unit) -> Parts:
    """The channels of the filter's group."""
    share, f = layer.kernel.shape[2], unit[2]
    channels = share * (f // (layer.filters // layer.groups)) + np.arange(share)
    index = [*np.indices(layer.kernel.shape[:3]), np.full(layer.kernel.shape[:3], f)]
    return _sum(_under(below[0], layer.window(below[0][1].shape), unit, channels), layer, index, f)


@parts.register
def table_conv(layer: TableConv2D, below: Below, unit: Unit) -> Parts:
    """The maps to which the table connects this one."""
    outputs, inputs = np.nonzero(layer.connection_table.T)  # of each link, in the order of the kernel's slices
    links = np.flatnonzero(outputs == unit[2])
    p, q, k = np.indices((*layer.kernel_size, len(links)))
    terms = _under(below[0], layer.window(below[0][1].shape), unit, inputs[links])
    return _sum(terms, layer, [p, q, links[k]], unit[2])


@parts.register
def depthwise_conv(layer: DepthwiseConv2D, below: Below, unit: Unit) -> Parts:
    """One channel."""
    channel, m = divmod(unit[2], layer.depth_multiplier)
    p, q, k = np.indices((*layer.kernel_size, 1))
    terms = _under(below[0], layer.window(below[0][1].shape), unit, np.array([channel]))
    return _sum(terms, layer, [p, q, k + channel, k * 0 + m], unit[2])


@parts.register
def conv_transpose(layer: Conv2DTranspose, below: Below, unit: Unit) -> Parts:
    """The numbers whose paintings reach this place; the others of the kernel's cells count as padding."""
    name, x = below[0]
    _, window = layer.window(x.shape)
    p, q, c = np.indices((*layer.kernel_size, x.shape[2]))
    axes = []
    for axis, cell in enumerate((p, q)):
        before = unit[axis] + window.pads[2 * axis] - cell * window.dilation[axis]
        painted = (before % window.strides[axis] == 0) & (before >= 0) & (
            before // window.strides[axis] < x.shape[axis])
        axes.append((before // window.strides[axis], painted))
    inside = axes[0][1] & axes[1][1]
    i, j = (np.where(inside, place, 0) for place, _ in axes)
    inputs = np.where(inside, x[i, j, c], 0.0)
    places = np.stack([axes[0][0], axes[1][0], c], axis=-1)
    return _sum(Terms(name, places, inputs, inside, inputs), layer, [p, q, p * 0 + unit[2], c], unit[2])


@parts.register
def dense(layer: Dense, below: Below, unit: Unit) -> Parts:
    """All inputs."""
    rows = np.arange(layer.kernel.shape[0])
    return _sum(_all_of(below[0]), layer, [rows, np.full(len(rows), unit[0])], unit[0])


def _sum(terms: Terms, layer: Conv2D | TableConv2D | DepthwiseConv2D | Conv2DTranspose | Dense, index: list[Array],
         output: int) -> Parts:
    """Inputs times the kernel's numbers at an index, added up, and the bias."""
    weights = layer.kernel[tuple(index)].astype(np.float64)
    products = terms.inputs * weights
    terms = Terms(terms.source, terms.places, terms.inputs, terms.inside, products, weights, "kernel",
                  np.stack(index, axis=-1))
    total = float(products.sum())
    made = Parts([terms], "*").then(f"sum of the {products.size:,} products", total)
    if layer.bias is None:
        return made
    bias = float(layer.bias[output])
    return made.then(f"+ bias[{output}] {number(bias)}", total + bias)


# -- pools -----------------------------------------------------------------------------------------


@parts.register
def max_pool(layer: MaxPooling2D, below: Below, unit: Unit) -> Parts:
    """The largest number under the window."""
    return _largest(_under(below[0], layer.window(below[0][1].shape), unit, np.array([unit[2]])))


@parts.register
def average_pool(layer: AveragePooling2D, below: Below, unit: Unit) -> Parts:
    """The mean of the numbers under the window."""
    return _mean(_under(below[0], layer.window(below[0][1].shape), unit, np.array([unit[2]])))


@parts.register
def global_max_pool(layer: GlobalMaxPooling2D, below: Below, unit: Unit) -> Parts:
    """The largest number of a map."""
    return _largest(_under(below[0], whole(below[0][1].shape), (0, 0), unit[-1:]))


@parts.register
def global_average_pool(layer: GlobalAveragePooling2D, below: Below, unit: Unit) -> Parts:
    """The mean of a map."""
    return _mean(_under(below[0], whole(below[0][1].shape), (0, 0), unit[-1:]))


@parts.register
def subsampling(layer: Subsampling2D, below: Below, unit: Unit) -> Parts:
    """The sum under the window, times a coefficient, plus a bias."""
    terms = _under(below[0], layer.window(below[0][1].shape), unit, np.array([unit[2]]))
    total, (coefficient, bias) = float(terms.products.sum()), _of(layer, ("coefficient", "bias"), unit[2])
    made = Parts([terms], "").then(f"sum of the {len(terms)} numbers", total)
    made = made.then(f"* coefficient[{unit[2]}] {number(coefficient)}", coefficient * total)
    return made.then(f"+ bias[{unit[2]}] {number(bias)}", coefficient * total + bias)


def _largest(terms: Terms) -> Parts:
    count = int(terms.inside.sum())
    return Parts([terms], "").then(f"the largest of the {count} numbers", terms.inputs[terms.inside].max())


def _mean(terms: Terms) -> Parts:
    total, count = float(terms.inputs.sum()), int(terms.inside.sum())
    return Parts([terms], "").then(f"sum of the {count} numbers", total).then(f"/ {count}", total / count)


# -- distances, scales, merges ---------------------------------------------------------------------


@parts.register
def rbf(layer: RBF, below: Below, unit: Unit) -> Parts:
    """The squared distance from a prototype."""
    terms, (u,) = _all_of(below[0]), unit
    weights = layer.prototypes[u].astype(np.float64)
    rows = np.arange(len(weights))
    squares = Terms(terms.source, terms.places, terms.inputs, terms.inside, np.square(terms.inputs - weights), weights,
                    "prototypes", np.stack([np.full(len(rows), u), rows], axis=-1))
    return Parts([squares], "-").then(f"sum of the {len(rows)} squared differences", squares.products.sum())


@parts.register
def batch_normalization(layer: BatchNormalization, below: Below, unit: Unit) -> Parts:
    """By the moving statistics, as outside training."""
    terms, channel = _one(below[0], unit), unit[-1]
    mean, variance = _of(layer, ("moving_mean", "moving_variance"), channel)
    value = float(terms.inputs.reshape(-1)[0]) - mean
    made = Parts([terms], "").then(f"- moving_mean[{channel}] {number(mean)}", value)
    value /= np.sqrt(variance + layer.epsilon)
    made = made.then(f"/ sqrt(moving_variance[{channel}] {number(variance)} + {number(layer.epsilon)})", value)
    if layer.scale:
        (gamma,) = _of(layer, ("gamma",), channel)
        value *= gamma
        made = made.then(f"* gamma[{channel}] {number(gamma)}", value)
    if layer.center:
        (beta,) = _of(layer, ("beta",), channel)
        made = made.then(f"+ beta[{channel}] {number(beta)}", value + beta)
    return made


@parts.register
def rescaling(layer: Rescaling, below: Below, unit: Unit) -> Parts:
    """Times a number, plus a number."""
    terms = _one(below[0], unit)
    scale, offset = (float(np.broadcast_to(part, below[0][1].shape)[unit]) for part in (layer.scale, layer.offset))
    value = float(terms.inputs.reshape(-1)[0]) * scale
    return Parts([terms], "").then(f"* {number(scale)}", value).then(f"+ {number(offset)}", value + offset)


@parts.register
def add(layer: Add, below: Below, unit: Unit) -> Parts:
    """One number of each input."""
    made = Parts([_one(one, unit) for one in below], "")
    return made.then(f"sum of the {len(below)} numbers", made.products.sum())


@parts.register
def average(layer: Average, below: Below, unit: Unit) -> Parts:
    """One number of each input."""
    made = Parts([_one(one, unit) for one in below], "")
    total = float(made.products.sum())
    return made.then(f"sum of the {len(below)} numbers", total).then(f"/ {len(below)}", total / len(below))


@parts.register
def multiply(layer: Multiply, below: Below, unit: Unit) -> Parts:
    """One number of each input."""
    made = Parts([_one(one, unit) for one in below], "")
    return made.then(f"product of the {len(below)} numbers", made.products.prod())


@parts.register
def activation(layer: Activation, below: Below, unit: Unit) -> Parts:
    """A function of the number at the same place, or, for a softmax, of all along its axis."""
    return squashed(layer.function, below[0], unit)


# -- numbers that are only handed on ---------------------------------------------------------------


@parts.register(Flatten)
@parts.register(Reshape)
@parts.register(Dropout)
@parts.register(ZeroPadding2D)
@parts.register(Cropping2D)
@parts.register(Concatenate)
def handed_on(layer: Layer, below: Below, unit: Unit) -> Parts:
    """The number that the layer puts at this place: all numbers below are numbered, and the layer hands on those."""
    starts = np.cumsum([1, *(value.size for _, value in below)])
    counted = [np.arange(start, start + value.size, dtype=np.float64).reshape(1, *value.shape)
               for start, (_, value) in zip(starts, below, strict=False)]
    came = int(layer.forward(*counted)[0][0][unit])
    if came == 0:
        return Parts([], "").then("padding", 0.0)
    source = int(np.searchsorted(starts, came, side="right")) - 1
    name, value = below[source]
    place = tuple(int(i) for i in np.unravel_index(came - int(starts[source]), value.shape))
    return Parts([_one((name, value), place)], "").then("handed on", value[place])


# -- the numbers below -----------------------------------------------------------------------------


def _under(below: tuple[str, Array], window: Window, unit: Unit, channels: Array | Unit) -> Terms:
    """What the window sees of some channels."""
    name, x = below
    channels = np.asarray(channels)
    place, image = (unit[0], unit[1]), (x.shape[0], x.shape[1])
    rows, columns = windows.cells(window, place)
    inputs = windows.seen(x, window, place)[..., channels]
    places = np.stack(np.meshgrid(rows, columns, channels, indexing="ij"), axis=-1)
    inside: BoolArray = np.broadcast_to(windows.inside(window, place, image)[..., None], inputs.shape)
    return Terms(name, places, inputs, inside, inputs)


def _all_of(below: tuple[str, Array]) -> Terms:
    """A whole vector."""
    name, x = below
    return Terms(name, np.arange(len(x))[:, None], x, np.ones(x.shape, bool), x)


def _one(below: tuple[str, Array], unit: Unit) -> Terms:
    """One number; along an axis of size 1 the only one."""
    name, x = below
    place = tuple(i if size > 1 else 0 for i, size in zip(unit, x.shape, strict=True))
    value = x[place].reshape(1)
    return Terms(name, np.array([place]), value, np.ones(1, bool), value)


def _of(layer: Layer, names: tuple[str, ...], channel: int) -> tuple[float, ...]:
    """Parameters of a channel."""
    return tuple(float(layer.params[name][channel]) for name in names)
