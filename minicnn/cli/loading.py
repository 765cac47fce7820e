"""A trained model and what is known about it, for the commands that use one."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from minicnn import models
from minicnn.cli import networks, run_folder
from minicnn.cli.preparation import Preparation, guess
from minicnn.cli.run_record import RunRecord
from minicnn.models import Model


@dataclass(frozen=True)
class Trained:
    """A model file, with the record of its run where it has one."""

    path: Path
    model: Model
    record: RunRecord | None

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
    """The model of a run folder, or of a file."""
    if code is not None:
        networks.run_file(Path(code))
    path = run_folder.find_model(name)
    return Trained(path, models.load_model(path), run_folder.record_of(path))
