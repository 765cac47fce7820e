"""Weights in ``.safetensors`` files, by the library of that name, an extra.

A file of ours has an array for each parameter under its name in ``model.params``. For the names and axis orders of
PyTorch see `torch_layout` and `torch_axes`.
"""

import importlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from minicnn import _checks
from minicnn._types import Array

TYPES = {"F16": "<f2", "F32": "<f4", "F64": "<f8", "I8": "i1", "I16": "<i2", "I32": "<i4", "I64": "<i8", "U8": "u1",
         "U16": "<u2", "U32": "<u4", "U64": "<u8", "BOOL": "?"}


def library(name: str = "safetensors") -> Any:
    """The module safetensors, or one inside."""
    try:
        return importlib.import_module(name)
    except ImportError:
        raise _checks.error(".safetensors files", "the library safetensors is needed to read and write them",
                            cure='pip install "minicnn[safetensors]"') from None


def written(arrays: Mapping[str, Array], convention: str) -> bytes:
    """The bytes of a file; the same arrays give the same bytes.

    convention: "np" or "pt", which readers find in the file's metadata under "format".
    """
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    data: bytes = library("safetensors.numpy").save(contiguous, {"format": convention})
    return data


def read(data: bytes, where: str) -> dict[str, Array]:
    """The arrays of a file by name."""
    deserialize: Callable[[bytes], list[tuple[str, dict[str, Any]]]] = library().deserialize
    try:
        return {name: _array(entry) for name, entry in deserialize(data)}
    except Exception as problem:  # the library's own error, KeyError for a type that NumPy lacks
        raise _checks.error(where, "the file is damaged or no .safetensors file",
                            received=f"{type(problem).__name__}: {problem}") from None


def _array(entry: Mapping[str, Any]) -> Array:
    if entry["dtype"] == "BF16":  # the upper half of a float32
        upper = np.frombuffer(entry["data"], "<u2").astype(np.uint32) << 16
        return upper.view(np.float32).reshape(entry["shape"])
    return np.frombuffer(entry["data"], TYPES[entry["dtype"]]).reshape(entry["shape"])
