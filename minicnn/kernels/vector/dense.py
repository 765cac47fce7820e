"""Dense layers: NumPy's matrix product, cut into parts of which each runs on a thread of ours.

At these shapes, plain matrices with nothing to unroll, NumPy's BLAS is as fast as register blocks of our own (measured:
``python -m benchmarks layer``). But its threads wait for each other by spinning, in the way of everybody else; so it
is told to use one, and the rows of the result are shared among the threads of `minicnn.kernels.threads`.

The naive versions are those of `minicnn.kernels.reference`.
"""

import numpy as np

from minicnn._types import Array
from minicnn.kernels._blas import one_thread
from minicnn.kernels.threads import parts_for, share

ROWS = 16
"""Fewer rows than these are no part of their own."""


def matmul(a: Array, b: Array) -> Array:
    """a (M, K) @ b (K, N)."""
    product = np.empty((len(a), b.shape[1]), a.dtype)

    def run(part: int, first: int, last: int) -> None:
        np.matmul(a[first:last], b, out=product[first:last])

    with one_thread:
        share(run, len(a), parts_for(a.size * b.shape[1], len(a) // ROWS))
    return product


def dense(x: Array, kernel: Array, bias: Array | None) -> Array:
    y = matmul(x, kernel)
    if bias is not None:
        y += bias
    return y


def dense_input_gradient(dy: Array, kernel: Array) -> Array:
    return matmul(dy, kernel.T)


def dense_kernel_gradient(x: Array, dy: Array) -> Array:
    return x.T * dy if len(x) == 1 else matmul(x.T, dy)
