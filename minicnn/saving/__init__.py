"""Files: a document (JSON) and named arrays in one ``.npz``, written atomically, read without trust."""

from minicnn.saving.atomic import atomic_write
from minicnn.saving.npz import check_fit, read, rebuild, under, write

__all__ = ["atomic_write", "check_fit", "read", "rebuild", "under", "write"]
