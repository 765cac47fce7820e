"""The fast kernels."""

from minicnn.kernels._memory import keep_freed_memory
from minicnn.kernels.vector.back_to_image import conv2d_input_gradient
from minicnn.kernels.vector.bias import bias_gradient
from minicnn.kernels.vector.conv import (
    conv2d,
    conv2d_kernel_gradient,
    table_conv2d,
    table_conv2d_input_gradient,
    table_conv2d_kernel_gradient,
)
from minicnn.kernels.vector.dense import dense, dense_input_gradient, dense_kernel_gradient
from minicnn.kernels.vector.pooling import (
    average_pool,
    average_pool_input_gradient,
    max_pool,
    max_pool_input_gradient,
    subsample,
    subsample_input_gradient,
)
from minicnn.kernels.with_numba import (
    depthwise_conv2d,
    depthwise_conv2d_input_gradient,
    depthwise_conv2d_kernel_gradient,
)
from minicnn.kernels.with_numpy import rbf, rbf_input_gradient, rbf_prototype_gradient

__all__ = ["average_pool", "average_pool_input_gradient", "bias_gradient", "conv2d", "conv2d_input_gradient",
           "conv2d_kernel_gradient", "dense", "dense_input_gradient", "dense_kernel_gradient", "depthwise_conv2d",
           "depthwise_conv2d_input_gradient", "depthwise_conv2d_kernel_gradient", "max_pool",
           "max_pool_input_gradient", "rbf", "rbf_input_gradient", "rbf_prototype_gradient", "subsample",
           "subsample_input_gradient", "table_conv2d", "table_conv2d_input_gradient", "table_conv2d_kernel_gradient"]

keep_freed_memory()
