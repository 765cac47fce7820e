"""``minicnn train``: a network trained on images, with pictures of the result."""

import argparse
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from minicnn import _checks, kernels, loop, utils
from minicnn.callbacks import BackupAndRestore
from minicnn.cli import _usage, augmentations, networks, run_folder, sources, visualize
from minicnn.cli.judging import Judgement, judge
from minicnn.cli.preparation import Preparation
from minicnn.cli.recipes import RECIPES
from minicnn.cli.run_record import RunRecord, read_record
from minicnn.cli.sources import Data
from minicnn.counting import count, summary_text
from minicnn.feeding import ArrayFeed
from minicnn.models import Model
from minicnn.visualize import reporting

REPORTED: tuple[str, ...] | None = None
"""The pictures of the report; None is all."""
BACKUP, BATCHES_PER_BACKUP = "backup", 500  # a folder in that of the run; some seconds' work

EXAMPLES = """examples:
  minicnn train lenet5                              LeNet-5 of 1998, as in the paper, on 4,000 digits
  minicnn train lenet5 --seed 1 --out runs/second   another start, into a folder of your choice
  minicnn train lenet5 --epochs 2                   a quick look
  minicnn train lenet5-modern --batch-size 64       the network of today's tutorials
  minicnn train lenet5-modern --data mnist --augment   all of MNIST, each image a little different each time
  minicnn train lenet5-modern --data pictures       your own pictures: a folder for each class, PNG and JPEG
  minicnn train nets.py:build --data mnist          a model of your own: what the function build() returns
  minicnn train runs/lenet5-1 --epochs 4            a trained model, some epochs more
  minicnn train --resume runs/lenet5-2              a run that was interrupted or killed, to its end
"""

PRESETS = "\n".join(f"  {name:<9}{words}" for name, (words, _) in augmentations.PRESETS.items())


def add_command(commands: Any) -> None:
    """Put ``train`` on the command line."""
    parser = commands.add_parser(
        "train", help="train a network on digits or on your own pictures",
        epilog=_usage.epilog(f"{EXAMPLES}\naugmentations, by chance, other ones each time:\n{PRESETS}\n"),
        description="Train a network on images, judge it on others that were held out, and leave a folder with the "
                    "model, the figures and pictures of what it learned. Without --data it is trained on the 4,000 "
                    "digits that come with the package.", formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", metavar="NETWORK", nargs="?",
                        help=f"{', '.join(RECIPES)}, FILE.py:function (your own code, which is run), or a saved model: "
                             "MODEL.npz or a run's folder")
    parser.add_argument("--data", default="digits", metavar="DATA", help=f"{', '.join(sources.KNOWN)}, or a folder "
                        f"with a folder of pictures for each class, of which {sources.HELD_OUT:.0%}".replace("%", "%%")
                        + " are held out (default: digits)")
    parser.add_argument("--augment", nargs="?", const="light", metavar="HOW",
                        help=f"change images a little: {', '.join(augmentations.PRESETS)} (default: not; light where "
                             "HOW is not said)")
    parser.add_argument("--epochs", type=_usage.positive, metavar="N",
                        help="passes over the images (default: the recipe's, or 10)")
    parser.add_argument("--batch-size", type=_usage.positive, metavar="N",
                        help="images per step (default: the recipe's, or 32)")
    parser.add_argument("--seed", type=_usage.not_negative, default=0, metavar="N",
                        help="the start of all random numbers; the same seed gives the same bits (default: 0)")
    parser.add_argument("--out", metavar="FOLDER", help="where to leave the results (default: runs/NETWORK-number)")
    parser.add_argument("--resume", metavar="RUN",
                        help="go on with a run that was stopped, however it was stopped: its folder; it ends with the "
                             "same bits as if it had not been stopped (alone, without NETWORK)")
    parser.set_defaults(run=run)


@dataclass
class Plan:
    """A run, ready to start: everything is found and fits together; nothing is written yet."""

    model: Model
    data: Data
    record: RunRecord
    feed: ArrayFeed
    held: ArrayFeed
    head: str

    @property
    def preparation(self) -> Preparation:
        """How the images are made."""
        return self.record.preparation


def run(options: argparse.Namespace) -> None:
    """Train as told, printing what happens."""
    if options.resume is not None:
        if options.network is not None:
            raise _usage.UsageError("--resume goes without NETWORK: the run knows its own.")
        folder = Path(options.resume)
        plan = resumed_plan(folder)
    elif options.network is None:
        raise _usage.UsageError(f"Name a NETWORK ({', '.join(RECIPES)}, ...), or a run to --resume.")
    else:
        plan = make_plan(options)
        folder = run_folder.new_folder(options.out, name_of(options.network))
        plan.record.write(folder / run_folder.RECORD)
    print(plan.head, flush=True)
    try:
        train(plan, folder)
        finish(plan, folder)
    except KeyboardInterrupt:
        print(f"\nStopped. To go on: minicnn train --resume {folder}", flush=True)
        raise
    # Until here a run can be taken up again, whatever happens.
    shutil.rmtree(folder / BACKUP, ignore_errors=True)
    print(f"Left in {folder}:\n" + "\n".join(f"  {file.name}" for file in sorted(folder.iterdir())))


def resumed_plan(folder: Path) -> Plan:
    """The run of a folder once more, as its record tells it; `train` goes on where it was stopped."""
    where = f"--resume {str(folder)!r}"
    if not (folder / run_folder.RECORD).is_file():
        raise _checks.error(where, "this is not the folder of a run", f"a folder with {run_folder.RECORD}",
                            cure="A run that was stopped before it began has none: start it again.")
    if (folder / run_folder.MODEL).exists() and not (folder / BACKUP).exists():
        raise _checks.error(where, "the run is finished", cure=f"To train on: minicnn train {folder} --epochs N.")
    record = read_record(folder / run_folder.RECORD)
    plan = make_plan(argparse.Namespace(
        network=record.network, data=record.data, augment=record.augment, epochs=record.epochs,
        batch_size=record.batch_size, seed=record.seed))
    if plan.record.trained_on != record.trained_on:
        raise _checks.error(where, "the data have changed since", f"{record.trained_on} images to train on",
                            plan.record.trained_on, "Put them back as they were, or start again.")
    return plan


def make_plan(options: argparse.Namespace) -> Plan:
    """What the command line asks for."""
    utils.set_random_seed(options.seed)
    network = networks.find(options.network)
    check_augmentation(options.augment)
    data = sources.load(options.data, options.seed)
    epochs, batch_size = options.epochs or network.epochs, options.batch_size or network.batch_size
    model = network.model(data.classes)
    preparation = network.preparation(model, data.pictures)
    network.compile(model, steps=epochs * -(-len(data.train) // batch_size))
    record = RunRecord(options.network, data.name, len(data.train), data.classes, options.seed, epochs, batch_size,
                       options.augment, preparation)
    feed, held = feeds(model, data, record)
    table = summary_text(model, columns=("connections",))
    head = (f"{network.title} on {len(data.train):,} {data.what}, {len(data.held):,} held out; seed {options.seed}\n\n"
            f"{table}\n"
            f"Recipe\n{network.describe(epochs, batch_size)}\n")
    if options.augment:
        head += f"  - augmentation: {options.augment}, {augmentations.PRESETS[options.augment][0]}\n"
    return Plan(model, data, record, feed, held, head)


def check_augmentation(name: str | None) -> None:
    """Refuse an unknown one before data are loaded."""
    if name is not None and name not in augmentations.PRESETS:
        raise _usage.unknown("--augment", name, augmentations.PRESETS)


def feeds(model: Model, data: Data, record: RunRecord) -> tuple[ArrayFeed, ArrayFeed]:
    """What to train on, and what to validate on."""
    augment = record.augment and augmentations.find(record.augment, data.train, record.preparation)
    first = data.train.feed(record.preparation, record.batch_size, lambda labels: networks.targets(model, labels),
                            augment or None, shuffle=True)
    second = data.held.feed(record.preparation, record.batch_size, lambda labels: networks.targets(model, labels))
    return first, second


def name_of(network: str) -> str:
    """A name for the run's folder: of a file's function the function, of a run or a model its name."""
    name = network.rpartition(":")[2] if ".py:" in network else network
    path = run_folder.find_model(name)
    return path.parent.resolve().name if path.name == run_folder.MODEL else Path(name).stem


def train(plan: Plan, folder: Path) -> None:
    """All epochs, or those that are left; with a backup on the way."""
    compile_kernels(plan)
    backup = BackupAndRestore(folder / BACKUP, save_freq=BATCHES_PER_BACKUP, delete_checkpoint=False)
    plan.model.fit(plan.feed, epochs=plan.record.epochs, validation_data=plan.held, callbacks=[backup])


def compile_kernels(plan: Plan) -> None:
    """Let the kernels compile, on a copy of the model, before the clock of the first epoch runs."""
    compiled: list[str] = []
    start = time.perf_counter()
    with loop.compiling_said(verbose=1), kernels.compilations(compiled.append):
        x, y, _ = next(plan.feed.batches(seed=0, epoch=0))
        plan.model.astype(plan.model.dtype).train_on_batch(x, y)
    if compiled:
        print(f"{len(compiled)} kernels compiled in {time.perf_counter() - start:.1f} s\n", flush=True)


def finish(plan: Plan, folder: Path) -> None:
    """Save the model, judge it, and leave figures and pictures."""
    plan.model.save(folder / run_folder.MODEL)
    judged = judge(plan.model, plan.data.held, plan.preparation)
    result = f"Accuracy on the {len(judged.truth):,} held-out {plan.data.what}: {judged.accuracy}"
    print(f"\n{result}", flush=True)
    write_figures(plan, folder, f"{plan.head}\n{arithmetic(plan.model)}\n{result}\n")
    write_pictures(plan, folder, judged)


def arithmetic(model: Model) -> str:
    """Where each number of the table comes from."""
    rows = [f"  {row.name}: {row.parameters_text} parameters, {row.connections_text} connections"
            for row in count(model).rows if row.connections]
    return "\n".join(["Counting", *rows, ""])


def write_figures(plan: Plan, folder: Path, text: str) -> None:
    """The files that are text."""
    assert plan.model.history is not None
    run_folder.write_text(folder / "history.csv", run_folder.history_csv(plan.model.history.history))
    run_folder.write_text(folder / "summary.txt", text)


def write_pictures(plan: Plan, folder: Path, judged: Judgement) -> None:
    """The files that are pictures; the one on its way through the network is the first that was held out."""
    first = plan.preparation.images(np.asarray(plan.data.held.items[:1]))
    run_folder.write_pictures(folder, plan.model, judged, plan.preparation.scale(first), plan.data.classes)
    subject = visualize.of_data(plan.model, visualize.some(plan.data.held, plan.preparation), plan.data.classes,
                                plan.model.history)
    reporting.page(subject, reporting.chosen(REPORTED, "report"), folder / "report.html")
