"""The gradient of the loss by the parameters: what a training step would hand to the optimizer, and nothing moves."""

import numpy as np
import pytest

import minicnn
from minicnn import MinicnnError, layers
from minicnn.models import Input, Model, Sequential
from minicnn.optimizers import SGD
from minicnn.regularizers import L2

RNG = np.random.default_rng(4)
X, Y, WEIGHT = RNG.standard_normal((6, 5, 5, 2)), RNG.integers(0, 3, 6), RNG.random(6)


def network(*more, dtype="float64"):
    minicnn.set_random_seed(1)
    model = Sequential([
        Input((5, 5, 2)), layers.Conv2D(3, 3, activation="relu", name="conv", kernel_regularizer=L2(0.1)),
        layers.BatchNormalization(name="norm"), *more, layers.Flatten(), layers.Dense(3, "softmax", name="out")])
    model.compile(SGD(1.0), "sparse_categorical_crossentropy")
    model.cast(dtype)
    return model


def test_it_is_what_a_step_of_plain_gradient_descent_moves_by():
    model = network()
    gradients = model.loss_gradients(X, Y, WEIGHT)
    before = {name: value.copy() for name, value in model.params.items()}
    model.train_on_batch(X, Y, WEIGHT)
    assert list(gradients) == ["conv/kernel", "conv/bias", "norm/gamma", "norm/beta", "out/kernel", "out/bias"]
    for name, gradient in gradients.items():
        np.testing.assert_allclose(before[name] - model.params[name], gradient, rtol=1e-12, atol=1e-15)


def test_it_is_the_slope_of_the_loss():
    model = network()
    # Without dropout and behind the batch normalization, the loss in training is that of `evaluate` in all but the
    # statistics; so the slope is taken by the last layer, on what a training step reports.
    gradient = model.loss_gradients(X, Y)["out/kernel"]
    direction, kernel = RNG.standard_normal(gradient.shape), model.get_layer("out").params["kernel"]

    def loss(step):
        twin = network()
        twin.get_layer("out").params["kernel"][...] = kernel + step * direction
        return twin.train_on_batch(X, Y)

    assert (loss(1e-6) - loss(-1e-6)) / 2e-6 == pytest.approx((gradient * direction).sum(), rel=1e-6)


def test_nothing_is_moved_and_no_random_number_of_the_training_is_taken():
    model = network(layers.Dropout(0.5))
    before, state = [w.copy() for w in model.get_weights()], model.rng.bit_generator.state
    first = model.loss_gradients(X, Y)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)  # running statistics are among them
    assert (model.rng.bit_generator.state, model.optimizer.iterations) == (state, 0)
    again, other = model.loss_gradients(X, Y), model.loss_gradients(X, Y, seed=1)
    np.testing.assert_array_equal(first["out/kernel"], again["out/kernel"])
    assert (first["out/kernel"] != other["out/kernel"]).any()


def test_layers_that_do_not_learn_are_left_out():
    model = network()
    model.get_layer("conv").trainable = False
    assert list(model.loss_gradients(X, Y)) == ["norm/gamma", "norm/beta", "out/kernel", "out/bias"]
    model.trainable = False
    assert model.loss_gradients(X, Y) == {}


def test_several_outputs():
    x = Input((4,))
    one, two = layers.Dense(2, name="one")(x), layers.Dense(3, name="two")(x)
    model = Model(x, [one, two])
    model.compile("sgd", ["mse", None])
    assert list(model.loss_gradients(np.ones((2, 4)), [np.ones((2, 2)), np.ones((2, 3))])) == ["one/kernel", "one/bias"]


def test_wrong_use():
    model = network()
    with pytest.raises(MinicnnError, match="loss_gradients: x and y are not of one length"):
        model.loss_gradients(X, Y[:2])
    model.compiled = None
    with pytest.raises(MinicnnError, match=r"loss_gradients: the model is not compiled"):
        model.loss_gradients(X, Y)
