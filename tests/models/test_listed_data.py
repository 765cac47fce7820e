"""Data in a list of one, as Keras takes them for a model of one input and one output."""

import numpy as np
import pytest

from minicnn import Input, MinicnnError, Model, Sequential
from minicnn.layers import Dense, Flatten


@pytest.mark.parametrize("listed", [lambda a: [a], lambda a: (a,)])
def test_a_list_of_one_array_is_that_array(compiled, data, listed):
    x, y = data
    weight = np.linspace(0, 1, len(x))
    model, twin = compiled(), compiled()
    twin.set_weights(model.get_weights())
    twin.rng = np.random.default_rng(1)
    model.rng = np.random.default_rng(1)
    plain = model.fit(x, y, sample_weight=weight, validation_data=(x, y), verbose=0)
    wrapped = twin.fit(listed(x), listed(y), sample_weight=listed(weight), validation_data=(listed(x), listed(y)),
                       verbose=0)
    assert wrapped.history == plain.history
    assert twin.evaluate(listed(x), listed(y), verbose=0) == model.evaluate(x, y, verbose=0)
    assert twin.train_on_batch(listed(x), listed(y)) == model.train_on_batch(x, y)
    assert twin.fit(listed(x), listed(y), validation_split=0.5, verbose=0).history == model.fit(
        x, y, validation_split=0.5, verbose=0).history
    np.testing.assert_array_equal(twin.predict(listed(x), verbose=0), model.predict(x, verbose=0))
    np.testing.assert_array_equal(twin.activations(listed(x))[twin.layers[0].name],
                                  model.activations(x)[model.layers[0].name])


def test_it_gives_a_model_its_input_shape(rng):
    model, x = Sequential([Flatten(), Dense(3)]), rng.random((5, 4, 2))
    assert model.predict([x], verbose=0).shape == (5, 3)
    assert model.input_shape == (None, 4, 2)


def test_a_list_of_rows_stays_one(rng):
    model, rows = Sequential([Input((4, 2)), Flatten(), Dense(3, "softmax")]), rng.random((2, 4, 2))
    one, two = (model.predict(list(rows[:n]), verbose=0) for n in (1, 2))
    assert (one.shape, two.shape) == ((1, 3), (2, 3))
    np.testing.assert_allclose(one, two[:1], rtol=1e-6)
    model.compile("sgd", "categorical_crossentropy")
    target = np.eye(3)[1]
    assert model.evaluate(list(rows[:1]), [target], verbose=0) == pytest.approx(-np.log(one[0, 1]), rel=1e-5)


def test_what_does_not_fit_is_refused_all_the_same(rng):
    model = Sequential([Input((4,)), Dense(3)], name="net")
    model.compile("sgd", "mse")
    with pytest.raises(MinicnnError, match=r"do not fit the model's input. Expected shape \(N, 4\), received shape "
                                           r"\(2, 5\)"):
        model.predict([rng.random((2, 5))])
    with pytest.raises(MinicnnError, match=r"x and y are not of one length. Expected 2 targets, received shape \(1, 3"):
        model.fit([rng.random((2, 4))], [rng.random((3, 3))])
    x, z = Input((4,)), Input((2,))
    with pytest.raises(MinicnnError, match=r"the model has 2 inputs. Expected a list of 2"):
        Model([x, z], Dense(2)(x)).predict([rng.random((3, 4))])
