"""Saliency: against finite differences, against published numbers, and the three rules by hand."""

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.applications import LeNet5, LeNet5Modern
from minicnn.layers import (
    Activation,
    Add,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Flatten,
    GlobalAveragePooling2D,
    MaxPooling2D,
    ReLU,
)
from minicnn.models import Input, Model, Sequential
from minicnn.visualize import gradient_x_input, saliency

RNG = np.random.default_rng(3)
X = np.arange(16.0).reshape(1, 4, 4, 1)


def plain():
    return Sequential([Input((6, 6, 2)), Conv2D(4, 3, activation="relu"), MaxPooling2D(2), Flatten(),
                       Dense(5, activation="relu"), Dense(3, activation="softmax")])


def residual():
    x = Input((6, 6, 2))
    y = BatchNormalization()(Conv2D(2, 3, padding="same")(x))
    y = AveragePooling2D(2)(ReLU()(Add()([y, x])))
    return Model(x, Activation("sigmoid")(Dense(3)(GlobalAveragePooling2D()(y))))


# -- the gradient ---------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [plain, residual])
def test_saliency_is_what_finite_differences_give(make, differences):
    model = make().astype("float64")
    x = RNG.normal(size=(2, 6, 6, 2))
    maps = saliency(model, x, [2, 0])
    for image, target, found in zip(x, (2, 0), maps, strict=True):
        np.testing.assert_allclose(found, differences(model, image[None], target)[0], rtol=1e-6, atol=1e-8)
    assert np.abs(maps).max() > 1e-2


def test_saliency_of_penalties_is_minus_their_gradient(differences):
    model = LeNet5().astype("float64")
    x = RNG.uniform(-0.1, 1.175, (1, 32, 32, 1))
    np.testing.assert_allclose(saliency(model, x, 3), differences(model, x, 3, 1e-4), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(saliency(model, x, 3), -model.input_gradient(x, np.eye(10)[[3]]), rtol=1e-12)


def test_the_score_is_that_before_the_softmax():
    model = LeNet5Modern()
    x = RNG.random((2, 28, 28, 1)).astype("float32")
    np.testing.assert_array_equal(saliency(model, x, 4), model.input_gradient(x, 4, of="output/pre"))


def test_without_a_target_the_answer_is_meant():
    model = LeNet5Modern()
    x = RNG.random((5, 28, 28, 1)).astype("float32")
    answers = model.predict_classes(x)
    np.testing.assert_array_equal(saliency(model, x), saliency(model, x, answers))
    assert np.abs(saliency(model, x) - saliency(model, x, (answers + 1) % 10)).max() > 1e-3


def test_one_image_is_a_batch_of_one_and_batches_change_nothing():
    model = plain().astype("float64")
    x = RNG.normal(size=(5, 6, 6, 2))
    maps = saliency(model, x, [0, 1, 2, 0, 1])
    assert maps.shape == x.shape
    np.testing.assert_allclose(saliency(model, x, [0, 1, 2, 0, 1], batch_size=2), maps, rtol=1e-12)
    np.testing.assert_allclose(saliency(model, x[1], 1), maps[1:2], rtol=1e-12)
    assert saliency(plain(), x, 0).dtype == np.float32


# -- the rules --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rule", "expected"), [
    ("vanilla", [[0, 1, 1, 1], [0, 1, 1, 1], [0, 1, 1, 1], [0, 0, 0, 0]]),
    ("guided", [[0, 1, 1, 1], [1, 3, 3, 2], [1, 3, 3, 2], [1, 2, 2, 1]]),
    ("deconvnet", [[2, 3, 3, 1], [3, 5, 5, 2], [3, 5, 5, 2], [1, 2, 2, 1]]),
])
def test_published_numbers(toy, rule, expected):
    assert saliency(toy(), X, 0, rule)[0, :, :, 0].tolist() == expected


@pytest.mark.parametrize(("rule", "for_first", "for_second"), [
    ("vanilla", [1, 0], [-1, 0]), ("guided", [1, 0], [0, 0]), ("deconvnet", [1, 1], [0, 1]),
])
def test_guided_asks_for_the_forward_mask_and_deconvnet_does_not(rule, for_first, for_second):
    # Two pixels, 2 and -3, so the first ReLU is on and the second off; scores r0 + r1 and r1 - r0.
    model = Sequential([Input((1, 2, 1)), Conv2D(1, 1, activation="relu"), Flatten(), Dense(2)])
    model.set_weights([np.ones((1, 1, 1, 1)), [0], [[1, -1], [1, 1]], [0, 0]])
    x = np.array([2.0, -3.0]).reshape(1, 1, 2, 1)
    assert saliency(model, x, 0, rule).ravel().tolist() == for_first
    assert saliency(model, x, 1, rule).ravel().tolist() == for_second


def test_several_inputs_each_have_their_map(toy):
    ones = np.ones((1, 4, 4, 1))
    maps = saliency(toy(2), [X, ones], 0, "guided")
    # With ones added the first unit of map 0 (4) is on, too: all that guided sends is 1 from each of its four units.
    assert [one[0, :, :, 0].tolist() for one in maps] == [
        [[1, 2, 2, 1], [2, 4, 4, 2], [2, 4, 4, 2], [1, 2, 2, 1]]] * 2
    parts = gradient_x_input(toy(2), [X, ones], 0)
    np.testing.assert_array_equal(parts[0], saliency(toy(2), [X, ones], 0)[0] * X)


def test_an_input_that_the_score_does_not_depend_on_gets_zeros():
    a, b = Input((4, 4, 1)), Input((3,))
    model = Model([a, b], [Dense(2)(Flatten()(a)), Dense(2)(b)])
    cut = Model([a, b], model.outputs[0])
    maps = saliency(cut, [np.ones((2, 4, 4, 1)), np.ones((2, 3))], 0)
    assert np.abs(maps[0]).max() > 0
    assert maps[1].tolist() == [[0, 0, 0]] * 2


# -- gradient x input -------------------------------------------------------------------------------


def test_gradient_x_input_adds_up_to_the_score_of_a_linear_network():
    model = Sequential([Input((5, 5, 2)), Conv2D(3, 3, use_bias=False), AveragePooling2D(3), Flatten(),
                        Dense(4, use_bias=False)]).astype("float64")
    x = RNG.normal(size=(3, 5, 5, 2))
    scores = model.predict(x, verbose=0)
    np.testing.assert_allclose(gradient_x_input(model, x, 2).sum(axis=(1, 2, 3)), scores[:, 2], rtol=1e-12)


# -- manners ----------------------------------------------------------------------------------------


def test_two_threads_see_what_one_sees(at_once):
    model = LeNet5Modern()
    x = RNG.random((3, 28, 28, 1)).astype("float32")
    alone = [saliency(model, x, 1, rule) for rule in ("vanilla", "guided", "deconvnet")]
    for maps in at_once(lambda: [saliency(model, x, 1, rule) for rule in ("vanilla", "guided", "deconvnet")]):
        np.testing.assert_array_equal(maps, alone)


def test_the_model_is_not_touched(toy, untouched):
    model = toy()
    with untouched(model):
        saliency(model, X, 0, "guided")
        gradient_x_input(model, X, 0)


def test_wrong_use():
    model = LeNet5Modern()
    x = np.zeros((2, 28, 28, 1))
    with pytest.raises(MinicnnError, match=r"visualize\.saliency: target is out of range.*0 to 9, received 10"):
        saliency(model, x, 10)
    with pytest.raises(MinicnnError, match=r"visualize\.saliency: rule 'guidet'.*Did you mean 'guided'"):
        saliency(model, x, 0, "guidet")
    with pytest.raises(MinicnnError, match=r"visualize\.saliency: the data do not fit.*received shape \(2, 28, 28\)"):
        saliency(model, x[..., 0])
    with pytest.raises(MinicnnError, match=r"visualize\.saliency: batch_size must be an integer"):
        saliency(model, x, batch_size=0)


@pytest.mark.parametrize("rule", ["guided", "deconvnet"])
def test_rules_about_relus_are_refused_where_there_is_none(rule):
    with pytest.raises(MinicnnError, match=rf"rule='{rule}' changes what happens at a ReLU, and there is none\. "
                                           r"Expected .*, received 'scaled_tanh'\. rule=\"vanilla\""):
        saliency(LeNet5(), np.zeros((1, 32, 32, 1)), 0, rule)
    with pytest.raises(MinicnnError, match="received no activation"):
        saliency(Sequential([Input((4,)), Dense(2)]), np.zeros((1, 4)), 0, rule)
