"""Convolution along a connection table: LeCun's C3."""

from collections.abc import Sequence

import numpy as np

from minicnn import _checks, _shapes, kernels
from minicnn._types import Array, BoolArray, Shape
from minicnn.activations import ActivationFunction
from minicnn.initializers import Initializer
from minicnn.layers.base import Parameter, image_shape
from minicnn.layers.linear import Linear
from minicnn.regularizers import L1L2


class TableConv2D(Linear):
    """A convolution in which each output map sees only some input maps (LeCun et al. 1998, Table I).

    (N, H, W, C) -> (N, oh, ow, F).

    connection_table: boolean (C, F); [c, f] is True where input map c has a kernel for output map f::

        1 0 1        map 0 sees inputs 0 and 1, map 1 sees input 1,
        1 1 0        map 2 sees input 0: K = 4 links

    The kernel is (kh, kw, K): one slice per link, ordered by output map and then input map. An absent link
    has no numbers at all, so weights, optimizers, regularizers and curvature never meet one. The fan-in is
    that of each map: kh * kw * (number of its inputs). Other arguments as in `Conv2D`.
    """

    def __init__(self, connection_table: Sequence[Sequence[object]] | Array, kernel_size: int | Sequence[int],
                 strides: int | Sequence[int] = 1, padding: _shapes.Padding = "valid", *,
                 activation: str | ActivationFunction | None = None, use_bias: bool = True,
                 kernel_initializer: str | Initializer = "glorot_uniform",
                 bias_initializer: str | Initializer = "zeros",
                 kernel_regularizer: str | L1L2 | None = None, bias_regularizer: str | L1L2 | None = None,
                 name: str | None = None, trainable: bool = True, dtype: str = "float32",
                 input_shape: Sequence[int] | None = None) -> None:
        super().__init__(activation=activation, use_bias=use_bias, kernel_initializer=kernel_initializer,
                         bias_initializer=bias_initializer, kernel_regularizer=kernel_regularizer,
                         bias_regularizer=bias_regularizer, name=name, trainable=trainable, dtype=dtype,
                         input_shape=input_shape)
        self.connection_table = check_table(connection_table, str(self))
        self.filters = self.connection_table.shape[1]
        self.kernel_size = _checks.pair(kernel_size, "kernel_size", str(self))
        self.strides = _checks.pair(strides, "strides", str(self))
        self.padding = _shapes.check_padding(padding, str(self))

    def window(self, input_shape: Shape) -> _shapes.Window:
        """The sliding window over an input of (H, W, C)."""
        height, width, channels = image_shape(input_shape, str(self))
        rows = len(self.connection_table)
        if channels != rows:
            raise _checks.error(str(self), "the connection table has the wrong size",
                                f"{channels} rows, one per input map (input shape {input_shape})", rows)
        return _shapes.window((height, width), self.kernel_size, self.strides, self.padding, (1, 1),
                              f"{self} (input shape {input_shape})")

    def output_shape_for(self, input_shape: Shape) -> Shape:
        return *self.window(input_shape).output, self.filters

    def parameters(self, input_shape: Shape) -> dict[str, Parameter]:
        cells, table = self.kernel_size[0] * self.kernel_size[1], self.connection_table
        fan_in, fan_out = cells * table.sum(axis=0), cells * table.sum(axis=1)  # per output map, per input map
        outputs, inputs = np.nonzero(table.T)  # of each link, in the order of the kernel's slices
        return self._declare((*self.kernel_size, len(outputs)), self.filters,
                             fan_in[outputs], fan_out[inputs], bias_fan_in=fan_in)

    def product(self, x: Array, kernel: Array, bias: Array | None) -> Array:
        return kernels.table_conv2d(x, kernel, bias, self.connection_table, self.window(x.shape[1:]))

    def input_gradient(self, dy: Array, kernel: Array, input_shape: Shape) -> Array:
        height, width, _ = input_shape
        return kernels.table_conv2d_input_gradient(dy, kernel, self.connection_table, (height, width),
                                                   self.window(input_shape))

    def kernel_gradient(self, x: Array, dy: Array) -> Array:
        return kernels.table_conv2d_kernel_gradient(x, dy, self.connection_table, self.window(x.shape[1:]))


def check_table(table: Sequence[Sequence[object]] | Array, where: str) -> BoolArray:
    """The table as a boolean matrix in which every output map sees something."""
    array = _checks.numeric(table, f"{where} connection_table")
    if array.ndim != 2 or not array.size or not np.isin(array, (0, 1)).all():
        raise _checks.error(where, "the connection table must be boolean, (input maps, output maps)",
                            received=f"shape {array.shape}, dtype {array.dtype}")
    empty = np.flatnonzero(~array.any(axis=0)).tolist()
    if empty:
        raise _checks.error(where, f"the connection table has an empty column: output map {empty[0]} sees no input",
                            cure="Give every output map at least one True.")
    return array.astype(bool)
