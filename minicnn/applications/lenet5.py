"""LeNet-5, exactly as published: LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document
recognition", Proceedings of the IEEE 86(11), 1998, section II-B and appendix A."""

from typing import Any

import numpy as np

from minicnn import _checks
from minicnn._types import Array
from minicnn.applications._options import Weights
from minicnn.applications._trained import with_weights
from minicnn.datasets import rbf_codes
from minicnn.initializers import FanInUniform, Initializer
from minicnn.layers import RBF, Conv2D, Dense, Flatten, Subsampling2D, TableConv2D
from minicnn.models import Input, Sequential

# Table I of the paper: rows are the maps of S2, columns the maps of C3.
TABLE_I = np.array([[cell == "X" for cell in row] for row in (
    "X...XXX..XXXX.XX",
    "XX...XXX..XXXX.X",
    "XXX...XXX..X.XXX",
    ".XXX..XXXX..X.XX",
    "..XXX..XXXX.XX.X",
    "...XXX..XXXX.XXX",
)])

DIGITS = "0123456789"
BACKGROUND, FOREGROUND = -0.1, 1.175
"""What white and black pixels become (section II-B)."""


def LeNet5(initializer: Initializer | None = None, characters: str = DIGITS, *, weights: Weights = None) -> Sequential:
    """32x32x1 images in -0.1 .. 1.175 -> 10 penalties (the smallest wins): 60,000 trainable parameters.

    =====  ==========================================  ==========  ==========  ===========
    layer  what it does                                output      parameters  connections
    =====  ==========================================  ==========  ==========  ===========
    C1     6 maps, 5x5 convolution                     28x28x6            156      122,304
    S2     sum of 2x2 * coefficient + bias             14x14x6             12        5,880
    C3     16 maps, 5x5 along Table I                  10x10x16         1,516      151,600
    S4     sum of 2x2 * coefficient + bias             5x5x16              32        2,000
    C5     120 maps, 5x5 convolution of all 16         1x1x120         48,120       48,120
    F6     84 units                                    84              10,164       10,164
    RBF    distance to the codes of the ten digits     10           (840 fixed)         840
    total                                                              60,000      340,908
    =====  ==========================================  ==========  ==========  ===========

    Every layer up to F6, subsampling included, ends in the squashing function 1.7159 tanh(2a/3). C5 is a
    convolution, though on this input each of its maps is a single unit; so on a larger image the network
    would slide. The RBF centers are the 7x12 bitmaps of Figure 3, +1 and -1, and stay fixed.

    The journal prints 345,308 connections, and 156,000 for C3; the authors' preprint prints 340,908 and
    151,600. The journal's figures count one bias for each 5x5 kernel (60 kernels: 100*60*26 = 156,000); the
    preprint's count one for each map, as the 1,516 parameters do.

    initializer: of all trainable parameters, biases and coefficients too. The paper's own rule, uniform
        within 2.4 / fan-in, is the default.
    characters: the classes in the order of their numbers, printable ASCII; each brings its 7x12 bitmap to the
        output, 84 fixed numbers. The table is that of the ten digits.
    weights: "mnist" for those of this package, trained on MNIST as in the paper, for images that `lenet5_images` made
        (``applications/weights/lenet5.txt`` tells how, and how good they are); a file of weights; or None.

    Raises MinicnnError for weights that are nowhere or do not fit, and for characters that are none.
    """
    start = FanInUniform(2.4, 1.0) if initializer is None else initializer
    squashed: dict[str, Any] = {"activation": "scaled_tanh", "bias_initializer": start}
    conv = {**squashed, "kernel_initializer": start}
    pool = {**squashed, "coefficient_initializer": start}
    model = Sequential([
        Input((32, 32, 1)),
        Conv2D(6, 5, name="C1", **conv),
        Subsampling2D(2, name="S2", **pool),
        TableConv2D(TABLE_I, 5, name="C3", **conv),
        Subsampling2D(2, name="S4", **pool),
        Conv2D(120, 5, name="C5", **conv),
        Flatten(name="flatten"),
        Dense(84, name="F6", **conv),
        RBF(rbf_codes.prototypes(_different(characters)), name="RBF"),
    ], name="lenet5")
    strange = None if characters == DIGITS else f"characters={characters!r}"
    return with_weights(model, weights, "LeNet5", strange)


def _different(characters: str) -> str:
    """The characters, if there are no two alike: two classes with one code could not be told apart."""
    if not isinstance(characters, str) or len(set(characters)) != len(characters):
        raise _checks.error("LeNet5", "characters must be a text of different ones", "for example '0123456789'",
                            repr(characters))
    return characters


def lenet5_images(images: Array) -> Array:
    """Bytes (N, 28, 28), 0 the background, as LeNet-5 wants them: float32 (N, 32, 32, 1) in -0.1 .. 1.175.

    The paper extends the 28x28 digits to 32x32 "with background pixels" (section III-A).
    """
    images = _checks.numeric(images, "lenet5_images")
    if images.ndim != 3 or images.shape[1:] != (28, 28) or images.dtype != np.uint8:
        raise _checks.error("lenet5_images", "these are not MNIST's images", "uint8 (N, 28, 28)",
                            f"{images.dtype} {images.shape}")
    framed = np.pad(images, ((0, 0), (2, 2), (2, 2)))[..., None].astype(np.float32)
    return BACKGROUND + (FOREGROUND - BACKGROUND) / 255 * framed
