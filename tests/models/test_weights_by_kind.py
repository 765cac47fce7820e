"""``weights``, ``trainable_weights`` and ``non_trainable_weights`` of layers and models; ``kernel`` and ``bias``."""

import numpy as np

from minicnn import Input, Model, Sequential
from minicnn.layers import BatchNormalization, Conv2D, Dense, Flatten, TableConv2D


def network():
    return Sequential([Input((4, 4, 1)), Conv2D(2, 3, use_bias=False), BatchNormalization(), Flatten(), Dense(3)])


def shapes(weights):
    return [value.shape for value in weights]


def test_running_statistics_are_not_trainable():
    model = network()
    conv, norm, _, dense = model.layers
    assert shapes(norm.trainable_weights) == shapes(norm.non_trainable_weights) == [(2,), (2,)]
    assert shapes(model.weights) == [(3, 3, 1, 2), *[(2,)] * 4, (8, 3), (3,)]
    assert shapes(model.trainable_weights) == [(3, 3, 1, 2), *[(2,)] * 2, (8, 3), (3,)]
    assert shapes(model.non_trainable_weights) == [(2,), (2,)]
    assert model.trainable_weights[0] is conv.weights[0] is conv.kernel is conv.params["kernel"]
    assert model.non_trainable_weights[0] is norm.params["moving_mean"]
    assert (conv.bias, dense.bias is dense.weights[1]) == (None, True)


def test_frozen_layers_have_none_that_train():
    model = network()
    model.layers[0].trainable = False
    assert (len(model.trainable_weights), len(model.non_trainable_weights)) == (4, 3)
    model.trainable = False
    assert (model.trainable_weights, len(model.non_trainable_weights)) == ([], 7)


def test_a_frozen_model_inside_of_another():
    inner = network()
    x = Input((4, 4, 1))
    model = Model(x, Dense(2)(inner(x)))
    assert (len(model.trainable_weights), len(model.non_trainable_weights)) == (7, 2)
    inner.trainable = False
    assert (len(model.trainable_weights), len(model.non_trainable_weights)) == (2, 7)


def test_they_are_the_arrays_that_training_writes_into(rng):
    model = network()
    model.compile("sgd", "mse")
    kernel, before = model.layers[-1].kernel, model.layers[-1].kernel.copy()
    model.fit(rng.random((4, 4, 4, 1)), rng.random((4, 3)), verbose=0)
    assert model.layers[-1].kernel is kernel
    assert not np.array_equal(kernel, before)


def test_a_layer_with_kernels_by_table_has_them_too():
    layer = TableConv2D([[1, 0], [1, 1]], 3)
    layer.build((5, 5, 2))
    assert layer.kernel is layer.weights[0]
