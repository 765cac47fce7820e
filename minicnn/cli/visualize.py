"""``minicnn visualize``: pictures of what a trained model does, on one page or each alone."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minicnn import _checks
from minicnn._types import Array
from minicnn.cli import _usage, loading, run_folder, sources
from minicnn.cli.loading import Trained
from minicnn.cli.predict import like_its_data
from minicnn.cli.preparation import Preparation
from minicnn.cli.sources import Part
from minicnn.models import Model
from minicnn.visualize import reporting

EXAMPLES = """examples:
  minicnn visualize runs/lenet5-1                                   of some of the images that the run held out
  minicnn visualize runs/lenet5-1 --image three.png --out three.html   of a picture of your own
  minicnn visualize model.npz --image a.png --image b.jpg --data digits
  minicnn visualize runs/lenet5-1 --only occlusion --image three.png --out three.png
"""
SHOWN, MANY = 3, 1000
"""Images taken from the data where none is named; images for the questions that are about many."""


def add_command(commands: Any) -> None:
    """Put ``visualize`` on the command line."""
    names = "\n".join(f"  {name:<17}{entry.title}" for name, entry in reporting.PICTURES.items())
    parser = commands.add_parser(
        "visualize", help="draw what a trained model does", epilog=_usage.epilog(f"{EXAMPLES}\npictures:\n{names}\n"),
        description="Draw a trained model: its structure, its kernels, what images become in it, what its answers "
                    "depend on. The page is one file, which needs no network and no other file.",
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", metavar="RUN|FILE", nargs="?", help="a folder left by 'minicnn train', a saved "
                        f"model, or one that comes with the package: {', '.join(loading.PACKAGED)} (default: the "
                        "newest in the folder runs)")
    parser.add_argument("--image", action="append", metavar="PATH", default=[],
                        help=f"a PNG or JPEG file; once for each (default: {SHOWN} images of the data)")
    parser.add_argument("--data", metavar="DATA", help=f"{', '.join(sources.KNOWN)}, or a folder with a folder of "
                        "pictures for each class: what many images are needed for (default: the run's)")
    parser.add_argument("--only", action="append", metavar="PICTURE", help="this picture; once for each (default: all)")
    parser.add_argument("--out", metavar="FILE", default="report.html",
                        help="a page (.html), or with --only a picture (.png, .svg or .pdf) (default: report.html)")
    loading.add_code_option(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Write the page or the pictures."""
    chosen = _chosen(options.only)
    alone = Path(options.out).suffix.lower() != ".html"
    if alone and options.only is None:
        raise _usage.UsageError(f"--out {options.out!r}: all pictures go on a page. Name a .html file, or --only one.")
    trained = _trained(options.model, options.code)
    subject = make_subject(trained, options.image, options.data)
    if alone:
        for file in reporting.figures(subject, chosen, options.out):
            print(f"Written: {file}")
    else:
        reporting.page(subject, chosen, options.out)
        print(f"Written: {options.out}")


def _trained(model: str | None, code: str | None) -> Trained:
    """The model that is named, or the newest run."""
    name = model or run_folder.newest()
    if name is None:
        raise _checks.error("visualize", f"there is no run in the folder {run_folder.RUNS}", cure=
                            "Name a model that comes with the package (minicnn visualize lenet5 --data digits), a RUN "
                            "or a FILE; or train one first: minicnn train lenet5.")
    return loading.load(name, code)


def _chosen(only: list[str] | None) -> list[reporting.Picture]:
    for name in only or ():
        if name not in reporting.PICTURES:
            raise _usage.unknown("--only", name, reporting.PICTURES)
    return reporting.chosen(only, "--only")


def make_subject(trained: Trained, files: list[str], name: str | None) -> reporting.Subject:
    """The model with its images; data and history as far as they are known."""
    data, history = _data(trained, name), _history(trained)
    if not files:
        if data is None:
            raise _checks.error(f"visualize {trained.name}", "there is no image to look at", cure=
                                "Name one, --image three.png, or a data set, --data digits.")
        return of_data(trained.model, data, trained.classes, history)
    preparation = trained.preparation(like_its_data(trained))
    x = preparation.scale(np.stack([preparation.load(file) for file in files]))
    return reporting.make(trained.model, x, [Path(file).name for file in files], trained.classes, history, data)


def of_data(model: Model, data: tuple[Array, Array], classes: Sequence[str], history: Any) -> reporting.Subject:
    """A model with the first images of some classes of its data (images that go in, labels)."""
    first = np.sort(np.unique(data[1], return_index=True)[1])[:SHOWN]
    names = [f"{classes[data[1][i]]} (held out)" for i in first]
    return reporting.make(model, data[0][first], names, classes, history, data)


def _data(trained: Trained, name: str | None) -> tuple[Array, Array] | None:
    """Images that were held out, as numbers that go in, and their classes."""
    name = name or (trained.record.data if trained.record else None)
    if name is None:
        return None
    data = sources.load(name, trained.record.seed if trained.record else 0)
    part = sources.renumbered(data.held, data.classes, trained.classes if trained.record else data.classes)
    return some(part, trained.preparation(data.pictures))


def some(part: Part, preparation: Preparation) -> tuple[Array, Array]:
    """The first images of a part, as numbers that go in, and their classes."""
    return preparation.scale(preparation.images(part.items[:MANY])), part.labels[:MANY].astype(np.int64)


def _history(trained: Trained) -> dict[str, list[float]]:
    path = trained.path.with_name("history.csv")
    return run_folder.read_history(path) if trained.record is not None and path.exists() else {}
