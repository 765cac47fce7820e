"""Weights files that go between Keras and minicnn, live: the same predictions, and training that goes on the same."""

import numpy as np
import pytest
from keras_weight_models import (
    MODELS,
    deviation,
    filled,
    go_on,
    inputs,
    learner,
    minicnn_library,
    outputs,
    random_model,
)

from minicnn import layers, optimizers
from minicnn.layers.naming import snake_case
from minicnn.models.keras import optimizer_state

pytest.importorskip("h5py")

# Keras on torch asks for arrays in a way that NumPy 2 calls old.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn.t accept a copy:DeprecationWarning")

BUILDERS = {**{build.__name__: build for build in MODELS},
            **{f"random {seed}": (lambda lib, seed=seed: random_model(lib, seed)) for seed in range(25)}}


def pair(keras, name):
    """Keras's model and ours, with different weights."""
    theirs, ours = filled(BUILDERS[name](keras), name), filled(BUILDERS[name](minicnn_library()), f"{name} here")
    assert theirs.count_params() == ours.count_params()
    return theirs, ours


@pytest.mark.parametrize("name", BUILDERS)
def test_keras_writes_and_minicnn_reads(keras, name, tmp_path):
    theirs, ours = pair(keras, name)
    x, start = inputs(ours), ours.get_weights()
    expected = outputs(theirs, x)
    assert deviation(outputs(ours, x), expected) > 1e-3
    theirs.save_weights(tmp_path / "t.weights.h5")
    theirs.save(tmp_path / "t.keras")
    theirs.save(tmp_path / "t.h5")
    for file in ("t.weights.h5", "t.keras", "t.h5"):
        ours.set_weights(start)
        ours.load_weights(tmp_path / file)
        assert deviation(outputs(ours, x), expected) < 1e-5, file


@pytest.mark.parametrize("name", BUILDERS)
def test_minicnn_writes_and_keras_reads(keras, name, tmp_path):
    theirs, ours = pair(keras, name)
    x, start = inputs(ours), theirs.get_weights()
    expected = outputs(ours, x)
    for file in ("t.weights.h5", "t.h5"):
        theirs.set_weights(start)
        ours.save_weights(tmp_path / file)
        theirs.load_weights(tmp_path / file)
        assert deviation(outputs(theirs, x), expected) < 1e-5, file


OPTIMIZERS = {
    "sgd": ("SGD", {"learning_rate": 0.002}), "momentum": ("SGD", {"learning_rate": 0.002, "momentum": 0.9}),
    "rmsprop": ("RMSprop", {}), "centered": ("RMSprop", {"momentum": 0.5, "centered": True}),
    "adam": ("Adam", {"learning_rate": 0.01}), "amsgrad": ("Adam", {"amsgrad": True}), "adamw": ("AdamW", {}),
    "adagrad": ("Adagrad", {}), "adadelta": ("Adadelta", {"learning_rate": 0.1})}


BUILDERS["learner"] = learner


def trained(model, lib_optimizers, how, seed, steps):
    """The model compiled and trained some steps on random data."""
    kind, options = OPTIMIZERS[how]
    model.compile(getattr(lib_optimizers, kind)(**options), "mse")
    go_on(model, seed, steps)
    return model


@pytest.mark.parametrize("how", OPTIMIZERS)
@pytest.mark.parametrize("direction", ["to minicnn", "to keras"])
def test_training_goes_on_with_the_optimizer(keras, how, direction, tmp_path):
    theirs, ours = pair(keras, "learner")
    trained(theirs, keras.optimizers, how, 1, 3)
    trained(ours, optimizers, how, 2, 2)
    source, target = (theirs, ours) if direction == "to minicnn" else (ours, theirs)
    source.save_weights(tmp_path / "t.weights.h5")
    target.load_weights(tmp_path / "t.weights.h5")
    there = [variable.numpy() for variable in theirs.optimizer.variables]
    assert all(map(np.array_equal, there, optimizer_state.state_of(ours)))
    assert len(there) == len(optimizer_state.state_of(ours))
    for model in (source, target):
        go_on(model, 4, 3)
    x = inputs(ours)
    assert deviation(outputs(source, x), outputs(target, x)) < 1e-5
    assert int(theirs.optimizer.iterations) == ours.optimizer.iterations == (6 if direction == "to minicnn" else 5)


def test_a_schedule_has_no_rate_in_the_file(keras, tmp_path):
    theirs, ours = pair(keras, "learner")
    for model, lib in ((theirs, keras.optimizers), (ours, optimizers)):
        model.compile(lib.Adam(lib.schedules.ExponentialDecay(0.01, 2, 0.5)), "mse")
        go_on(model, 1, 2)
    theirs.save_weights(tmp_path / "t.weights.h5")
    ours.load_weights(tmp_path / "t.weights.h5")
    for model in (theirs, ours):
        go_on(model, 4, 3)
    x = inputs(ours)
    assert deviation(outputs(theirs, x), outputs(ours, x)) < 1e-5


@pytest.mark.parametrize("name", [*layers.__all__, "Sequential", "Functional", "Block3D", "Res2Dense", "A1B"])
def test_names_of_classes_in_files(keras, name):
    from keras.src.utils.naming import to_snake_case

    assert snake_case(name) == to_snake_case(name)
