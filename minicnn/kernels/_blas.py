"""The matrix product, on one thread where it is small.

NumPy multiplies matrices with OpenBLAS, whose threads wait for work by spinning. For the small products of a
LeNet a second thread gains nothing, and beside any other busy process the waiting costs more than the
arithmetic: a training step took 6 to 17 times as long. So while such a product runs, OpenBLAS is told to use
one thread, and then what it used before. NumPy has no function for this; the call goes to the library that
comes inside NumPy's package. Where there is none (another BLAS), nothing is changed.
"""

import ctypes
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np

from minicnn._types import Array

LARGE = 1 << 23
"""Multiplications from which a second thread pays: about 0.2 ms on one."""


def _openblas() -> tuple[Callable[[], int], Callable[[int], None]] | None:
    """Getter and setter of the number of threads of NumPy's own OpenBLAS, if it has one."""
    package = Path(np.__file__).parent
    for file in (*package.parent.glob("numpy.libs/*openblas*"), *package.glob(".dylibs/*openblas*")):
        try:
            library = ctypes.CDLL(str(file))
        except OSError:
            continue
        for name in ("scipy_openblas_{}_num_threads64_", "openblas_{}_num_threads64_", "openblas_{}_num_threads"):
            if hasattr(library, name.format("get")):
                return getattr(library, name.format("get")), getattr(library, name.format("set"))
    return None


class _OneThread:
    """A context in which OpenBLAS uses one thread. Several Python threads may be inside at once: the first to
    come in remembers the number, the last to leave restores it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.inside, self.before = 0, 1
        self.functions = _openblas()

    def __enter__(self) -> None:
        if self.functions is None:
            return
        get, set_ = self.functions
        with self.lock:
            if self.inside == 0:
                self.before = get()
                set_(1)
            self.inside += 1

    def __exit__(self, *exception: object) -> None:
        if self.functions is None:
            return
        with self.lock:
            self.inside -= 1
            if self.inside == 0:
                self.functions[1](self.before)


one_thread = _OneThread()


def matmul(a: Array, b: Array, out: Array | None = None) -> Array:
    """a (M, K) @ b (K, N), into ``out`` where it is given."""
    product: Array
    if a.shape[0] * a.shape[1] * b.shape[1] >= LARGE:
        product = np.matmul(a, b, out=out)
    else:
        with one_thread:
            product = np.matmul(a, b, out=out)
    return product
