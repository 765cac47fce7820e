"""Stochastic gradient descent, with or without momentum."""

from typing import Any

from minicnn import _checks
from minicnn._types import Array
from minicnn.optimizers.base import Key, Optimizer
from minicnn.schedules import LearningRateSchedule


class SGD(Optimizer):
    """Stochastic gradient descent: w += m with m = momentum * m - rate * gradient.

    With ``nesterov`` the step looks ahead: w += momentum * m - rate * gradient.
    Source: Sutskever and others, "On the importance of initialization and momentum in deep learning", 2013, in
    Keras's form.
    """

    name = "sgd"

    def __init__(self, learning_rate: float | LearningRateSchedule = 0.01, momentum: float = 0.0,
                 nesterov: bool = False, *, weight_decay: float | None = None, clipnorm: float | None = None,
                 clipvalue: float | None = None, global_clipnorm: float | None = None) -> None:
        super().__init__(learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm)
        self.momentum = _checks.number(momentum, "momentum", "SGD", minimum=0, below=1)
        self.nesterov = _checks.flag(nesterov, "nesterov", "SGD")

    @property
    def slot_groups(self) -> tuple[tuple[str, ...], ...]:
        return (("momentum",),) if self.momentum else ()

    def plain_rate(self) -> float | None:
        more = self.momentum or self.weight_decay or self.clipnorm or self.clipvalue or self.global_clipnorm
        return None if more or type(self) is not SGD else self.rate()

    def move(self, key: Key, parameter: Array, gradient: Array, rate: Any) -> None:
        step = rate * gradient
        if not self.momentum:
            parameter -= step
            return
        m = self.slot("momentum", key, parameter)
        m *= self.momentum
        m -= step
        parameter += self.momentum * m - step if self.nesterov else m
