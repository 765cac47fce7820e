"""RMSprop: the gradient over the root of its running mean square."""

from typing import Any

import numpy as np

from minicnn import _checks
from minicnn._types import Array
from minicnn.optimizers.base import Key, Optimizer, fold_in, root
from minicnn.schedules import LearningRateSchedule


class RMSprop(Optimizer):
    """w -= rate * gradient / sqrt(v + epsilon) with v = rho * v + (1 - rho) * gradient^2.

    centered: v less the square of the gradient's running mean, a = rho * a + (1 - rho) * gradient, is in its place:
        the variance of the gradient.
    momentum: such steps add up: w -= m with m = momentum * m + step.
    Source: Hinton, Srivastava and Swersky, lecture 6e of "Neural networks for machine learning", 2012; centered:
    Graves, "Generating sequences with recurrent neural networks", 2013, equations 38 to 45. Epsilon inside the root
    is Keras's.
    """

    name = "rmsprop"

    def __init__(self, learning_rate: float | LearningRateSchedule = 0.001, rho: float = 0.9, momentum: float = 0.0,
                 epsilon: float = 1e-7, centered: bool = False, *, weight_decay: float | None = None,
                 clipnorm: float | None = None, clipvalue: float | None = None,
                 global_clipnorm: float | None = None) -> None:
        super().__init__(learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm)
        self.rho = _checks.number(rho, "rho", "RMSprop", minimum=0, below=1)
        self.momentum = _checks.number(momentum, "momentum", "RMSprop", minimum=0, below=1)
        self.epsilon = _checks.number(epsilon, "epsilon", "RMSprop", above=0)
        self.centered = _checks.flag(centered, "centered", "RMSprop")

    @property
    def slot_groups(self) -> tuple[tuple[str, ...], ...]:
        used = {"velocity": True, "momentum": self.momentum > 0, "average_gradient": self.centered}
        return tuple((name,) for name, is_used in used.items() if is_used)

    def move(self, key: Key, parameter: Array, gradient: Array, rate: Any) -> None:
        step = rate * gradient
        step /= root(self._square(key, parameter, gradient), self.epsilon)
        if self.momentum:
            m = self.slot("momentum", key, parameter)
            m *= self.momentum
            m += step
            step = m
        parameter -= step

    def _square(self, key: Key, parameter: Array, gradient: Array) -> Array:
        """The running mean square of the gradient, or its variance."""
        v = self.slot("velocity", key, parameter)
        fold_in(v, np.square(gradient), self.rho)
        if not self.centered:
            return v
        a = self.slot("average_gradient", key, parameter)
        fold_in(a, gradient, self.rho)
        # For a gradient that hardly changes, rounding can make the difference negative; in Keras the root is NaN then.
        variance: Array = np.maximum(v - np.square(a), 0)
        return variance
