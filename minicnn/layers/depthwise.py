"""Depthwise convolution: each channel by itself."""

from collections.abc import Sequence

from minicnn import _checks, _shapes, initializers, kernels, regularizers
from minicnn._types import Array, Shape
from minicnn.activations import ActivationFunction
from minicnn.initializers import Initializer
from minicnn.layers.base import Parameter, image_shape
from minicnn.layers.linear import Linear
from minicnn.regularizers import L1L2


class DepthwiseConv2D(Linear):
    """``y[.., c*M + m] = bias[c*M + m] + sum over p, q of x[n, i*sh + p*dh, j*sw + q*dw, c] * kernel[p, q, c, m]``.

    Here ``y[.., f]`` is ``y[n, i, j, f]``; (N, H, W, C) -> (N, oh, ow, C*M). Each channel is convolved with M kernels
    of its own, and channels never mix. The kernel is (kh, kw, C, M), as Keras stores it; it is the `Conv2D` with C
    groups and C*M filters.

    kernel_size, strides, padding, dilation_rate, and x inside a frame of zeros: as in `Conv2D`.
    depth_multiplier: M.
    depthwise_initializer, depthwise_regularizer: of the kernel. The fans are Keras's, read off the kernel's shape:
        kh*kw*C in and kh*kw*M out, although a unit sees kh*kw numbers only.

    Defaults as in Keras. Unlike Keras, strides and dilation may be combined, and the padding may be given in cells.
    Forward, backward and curvature: see `Linear`.
    """

    def __init__(self, kernel_size: int | Sequence[int], strides: int | Sequence[int] = 1,
                 padding: _shapes.Padding = "valid", depth_multiplier: int = 1, *,
                 dilation_rate: int | Sequence[int] = 1, activation: str | ActivationFunction | None = None,
                 use_bias: bool = True, depthwise_initializer: str | Initializer = "glorot_uniform",
                 bias_initializer: str | Initializer = "zeros", depthwise_regularizer: str | L1L2 | None = None,
                 bias_regularizer: str | L1L2 | None = None, name: str | None = None, trainable: bool = True,
                 dtype: str = "float32", input_shape: Sequence[int] | None = None) -> None:
        # What Keras calls depthwise_initializer and depthwise_regularizer here is the kernel's in `Linear`.
        self.depthwise_initializer = initializers.get(depthwise_initializer)
        self.depthwise_regularizer = regularizers.get(depthwise_regularizer)
        super().__init__(activation=activation, use_bias=use_bias, kernel_initializer=self.depthwise_initializer,
                         bias_initializer=bias_initializer, kernel_regularizer=self.depthwise_regularizer,
                         bias_regularizer=bias_regularizer, name=name, trainable=trainable, dtype=dtype,
                         input_shape=input_shape)
        self.kernel_size = _checks.pair(kernel_size, "kernel_size", str(self))
        self.strides = _checks.pair(strides, "strides", str(self))
        self.padding = _shapes.check_padding(padding, str(self))
        self.depth_multiplier = _checks.integer(depth_multiplier, "depth_multiplier", str(self))
        self.dilation_rate = _checks.pair(dilation_rate, "dilation_rate", str(self))

    def window(self, input_shape: Shape) -> _shapes.Window:
        """The sliding window over an input of (H, W, C)."""
        height, width, _ = image_shape(input_shape, str(self))
        return _shapes.window((height, width), self.kernel_size, self.strides, self.padding, self.dilation_rate,
                              f"{self} (input shape {input_shape})")

    def output_shape_for(self, input_shape: Shape) -> Shape:
        return *self.window(input_shape).output, input_shape[2] * self.depth_multiplier

    def parameters(self, input_shape: Shape) -> dict[str, Parameter]:
        (kh, kw), multiplier = self.kernel_size, self.depth_multiplier
        channels = image_shape(input_shape, str(self))[2]
        return self._declare((kh, kw, channels, multiplier), channels * multiplier, kh * kw * channels,
                             kh * kw * multiplier, bias_fan_in=kh * kw)

    def product(self, x: Array, kernel: Array, bias: Array | None) -> Array:
        return kernels.depthwise_conv2d(x, kernel, bias, self.window(x.shape[1:]))

    def input_gradient(self, dy: Array, kernel: Array, input_shape: Shape) -> Array:
        height, width, _ = input_shape
        return kernels.depthwise_conv2d_input_gradient(dy, kernel, (height, width), self.window(input_shape))

    def kernel_gradient(self, x: Array, dy: Array) -> Array:
        return kernels.depthwise_conv2d_kernel_gradient(x, dy, self.window(x.shape[1:]))
