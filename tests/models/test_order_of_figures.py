"""In which order `evaluate` and `train_on_batch` give figures back as a list: Keras's."""

import numpy as np
import pytest

from minicnn import Input, Model
from minicnn.layers import Dense

X = np.ones((4, 3), np.float32)


def two_outputs():
    x = Input((3,))
    return Model(x, [Dense(2, name="sum")(x), Dense(1, name="larger")(x)])


def test_one_output_the_metrics_as_compiled(make, data):
    x, y = data
    model = make()
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["top_k_categorical_accuracy", "accuracy"])
    logs, values = model.evaluate(x, y, verbose=0, return_dict=True), model.evaluate(x, y, verbose=0)
    assert values == [logs["loss"], logs["top_k_categorical_accuracy"], logs["accuracy"]]
    assert logs["accuracy"] < logs["top_k_categorical_accuracy"] == 1
    assert model.train_on_batch(x, y) == pytest.approx(values)


def test_several_outputs_their_losses_in_order_then_metrics_by_name():
    model = two_outputs()
    model.compile("sgd", ["mse", "mse"], metrics=[["mse", "mae"], ["mse", "mae"]])
    y = [np.ones((4, 2)), np.zeros((4, 1))]
    logs, values = model.evaluate(X, y, verbose=0, return_dict=True), model.evaluate(X, y, verbose=0)
    names = ["loss", "sum_loss", "larger_loss", "larger_mae", "larger_mse", "sum_mae", "sum_mse"]
    assert values == [logs[name] for name in names]
    assert sorted(logs) == sorted(names)


@pytest.mark.parametrize("metrics", [{"larger": "mae"}, {"larger": ["mae"]}, [None, "mae"], [[], ["mae"]]])
def test_metrics_of_one_output_among_several(metrics):
    model = two_outputs()
    model.compile("sgd", ["mse", "mse"], metrics=metrics)
    logs = model.evaluate(X, [np.ones((4, 2)), np.zeros((4, 1))], verbose=0, return_dict=True)
    assert sorted(logs) == ["larger_loss", "larger_mae", "loss", "sum_loss"]


def test_the_only_loss_of_several_outputs_is_the_loss():
    model = two_outputs()
    model.compile("sgd", {"sum": "mse", "larger": None}, metrics={"larger": "mae"})
    logs = model.evaluate(X, {"sum": np.ones((4, 2)), "larger": np.ones((4, 1))}, verbose=0, return_dict=True)
    assert sorted(logs) == ["larger_mae", "loss"]
