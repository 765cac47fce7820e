"""Files that are there whole or not at all, and files that one process holds."""

import errno
import glob
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from minicnn import _checks

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


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


def remove_leftovers(path: str | os.PathLike[str]) -> None:
    """Remove what processes that were killed inside `atomic_write` have left of this file.

    Only for a file that nobody is writing now.
    """
    path = Path(path)
    for part in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
        part.unlink(missing_ok=True)


class Lock:
    """A file that one process holds until it calls `release` or dies, however it dies; an error for any other.

    The file stays: removed, it could be held twice, by its old and by a new inode.
    """

    def __init__(self, path: str | os.PathLike[str], where: str) -> None:
        try:
            self._file = open(path, "ab")  # noqa: SIM115
        except OSError as problem:
            raise _checks.error(where, "the folder cannot be written", received=problem.strerror) from None
        try:
            _hold(self._file.fileno())
        except OSError as problem:
            self._file.close()
            if problem.errno in (errno.EAGAIN, errno.EACCES, errno.EDEADLK):
                raise _checks.error(where, "another run uses this folder", cure=
                                    "Wait until it ends, or choose another folder.") from None
            raise _checks.error(where, "the folder cannot be locked", received=problem.strerror) from None

    def release(self) -> None:
        """Let others have it."""
        self._file.close()


def _hold(handle: int) -> None:
    """Lock an open file, or raise OSError at once."""
    if sys.platform == "win32":
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _umask() -> int:
    """The process's file mode mask; the only way to read it is to set it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
