"""How the open choices were made: some candidates, trained on 50,000 of the training digits, judged by the other
10,000. The test digits are not looked at."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from minicnn.reproducing import running
from minicnn.reproducing.data import Digits
from minicnn.reproducing.published import TRAINING
from minicnn.reproducing.recipes import LETTER, WIDER, Recipe
from minicnn.reproducing.records import Record

PASSES, SEED = 6, 7
"""Into the paper's third rate; a seed that is used nowhere else."""
FINAL_PASSES, FINAL_SEEDS = 20, (7, 8)
"""Of those between which so few passes decide nothing."""


def _candidate(factor: float, j: float | None, start: tuple[float, float] = WIDER, refresh: bool = False) -> Recipe:
    name = f"tune-{'eq8' if j is None else f'j{j:g}'}-x{factor:g}{'-refresh' * refresh}"
    return Recipe(name, "a candidate", factor, start, j, refresh=refresh)


CANDIDATES = [_candidate(0.2, None), _candidate(0.2, 1.0), *(_candidate(factor, 10.0) for factor in (0.1, 0.2, 0.4)),
              _candidate(0.2, 100.0), _candidate(0.2, 10.0, LETTER, refresh=True)]
FINALISTS = [replace(one, name=one.name.replace("tune", "final")) for one in (
    _candidate(0.2, None), _candidate(0.2, 1.0), _candidate(0.2, 10.0))]


@dataclass(frozen=True)
class Verdict:
    """A candidate. from_curve: how far its training error is from the paper's, root of the mean square over the
    passes."""

    record: Record
    from_curve: float


def verdict(record: Record) -> Verdict:
    """Of a candidate that was run."""
    ours = np.array([one.training for one in record.passes])
    theirs = np.array(TRAINING[:len(ours)])
    return Verdict(record, float(np.sqrt(np.mean((ours - theirs) ** 2))))


def tune(digits: Digits, passes: int, folder: Path, say: running.Say) -> list[Verdict]:
    """Run all candidates."""
    few = digits.to_tune()
    return [verdict(running.run(recipe, SEED, few, passes, folder, say)) for recipe in CANDIDATES]


def finals(digits: Digits, passes: int, folder: Path, say: running.Say) -> list[Verdict]:
    """Run the finalists, to the end."""
    few = digits.to_tune()
    return [verdict(running.run(recipe, seed, few, passes, folder, say))
            for recipe in FINALISTS for seed in FINAL_SEEDS]
