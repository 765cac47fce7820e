"""Files: a document (JSON) and named arrays in one ``.npz``, written atomically, read without trust."""

from minicnn._files import atomic_write
from minicnn.saving.npz import check_fit, file_name, read, rebuild, write
from minicnn.saving.states import pack, unpack

__all__ = ["atomic_write", "check_fit", "file_name", "pack", "read", "rebuild", "unpack", "write"]
