"""Adadelta: steps as long as the steps before them, measured against the gradients before them."""

from typing import Any

import numpy as np

from minicnn import _checks
from minicnn._types import Array
from minicnn.optimizers.base import Key, Optimizer, fold_in, root
from minicnn.schedules import LearningRateSchedule


class Adadelta(Optimizer):
    """w -= rate * d with d = gradient * sqrt(s + epsilon) / sqrt(g + epsilon).

    g and s are running means of gradient^2 and (after the step) of d^2: g = rho * g + (1 - rho) * gradient^2.
    Source: Zeiler, "ADADELTA: an adaptive learning rate method", 2012, algorithm 1. The paper has no rate: it is
    learning_rate=1. Keras's default, 0.001, is kept here, and trains slowly.
    """

    name = "adadelta"

    def __init__(self, learning_rate: float | LearningRateSchedule = 0.001, rho: float = 0.95, epsilon: float = 1e-7,
                 *, weight_decay: float | None = None, clipnorm: float | None = None,
                 clipvalue: float | None = None, global_clipnorm: float | None = None) -> None:
        super().__init__(learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm)
        self.rho = _checks.number(rho, "rho", "Adadelta", minimum=0, below=1)
        self.epsilon = _checks.number(epsilon, "epsilon", "Adadelta", above=0)

    @property
    def slot_groups(self) -> tuple[tuple[str, ...], ...]:
        return (("accumulated_grad", "accumulated_delta_var"),)

    def move(self, key: Key, parameter: Array, gradient: Array, rate: Any) -> None:
        g, s = (self.slot(name, key, parameter) for name in self.slot_names)
        fold_in(g, np.square(gradient), self.rho)
        delta = gradient * root(s, self.epsilon)
        delta /= root(g, self.epsilon)
        fold_in(s, np.square(delta), self.rho)
        delta *= rate
        parameter -= delta
