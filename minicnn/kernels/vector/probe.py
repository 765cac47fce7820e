"""Whether vectors compile here at all: one small block is made and compared."""

from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn.kernels._jit import jit
from minicnn.kernels.vector import widths
from minicnn.kernels.vector.primitives import multiply_block


def _compile(fingerprint: int, bits: int) -> Callable[..., Any]:
    """A product of a row by a panel one vector wide; why the fingerprint: see `minicnn.kernels.vector.products`."""

    @jit
    def one_block(a, starts, steps, b, c, columns):  # type: ignore[no-untyped-def]
        fingerprint  # noqa: B018
        lanes = bits // (8 * a.itemsize)
        multiply_block(2, 1, bits, a, 0, starts, 0, 1, steps, 0, steps.size, b, 0, lanes, c, 0, starts, columns,
                       c, 0, 1)

    return one_block


def problem() -> str | None:
    """What is wrong, in a few words; None where all is well."""
    lanes, depth = widths.BITS // 32, 3
    a, b = np.arange(depth, dtype=np.float32), np.arange(depth * lanes, dtype=np.float32)
    c, steps = np.zeros(lanes, np.float32), np.arange(depth)
    try:
        _compile(widths.FINGERPRINT, widths.BITS)(a, steps[:1], steps, b, c, lanes - 1)
    except Exception as error:  # a compiler has many ways to fail
        return f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}"
    expected = a @ b.reshape(depth, lanes)
    expected[-1] = 0  # was not asked for
    return None if np.array_equal(c, expected) else "a wrong product"
