"""Weighted sums: convolutions and dense layers."""

import numpy as np

from minicnn._types import Array
from minicnn.layers import Conv2D, Conv2DTranspose, Dense, DepthwiseConv2D, TableConv2D
from minicnn.visualize.explaining.parts import Parts, Terms, number
from minicnn.visualize.explaining.rules.below import all_of, under
from minicnn.visualize.explaining.rules.registry import Below, Unit, parts


@parts.register
def conv(layer: Conv2D, below: Below, unit: Unit) -> Parts:
    """The channels of the filter's group."""
    share, f = layer.kernel.shape[2], unit[2]
    channels = share * (f // (layer.filters // layer.groups)) + np.arange(share)
    index = [*np.indices(layer.kernel.shape[:3]), np.full(layer.kernel.shape[:3], f)]
    return _sum(under(below, layer.window, unit, channels), layer, index, f)


@parts.register
def table_conv(layer: TableConv2D, below: Below, unit: Unit) -> Parts:
    """The maps to which the table connects this one."""
    outputs, inputs = np.nonzero(layer.connection_table.T)  # of each link, in the order of the kernel's slices
    links = np.flatnonzero(outputs == unit[2])
    p, q, k = np.indices((*layer.kernel_size, len(links)))
    terms = under(below, layer.window, unit, inputs[links])
    return _sum(terms, layer, [p, q, links[k]], unit[2])


@parts.register
def depthwise_conv(layer: DepthwiseConv2D, below: Below, unit: Unit) -> Parts:
    """One channel."""
    channel, m = divmod(unit[2], layer.depth_multiplier)
    p, q, k = np.indices((*layer.kernel_size, 1))
    terms = under(below, layer.window, unit, np.array([channel]))
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
    return _sum(all_of(below[0]), layer, [rows, np.full(len(rows), unit[0])], unit[0])


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
