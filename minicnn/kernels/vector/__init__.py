"""The fast kernels: register blocks of vectors along lists of offsets. Read in this order:

- `primitives`: what a register block is, and why ROWS x 2 vectors; the one vector primitive of all products
- `tables`: im2col without the copy: where each window lies, as two short lists
- `panels`: how the other matrix is laid out for the blocks
- `products`: the two loops around them, over pixels
- `conv`, `back_to_image`, `dense`: the kernels that are such products
- `winograd`, `tiles`: 3x3 kernels with fewer multiplications
- `cells`, `pooling`, `bias`: windows whose cells come in vectors of channels
- `widths`: how wide the vectors of this machine are; `minicnn.kernels.threads`: who does the work

Where this machine's compiler cannot make vectors, the kernels of `minicnn.kernels.with_numba` serve instead, and a
warning says so.
"""

import warnings

from minicnn.kernels import with_numba
from minicnn.kernels._memory import keep_freed_memory
from minicnn.kernels.vector import probe
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

_problem = probe.problem()
COMPILES = _problem is None
"""Whether this machine's compiler makes vectors."""
if _problem is not None:
    warnings.warn(f"minicnn: the vector kernels do not compile on this machine ({_problem}); the kernels of 'numba' "
                  "serve instead.", RuntimeWarning, stacklevel=2)
    globals().update({name: getattr(with_numba, name) for name in __all__})
