"""PyTorch's names and axis orders, and ours.

    layer             torch                                      here
    Conv2D            weight (F, C/groups, kh, kw)               kernel (kh, kw, C/groups, F)
    Conv2DTranspose   weight (C, F, kh, kw)                      kernel (kh, kw, F, C)
    DepthwiseConv2D   weight (C*M, 1, kh, kw)                    kernel (kh, kw, C, M)
    Dense             weight (out, in)                           kernel (in, out)
    BatchNormalization  weight, bias, running_mean, running_var  gamma, beta, moving_mean, moving_variance

Torch keeps images as (C, H, W) and flattens them in that order, where here channels change fastest. So behind a
`Flatten` the inputs of a `Dense` (and the numbers of a `BatchNormalization`) are put into the other order.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from minicnn import _checks
from minicnn._types import Array, Shape
from minicnn.graph import Graph
from minicnn.layers import (
    BatchNormalization,
    Concatenate,
    Conv2D,
    Conv2DTranspose,
    Dense,
    DepthwiseConv2D,
    Flatten,
    Layer,
    Reshape,
)
from minicnn.layers.nodes import Node

NORMALIZATION = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var"}


class Part(NamedTuple):
    """A parameter as torch has it: its name and shape there, and the way from there to here and back."""

    name: str
    shape: Shape
    to_ours: Callable[[Array], Array]
    to_torch: Callable[[Array], Array]


def parts_of(layer: Layer, order: Array | None, where: str) -> dict[str, Part]:
    """The parameters of a layer; order: where torch has each number of its flattened input."""
    shapes = layer.shapes()
    if isinstance(layer, BatchNormalization):
        return {key: _vector(NORMALIZATION[key], shape, order) for key, shape in shapes.items()}
    if isinstance(layer, DepthwiseConv2D):
        kernel = _depthwise(shapes["kernel"])
    elif isinstance(layer, (Conv2D, Conv2DTranspose)):
        kernel = _convolution(shapes["kernel"])
    elif isinstance(layer, Dense):
        kernel = _dense(shapes["kernel"], order)
    else:
        raise _checks.error(where, f"{layer} has no counterpart in torch")
    return {key: kernel if key == "kernel" else _vector(key, shape, None) for key, shape in shapes.items()}


def _convolution(shape: Shape) -> Part:
    return Part("weight", tuple(shape[axis] for axis in (3, 2, 0, 1)), lambda theirs: theirs.transpose(2, 3, 1, 0),
                lambda ours: ours.transpose(3, 2, 0, 1))


def _depthwise(shape: Shape) -> Part:
    kh, kw, channels, multiplier = shape
    theirs_split, theirs_shape = (channels, multiplier, kh, kw), (channels * multiplier, 1, kh, kw)
    return Part("weight", theirs_shape, lambda theirs: theirs.reshape(theirs_split).transpose(2, 3, 0, 1),
                lambda ours: ours.transpose(2, 3, 0, 1).reshape(theirs_shape))


def _dense(shape: Shape, order: Array | None) -> Part:
    rows = np.arange(shape[0]) if order is None else order
    return Part("weight", shape[::-1], lambda theirs: theirs.T[rows], lambda ours: ours[np.argsort(rows)].T)


def _vector(name: str, shape: Shape, order: Array | None) -> Part:
    places = np.arange(shape[0]) if order is None else order
    return Part(name, shape, lambda theirs: theirs[places], lambda ours: ours[np.argsort(places)])


def flattened(graph: Graph, where: str) -> dict[Layer, Array | None]:
    """Where torch has each number of the input of a layer, for layers behind a flattened image; None for others."""
    behind: dict[Node, Array | None] = {}
    orders: dict[Layer, Array | None] = {}
    for node in graph.nodes:
        before = [behind[other] for other in node.inputs] if node not in graph.inputs else []
        if node.step.has_parameters:
            first = orders.setdefault(node.step, before[0])
            if not _same(first, before[0]):
                raise _checks.error(where, f"{node.step} has inputs that torch orders in different ways")
        behind[node] = _order_behind(node, before, where)
    return orders


def _order_behind(node: Node, before: Sequence[Array | None], where: str) -> Array | None:
    """Where torch has each number of a node's value, if that is a flattened image or made of it number by number."""
    shapes = [other.sample_shape for other in node.inputs]
    if not before or len(node.sample_shape) != 1:
        if any(order is not None for order in before) and not (
                len(node.sample_shape) == 3 and _same(before[0], _torch_places(node.sample_shape))):
            raise _checks.error(where, f"torch has the numbers in another order before {node.step}, and how it goes on "
                                "with them there is not known")
        return None
    if isinstance(node.step, (Flatten, Reshape)) and len(shapes[0]) == 3:
        return _torch_places(shapes[0])
    if isinstance(node.step, Concatenate):
        return _side_by_side(before, [shape[0] for shape in shapes])
    if node.step.has_parameters and not isinstance(node.step, BatchNormalization):
        return None
    if not all(_same(before[0], order) for order in before):
        raise _checks.error(where, f"{node.step} has inputs that torch orders in different ways")
    return before[0] if len(shapes[0]) == 1 else None


def _torch_places(shape: Shape) -> Array:
    """For each number of an image (H, W, C) flattened here, its place in the (C, H, W) flattened by torch."""
    height, width, channels = shape
    return np.arange(height * width * channels).reshape(channels, height, width).transpose(1, 2, 0).ravel()


def _side_by_side(orders: Sequence[Array | None], lengths: Sequence[int]) -> Array | None:
    if all(order is None for order in orders):
        return None
    starts = np.cumsum([0, *lengths[:-1]])
    return np.concatenate([start + (np.arange(length) if order is None else order)
                           for start, length, order in zip(starts, lengths, orders, strict=True)])


def _same(one: Array | None, other: Array | None) -> bool:
    return one is other or (one is not None and other is not None and np.array_equal(one, other))
