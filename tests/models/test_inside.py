"""Looking inside: activations against the arithmetic by hand, input gradients against differences."""

import numpy as np
import pytest

from minicnn import Input, Sequential
from minicnn.applications import LeNet5
from minicnn.layers import Activation, Conv2D, Dense, Flatten


def by_hand_conv(x, kernel, bias):
    kh, kw = kernel.shape[:2]
    y = np.zeros((len(x), x.shape[1] - kh + 1, x.shape[2] - kw + 1, kernel.shape[3]))
    for i in range(y.shape[1]):
        for j in range(y.shape[2]):
            y[:, i, j] = np.einsum("npqc,pqcf->nf", x[:, i:i + kh, j:j + kw], kernel) + bias
    return y


def windows(x):
    """(N, oh, ow, C, 4): the cells of each 2x2 window."""
    n, h, w, c = x.shape
    return x.reshape(n, h // 2, 2, w // 2, 2, c).transpose(0, 1, 3, 5, 2, 4).reshape(n, h // 2, w // 2, c, 4)


def scaled_tanh(x):
    return 1.7159 * np.tanh(2 / 3 * x)


def same(named, expected):
    assert list(named) == list(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(named[name], value, rtol=1e-10, atol=1e-12, err_msg=name)


def test_activations_of_scores(make, data):
    model, x = make(dtype="float64", dropout=0.5), data[0].astype(float)
    (conv, cb), (kernel, bias) = model.get_layer("conv").get_weights(), model.get_layer("dense").get_weights()
    named = model.activations(x)
    pre = by_hand_conv(x, conv, cb)
    pool = windows(np.maximum(pre, 0)).max(axis=-1)
    logits = pool.reshape(20, -1) @ kernel + bias
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    same(named, {model.graph.inputs[0].owner.name: x, "conv/pre": pre, "conv": np.maximum(pre, 0), "pool": pool,
                 "flat": pool.reshape(20, -1), "drop": pool.reshape(20, -1), "dense/pre": logits,
                 "dense": e / e.sum(axis=1, keepdims=True)})


def test_activations_of_penalties(penalties, data):
    model, x = penalties("float64"), data[0].astype(float)
    named = model.activations(x)
    conv, cb = model.get_layer("conv").get_weights()
    coefficient, sb = model.get_layer("sub").get_weights()
    kernel, bias = model.get_layer("dense").get_weights()
    (centers,) = model.get_layer("rbf").get_weights()
    pre = by_hand_conv(x, conv, cb)
    sums = windows(scaled_tanh(pre)).sum(axis=-1) * coefficient + sb
    flat = scaled_tanh(sums).reshape(20, -1)
    dense = flat @ kernel + bias
    same(named, {model.graph.inputs[0].owner.name: x, "conv/pre": pre, "conv": scaled_tanh(pre), "sub/pre": sums,
                 "sub": scaled_tanh(sums), "flat": flat, "dense/pre": dense, "dense": scaled_tanh(dense),
                 "rbf": np.square(scaled_tanh(dense)[:, None] - centers).sum(axis=-1)})


def test_the_last_activation_is_the_prediction(make, penalties, data):
    for model, name in ((make(), "dense"), (penalties(), "rbf")):
        np.testing.assert_allclose(model.activations(data[0])[name], model.predict(data[0], verbose=0), rtol=1e-5)


def test_an_activation_layer_has_a_name_of_its_own(rng):
    model = Sequential([Input((3,)), Dense(2, name="dense"), Activation("tanh", name="squash")])
    named = model.activations(rng.random((4, 3)))
    assert list(named)[1:] == ["dense", "squash"]  # a dense layer without activation has no value before it
    np.testing.assert_allclose(np.tanh(named["dense"]), named["squash"], rtol=1e-6)


def test_activations_of_lenet5(rng):
    named = LeNet5().activations(rng.random((2, 32, 32, 1)))
    assert {name: value.shape[1:] for name, value in list(named.items())[1:]} == {
        "C1/pre": (28, 28, 6), "C1": (28, 28, 6), "S2/pre": (14, 14, 6), "S2": (14, 14, 6), "C3/pre": (10, 10, 16),
        "C3": (10, 10, 16), "S4/pre": (5, 5, 16), "S4": (5, 5, 16), "C5/pre": (1, 1, 120), "C5": (1, 1, 120),
        "flatten": (120,), "F6/pre": (84,), "F6": (84,), "RBF": (10,)}


# -- input gradients -----------------------------------------------------------------------------


def slope(f, x, direction, step=1e-6):
    return (f(x + step * direction) - f(x - step * direction)) / (2 * step)


@pytest.fixture(params=["make", "penalties", "linear"])
def model(request):
    if request.param == "linear":
        return Sequential([Input((8, 8, 1), dtype="float64"), Conv2D(2, 3, dtype="float64"), Flatten(),
                           Dense(3, dtype="float64")])
    return request.getfixturevalue(request.param)("float64")


def test_the_gradient_for_given_signals(model, data, rng):
    x, dy = data[0][:4].astype(float), rng.standard_normal((4, 3))
    dx = model.input_gradient(x, dy)
    assert dx.shape == x.shape
    assert dx.dtype == np.float64
    for _ in range(5):
        direction = rng.standard_normal(x.shape)
        numeric = slope(lambda z: (model.predict(z, verbose=0) * dy).sum(), x, direction)
        assert (dx * direction).sum() == pytest.approx(numeric, rel=1e-6)


@pytest.mark.parametrize("label", [0, 1, np.int64(2)])
def test_the_gradient_of_a_class_score(model, data, rng, label):
    """Of a score itself; of minus a penalty: what makes the class more likely is up, in both."""
    x = data[0][:4].astype(float)
    sign = -1 if type(model.layers[-1]).__name__ == "RBF" else 1
    dx = model.input_gradient(x, label)
    for row in range(4):
        direction = rng.standard_normal(x[0].shape)
        numeric = slope(lambda z: sign * model.predict(z[None], verbose=0)[0, label], x[row], direction)
        assert (dx[row] * direction).sum() == pytest.approx(numeric, rel=1e-6)


def test_every_pixel(make):
    rng = np.random.default_rng(3)
    model, x = make(dtype="float64", output="tanh"), rng.random((1, 8, 8, 1))
    dx = model.input_gradient(x, 1)
    for i in range(8):
        for j in range(8):
            pixel = np.zeros(x.shape)
            pixel[0, i, j] = 1
            numeric = slope(lambda z: model.predict(z, verbose=0)[0, 1], x, pixel)
            assert dx[0, i, j, 0] == pytest.approx(numeric, rel=1e-5, abs=1e-9)


def test_a_class_is_a_signal_of_ones(make, penalties, data):
    for model, one in ((make(), 1.0), (penalties(), -1.0)):
        dy = np.zeros((20, 3))
        dy[:, 2] = one
        np.testing.assert_array_equal(model.input_gradient(data[0], 2), model.input_gradient(data[0], dy))


def test_gradients_of_a_sum_are_the_sum_of_gradients(make, data):
    model, x = make(dtype="float64", output="linear"), data[0]
    total = model.input_gradient(x, np.ones((20, 3)))
    np.testing.assert_allclose(total, sum(model.input_gradient(x, label) for label in range(3)), atol=1e-12)


def test_rows_do_not_meet(make, data):
    """The gradient of each image is its own, whatever else is in the batch; dropout is off."""
    model, x = make(dtype="float64", dropout=0.5), data[0]
    alone = np.concatenate([model.input_gradient(x[i:i + 1], 0) for i in range(20)])
    np.testing.assert_allclose(model.input_gradient(x, 0), alone, rtol=1e-10, atol=1e-14)


def test_looking_changes_nothing(make, data):
    x = data[0]
    x.flags.writeable = False
    model = make()
    before, first = model.get_weights(), model.input_gradient(x, 0)
    model.activations(x)
    np.testing.assert_array_equal(model.input_gradient(x, 0), first)
    assert all(map(np.array_equal, before, model.get_weights()))
    assert first.dtype == np.float32
