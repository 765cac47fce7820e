"""A convolution of few filters and the pool behind it, in one step, with the images of a block in the lanes: see
`minicnn.kernels.vector.lanes`. It pays where there are enough images to fill a block."""

import numpy as np

from minicnn._types import Shape
from minicnn.kernels.plan import lanes
from minicnn.kernels.vector.tables import grid
from minicnn.layers import Conv2D, MaxPooling2D
from minicnn.layers.base import Layer
from minicnn.plans.linear import convolution_back, framed
from minicnn.plans.steps import in_quads, max_pool_back
from minicnn.plans.writing import Back, Writer


def pair(conv: Layer, pool: Layer, shape: Shape) -> tuple[Conv2D, MaxPooling2D] | None:
    """Two layers that follow each other, the first on values of a shape, where there is such a step for them."""
    if type(conv) is not Conv2D or type(pool) is not MaxPooling2D:
        return None
    between = conv.output_shape_for(shape)
    there_is = (conv.groups == 1 and conv.filters < lanes.LANES and in_quads(pool.window(between), between)
                and int(np.prod(pool.output_shape_for(between))) >= lanes.LANES)
    return (conv, pool) if there_is else None


def pooled_convolution(w: Writer, conv: Conv2D, pool: MaxPooling2D, shape: Shape, x: int) -> tuple[int, Back, Back]:
    """Writes the step: where y lies, and the ways back of both layers."""
    between, window = conv.output_shape_for(shape), conv.window(shape)
    out, pooling = pool.output_shape_for(between), pool.window(between)
    top, bottom, left, right = window.pads
    frame = shape[0] + top + bottom, shape[1] + left + right, shape[2]
    row, channels = frame[1] * frame[2], frame[2]
    (sh, sw), (dh, dw), (kh, kw), (ph, pw) = window.strides, window.dilation, window.size, pooling.strides
    size, numbers = int(np.prod(out)), int(np.prod(frame))
    x = framed(w, x, shape, window.pads)
    turned, y = w.values(-(-numbers // lanes.LANES) * lanes.LANES), w.values(size)
    winner = w.cells(size) if w.training else -1
    kernel = w.parameter(conv, "kernel")
    steps = grid(0, (kh, dh * row), (kw, dw * channels), (channels, 1))
    w.line(lanes.to_lanes, source=x, target=turned, size=numbers, columns=w.block)
    w.line(lanes.pooled_product, source=turned, target=y, other=w.values((2 if w.training else 1) * size), bytes=winner,
           reads=w.block, parameter=kernel, start=w.start(conv, conv.filters, 1), columns=conv.filters,
           starts=w.listed(grid(0, (out[0], ph * sh * row), (out[1], pw * sw * channels))), pixels=out[0] * out[1],
           places=w.listed(grid(0, (2, sh * row), (2, sw * channels))),
           steps=w.listed(steps), depth=len(steps))
    w.multiplications += 4 * size * len(steps)
    return y, convolution_back(w, conv, shape, between, x, kernel), max_pool_back(w, pool, between, winner)
