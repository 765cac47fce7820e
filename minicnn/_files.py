"""Files that are there whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from minicnn import _checks


@contextmanager
def atomic_write(path: str | os.PathLike[str], mode: str = "wb") -> Iterator[IO[Any]]:
    """Open a file for writing that takes its name only when the block ends well.

    The bytes go to a temporary file in the same folder, are flushed to the disk, and replace ``path`` in one
    step. When the block fails, an older file of that name stays as it was.
    """
    path = Path(path)
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    except OSError as problem:
        cure = None if path.parent.exists() else f"Make the folder {str(path.parent)!r} first."
        raise _checks.error(f"writing {str(path)!r}", "the folder cannot be written", received=problem.strerror,
                            cure=cure) from None
    try:
        os.chmod(temporary, 0o666 & ~_umask())
        with os.fdopen(handle, mode, encoding=None if "b" in mode else "utf-8") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException as problem:
        Path(temporary).unlink(missing_ok=True)
        if isinstance(problem, OSError):
            raise _checks.error(f"writing {str(path)!r}", "the file could not be written",
                                received=problem.strerror or str(problem)) from None
        raise


def _umask() -> int:
    """The process's file mode mask; the only way to read it is to set it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
