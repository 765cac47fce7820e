"""Which parts of LeNet-5 does it owe its error rate to? (--quick: about 10 seconds; all of it: some minutes)

LeNet-5 as published has a connection table between S2 and C3, subsampling whose coefficients learn, a tanh everywhere,
output units that measure distances to fixed codes, and was trained by a second-order method, pattern by pattern. Most
networks since have none of these. Here every one of them is replaced, alone, by what came later.

    python examples/ablation.py                   the whole table, into the folder ablation: results.json, table.txt,
                                                  ablation.png; started again it goes on where it was stopped
    python examples/ablation.py --quick           a few digits, one seed: shows that it works, writes nothing

Trained on the first 10,000 training digits of MNIST and judged by its 10,000 test digits where MNIST lies on this
machine, else on the package's 4,000 and 1,000 (--data). Seeds 0, 1 and 2. Each variant has its own learning rate, the
best of four multiples of the paper's, each twice the one before, and of more where the best is the first or the last.
Best is what gets most of the last fifth of the training digits right, after a training on the others by other seeds,
with half the passes (--tuning-seeds, --tuning-passes): no test digit is looked at. The results in examples/ablation are
those of the first command.
"""

import argparse
import json
import platform
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import minicnn
from minicnn import layers, losses, optimizers, saving, schedules
from minicnn._checks import NotFiniteError
from minicnn.applications.lenet5 import TABLE_I, lenet5_images
from minicnn.datasets import _folders, _published, digits, mnist, rbf_codes
from minicnn.initializers import Constant, FanInUniform
from minicnn.optimizers.sdlm import PAPER_RATES
from minicnn.visualize import drawing

SEEDS, TUNING_SEEDS = (0, 1, 2), (7, 8, 9, 10, 11)
START = FanInUniform(1.0, 0.5)  # the paper's 2.4/F does not train without further care: see `minicnn reproduce lenet5`
NOTE = ("+-: the standard error of the mean of the seeds. Three tell little: a difference of less than twice the two\n"
        "errors together may be chance.\n")


@dataclass(frozen=True)
class Variant:
    """LeNet-5 with one thing changed. words: for the chart. rates: multiples of the paper's to try."""

    name: str
    words: str
    table: bool = True
    pool: str = "trained"
    of_convolutions: str = "scaled_tanh"
    rbf: bool = True
    sdlm: bool = True
    rates: tuple[float, ...] = (0.2, 0.4, 0.8, 1.6)


VARIANTS = (
    Variant("LeNet-5", "as published"),
    Variant("full C3", "no connection table: 2,416 parameters for 1,516", table=False),
    Variant("average", "mean of 2x2, then tanh: nothing to learn", pool="average"),
    Variant("maximum", "maximum of 2x2, then tanh", pool="max"),
    Variant("ReLU", "for tanh in C1, C3 and C5", of_convolutions="relu"),
    Variant("softmax", "and cross-entropy, for RBF codes and eq. 9", rbf=False),
    Variant("SGD", "one rate for all parameters, for SDLM", sdlm=False, rates=(1.0, 2.0, 4.0, 8.0)),
    # The curvature of the cross-entropy, p (1 - p), vanishes as the network gets sure, and SDLM's rates grow to their
    # limit. So the scores have another try without it: the one row in which two parts are changed.
    Variant("softmax, SGD", "both of the last two", rbf=False, sdlm=False, rates=(4.0, 8.0, 16.0, 32.0)),
)


def network(variant: Variant) -> minicnn.Sequential:
    """32x32x1 images -> 10 penalties, or probabilities. F6 keeps its tanh: the codes are +1 and -1."""
    learned: dict[str, Any] = {"kernel_initializer": START, "bias_initializer": START}
    conv = {"activation": variant.of_convolutions, **learned}
    c3 = layers.TableConv2D(TABLE_I, 5, name="C3", **conv) if variant.table else layers.Conv2D(16, 5, name="C3", **conv)
    output = layers.RBF(rbf_codes.prototypes("0123456789"), name="RBF") if variant.rbf else \
        layers.Dense(10, "softmax", name="output", **learned)
    return minicnn.Sequential([
        minicnn.Input((32, 32, 1)), layers.Conv2D(6, 5, name="C1", **conv), *pool(variant.pool, "S2"),
        c3, *pool(variant.pool, "S4"), layers.Conv2D(120, 5, name="C5", **conv), layers.Flatten(),
        layers.Dense(84, "scaled_tanh", name="F6", **learned), output])


def pool(kind: str, name: str) -> list[layers.Layer]:
    """One number for 2x2, squashed: coefficient * sum + bias, where both learn or are 1/4 and 0; or the maximum."""
    if kind == "max":
        return [layers.MaxPooling2D(2, name=name), layers.Activation("scaled_tanh", name=f"{name}_tanh")]
    if kind == "average":
        return [layers.Subsampling2D(2, coefficient_initializer=Constant(0.25), trainable=False, name=name)]
    return [layers.Subsampling2D(2, coefficient_initializer=START, bias_initializer=START, name=name)]


def trained(variant: Variant, x: np.ndarray, y: np.ndarray, passes: int, seed: int, factor: float) -> minicnn.Model:
    """The network after so many passes, pattern by pattern; the paper's rates times a factor, in its proportions."""
    minicnn.set_random_seed(seed)
    model = network(variant)
    ends = np.cumsum([count for count, _ in PAPER_RATES]) / 20 * passes * len(x)
    rate = schedules.PiecewiseConstantDecay([round(end) for end in ends[:-1]], [r * factor for _, r in PAPER_RATES])
    loss = losses.PenaltyMAP(10.0) if variant.rbf else losses.SparseCategoricalCrossentropy()
    # All variants go through the compiled loop, 500 patterns at once: many times as fast as one by one.
    model.compile(optimizers.SDLM(rate) if variant.sdlm else optimizers.SGD(rate), loss, steps_per_execution=500)
    model.fit(lenet5_images(x), y, batch_size=1, epochs=passes, verbose=0)
    return model


def error(model: minicnn.Model, x: np.ndarray, y: np.ndarray) -> float:
    """Percent of the digits that the model gets wrong."""
    return round(100 * float((model.predict_classes(lenet5_images(x), batch_size=200) != y).mean()), 3)


# -- the runs --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Task:
    """What is run. file: where results are kept; None for nowhere."""

    data: str
    x: np.ndarray
    y: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    passes: int
    seeds: tuple[int, ...]
    tuning_passes: int
    tuning_seeds: tuple[int, ...]
    file: Path | None

    @property
    def words(self) -> str:
        """In a line."""
        return (f"{len(self.x):,} digits of {self.data}, {self.passes} passes pattern by pattern, judged by "
                f"{len(self.x_test):,} test digits; seeds {_listed(self.seeds)}")

    @property
    def how_tuned(self) -> str:
        """In a line, too."""
        return (f"rates: times the paper's, tuned on held-out training digits by {self.tuning_passes} passes of seeds "
                f"{_listed(self.tuning_seeds)}")


def _listed(seeds: tuple[int, ...]) -> str:
    return ", ".join(map(str, seeds))


class Results:
    """Errors by the name of the run; what is known is not run again."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.known: dict[str, Any] = {"task": task.words, "tuning": task.how_tuned, "runs": {}}
        if task.file is not None and task.file.exists():
            self.known = json.loads(task.file.read_text("utf-8"))
            if (self.known["task"], self.known["tuning"]) != (task.words, task.how_tuned):
                raise SystemExit(f"{task.file} has the results of something else: {self.known['task']}; "
                                 f"{self.known['tuning']}. Name another folder: --out FOLDER.")

    def of(self, variant: Variant, seed: int, factor: float, tuning: bool = False) -> float:
        """The error of a run in percent."""
        name = f"{variant.name}, x {factor:g}, seed {seed}" + ", held-out training digits" * tuning
        if name not in self.known["runs"]:
            print(f"{name} ... ", end="", flush=True)
            start = time.perf_counter()
            value = self._run(variant, seed, factor, tuning)
            print(f"{value:.2f} % wrong, {time.perf_counter() - start:.0f} s", flush=True)
            self.known["runs"][name] = value
            self._keep()
        return float(self.known["runs"][name])

    def _run(self, variant: Variant, seed: int, factor: float, tuning: bool) -> float:
        task, cut = self.task, len(self.task.x) * 4 // 5
        try:
            if tuning:
                model = trained(variant, task.x[:cut], task.y[:cut], task.tuning_passes, seed, factor)
                return error(model, task.x[cut:], task.y[cut:])
            return error(trained(variant, task.x, task.y, task.passes, seed, factor), task.x_test, task.y_test)
        except NotFiniteError:  # the rates were far too large: no better than guessing
            return 90.0

    def _keep(self) -> None:
        if self.task.file is not None:
            self.known["versions"] = {"minicnn": minicnn.__version__, "python": platform.python_version(),
                                      "numpy": np.__version__}
            with saving.atomic_write(self.task.file, "w") as file:
                file.write(json.dumps(self.known, indent=1) + "\n")

    def factor(self, variant: Variant) -> float:
        """The multiple of the paper's rates that suits the variant best, as held-out training digits tell."""
        if not self.task.tuning_passes:
            return variant.rates[2]
        tried = list(variant.rates)
        while True:
            found = [np.mean([self.of(variant, seed, factor, tuning=True) for seed in self.task.tuning_seeds])
                     for factor in tried]
            best = tried[int(np.argmin(found))]
            if tried[0] < best < tried[-1]:
                return best
            tried = sorted({*tried, best / 2, best * 2})


# -- what came out ---------------------------------------------------------------------------------


def table(rows: list[tuple[Variant, float, list[float]]], task: Task) -> str:
    """Mean and standard error of each variant."""
    tuning = task.how_tuned if task.tuning_passes else "rates: times the paper's, not tuned"
    lines = [task.words, tuning, "", f"{'':<12} {'':<48}  {'rates':<7} wrong   +-       single seeds"]
    for variant, factor, errors in rows:
        spread = f"{standard_error(errors):.2f} %" if len(errors) > 1 else "-"
        each = ", ".join(f"{value:.2f}" for value in errors)
        lines.append(f"{variant.name:<12} {variant.words:<48}  x {factor:<5g} "
                     f"{np.mean(errors):.2f} %  {spread:<7}  {each}")
    return "\n".join([*lines, "", NOTE])


def standard_error(errors: list[float]) -> float:
    """Of the mean of some runs; 0 of one."""
    return float(np.std(errors, ddof=1) / np.sqrt(len(errors))) if len(errors) > 1 else 0.0


def chart(rows: list[tuple[Variant, float, list[float]]], words: str, save: Path | None = None) -> None:
    """A row for each variant: its runs, their mean, and the standard error of that on either side."""
    left = drawing.MARGIN + max(drawing.text_width(variant.words) for variant, _, _ in rows) + 0.15
    sheet, top = drawing.headed_sheet("LeNet-5 with one part changed", words, left + 3.9, 0.42 * len(rows) + 0.6)
    axes = sheet.axes(left, top + 0.05, 3.6, 0.42 * len(rows), "ablation")
    places = np.arange(len(rows))
    means, bars = (np.array([of(errors) for _, _, errors in rows]) for of in (np.mean, standard_error))
    axes.axvspan(means[0] - bars[0], means[0] + bars[0], color="0.92", linewidth=0)
    axes.axvline(means[0], color=drawing.FRAME, linewidth=0.8)
    for place, (_, _, errors) in enumerate(rows):
        axes.plot(errors, [place + 0.22] * len(errors), "|", color=drawing.QUIET, markersize=5)
    axes.errorbar(means, places, xerr=bars, fmt="o", color=drawing.SECOND, markersize=5, capsize=3, linewidth=1.2)
    axes.set(ylim=(len(rows) - 0.5, -0.5))
    axes.set_yticks([])
    for place, (variant, _, _) in enumerate(rows):
        style = {"transform": axes.get_yaxis_transform(), "ha": "right", "parse_math": False}
        axes.text(-0.02, place - 0.02, variant.name, fontsize=drawing.TEXT, weight="bold", va="bottom", **style)
        axes.text(-0.02, place + 0.02, variant.words, fontsize=drawing.SMALL, color=drawing.QUIET, va="top", **style)
    axes.set_xlabel("% of the test digits wrong: mean, its standard error, each seed", fontsize=drawing.TEXT)
    axes.spines[["top", "right", "left"]].set_visible(False)
    drawing.finish(sheet, save)


def main() -> None:
    # Told for rates that are too large, which are tried, and for the softmax: see `VARIANTS`.
    warnings.filterwarnings("ignore", "SDLM: the curvature is gone", RuntimeWarning)
    task, folder = asked()
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    print(f"{task.words}\n")
    results = Results(task)
    factors = {variant: results.factor(variant) for variant in VARIANTS}
    for seed in task.seeds:  # one of each first: whoever stops here has something to compare
        for variant in VARIANTS:
            results.of(variant, seed, factors[variant])
    rows = [(variant, factor, [results.of(variant, seed, factor) for seed in task.seeds])
            for variant, factor in factors.items()]
    print(f"\n{table(rows, task)}")
    chart(rows, task.words, folder and folder / "ablation.png")
    if folder is not None:
        (folder / "table.txt").write_text(table(rows, task), encoding="utf-8")
        print(f"{folder}: results.json, table.txt, ablation.png")


def asked() -> tuple[Task, Path | None]:
    """What the command line asks for, and where results go."""
    here = [_folders.data_folder() / "mnist", _folders.data_folder()]
    installed = all(_published.find(name, here) for name in _published.FILES)
    parser = argparse.ArgumentParser(description="LeNet-5 with one part changed at a time.")
    parser.add_argument("--data", choices=("mnist", "digits"), default="mnist" if installed else "digits")
    parser.add_argument("--passes", type=int, default=10, help="through the digits (default: 10)")
    parser.add_argument("--tuning-passes", type=int, metavar="N", help="(default: half of the passes)")
    parser.add_argument("--tuning-seeds", type=int, default=2, metavar="N", help="how many (default: 2)")
    parser.add_argument("--out", default="ablation", metavar="FOLDER")
    parser.add_argument("--quick", action="store_true", help="few digits, one seed, the rates as they are")
    options = parser.parse_args()
    if options.quick:
        (x, y), (x_test, y_test) = digits.load_data()
        return Task("the package", x[:400], y[:400], x_test[:200], y_test[:200], 2, (0,), 0, (), None), None
    (x, y), (x_test, y_test) = (mnist if options.data == "mnist" else digits).load_data()
    name, folder = "MNIST" if options.data == "mnist" else "the package", Path(options.out)
    tuning = options.tuning_passes or max(1, options.passes // 2)
    return Task(name, x[:10_000], y[:10_000], x_test, y_test, options.passes, SEEDS, tuning,
                TUNING_SEEDS[:options.tuning_seeds], folder / "results.json"), folder


if __name__ == "__main__":
    main()
