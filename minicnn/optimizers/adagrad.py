"""Adagrad: a rate of its own for each number, which falls as its squared gradients add up."""

from typing import Any

import numpy as np

from minicnn import _checks
from minicnn._types import Array
from minicnn.optimizers.base import Key, Optimizer, root
from minicnn.schedules import LearningRateSchedule


class Adagrad(Optimizer):
    """w -= rate * gradient / sqrt(a + epsilon) with a += gradient^2; a starts at ``initial_accumulator_value``.

    Source: Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic optimization",
    2011; a's start and the place of epsilon are Keras's.
    """

    name = "adagrad"

    def __init__(self, learning_rate: float | LearningRateSchedule = 0.001, initial_accumulator_value: float = 0.1,
                 epsilon: float = 1e-7, *, weight_decay: float | None = None, clipnorm: float | None = None,
                 clipvalue: float | None = None, global_clipnorm: float | None = None) -> None:
        super().__init__(learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm)
        self.initial_accumulator_value = _checks.number(initial_accumulator_value, "initial_accumulator_value",
                                                        "Adagrad", minimum=0)
        self.epsilon = _checks.number(epsilon, "epsilon", "Adagrad", above=0)

    @property
    def slot_groups(self) -> tuple[tuple[str, ...], ...]:
        return (("accumulator",),)

    def slot_start(self, name: str) -> float:
        return self.initial_accumulator_value

    def move(self, key: Key, parameter: Array, gradient: Array, rate: Any) -> None:
        accumulator = self.slot("accumulator", key, parameter)
        accumulator += np.square(gradient)
        step = rate * gradient
        step /= root(accumulator, self.epsilon)
        parameter -= step
