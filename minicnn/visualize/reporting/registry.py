"""The pictures a report is made of, by name."""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from minicnn import _checks
from minicnn.visualize.reporting.subject import Subject

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Drawn: TypeAlias = Iterable[tuple[str, "Figure"]]
"""What belongs under one heading: (what the figure is of, figure)."""


@dataclass(frozen=True)
class Picture:
    """One kind of picture: its name, its heading, words that say how to read it, and how it is made."""

    name: str
    title: str
    words: str
    draw: Callable[[Subject], Drawn]


PICTURES: dict[str, Picture] = {}


def picture(title: str) -> Callable[[Callable[[Subject], Drawn]], Callable[[Subject], Drawn]]:
    """Enter a function under its name; its docstring is what the report says above the picture."""
    def enter(draw: Callable[[Subject], Drawn]) -> Callable[[Subject], Drawn]:
        name = draw.__name__
        PICTURES[name] = Picture(name, title, " ".join((inspect.getdoc(draw) or "").split()), draw)
        return draw
    return enter


def chosen(names: Iterable[str] | None, where: str) -> list[Picture]:
    """The pictures of these names, in the order of a report; all where none is named."""
    if names is None:
        return list(PICTURES.values())
    wanted = {_checks.named(f"{where}: picture", name, PICTURES).name for name in names}
    return [entry for name, entry in PICTURES.items() if name in wanted]
