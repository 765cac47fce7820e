"""LeNet-5 as published: its table, its squashing, its codes, its images."""

import numpy as np
import pytest

from minicnn import MinicnnError, gradient_check, set_random_seed
from minicnn.activations import scaled_tanh
from minicnn.applications import LeNet5, lenet5_images
from minicnn.applications.lenet5 import BACKGROUND, FOREGROUND, TABLE_I
from minicnn.datasets import rbf_codes
from minicnn.initializers import Constant, FanInUniform
from minicnn.optimizers import SGD


def test_layers_and_shapes():
    model = LeNet5()
    assert [(layer.name, type(layer).__name__, layer.output.shape[1:]) for layer in model.layers] == [
        ("C1", "Conv2D", (28, 28, 6)), ("S2", "Subsampling2D", (14, 14, 6)), ("C3", "TableConv2D", (10, 10, 16)),
        ("S4", "Subsampling2D", (5, 5, 16)), ("C5", "Conv2D", (1, 1, 120)), ("flatten", "Flatten", (120,)),
        ("F6", "Dense", (84,)), ("RBF", "RBF", (10,))]
    assert model.graph.inputs[0].sample_shape == (32, 32, 1)


def test_weights():
    model = LeNet5()
    assert [w.shape for w in model.get_weights()] == [
        (5, 5, 1, 6), (6,), (6,), (6,), (5, 5, 60), (16,), (16,), (16,), (5, 5, 16, 120), (120,), (120, 84), (84,),
        (10, 84)]
    assert sum(w.size for w in model.get_weights()[:-1]) == 60_000
    assert sum(w.size for w in model.get_layer("C3").get_weights()) == 1_516


def test_everything_but_the_output_squashes():
    assert {layer.name: layer.activation == scaled_tanh for layer in LeNet5().layers} == {
        "C1": True, "S2": True, "C3": True, "S4": True, "C5": True, "flatten": False, "F6": True, "RBF": False}


def test_table_i():
    """By the paper's own words: maps 0-5 see three neighbors, 6-11 four, 12-14 four that are not, 15 all six."""
    assert TABLE_I.shape == (6, 16)
    assert TABLE_I.sum() == 60
    seen = [set(np.flatnonzero(column).tolist()) for column in TABLE_I.T]
    assert seen[:6] == [{i % 6, (i + 1) % 6, (i + 2) % 6} for i in range(6)]
    assert seen[6:12] == [{(i + k) % 6 for k in range(4)} for i in range(6)]
    assert seen[12:15] == [{0, 1, 3, 4}, {1, 2, 4, 5}, {0, 2, 3, 5}]
    assert seen[15] == set(range(6))
    assert TABLE_I.sum(axis=1).tolist() == [10] * 6


def test_the_output_is_the_distance_to_the_codes(rng):
    model = LeNet5()
    named = model.activations(rng.random((3, 32, 32, 1)))
    codes = rbf_codes.prototypes("0123456789")
    np.testing.assert_array_equal(model.get_layer("RBF").get_weights()[0], codes)
    np.testing.assert_allclose(named["RBF"], np.square(named["F6"][:, None] - codes).sum(axis=-1), rtol=1e-5)
    np.testing.assert_array_equal(model.predict_classes(rng.random((3, 32, 32, 1))).shape, (3,))


def test_the_codes_are_fixed_and_all_else_is_trained(rng):
    model = LeNet5()
    model.compile(SGD(0.01), "penalty_map")
    before = model.get_weights()
    model.train_on_batch(rng.random((4, 32, 32, 1)), [0, 1, 2, 3])
    moved = [not np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True)]
    assert moved == [True] * 12 + [False]


def test_it_starts_within_the_rule_of_the_paper():
    """Uniform within 2.4 / fan-in, each map by its own number of inputs; biases and coefficients too."""
    set_random_seed(1)
    model = LeNet5()
    fans = {"C1": 25, "S2": 4, "S4": 4, "C5": 400, "F6": 120}
    for name, fan in fans.items():
        for weights in model.get_layer(name).get_weights():
            assert np.abs(weights).max() <= 2.4 / fan
        assert np.abs(model.get_layer(name).get_weights()[0]).max() > 0.3 * 2.4 / fan
    kernel, bias = model.get_layer("C3").get_weights()
    links = [output for output in range(16) for _ in range(TABLE_I[:, output].sum())]
    for place, output in enumerate(links):
        limit = 2.4 / (25 * TABLE_I[:, output].sum())
        assert 0.5 * limit < np.abs(kernel[..., place]).max() <= limit
        assert np.abs(bias[output]) <= limit


def test_another_initializer():
    model = LeNet5(Constant(0.25))
    assert all((w == 0.25).all() for w in model.get_weights()[:-1])
    assert LeNet5(FanInUniform(1.0, 0.5)).get_layer("C1").kernel_initializer.power == 0.5


def test_other_characters_bring_their_codes(rng):
    model = LeNet5(characters="AB7")
    np.testing.assert_array_equal(model.get_layer("RBF").get_weights()[0], rbf_codes.prototypes("AB7"))
    assert model.predict(rng.random((2, 32, 32, 1)), verbose=0).shape == (2, 3)
    assert sum(w.size for w in model.get_weights()[:-1]) == 60_000


@pytest.mark.parametrize(("characters", "message"), [
    ("ABA", "must be a text of different ones"), (["cat", "dog"], "must be a text of different ones"),
    ("", "no character was asked for"), ("aß", "no code is known"),
])
def test_characters_without_a_code_of_their_own(characters, message):
    with pytest.raises(MinicnnError, match=message):
        LeNet5(characters=characters)


def test_its_gradient(rng):
    model = LeNet5()
    assert gradient_check(model, rng.random((1, 32, 32, 1)), directions=2)


@pytest.mark.parametrize("loss", ["penalty_mle", "penalty_map"])
def test_a_few_steps_lower_the_loss(loss, rng):
    set_random_seed(2)
    model = LeNet5()
    model.compile(SGD(0.005), loss)
    x, y = rng.random((10, 32, 32, 1)), np.arange(10)
    history = model.fit(x, y, epochs=12, verbose=0).history["loss"]
    assert history[-1] < 0.9 * history[0]


# -- images --------------------------------------------------------------------------------------


def test_images_are_framed_and_scaled():
    images = np.zeros((2, 28, 28), np.uint8)
    images[0, 0, 0], images[1, 27, 27], images[1, 3, 4] = 255, 255, 51
    made = lenet5_images(images)
    assert (made.shape, made.dtype) == ((2, 32, 32, 1), np.float32)
    assert (BACKGROUND, FOREGROUND) == (-0.1, 1.175)
    assert made[0, 2, 2, 0] == made[1, 29, 29, 0] == np.float32(1.175)
    assert made[1, 5, 6, 0] == pytest.approx(-0.1 + 1.275 / 5)
    assert (made == np.float32(-0.1)).sum() == 2 * 32 * 32 - 3
    assert (made[:, [0, 1, 30, 31]] == np.float32(-0.1)).all()
    assert (made[:, :, [0, 1, 30, 31]] == np.float32(-0.1)).all()


def test_the_images_given_are_left_alone():
    images = np.zeros((1, 28, 28), np.uint8)
    images.flags.writeable = False
    lenet5_images(images)
