"""The numbers behind the pictures."""

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.applications import LeNet5, LeNet5Modern
from minicnn.layers import RBF, Conv2D, Dense, Dropout, Flatten
from minicnn.models import Input, Sequential
from minicnn.visualize import layer_outputs
from minicnn.visualize.arrays import (
    as_strip,
    class_pairs,
    feeders_of_codes,
    is_drawable,
    limits,
    nearest_code,
    picture,
    size_text,
    value_range,
)

RNG = np.random.default_rng(3)


def test_layer_outputs_are_the_activations_of_one_image():
    model, x = LeNet5(), RNG.normal(size=(2, 32, 32, 1)).astype(np.float32)
    outputs = layer_outputs(model, x[1])
    assert [*outputs][1:] == ["C1", "S2", "C3", "S4", "C5", "F6", "RBF"]
    assert [value.shape for value in outputs.values()] == [
        (32, 32, 1), (28, 28, 6), (14, 14, 6), (10, 10, 16), (5, 5, 16), (1, 1, 120), (84,), (10,)]
    expected = model.activations(x[1:])
    for name, value in outputs.items():
        np.testing.assert_array_equal(value, expected[name][0])


def test_a_batch_of_one_is_one_image():
    model, x = LeNet5Modern(), RNG.normal(size=(28, 28, 1)).astype(np.float32)
    for name, value in layer_outputs(model, x).items():
        np.testing.assert_array_equal(layer_outputs(model, x[None])[name], value)


def test_layers_that_hand_numbers_on_are_left_out_unless_they_end_the_network():
    layers = [Flatten(name="a"), Dropout(0.5, name="b"), Dense(3, name="c"), Dropout(0.5, name="d")]
    outputs = layer_outputs(Sequential([Input((2, 2, 1), name="x"), *layers]), np.ones((2, 2, 1)))
    assert [*outputs] == ["x", "c", "d"]


@pytest.mark.parametrize(("shape", "message"), [
    ((3, 28, 28, 1), r"'lenet5_modern': one image is wanted. Expected shape \(28, 28, 1\), .*Pass one of them: x\[0\]"),
    ((28, 28), r"does not fit.* received shape \(28, 28\). The channel axis is missing: pass x\[..., None\]"),
    ((32, 32, 1), r"does not fit the model's input. Expected shape \(28, 28, 1\), received shape \(32, 32, 1\).$"),
    ((), r"does not fit.*received shape \(\)"),
])
def test_an_image_of_the_wrong_shape(shape, message):
    with pytest.raises(MinicnnError, match=message):
        layer_outputs(LeNet5Modern(), np.zeros(shape))


def test_a_model_whose_input_is_unknown():
    with pytest.raises(MinicnnError, match="not built"):
        layer_outputs(Sequential([Dense(2)]), np.zeros(3))


def test_the_feeder_of_the_codes_is_found_behind_layers_that_hand_on():
    model = LeNet5()
    assert [*feeders_of_codes(model)] == ["F6"]
    np.testing.assert_array_equal(feeders_of_codes(model)["F6"], model.get_layer("RBF").prototypes)
    codes = RNG.normal(size=(3, 8))
    behind = Sequential([Conv2D(2, 1, name="conv", input_shape=(2, 2, 1)), Flatten(), Dropout(0.5), RBF(codes)])
    assert [*feeders_of_codes(behind)] == ["conv"]
    assert not feeders_of_codes(LeNet5Modern())


def test_the_nearest_code():
    codes = RNG.normal(size=(5, 7))
    which, distance = nearest_code(codes[3] + 0.01, codes)
    assert which == 3
    assert distance == pytest.approx(7 * 0.01**2)


def test_scales():
    assert limits(np.array([[-1.0, np.nan], [0.5, 0.25]])) == (-1, 1)
    assert limits(np.array([-3.0, -2.0])) == (-3, 3)
    assert limits(np.array([2.0, 5.0])) == (0, 5)
    assert value_range(np.array([-0.1, 1.175])) == (-0.1, 1.175)
    assert value_range(np.full(3, 2.0)) == (2, 3)


def test_a_strip_reads_in_rows():
    strip = as_strip(np.arange(10.0), 4)
    np.testing.assert_array_equal(strip, [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, np.nan, np.nan]])
    assert as_strip(np.arange(3.0), 128).shape == (1, 3)


def test_pictures():
    gray = RNG.normal(size=(4, 5, 1))
    np.testing.assert_array_equal(picture(gray), gray[..., 0])
    np.testing.assert_array_equal(picture(gray[..., 0]), gray[..., 0])
    color = RNG.random((4, 5, 3))
    np.testing.assert_array_equal(picture(color), color)
    whole = picture(color * 4 - 2)
    assert (whole.min(), whole.max()) == (0, 1)
    np.testing.assert_allclose(picture(np.array([[[0, 51, 204]]], np.uint8)), [[[0, 0.2, 0.8]]], rtol=1e-15)
    assert [is_drawable(s) for s in ((4, 5), (4, 5, 1), (4, 5, 3), (4, 5, 2), (4,), ())] == [True] * 3 + [False] * 3


def test_sizes_as_text():
    assert size_text((28, 28, 6)) == "28\N{MULTIPLICATION SIGN}28\N{MULTIPLICATION SIGN}6"
    assert size_text((4096,)) == "4,096"


@pytest.mark.parametrize(("truth", "answers", "message"), [
    ([0, 1], [0, 1, 1], "truth and answers are not of one length. Expected 2 answers, received 3"),
    ([0, 3], [0, 1], "here: truth: a label is out of range. Expected class numbers from 0 to 2, received 3 at index 1"),
    ([0, 1], [0, -1], "here: answers: a label is out of range.* received -1 at index 1"),
    ([0, 1], [[0.1, 0.9], [1, 0]], r"here: answers: these are not class numbers. .*predict_classes"),
    ([0, 1], [0, 0.5], "here: answers: labels must be whole numbers"),
    ([0, np.nan], [0, 1], "here: truth: 1 of 2 values are not finite"),
    ([], [], "here: truth: there is no data"),
    (["a"], ["b"], "here: truth: this is not an array of numbers"),
])
def test_wrong_labels(truth, answers, message):
    with pytest.raises(MinicnnError, match=message):
        class_pairs(truth, answers, 3, "here")


def test_labels_without_an_upper_limit():
    truth, answers = class_pairs(np.array([250, 0], np.uint8), [7.0, 1.0], None, "here")
    assert truth.tolist() == [250, 0]
    assert answers.tolist() == [7, 1]
    assert answers.dtype == np.int64
    with pytest.raises(MinicnnError, match="truth: a label is out of range"):
        class_pairs([-1, -2], [0, 0], None, "here")
