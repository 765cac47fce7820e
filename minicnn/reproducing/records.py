"""What is left of a run: a small file of text."""

import json
import os
import platform
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from minicnn import __version__, _checks
from minicnn.reproducing.recipes import LETTER, Recipe
from minicnn.saving import atomic_write

UNIMPORTANT = ("at_once", "watched")
"""What of a recipe changes nothing of its result."""


@dataclass
class Pass:
    """One pass through the patterns. low, high: the span of the rates in it; training, test: % wrong; seconds: of the
    training alone."""

    number: int
    low: float
    high: float
    loss: float
    training: float
    test: float
    seconds: float


@dataclass
class Stability:
    """The largest eigenvalue of a one-pattern step behind so many patterns of the first pass: over some patterns."""

    patterns: int
    mean: float
    largest: float


@dataclass
class Record:
    """A run: what was to be done, on what it ran, and what came of it."""

    recipe: Recipe
    seed: int
    data: str
    digits: int
    judged_by: str
    tested: int
    of_passes: int
    setting: dict[str, str] = field(default_factory=dict)
    passes: list[Pass] = field(default_factory=list)
    stability: list[Stability] = field(default_factory=list)
    collapsed: bool = False

    @property
    def name(self) -> str:
        """Of its files."""
        return f"{self.recipe.name}-{self.digits}-seed{self.seed}"

    @property
    def task(self) -> dict[str, Any]:
        """All that the result depends on."""
        return {name: value for name, value in to_json(self).items()
                if name not in ("setting", "passes", "stability", "collapsed")}

    @property
    def seconds(self) -> float:
        """Of all passes."""
        return sum(one.seconds for one in self.passes)

    @property
    def last(self) -> Pass:
        """The last pass, whose errors count."""
        return self.passes[-1]


def to_json(record: Record) -> dict[str, Any]:
    """As JSON has it."""
    document: dict[str, Any] = json.loads(json.dumps(asdict(record)))
    for name in UNIMPORTANT:
        del document["recipe"][name]
    return document


def write(record: Record, path: Path) -> None:
    """One line for each pass; whole or not at all."""
    lines = ",\n".join(f" {json.dumps(name)}: {_value(value)}" for name, value in to_json(record).items())
    with atomic_write(path, "w") as file:
        file.write(f"{{\n{lines}\n}}\n")


def _value(value: Any) -> str:
    """Each entry of a list on its own line."""
    if not isinstance(value, list) or not value:
        return json.dumps(value)
    return "[\n" + ",\n".join(f"  {json.dumps(one)}" for one in value) + "]"


def read(path: Path) -> Record:
    """The mirror of `write`."""
    try:
        document = json.loads(path.read_text("utf-8"))
        recipe = document.pop("recipe")
        passes = [Pass(**one) for one in document.pop("passes")]
        stability = [Stability(**one) for one in document.pop("stability")]
        recipe["start"] = tuple(recipe.get("start", LETTER))
        return Record(recipe=Recipe(**recipe), passes=passes, stability=stability, **document)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as problem:
        raise _checks.error(f"reading {path.name!r}", "this is not the record of a run", received=str(problem),
                            cure="Remove it, and run it again.") from None


def read_all(folder: str | os.PathLike[str]) -> list[Record]:
    """All runs of a folder, by name."""
    return [read(path) for path in sorted(Path(folder).glob("*-seed*.json"))]


def setting() -> dict[str, str]:
    """The machine and the versions, without any names of folders or hosts."""
    found = {"machine": f"{_processor()}, {os.cpu_count()} cores, {platform.system()}",
             "python": platform.python_version(), "minicnn": __version__}
    for package in ("numpy", "numba"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "unknown"
    return found


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
        return names[0]
    except (OSError, IndexError):
        return platform.processor() or platform.machine()
