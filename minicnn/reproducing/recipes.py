"""The variants of the recipe, each with what it takes where the paper is silent."""

from dataclasses import dataclass, field, replace
from typing import Any

from minicnn import _checks, schedules
from minicnn.applications.lenet5 import LeNet5
from minicnn.augmentation import lenet5_distortions
from minicnn.initializers import FanInUniform
from minicnn.losses import Loss, PenaltyMAP, PenaltyMLE
from minicnn.models import Sequential
from minicnn.optimizers import SDLM
from minicnn.optimizers.sdlm import PAPER_RATES, REFRESH

LETTER, WIDER = (2.4, 1.0), (1.0, 0.5)
"""(scale, power) of the first weights: uniform within scale / fan-in^power."""


@dataclass(frozen=True)
class Recipe:
    """How LeNet-5 is trained.

    factor: times the paper's rates. start: see `LETTER`. j: of eq. 9; None is eq. 8. refresh: whether the curvature is
    looked at again within the first pass. at_once: patterns in one call of the compiled loop, behind which somebody
    may look. watched: whether its stability is measured in the first pass.
    """

    name: str
    title: str
    factor: float
    start: tuple[float, float]
    j: float | None
    distorted: bool = False
    refresh: bool = False
    at_once: int = field(default=500, compare=False)
    watched: bool = field(default=False, compare=False)

    def rate(self, epoch: int) -> float:
        """eta in a pass, counted from 0."""
        return schedules.by_pass(self.rates, 1)(epoch)

    @property
    def rates(self) -> list[tuple[int, float]]:
        """(passes, eta)."""
        return [(passes, rate * self.factor) for passes, rate in PAPER_RATES]

    def compiled(self, patterns: int) -> Sequential:
        """A new network, ready for passes of so many patterns. Its weights come from the process's seed."""
        model = LeNet5(FanInUniform(*self.start))
        rates = schedules.by_pass(self.rates, patterns)
        model.compile(SDLM(rates, refresh=REFRESH if self.refresh else ()), self.loss(), metrics=["accuracy"],
                      steps_per_execution=self.at_once)
        return model

    def loss(self) -> Loss:
        """Eq. 8 or eq. 9."""
        return PenaltyMLE() if self.j is None else PenaltyMAP(self.j)

    def transform(self) -> Any:
        """What happens to each pattern before it is shown; None: nothing."""
        return lenet5_distortions() if self.distorted else None

    @property
    def loss_name(self) -> str:
        """In a few words."""
        return "eq. 8" if self.j is None else f"eq. 9, j = {self.j:g}"

    @property
    def start_name(self) -> str:
        """In a few words."""
        scale, power = self.start
        return f"±{scale:g}/F" if power == 1 else f"±{scale:g}/sqrt(F)"

    def choices(self) -> list[tuple[str, str, str]]:
        """(what, what the paper says, what is taken here) for each choice."""
        return [
            ("loss", "eq. 8, and eq. 9 without its j", self.loss_name),
            ("rates eta", "5e-4 to 1e-5 in 20 passes", "the same" if self.factor == 1 else f"times {self.factor:g}"),
            ("first weights", "uniform, ±2.4/F", "the same" if self.start == LETTER else f"uniform, {self.start_name}"),
            ("curvature", "before each pass, on 500 patterns",
             "the same; and 13 times within the first pass" if self.refresh else "the same, other patterns each time"),
            ("seed of the curvature", "not said", "2 before the RBF units, for eq. 9, too"),
            ("mu", "0.02", "the same"),
            ("order of the patterns", "one random order, kept", "the same; by the seed"),
            ("biases and coefficients", "start not said", "as the weights"),
            ("subsampling", "the four inputs are added", "the same"),
            ("distortions", "ranges not said",
             "translated ±2 pixels, scaled and squeezed ±10 %, sheared ±0.2" if self.distorted else "none")]


_BEST = Recipe("best", "the best mean", 0.2, WIDER, 10.0, watched=True)
RECIPES = {recipe.name: recipe for recipe in (
    Recipe("letter", "to the letter", 1.0, LETTER, None, at_once=5, watched=True),
    Recipe("curve", "the paper's curve", 0.2, WIDER, 1.0, watched=True),
    _BEST,
    replace(_BEST, name="distorted", title="the best, with distortions", distorted=True, watched=False))}


def find(name: str) -> Recipe:
    """The variant of this name."""
    if name not in RECIPES:
        raise _checks.unknown("variant", name, RECIPES)
    return RECIPES[name]
