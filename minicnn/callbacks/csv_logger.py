"""The figures of each epoch as lines of a file."""

import csv
import io
import os
from collections.abc import Mapping, Sequence
from typing import Any

from minicnn import _checks
from minicnn._files import atomic_write
from minicnn.callbacks.base import Callback, Logs


class CSVLogger(Callback):
    """Write a line for each epoch: its number, counted from 0, and the figures, their names in order.

    The columns are settled by the first epoch; without validation figures they are made for them, too, and hold
    "NA", as does whatever an epoch has no figure for. append: go on in a file that is there, with its columns,
    instead of a new one.

    The file is replaced in one step when an epoch ends, so a process that is killed leaves whole lines. (Of a line
    that is only appended, the system may have written a part.) A resumed run drops the lines that were written
    after the place it resumes from.
    """

    def __init__(self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False) -> None:
        if not isinstance(filename, (str, os.PathLike)):
            raise _checks.error("CSVLogger", "filename must be the name of a file", received=repr(filename))
        if not isinstance(separator, str) or len(separator) != 1 or separator in '"\r\n':
            raise _checks.error("CSVLogger", "separator must be one character", received=repr(separator))
        self.filename, self.separator = os.fspath(filename), separator
        self.append = _checks.flag(append, "append", "CSVLogger")
        self._path = self.filename
        self._header: list[str] | None = None  # the columns of a file that is appended to
        self._columns: list[str] | None = None
        self._lines = b""  # all that is in the file

    def on_train_begin(self, logs: Logs | None = None) -> None:
        # The folder may change; and the file is replaced, not a link to it.
        self._path = os.path.realpath(self.filename)
        self._header, self._columns, self._lines = None, None, b""
        old = self._read()
        if self.append and old:
            self._header, self._lines = self._old_columns(old), old
        # An old log is kept until the first line comes; this finds out now whether that can be written.
        self._write(old)

    def _read(self) -> bytes:
        try:
            with open(self._path, "rb") as file:
                return file.read()
        except FileNotFoundError:
            return b""
        except OSError as problem:
            raise _checks.error(f"CSVLogger {self.filename!r}", "the file cannot be read",
                                received=problem.strerror) from None

    def _write(self, lines: bytes) -> None:
        with atomic_write(self._path) as file:
            file.write(lines)

    def _old_columns(self, old: bytes) -> list[str]:
        first = old.splitlines()[0].decode(errors="replace")
        header = next(csv.reader([first], delimiter=self.separator), [])
        if header[:1] != ["epoch"]:
            raise _checks.error(f"CSVLogger {self.filename!r}", "the file to append to is no such log",
                                f"a first line 'epoch{self.separator}...'", repr(first))
        return header[1:]

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        columns = self._settled(logs) if self._columns is None else self._columns
        row = [epoch, *(logs.get(name, "NA") for name in columns)]
        lines = self._lines or self._line(["epoch", *columns])
        if not lines.endswith(b"\n"):
            lines += b"\r\n"
        lines += self._line(row)
        self._write(lines)
        self._columns, self._lines = columns, lines

    def _settled(self, logs: Logs) -> list[str]:
        """The columns from now on."""
        if self._header is None:
            return _columns(logs)
        strangers = sorted(logs.keys() - set(self._header))
        if strangers:
            raise _checks.error(f"CSVLogger {self.filename!r}", "the file to append to has other columns",
                                f"figures out of {', '.join(self._header)}", ", ".join(strangers))
        return self._header

    def _line(self, row: Sequence[object]) -> bytes:
        text = io.StringIO()
        csv.writer(text, delimiter=self.separator).writerow(row)
        return text.getvalue().encode()

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._write(self._lines)  # without any epoch, too, what is not ours is gone

    def get_state(self) -> dict[str, Any]:
        return {"columns": self._columns, "length": len(self._lines)}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self._columns, self._lines = state["columns"], self._read()[:state["length"]]


def _columns(logs: Logs) -> list[str]:
    """The names in order; when none is of a validation, one of a validation for each."""
    names = sorted(logs)
    if any(name.startswith("val_") for name in names):
        return names
    return names + [f"val_{name}" for name in names]
