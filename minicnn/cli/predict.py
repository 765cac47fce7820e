"""``minicnn predict``: what a trained model sees in pictures."""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from minicnn._types import Array
from minicnn.cli import _usage, loading, run_folder
from minicnn.cli.loading import Trained
from minicnn.cli.preparation import WHOLE, gives_penalties
from minicnn.saving import atomic_write

EXAMPLES = """examples:
  minicnn predict three.png                              by the newest run in the folder runs, or by a model that
                                                         comes with the package where there is none
  minicnn predict a.png b.jpg --model runs/lenet5-1      by a run of your choice
  minicnn predict three.png --model lenet5               by the LeNet-5 that comes with the package, trained on MNIST
  minicnn predict three.png --model model.npz --json answers.json
"""
SHOWN = 10


def add_command(commands: Any) -> None:
    """Put ``predict`` on the command line."""
    parser = commands.add_parser(
        "predict", help="recognize pictures", epilog=_usage.epilog(EXAMPLES),
        description="Recognize pictures, PNG or JPEG, in any size. For a model of digits each becomes an image as "
                    "MNIST has them: light on dark (the border tells which is the paper), the digit 20 pixels long, "
                    "its center of mass in the middle. For a model of your own pictures it is brought to their size.",
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="a PNG or JPEG file")
    parser.add_argument("--model", metavar="RUN|FILE|NAME",
                        help=f"a folder left by 'minicnn train', a saved model, or one that comes with the package: "
                             f"{', '.join(loading.PACKAGED)} (default: the newest in the folder runs; without any, "
                             f"{loading.DEFAULT})")
    parser.add_argument("--json", metavar="FILE", help="write the answers to this file, too")
    loading.add_code_option(parser)
    parser.set_defaults(run=run)


@dataclass(frozen=True)
class Answer:
    """A picture, and the classes from the most to the least likely, with what the network says to each."""

    file: str
    ranking: tuple[tuple[str, float], ...]


def run(options: argparse.Namespace) -> None:
    """Print the rankings."""
    name = options.model or run_folder.newest()
    trained = loading.load(name, options.code) if name else loading.packaged(loading.DEFAULT)
    answers = recognize(trained, options.images)
    kind = "penalty" if gives_penalties(trained.model) else "score"
    print(f"By {trained.name}" + ("" if name else f" (there is no run in the folder {run_folder.RUNS})"))
    for answer in answers:
        print(f"\n{text(answer, kind)}")
    if options.json:
        write_json(Path(options.json), trained, answers, kind)


def recognize(trained: Trained, files: list[str]) -> list[Answer]:
    """An answer for each picture; if one cannot be read there is none at all."""
    preparation, classes = trained.preparation(like_its_data(trained)), trained.classes
    images = np.stack([preparation.load(file) for file in files])
    outputs = trained.model.predict(preparation.scale(images), verbose=0)
    orders = np.argsort(-trained.model.scores(outputs), axis=-1, kind="stable")
    return [Answer(file, ranking(output, order, classes))
            for file, output, order in zip(files, outputs, orders, strict=True)]


def like_its_data(trained: Trained) -> str:
    """How pictures are made for a model without a record: as digits where it could be a network of digits."""
    height, width, channels = trained.model.graph.inputs[0].sample_shape
    digits = channels == 1 and height >= 28 and width >= 28 and trained.model.graph.outputs[0].sample_shape == (10,)
    return "digit" if digits else WHOLE


def ranking(output: Array, order: Array, classes: tuple[str, ...]) -> tuple[tuple[str, float], ...]:
    """The classes in this order, each with its output."""
    return tuple((classes[number], float(output[number])) for number in order)


def text(answer: Answer, kind: str) -> str:
    """The ranking for people; of many classes the first ten."""
    width = max(len(name) for name, _ in answer.ranking)
    rows = [f"  {name:<{width}}  {value:.4f}" for name, value in answer.ranking[:SHOWN]]
    return "\n".join([f"{answer.file}: {answer.ranking[0][0]}", f"  {'':<{width}}  {kind}", *rows])


def write_json(path: Path, trained: Trained, answers: list[Answer], kind: str) -> None:
    """The rankings for programs, whole or not at all."""
    document = {"model": trained.name, "pictures": [
        {"file": answer.file, "class": answer.ranking[0][0],
         "ranking": [{"class": name, kind: value} for name, value in answer.ranking]} for answer in answers]}
    with atomic_write(path, "w") as file:
        json.dump(document, file, indent=2, ensure_ascii=False)
        file.write("\n")
