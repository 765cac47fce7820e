"""Pixels as the networks trained on ImageNet want them."""

import numpy as np

from minicnn import _checks
from minicnn._types import Array

# Of ImageNet's training pictures, in Keras's order of channels for each mode.
MEAN_BGR = (103.939, 116.779, 123.68)
MEAN_RGB, DEVIATION_RGB = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def preprocess_input(x: Array, mode: str = "caffe") -> Array:
    """Pixels 0 to 255, (..., H, W, 3) in the order red, green, blue, as the network was trained on them::

        "caffe"    blue, green, red, each minus its mean over ImageNet      VGG, ResNet
        "tf"       x / 127.5 - 1, from -1 to 1
        "torch"    (x / 255 - mean) / standard deviation of each channel    DenseNet

    Float arrays keep their type, others become float32. A new array: unlike Keras's, x is left as it was.
    """
    pixels = _checks.numeric(x, "preprocess_input")
    if pixels.ndim < 3 or (mode != "tf" and pixels.shape[-1] != 3):
        raise _checks.error("preprocess_input", "these are not pictures in color", "shape (..., H, W, 3)",
                            f"shape {pixels.shape}")
    pixels = pixels.astype(pixels.dtype if pixels.dtype.kind == "f" else np.float32)
    _checks.named("preprocess_input: mode", mode, dict.fromkeys(("caffe", "tf", "torch")))
    if mode == "tf":
        ready: Array = pixels / 127.5 - 1
    elif mode == "caffe":
        ready = pixels[..., ::-1] - np.asarray(MEAN_BGR, pixels.dtype)
    else:
        ready = (pixels / 255 - np.asarray(MEAN_RGB, pixels.dtype)) / np.asarray(DEVIATION_RGB, pixels.dtype)
    return ready
