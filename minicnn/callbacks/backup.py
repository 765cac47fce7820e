"""Runs that go on after they were killed."""

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from minicnn import _checks, saving
from minicnn._checks import MinicnnError
from minicnn._files import Lock, remove_leftovers
from minicnn.callbacks._model_state import check_model_state, model_state, set_model_state
from minicnn.callbacks.base import Callback, Logs

FILE, LOCK = "backup.npz", ".lock"


class BackupAndRestore(Callback):
    """Keep the state of the training in a folder; when it was stopped, the next `fit` goes on from there.

    However it was stopped (Ctrl-C, an error, a killed process, a power cut) and wherever, inside an epoch too: `fit`
    called again with the same model, data and callbacks ends with the same bits as if nothing had happened: weights,
    optimizer, random numbers, history, and what the other callbacks remember (`Callback.get_state`). ::

        model = build()
        model.compile("sgd", "sparse_categorical_crossentropy")
        model.fit(x, y, epochs=20, callbacks=[EarlyStopping("loss"), BackupAndRestore("run", save_freq=500)])
        model.save("model.npz")

    Started again after it was killed, this program goes on after the last backup in the folder ``run``.

    backup_dir: a folder for this run alone; it is made when it is missing, and a second run that uses it at the same
        time is refused.
    save_freq: "epoch", after each epoch; or also after every so many batches.
    delete_checkpoint: remove the backup when the training ends well. A process that is killed after that, before it
        has saved the model, trains anew; with False, a `fit` that finds its training done returns at once, with the
        history, and the file is yours to delete.

    The file is replaced in one step, so there is always a whole one. A backup of another model, of other data (as far
    as the number of batches tells) or callbacks, or a damaged one, is an error. Generators are refused: they cannot
    give a batch again.
    """

    comes_last = True

    def __init__(self, backup_dir: str | os.PathLike[str], save_freq: str | int = "epoch", *,
                 delete_checkpoint: bool = True) -> None:
        where = "BackupAndRestore"
        if not isinstance(backup_dir, (str, os.PathLike)) or not os.fspath(backup_dir):
            raise _checks.error(where, "backup_dir must be the name of a folder", received=repr(backup_dir))
        if save_freq != "epoch":
            _checks.integer(save_freq, "save_freq, when not 'epoch',", where)
        self.backup_dir, self.save_freq = os.fspath(backup_dir), save_freq
        self.delete_checkpoint = _checks.flag(delete_checkpoint, "delete_checkpoint", "BackupAndRestore")
        self._path = Path(self.backup_dir, FILE)
        self._batches = 0  # since the last backup
        self._lock: Lock | None = None

    @property
    def _where(self) -> str:
        return f"BackupAndRestore {str(self._path)!r}"

    # -- hooks ---------------------------------------------------------------------------------------

    def on_train_begin(self, logs: Logs | None = None) -> None:
        if not self.model.progress.repeatable:
            raise _checks.error("BackupAndRestore", "a generator cannot give its batches again", cure=
                                "Pass arrays, or an object that can be iterated again and again.")
        self._take_folder()
        if self._path.exists():
            self._restore()
        else:
            self._save()  # a run that is stopped before its first backup starts from the same weights and seed

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._batches += 1
        if self.save_freq != "epoch" and self._batches >= int(self.save_freq):
            self._save()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._save()

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.delete_checkpoint:
            try:
                self._path.unlink(missing_ok=True)
            except OSError as problem:
                raise _checks.error(self._where, "the backup cannot be removed", received=problem.strerror) from None

    def close(self) -> None:
        if self._lock is not None:
            self._lock.release()
        self._lock = None

    # -- file ----------------------------------------------------------------------------------------

    def _take_folder(self) -> None:
        self.close()  # still held where another callback's `close` failed
        self._path = Path(os.path.abspath(self.backup_dir), FILE)  # the process may change its folder
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise _checks.error(self._where, "the folder cannot be made", received=problem.strerror) from None
        self._lock = Lock(self._path.with_name(LOCK), self._where)
        remove_leftovers(self._path)

    def _save(self) -> None:
        arrays: dict[str, Any] = {}
        state = {**model_state(self.model), "steps": self.params.get("steps"),
                 "callbacks": [{"class": type(callback).__name__, "state": callback.get_state()}
                               for callback in self._stateful()]}
        document = {"backup": {name: saving.pack(value, arrays, name) for name, value in state.items()}}
        saving.write(self._path, document, arrays)
        self._batches = 0

    def _restore(self) -> None:
        """Everything is checked before anything is set."""
        try:
            document, arrays = saving.read(self._path)
            state = self._told("the backup is damaged", lambda: {
                name: saving.unpack(value, arrays) for name, value in document["backup"].items()})
            self._told("the backup is damaged", lambda: self._check(state))
            for callback, saved in zip(self._stateful(), state["callbacks"], strict=True):
                what = f"{type(callback).__name__} cannot go on from the state in the backup"
                self._told(what, partial(callback.set_state, saved["state"]))
            set_model_state(self.model, state)
        except MinicnnError as problem:
            raise MinicnnError(f"{problem} Delete {str(self._path)!r} to start anew.") from problem.__cause__
        self._batches = 0

    def _told(self, what: str, action: Callable[[], Any]) -> Any:
        """What an action gives; whatever it raises, as an error in words."""
        try:
            return action()
        except MinicnnError:
            raise
        except Exception as problem:  # callbacks, users' own among them, raise what they like
            raise _checks.error(self._where, what, received=f"{type(problem).__name__}: {problem}") from problem

    def _check(self, state: Mapping[str, Any]) -> None:
        """Refuse the state of another run."""
        check_model_state(self.model, state, self._where)
        present, saved = [type(c).__name__ for c in self._stateful()], [entry["class"] for entry in state["callbacks"]]
        if present != saved:
            raise _checks.error(self._where, "the backup is of a run with other callbacks", ", ".join(saved),
                                ", ".join(present))
        if state["steps"] != self.params.get("steps"):
            raise _checks.error(self._where, "the backup is of a run with other data", f"{state['steps']} batches",
                                f"{self.params.get('steps')} in an epoch")

    def _stateful(self) -> list[Callback]:
        """The callbacks that have something to remember; a progress bar more or less changes no run."""
        return [callback for callback in self.others if type(callback).get_state is not Callback.get_state]
