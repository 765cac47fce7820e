"""Whether steps on single patterns can be stable, measured while a network learns."""

from collections.abc import Mapping

import numpy as np

from minicnn._types import Array
from minicnn.curvature import step_eigenvalue
from minicnn.feeding import Batch
from minicnn.models import Model
from minicnn.reproducing.records import Stability

LOOKS = (5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000)
"""Behind how many patterns of the first pass, where a call of the compiled loop ends there."""
PATTERNS = 3
"""How many single patterns are looked at each time: always the same."""


def look(model: Model, x: Array, y: Array, rates: Mapping[str, Array], patterns: int) -> Stability:
    """The largest eigenvalue of 2 J D J^T for each pattern x (N, 32, 32, 1) with its label y (N,): the step on a
    pattern overshoots where it is above 2."""
    assert model.compiled is not None
    target = model.compiled.targets[0]
    found = [step_eigenvalue(model.graph, target, Batch(x[n:n + 1], y[n:n + 1]), rates) for n in range(len(x))]
    return Stability(patterns, *(round(float(value), 4) for value in (np.mean(found), np.max(found))))
