"""Memory that was freed is kept for the next array, instead of being handed back to the system.

A training step makes and drops the same few megabytes of arrays again and again. The C library of Linux gives such
memory back as soon as an array is dropped, and the system hands it out anew page by page, each with a fault and filled
with zeros: 1,800 faults a step for LeNet5Modern at batch 128, and a third of the time of the whole step
(with and without ``MINICNN_KEEP_MEMORY=0``).

So the library is told to keep up to 256 MB. The setting holds for the whole process; where ``MALLOC_TRIM_THRESHOLD_``
or ``MALLOC_MMAP_THRESHOLD_`` is set in the environment, that is respected. Other systems have no such setting.
"""

import ctypes
import os
import sys

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # their numbers in <malloc.h>
KEPT = 1 << 28
LARGEST = 1 << 25
"""Larger arrays (32 MB) get memory of their own from the system in any case."""


def keep_freed_memory() -> bool:
    """Tell the C library; returns whether it understood."""
    by_hand = any(name in os.environ for name in ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_"))
    if not sys.platform.startswith("linux") or by_hand or os.environ.get("MINICNN_KEEP_MEMORY") == "0":
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):  # another C library
        return False
    return bool(mallopt(MMAP_THRESHOLD, LARGEST) and mallopt(TRIM_THRESHOLD, KEPT))
