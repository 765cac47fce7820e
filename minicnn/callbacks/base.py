"""The hooks of the training loop, and the callbacks that only listen."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from minicnn import _checks

Logs: TypeAlias = dict[str, float]


class Callback:
    """Base class: a method for each moment, all of which do nothing. ``logs`` holds the figures so far."""

    model: Any = None
    params: Mapping[str, Any] = {}
    # A loss that is NaN or infinite is an error of `fit`, unless a callback says that it deals with it.
    tolerates_nan = False
    # One that keeps the states of all others comes behind them; ``others`` are all callbacks of this fit.
    comes_last = False
    others: Sequence["Callback"] = ()

    def set_model(self, model: Any) -> None:
        self.model = model

    def set_params(self, params: Mapping[str, Any]) -> None:
        self.params = params

    def on_train_begin(self, logs: Logs | None = None) -> None: ...

    def on_train_end(self, logs: Logs | None = None) -> None: ...

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None: ...

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None: ...

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None: ...

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None: ...

    def close(self) -> None:
        """Called when `fit` ends, well or with an error: let go of what is held."""

    def get_state(self) -> dict[str, Any]:
        """What a resumed run needs to decide as this one would: numbers, texts, arrays, and lists of them, by name."""
        return {}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Go on from what `get_state` gave. Called after `on_train_begin`, which forgets earlier runs."""


class CallbackList(Callback):
    """Several callbacks as one, called in order."""

    def __init__(self, callbacks: Sequence[Callback], model: Any, params: Mapping[str, Any]) -> None:
        if not isinstance(callbacks, Sequence):
            raise _checks.error("callbacks", "they must be a list", "[...]", type(callbacks).__name__)
        self.callbacks: list[Callback] = []
        self.model, self.params = model, params
        self.add(*callbacks)

    def add(self, *callbacks: Callback) -> None:
        """Put callbacks behind the others."""
        for callback in callbacks:
            if not isinstance(callback, Callback):
                raise _checks.error("callbacks", "this is no callback", "an object of a subclass of Callback",
                                    repr(callback))
            callback.set_model(self.model)
            callback.set_params(self.params)
            self.callbacks.append(callback)
            self.tolerates_nan |= callback.tolerates_nan
        self.callbacks.sort(key=lambda callback: callback.comes_last)  # a stable sort: otherwise as they came
        for callback in self.callbacks:
            callback.others = self.callbacks

    def close(self) -> None:
        for callback in self.callbacks:
            callback.close()

    def on_train_begin(self, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_train_begin(logs)

    def on_train_end(self, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_train_end(logs)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_epoch_begin(epoch, logs)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_epoch_end(epoch, logs)

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_train_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_train_batch_end(batch, logs)


class History(Callback):
    """The figures of each epoch: ``history`` maps a name to a list, ``epoch`` lists the epochs from 0."""

    def __init__(self) -> None:
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)

    def get_state(self) -> dict[str, Any]:
        return {"history": {name: list(values) for name, values in self.history.items()}, "epoch": list(self.epoch)}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self.history, self.epoch = dict(state["history"]), list(state["epoch"])


class LambdaCallback(Callback):
    """A callback made of functions: ``LambdaCallback(on_epoch_end=lambda epoch, logs: ...)``."""

    def __init__(self, on_epoch_begin: Callable[..., None] | None = None,
                 on_epoch_end: Callable[..., None] | None = None,
                 on_train_begin: Callable[..., None] | None = None,
                 on_train_end: Callable[..., None] | None = None,
                 on_train_batch_begin: Callable[..., None] | None = None,
                 on_train_batch_end: Callable[..., None] | None = None) -> None:
        for name, function in list(locals().items()):
            if name.startswith("on_") and function is not None:
                if not callable(function):
                    raise _checks.error("LambdaCallback", f"{name} must be a function", received=repr(function))
                setattr(self, name, function)
