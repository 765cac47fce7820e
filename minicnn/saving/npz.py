"""One ``.npz`` file: a JSON document under the name ``minicnn.json``, and arrays. Nothing is unpickled."""

import json
import os
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np

from minicnn import _checks, _config
from minicnn._types import Array, Shape
from minicnn.saving.atomic import atomic_write

DOCUMENT = "minicnn.json"
VERSION = 1

T = TypeVar("T")


def write(path: str | os.PathLike[str], document: Mapping[str, Any], arrays: Mapping[str, Array],
          overwrite: bool = True) -> None:
    """Write the document and the arrays; the same contents give the same bytes."""
    if Path(path).suffix != ".npz":
        raise _checks.error(f"saving {os.fspath(path)!r}", "unknown kind of file", "a name that ends in .npz",
                            repr(Path(path).suffix))
    if not overwrite and Path(path).exists():
        raise _checks.error(f"saving {os.fspath(path)!r}", "the file exists", cure="Pass overwrite=True.")
    text = json.dumps({"format": "minicnn", "version": VERSION, **document})
    named: dict[str, Any] = {DOCUMENT: np.frombuffer(text.encode(), np.uint8), **arrays}
    with atomic_write(path) as file:
        np.savez(file, **named)  # numbers only: nothing is pickled


def read(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, Array]]:
    """The document and the arrays of a file; one clear error for whatever is wrong with it."""
    where = f"loading {os.fspath(path)!r}"
    if not Path(path).is_file():
        raise _checks.error(where, "there is no such file")
    try:
        with np.load(path, allow_pickle=False) as file:
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise ValueError("a single array")
            arrays = {name: np.array(file[name]) for name in file.files}
    except (OSError, ValueError, EOFError, KeyError, NotImplementedError, zipfile.BadZipFile, zlib.error,
            MemoryError, RuntimeError) as problem:
        raise _checks.error(where, "the file is damaged or not a minicnn model", "an .npz written by model.save",
                            f"{type(problem).__name__}: {problem}") from None
    return _document(arrays, where), arrays


def _document(arrays: dict[str, Array], where: str) -> dict[str, Any]:
    if DOCUMENT not in arrays:
        raise _checks.error(where, "this is an .npz, but not a minicnn model", f"an entry {DOCUMENT!r}",
                            f"entries {sorted(arrays)[:5]}")
    try:
        document = json.loads(arrays.pop(DOCUMENT).tobytes().decode())
    except ValueError as problem:
        raise _checks.error(where, "the configuration is damaged", received=str(problem)) from None
    if not isinstance(document, dict) or document.get("format") != "minicnn":
        raise _checks.error(where, "this is not a minicnn model")
    if document.get("version") != VERSION:
        raise _checks.error(where, "the file has another version", VERSION, document.get("version"),
                            "Use the minicnn that wrote it, or a newer one.")
    return document


def rebuild(document: Mapping[str, Any], key: str, kind: Callable[..., T], where: str) -> T:
    """The object of a class ``kind`` whose configuration stands under a key."""
    assert isinstance(kind, type)
    try:
        thing: Any = _config.decode(document[key])
    except (KeyError, TypeError, AttributeError, IndexError) as problem:
        raise _checks.error(where, f"the configuration of the {key} is damaged",
                            received=f"{type(problem).__name__}: {problem}") from None
    if not isinstance(thing, kind):
        raise _checks.error(where, f"the configuration of the {key} is not one", kind.__name__, type(thing).__name__)
    return cast(T, thing)


def under(arrays: Mapping[str, Array], prefix: str) -> dict[str, Array]:
    """The arrays whose names begin with a prefix, by the rest of their names."""
    return {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}


def check_fit(shapes: Mapping[str, Shape], arrays: Mapping[str, Array], where: str) -> None:
    """Refuse arrays that are missing, too many, of the wrong shape or no numbers: all in one message."""
    wrong = [f"{name} is missing" for name in shapes if name not in arrays]
    wrong += [f"{name} belongs to no layer" for name in arrays if name not in shapes]
    for name, shape in shapes.items():
        if name in arrays and arrays[name].shape != shape:
            wrong.append(f"{name} has shape {arrays[name].shape} instead of {shape}")
        elif name in arrays and arrays[name].dtype.kind not in "fiu":
            wrong.append(f"{name} holds {arrays[name].dtype}, not numbers")
    if wrong:
        raise _checks.error(where, "the arrays do not fit the configuration: " + "; ".join(wrong))
