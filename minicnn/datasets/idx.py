"""IDX files, the format MNIST came in: read plain or gzipped, and refused unless they are whole.

All numbers of the header are 4 bytes, the most significant first::

    images   2051, count, rows, columns, then the gray levels row by row     2051 = 0x00000803: bytes, 3 axes
    labels   2049, count,                then the class numbers              2049 = 0x00000801: bytes, 1 axis

Whether a file is gzipped is read from its first bytes, not from its name: browsers unpack without renaming.
EMNIST, Kuzushiji-MNIST and other relatives of MNIST come in this format too::

    x, y = minicnn.datasets.idx.read_pair("kmnist/train-images-idx3-ubyte.gz", "kmnist/train-labels-idx1-ubyte.gz")

Source: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits", section "File formats".
"""

import gzip
import math
import os
import zlib
from typing import IO

import numpy as np

from minicnn._checks import error
from minicnn._types import Array, Shape

IMAGES, LABELS = 3, 1
"""Axes of the two kinds of files."""

KINDS = {2048 + IMAGES: "images", 2048 + LABELS: "labels"}
"""What a file with this magic number holds; 2048 = 0x0800 says that each value is an unsigned byte."""

GZIP = b"\x1f\x8b"  # the first bytes of every gzipped file (RFC 1952)
CHUNK = 1 << 20  # bytes read at a time: the unpacked content stands in memory once


def read_images(path: str | os.PathLike[str]) -> Array:
    """The images of an IDX file, uint8 (N, H, W); a new, writable array.

    Raises:
        MinicnnError: the file cannot be read, is damaged, or is no IDX file of images; it is named.
    """
    return read(path, IMAGES)


def read_labels(path: str | os.PathLike[str]) -> Array:
    """The labels of an IDX file, uint8 (N,); a new, writable array. Errors as in `read_images`."""
    return read(path, LABELS)


def read_pair(images: str | os.PathLike[str], labels: str | os.PathLike[str]) -> tuple[Array, Array]:
    """(images, labels) of two files, uint8 (N, H, W) and (N,).

    Raises:
        MinicnnError: as in `read_images`, and when there are not as many labels as images.
    """
    x, y = read_images(images), read_labels(labels)
    if len(x) != len(y):
        raise error(_where(labels), "the labels do not fit the images", f"{len(x)}, as many as there are images "
                    f"in {os.fspath(images)!r}", f"{len(y)}", "Do both belong to the same set?")
    return x, y


def read(path: str | os.PathLike[str], axes: int) -> Array:
    """What a file of this many axes holds."""
    return array(content(path), axes, _where(path))


def content(path: str | os.PathLike[str], cure: str | None = None) -> bytearray:
    """The bytes of a file, unpacked if they are gzipped. ``cure`` ends the error if they cannot be read."""
    where = _where(path)
    try:
        with open(path, "rb") as file:
            return unpacked(file, where, cure)
    except OSError as problem:
        raise error(where, "the file cannot be read", received=problem.strerror) from None


def unpacked(file: IO[bytes], where: str, cure: str | None = None) -> bytearray:
    """All bytes of an open file, unpacked if they are gzipped; a file that can seek."""
    packed = file.read(len(GZIP)) == GZIP
    file.seek(0)
    if not packed:
        return _all(file)
    try:
        return _all(gzip.GzipFile(fileobj=file))
    except (EOFError, gzip.BadGzipFile, zlib.error) as problem:
        raise error(where, "the gzipped file is cut off or damaged", received=str(problem), cure=cure) from None


def array(content: bytearray, axes: int, where: str, cure: str | None = None) -> Array:
    """The array in the unpacked bytes of an IDX file: a view of them, uint8, writable, with ``axes`` axes."""
    shape = _shape(content, axes, where, cure)
    header = _header(axes)
    expected = header + math.prod(shape)
    if len(content) != expected:
        what = "the file is cut off" if len(content) < expected else "bytes follow after the last value"
        sizes = " x ".join(str(size) for size in shape)
        raise error(where, what, f"{expected:,} bytes ({header} of the header, which announces {sizes} values)",
                    f"{len(content):,}", cure)
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def _shape(content: bytearray, axes: int, where: str, cure: str | None) -> Shape:
    """The sizes that the header announces, its magic number checked."""
    kind = KINDS[2048 + axes]
    if len(content) < _header(axes):
        raise error(where, "the file ends within its header", f"at least {_header(axes)} bytes for {kind}",
                    f"{len(content)}", cure)
    magic, *shape = (int.from_bytes(content[start:start + 4], "big") for start in range(0, _header(axes), 4))
    if magic != 2048 + axes:
        found = f", that of {KINDS[magic]}" if magic in KINDS else f" (the file begins with {bytes(content[:8])!r})"
        raise error(where, f"this is no IDX file of {kind}", f"magic number {2048 + axes}", f"{magic}{found}", cure)
    return tuple(shape)


def _header(axes: int) -> int:
    return 4 + 4 * axes


def _all(file: IO[bytes] | gzip.GzipFile) -> bytearray:
    content = bytearray()
    while chunk := file.read(CHUNK):
        content += chunk
    return content


def _where(path: str | os.PathLike[str]) -> str:
    return f"reading {os.fspath(path)!r}"
