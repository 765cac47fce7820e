"""The folder a training run leaves: the model, what the run was, figures as text, and pictures."""

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path

from minicnn import _checks, visualize
from minicnn._types import Array
from minicnn.cli.judging import Judgement
from minicnn.cli.run_record import RunRecord, read_record
from minicnn.layers import Conv2D, TableConv2D
from minicnn.models import Model
from minicnn.saving import atomic_write

MODEL, RECORD, RUNS = "model.npz", "run.json", "runs"


def new_folder(out: str | None, name: str) -> Path:
    """The folder to write to: ``out``, which must be new or empty, or the next free ``runs/NAME-number``."""
    if out is None:
        number = 1
        while (Path(RUNS) / f"{name}-{number}").exists():
            number += 1
        out = str(Path(RUNS) / f"{name}-{number}")
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


def read_history(path: Path) -> dict[str, list[float]]:
    """The mirror of `history_csv`."""
    try:
        rows = list(csv.DictReader(path.read_text("utf-8").splitlines()))
        return {name: [float(row[name]) for row in rows] for name in (rows[0] if rows else ()) if name != "epoch"}
    except (OSError, ValueError, TypeError) as problem:
        raise _checks.error(f"reading {str(path)!r}", "the history of the run is damaged", received=str(problem),
                            cure="Remove the file: everything else can be drawn without it.") from None


def write_pictures(folder: Path, model: Model, judged: Judgement, x: Array, classes: Sequence[str]) -> None:
    """The pictures of a trained model: what it learned, how it sees ``x`` (one image), what it got wrong."""
    assert model.history is not None
    visualize.learning_curves(model.history, save=folder / "learning_curves.png")
    for layer in model.layers:
        # C1 and C3, or their like: where the input is an image and the kernels are more than single columns.
        if isinstance(layer, (Conv2D, TableConv2D)) and layer.shapes()["kernel"][2] <= 60 and layer.filters <= 16:
            visualize.kernels(model, layer.name, save=folder / f"kernels_{layer.name}.png")
    visualize.feature_maps(model, x, save=folder / "feature_maps.png")
    visualize.confusion_matrix(judged.truth, judged.answers, len(classes), names=classes,
                               save=folder / "confusion_matrix.png")
    seen = len(judged.images)
    visualize.misclassified(judged.images, judged.truth[:seen], judged.answers[:seen], names=classes,
                            save=folder / "misclassified.png")


def find_model(name: str | os.PathLike[str]) -> Path:
    """The model file of a run folder, or the file itself."""
    path = Path(name)
    return path / MODEL if path.is_dir() else path


def record_of(model: Path) -> RunRecord | None:
    """What is recorded beside a run's model; None beside any other."""
    path = model.with_name(RECORD)
    return read_record(path) if model.name == MODEL and path.exists() else None


def newest() -> Path | None:
    """The run folder whose model was written last, if there is any."""
    found = sorted(Path(RUNS).glob(f"*/{MODEL}"), key=lambda path: (path.stat().st_mtime_ns, path))
    return found[-1].parent if found else None
