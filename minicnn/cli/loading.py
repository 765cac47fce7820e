"""A trained model and what is known about it, for the commands that use one."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from minicnn import models
from minicnn.applications import LeNet5, LeNet5Modern
from minicnn.applications._trained import FOLDER, NAME
from minicnn.cli import networks, run_folder
from minicnn.cli.preparation import Preparation, guess
from minicnn.cli.run_record import RunRecord
from minicnn.cli.sources import DIGITS
from minicnn.models import Model, Sequential

DEFAULT = "lenet5-modern"
"""Of the models that come with the package, the one that answers where nobody has trained any."""
PACKAGED: dict[str, Callable[..., Sequential]] = {"lenet5": LeNet5, "lenet5-modern": LeNet5Modern}
RECORDS = {
    "lenet5": RunRecord("lenet5", NAME, 60_000, DIGITS, seed=0, epochs=20, batch_size=1, augment=None,
                        preparation=Preparation((32, 32, 1), "lenet5", "digit")),
    "lenet5-modern": RunRecord("lenet5-modern", NAME, 60_000, DIGITS, seed=0, epochs=20, batch_size=64, augment="light",
                               preparation=Preparation((28, 28, 1), "0..1", "digit")),
}
"""What the texts beside their weights say, as far as commands need it."""


@dataclass(frozen=True)
class Trained:
    """A model file, with the record of its run where it has one."""

    path: Path
    model: Model
    record: RunRecord | None
    name: str
    """How to call it to people."""

    def preparation(self, pictures: str) -> Preparation:
        """How its images are made; ``pictures`` says how those of files, for a model without a record."""
        return guess(self.model, pictures) if self.record is None else self.record.preparation

    @property
    def classes(self) -> tuple[str, ...]:
        """Their names, or numbers where nobody knows them."""
        names = self.record.classes if self.record else map(str, range(self.model.graph.outputs[0].sample_shape[-1]))
        classes = tuple(names)
        networks.check_outputs(self.model, len(classes))
        return classes


def add_code_option(parser: argparse.ArgumentParser) -> None:
    """``--code``, for models that use classes of the user's own."""
    parser.add_argument("--code", metavar="FILE.py", help="a file of your own that defines layers or losses the model "
                                                          "uses; it is run")


def load(name: str | Path, code: str | None) -> Trained:
    """The model of a run folder, or of a file, or of the package where there is none of such a name."""
    if code is not None:
        networks.run_file(Path(code))
    if str(name) in PACKAGED and not Path(name).exists():
        return packaged(str(name))
    path = run_folder.find_model(name)
    return Trained(path, models.load_model(path), run_folder.record_of(path), str(path))


def packaged(name: str) -> Trained:
    """One of the trained models that come with the package."""
    model = PACKAGED[name](weights=NAME)
    return Trained(FOLDER / f"{model.name}.npz", model, RECORDS[name], f"{name}, trained on MNIST, of the package")
