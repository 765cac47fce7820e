"""What all functions of this folder ask of their arguments."""

from typing import Any

import numpy as np

from minicnn import _checks
from minicnn._types import Array


def batch(images: Any, where: str) -> Array:
    """A batch of images, (N, H, W, C); an error with the cure when it is not one."""
    array = _checks.numeric(images, where)
    if array.ndim != 4:
        cure = "A single-channel image needs its channel axis: x[..., None]." if array.ndim == 3 else None
        raise _checks.error(where, "this is not a batch of images", "shape (N, H, W, C)", f"shape {array.shape}", cure)
    return array


def with_pixels(images: Any, where: str) -> Array:
    """A batch of images whose pixels can be computed with: bytes or floats, in the machine's byte order."""
    array = batch(images, where)
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    if array.dtype not in (np.uint8, np.float16, np.float32, np.float64):
        raise _checks.error(where, "pixels of this type cannot be mixed", "uint8, float16, float32 or float64",
                            f"dtype {array.dtype}", "Convert the images: x.astype('float32').")
    return array


def generator(rng: Any, where: str) -> np.random.Generator:
    """A NumPy generator; an error with the cure when it is not one."""
    if not isinstance(rng, np.random.Generator):
        raise _checks.error(where, "rng must be a random generator", "a numpy.random.Generator", repr(rng),
                            "Make one: numpy.random.default_rng(seed).")
    return rng


def as_bytes(values: Array) -> Array:
    """The nearest bytes."""
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
