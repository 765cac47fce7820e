"""The range of a model's pictures."""

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.layers import GlobalAveragePooling2D, Rescaling
from minicnn.models import Input, Sequential
from minicnn.visualize.maximizing.scene import Scene, scene_of

NET = Sequential([Input((2, 3, 1)), GlobalAveragePooling2D()])
LIKE = np.array([-1, -1, -1, -1, 0.5, 3], np.float32).reshape(1, 2, 3, 1)


@pytest.mark.parametrize(("limits", "like", "expected"), [
    (None, None, (0, 1, 0)), ((-2, 5), None, (-2, 5, 0)), ((3, 5), None, (3, 5, 3)), (None, LIKE, (-1, 3, -1)),
    ((0, 1), LIKE, (0, 1, 0)), (None, LIKE[0], (-1, 3, -1)),
])
def test_range_and_rest(limits, like, expected):
    scene = scene_of(NET, limits, like, "here")
    assert (scene.low, scene.high, scene.rest) == expected
    assert scene.shape == (2, 3, 1)


def test_numbers_are_kept_in_range():
    scene = Scene((1, 1, 1), -1.0, 2.0, 0.0)
    clipped = scene.clipped(np.array([-5.0, 0.5, 9.0]))
    assert clipped.tolist() == [-1, 0.5, 2]
    assert clipped.dtype == np.float32
    assert scene.span == 3


@pytest.mark.parametrize(("limits", "like", "message"), [
    ((1, 1), None, r"range must grow\. Expected low below high, received \(1, 1\)"),
    ((1, 0), None, "range must grow"),
    ((0, 1, 2), None, r"range must be two numbers\. Expected \(low, high\)"),
    (5, None, "range must be two numbers"),
    ((0, np.nan), None, "range's high must be a number"),
    ((0, "1"), None, "range's high must be a number"),
    (None, np.ones((4, 2, 3, 1)), "here: like: the images are all of one color"),
    (None, np.ones((4, 3, 3, 1)), "here: like: the data do not fit"),
])
def test_wrong_ranges(limits, like, message):
    with pytest.raises(MinicnnError, match=message):
        scene_of(NET, limits, like, "here")


def test_a_model_that_rescales_needs_a_range():
    model = Sequential([Input((2, 3, 1)), Rescaling(1 / 255), GlobalAveragePooling2D()])
    with pytest.raises(MinicnnError, match=r"the model rescales its images itself.*range=\(0, 255\)"):
        scene_of(model, None, None, "here")
    assert scene_of(model, (0, 255), None, "here").high == 255
