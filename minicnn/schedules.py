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
        if len(values) != len(boundaries) + 1:
            raise _checks.error("PiecewiseConstantDecay", "one value more than boundaries is needed",
                                len(boundaries) + 1, len(values))
        self.boundaries, self.values = list(boundaries), list(values)

    def __call__(self, step: int) -> float:
        return self.values[sum(step > boundary for boundary in self.boundaries)]
