"""HDF5 by way of h5py, an extra: files are opened in memory and read without trust.

A damaged file makes h5py raise errors of many kinds; all of them end up as one that says so. Links that lead out of
a file are not followed, and no array is read before its shape was seen.
"""

import importlib
import io
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from minicnn import _checks
from minicnn._types import Array
from minicnn.models.filling import Stored

SIGNATURE = b"\x89HDF\r\n\x1a\n"
ATTRIBUTE_LIMIT = 64512
"""Bytes that one attribute can hold, less some for its header; HDF5's limit for all of an object header is 64 kB."""


def library() -> Any:
    """The module h5py."""
    try:
        return importlib.import_module("h5py")
    except ImportError:
        raise _checks.error("HDF5 files", "h5py is needed to read and write them",
                            cure='pip install "minicnn[keras]"') from None


@contextmanager
def reading(data: bytes, where: str) -> Iterator[Any]:
    """The root group of a file that was read into memory."""
    h5py = library()
    if not data.startswith(SIGNATURE):
        raise _checks.error(where, "the file is damaged or no HDF5 file", "the signature of HDF5 at its beginning",
                            repr(data[:8]))
    file = _guarded(lambda: h5py.File(io.BytesIO(data), "r"), where)
    try:
        yield file
    finally:
        _guarded(file.close, where)


def written(fill: Callable[[Any], object]) -> bytes:
    """The bytes of a file whose root group is handed to ``fill``; the same contents give the same bytes."""
    buffer = io.BytesIO()
    with library().File(buffer, "w") as file:
        fill(file)
    return buffer.getvalue()


def find(group: Any, path: str, where: str) -> Any:
    """The group or dataset at a path below a group; None where there is none. Links are refused."""
    for name in filter(None, path.split("/")):
        if not is_group(group):
            return None
        group = _child(group, name, where)
    return group


def _child(group: Any, name: str, where: str) -> Any:
    link = _guarded(lambda: group.get(name, getlink=True), where)
    if link is None:
        return None
    if not isinstance(link, library().HardLink):
        raise _checks.error(where, f"{name!r} is a link to another place or file", "groups and arrays",
                            type(link).__name__)
    return _guarded(lambda: group[name], where)


def is_group(thing: Any) -> bool:
    """Whether this is a group; anything else is a dataset, or None."""
    return isinstance(thing, library().Group)


def names_in(group: Any, where: str) -> list[str]:
    """The names of the groups and datasets in a group."""
    names: list[str] = _guarded(lambda: list(map(str, group)), where)
    return names


def stored(group: Any, path: str, where: str) -> Stored | None:
    """The dataset at a path; None where there is none."""
    dataset = find(group, path, where)
    if not isinstance(dataset, library().Dataset):
        return None
    foreign = _guarded(lambda: bool(dataset.external) or dataset.is_virtual, where)
    if foreign:
        raise _checks.error(where, f"the numbers of {path!r} lie in another file")
    name, shape, dtype = _guarded(lambda: (str(dataset.name), dataset.shape, dataset.dtype), where)
    if shape is None:
        raise _checks.error(where, f"{path!r} is empty")
    return Stored(name, shape, dtype, lambda: _guarded(lambda: np.asarray(dataset[()]), where))


def numbered(group: Any, path: str, where: str) -> list[Stored]:
    """The datasets "0", "1", ... of the group at a path; none where there is no such group."""
    found = find(group, path, where)
    if found is None:
        return []
    names = names_in(found, where) if is_group(found) else ["0"]
    arrays = [stored(group, f"{path}/{number}", where) for number in range(len(names))]
    if None in arrays:
        raise _checks.error(where, f"{path!r} is not a group of numbered arrays", received=", ".join(names[:5]))
    return [array for array in arrays if array is not None]


def text(group: Any, name: str, where: str) -> str | None:
    """The text under the name of an attribute; None where there is none."""
    value = _attribute(group, name, where)
    if value is None:
        return None
    value = value.item() if isinstance(value, np.ndarray) and value.size == 1 else value
    if not isinstance(value, (str, bytes)):
        raise _checks.error(where, f"the attribute {name!r} is not a text", received=type(value).__name__)
    return _decoded(value, where)


def texts(group: Any, name: str, where: str) -> list[str] | None:
    """The list of texts under the name of an attribute, or of several, numbered from 0, where the list was too long
    for one; None where there is none."""
    value = _attribute(group, name, where)
    parts = [] if value is None else [value]
    while value is None and (part := _attribute(group, f"{name}{len(parts)}", where)) is not None:
        parts.append(part)
    found = [item for part in parts for item in np.ravel(part).tolist()]
    for item in found:
        if not isinstance(item, (str, bytes)):
            raise _checks.error(where, f"the attribute {name!r} is not a list of texts", received=type(item).__name__)
    return [_decoded(item, where) for item in found] if parts else None


def write_texts(group: Any, name: str, values: list[str]) -> None:
    """The mirror of `texts`."""
    encoded = np.array([value.encode() for value in values]) if values else np.zeros(0)
    parts = math.ceil(encoded.nbytes / ATTRIBUTE_LIMIT) or 1
    while parts > 1 and max(part.nbytes for part in np.array_split(encoded, parts)) > ATTRIBUTE_LIMIT:
        parts += 1
    if parts == 1:
        group.attrs[name] = encoded
        return
    for place, part in enumerate(np.array_split(encoded, parts)):
        group.attrs[f"{name}{place}"] = part


def write_array(group: Any, path: str, array: Array) -> None:
    """A dataset, with the groups on the way to it."""
    group.create_dataset(path, data=array, track_times=False)


def _attribute(group: Any, name: str, where: str) -> Any:
    """The value of an attribute, None where there is none; how large it says to be is looked at before."""
    if not _guarded(lambda: name in group.attrs, where):
        return None
    numbers = _guarded(lambda: math.prod(group.attrs.get_id(name).shape or (0,)), where)
    if numbers > ATTRIBUTE_LIMIT:
        raise _checks.error(where, f"the attribute {name!r} is too large", f"at most {ATTRIBUTE_LIMIT} items", numbers)
    return _guarded(lambda: group.attrs[name], where)


def _decoded(value: str | bytes, where: str) -> str:
    return value if isinstance(value, str) else str(_guarded(value.decode, where))


def _guarded(ask: Callable[[], Any], where: str) -> Any:
    """What h5py answers; one clear error for any of its own."""
    try:
        return ask()
    except Exception as problem:  # OSError, KeyError, RuntimeError, ValueError, TypeError, ...
        raise _checks.error(where, "the file is damaged", received=f"{type(problem).__name__}: {problem}") from None
