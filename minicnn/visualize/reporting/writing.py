"""A report as a page, or its pictures as files."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from minicnn import _checks
from minicnn._progress import watched
from minicnn.visualize import drawing
from minicnn.visualize.page import Block, Note, Section, Text, picture, write_page
from minicnn.visualize.reporting.registry import Picture, chosen
from minicnn.visualize.reporting.subject import Subject, make

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from minicnn.models import Model


def report(model: "Model", x: Any, *, names: Sequence[str] | None = None, classes: Sequence[str] | None = None,
           history: Any = None, data: tuple[Any, Any] | None = None, pictures: Iterable[str] | None = None,
           save: str | os.PathLike[str], verbose: int = 1) -> None:
    """Write one page with every picture of a model: a single file, which needs neither network nor other files.

    x: one image or several, the numbers that go in. names: what to call each.
    classes: their names. history: what `fit` returned, for its curves.
    data: (images, labels) that were not trained on, for what many images are needed.
    pictures: the names of those that are wanted, of `minicnn.visualize.reporting.PICTURES`; all where not given.
    save: a ``.html`` file. verbose: 0 shows no progress.

    What cannot be drawn of this model stands on the page as a note that says why.

    Raises MinicnnError for images, names, classes or data that do not fit the model, and for another file ending.
    """
    wanted = chosen(pictures, "visualize.report")
    page(make(model, x, names, classes, history, data), wanted, save, verbose)


def page(subject: Subject, wanted: Sequence[Picture], save: str | os.PathLike[str], verbose: int = 1) -> None:
    """Write the page of a subject."""
    if Path(save).suffix.lower() != ".html":
        raise _checks.error(f"save={os.fspath(save)!r}", "a report is a page", "the ending '.html'",
                            repr(Path(save).suffix))
    sections = [Section(entry.title, [Text(entry.words), *_blocks(entry, subject)])
                for entry in watched(wanted, "pictures", verbose)]
    model = subject.model
    write_page(save, f"{model.name}, seen through", sections,
               f"{model.count_params():,} parameters; looked at with {', '.join(subject.names)}")


def figures(subject: Subject, wanted: Sequence[Picture], save: str | os.PathLike[str]) -> list[Path]:
    """Write the figures of some pictures, each to a file of its own; returns the files.

    save: a ``.png``, ``.svg`` or ``.pdf`` file; where there are several figures their names get numbers.
    """
    drawing.check_ending(save)
    made = [figure for entry in wanted for _, figure in entry.draw(subject)]
    path = Path(save)
    files = [path]
    if len(made) > 1:
        files = [path.with_stem(f"{path.stem}-{number}") for number in range(1, len(made) + 1)]
    for figure, file in zip(made, files, strict=True):
        drawing.write(figure, file)
    return files


def _blocks(entry: Picture, subject: Subject) -> list[Block]:
    """The figures of a picture; a note behind those that could be made where one could not."""
    blocks: list[Block] = []
    try:
        for what, figure in entry.draw(subject):
            blocks.append(_block(what, entry, figure))
    except _checks.MinicnnError as reason:
        blocks.append(Note(entry.title, str(reason)))
    return blocks


def _block(what: str, entry: Picture, figure: "Figure") -> Block:
    return picture(what, lambda: figure, alt=" - ".join(filter(None, [entry.title, what])))
