"""Optimizers: how gradients move parameters. Update rules and defaults are those of Keras 3."""

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np

from minicnn import _checks
from minicnn._config import Configurable
from minicnn._types import Array
from minicnn.schedules import LearningRateSchedule

Key: TypeAlias = str
"""``"layer/parameter"``: what the slots of an optimizer belong to."""


class Optimizer(Configurable):
    """Base class: counts the updates and keeps arrays ("slots") for each parameter.

    learning_rate: a number, or a schedule of `minicnn.schedules`.
    clipnorm: the longest a parameter's gradient may be; clipvalue: the largest a number of it may be;
    global_clipnorm: the longest all gradients together may be. At most one of them.
    """

    name: str

    def __init__(self, learning_rate: float | LearningRateSchedule, clipnorm: float | None = None,
                 clipvalue: float | None = None, global_clipnorm: float | None = None) -> None:
        self.clipnorm, self.clipvalue, self.global_clipnorm = (
            None if limit is None else _checks.number(limit, name, type(self).__name__, minimum=0) for name, limit in
            (("clipnorm", clipnorm), ("clipvalue", clipvalue), ("global_clipnorm", global_clipnorm)))
        if sum(limit is not None for limit in (clipnorm, clipvalue, global_clipnorm)) > 1:
            raise _checks.error(type(self).__name__, "gradients can be clipped in one way only",
                                "one of clipnorm, clipvalue, global_clipnorm")
        if not isinstance(learning_rate, LearningRateSchedule):
            learning_rate = _checks.number(learning_rate, "learning_rate", type(self).__name__, minimum=0)
        self.learning_rate = learning_rate
        self.iterations = 0
        self.slots: dict[str, dict[Key, Array]] = {}

    def rate(self) -> float:
        """The learning rate of the next update."""
        rate = self.learning_rate
        return float(rate(self.iterations)) if isinstance(rate, LearningRateSchedule) else rate

    def apply(self, updates: Iterable[tuple[Key, Array, Array]]) -> None:
        """One update: for each (key, parameter, gradient), write the moved numbers into the parameter."""
        rate = self.rate()
        for key, parameter, gradient in self.clipped(list(updates)):
            self.move(key, parameter, gradient, parameter.dtype.type(rate))
        self.iterations += 1

    def clipped(self, updates: list[tuple[Key, Array, Array]]) -> list[tuple[Key, Array, Array]]:
        """The updates with their gradients clipped, as Keras does it."""
        if self.clipvalue is not None:
            return [(key, p, np.clip(g, -self.clipvalue, self.clipvalue)) for key, p, g in updates]
        if self.clipnorm is not None:
            return [(key, p, shortened(g, norm([g]), self.clipnorm)) for key, p, g in updates]
        if self.global_clipnorm is not None:
            length = norm([g for _, _, g in updates])
            return [(key, p, shortened(g, length, self.global_clipnorm)) for key, p, g in updates]
        return updates

    @abstractmethod
    def move(self, key: Key, parameter: Array, gradient: Array, rate: Any) -> None:
        """Move one parameter, in place."""

    def slot(self, name: str, key: Key, like: Array) -> Array:
        """The array of this name kept for a parameter; zeros at first."""
        kept = self.slots.setdefault(name, {})
        if key not in kept:
            kept[key] = np.zeros_like(like)
        return kept[key]

    def cast(self, dtype: str) -> None:
        """Keep the slots in another type from now on."""
        self.slots = {name: {key: array.astype(dtype) for key, array in kept.items()}
                      for name, kept in self.slots.items()}


def norm(arrays: list[Array]) -> float:
    """The Euclidean length of all numbers together."""
    return float(np.sqrt(sum(np.square(array).sum(dtype=np.float64) for array in arrays)))


def shortened(gradient: Array, length: float, limit: float) -> Array:
    """The gradient, scaled so that what was ``length`` long is at most ``limit``."""
    return gradient if length <= limit else gradient * gradient.dtype.type(limit / length)


class SGD(Optimizer):
    """Stochastic gradient descent: w += m with m = momentum * m - rate * gradient.

    With ``nesterov`` the step looks ahead: w += momentum * m - rate * gradient.
    """

    name = "sgd"

    def __init__(self, learning_rate: float | LearningRateSchedule = 0.01, momentum: float = 0.0,
                 nesterov: bool = False, *, clipnorm: float | None = None, clipvalue: float | None = None,
                 global_clipnorm: float | None = None) -> None:
        super().__init__(learning_rate, clipnorm, clipvalue, global_clipnorm)
        self.momentum = _checks.number(momentum, "momentum", "SGD", minimum=0, below=1)
        self.nesterov = bool(nesterov)

    def move(self, key: Key, parameter: Array, gradient: Array, rate: Any) -> None:
        step = rate * gradient
        if not self.momentum:
            parameter -= step
            return
        m = self.slot("momentum", key, parameter)
        m *= parameter.dtype.type(self.momentum)
        m -= step
        parameter += parameter.dtype.type(self.momentum) * m - step if self.nesterov else m


_BY_NAME: dict[str, type[Optimizer]] = {SGD.name: SGD}


def get(identifier: str | Optimizer) -> Optimizer:
    """An optimizer from its name (with Keras's defaults) or itself."""
    if isinstance(identifier, Optimizer):
        return identifier
    if not isinstance(identifier, str) or identifier.lower() not in _BY_NAME:
        raise _checks.unknown("optimizer", identifier, _BY_NAME)
    return _BY_NAME[identifier.lower()]()  # type: ignore[call-arg]
