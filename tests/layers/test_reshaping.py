"""Layers that give the same numbers another shape: their order, and what does not fit."""

import numpy as np
import pytest

from minicnn import MinicnnError, layers


def test_flatten_lets_channels_change_fastest():
    x = np.arange(2 * 2 * 2.0).reshape(1, 2, 2, 2)
    assert layers.Flatten()(x).tolist() == [[0, 1, 2, 3, 4, 5, 6, 7]]


@pytest.mark.parametrize(("target", "made"), [
    ((3, 4), (3, 4)), ((-1, 2), (6, 2)), ((-1,), (12,)), ([2, 1, 6], (2, 1, 6)), ((12, -1), (12, 1))])
def test_reshape_keeps_the_order(target, made):
    x = np.arange(24.0).reshape(2, 2, 6)
    layer = layers.Reshape(target)
    assert layer.output_shape_for((2, 6)) == made
    y, _ = layer.forward(x)
    assert y.shape == (2, *made)
    assert y.ravel().tolist() == list(range(24))


def test_a_number_alone_becomes_a_row_and_a_row_of_one_a_number():
    assert layers.Reshape((1, 1))(np.array([3.0, 4])).shape == (2, 1, 1)
    assert layers.Reshape(())(np.ones((2, 1, 1))).shape == (2,)
    assert layers.Flatten()(np.array([3.0, 4])).shape == (2, 1)


@pytest.mark.parametrize(("target", "message"), [
    (12, "target_shape is a tuple without the batch axis. Received 12. For example"),
    ("12", "target_shape is a tuple"), (None, "target_shape is a tuple"),
    ((-1, 2, -1), r"only one size of target_shape can be left open. Expected at most one -1, received \(-1, 2, -1\)"),
    ((3, 0), "each size of target_shape must be an integer. Expected at least 1, received 0"),
    ((3, -2), "each size of target_shape must be an integer"), ((3, 2.5), "each size of target_shape must be"),
])
def test_a_target_shape_that_is_none(target, message):
    with pytest.raises(MinicnnError, match=message):
        layers.Reshape(target)


def test_a_target_shape_that_does_not_fit():
    with pytest.raises(MinicnnError, match=r"Reshape 'r': the input does not fit into target_shape \(3, 5\). "
                                           r"Expected 15 numbers, received 12 \(input shape \(2, 6\)\)"):
        layers.Reshape((3, 5), name="r").output_shape_for((2, 6))
    with pytest.raises(MinicnnError, match="Expected a multiple of 5 numbers, received 12"):
        layers.Reshape((5, -1)).output_shape_for((2, 6))
