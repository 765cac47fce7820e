"""Stochastic diagonal Levenberg-Marquardt: a learning rate for each parameter, from how the loss curves along it."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from minicnn import _checks
from minicnn._types import Array
from minicnn.optimizers.base import Key, Optimizer
from minicnn.schedules import LearningRateSchedule

PAPER_RATES = ((2, 5e-4), (3, 2e-4), (3, 1e-4), (4, 5e-5), (8, 1e-5))
"""(passes, rate): section III-B of the paper, 20 passes; for `minicnn.schedules.by_pass`."""
PAPER_SPAN = (7e-5, 0.016)
"""Between what the rates of the parameters were in the paper's first pass."""
REFRESH = (50, 100, 200, 400, 700, 1000, 1500, 2000, 3000, 5000, 8000, 15000, 30000)
"""Patterns of the first pass behind which to look again, for weights that start as small as the paper's."""


class SDLM(Optimizer):
    """w_k -= rate / (mu + h_kk) * gradient, h_kk the curvature of the loss along w_k alone.

    LeCun, Bottou, Bengio and Haffner 1998, section III-B and appendix C (eq. 18 to 27): steep and curved directions get
    small steps. h is the diagonal of the second derivatives by the walk back that squares the derivatives
    (Gauss-Newton, `minicnn.curvature`), summed over the places of a shared weight, averaged over ``patterns`` rows, and
    looked at anew before each pass through the data. Where it is below zero, it counts as zero. It goes with updates by
    single patterns, ``batch_size=1``, and runs on larger batches as well.

    learning_rate: eta. The paper's go from 5e-4 to 1e-5 (`PAPER_RATES`), but LeNet-5 bears a fifth of that.
    mu: keeps the rate finite where nothing curves: no rate is above eta / mu.
    patterns: how many rows are averaged.
    refresh: counts of rows within the first pass behind which h is looked at again; see `REFRESH`. Weights that start
        very small have next to no curvature; it comes within some hundred patterns, when h, if it were kept for the
        whole pass, would allow far too large steps.

    Any network whose layers have a curvature rule will do. `fit` alone shows it the data it needs.
    A training that collapses is told by a warning: there is no NaN in it, only rates that nothing limits any more.
    """

    name = "sdlm"

    def __init__(self, learning_rate: float | LearningRateSchedule = 1e-4, mu: float = 0.02, patterns: int = 500,
                 refresh: Sequence[int] = (), *, weight_decay: float | None = None, clipnorm: float | None = None,
                 clipvalue: float | None = None, global_clipnorm: float | None = None) -> None:
        super().__init__(learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm)
        self.mu = _checks.number(mu, "mu", "SDLM", above=0)
        self.patterns = _checks.integer(patterns, "patterns", "SDLM")
        if isinstance(refresh, str) or not isinstance(refresh, Sequence):
            raise _checks.error("SDLM", "refresh must be a list of counts of rows", received=repr(refresh))
        self.refresh = tuple(_checks.integer(count, "each count of refresh", "SDLM") for count in refresh)

    @property
    def slot_groups(self) -> tuple[tuple[str, ...], ...]:
        return (("curvature",),)

    def move(self, key: Key, parameter: Array, gradient: Array, rate: Any) -> None:
        parameter -= rate / (self.curvature_of(key) + parameter.dtype.type(self.mu)) * gradient

    def curvature_of(self, key: Key) -> Array:
        """h of a parameter, shaped like it."""
        kept = self.slots.get("curvature", {})
        if key not in kept:
            raise _checks.error("SDLM", f"the curvature of {key!r} is not known", cure=
                                "Train by model.fit, which looks at it before each pass.")
        return kept[key]

    @property
    def rates(self) -> dict[Key, Array]:
        """The rate of each number of each parameter at the next update: eta / (mu + h)."""
        return {key: self.rate() / (self.mu + h) for key, h in self.slots.get("curvature", {}).items()}

    def span(self) -> tuple[float, float]:
        """The smallest and the largest of all rates."""
        rates = self.rates
        if not rates:
            raise _checks.error("SDLM", "there are no rates yet", cure="Train by model.fit.")
        return min(float(r.min()) for r in rates.values()), max(float(r.max()) for r in rates.values())

    def describe(self) -> str:
        """The span of the rates beside the paper's, in a line."""
        (low, high), (paper_low, paper_high) = self.span(), PAPER_SPAN
        return f"rates from {low:.1e} to {high:.1e} (the paper's first pass: about {paper_low:g} to {paper_high:g})"

    # -- when to look ----------------------------------------------------------------------------------

    def before_step(self, epoch: int, seen: int, rows: int, curvature: Callable[[int], Mapping[Key, Array]]) -> None:
        within = epoch == 0 and any(seen <= count < seen + rows for count in self.refresh)
        if seen and not within:
            return
        self.slots["curvature"] = {key: np.maximum(h, 0) for key, h in curvature(self.patterns).items()}
        if epoch or seen:  # nothing has happened before
            self._warn(f"epoch {epoch + 1}, behind {seen} patterns" if seen else f"before epoch {epoch + 1}")

    def _warn(self, when: str) -> None:
        """Say that nothing is left that limits the steps."""
        largest = max((float(h.max()) for h in self.slots["curvature"].values() if h.size), default=np.inf)
        if largest < self.mu:
            warnings.warn(f"SDLM: the curvature is gone ({when}): its largest value is {largest:.1g}, below mu = "
                          f"{self.mu:g}, so the rates are nearly all eta / mu. The training has collapsed, or is about "
                          "to. Start again with a lower learning rate (a fifth), with larger initial weights "
                          "(FanInUniform(1.0, 0.5)), or with refresh=optimizers.sdlm.REFRESH.",
                          RuntimeWarning, stacklevel=2)
