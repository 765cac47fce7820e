"""ZeroPadding2D and Cropping2D in all the forms that Keras takes."""

import numpy as np
import pytest

from minicnn import MinicnnError
from minicnn.layers import Cropping2D, ZeroPadding2D


@pytest.mark.parametrize(("padding", "sides"), [
    ((), ((1, 1), (1, 1))), ((2,), ((2, 2), (2, 2))), (((1, 2),), ((1, 1), (2, 2))), (([0, 3],), ((0, 0), (3, 3))),
    ((((1, 0), (2, 3)),), ((1, 0), (2, 3))), (((1, (2, 0)),), ((1, 1), (2, 0))), ((0,), ((0, 0), (0, 0))),
])
def test_the_frame_is_zero_and_the_image_is_inside(padding, sides, rng):
    layer, x = ZeroPadding2D(*padding), rng.standard_normal((2, 3, 4, 2))
    assert layer.padding == sides
    y, _ = layer.forward(x)
    np.testing.assert_array_equal(y, np.pad(x, ((0, 0), *sides, (0, 0))))
    assert y.shape[1:] == layer.output_shape_for(x.shape[1:])


@pytest.mark.parametrize(("padding", "told"), [
    ("same", "the padding must be given in cells"), ((1, 2, 3), "padding must be one integer or two"),
    (-1, "padding must be an integer. Expected at least 0"), (1.5, "padding must be an integer"),
    (((1, 2), (3, 4, 5)), "padding must be one integer or two"),
])
def test_what_is_no_padding(padding, told):
    with pytest.raises(MinicnnError, match=told):
        ZeroPadding2D(padding)


def test_what_is_no_image():
    with pytest.raises(MinicnnError, match=r"the input is not an image"):
        ZeroPadding2D().output_shape_for((4,))


@pytest.mark.parametrize(("cropping", "sides"), [
    ((), ((0, 0), (0, 0))), ((1,), ((1, 1), (1, 1))), (((1, 2),), ((1, 1), (2, 2))), ((((1, 0), (2, 3)),),
                                                                                    ((1, 0), (2, 3))),
])
def test_cropping_is_the_way_back_from_padding(cropping, sides, rng):
    layer, x = Cropping2D(*cropping), rng.standard_normal((2, 3, 4, 2))
    assert layer.cropping == sides
    y, _ = layer.forward(np.pad(x, ((0, 0), *sides, (0, 0))))
    np.testing.assert_array_equal(y, x)
    assert layer.output_shape_for(ZeroPadding2D(sides).output_shape_for((3, 4, 2))) == (3, 4, 2)


@pytest.mark.parametrize(("cropping", "told"), [
    ("same", "cropping must be an integer"), ((1, 2, 3), "cropping must be one integer or two"),
    (-1, "cropping must be an integer. Expected at least 0"),
])
def test_what_is_no_cropping(cropping, told):
    with pytest.raises(MinicnnError, match=told):
        Cropping2D(cropping)


def test_something_must_be_left():
    with pytest.raises(MinicnnError, match="more than 2 rows and 4 columns, received 3x4"):
        Cropping2D((1, 2)).output_shape_for((3, 4, 1))
