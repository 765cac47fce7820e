"""Callbacks that set the learning rate from epoch to epoch."""

import inspect
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from minicnn import _checks
from minicnn.callbacks._arguments import verbosity
from minicnn.callbacks.base import Callback, Logs
from minicnn.callbacks.monitor import MonitorCallback, names
from minicnn.schedules import LearningRateSchedule


def current_rate(model: Any, where: str) -> float:
    """The learning rate of the model's optimizer, in the single precision that Keras keeps it in.

    A schedule is refused: it would have the last word on every step.
    """
    if isinstance(model.optimizer.learning_rate, LearningRateSchedule):
        raise _checks.error(where, "the learning rate of the optimizer cannot be set", "a number",
                            type(model.optimizer.learning_rate).__name__,
                            "Compile with a number, or leave this callback out.")
    return float(np.float32(model.optimizer.rate()))


class LearningRateScheduler(Callback):
    """Set the learning rate to ``schedule(epoch, rate)``, or ``schedule(epoch)``, before each epoch.

    schedule: a function of the epoch, counted from 0, and, if it takes two arguments, the rate so far; it returns
    the new rate, a float. verbose=1 says the rate. The figure "learning_rate" is added to the logs of each epoch.
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        if not callable(schedule):
            raise _checks.error("LearningRateScheduler", "schedule must be a function",
                                "schedule(epoch, rate) -> rate", repr(schedule))
        self.schedule = schedule
        self.verbose = verbosity(verbose, "LearningRateScheduler")
        self._set_for: int | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        current_rate(self.model, "LearningRateScheduler")
        self._set_for = None

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        if epoch == self._set_for:  # resumed inside this epoch: its rate is set
            return
        rate = self._new_rate(epoch)
        self.model.optimizer.learning_rate = float(rate)
        self._set_for = epoch
        if self.verbose:
            print(f"\nEpoch {epoch + 1}: LearningRateScheduler setting learning rate to {rate}.", flush=True)

    def _new_rate(self, epoch: int) -> float:
        where = f"LearningRateScheduler, epoch {epoch + 1}"
        before = current_rate(self.model, where)
        rate = self.schedule(epoch, before) if _takes_two(self.schedule) else self.schedule(epoch)
        if not isinstance(rate, (float, np.float32)):  # an integer is nearly always a slip, such as 1 // 10
            raise _checks.error(where, "schedule must return a float", received=repr(rate))
        _checks.number(rate, "the learning rate", where, minimum=0)
        return rate

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if logs is not None:
            logs["learning_rate"] = current_rate(self.model, "LearningRateScheduler")

    def get_state(self) -> dict[str, Any]:
        return {"set_for": self._set_for}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self._set_for = state["set_for"]


def _takes_two(schedule: Callable[..., float]) -> bool:
    try:
        inspect.signature(schedule).bind(0, 0.0)
    except TypeError:
        return False
    except ValueError:  # some functions written in C tell nothing of their arguments
        return True
    return True


class ReduceLROnPlateau(MonitorCallback):
    """Multiply the learning rate by ``factor`` when a figure has not improved for ``patience`` epochs.

    monitor, mode, min_delta: as `MonitorCallback` has them. verbose=1 says the new rate.
    cooldown: epochs after a reduction in which nothing is waited for. min_lr: the rate never falls below this.
    The figure "learning_rate" is added to the logs of each epoch: the rate that the epoch ran at.
    """

    def __init__(self, monitor: str = "val_loss", factor: float = 0.1, patience: int = 10, verbose: int = 0,
                 mode: str = "auto", min_delta: float = 1e-4, cooldown: int = 0, min_lr: float = 0.0) -> None:
        super().__init__(monitor, mode, min_delta)
        where = "ReduceLROnPlateau"
        self.direction()  # refused now rather than after an epoch
        self.factor = _checks.number(factor, "factor", where, minimum=0, below=1)
        self.patience = _checks.integer(patience, "patience", where, minimum=0)
        self.verbose = verbosity(verbose, where)
        self.cooldown = _checks.integer(cooldown, "cooldown", where, minimum=0)
        self.min_lr = _checks.number(min_lr, "min_lr", where, minimum=0)
        self._forget()

    def _forget(self) -> None:
        self.best = None
        self.wait = self.cooldown_counter = 0

    def in_cooldown(self) -> bool:
        """Whether the rate was reduced a short while ago."""
        return self.cooldown_counter > 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        current_rate(self.model, "ReduceLROnPlateau")
        self._forget()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        rate = current_rate(self.model, "ReduceLROnPlateau")
        logs = {} if logs is None else logs
        logs["learning_rate"] = rate
        current = logs.get(self.monitor)
        if current is None:
            warnings.warn(f"Learning rate reduction is conditioned on metric `{self.monitor}` which is not available. "
                          f"Available metrics are: {names(logs)}.", stacklevel=2)
        elif self._due(current):
            self._reduce(epoch, rate)

    def _due(self, current: float) -> bool:
        """Count this epoch; whether it has been waited for long enough."""
        if self.in_cooldown():
            self.cooldown_counter -= 1
        if self.is_improvement(current, self.best):
            self.best, self.wait = current, 0
            return False
        if self.in_cooldown():
            return False
        self.wait += 1
        return self.wait >= self.patience

    def _reduce(self, epoch: int, rate: float) -> None:
        if rate <= np.float32(self.min_lr):
            return
        lower = max(rate * self.factor, self.min_lr)
        self.model.optimizer.learning_rate = lower
        self.cooldown_counter, self.wait = self.cooldown, 0
        if self.verbose:
            print(f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing learning rate to {lower}.", flush=True)

    def get_state(self) -> dict[str, Any]:
        return {"best": self.best, "wait": self.wait, "cooldown_counter": self.cooldown_counter}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self.best, self.wait, self.cooldown_counter = state["best"], state["wait"], state["cooldown_counter"]
