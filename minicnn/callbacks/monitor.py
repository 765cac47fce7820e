"""Watching one figure of the logs: which way it is better, and whether it has become better."""

import re
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from minicnn import _checks
from minicnn.callbacks._arguments import real_or_none
from minicnn.callbacks.base import Callback, Logs

Direction = Literal["min", "max"]

# How names of figures end, for the metrics of Keras and their usual short forms.
_UP = ("acc", "accuracy", "auc", "precision", "recall", "sensitivity", "specificity", "f1_score", "fbeta_score",
       "r2_score", "iou", "io_u", "similarity", "correlation")
_DOWN = ("loss", "error", "mse", "mae", "mape", "msle", "rmse", "crossentropy", "hinge", "divergence", "poisson",
         "logcosh", "log_cosh", "huber")


class MonitorCallback(Callback):
    """Base of the callbacks that watch one figure.

    monitor: the name of the figure, "loss" or "val_accuracy", say. mode: whether smaller ("min") or larger ("max")
    is better; "auto" tells by the name. min_delta: a change by less than this is no improvement.
    """

    def __init__(self, monitor: str, mode: str, min_delta: float = 0) -> None:
        where = type(self).__name__
        if not isinstance(monitor, str):
            raise _checks.error(where, "monitor must be the name of a figure", "such as 'val_loss'", repr(monitor))
        if mode not in ("auto", "min", "max"):
            raise _checks.error(where, "unknown mode", "'auto', 'min' or 'max'", repr(mode))
        self.monitor, self.mode = monitor, mode
        self.min_delta = abs(real_or_none(min_delta, "min_delta", where) or 0.0)
        self.best: float | None = None

    def is_improvement(self, value: float, reference: float | None) -> bool:
        """Whether a value is better than a reference by more than ``min_delta``; anything is better than None.

        Compared in single precision, as Keras does: what is equal there is no improvement, whatever the decimals
        that a sum in double precision leaves behind. NaN is no improvement, nor is anything after it.
        """
        if reference is None:
            return True
        with np.errstate(over="ignore"):  # beyond float32 is infinite
            if self.direction() == "max":
                return bool(np.float32(value - self.min_delta) > np.float32(reference))
            return bool(np.float32(value + self.min_delta) < np.float32(reference))

    def direction(self) -> Direction:
        """Which way the figure is better."""
        known = better(self.monitor) if self.mode == "auto" else self.mode
        if known is None:
            raise _checks.error(type(self).__name__, f"whether {self.monitor!r} is better small or large is not known",
                                cure="Pass mode='min' or mode='max'.")
        return known  # type: ignore[return-value]

    def get_state(self) -> dict[str, Any]:
        return {"best": self.best}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self.best = state["best"]


def better(name: str) -> Direction | None:
    """Which way the figure of this name is better, or None when that is not known.

    >>> better("val_loss"), better("top_k_categorical_accuracy"), better("precision_1"), better("depth")
    ('min', 'max', 'max', None)
    """
    name = re.sub(r"_\d+$", "", name.removeprefix("val_"))
    for direction, endings in (("max", _UP), ("min", _DOWN)):
        if any(name == ending or name.endswith(f"_{ending}") for ending in endings):
            return direction  # type: ignore[return-value]
    return None


def names(logs: Logs | None) -> str:
    """The figures there are, for a warning."""
    return ",".join(logs or {})
