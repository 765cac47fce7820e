"""A loss that is no number stops training at once, and the error names the layer it comes from.

Warnings are errors here: nothing but the clear error may come.
"""

import numpy as np
import pytest

from minicnn import Input, Sequential
from minicnn.layers import Conv2D, Dense, Flatten
from minicnn.optimizers import SGD
from minicnn.utils import to_categorical

RUNS = {
    "fit, epoch 1, step 1": lambda model, x, y: model.fit(x, y, verbose=0),
    "fit, validation of epoch 1": lambda model, x, y: model.fit(x, y, verbose=0, validation_data=(x, y)),
    "evaluate": lambda model, x, y: model.evaluate(x, y, verbose=0),
    "train_on_batch": lambda model, x, y: model.train_on_batch(x, y),
}


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize(("layer", "parameter", "place"), [
    ("conv", "kernel", (1, 1, 0, 2)), ("conv", "bias", 0), ("dense", "kernel", (3, 1)), ("dense", "bias", 2)])
def test_a_weight_that_is_not_finite_is_named(compiled, refuses, data, layer, parameter, place, bad):
    model = compiled("sgd", "mse", output="linear")
    model.get_layer(layer).params[parameter][place] = bad
    kind = type(model.get_layer(layer)).__name__
    # At a ReLU minus infinity becomes 0, and all goes on: only what reaches the loss stops the training.
    if layer == "conv" and bad == -np.inf:
        assert np.isfinite(model.evaluate(data[0], to_categorical(data[1]), verbose=0)).all()
    else:
        refuses(lambda: model.fit(data[0], to_categorical(data[1]), verbose=0), "fit, epoch 1, step 1: the loss is not "
                f"finite: the {parameter} of {kind} '{layer}' holds NaN or infinity. Lower the learning rate")


@pytest.mark.parametrize("run", RUNS)
def test_the_place_is_named(compiled, refuses, data, run):
    model = compiled("sgd", "mse", output="linear")
    broken = SGD(1e38) if "validation" in run else SGD()
    model.compile(broken, "mse")
    if "validation" not in run:
        model.get_layer("dense").params["bias"][1] = np.nan
    refuses(lambda: RUNS[run](model, data[0], to_categorical(data[1])), f"{run}: the loss is not finite")


def test_a_huge_learning_rate(compiled, refuses, data):
    model = compiled(SGD(1e30), "mse", output="linear")
    refuses(lambda: model.fit(data[0], to_categorical(data[1]), epochs=5, batch_size=10, verbose=0),
            "fit, epoch 1, step 2: the loss is not finite: the first value that is not finite is the output 'dense' of "
            "Dense 'dense'. Lower the learning rate, or look at the scale of the data")


def test_a_huge_learning_rate_under_a_softmax(refuses, rng):
    model = Sequential([Input((8,)), Dense(5, "relu", name="hidden"), Dense(3, "softmax", name="last")])
    model.compile(SGD(1e38), "sparse_categorical_crossentropy")
    refuses(lambda: model.fit(rng.random((20, 8)), np.arange(20) % 3, epochs=9, batch_size=4, verbose=0),
            "fit, epoch 1, step ... the loss is not finite: ... 'last")


def test_the_first_value_that_overflows_is_named(refuses):
    model = Sequential([Input((4, 4, 1)), Conv2D(1, 3, kernel_initializer="ones", name="first"),
                        Conv2D(1, 2, kernel_initializer="ones", activation="relu", name="second"), Flatten(), Dense(1)])
    model.compile("sgd", "mse")
    x = np.full((2, 4, 4, 1), 3e37, np.float32)  # 9 of them are still a float32, 36 are not
    refuses(lambda: model.fit(x, np.zeros((2, 1)), verbose=0),
            "the first value that is not finite is the output 'second/pre' of Conv2D 'second'")


def test_a_loss_that_overflows_alone_names_the_largest_output(refuses):
    model = Sequential([Input((1,)), Dense(1, kernel_initializer="ones", name="small"),
                        Dense(1, kernel_initializer="ones", name="last")])
    model.get_layer("last").params["kernel"][:] = 1e20
    model.compile("sgd", "mse")
    refuses(lambda: model.evaluate(np.ones((2, 1)), np.zeros((2, 1)), verbose=0), "evaluate: the loss is not finite, "
            "though every output is; the largest number is in the output 'last' of Dense 'last'. Received 1e+20")


def test_the_step_before_the_loss_broke_is_kept(compiled, refuses, data):
    """Nothing is rolled back: the weights are those that made the loss infinite, to be looked at."""
    model = compiled(SGD(1e30), "mse", output="linear")
    refuses(lambda: model.fit(data[0], to_categorical(data[1]), batch_size=10, verbose=0), "step 2")
    assert model.compiled.optimizer.iterations == 1
    assert np.abs(model.get_weights()[0]).max() > 1e20
