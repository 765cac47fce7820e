"""Data sets of four published IDX files: found on this machine or downloaded, and checked byte for byte."""

import hashlib
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from minicnn._checks import MinicnnError, error
from minicnn._files import atomic_write
from minicnn._types import Array
from minicnn.datasets import _fetch, _folders, idx

FILES = {
    "train-images-idx3-ubyte": idx.IMAGES,
    "train-labels-idx1-ubyte": idx.LABELS,
    "t10k-images-idx3-ubyte": idx.IMAGES,
    "t10k-labels-idx1-ubyte": idx.LABELS,
}
"""The four files and their axes, in the order of what `load` returns."""

# SHA-256 of the *unpacked* files, so that it does not matter who packed them, and how. Those of MNIST were
# computed from the files; those of Fashion-MNIST are the ones that several projects published independently of
# each other, in agreement, for what unpacks from the archives whose MD5 sums stand in Zalando's README.
SHA256 = {
    "MNIST": {
        "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
    "Fashion-MNIST": {
        "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    },
}

AGAIN = "Delete it to download it again."
MOVE = "Move it to where it belongs."


@dataclass(frozen=True)
class DataSet:
    """One published data set."""

    title: str
    """Its name, and its row in the table of hashes."""
    folder: str
    """Its folder inside the data folder."""
    mirrors: tuple[str, ...]
    """URLs under which the packed files lie; tried in this order."""

    def load(self, folders: Sequence[Path]) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
        """(x_train, y_train), (x_test, y_test), from files in any of the folders.

        Files that are in none are downloaded into the first.
        """
        paths = {name: find(name, folders) for name in FILES}
        arrays = {name: self.read(path, name) for name, path in paths.items() if path is not None}
        missing = [name for name in FILES if name not in arrays]
        for name in missing:
            arrays[name] = self.download(name, folders[0], missing)
        x_train, y_train, x_test, y_test = (arrays[name] for name in FILES)
        return (x_train, y_train), (x_test, y_test)

    def read(self, path: Path, name: str) -> Array:
        """What the file of this name, found at a path, holds."""
        return self.checked(idx.content(path, AGAIN), name, f"reading {str(path)!r}", AGAIN)

    def download(self, name: str, folder: Path, missing: Sequence[str]) -> Array:
        """What the file of this name holds, from the first mirror that sends it right; kept in a folder."""
        problems = []
        for mirror in self.mirrors:
            url = f"{mirror}{name}.gz"
            try:
                packed = _fetch.fetch(url)
                array = self.checked(idx.unpacked(io.BytesIO(packed), url), name, url)
            except MinicnnError as problem:
                problems.append(str(problem))
                continue
            _keep(packed, folder / f"{name}.gz")
            return array
        raise self._unavailable(folder, [file for file in missing if find(file, [folder]) is None], problems)

    def checked(self, content: bytearray, name: str, where: str, cure: str | None = None) -> Array:
        """The array in the unpacked bytes of a file, if they are the published ones."""
        array = idx.array(content, FILES[name], where, cure)
        expected, received = SHA256[self.title][name], hashlib.sha256(content).hexdigest()
        if received != expected:
            other = _known(received)
            raise error(where, f"this is not the {name} of {self.title}", f"SHA-256 {expected} (unpacked)",
                        f"{received}{other and f', which is {other}'}", MOVE if other and cure else cure)
        return array

    def _unavailable(self, folder: Path, missing: Sequence[str], problems: Sequence[str]) -> MinicnnError:
        """The error for files that are neither here nor to be had: says which to put where."""
        received = "; ".join(problem.rstrip(".") for problem in problems)
        return error(f"loading {self.title}", "files are missing and cannot be downloaded",
                     f"{', '.join(missing)} (plain, or packed with the ending .gz) in {str(folder)!r}", received,
                     f"Put them there by hand, or set {_folders.VARIABLE} to the folder that holds them.")


def find(name: str, folders: Sequence[Path]) -> Path | None:
    """The file of this name, plain or packed, in the first folder that has it."""
    for folder in folders:
        for path in (folder / name, folder / f"{name}.gz"):
            if os.path.isfile(path):  # unlike Path.is_file never an error: what cannot be seen is not there
                return path
    return None


def _keep(packed: bytes, path: Path) -> None:
    """Write a downloaded file, into a folder that is made if need be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise error(f"writing {str(path)!r}", "its folder cannot be made", received=problem.strerror,
                    cure=f"Set {_folders.VARIABLE} to a folder that can be written.") from None
    with atomic_write(path) as file:
        file.write(packed)


def _known(digest: str) -> str:
    """Which other published file this is: those of both data sets have the same names and are easily mixed up."""
    for title, digests in SHA256.items():
        for name, known in digests.items():
            if digest == known:
                return f"the {name} of {title}"
    return ""
