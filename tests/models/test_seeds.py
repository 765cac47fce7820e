"""The same seed gives the same bits: weights, shuffling, dropout."""

import numpy as np
import pytest

from minicnn import Input, Sequential, set_random_seed
from minicnn.initializers import GlorotUniform
from minicnn.layers import Conv2D, Dense, Dropout, Flatten
from minicnn.optimizers import SGD


def trained(seed, data, dropout=0.0, **options):
    set_random_seed(seed)
    model = Sequential([Input((8, 8, 1)), Conv2D(3, 3, activation="relu"), Flatten(), Dropout(dropout),
                        Dense(3, "softmax")])
    model.compile(SGD(0.01, momentum=0.9), "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(*data, epochs=3, batch_size=6, verbose=0, **options)
    return model, history.history


def same(one, other):
    return all(map(np.array_equal, one[0].get_weights(), other[0].get_weights())) and one[1] == other[1]


@pytest.mark.parametrize("dropout", [0.0, 0.5])
@pytest.mark.parametrize("options", [{}, {"validation_split": 0.3}, {"shuffle": False}])
def test_the_same_seed_gives_the_same_bits(data, dropout, options):
    first = trained(7, data, dropout, **options)
    assert same(first, trained(7, data, dropout, **options))
    assert not same(first, trained(8, data, dropout, **options))


def test_each_layer_and_each_model_draws_its_own():
    set_random_seed(1)
    one, other = Dense(4), Dense(4)
    for layer in (one, other):
        layer.build((5,))
    assert not np.array_equal(one.get_weights()[0], other.get_weights()[0])


def test_weights_do_not_depend_on_when_they_are_looked_at():
    def weights(looking):
        set_random_seed(3)
        model = Sequential([Input((6,))])
        for units in (5, 4, 3):
            model.add(Dense(units))
            if looking:
                model.get_weights()
        return model.get_weights()

    assert all(map(np.array_equal, weights(looking=True), weights(looking=False)))


def test_predicting_draws_no_random_numbers(data):
    quiet = trained(7, data, 0.5)
    set_random_seed(7)
    model = Sequential([Input((8, 8, 1)), Conv2D(3, 3, activation="relu"), Flatten(), Dropout(0.5),
                        Dense(3, "softmax")])
    model.compile(SGD(0.01, momentum=0.9), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.predict(data[0], verbose=0)
    model.activations(data[0])
    model.input_gradient(data[0], 1)
    model.evaluate(*data, verbose=0)
    model.summary(print_fn=str)
    assert same(quiet, (model, model.fit(*data, epochs=3, batch_size=6, verbose=0).history))


def test_an_initializer_with_a_seed_is_repeatable_by_itself():
    layers = [Dense(4, kernel_initializer=GlorotUniform(seed=2)) for _ in range(2)]
    for layer in layers:
        layer.build((5,))
    np.testing.assert_array_equal(layers[0].get_weights()[0], layers[1].get_weights()[0])
