"""The fast kernels: register blocks of vectors along lists of offsets.

They are the upper rungs of a ladder: `minicnn.kernels.reference` has the loops of the definition, `with_numpy` copies
the windows into a matrix (im2col) and multiplies once, `with_numba` copies by compiled loops. What each idea gains, in
µs for one image, AVX-512 and one thread (``examples/how_convolution_gets_fast.py`` measures it anew)::

                                    5x5, 6 to 16 maps, 12x12    3x3, 32 to 64 maps, 26x26
    loops of Python                 80,000                      4,700,000
    im2col and one product          7.2                         341
    im2col by compiled loops        6.3                         249
    no copy, one vector at a time   8.2                         638
    the same by register blocks     2.7                         195
    Winograd                        -                           135

Read in this order:

- `primitives`: what a register block is, and why ROWS x 2 vectors; the one vector primitive of all products
- `tables`: im2col without the copy: where each window lies, as two short lists
- `panels`, `turning`: how the other matrix is laid out for the blocks, also if it must be transposed
- `products`: the loops around them, over pixels
- `conv`, `back_to_image`, `dense`: the kernels that are such products
- `winograd`, `tiles`: 3x3 kernels with fewer multiplications
- `cells`, `pooling`, `bias`: windows whose cells come in vectors of channels
- `finishing`: what stands behind a product (normalization, sum, ReLU) done at once, where nobody trains
- `widths`: how wide the vectors of this machine are; `probe`: whether there are any; `minicnn.kernels.threads`: who
  does the work
- `pattern_loop`, `pattern_steps`, `pattern_memory`, `pattern_layout`: all of LeNet-5, a step after each image, as one
  loop of such blocks

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
