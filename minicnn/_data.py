"""The data of one batch, or of a whole data set: an array, or a tuple of arrays where a model has several inputs or
outputs. All of them have the same rows.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from minicnn import _checks
from minicnn._types import Array

Data: TypeAlias = Array | tuple[Array, ...] | dict[str, Array]
"""A dict by name stands only where a model has not put the arrays in order yet."""


def parts(data: Data) -> tuple[Array, ...]:
    """The arrays."""
    if isinstance(data, dict):
        return tuple(data.values())
    return data if isinstance(data, tuple) else (data,)


def joined(arrays: Sequence[Array]) -> Data:
    """The arrays as data: one by itself, several as a tuple."""
    return arrays[0] if len(arrays) == 1 else tuple(arrays)


def one_or_all(values: Sequence[Any]) -> Any:
    """What users are given of the inputs or outputs: the only one by itself, several as a list."""
    return values[0] if len(values) == 1 else list(values)


def rows(data: Data, which: Any) -> Data:
    """Some rows of every array."""
    if isinstance(data, dict):
        return {name: array[which] for name, array in data.items()}
    return joined([array[which] for array in parts(data)])


def length(data: Data) -> int:
    """How many rows there are."""
    return len(parts(data)[0])


def as_data(value: Any, where: str) -> Data:
    """What a user hands over as data: an array, or a list, tuple or dict of arrays.

    A list counts as several arrays when arrays are in it; otherwise it is numbers.
    """
    if isinstance(value, Mapping):
        return {name: _checks.numeric(array, f"{where}: {name}") for name, array in value.items()}
    if is_several(value):
        return joined([_checks.numeric(array, where) for array in value])
    return _checks.numeric(value, where)


def is_several(value: Any) -> bool:
    """Whether this is a list or tuple of two or more arrays."""
    return isinstance(value, (list, tuple)) and len(value) > 1 and all(isinstance(a, np.ndarray) for a in value)


def unlisted(value: Any, is_whole: Callable[[Array], bool]) -> Any:
    """The array in a list of one, in which Keras may have what is for the only input or output; all else as it is.

    is_whole: tells the array of all rows from a list of the only row.
    """
    alone = isinstance(value, (list, tuple)) and len(value) == 1 and isinstance(value[0], np.ndarray)
    return value[0] if alone and is_whole(value[0]) else value


def by_name(value: Any, names: Sequence[str], what: str, where: str) -> list[Any]:
    """One thing for each name, from a dict, a list, or the thing itself where there is one name.

    what: "input" or "output".
    """
    if isinstance(value, np.ndarray) and len(names) == 1:
        return [value]
    if isinstance(value, Mapping):
        if len(set(names)) < len(names):
            raise _checks.error(where, f"two {what}s have one name", received=list(names), cure="Give a list.")
        strangers = [name for name in value if name not in names]
        if strangers:
            raise _checks.unknown(f"{where}: {what}", strangers[0], names)
        missing = [name for name in names if name not in value]
        if missing:
            raise _checks.error(where, f"{what}s are missing", list(names), f"none for {missing}")
        return [value[name] for name in names]
    if len(names) == 1:
        return [value]
    if not isinstance(value, (list, tuple)) or len(value) != len(names):
        count = f"{len(value)} of them" if isinstance(value, (list, tuple)) else type(value).__name__
        raise _checks.error(where, f"the model has {len(names)} {what}s", f"a list of {len(names)} or a dict by name: "
                            f"{', '.join(names)}", count)
    return list(value)
