"""``minicnn train``: a network trained on the package's digits, with pictures of the result."""

import argparse
import time
from pathlib import Path
from typing import Any

from minicnn import kernels, loop, utils
from minicnn._types import Array
from minicnn.cli import recipes, run_folder
from minicnn.counting import count, summary_text
from minicnn.datasets import digits
from minicnn.models import Sequential

EXAMPLES = """examples:
  minicnn train lenet5                              LeNet-5 of 1998, as in the paper, on 4,000 digits
  minicnn train lenet5 --seed 1 --out runs/second   another start, into a folder of your choice
  minicnn train lenet5 --epochs 2                   a quick look
  minicnn train lenet5-modern --batch-size 64       the network of today's tutorials
"""


def add_command(commands: Any) -> None:
    """Put ``train`` on the command line."""
    parser = commands.add_parser(
        "train", help="train a network on the package's digits", epilog=EXAMPLES,
        description="Train a network on the 4,000 digits that come with the package, judge it on the 1,000 held "
                    "out, and leave a folder with the model, the figures and pictures of what it learned.",
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", metavar="NETWORK", help=" or ".join(recipes.RECIPES))
    parser.add_argument("--epochs", type=_positive, metavar="N", help="passes over the digits (default: the recipe's)")
    parser.add_argument("--batch-size", type=_positive, metavar="N", help="digits per step (default: the recipe's)")
    parser.add_argument("--seed", type=_not_negative, default=0, metavar="N",
                        help="the start of all random numbers; the same seed gives the same bits (default: 0)")
    parser.add_argument("--out", metavar="FOLDER", help="where to leave the results (default: runs/NETWORK-number)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Train as told, printing what happens."""
    recipe = recipes.find(options.network)
    epochs, batch_size = options.epochs or recipe.epochs, options.batch_size or recipe.batch_size
    folder = run_folder.new_folder(options.out, options.network)
    (images, labels), (held_images, held_labels) = digits.load_data()
    x, held_x = recipe.images(images), recipe.images(held_images)

    utils.set_random_seed(options.seed)
    model = recipe.build()
    steps = epochs * -(-len(x) // batch_size)
    model.compile(recipe.optimizer(steps), recipe.loss(), ["accuracy"])
    head = (f"{recipe.title} on {len(x):,} digits, {len(held_x):,} held out; seed {options.seed}\n\n"
            f"{summary_text(model.name, model.graph, ('connections',))}\n\n"
            f"Recipe\n{recipe.describe(epochs, batch_size)}\n")
    print(head, flush=True)
    compile_kernels(model, x[:batch_size], labels[:batch_size])
    model.fit(x, labels, batch_size, epochs, validation_data=(held_x, held_labels))

    answers = model.predict_classes(held_x, batch_size=100)
    errors = run_folder.wrong(held_labels, answers)
    result = (f"Accuracy on the {len(held_x):,} held-out digits: {1 - errors / len(held_x):.1%} "
              f"({errors} wrong)")
    print(f"\n{result}", flush=True)
    write_results(folder, model, f"{head}\n{arithmetic(model)}\n{result}\n")
    run_folder.write_pictures(folder, model, held_images, held_x, held_labels, answers)
    print(f"Left in {folder}:\n" + "\n".join(f"  {file.name}" for file in sorted(folder.iterdir())))


def compile_kernels(model: Sequential, x: Array, y: Array) -> None:
    """Let the kernels compile, on a copy of the model, before the clock of the first epoch runs."""
    compiled: list[str] = []
    start = time.perf_counter()
    with loop.compiling_said(verbose=1), kernels.compilations(compiled.append):
        model.astype(model.dtype).train_on_batch(x, y)
    if compiled:
        print(f"{len(compiled)} kernels compiled in {time.perf_counter() - start:.1f} s\n", flush=True)


def arithmetic(model: Sequential) -> str:
    """Where each number of the table comes from."""
    rows = [f"  {row.name}: {row.parameters_text} parameters, {row.connections_text} connections"
            for row in count(model).rows if row.connections]
    return "\n".join(["Counting", *rows, ""])


def write_results(folder: Path, model: Sequential, text: str) -> None:
    """The files that are not pictures."""
    assert model.history is not None
    model.save(folder / run_folder.MODEL)
    run_folder.write_text(folder / "history.csv", run_folder.history_csv(model.history.history))
    run_folder.write_text(folder / "summary.txt", text)


def _positive(text: str) -> int:
    return _at_least(text, 1)


def _not_negative(text: str) -> int:
    return _at_least(text, 0)


def _at_least(text: str, minimum: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = minimum - 1
    if number < minimum:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least {minimum}, received {text!r}")
    return number
