"""Elastic distortion: every pixel gets a small displacement of its own, alike among neighbors.

Simard, Steinkraus, Platt, "Best practices for convolutional neural networks applied to visual document
analysis", ICDAR 2003, section 2: displacements uniform within -1 .. 1 are drawn for each pixel and each axis,
convolved with a Gaussian of standard deviation sigma, and multiplied by alpha. With a small sigma the image
crumbles, with a large one it moves as a whole; between them it looks like another hand's writing.
"""

from functools import lru_cache

import numpy as np

from minicnn._types import Array, Pair


def displacement_fields(count: int, image: Pair, alpha: float, sigma: float, rng: np.random.Generator) -> Array:
    """Displacements in pixels, float32 (N, 2, H, W): [n, 0] to the right, [n, 1] down.

    Away from the border a displacement has the standard deviation ``alpha / (sigma sqrt(12 pi))``, for sigma of
    a pixel or more: 1.38 pixels for the paper's alpha = 34, sigma = 4. The paper leaves open what lies beyond
    the border, and whether fields are normalized (it speaks of it in an explanation). Here nothing lies
    beyond, so at the border displacements are smaller; and nothing is normalized.
    """
    # 16 random bits a number are plenty before smoothing, and cost half the time of a float.
    noise = rng.integers(-2**15, 2**15, (count, 2, *image), dtype=np.int16).astype(np.float32)
    fields: Array = (smoothing(image[0], sigma) * np.float32(alpha / 2**15)) @ noise @ smoothing(image[1], sigma)
    return fields


@lru_cache(maxsize=16)
def smoothing(size: int, sigma: float) -> Array:
    """The convolution of ``size`` numbers with a Gaussian, as a matrix (size, size).

    Row i holds the Gaussian around i. The part that hangs over the border is cut off, not folded back::

        sigma 1, size 4     .40 .24 .05 .00
                            .24 .40 .24 .05
                            .05 .24 .40 .24
                            .00 .05 .24 .40
    """
    distance = np.arange(-size - int(5 * sigma) - 1, size + int(5 * sigma) + 2)
    bell = np.exp(-0.5 * (distance / sigma) ** 2)
    bell /= bell.sum()
    rows = np.arange(size)
    matrix: Array = bell[rows[:, None] - rows + len(distance) // 2].astype(np.float32)
    matrix.flags.writeable = False  # it is shared by all callers
    return matrix
