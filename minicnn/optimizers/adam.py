"""Adam: momentum over the root of the running mean square, both corrected for their start at zero."""

import math
from typing import Any

import numpy as np

from minicnn import _checks
from minicnn._types import Array
from minicnn.optimizers.base import Key, Optimizer, fold_in
from minicnn.schedules import LearningRateSchedule


class Adam(Optimizer):
    """w -= rate * c * m / (sqrt(v) + epsilon), c = sqrt(1 - beta_2^t) / (1 - beta_1^t) at update t = 1, 2, ...

    m and v are running means of gradient and gradient^2: m = beta_1 * m + (1 - beta_1) * gradient.
    amsgrad: the largest v so far is in v's place.
    Source: Kingma and Ba, "Adam: a method for stochastic optimization", 2015; epsilon is the paper's epsilon-hat, of
    the formula before section 2.1, as in Keras. amsgrad: Reddi, Kale and Kumar, "On the convergence of Adam and
    beyond", 2018.
    """

    name = "adam"

    def __init__(self, learning_rate: float | LearningRateSchedule = 0.001, beta_1: float = 0.9, beta_2: float = 0.999,
                 epsilon: float = 1e-7, amsgrad: bool = False, *, weight_decay: float | None = None,
                 clipnorm: float | None = None, clipvalue: float | None = None,
                 global_clipnorm: float | None = None) -> None:
        super().__init__(learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm)
        where = type(self).__name__
        self.beta_1 = _checks.number(beta_1, "beta_1", where, minimum=0, below=1)
        self.beta_2 = _checks.number(beta_2, "beta_2", where, minimum=0, below=1)
        self.epsilon = _checks.number(epsilon, "epsilon", where, above=0)
        self.amsgrad = _checks.flag(amsgrad, "amsgrad", type(self).__name__)

    @property
    def slot_groups(self) -> tuple[tuple[str, ...], ...]:
        means = ("momentum", "velocity")
        return (means, ("velocity_hat",)) if self.amsgrad else (means,)

    def move(self, key: Key, parameter: Array, gradient: Array, rate: Any) -> None:
        m, v = (self.slot(name, key, parameter) for name in ("momentum", "velocity"))
        fold_in(m, gradient, self.beta_1)
        fold_in(v, np.square(gradient), self.beta_2)
        if self.amsgrad:
            largest = self.slot("velocity_hat", key, parameter)
            v = np.maximum(largest, v, out=largest)
        step = m * (rate * self._correction())
        scale = np.sqrt(v)
        scale += self.epsilon
        step /= scale
        parameter -= step

    def _correction(self) -> float:
        # In double precision: 1 - 0.999 in single precision is wrong in the fifth digit already.
        t = self.iterations + 1
        return math.sqrt(1 - self.beta_2 ** t) / (1 - self.beta_1 ** t)


class AdamW(Adam):
    """Adam with weight decay, 0.004 unless told otherwise: Keras's Adam(weight_decay=0.004).

    Source: Loshchilov and Hutter, "Decoupled weight decay regularization", 2019, algorithm 2. As in Keras the decay
    is multiplied by the learning rate, where the paper has a schedule multiplier.
    """

    name = "adamw"

    def __init__(self, learning_rate: float | LearningRateSchedule = 0.001, weight_decay: float = 0.004,
                 beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7, amsgrad: bool = False, *,
                 clipnorm: float | None = None, clipvalue: float | None = None,
                 global_clipnorm: float | None = None) -> None:
        weight_decay = _checks.number(weight_decay, "weight_decay", type(self).__name__, minimum=0)
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay=weight_decay,
                         clipnorm=clipnorm, clipvalue=clipvalue, global_clipnorm=global_clipnorm)
