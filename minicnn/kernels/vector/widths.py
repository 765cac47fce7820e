"""How wide the vectors are on this machine, and how a matrix is cut into panels of them.

``MINICNN_VECTOR_BITS`` (128, 256 or 512) takes another width than the machine's own: for tests, and for a processor
that slows down when its widest vectors are in use.
"""

import os
import zlib
from functools import lru_cache
from pathlib import Path

import llvmlite.binding as llvm
import numpy as np
from numba.core import config

from minicnn import _checks
from minicnn._types import Array


def _machine_bits() -> int:
    """By the features of the processor that Numba compiles for. NEON and SSE have 128."""
    if config.CPU_FEATURES is not None:
        names = {name[1:] for name in config.CPU_FEATURES.split(",") if name.startswith("+")}
    else:
        names = {name for name, there in llvm.get_host_cpu_features().items() if there}
    return 512 if "avx512f" in names else 256 if "avx2" in names else 128


def _chosen_bits() -> int:
    asked = os.environ.get("MINICNN_VECTOR_BITS")
    if asked not in (None, "", "128", "256", "512"):
        raise _checks.error("MINICNN_VECTOR_BITS", "unknown width of a vector", "128, 256 or 512", repr(asked))
    return int(asked) if asked else _machine_bits()


BITS = _chosen_bits()
HALF = max(128, BITS // 2)
"""For the few columns that fill less than half of a vector: LeNet's first layer has 6 filters."""
ROWS = 8 if BITS == 512 else 6
"""Of a register block two vectors wide: by the number of registers."""
FINGERPRINT = zlib.crc32(Path(__file__).with_name("primitives.py").read_bytes())
"""Changes whenever the primitives do."""


@lru_cache(1024)
def panels(columns: int, itemsize: int) -> Array:
    """Where each panel of so many columns begins, and where the last one ends.

    All are two vectors wide but the last, which takes what is enough of two, one or half a vector.
    """
    lanes, half = BITS // (8 * itemsize), HALF // (8 * itemsize)
    rest = columns % (2 * lanes)
    last = 0 if not rest else half if rest <= half else lanes if rest <= lanes else 2 * lanes
    edges = list(range(0, columns - rest + 1, 2 * lanes))
    return np.array(edges + [edges[-1] + last] * bool(rest))
