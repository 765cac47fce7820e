"""Weights: reading, writing all or nothing, copies in another type, frozen layers."""

import numpy as np
import pytest

from minicnn import Input, Sequential
from minicnn.layers import Conv2D, Dense, Dropout, Flatten, parameters
from minicnn.models import load_model
from minicnn.optimizers import SGD


def test_get_and_set_weights(make, data):
    one, other = make(), make()
    x = data[0]
    before = other.predict(x, verbose=0)
    other.set_weights(one.get_weights())
    np.testing.assert_array_equal(one.predict(x, verbose=0), other.predict(x, verbose=0))
    assert not np.array_equal(before, one.predict(x, verbose=0))
    for array in one.get_weights():
        array[:] = np.nan  # copies: the model does not change
    assert np.isfinite(one.predict(x, verbose=0)).all()


def test_weights_may_be_lists_of_any_number_type(make):
    model = make()
    shapes = [w.shape for w in model.get_weights()]
    model.set_weights([np.ones(shape, int).tolist() for shape in shapes])
    assert all((w == 1).all() and w.dtype == np.float32 for w in model.get_weights())


@pytest.mark.parametrize(("change", "told"), [
    (lambda w: w[:-1], "the number of weight arrays does not fit. Expected 4, received 3"),
    (lambda w: [], "the number of weight arrays does not fit. Expected 4, received 0"),
    (lambda w: [*w[:3], np.zeros(4)], "weights of the wrong shape: dense/bias: expected (3,), received (4,)."),
    (lambda w: [a.T for a in w], "weights of the wrong shape: conv/kernel: ... (3, 1, 3, 3); dense/kernel: exp"),
    (lambda w: [*w[:3], ["a", "b", "c"]], "weights for dense/bias: this is not an array of numbers"),
    (lambda w: [*w[:3], [[1], [1, 2]]], "weights for dense/bias: this is not an array. Expected rows of equal length"),
    (lambda w: None, "weights must be a list of arrays. Received NoneType"), (lambda w: 5, "weights must be a list"),
    (lambda w: dict(enumerate(w)), "weights must be a list of arrays. Received dict")])
def test_set_weights_is_all_or_nothing(make, refuses, change, told):
    model = make()
    before = model.get_weights()
    refuses(lambda: model.set_weights(change([w + 1 for w in before])), f"Sequential 'net': {told}")
    assert all(map(np.array_equal, before, model.get_weights()))


@pytest.mark.parametrize("ending", ["npz", "keras", "h5"])
def test_a_file_is_read_without_drawing_weights_first(make, data, tmp_path, monkeypatch, ending):
    model, path = make(), tmp_path / f"net.{ending}"
    model.save(path)
    monkeypatch.setattr(parameters, "initializers", None)  # nobody can draw without them
    np.testing.assert_array_equal(load_model(path).predict(data[0], verbose=0), model.predict(data[0], verbose=0))


def test_set_weights_of_a_layer(make, refuses):
    layer = make().get_layer("dense")
    kernel, bias = layer.get_weights()
    refuses(lambda: layer.set_weights([kernel + 1, bias[:2]]),
            "Dense 'dense': weights of the wrong shape: bias: expected (3,), received (2,)")
    assert np.array_equal(layer.get_weights()[0], kernel)
    layer.set_weights([kernel + 1, bias])
    assert np.array_equal(layer.get_weights()[0], kernel + 1)


def test_astype_makes_a_copy(compiled, data):
    x, y = data
    model = compiled("sgd")
    twin = model.astype("float64")
    assert {w.dtype for w in twin.get_weights()} == {np.dtype("float64")}
    assert {w.dtype for w in model.get_weights()} == {np.dtype("float32")}
    assert all(map(np.array_equal, model.get_weights(), twin.get_weights()))  # float32 numbers are float64 numbers
    assert twin.predict(x, verbose=0).dtype == np.float64
    np.testing.assert_allclose(model.predict(x, verbose=0), twin.predict(x, verbose=0), rtol=1e-5, atol=1e-6)
    before = model.get_weights()
    twin.fit(x, y, epochs=2, verbose=0)
    assert all(map(np.array_equal, before, model.get_weights()))  # not shared


def test_a_copy_with_momentum_keeps_its_type(data):
    model = Sequential([Input((8, 8, 1)), Flatten(), Dense(3, "softmax")])
    model.compile(SGD(0.1, momentum=0.9), "sparse_categorical_crossentropy")
    model.fit(*data, verbose=0)
    twin = model.astype("float64")
    twin.fit(*data, verbose=0)
    assert {m.dtype for m in twin.compiled.optimizer.slots["momentum"].values()} == {np.dtype("float64")}
    assert {m.dtype for m in model.compiled.optimizer.slots["momentum"].values()} == {np.dtype("float32")}


def test_frozen_layers_do_not_move_but_count(data):
    model = Sequential([Input((8, 8, 1)), Conv2D(2, 3, name="conv", trainable=False), Flatten(), Dropout(0.1),
                        Dense(3, "softmax", name="dense")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    before = model.get_weights()
    model.fit(*data, verbose=0)
    assert list(map(np.array_equal, before, model.get_weights())) == [True, True, False, False]
    assert model.count_params() == 20 + 3 * 73
