"""One ``.npz`` file: a JSON document under the name ``minicnn.json``, and arrays. Nothing is unpickled."""

import io
import json
import os
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, TypeVar, cast

import numpy as np

from minicnn import _checks, _config
from minicnn._files import atomic_write
from minicnn._types import Array, Shape

DOCUMENT = "minicnn.json"
VERSION = 2

T = TypeVar("T")


def write(path: str | os.PathLike[str], document: Mapping[str, Any], arrays: Mapping[str, Array],
          overwrite: bool = True) -> None:
    """Write the document and the arrays; the same contents give the same bytes."""
    where = f"saving {file_name(path)!r}"
    if Path(path).suffix != ".npz":
        raise _checks.error(where, "unknown kind of file", "a name that ends in .npz", repr(Path(path).suffix))
    if not overwrite and Path(path).exists():
        raise _checks.error(where, "the file exists", cure="Pass overwrite=True.")
    text = json.dumps({"format": "minicnn", "version": VERSION, **document})
    named: dict[str, Any] = {DOCUMENT: np.frombuffer(text.encode(), np.uint8), **arrays}
    with atomic_write(path) as file:
        _write_arrays(file, named)


def _write_arrays(file: IO[bytes], named: Mapping[str, Any]) -> None:
    try:
        np.savez(file, **named)  # numbers only: nothing is pickled
    except ValueError as problem:
        # Interrupted between two lines of its own, zipfile tells of a file that it has open, not of the interrupt.
        if isinstance(problem.__context__, KeyboardInterrupt):
            raise problem.__context__ from None
        raise


def read(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, Array]]:
    """The document and the arrays of a file; one clear error for whatever is wrong with it."""
    where = f"loading {file_name(path)!r}"
    if not Path(path).is_file():
        raise _checks.error(where, "there is no such file")
    try:
        data = Path(path).read_bytes()
    except OSError as problem:
        raise _checks.error(where, "the file cannot be read", received=problem.strerror) from None
    try:
        arrays = _arrays(data)
    except Exception as problem:  # zipfile and numpy raise a dozen kinds of error on damaged bytes
        raise _checks.error(where, "the file is damaged or not a minicnn model", "an .npz written by model.save",
                            f"{type(problem).__name__}: {problem}") from None
    return _document(arrays, where), arrays


def file_name(path: str | os.PathLike[str]) -> str:
    """The name of a file as text."""
    if not isinstance(path, (str, os.PathLike)):
        raise _checks.error("model file", "this is not the name of a file", received=repr(path))
    return os.fspath(path)


def _arrays(data: bytes) -> dict[str, Array]:
    """The arrays of an .npz. Each member is read to its end, since only there its checksum is compared:
    `numpy.load` stops where a damaged header says that the numbers end."""
    arrays = {}
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        for member in file.namelist():
            content = io.BytesIO(file.read(member))
            arrays[member.removesuffix(".npy")] = np.lib.format.read_array(content, allow_pickle=False)
    return arrays


def _document(arrays: dict[str, Array], where: str) -> dict[str, Any]:
    if DOCUMENT not in arrays:
        raise _checks.error(where, "this is an .npz, but not a minicnn model", f"an entry {DOCUMENT!r}",
                            f"entries {sorted(arrays)[:5]}")
    try:
        document = json.loads(arrays.pop(DOCUMENT).tobytes().decode())
    except (ValueError, RecursionError) as problem:
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
    except _checks.MinicnnError as problem:
        raise _checks.MinicnnError(f"{where}: the configuration of the {key} does not fit. {problem}") from None
    except Exception as problem:  # constructors, users' own among them, raise what they like
        raise _checks.error(where, f"the configuration of the {key} is damaged",
                            received=f"{type(problem).__name__}: {problem}") from None
    if not isinstance(thing, kind):
        raise _checks.error(where, f"the configuration of the {key} is not one", kind.__name__, type(thing).__name__)
    return cast(T, thing)


def check_fit(expected: Mapping[str, tuple[Shape, str]], arrays: Mapping[str, Array], where: str) -> None:
    """Refuse arrays that are missing, too many, of the wrong shape or dtype: all in one message."""
    wrong = [f"{name} is missing" for name in expected if name not in arrays]
    wrong += [f"{name} belongs to no layer" for name in arrays if name not in expected]
    for name, (shape, dtype) in expected.items():
        if name in arrays and (arrays[name].shape != shape or arrays[name].dtype != dtype):
            wrong.append(f"{name} is {arrays[name].dtype} {arrays[name].shape} instead of {dtype} {shape}")
    if wrong:
        raise _checks.error(where, "the arrays do not fit the configuration: " + "; ".join(wrong))
