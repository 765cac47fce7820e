"""The folder a training run leaves: the model, figures as text, and pictures."""

import csv
import io
import os
from pathlib import Path

import numpy as np

from minicnn import _checks, visualize
from minicnn._types import Array
from minicnn.layers import Conv2D, TableConv2D
from minicnn.models import Sequential
from minicnn.saving import atomic_write

MODEL = "model.npz"


def new_folder(out: str | None, name: str) -> Path:
    """The folder to write to: ``out``, which must be new or empty, or the next free ``runs/NAME-number``."""
    if out is None:
        number = 1
        while (Path("runs") / f"{name}-{number}").exists():
            number += 1
        out = str(Path("runs") / f"{name}-{number}")
    folder = Path(out)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise _checks.error(f"--out {out!r}", "the folder is not empty", cure="Name a new one, or remove it.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".probe"
        probe.touch()
        probe.unlink()
    except OSError as problem:
        raise _checks.error(f"--out {out!r}", "the folder cannot be written", received=str(problem)) from None
    return folder


def write_text(path: Path, text: str) -> None:
    """Write a text file, whole or not at all."""
    with atomic_write(path, "w") as file:
        file.write(text)


def history_csv(history: dict[str, list[float]]) -> str:
    """The figures of each epoch as Keras's CSVLogger writes them: epochs from 0, columns by name."""
    names = sorted(history)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["epoch", *names])
    for epoch in range(len(history[names[0]]) if names else 0):
        writer.writerow([epoch, *(history[name][epoch] for name in names)])
    return text.getvalue()


def write_pictures(folder: Path, model: Sequential, images: Array, x: Array, truth: Array, answers: Array) -> None:
    """The pictures of a trained model on held-out digits: images as bytes, x as the model wants them."""
    assert model.history is not None
    visualize.learning_curves(model.history, save=folder / "learning_curves.png")
    for layer in model.layers:
        # C1 and C3, or their like: where the input is an image and the kernels are more than single columns.
        if isinstance(layer, (Conv2D, TableConv2D)) and layer.shapes()["kernel"][2] <= 60 and layer.filters <= 16:
            visualize.kernels(model, layer.name, save=folder / f"kernels_{layer.name}.png")
    visualize.feature_maps(model, x[:1], save=folder / "feature_maps.png")
    visualize.confusion_matrix(truth, answers, save=folder / "confusion_matrix.png")
    visualize.misclassified(images, truth, answers, save=folder / "misclassified.png")


def find_model(name: str | os.PathLike[str]) -> Path:
    """The model file of a run folder, or the file itself."""
    path = Path(name)
    return path / MODEL if path.is_dir() else path


def wrong(truth: Array, answers: Array) -> int:
    """How many answers are wrong."""
    return int(np.count_nonzero(truth != answers))
