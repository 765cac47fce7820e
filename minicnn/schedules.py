"""Learning rates that change from step to step; a schedule is called with the number of steps done."""

from abc import abstractmethod
from collections.abc import Sequence

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
