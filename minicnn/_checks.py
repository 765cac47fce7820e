"""Normalizing and checking arguments: the one place that words their errors.

Every error says where, what is wrong, what was expected, what came, and the cure when it is known::

    Conv2D 'conv3': input channels must divide by groups. Expected a multiple of 32, received 48.
"""

import difflib
import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from minicnn._types import Array, Pair

T = TypeVar("T")


class MinicnnError(ValueError):
    """Wrong use or wrong data, told in words meant for the user; the command line prints just these."""


class NotFiniteError(MinicnnError):
    """A loss that is NaN or infinite."""


def error(where: str, what: str, expected: object = None, received: object = None,
          cure: str | None = None) -> MinicnnError:
    """The error to raise, worded the house's way; parts that are None are left out."""
    text = f"{where}: {what.rstrip('.')}."
    received = None if received is None else str(received).rstrip(".")
    if expected is not None and received is not None:
        text += f" Expected {expected}, received {received}."
    elif expected is not None or received is not None:
        text += f" Expected {expected}." if expected is not None else f" Received {received}."
    return MinicnnError(f"{text} {cure}" if cure else text)


def integer(value: object, name: str, where: str, minimum: int = 1) -> int:
    """``value`` as an int, at least ``minimum``; bools, fractions and strings are refused."""
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = minimum - 1
    if isinstance(value, bool) or number < minimum:
        raise error(where, f"{name} must be an integer", f"at least {minimum}", repr(value))
    return number


def pair(value: object, name: str, where: str, minimum: int = 1) -> Pair:
    """An int (for both axes) or two ints (height, width), as a tuple."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        if len(value) != 2:
            raise error(where, f"{name} must be one integer or two (height, width)", received=repr(value))
        return integer(value[0], name, where, minimum), integer(value[1], name, where, minimum)
    number = integer(value, name, where, minimum)
    return number, number


def axis(value: object, name: str, where: str) -> int:
    """``value`` as an axis counted with the batch axis, from the front or, below zero, from the back; never the batch
    axis itself."""
    try:
        number = 0 if isinstance(value, bool) else operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = 0
    if number == 0:
        raise error(where, f"{name} must be an integer", "1 or more, or -1 or less (from the back)", repr(value),
                    "The batch is axis 0.")
    return number


def axis_of(axis: int, shape: Sequence[int], where: str) -> int:
    """An axis from the front, known to be one of an input of this shape (without the batch axis, which is axis 0)."""
    last = len(shape)
    if not 1 <= abs(axis) <= last:
        raise error(where, f"the input has no axis {axis}", f"1 to {last}, or -{last} to -1",
                    f"input shape {tuple(shape)}", "The batch is axis 0.")
    return axis if axis > 0 else last + 1 + axis


def number(value: object, name: str, where: str, minimum: float = -np.inf, below: float | None = None,
           above: float = -np.inf) -> float:
    """``value`` as a finite float, at least ``minimum``, more than ``above`` and, where given, less than ``below``."""
    good = isinstance(value, (int, float, np.floating, np.integer)) and not isinstance(value, bool)
    limit = np.inf if below is None else below
    if not good or not minimum <= value < limit or not value > above:  # type: ignore[operator]
        limits = [f"at least {minimum}"] * (minimum > -np.inf) + [f"above {above}"] * (above > -np.inf)
        limits += ["finite" if below is None else f"below {below}"]
        raise error(where, f"{name} must be a number", " and ".join(limits), repr(value))
    return float(value)  # type: ignore[arg-type]


def flag(value: object, name: str, where: str) -> bool:
    """``value`` as a bool: True or False, or 1 or 0. A text such as "False" would otherwise count as true."""
    if isinstance(value, (bool, np.bool_)) or (isinstance(value, int) and value in (0, 1)):
        return bool(value)
    raise error(where, f"{name} must be True or False", received=repr(value))


def unknown(kind: str, name: object, known: Iterable[str]) -> MinicnnError:
    """The error for a name nobody knows, with the nearest known one."""
    names = sorted(known)
    near = difflib.get_close_matches(str(name).lower(), names, n=1, cutoff=0.5)
    cure = f"Did you mean {near[0]!r}?" if near else None
    if isinstance(name, type):
        cure = f"This is a class; make an object of it: {name.__name__}(...)."
    return error(f"{kind} {name!r}", "no such name is known", f"one of {', '.join(names)}", cure=cure)


def named(kind: str, name: object, known: Mapping[str, T]) -> T:
    """What stands under a name, or the error of `unknown`."""
    if not isinstance(name, str) or name not in known:
        raise unknown(kind, name, known)
    return known[name]


def finite(values: Array, where: str) -> None:
    """Refuse NaN and infinity, naming the first place that holds one."""
    if values.dtype.kind not in "fc":
        return
    if values.size <= 1 << 20:
        if np.isfinite(values).all():
            return
    else:  # one sum is enough, and needs no memory: a NaN or an infinity anywhere reaches it
        with np.errstate(all="ignore"):
            if np.isfinite(values.sum(dtype=np.float64)):
                return
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        place = tuple(int(i) for i in bad[0])
        raise error(where, f"{len(bad)} of {values.size} values are not finite", "finite numbers",
                    f"{values[place]} at index {place}", "Clean the data before you hand it over.")


def numeric(values: Any, where: str) -> Array:
    """``values`` as an array of numbers; ragged lists, strings and objects are refused."""
    try:
        array = np.asarray(values)
    except ValueError as problem:
        raise error(where, "this is not an array", "rows of equal length", str(problem)) from None
    if array.dtype.kind not in "buif":
        raise error(where, "this is not an array of numbers", "integers or floats", f"dtype {array.dtype}")
    return array
