"""Which of many filters, maps or channels are drawn: the first so many, or those that are named."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from minicnn import _checks

Choice: TypeAlias = int | slice | Sequence[int] | None
"""None: all of them; an integer: the first so many; a list, range or slice: these, in this order."""


def chosen(choice: Choice, count: int, name: str, where: str) -> list[int]:
    """The numbers of those chosen of ``count``.

    >>> chosen(None, 3, "filters", "here"), chosen(2, 3, "filters", "here"), chosen([2, 0], 3, "filters", "here")
    ([0, 1, 2], [0, 1], [2, 0])

    Raises MinicnnError for numbers out of range, what is not a number, and where nothing is chosen.
    """
    if choice is None:
        return list(range(count))
    if isinstance(choice, (int, np.integer)) and not isinstance(choice, bool):
        if not 1 <= choice <= count:
            raise _checks.error(where, f"{name}={choice} asks for the first {choice}", f"1 to {count}", choice,
                                f"A list asks for certain ones: {name}=[{count - 1}].")
        return list(range(choice))
    numbers = list(range(count)[choice]) if isinstance(choice, slice) else _listed(choice, name, where)
    for number in numbers:
        check_number(number, count, name, where)
    if not numbers:
        raise _checks.error(where, f"{name} chooses nothing", f"some of 0 to {count - 1}", repr(choice))
    return numbers


def _listed(choice: Any, name: str, where: str) -> list[int]:
    array = np.asarray(choice)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise _checks.error(where, f"{name} must be an integer, a list of them, a range or a slice",
                            received=repr(choice))
    return [int(number) for number in array]


def check_number(number: Any, count: int, name: str, where: str) -> int:
    """The number of one filter, map or channel, checked: they are counted from 0."""
    if isinstance(number, bool) or not isinstance(number, (int, np.integer)) or not 0 <= number < count:
        raise _checks.error(where, f"there is no such one among the {name}", f"an integer from 0 to {count - 1}",
                            repr(number), "They are counted from 0.")
    return int(number)


def ranges_text(numbers: Sequence[int]) -> str:
    """Numbers in words, runs of them short, and only the beginning of a long list.

    >>> ranges_text([0, 1, 2]), ranges_text([4, 7, 8, 9]), ranges_text([2, 1, 0]), ranges_text([5])
    ('0 to 2', '4, 7 to 9', '2, 1, 0', '5')
    >>> ranges_text(range(0, 20, 2))
    '0, 2, 4, 6, 8, 10 and 4 more'
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    words = [f"{run[0]} to {run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs]
    rest = sum(map(len, runs[6:]))
    return ", ".join(words[:6]) + (f" and {rest} more" if rest else "")
