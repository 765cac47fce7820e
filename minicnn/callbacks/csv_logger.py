"""The figures of each epoch as lines of a file."""

import csv
import errno
import io
import os
from collections.abc import Mapping, Sequence
from typing import Any

from minicnn import _checks
from minicnn.callbacks.base import Callback, Logs


class CSVLogger(Callback):
    """Write a line for each epoch: its number, counted from 0, and the figures, their names in order.

    The columns are settled by the first epoch; without validation figures they are made for them, too, and hold
    "NA", as does whatever an epoch has no figure for. append: go on in a file that is there, with its columns,
    instead of a new one.

    A line is written in one piece when its epoch ends, so a process that is killed leaves whole lines. A resumed
    run drops the lines after the place it resumes from.
    """

    def __init__(self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False) -> None:
        if not isinstance(filename, (str, os.PathLike)):
            raise _checks.error("CSVLogger", "filename must be the name of a file", received=repr(filename))
        if not isinstance(separator, str) or len(separator) != 1 or separator in '"\r\n':
            raise _checks.error("CSVLogger", "separator must be one character", received=repr(separator))
        self.filename, self.separator, self.append = os.fspath(filename), separator, bool(append)
        self._path = self.filename
        self._header: list[str] | None = None  # the columns of a file that is appended to
        self._columns: list[str] | None = None
        self._end = 0  # where the next line goes: what is behind it is not ours, or no longer

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._path = os.path.abspath(self.filename)
        self._header, self._columns, self._end = None, None, 0
        try:
            with open(self._path, "a+b") as file:  # made when it is missing; emptied only when the first line comes
                if self.append and file.tell():
                    self._end = file.tell()
                    file.seek(0)
                    self._header = self._old_columns(file.readline())
        except OSError as problem:
            raise self._failure(problem) from None

    def _old_columns(self, line: bytes) -> list[str]:
        header = next(csv.reader([line.decode(errors="replace")], delimiter=self.separator), [])
        if header[:1] != ["epoch"]:
            raise _checks.error(f"CSVLogger {self.filename!r}", "the file to append to is no such log",
                                f"a first line 'epoch{self.separator}...'", repr(self.separator.join(header)))
        return header[1:]

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        if self._columns is None:
            self._columns = self._settled(logs)
        self._write([epoch, *(logs.get(name, "NA") for name in self._columns)])

    def _settled(self, logs: Logs) -> list[str]:
        """The columns from now on."""
        if self._header is None:
            return _columns(logs)
        strangers = sorted(logs.keys() - set(self._header))
        if strangers:
            raise _checks.error(f"CSVLogger {self.filename!r}", "the file to append to has other columns",
                                f"figures out of {', '.join(self._header)}", ", ".join(strangers))
        return self._header

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._write()  # without any epoch, too, what was there before is gone

    def _write(self, *rows: list[object]) -> None:
        """Cut off what is behind our last line, and put rows there; the header first where there is nothing yet."""
        try:
            with open(self._path, "a+b", buffering=0) as file:
                end = min(self._end, file.tell())  # somebody may have emptied the file meanwhile
                file.truncate(end)
                header = [["epoch", *(self._columns or [])]] if rows and not end else []
                self._end = end + _append(file, end, _lines([*header, *rows], self.separator))
        except OSError as problem:
            raise self._failure(problem) from None

    def _failure(self, problem: OSError) -> _checks.MinicnnError:
        return _checks.error(f"CSVLogger {self.filename!r}", "the file cannot be written", received=problem.strerror)

    def get_state(self) -> dict[str, Any]:
        return {"columns": self._columns, "end": self._end}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self._columns, self._end = state["columns"], state["end"]


def _columns(logs: Logs) -> list[str]:
    """The names in order; when none is of a validation, one of a validation for each."""
    names = sorted(logs)
    if any(name.startswith("val_") for name in names):
        return names
    return names + [f"val_{name}" for name in names]


def _lines(rows: Sequence[Sequence[object]], separator: str) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows(rows)
    return text.getvalue().encode()


def _append(file: io.FileIO, end: int, data: bytes) -> int:
    """Put all of the bytes at the end of the file, on a new line, or none of them; returns how many they are."""
    file.seek(max(end - 1, 0))
    if data and file.read(1) not in (b"", b"\n"):
        data = b"\r\n" + data
    try:
        if file.write(data) < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    except OSError:
        file.truncate(end)
        raise
    return len(data)
