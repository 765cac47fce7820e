"""How wide the vectors are on this machine.

``MINICNN_VECTOR_BITS`` (128, 256 or 512) takes another width than the machine's own: for tests, and for a processor
that slows down when its widest vectors are in use.
"""

import os
import platform
import zlib
from pathlib import Path

import llvmlite.binding as llvm

from minicnn import _checks


def _machine_bits() -> int:
    """By the features of the processor that Numba compiles for. NEON and SSE have 128."""
    asked = os.environ.get("NUMBA_CPU_FEATURES")  # Numba's way to compile for less than the machine can
    if asked is not None:
        names = {name[1:] for name in asked.split(",") if name.startswith("+")}
    else:
        names = {name for name, there in llvm.get_host_cpu_features().items() if there}
    return 512 if "avx512f" in names else 256 if "avx2" in names else 128


def _chosen_bits() -> int:
    asked = os.environ.get("MINICNN_VECTOR_BITS")
    if asked not in (None, "", "128", "256", "512"):
        raise _checks.error("MINICNN_VECTOR_BITS", "unknown width of a vector", "128, 256 or 512", repr(asked))
    return int(asked) if asked else _machine_bits()


def _rows(bits: int, processor: str) -> int:
    """Rows of a block two vectors wide: AVX-512 and NEON have 32 registers for it, AVX2 and SSE have 16."""
    return 8 if bits == 512 or processor in ("aarch64", "arm64") else 6


BITS = _chosen_bits()
HALF = max(128, BITS // 2)
"""For the few columns that fill less than half of a vector: LeNet's first layer has 6 filters."""
ROWS = _rows(BITS, platform.machine())
"""Of a register block two vectors wide: by the number of registers."""
PIECES = ("primitives.py", "cells.py", "tiles.py", "panels.py", "turning.py", "finishing.py",
          "pattern_steps.py")
FINGERPRINT = zlib.crc32(b"".join(Path(__file__).with_name(name).read_bytes() for name in PIECES))
"""Changes whenever what the loops are made of does."""
