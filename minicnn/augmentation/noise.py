"""Pixel noise: a pixel turned into its negative here and there, or a little added to every pixel."""

import numpy as np

from minicnn._types import Array
from minicnn.augmentation import _images


def invert_some(images: Array, probability: float, low: float, high: float, rng: np.random.Generator) -> Array:
    """Each pixel, all its channels together, becomes ``low + high - pixel`` with this probability."""
    chosen = rng.random((*images.shape[:3], 1), dtype=np.float32) < probability
    return np.where(chosen, images.dtype.type(low + high) - images, images)


def add_gaussian(images: Array, deviation: float, rng: np.random.Generator) -> Array:
    """Every channel of every pixel gets a normal number of its own; bytes are rounded, and cut at 0 and 255."""
    dtype = np.float64 if images.dtype == np.float64 else np.float32
    noisy: Array = rng.standard_normal(images.shape, dtype=dtype)
    noisy *= dtype(deviation)
    noisy += images
    return _images.as_bytes(noisy) if images.dtype == np.uint8 else noisy
