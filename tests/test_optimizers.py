"""Optimizers by their formulas, and the schedules of their learning rates."""

import json

import numpy as np
import pytest

from minicnn import _checks, _config, optimizers
from minicnn.optimizers import SGD, Optimizer
from minicnn.schedules import PiecewiseConstantDecay

GRADIENTS = [np.array([1.0, -2, 0.5]), np.array([0.5, 1, 0]), np.array([-3.0, 0, 2]), np.array([1.0, 1, 1])]
START = np.array([1.0, 2, 3])


def moved(optimizer, dtype="float64"):
    """The parameter after each of the four gradients; the very array is written into."""
    w, path = START.astype(dtype), []
    for gradient in GRADIENTS:
        optimizer.apply([("layer/w", w, gradient.astype(dtype))])
        path.append(w.copy())
    return path


def test_plain_steps_by_hand():
    assert moved(SGD(0.5))[0].tolist() == [0.5, 3, 2.75]
    np.testing.assert_allclose(moved(SGD(0.1))[-1], START - 0.1 * sum(GRADIENTS), rtol=1e-15)


@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("mu", [0.5, 0.9])
def test_momentum_by_its_formula(mu, nesterov):
    # m = mu m - lr g;  w += m,  or with Nesterov  w += mu m - lr g  (Keras's SGD)
    w, m, rate = START.copy(), np.zeros(3), 0.1
    for found, g in zip(moved(SGD(rate, momentum=mu, nesterov=nesterov)), GRADIENTS, strict=True):
        m = mu * m - rate * g
        w = w + (mu * m - rate * g if nesterov else m)
        np.testing.assert_allclose(found, w, rtol=1e-14)


def test_two_steps_of_momentum_by_hand():
    # m: -0.1, then 0.5 * -0.1 - 0.05 = -0.1; w: 1 - 0.1 - 0.1.
    assert [round(w[0], 12) for w in moved(SGD(0.1, momentum=0.5))[:2]] == [0.9, 0.8]
    # Looking ahead: 1 + 0.5 * -0.1 - 0.1 = 0.85; then 0.85 + 0.5 * -0.1 - 0.05 = 0.75.
    assert [round(w[0], 12) for w in moved(SGD(0.1, momentum=0.5, nesterov=True))[:2]] == [0.85, 0.75]


@pytest.mark.parametrize("options", [{}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_parameters_move_in_place_and_gradients_are_left_alone(options, dtype):
    w = START.astype(dtype)
    others_see, g = w, GRADIENTS[0].astype(dtype)
    g.flags.writeable = False
    optimizer = SGD(0.1, **options)
    for _ in range(3):
        optimizer.apply([("layer/w", w, g)])
    assert others_see is w
    assert w.dtype == dtype
    assert not np.array_equal(w, START)
    assert {slot.dtype for kept in optimizer.slots.values() for slot in kept.values()} <= {np.dtype(dtype)}


def test_a_gradient_of_another_type_does_not_change_the_type_of_the_parameter():
    w = START.astype("float32")
    SGD(0.1, momentum=0.9).apply([("layer/w", w, GRADIENTS[0])])
    assert w.dtype == np.float32


def test_each_parameter_has_a_momentum_of_its_own():
    optimizer, a, b = SGD(1.0, momentum=0.5), np.zeros(1), np.zeros(2)
    optimizer.apply([("one/w", a, np.ones(1)), ("two/w", b, np.full(2, 10.0))])
    optimizer.apply([("two/w", b, np.zeros(2)), ("one/w", a, np.zeros(1))])
    assert (a.tolist(), b.tolist()) == ([-1.5], [-15, -15])
    assert optimizer.slots["momentum"].keys() == {"one/w", "two/w"}
    assert optimizer.iterations == 2


def test_without_momentum_nothing_is_kept():
    optimizer = SGD(0.1)
    moved(optimizer)
    assert optimizer.slots == {}


def test_an_optimizer_of_your_own():
    class Signs(Optimizer):
        def move(self, key, parameter, gradient, rate):
            parameter -= rate * np.sign(gradient)

    np.testing.assert_allclose(moved(Signs(0.25))[0], [0.75, 2.25, 2.75])


@pytest.mark.parametrize(("options", "message"), [
    ({"learning_rate": -1}, "SGD: learning_rate must be a number"), ({"learning_rate": "fast"}, "received 'fast'"),
    ({"learning_rate": float("nan")}, "learning_rate must be"), ({"momentum": 1}, "SGD: momentum must be .* below 1"),
    ({"momentum": -0.1}, "momentum must be"), ({"learning_rate": True}, "received True"),
])
def test_arguments_that_are_none(options, message):
    with pytest.raises(_checks.MinicnnError, match=message):
        SGD(**options)


def test_names_and_defaults_are_those_of_keras():
    sgd = optimizers.get("SGD")
    assert (sgd.learning_rate, sgd.momentum, sgd.nesterov) == (0.01, 0, False)
    assert optimizers.get(sgd) is sgd
    with pytest.raises(_checks.MinicnnError, match=r"optimizer 'sdg'.*Did you mean 'sgd'"):
        optimizers.get("sdg")
    with pytest.raises(_checks.MinicnnError, match="optimizer 3: no such name"):
        optimizers.get(3)


# -- schedules -------------------------------------------------------------------------------------


def test_piecewise_constant_changes_behind_its_boundaries():
    # As in Keras: values[0] as long as step <= boundaries[0].
    schedule = PiecewiseConstantDecay([2, 5], [1.0, 0.5, 0.25])
    assert [schedule(step) for step in range(8)] == [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25]
    assert schedule(10**9) == 0.25


def test_a_constant_schedule():
    assert PiecewiseConstantDecay([], [0.3])(0) == 0.3


def test_the_optimizer_asks_the_schedule_with_the_steps_done():
    optimizer = SGD(PiecewiseConstantDecay([0, 2], [1.0, 0.5, 0.25]))
    w, rates = np.zeros(1), []
    for _ in range(5):
        before = w.copy()
        rates.append(optimizer.rate())
        optimizer.apply([("layer/w", w, np.ones(1))])
        assert before - w == rates[-1]
    assert rates == [1, 0.5, 0.5, 0.25, 0.25]


@pytest.mark.parametrize(("boundaries", "values", "message"), [
    ([1], [0.1], "one value more than boundaries is needed. Expected 2, received 1"), ([3, 1], [1, 2, 3], "must grow"),
    ([1], [0.1, -1], "a value must be a number"), ([0.5], [1, 2], "a boundary must be an integer"),
    (1, 2, "must be lists"),
])
def test_a_schedule_that_is_none(boundaries, values, message):
    with pytest.raises(_checks.MinicnnError, match=f"PiecewiseConstantDecay: .*{message}"):
        PiecewiseConstantDecay(boundaries, values)


@pytest.mark.parametrize("optimizer", [
    SGD(0.3, 0.9, True), SGD(PiecewiseConstantDecay([2, 5], [1.0, 0.5, 0.25]), momentum=0.5),
], ids=["number", "schedule"])
def test_a_configuration_written_as_json_moves_alike(optimizer):
    twin = _config.decode(json.loads(json.dumps(_config.encode(optimizer))))
    assert twin.get_config() == optimizer.get_config()
    for a, b in zip(moved(twin), moved(optimizer), strict=True):
        np.testing.assert_array_equal(a, b)
