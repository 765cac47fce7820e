"""A training without a model: calls the hooks of callbacks as `fit` does, with figures that are given.

The same code drives minicnn's callbacks and Keras's. What they decide is kept as a record of plain numbers and
texts: the learning rate of each epoch, the figures they added to its logs, what was saved when, the weights in the end
(those of epoch 3 are 3.0), what was printed and warned of, and the files that were written.
"""

import contextlib
import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from minicnn.optimizers import SGD

Logs = dict[str, float]
Record = dict[str, Any]


class StandIn:
    """What callbacks ask of a model."""

    def __init__(self, rate: float = 0.01) -> None:
        self.optimizer = SGD(rate)
        self.stop_training = False
        self.weights = np.zeros(1, np.float32)
        self.saved: list[str] = []

    def get_weights(self) -> list[np.ndarray]:
        return [self.weights.copy()]

    def set_weights(self, weights: list[np.ndarray]) -> None:
        (self.weights,) = (np.array(array, np.float32) for array in weights)

    def save(self, path: str) -> None:
        self.saved.append(f"model {path}")

    def save_weights(self, path: str) -> None:
        self.saved.append(f"weights {path}")


@dataclass(frozen=True)
class Moment:
    """One call of a hook."""

    hook: str
    epoch: int = -1
    batch: int = -1
    logs: Logs | None = None


def moments(first: int, history: list[Logs], batches: int) -> Iterator[Moment]:
    """The calls of one `fit` that begins with the epoch ``first`` and has these figures in each epoch."""
    yield Moment("on_train_begin")
    for epoch, logs in enumerate(history, first):
        yield Moment("on_epoch_begin", epoch)
        for batch in range(batches):
            yield Moment("on_train_batch_end", epoch, batch, batch_figures(logs, batch))
        yield Moment("on_epoch_end", epoch, logs=logs)
    yield Moment("on_train_end")


def batch_figures(logs: Logs, batch: int) -> Logs:
    """Running figures; what is no number at the end of the epoch is one after its first batch."""
    figures = {name: value for name, value in logs.items() if not name.startswith("val_")}
    return {name: value + 1 / (2 + batch) if batch or np.isfinite(value) else 1.0 for name, value in figures.items()}


def new_record() -> Record:
    return {"epochs": [], "rates": [], "added": [], "saved": [], "warned": [], "printed": "", "error": None}


def play(model: Any, callbacks: list[Any], calls: list[Moment], record: Record) -> None:
    """Make the calls, minding `stop_training` as `fit` does, and write down what comes of them."""
    stopped_in = -1 if model.stop_training else None
    out = io.StringIO()
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stdout(out):
        warnings.simplefilter("always")
        for call in calls:
            ending = call.hook == "on_train_end" or (call.hook == "on_epoch_end" and call.epoch == stopped_in)
            if stopped_in is not None and not ending:
                continue
            try:
                make(call, model, callbacks, record)
            except RuntimeError as error:
                record["error"] = str(error)
                break
            if model.stop_training and stopped_in is None:
                stopped_in = call.epoch
    record["printed"] += out.getvalue()
    # Others come from NumPy and torch among themselves.
    record["warned"] += [str(warning.message) for warning in caught if warning.category is UserWarning]


def make(call: Moment, model: Any, callbacks: list[Any], record: Record) -> None:
    """One call of a hook of all callbacks."""
    if call.hook == "on_epoch_begin":
        model.set_weights([np.full_like(array, call.epoch) for array in model.get_weights()])
    logs = dict(call.logs or {})
    for callback in callbacks:
        if call.epoch < 0:
            getattr(callback, call.hook)(logs)
        else:
            getattr(callback, call.hook)(call.epoch if call.batch < 0 else call.batch, logs)
    record["saved"] += [[call.epoch, call.batch, name] for name in model.saved]
    model.saved.clear()
    if call.hook == "on_epoch_end":
        record["epochs"].append(call.epoch)
        record["rates"].append(float(np.float32(rate_of(model))))
        record["added"].append({name: value for name, value in logs.items() if name not in (call.logs or {})})


def rate_of(model: Any) -> float:
    return model.optimizer.rate() if isinstance(model, StandIn) else float(model.optimizer.learning_rate)


def finish(model: Any, record: Record) -> Record:
    """The record with what is there in the end: weights, and files of the working folder."""
    record["weights"] = float(np.ravel(model.get_weights()[0])[0])
    record["files"] = {path.name: path.read_bytes().decode() for path in sorted(Path().iterdir())}
    return record
