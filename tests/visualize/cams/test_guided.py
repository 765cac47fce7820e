"""Guided Grad-CAM: a product of two that are tested for themselves."""

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.applications import LeNet5, LeNet5Modern
from minicnn.layers import Add, Dense, Flatten
from minicnn.models import Input, Model
from minicnn.visualize import grad_cam, guided_grad_cam, saliency, upsample

X = np.arange(16.0).reshape(1, 4, 4, 1)


def test_the_product(rng):
    model = LeNet5Modern()
    x = rng.random((2, 28, 28, 1))
    result = guided_grad_cam(model, x, [3, 5], "conv1")
    coarse = upsample(grad_cam(model, x, [3, 5], "conv1").maps, (28, 28))
    np.testing.assert_array_equal(result.maps, saliency(model, x, [3, 5], "guided") * coarse[..., None])
    assert (result.layer, result.classes.tolist()) == ("conv1", [3, 5])


def test_numbers_by_hand(toy):
    # Grad-CAM [[0, 4], [28, 32.5]] over 4x4, times the published guided backpropagation.
    guided = np.array([[0, 1, 1, 1], [1, 3, 3, 2], [1, 3, 3, 2], [1, 2, 2, 1]])
    share = np.array([[1, 0], [0.75, 0.25], [0.25, 0.75], [0, 1]])
    expected = guided * (share @ [[0, 4], [28, 32.5]] @ share.T)
    assert guided_grad_cam(toy(), X, 0).maps[0, :, :, 0].tolist() == expected.tolist()


def test_two_inputs(toy):
    first, second = guided_grad_cam(toy(2), [X, np.ones((1, 4, 4, 1))], 0).maps
    assert first.shape == (1, 4, 4, 1)
    np.testing.assert_array_equal(first, second)  # they are summed: what holds for one holds for the other


def test_the_class_without_a_target_is_the_answer(rng):
    model = LeNet5Modern()
    x = rng.random((2, 28, 28, 1))
    assert guided_grad_cam(model, x).classes.tolist() == model.predict_classes(x).tolist()


def test_a_blank_map_says_why(toy):
    result = guided_grad_cam(toy(), -X, 0)
    assert not result.maps.any()
    assert result.reasons == ("every map of 'conv' is 0 everywhere",)


def test_wrong_use():
    with pytest.raises(MinicnnError, match=r"visualize\.guided_grad_cam: .*there is none.*rule=\"vanilla\""):
        guided_grad_cam(LeNet5(), np.zeros((1, 32, 32, 1)), 0)
    a, b = Input((4, 4, 1)), Input((3,), name="facts")
    model = Model([a, b], Add()([Dense(2, "relu")(Flatten()(a)), Dense(2)(b)]))
    with pytest.raises(MinicnnError, match=r"guided_grad_cam: InputLayer 'facts': this input is no image.*saliency"):
        guided_grad_cam(model, [X, np.zeros((1, 3))], 0)
