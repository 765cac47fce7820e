"""Files that Keras wrote, stored: they load without Keras and predict what Keras predicted."""

import numpy as np
import pytest
from keras_weight_models import FOLDER, MODELS, deviation, filled, go_on, inputs, learner, minicnn_library, outputs

from minicnn.optimizers import Adam

pytest.importorskip("h5py")


@pytest.fixture(scope="module")
def expected():
    """What Keras predicted with each file."""
    with np.load(FOLDER / "expected.npz") as stored:
        return dict(stored)


@pytest.mark.parametrize("ending", [".weights.h5", ".h5"])
@pytest.mark.parametrize("build", MODELS)
def test_files_of_keras_predict_the_same(build, ending, expected):
    name = build.__name__
    model = filled(build(minicnn_library()), "other numbers")
    there = [expected[f"{name}/{place}"] for place in range(len(model.outputs))]
    assert deviation(outputs(model, inputs(model)), there) > 1e-3
    model.load_weights(FOLDER / f"{name}{ending}")
    assert deviation(outputs(model, inputs(model)), there) < 1e-5


def test_training_goes_on_as_in_keras(expected):
    model = filled(learner(minicnn_library()), "other numbers")
    model.compile(Adam(0.5), "mse")
    go_on(model, 9, 1)
    model.load_weights(FOLDER / "learner.weights.h5")
    assert model.optimizer.iterations == 3
    assert model.optimizer.learning_rate == np.float32(0.01)
    go_on(model, 4, 3)
    assert deviation(outputs(model, inputs(model)), [expected["learner/0"]]) < 1e-5


def test_an_optimizer_that_has_not_moved_stays_as_it_was_compiled():
    # As in Keras: whoever compiles anew says the learning rate anew.
    model = filled(learner(minicnn_library()), "other numbers")
    model.compile(Adam(0.5), "mse")
    model.load_weights(FOLDER / "learner.weights.h5")
    assert model.optimizer.iterations == 0
    assert model.optimizer.learning_rate == 0.5
    assert not model.optimizer.slots


def test_an_optimizer_of_another_kind_is_left_alone_with_a_warning():
    model = filled(learner(minicnn_library()), "other numbers")
    model.compile("sgd", "mse")
    go_on(model, 9, 1)
    with pytest.warns(UserWarning, match="the optimizer 'sgd': the file does not fit.*The optimizer was left as it"):
        model.load_weights(FOLDER / "learner.weights.h5")
    assert model.optimizer.iterations == 1
    other = filled(learner(minicnn_library()), "third numbers")
    other.load_weights(FOLDER / "learner.weights.h5")
    assert all(map(np.array_equal, model.get_weights(), other.get_weights()))
