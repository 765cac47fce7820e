"""Dense layers: matrix products; there is nothing to jit."""

from minicnn._types import Array
from minicnn.kernels._blas import matmul


def dense(x: Array, kernel: Array, bias: Array | None) -> Array:
    y = matmul(x, kernel)
    if bias is not None:
        y += bias
    return y


def dense_input_gradient(dy: Array, kernel: Array) -> Array:
    return matmul(dy, kernel.T)


def dense_kernel_gradient(x: Array, dy: Array) -> Array:
    return matmul(x.T, dy)
