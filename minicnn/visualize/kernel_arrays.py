"""The numbers behind the pictures of kernels and connection tables."""

from typing import TypeAlias

import numpy as np

from minicnn import _checks
from minicnn._types import Array, BoolArray
from minicnn.layers import Conv2D, Conv2DTranspose, DepthwiseConv2D, Layer, TableConv2D

Convolution: TypeAlias = Conv2D | TableConv2D | DepthwiseConv2D | Conv2DTranspose
"""The layers that have kernels."""


def kernel_grid(layer: Layer) -> Array:
    """The kernels of a convolution, (kh, kw, C, F): NaN where input map c has no kernel for filter f.

    A connection table and groups leave links out::

        Conv2D(4, 1, groups=2) over 4 channels      filter  0 1 2 3
                                        channel 0           # # . .
                                                1           # # . .
                                                2           . . # #
                                                3           . . # #

    Of a `DepthwiseConv2D` filter f sees the one map f // depth_multiplier. The kernel of a `Conv2DTranspose` is what
    one number of map c paints into output map f.

    Raises MinicnnError where the layer has no kernels, has not been built, or holds NaN or infinity.
    """
    if not isinstance(layer, Convolution):
        raise _checks.error(f"kernel_grid: {layer}", "this layer has no kernels", "a Conv2D, TableConv2D, "
                            "DepthwiseConv2D or Conv2DTranspose", type(layer).__name__)
    kernel = layer.params["kernel"]
    _checks.finite(kernel, f"kernel of {layer}")
    if isinstance(layer, Conv2DTranspose):
        return kernel.transpose(0, 1, 3, 2).copy()
    # Conv2D keeps the kernels of a filter on the axis before the filters', the others have the links in order.
    links = kernel.transpose(0, 1, 3, 2) if isinstance(layer, Conv2D) else kernel
    return _spread(links.reshape(*kernel.shape[:2], -1), kernel_links(layer))


def kernel_links(layer: Convolution) -> BoolArray:
    """(C, F): True where input map c has a kernel for filter f."""
    if isinstance(layer, TableConv2D):
        return layer.connection_table.copy()
    shape = layer.shapes()["kernel"]
    if isinstance(layer, DepthwiseConv2D):
        return np.repeat(np.eye(shape[2], dtype=bool), shape[3], axis=1)
    if isinstance(layer, Conv2DTranspose):
        return np.ones((shape[3], shape[2]), bool)
    groups = np.arange(layer.groups)
    table: BoolArray = np.repeat(groups, shape[2])[:, None] == np.repeat(groups, shape[3] // layer.groups)
    return table


def _spread(links: Array, table: BoolArray) -> Array:
    """(kh, kw, K) kernels, ordered by filter and then input map, at their places in (kh, kw, C, F)."""
    grid = np.full((*links.shape[:2], *table.shape[::-1]), np.nan, links.dtype)
    grid[:, :, table.T] = links
    return grid.transpose(0, 1, 3, 2)
