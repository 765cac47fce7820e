"""Saving the model while it trains."""

import os
import string
import tempfile
import warnings
from collections.abc import Mapping
from typing import Any

from minicnn import _checks
from minicnn.callbacks._arguments import real_or_none, verbosity
from minicnn.callbacks.base import Logs
from minicnn.callbacks.monitor import MonitorCallback


class ModelCheckpoint(MonitorCallback):
    """Save the model after each epoch, or after every so many batches.

    filepath: the name of the file, with any ending that `model.save` takes. In braces may stand ``epoch`` (counted
    from 1), the name of any figure, and with a number as ``save_freq`` also ``batch`` (from 1), as in
    ``"{epoch:02d}-{val_loss:.2f}.npz"``.
    monitor, mode: as `MonitorCallback` has them; used with ``save_best_only``: only a model better than all before is
    saved. initial_value_threshold: the first one must be better than this. save_weights_only: call
    `model.save_weights` instead. save_freq: "epoch", or after how many batches; figures are then those of the part
    of the epoch that is done. verbose=1 says what is done.
    """

    def __init__(self, filepath: str | os.PathLike[str], monitor: str = "val_loss", verbose: int = 0,
                 save_best_only: bool = False, save_weights_only: bool = False, mode: str = "auto",
                 save_freq: str | int = "epoch", initial_value_threshold: float | None = None) -> None:
        super().__init__(monitor, mode)
        where = "ModelCheckpoint"
        self.filepath = _template(filepath)
        self.verbose = verbosity(verbose, where)
        self.save_best_only = _checks.flag(save_best_only, "save_best_only", "ModelCheckpoint")
        self.save_weights_only = _checks.flag(save_weights_only, "save_weights_only", "ModelCheckpoint")
        if self.save_best_only:
            self.direction()  # refused now rather than after an epoch
        if save_freq != "epoch":
            _checks.integer(save_freq, "save_freq, when not 'epoch',", where)
        self.save_freq = save_freq
        self.best = real_or_none(initial_value_threshold, "initial_value_threshold", where)
        self._epoch = self._batches = 0  # batches since the last one that was saved

    def on_train_begin(self, logs: Logs | None = None) -> None:
        # Found out now rather than after an epoch; what comes after a brace is not known yet.
        _make_folder(self.filepath.split("{")[0])
        if os.path.isdir(self.filepath):
            raise _checks.error("ModelCheckpoint", "the name of a file is needed", received=f"folder {self.filepath!r}")

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._batches += 1
        if self.save_freq != "epoch" and self._batches >= int(self.save_freq):
            self._batches = 0
            self._save(self._epoch, {"batch": batch + 1, **(logs or {})}, logs or {})

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self.save_freq == "epoch":
            self._save(epoch, logs or {}, logs or {})

    def _save(self, epoch: int, fields: Mapping[str, float], logs: Logs) -> None:
        path = self._path({**fields, "epoch": epoch + 1})
        if not self._wanted(epoch, logs, path):
            return
        _make_folder(path)
        (self.model.save_weights if self.save_weights_only else self.model.save)(path)
        if self.save_best_only:
            self.best = logs.get(self.monitor, self.best)
        self._say(epoch, f"finished saving model to {path}")

    def _path(self, fields: Mapping[str, float]) -> str:
        try:
            return self.filepath.format(**fields)
        except (LookupError, ValueError) as problem:
            raise _checks.error(f"ModelCheckpoint {self.filepath!r}", "the name of the file cannot be filled in",
                                f"fields out of {', '.join(sorted(fields))}", problem) from None

    def _wanted(self, epoch: int, logs: Logs, path: str) -> bool:
        """Whether to save now; says so."""
        if not self.save_best_only:
            self._say(epoch, f"saving model to {path}")
            return True
        current = logs.get(self.monitor)
        if current is None:
            warnings.warn(f"Can save best model only with {self.monitor} available.", stacklevel=2)
            return True
        before = "None" if self.best is None else f"{self.best:.5f}"
        if not self.is_improvement(current, self.best):
            self._say(epoch, f"{self.monitor} did not improve from {before}")
            return False
        self._say(epoch, f"{self.monitor} improved from {before} to {current:.5f}, saving model to {path}")
        return True

    def _say(self, epoch: int, text: str) -> None:
        if self.verbose:
            print(f"\nEpoch {epoch + 1}: {text}", flush=True)

    def get_state(self) -> dict[str, Any]:
        return {"best": self.best, "epoch": self._epoch, "batches": self._batches}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self.best, self._epoch, self._batches = state["best"], state["epoch"], state["batches"]


def _template(filepath: str | os.PathLike[str]) -> str:
    """The name as a text, its braces checked."""
    where = "ModelCheckpoint"
    if not isinstance(filepath, (str, os.PathLike)):
        raise _checks.error(where, "filepath must be the name of a file", received=repr(filepath))
    text = os.fspath(filepath)
    try:
        fields = [field for _, field, _, _ in string.Formatter().parse(text) if field is not None]
    except ValueError as problem:
        raise _checks.error(where, f"the braces in {text!r} do not pair", received=problem) from None
    if not all(field.isidentifier() for field in fields):
        raise _checks.error(where, f"the braces in {text!r} must hold names", "such as {epoch:02d}", fields)
    return text


def _make_folder(path: str) -> None:
    """Make the folder that a file is to be written to, and see that it can be written to."""
    folder = os.path.dirname(path) or os.curdir
    try:
        os.makedirs(folder, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as problem:
        raise _checks.error("ModelCheckpoint", f"the folder {folder!r} cannot be made or written to",
                            received=problem.strerror) from None
