"""``minicnn reproduce``: the paper's training, its errors and its Figures 5 and 6."""

import argparse
import functools
from pathlib import Path
from typing import Any

from minicnn import _checks
from minicnn.cli import _usage
from minicnn.reproducing import data, figures, published, recipes, running, tables, tuning
from minicnn.reproducing.recipes import RECIPES
from minicnn.reproducing.records import Record

PASSES, SEEDS, OUT = 20, (0, 1, 2), "runs/reproduce-lenet5"
SIZES = (15_000, 30_000, 60_000)
"""Of Figure 6."""

EXAMPLES = """examples:
  minicnn reproduce lenet5                        the best recipe, seeds 0, 1 and 2, on MNIST's 60,000 digits
  minicnn reproduce lenet5 --variant letter       the paper's recipe to the letter, which collapses
  minicnn reproduce lenet5 --variant all          all variants
  minicnn reproduce lenet5 --figure 6 --seeds 0   the error by the number of digits to train on
  minicnn reproduce lenet5 --tune                 how j and the rates were chosen, without test digits
  minicnn reproduce lenet5 --data digits --passes 2 --seeds 0   a small look, without MNIST
"""


def add_command(commands: Any) -> None:
    """Put ``reproduce`` on the command line."""
    variants = "\n".join(f"  {name:<10} {recipe.title}: {recipe.loss_name}, eta x {recipe.factor:g}, first weights "
                         f"{recipe.start_name}" for name, recipe in RECIPES.items())
    parser = commands.add_parser(
        "reproduce", help="train LeNet-5 as in 1998, and see whether the paper's errors come out",
        description="Train LeNet-5 pattern by pattern, 20 passes, with a rate for each parameter, as the paper of 1998 "
                    "did in two to three days, and leave the errors of each pass beside the paper's. A run that was "
                    "stopped goes on where it was when the same command is given again.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=_usage.epilog(f"{EXAMPLES}\nvariants:\n{variants}\n"))
    parser.add_argument("paper", metavar="lenet5", choices=["lenet5"], help="the only one so far")
    parser.add_argument("--variant", default="best", choices=[*RECIPES, "all"], help="the recipe (default: best)")
    parser.add_argument("--seeds", type=_seeds, default=SEEDS, metavar="N,N,...",
                        help="one run for each (default: 0,1,2)")
    parser.add_argument("--passes", type=_usage.positive, metavar="N",
                        help=f"through the digits (default: {PASSES})")
    parser.add_argument("--digits", type=_usage.positive, metavar="N", help="train on the first N only")
    parser.add_argument("--data", default="mnist", choices=["mnist", "digits"],
                        help="MNIST, or the 5,000 digits of the package (default: mnist)")
    parser.add_argument("--figure", type=int, choices=[5, 6],
                        help="draw it, and train what it needs: 5 error by pass, 6 error by number of digits")
    parser.add_argument("--tune", action="store_true",
                        help="run the candidates for the open choices instead, judged by 10,000 of the training digits")
    parser.add_argument("--out", default=OUT, metavar="FOLDER", help=f"where to leave the results (default: {OUT})")
    parser.set_defaults(run=run)


def _seeds(text: str) -> tuple[int, ...]:
    return tuple(dict.fromkeys(_usage.not_negative(part.strip()) for part in text.split(",")))


def run(options: argparse.Namespace) -> None:
    """Train what is asked for and not there yet; tell it; leave tables and figures."""
    digits = data.load(options.data).first(options.digits)
    folder = Path(options.out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise _checks.error(f"--out {options.out!r}", "the folder cannot be made", received=problem.strerror) from None
    say = functools.partial(print, flush=True)
    try:
        if options.tune:
            tune(options, digits, folder, say)
        else:
            train(options, digits, folder, say)
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on where it was.", flush=True)
        raise


def train(options: argparse.Namespace, digits: data.Digits, folder: Path, say: running.Say) -> None:
    """The runs, one by one."""
    done: list[Record] = []
    for name, seed, few in jobs(options, digits):
        done.append(running.run(recipes.find(name), seed, few, options.passes or PASSES, folder, say, verbose=1))
        tables.write_all(folder)
        say("")
    say(tables.summary_table(done))
    say(f"1998: {published.TIME} of CPU time.")
    if options.figure == 5:
        for name in dict.fromkeys(record.recipe.name for record in done):
            figures.error_by_pass(folder, name, save=folder / f"figure_5_{name}.png")
    elif options.figure == 6:
        figures.error_by_size(folder, save=folder / "figure_6.png")
    say(f"Left in {folder}: results.md, results.csv, results.json, and the model of each run")


def jobs(options: argparse.Namespace, digits: data.Digits) -> list[tuple[str, int, data.Digits]]:
    """(variant, seed, digits) of each run."""
    variants = [*RECIPES] if options.variant == "all" else [options.variant]
    wanted = [(name, digits) for name in variants]
    if options.figure == 6:
        whole = len(digits.x)
        sizes = [size * whole // SIZES[-1] for size in SIZES]  # of fewer digits a quarter, a half and all
        wanted = [*(("best", digits.first(size)) for size in sizes), ("distorted", digits)]
    return [(name, seed, few) for name, few in wanted for seed in options.seeds]


def tune(options: argparse.Namespace, digits: data.Digits, folder: Path, say: running.Say) -> None:
    """The candidates, then the finalists; their tables."""
    inside = folder / "tuning"
    inside.mkdir(exist_ok=True)
    first = tables.tuning_table(tuning.tune(digits, options.passes or tuning.PASSES, inside, say))
    last = tables.tuning_table(tuning.finals(digits, options.passes or tuning.FINAL_PASSES, inside, say))
    tables.write_tuning(folder, first, last)
    say(f"\n{first}\n{last}\nLeft in {folder}: tuning.md")
