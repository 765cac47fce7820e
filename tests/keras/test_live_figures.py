"""The figures that `evaluate` gives back, their names and their order, against Keras; losses as functions."""

import numpy as np
import pytest

import minicnn
from minicnn import losses
from minicnn.losses.functions import FUNCTIONS

X = np.arange(12, dtype=np.float32).reshape(4, 3) / 7
Y = [np.ones((4, 2), np.float32), np.zeros((4, 1), np.float32)]


def two_outputs(engine):
    x = engine.Input((3,), name="x")
    outputs = [engine.layers.Dense(2, "tanh", kernel_initializer="ones", name="sum")(x),
               engine.layers.Dense(1, "sigmoid", kernel_initializer="ones", name="larger")(x)]
    return engine.Model(x, outputs)


def one_output(engine):
    return engine.Sequential([engine.Input((3,)), engine.layers.Dense(2, "tanh", kernel_initializer="ones")])


def numbers(figures):
    """A figure or a list of them as a list of floats; Keras may give tensors."""
    return [float(figure) for figure in figures] if isinstance(figures, list) else [float(figures)]


@pytest.mark.parametrize("arguments", [
    {"loss": ["mse", "mae"]}, {"loss": ["mse", None], "metrics": [["mae", "mse"], None]},
    {"loss": ["mse", "mse"], "loss_weights": [1, 0.25], "metrics": [["mse", "mae"], ["mse", "accuracy"]]},
    {"loss": {"larger": "binary_crossentropy", "sum": "mse"}, "metrics": {"larger": "accuracy"}},
    {"loss": "mse", "metrics": [["mae"], ["mae"]]}])
def test_several_outputs(keras, arguments):
    figures = []
    for engine in (minicnn, keras):
        model = two_outputs(engine)
        model.compile("sgd", **arguments)
        logs = model.evaluate(X, Y, verbose=0, return_dict=True)
        figures.append((numbers(model.evaluate(X, Y, verbose=0)), {name: float(logs[name]) for name in logs}))
    (ours, our_logs), (theirs, their_logs) = figures
    assert our_logs == pytest.approx(their_logs, rel=1e-5)
    assert ours == pytest.approx(theirs, rel=1e-5)


@pytest.mark.parametrize("metrics", [None, ["mse", "accuracy", "mae"], ["mae", "mse"]])
def test_one_output(keras, metrics):
    figures = []
    for engine in (minicnn, keras):
        model = one_output(engine)
        model.compile("sgd", "mae", metrics=metrics)
        figures.append(numbers(model.evaluate(X, Y[0], verbose=0)))
        figures.append(numbers(model.train_on_batch(X, Y[0])))
    assert figures[0] == pytest.approx(figures[2], rel=1e-5)
    assert figures[1] == pytest.approx(figures[3], rel=1e-5)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_losses_as_functions(keras, function):
    y = np.array([[0.2, 0.7, 0.1], [0.6, 0.3, 0.1]], np.float32)
    t = np.array([1, 0]) if "sparse" in function.__name__ else np.eye(3, dtype=np.float32)[[1, 0]]
    theirs = getattr(keras.losses, function.__name__)(t, y).tolist()
    np.testing.assert_allclose(function(t, y), theirs, rtol=1e-6)
    assert losses.get(function).name == function.__name__
