"""Arrays from a file put into the parameters of a model: all are checked first, then all are written."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minicnn import _checks
from minicnn._types import Array, Shape


@dataclass(frozen=True)
class Stored:
    """An array in a file, not read yet: where it stands, what it says to be, and how to read it."""

    name: str
    shape: Shape
    dtype: np.dtype[Any]
    read: Callable[[], Array]


def in_memory(name: str, array: Array) -> Stored:
    """An array that was read already."""
    return Stored(name, array.shape, array.dtype, lambda: array)


class MisfitError(_checks.MinicnnError):
    """A file that is whole, but of another model."""


@dataclass
class Filling:
    """What shall be written into arrays of a model, collected layer by layer.

    A layer's arrays fit all together or are not taken at all. Nothing is written before `write`, and that writes
    nothing when anything is wrong.
    """

    where: str
    pairs: list[tuple[str, Array, Stored]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def layer(self, name: str, targets: Mapping[str, Array], stored: Sequence[Stored],
              there: str = "the file") -> None:
        """Take these arrays, in order, for the parameters of a layer; ``there`` says where they come from."""
        if len(targets) != len(stored):
            self.wrong.append(f"{name} has {len(targets)} arrays ({', '.join(targets)}), and {there} has "
                              f"{len(stored)} for it")
            return
        pairs = [(f"{name}/{key}", target, one) for (key, target), one in zip(targets.items(), stored, strict=True)]
        wrong = [problem for pair in pairs if (problem := _misfit(*pair))]
        self.wrong += wrong
        self.pairs += [] if wrong else pairs

    def named(self, name: str, targets: Mapping[str, Array], stored: Mapping[str, Stored]) -> None:
        """Take arrays by the names of the parameters."""
        if targets.keys() == stored.keys():
            self.layer(name, targets, [stored[key] for key in targets])
        else:
            self.wrong.append(f"{name} has {', '.join(targets) or 'nothing'}, and the file has "
                              f"{', '.join(stored) or 'nothing'} for it")

    def write(self, skip_mismatch: bool = False) -> None:
        """Write everything, or raise one error that lists all that does not fit.

        skip_mismatch: leave out the layers that do not fit, with a warning that lists them.
        """
        if self.wrong:
            text = str(_checks.error(self.where, "the file does not fit: " + "; ".join(self.wrong)))
            if not skip_mismatch:
                raise MisfitError(text)
            warnings.warn(f"{text} These were skipped.", stacklevel=5)
        arrays = [_cast(name, target, stored, self.where) for name, target, stored in self.pairs]
        for (_, target, _), array in zip(self.pairs, arrays, strict=True):
            target[...] = array


def _misfit(name: str, target: Array, stored: Stored) -> str | None:
    """What is wrong with an array, if anything."""
    if stored.shape != target.shape:
        return f"{name} has shape {target.shape}, and {stored.name!r} in the file {stored.shape}"
    if stored.dtype.kind != "f":
        return f"{name} needs floats, and {stored.name!r} in the file is {stored.dtype}"
    return None


def _cast(name: str, target: Array, stored: Stored, where: str) -> Array:
    """The numbers in the type of the parameter."""
    array = stored.read()
    try:
        with np.errstate(over="raise"):
            return array.astype(target.dtype, copy=False)
    except FloatingPointError:
        raise _checks.error(where, f"the numbers of {stored.name!r} are too large for {name}",
                            f"{target.dtype} numbers", f"{stored.dtype}: {np.abs(array).max()}") from None
