"""Learning rates that change from step to step; a schedule is called with the number of steps done.

As Keras's, which compute in single precision where these compute in double.
"""

import math
from abc import abstractmethod
from collections.abc import Sequence

import numpy as np

from minicnn import _checks
from minicnn._config import Configurable


class LearningRateSchedule(Configurable):
    """Base class: schedule(step) -> learning rate."""

    @abstractmethod
    def __call__(self, step: int) -> float:
        """The learning rate of the update number ``step``, counted from 0."""


class PiecewiseConstantDecay(LearningRateSchedule):
    """``values[i]`` as long as step <= boundaries[i], then the next; one value more than boundaries."""

    def __init__(self, boundaries: Sequence[int], values: Sequence[float]) -> None:
        where = "PiecewiseConstantDecay"
        if not isinstance(boundaries, Sequence) or not isinstance(values, Sequence):
            raise _checks.error(where, "boundaries and values must be lists")
        if len(values) != len(boundaries) + 1:
            raise _checks.error(where, "one value more than boundaries is needed", len(boundaries) + 1, len(values))
        self.boundaries = [_checks.integer(step, "a boundary", where, minimum=0) for step in boundaries]
        self.values = [_checks.number(value, "a value", where, minimum=0) for value in values]
        if self.boundaries != sorted(self.boundaries):
            raise _checks.error(where, "boundaries must grow", received=self.boundaries)

    def __call__(self, step: int) -> float:
        return self.values[sum(step > boundary for boundary in self.boundaries)]


def by_pass(table: Sequence[tuple[int, float]], steps: int) -> PiecewiseConstantDecay:
    """A table of (passes, rate), each rate for so many passes of ``steps`` updates; the last one stays on.

    >>> rate = by_pass([(2, 5e-4), (3, 2e-4), (1, 1e-4)], steps=100)
    >>> rate(0), rate(199), rate(200), rate(499), rate(500)
    (0.0005, 0.0005, 0.0002, 0.0002, 0.0001)
    """
    if not table:
        raise _checks.error("by_pass", "the table is empty", "pairs (passes, rate)")
    steps = _checks.integer(steps, "steps", "by_pass")
    ends, passes = [], 0
    for count, _ in table[:-1]:
        passes += _checks.integer(count, "passes", "by_pass")
        ends.append(passes * steps - 1)  # a rate holds up to its boundary and on it
    return PiecewiseConstantDecay(ends, [rate for _, rate in table])


class ExponentialDecay(LearningRateSchedule):
    """initial_learning_rate * decay_rate^(step / decay_steps); with ``staircase`` the exponent is rounded down."""

    def __init__(self, initial_learning_rate: float, decay_steps: float, decay_rate: float,
                 staircase: bool = False) -> None:
        where = "ExponentialDecay"
        self.initial_learning_rate = _checks.number(initial_learning_rate, "initial_learning_rate", where, minimum=0)
        self.decay_steps = _checks.number(decay_steps, "decay_steps", where, above=0)
        self.decay_rate = _checks.number(decay_rate, "decay_rate", where, minimum=0)
        self.staircase = _checks.flag(staircase, "staircase", "ExponentialDecay")

    def __call__(self, step: int) -> float:
        exponent = step / self.decay_steps
        if self.staircase:
            exponent = math.floor(exponent)
        with np.errstate(over="ignore"):  # a rate that grows ends at infinity, and the loss with it, which is told
            return float(self.initial_learning_rate * np.float64(self.decay_rate) ** exponent)


class CosineDecay(LearningRateSchedule):
    """Half a cosine wave: from ``initial_learning_rate`` down to ``alpha`` times it within decay_steps, then constant.

    warmup_target: where the decay starts instead, after a straight way from ``initial_learning_rate`` to it in
        ``warmup_steps``, which do nothing without it.
    Source: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017, equation 5, without
    restarts; warmup: Goyal and others, "Accurate, large minibatch SGD", 2017, section 2.2.
    """

    def __init__(self, initial_learning_rate: float, decay_steps: float, alpha: float = 0.0, *,
                 warmup_target: float | None = None, warmup_steps: float = 0) -> None:
        where = "CosineDecay"
        self.initial_learning_rate = _checks.number(initial_learning_rate, "initial_learning_rate", where, minimum=0)
        self.decay_steps = _checks.number(decay_steps, "decay_steps", where, above=0)
        self.alpha = _checks.number(alpha, "alpha", where, minimum=0)
        self.warmup_target = None if warmup_target is None else _checks.number(
            warmup_target, "warmup_target", where, minimum=0)
        self.warmup_steps = _checks.number(warmup_steps, "warmup_steps", where, minimum=0)

    def __call__(self, step: int) -> float:
        if self.warmup_target is None:
            return self._decayed(self.initial_learning_rate, step)
        if step < self.warmup_steps:
            way = self.warmup_target - self.initial_learning_rate
            return self.initial_learning_rate + way * step / self.warmup_steps
        return self._decayed(self.warmup_target, step - self.warmup_steps)

    def _decayed(self, start: float, step: float) -> float:
        wave = (1 + math.cos(math.pi * min(step / self.decay_steps, 1.0))) / 2
        return start * ((1 - self.alpha) * wave + self.alpha)
