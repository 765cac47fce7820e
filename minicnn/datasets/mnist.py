"""MNIST: 70,000 handwritten digits, 28 x 28 gray levels each."""

import os
from pathlib import Path

from minicnn._checks import error
from minicnn._types import Array
from minicnn.datasets import _folders
from minicnn.datasets._published import FILES, DataSet, find

MNIST = DataSet("MNIST", "mnist", (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
))


def load_data(path: str | os.PathLike[str] | None = None) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """MNIST in Keras's form: ``(x_train, y_train), (x_test, y_test)``.

    ===========  ================  =======  ==============================================
    ``x_train``  (60000, 28, 28)   uint8    gray levels, 0 background ... 255 ink
    ``y_train``  (60000,)          uint8    the digit 0 ... 9
    ``x_test``   (10000, 28, 28)   uint8    images to judge by
    ``y_test``   (10000,)          uint8    the digit 0 ... 9
    ===========  ================  =======  ==============================================

    Every call returns new, writable arrays. The four IDX files ``train-images-idx3-ubyte``,
    ``train-labels-idx1-ubyte``, ``t10k-images-idx3-ubyte`` and ``t10k-labels-idx1-ubyte``, plain or packed
    (``.gz``), are looked for in the folder ``path``, or without one in the data folder and its folder ``mnist``.
    The data folder is ``$MINICNN_DATA``, else ``minicnn`` in the platform's cache (``~/.cache`` on Linux). What
    is not there is downloaded, 11 MB in all. Each file must be the published one, byte for byte.

    Keras's ``path`` names a file of its cache; its default ``"mnist.npz"`` is taken for None.

    Source: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits". It is made available
    under the Creative Commons Attribution-Share Alike 3.0 license.

    Raises:
        MinicnnError: a file is damaged or another one than its name says; files are missing and cannot be
            downloaded (the error says which to put where).
    """
    return MNIST.load(_places(path))


def is_installed(path: str | os.PathLike[str] | None = None) -> bool:
    """Whether all four files lie where `load_data` looks first, so that nothing is downloaded."""
    folders = _places(path)
    return all(find(name, folders) is not None for name in FILES)


def _places(path: str | os.PathLike[str] | None) -> list[Path]:
    """The folders to look in; what is missing goes to the first."""
    if path is None or path == "mnist.npz":
        data = _folders.data_folder()
        return [data / MNIST.folder, data]
    folder = Path(path).expanduser()
    if not folder.is_dir():
        raise error("datasets.mnist.load_data", "path must name a folder with MNIST's files",
                    received=repr(os.fspath(path)), cure="Without path they are found or downloaded.")
    return [folder]
