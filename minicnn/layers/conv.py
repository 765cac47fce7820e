"""Convolution."""

from collections.abc import Sequence

from minicnn import _checks, _shapes, kernels
from minicnn._types import Array, Shape
from minicnn.activations import ActivationFunction
from minicnn.initializers import Initializer
from minicnn.layers.base import Parameter, image_shape
from minicnn.layers.linear import Linear
from minicnn.regularizers import L1L2


class Conv2D(Linear):
    """``y[n, i, j, f] = bias[f] + sum over p, q, c of x[n, i*sh + p*dh, j*sw + q*dw, c] * kernel[p, q, c, f]``.

    (N, H, W, C) -> (N, oh, ow, F), with x inside a frame of zeros given by ``padding``; strides (sh, sw),
    dilation (dh, dw), kernel (kh, kw, C/G, F).

    filters: F.
    kernel_size, strides, dilation_rate: an integer, or (vertical, horizontal).
    padding: "valid" (none), "same" (output = ceil(input / stride); an odd cell goes below and right), an
        integer, (vertical, horizontal), or ((top, bottom), (left, right)).
    groups: G; group g sees the g-th C/G channels and makes the g-th F/G filters.

    Defaults and initializers as in Keras. Unlike Keras, strides and dilation may be combined, and the padding
    may be given in cells. Forward, backward and curvature: see `Linear`.
    """

    def __init__(self, filters: int, kernel_size: int | Sequence[int], strides: int | Sequence[int] = 1,
                 padding: _shapes.Padding = "valid", *, dilation_rate: int | Sequence[int] = 1, groups: int = 1,
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
        self.filters = _checks.integer(filters, "filters", str(self))
        self.kernel_size = _checks.pair(kernel_size, "kernel_size", str(self))
        self.strides = _checks.pair(strides, "strides", str(self))
        self.padding = _shapes.check_padding(padding, str(self))
        self.dilation_rate = _checks.pair(dilation_rate, "dilation_rate", str(self))
        self.groups = _checks.integer(groups, "groups", str(self))
        if self.filters % self.groups:
            raise _checks.error(str(self), "filters must divide by groups", f"a multiple of {groups}", filters)

    def window(self, input_shape: Shape) -> _shapes.Window:
        """The sliding window over an input of (H, W, C)."""
        height, width, channels = image_shape(input_shape, str(self))
        if channels % self.groups:
            raise _checks.error(str(self), "input channels must divide by groups", f"a multiple of {self.groups}",
                                f"{channels} (input shape {input_shape})")
        return _shapes.window((height, width), self.kernel_size, self.strides, self.padding, self.dilation_rate,
                              f"{self} (input shape {input_shape})")

    def output_shape_for(self, input_shape: Shape) -> Shape:
        return *self.window(input_shape).output, self.filters

    def parameters(self, input_shape: Shape) -> dict[str, Parameter]:
        (kh, kw), share = self.kernel_size, image_shape(input_shape, str(self))[2] // self.groups
        return self._declare((kh, kw, share, self.filters), self.filters, kh * kw * share, kh * kw * self.filters)

    def product(self, x: Array, kernel: Array, bias: Array | None) -> Array:
        return kernels.conv2d(x, kernel, bias, self.window(x.shape[1:]), self.groups)

    def input_gradient(self, dy: Array, kernel: Array, input_shape: Shape) -> Array:
        height, width, _ = input_shape
        return kernels.conv2d_input_gradient(dy, kernel, (height, width), self.window(input_shape), self.groups)

    def kernel_gradient(self, x: Array, dy: Array) -> Array:
        return kernels.conv2d_kernel_gradient(x, dy, self.window(x.shape[1:]), self.groups)
