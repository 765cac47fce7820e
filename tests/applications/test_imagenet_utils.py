"""Pixels in Keras's three modes."""

import numpy as np
import pytest

from minicnn import MinicnnError
from minicnn.applications.imagenet_utils import preprocess_input


@pytest.mark.parametrize(("mode", "expected"), [
    ("caffe", [[30 - 103.939, 20 - 116.779, 10 - 123.68]]),
    ("tf", [[10 / 127.5 - 1, 20 / 127.5 - 1, 30 / 127.5 - 1]]),
    ("torch", [[(10 / 255 - 0.485) / 0.229, (20 / 255 - 0.456) / 0.224, (30 / 255 - 0.406) / 0.225]]),
])
def test_modes(mode, expected):
    for dtype, kept in (("uint8", "float32"), ("int64", "float32"), ("float32", "float32"), ("float64", "float64")):
        pixels = np.array([[[10, 20, 30]]], dtype)
        pixels.flags.writeable = False  # x is left as it was
        for x in (pixels, pixels[None]):
            ready = preprocess_input(x, mode=mode)
            assert (ready.dtype, ready.shape) == (kept, x.shape)
            np.testing.assert_allclose(ready.reshape(1, 3), expected, rtol=1e-6)


@pytest.mark.parametrize("x", [np.zeros((2, 5, 5, 1)), np.zeros((5, 3))])
def test_no_pictures_in_color(x):
    with pytest.raises(MinicnnError, match=r"these are not pictures in color\. Expected shape \(\.\.\., H, W, 3\)"):
        preprocess_input(x)


def test_the_range_alone_needs_no_colors():
    np.testing.assert_array_equal(preprocess_input(np.full((1, 2, 2, 1), 255.0), mode="tf"), np.ones((1, 2, 2, 1)))


def test_unknown_mode():
    with pytest.raises(MinicnnError, match=r"preprocess_input: mode 'pytorch'.*Did you mean 'torch'"):
        preprocess_input(np.zeros((1, 1, 3)), mode="pytorch")
