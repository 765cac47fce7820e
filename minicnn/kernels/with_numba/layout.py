"""How arrays must lie in memory for the loops."""

import numpy as np

from minicnn._types import Array


def plain(x: Array) -> Array:
    """x as a contiguous, writable array, copied only where it is not one.

    Numba compiles one version per memory layout; this keeps it at one.
    """
    flags = x.flags
    return x if flags.c_contiguous and flags.writeable else np.require(x, requirements=("C", "W"))
