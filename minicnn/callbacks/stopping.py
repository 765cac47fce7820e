"""Callbacks that end the training early."""

import math
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from minicnn import _checks
from minicnn._types import Array
from minicnn.callbacks._arguments import real_or_none, verbosity
from minicnn.callbacks.base import Callback, Logs
from minicnn.callbacks.monitor import MonitorCallback, names


class EarlyStopping(MonitorCallback):
    """Stop when a figure has not improved for ``patience`` epochs.

    The first epoch looked at always counts as an improvement, so a training never ends with its first epoch.

    monitor, min_delta, mode: as `MonitorCallback` has them. verbose=1 says what is done.
    baseline: waiting only starts anew when the figure is better than this, too.
    restore_best_weights: when the training ends, stopped or not, go back to the weights of the best epoch.
    start_from_epoch: epochs that are not looked at, counted from 0.
    """

    def __init__(self, monitor: str = "val_loss", min_delta: float = 0, patience: int = 0, verbose: int = 0,
                 mode: str = "auto", baseline: float | None = None, restore_best_weights: bool = False,
                 start_from_epoch: int = 0) -> None:
        super().__init__(monitor, mode, min_delta)
        where = "EarlyStopping"
        self.direction()  # refused now rather than after an epoch
        self.patience = _checks.integer(patience, "patience", where, minimum=0)
        self.verbose = verbosity(verbose, where)
        self.baseline = real_or_none(baseline, "baseline", where)
        self.restore_best_weights = _checks.flag(restore_best_weights, "restore_best_weights", "EarlyStopping")
        self.start_from_epoch = _checks.integer(start_from_epoch, "start_from_epoch", where, minimum=0)
        self._forget()

    def _forget(self) -> None:
        self.best = None
        self.wait = self.best_epoch = self.stopped_epoch = 0
        self.best_weights: list[Array] | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._forget()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        current = (logs or {}).get(self.monitor)
        if current is None:
            warnings.warn(f"Early stopping conditioned on metric `{self.monitor}` which is not available. "
                          f"Available metrics are: {names(logs)}", stacklevel=2)
            return
        if epoch < self.start_from_epoch:
            return
        self.wait += 1
        if self.is_improvement(current, self.best):
            self._keep(epoch, current)
        elif self.wait >= self.patience:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def _keep(self, epoch: int, current: float) -> None:
        """This epoch is the best so far."""
        self.best, self.best_epoch = current, epoch
        if self.restore_best_weights:
            self.best_weights = self.model.get_weights()
        if self.baseline is None or self.is_improvement(current, self.baseline):
            self.wait = 0

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.stopped_epoch and self.verbose:
            print(f"Epoch {self.stopped_epoch + 1}: early stopping", flush=True)
        if self.best_weights is not None:
            if self.verbose:
                print(f"Restoring model weights from the end of the best epoch: {self.best_epoch + 1}.", flush=True)
            self.model.set_weights(self.best_weights)

    def get_state(self) -> dict[str, Any]:
        return {"best": self.best, "best_epoch": self.best_epoch, "best_weights": self.best_weights,
                "wait": self.wait, "stopped_epoch": self.stopped_epoch}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self.best, self.best_epoch = state["best"], state["best_epoch"]
        self.wait, self.stopped_epoch = state["wait"], state["stopped_epoch"]
        weights = state["best_weights"]
        self.best_weights = None if weights is None else [np.asarray(array) for array in weights]
        if self.stopped_epoch:  # the decision had been made, the run was killed before it could end
            self.model.stop_training = True


class TerminateOnNaN(Callback):
    """Stop the training, instead of an error, when the loss is NaN or infinite.

    raise_error: raise RuntimeError at once; then no callback sees the end of the training.
    """

    tolerates_nan = True

    def __init__(self, raise_error: bool = False) -> None:
        self.raise_error = _checks.flag(raise_error, "raise_error", "TerminateOnNaN")

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(loss):
            return
        if self.raise_error:
            raise RuntimeError(f"NaN or Inf loss encountered at batch {batch}. Loss value: {loss}. "
                               "Terminating training immediately.")
        print(f"Batch {batch}: Invalid loss, terminating training", flush=True)
        self.model.stop_training = True
