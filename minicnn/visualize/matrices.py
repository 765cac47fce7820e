"""A convolution as the matrix it is: sparse, its numbers tied.

Row i of ``y = A x + b`` makes the i-th number of the output, column j is what the j-th number of the input adds to
each; images are read row by row, the channel changing fastest. A kernel ``ab`` that slides over four numbers ::

    a b . .
    . a b .
    . . a b
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from minicnn import _checks, _shapes
from minicnn._types import Array, Shape
from minicnn.layers import Conv2D, Layer
from minicnn.layers.linear import Linear

MOST_BYTES = 2**30
"""Of a matrix that is made at all."""
AT_A_TIME = 2**22
"""Numbers of the output that are computed at a time."""


@dataclass(frozen=True)
class Tied:
    """The matrix (rows, columns), and for each of its numbers which of the kernel's numbers it is, -1 for none: places
    in ``kernel``, which is as the layer stores it, in reading order."""

    matrix: Array
    which: Array
    kernel: Array
    input_shape: Shape
    output_shape: Shape


def convolution_matrix(layer: Any, input_shape: int | Sequence[int], *, strides: int | Sequence[int] = 1,
                       padding: _shapes.Padding = "valid", dilation_rate: int | Sequence[int] = 1,
                       groups: int = 1) -> Array:
    """The matrix that a convolution is: (outputs, inputs), so that ``y.ravel() = A @ x.ravel() + bias``.

    layer: a `Conv2D`, `TableConv2D`, `DepthwiseConv2D`, `Conv2DTranspose` or `Dense` that has weights; or a kernel
        (kh, kw) or (kh, kw, C/groups, F).
    input_shape: (H, W) or (H, W, C), without the batch axis; (D,) for `Dense`.
    strides, padding, dilation_rate, groups: as in `Conv2D`, where ``layer`` is a kernel; a layer has its own.

    The transpose leads the gradient back: ``dx.ravel() = A.T @ dy.ravel()``. The matrix has the kernel's type.

    Raises MinicnnError for other layers, shapes that do not fit, and a matrix of more than 1 GiB.
    """
    return tied(layer, input_shape, strides, padding, dilation_rate, groups, "convolution_matrix").matrix


def tied(layer: Any, input_shape: int | Sequence[int], strides: int | Sequence[int], padding: _shapes.Padding,
         dilation_rate: int | Sequence[int], groups: int, where: str) -> Tied:
    """The matrix, and which of its numbers are one and the same weight."""
    linear, kernel = _layer(layer, (strides, padding, dilation_rate, groups), where)
    shape = _shape(linear, kernel, input_shape, where)
    rows, columns = int(np.prod(linear.output_shape_for(shape))), int(np.prod(shape))
    if rows * columns * (kernel.itemsize + 8) > MOST_BYTES:
        raise _checks.error(where, "the matrix does not fit into memory", f"at most {MOST_BYTES // 2**20:,} MiB",
                            f"{rows:,} x {columns:,} numbers, {rows * columns * kernel.itemsize / 2**20:,.0f} MiB",
                            "Take a smaller input_shape: the pattern stays the same.")
    # Numbers of the kernel counted from 1, so that what is 0 is none of them.
    counted = np.arange(1, kernel.size + 1, dtype=np.float64).reshape(kernel.shape)
    which = np.rint(_columns(linear, counted, shape)).astype(np.int64) - 1
    return Tied(_columns(linear, kernel, shape), which, kernel, shape, linear.output_shape_for(shape))


def _columns(layer: Linear, kernel: Array, shape: Shape) -> Array:
    """Column j is what the layer makes of an input that is 1 at the j-th place and 0 elsewhere: that is what a matrix
    is. A number of the input meets a number of the output in one number of the kernel at most, so all are exact."""
    inputs, outputs = int(np.prod(shape)), int(np.prod(layer.output_shape_for(shape)))
    matrix = np.empty((outputs, inputs), kernel.dtype)
    step = max(1, AT_A_TIME // max(inputs, outputs))
    for start in range(0, inputs, step):
        places = np.arange(start, min(start + step, inputs))
        ones = np.zeros((len(places), inputs), kernel.dtype)
        ones[np.arange(len(places)), places] = 1
        matrix[:, places] = layer.product(ones.reshape(-1, *shape), kernel, None).reshape(len(places), -1).T
    return matrix


def _layer(layer: Any, options: tuple[Any, ...], where: str) -> tuple[Linear, Array]:
    """The layer and its kernel; of a kernel alone a layer is made."""
    if isinstance(layer, Linear):
        if options != (1, "valid", 1, 1):
            raise _checks.error(f"{where}: {layer}", "a layer has strides, padding, dilation and groups of its own",
                                cure="Pass its kernel in its place: layer.kernel.")
        _checks.finite(layer.kernel, f"kernel of {layer}")
        return layer, layer.kernel
    if isinstance(layer, Layer):
        raise _checks.error(f"{where}: {layer}", "this layer is no convolution", "a Conv2D, TableConv2D, "
                            "DepthwiseConv2D, Conv2DTranspose or Dense", type(layer).__name__)
    kernel = _checks.numeric(layer, f"{where}: kernel")
    kernel = kernel if kernel.dtype == np.float32 else kernel.astype(np.float64)
    if kernel.ndim == 2:
        kernel = kernel[..., None, None]
    if kernel.ndim != 4 or not kernel.size:
        raise _checks.error(where, "this is no kernel", "shape (kh, kw) or (kh, kw, C, F)", f"shape {kernel.shape}")
    _checks.finite(kernel, f"{where}: kernel")
    strides, padding, dilation, groups = options
    return Conv2D(kernel.shape[3], kernel.shape[:2], strides, padding, dilation_rate=dilation, groups=groups,
                  name="kernel"), kernel


def _shape(layer: Linear, kernel: Array, input_shape: int | Sequence[int], where: str) -> Shape:
    """The input's shape, known to fit."""
    sizes = [input_shape] if isinstance(input_shape, (int, np.integer)) else list(input_shape)
    shape = tuple(_checks.integer(size, "each size of input_shape", where) for size in sizes)
    if isinstance(layer, Conv2D) and len(shape) == 2:
        shape = (*shape, 1)
    expected = layer.built_shapes[0][-1:] if layer.built_shapes else (
        (kernel.shape[2] * layer.groups,) if isinstance(layer, Conv2D) else shape[-1:])
    if shape[-1:] != expected:
        raise _checks.error(where, "the kernel does not fit this input", f"{expected[0]} channels",
                            f"{shape[-1]} (input_shape {shape})")
    layer.output_shape_for(shape)
    return shape
