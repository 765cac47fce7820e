"""``run.json``: what a run trains, on what, and how its images are made."""

import json
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from minicnn import __version__, _checks
from minicnn.cli.preparation import Preparation, restore
from minicnn.saving import atomic_write

FORMAT = 1


@dataclass(frozen=True)
class RunRecord:
    """The command line of a run with everything settled that it left open."""

    network: str
    data: str
    trained_on: int
    """How many images: tells whether a folder has changed since."""
    classes: tuple[str, ...]
    seed: int
    epochs: int
    batch_size: int
    augment: str | None
    preparation: Preparation

    def write(self, path: Path) -> None:
        """Write the file, whole or not at all."""
        document = {
            "format": FORMAT, "network": self.network, "data": self.data, "trained_on": self.trained_on,
            "classes": list(self.classes), "seed": self.seed, "epochs": self.epochs, "batch_size": self.batch_size,
            "augment": self.augment, "images": self.preparation.document(), "versions": versions()}
        with atomic_write(path, "w") as file:
            json.dump(document, file, indent=2, ensure_ascii=False)
            file.write("\n")


def versions() -> dict[str, str]:
    """With other versions than these, the same seed may give other bits."""
    return {"minicnn": __version__, "python": platform.python_version(), "numpy": np.__version__}


def read_record(path: Path) -> RunRecord:
    """The record of a run; one clear error for whatever is wrong with it."""
    where = f"reading {str(path)!r}"
    try:
        document: Any = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as problem:
        raise _damaged(where, problem) from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise _checks.error(where, "this is no record of a run of this version", cure="Use the minicnn that wrote it.")
    try:
        integers = {name: _checks.integer(document[name], name, where, minimum=0)
                    for name in ("trained_on", "seed", "epochs", "batch_size")}
        texts = {name: _text(document[name]) for name in ("network", "data")}
        augment = None if document["augment"] is None else _text(document["augment"])
        classes = tuple(_text(name) for name in document["classes"])
        return RunRecord(**texts, **integers, augment=augment, classes=classes,  # type: ignore[arg-type]
                         preparation=restore(document["images"], where))
    except (KeyError, TypeError) as problem:
        raise _damaged(where, problem) from None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _damaged(where: str, problem: Exception) -> _checks.MinicnnError:
    return _checks.error(where, "the record of the run is damaged", received=f"{type(problem).__name__}: {problem}",
                         cure="Name the model file alone after moving it out of the folder, or train again.")
