"""Transposed convolution: a convolution's walk back, taken forward."""

from collections.abc import Sequence

from minicnn import _checks, _shapes, kernels
from minicnn._types import Array, Pair, Shape
from minicnn.activations import ActivationFunction
from minicnn.initializers import Initializer
from minicnn.layers.base import Parameter, image_shape
from minicnn.layers.linear import Linear
from minicnn.regularizers import L1L2


class Conv2DTranspose(Linear):
    """Every number of the input paints its kernel, scaled, into the output; where paintings overlap they add up.

    (N, H, W, C) -> (N, oh, ow, F). It is the transpose of the `Conv2D` that makes (N, H, W, C) out of (N, oh, ow, F):
    forward here is that layer's input gradient, and backward here is that layer's forward. One number ``a``, one
    ``b``, a kernel ``123`` and a stride of 2 ::

        a*1  a*2  a*3
                  b*1  b*2  b*3          y = a*1  a*2  a*3 + b*1  b*2  b*3

    filters: F. The kernel is (kh, kw, F, C), as Keras stores it. Fans are Keras's, read off that shape: kh*kw*F in and
        kh*kw*C out.
    strides: cells between two paintings. dilation_rate: cells between two numbers of a kernel. With both an integer or
        (vertical, horizontal).
    padding, output_padding: which part of the painting is the output; `minicnn._shapes.transposed` has the formula.
        "valid": all of it, and with a stride larger than the kernel the zeros behind the last. "same": input * stride
        cells. output_padding, less than the stride, settles the size instead: so many cells more than the smallest
        input that a convolution would make into one this size.

    Defaults as in Keras. Unlike Keras, strides and dilation may be combined.
    Source: Zeiler et al. 2010, "Deconvolutional networks"; Dumoulin and Visin 2016, section 4. See also `Linear`.
    """

    def __init__(self, filters: int, kernel_size: int | Sequence[int], strides: int | Sequence[int] = 1,
                 padding: str = "valid", output_padding: int | Sequence[int] | None = None, *,
                 dilation_rate: int | Sequence[int] = 1, activation: str | ActivationFunction | None = None,
                 use_bias: bool = True, kernel_initializer: str | Initializer = "glorot_uniform",
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
        if not isinstance(self.padding, str):
            raise _checks.error(str(self), "a transposed convolution pads 'valid' or 'same'", received=repr(padding))
        self.output_padding = None if output_padding is None else _checks.pair(
            output_padding, "output_padding", str(self), minimum=0)
        if self.output_padding and not all(p < s for p, s in zip(self.output_padding, self.strides, strict=True)):
            raise _checks.error(str(self), "output_padding must be less than the strides",
                                f"less than {self.strides}", self.output_padding)
        self.dilation_rate = _checks.pair(dilation_rate, "dilation_rate", str(self))

    def window(self, input_shape: Shape) -> tuple[Pair, _shapes.Window]:
        """(oh, ow) of the output, and the window over it that makes the input's (H, W)."""
        height, width, _ = image_shape(input_shape, str(self))
        return _shapes.transposed_window((height, width), self.kernel_size, self.strides, str(self.padding),
                                         self.output_padding, self.dilation_rate,
                                         f"{self} (input shape {input_shape})")

    def output_shape_for(self, input_shape: Shape) -> Shape:
        return *self.window(input_shape)[0], self.filters

    def parameters(self, input_shape: Shape) -> dict[str, Parameter]:
        (kh, kw), channels = self.kernel_size, image_shape(input_shape, str(self))[2]
        return self._declare((kh, kw, self.filters, channels), self.filters, kh * kw * self.filters,
                             kh * kw * channels, bias_fan_in=kh * kw * channels)

    def product(self, x: Array, kernel: Array, bias: Array | None) -> Array:
        y = kernels.conv2d_input_gradient(x, kernel, *self.window(x.shape[1:]))
        return y if bias is None else y + bias

    def input_gradient(self, dy: Array, kernel: Array, input_shape: Shape) -> Array:
        return kernels.conv2d(dy, kernel, None, self.window(input_shape)[1])

    def kernel_gradient(self, x: Array, dy: Array) -> Array:
        return kernels.conv2d_kernel_gradient(dy, x, self.window(x.shape[1:])[1])
