"""The optimizer's state as older Keras lists it."""

import numpy as np
import pytest

from minicnn import Input, Sequential
from minicnn.layers import Dense
from minicnn.models.filling import MisfitError, in_memory
from minicnn.models.keras.old_state import in_keras_3_order
from minicnn.models.keras.optimizer_state import match_state
from minicnn.optimizers import SGD, Adadelta, Adam, RMSprop
from minicnn.schedules import ExponentialDecay

SHAPES = {"one/kernel": (2, 3), "one/bias": (3,), "two/kernel": (3, 3), "two/bias": (3,)}


def model(optimizer):
    made = Sequential([Input((2,)), Dense(3, name="one"), Dense(3, name="two")])
    made.compile(optimizer, "mse")
    return made


def array(slot, key):
    """Other numbers for each slot of each parameter."""
    return np.full(SHAPES[key], 10 * ["m", "v", "vhat"].index(slot) + list(SHAPES).index(key), np.float32)


def load(made, listed):
    stored = [in_memory(name, np.asarray(value)) for name, value in listed.items()]
    match_state(made, in_keras_3_order(made, list(listed), stored), "here").write()


def slots(*names):
    return {f"Adam/{key}/{slot}:0": array(slot, key) for slot in names for key in SHAPES}


@pytest.mark.parametrize(("optimizer", "names"), [
    (Adam(0.25), {"m": "momentum", "v": "velocity"}),
    (Adam(0.25, amsgrad=True), {"m": "momentum", "v": "velocity", "vhat": "velocity_hat"}),
    (RMSprop(0.25, momentum=0.5, centered=True), {"m": "velocity", "v": "momentum", "vhat": "average_gradient"}),
    (SGD(0.25, momentum=0.5), {"m": "momentum"}), (SGD(0.25), {}),
    (Adadelta(0.25), {"m": "accumulated_grad", "v": "accumulated_delta_var"})])
def test_slot_after_slot(optimizer, names):
    made = model(optimizer)
    load(made, {"Adam/iter:0": np.int64(7), **slots(*names)})
    assert made.optimizer.iterations == 7
    assert made.optimizer.learning_rate == 0.25
    for there, here in names.items():
        for key in SHAPES:
            assert np.array_equal(made.optimizer.slots[here][key], array(there, key)), (here, key)


@pytest.mark.parametrize("rate", [{}, {"learning_rate:0": np.float32(0.5)}])
def test_parameter_after_parameter(rate):
    made = model(Adam(0.25))
    pairs = {f"Adam/{slot}/{key}:0": array(slot, key) for key in SHAPES for slot in ("m", "v")}
    load(made, {"iteration:0": np.int64(3), **rate, **pairs})
    assert made.optimizer.learning_rate == (0.5 if rate else 0.25)
    assert np.array_equal(made.optimizer.slots["velocity"]["two/kernel"], array("v", "two/kernel"))


def test_a_schedule_has_no_rate():
    made = model(Adam(ExponentialDecay(0.1, 2, 0.5)))
    load(made, {"Adam/iter:0": np.int64(3), **slots("m", "v")})
    assert made.optimizer.iterations == 3
    assert np.array_equal(made.optimizer.slots["velocity"]["two/kernel"], array("v", "two/kernel"))


def test_another_number_of_arrays_is_a_misfit():
    made = model(Adam(0.25))
    with pytest.raises(MisfitError, match=r"its state has 8 arrays .* and the file has 4 for it"):
        load(made, {"Adam/iter:0": np.int64(3), **slots("m")})
    assert made.optimizer.iterations == 0
