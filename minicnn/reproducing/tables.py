"""The runs beside each other, as text."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from minicnn.reproducing import published, records
from minicnn.reproducing.recipes import RECIPES
from minicnn.reproducing.records import Record
from minicnn.reproducing.tuning import Verdict
from minicnn.saving import atomic_write


@dataclass(frozen=True)
class Summary:
    """Runs that differ in their seed alone. test, training: % wrong in the last pass, one for each seed; sd: the
    spread of test (n - 1), error: the standard error of its mean, both NaN for a single seed; seconds: mean of a run,
    without tests."""

    variant: str
    digits: int
    passes: int
    seeds: list[int]
    test: list[float]
    training: list[float]
    mean: float
    sd: float | None
    error: float | None
    mean_training: float
    seconds: float
    collapsed: bool


def summaries(runs: Sequence[Record]) -> list[Summary]:
    """One for each variant and number of digits."""
    groups: dict[tuple[str, int, int], list[Record]] = {}
    for record in sorted(runs, key=lambda one: one.seed):
        groups.setdefault((record.recipe.name, record.digits, record.of_passes), []).append(record)
    order = [*RECIPES]
    return [_summary(of) for _, of in sorted(groups.items(), key=lambda item: (
        order.index(item[0][0]) if item[0][0] in order else len(order), item[0]))]


def _summary(runs: list[Record]) -> Summary:
    first, test = runs[0], [run.last.test for run in runs]
    sd = float(np.std(test, ddof=1)) if len(test) > 1 else None
    training = [run.last.training for run in runs]
    return Summary(first.recipe.name, first.digits, first.of_passes, [run.seed for run in runs], test, training,
                   float(np.mean(test)), sd, None if sd is None else sd / len(test) ** 0.5, float(np.mean(training)),
                   float(np.mean([run.seconds for run in runs])), any(run.collapsed for run in runs))


# -- Markdown ----------------------------------------------------------------------------------------


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], others: str = "---:") -> str:
    """A Markdown table; all but the first column to the right, where ``others`` does not say otherwise."""
    lines = [heads, ["---", *[others] * (len(heads) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def summary_table(runs: Sequence[Record]) -> str:
    """Mean, spread and standard error of each variant beside the paper's figure."""
    heads = ("variant", "digits", "seeds", "test % of each", "mean", "sd", "standard error", "training %",
             "paper: test", "training", "time of a run")
    return table(heads, [_summary_row(one) for one in summaries(runs)])


def _summary_row(one: Summary) -> list[str]:
    name = f"{one.variant} (collapsed)" if one.collapsed else one.variant
    return [name, f"{one.digits:,}", ", ".join(map(str, one.seeds)), " ".join(f"{test:.2f}" for test in one.test),
            f"{one.mean:.2f}", _or_dash(one.sd), _or_dash(one.error), f"{one.mean_training:.2f}",
            *_of_the_paper(one), duration(one.seconds)]


def _or_dash(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _of_the_paper(one: Summary) -> tuple[str, str]:
    """The errors that the paper prints for such a training."""
    if one.digits == 60_000:
        return (f"{published.DISTORTED_ERROR:g}", "-") if one.variant == "distorted" else \
            (f"{published.TEST_ERROR:g}", f"{published.TRAINING_ERROR:g}")
    test, training = published.TEST_BY_SIZE.get(one.digits), published.TRAINING_BY_SIZE.get(one.digits)
    return ("-" if test is None else f"{test:g}", "-" if training is None else f"{training:g}")


def duration(seconds: float) -> str:
    """For people.

    >>> duration(0.4), duration(61), duration(3 * 60 + 7.2)
    ('0.4 s', '1 min 1 s', '3 min 7 s')
    """
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"


def passes_table(run: Record) -> str:
    """Every pass of a run beside the paper's."""
    paper = run.digits == 60_000 and not run.recipe.distorted
    heads = ["pass", "rates from", "to", "training %", "test %", *["paper: training", "test"] * paper, "seconds"]
    rows = []
    for one in run.passes:
        place = one.number - 1
        beside = [f"{curve[place]:.2f}" if place < len(curve) else "-"
                  for curve in (published.TRAINING, published.TEST)]
        rows.append([str(one.number), f"{one.low:.1e}", f"{one.high:.1e}", f"{one.training:.2f}", f"{one.test:.2f}",
                     *beside * paper, f"{one.seconds:.1f}"])
    return table(heads, rows)


HEAD = """The errors are those of the last pass: no pass and no seed was picked. Training errors are counted while the
digits are trained on, as in the paper. Times are those of the training alone, without the tests behind each pass.
"""


def markdown(runs: Sequence[Record]) -> str:
    """The whole report."""
    parts = ["# LeNet-5, by its own recipe\n", HEAD, summary_table(runs), _settings(runs)]
    for name in dict.fromkeys(run.recipe.name for run in _ordered(runs)):
        parts += _of_variant([run for run in _ordered(runs) if run.recipe.name == name])
    return "\n".join(parts)


def _ordered(runs: Sequence[Record]) -> list[Record]:
    order = [*RECIPES]
    return sorted(runs, key=lambda run: (order.index(run.recipe.name) if run.recipe.name in order else len(order),
                                         -run.digits, run.seed))


def _settings(runs: Sequence[Record]) -> str:
    """On what the runs ran; 1998 beside it."""
    found = dict.fromkeys(", ".join(f"{name} {value}" if name != "machine" else value
                                    for name, value in run.setting.items()) for run in runs)
    then = f"1998: {published.TIME} of CPU time for 20 passes, on one 200 MHz R10000 of an SGI Origin 2000."
    return "\n".join([*found, "", then, ""])


def _of_variant(runs: list[Record]) -> list[str]:
    recipe = runs[0].recipe
    parts = [f"## {recipe.name}: {recipe.title}\n", table(("what", "the paper", "here"), recipe.choices(), "---")]
    for run in runs:
        given_up = ", given up because it had collapsed" if run.collapsed else ""
        parts += [f"### Seed {run.seed}, {run.digits:,} digits{given_up}\n", passes_table(run)]
        if run.stability:
            parts += [STABILITY, stability_table(run)]
    return parts


STABILITY = "The largest eigenvalue of a step on one pattern within the first pass (above 2 it overshoots):\n"


def stability_table(run: Record) -> str:
    """The largest eigenvalues, by how many patterns were seen."""
    return table(("behind", "mean", "largest"), [[f"{one.patterns:,}", f"{one.mean:.2f}", f"{one.largest:.2f}"]
                                                 for one in run.stability])


def tuning_table(verdicts: Sequence[Verdict]) -> str:
    """The candidates, the best first; of several seeds each, and the mean."""
    heads = ("candidate", "eta x", "first weights", "passes", "validation % of each seed", "mean", "training %",
             "training from the paper's curve")
    groups: dict[str, list[Verdict]] = {}
    for one in verdicts:
        groups.setdefault(one.record.recipe.name, []).append(one)
    return table(heads, [_tuning_row(group) for group in sorted(groups.values(), key=_mean_error)])


def _mean_error(group: list[Verdict]) -> float:
    return float(np.mean([one.record.last.test for one in group]))


def _tuning_row(group: list[Verdict]) -> list[str]:
    record, recipe = group[0].record, group[0].record.recipe
    training = np.mean([one.record.last.training for one in group])
    return [recipe.loss_name + ", h refreshed" * recipe.refresh, f"{recipe.factor:g}", recipe.start_name,
            str(record.of_passes), " ".join(f"{one.record.last.test:.2f}" for one in group),
            f"{_mean_error(group):.2f}", f"{training:.2f}", f"{np.mean([one.from_curve for one in group]):.2f}"]


# -- files -------------------------------------------------------------------------------------------


def csv_text(runs: Sequence[Record]) -> str:
    """A row for each pass of each run."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = ("number", "low", "high", "loss", "training", "test", "seconds")
    writer.writerow(["variant", "digits", "seed", "pass", *names[1:]])
    for run in _ordered(runs):
        writer.writerows([run.recipe.name, run.digits, run.seed, *(getattr(one, name) for name in names)]
                         for one in run.passes)
    return text.getvalue()


def write_all(folder: Path) -> list[Record]:
    """results.md, .csv and .json from all runs of a folder, which are returned."""
    runs = [run for run in records.read_all(folder) if run.passes]
    summary = json.dumps([asdict(one) for one in summaries(runs)], indent=1)
    for name, text in (("results.md", markdown(runs)), ("results.csv", csv_text(runs)),
                       ("results.json", summary + "\n")):
        with atomic_write(folder / name, "w") as file:
            file.write(text)
    return runs


TUNING = """# How the open choices were made

Each candidate was trained on 50,000 of the 60,000 training digits and judged by the other 10,000; the test digits were
not looked at. The seeds are used nowhere else. The last column is how far the training error was from the paper's,
root of the mean square over the passes. Of 10,000 digits, a difference of 0.15 % between two candidates is chance.
"""


def write_tuning(folder: Path, *parts: str) -> None:
    """tuning.md: the tables of candidates."""
    with atomic_write(folder / "tuning.md", "w") as file:
        file.write("\n".join([TUNING, *parts]))
