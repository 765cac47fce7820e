"""The kernels with jitted loops: what `with_numpy` does by views, done by loops the machine runs fast.

The convolution stays im2col and one matrix product; what NumPy spends on strided copies goes into two
plain loops, `unroll` and its mirror `roll_back`. They walk flat arrays, because a window row of a
channels-last image is one contiguous run of ``kw * C`` numbers. Images are unrolled in blocks that fit
a core's cache, so a large batch needs no huge matrix.
"""

from minicnn.kernels.with_numba.bias import bias_gradient
from minicnn.kernels.with_numba.conv import (
    conv2d,
    conv2d_input_gradient,
    conv2d_kernel_gradient,
    table_conv2d,
    table_conv2d_input_gradient,
    table_conv2d_kernel_gradient,
)
from minicnn.kernels.with_numba.dense import dense, dense_input_gradient, dense_kernel_gradient
from minicnn.kernels.with_numba.depthwise import (
    depthwise_conv2d,
    depthwise_conv2d_input_gradient,
    depthwise_conv2d_kernel_gradient,
)
from minicnn.kernels.with_numba.layout import plain
from minicnn.kernels.with_numba.pooling import (
    average_pool,
    average_pool_input_gradient,
    clipped,
    max_pool,
    max_pool_input_gradient,
    subsample,
    subsample_input_gradient,
)
from minicnn.kernels.with_numpy import rbf, rbf_input_gradient, rbf_prototype_gradient

# The radial kernels are few and small: there is nothing to jit.
__all__ = ["average_pool", "average_pool_input_gradient", "bias_gradient", "clipped", "conv2d",
           "conv2d_input_gradient", "conv2d_kernel_gradient", "dense", "dense_input_gradient", "dense_kernel_gradient",
           "depthwise_conv2d", "depthwise_conv2d_input_gradient", "depthwise_conv2d_kernel_gradient", "max_pool",
           "max_pool_input_gradient", "plain", "rbf", "rbf_input_gradient", "rbf_prototype_gradient", "subsample",
           "subsample_input_gradient", "table_conv2d", "table_conv2d_input_gradient", "table_conv2d_kernel_gradient"]
