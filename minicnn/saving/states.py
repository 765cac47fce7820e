"""Nested values as a JSON document and named arrays, and back."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from minicnn import _checks
from minicnn._types import Array


def pack(value: Any, arrays: dict[str, Array], path: str) -> Any:
    """``value`` as JSON can hold it; the arrays in it are added to ``arrays``, named by their place.

    It may hold numbers, texts, None, arrays, and lists and dicts of them; tuples come back as lists. A dict is wrapped
    into another one, so that it is told from the place of an array, whatever its keys are.
    """
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [pack(item, arrays, f"{path}/{place}") for place, item in enumerate(value)]
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {"dict": {key: pack(item, arrays, f"{path}/{key}") for key, item in value.items()}}
    if not isinstance(value, (np.ndarray, np.generic)) or value.dtype.hasobject:
        raise _checks.error(path, "this cannot be written to a file", "numbers, texts, arrays, lists or dicts by name",
                            type(value).__name__)
    while path in arrays:  # keys may hold slashes, too
        path += "+"
    arrays[path] = np.asarray(value)
    return {"array" if isinstance(value, np.ndarray) else "scalar": path}


def unpack(packed: Any, arrays: Mapping[str, Array]) -> Any:
    """The value that `pack` packed; KeyError, TypeError or the like when it is no such document."""
    if isinstance(packed, list):
        return [unpack(item, arrays) for item in packed]
    if not isinstance(packed, dict):
        return packed
    ((kind, content),) = packed.items()
    if kind == "dict":
        return {key: unpack(item, arrays) for key, item in content.items()}
    if kind not in ("array", "scalar"):
        raise KeyError(kind)
    return arrays[content] if kind == "array" else arrays[content][()]
