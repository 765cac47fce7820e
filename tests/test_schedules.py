"""Schedules of learning rates by their formulas."""

import json
import math

import numpy as np
import pytest

from minicnn import _checks, _config, optimizers, schedules
from minicnn.schedules import CosineDecay, ExponentialDecay, PiecewiseConstantDecay


def test_piecewise_constant_changes_behind_its_boundaries():
    # As in Keras: values[0] as long as step <= boundaries[0].
    schedule = PiecewiseConstantDecay([2, 5], [1.0, 0.5, 0.25])
    assert [schedule(step) for step in range(8)] == [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25]
    assert schedule(10**9) == 0.25


def test_a_constant_schedule():
    assert PiecewiseConstantDecay([], [0.3])(0) == 0.3


@pytest.mark.parametrize(("boundaries", "values", "message"), [
    ([1], [0.1], "one value more than boundaries is needed. Expected 2, received 1"), ([3, 1], [1, 2, 3], "must grow"),
    ([1], [0.1, -1], "a value must be a number"), ([0.5], [1, 2], "a boundary must be an integer"),
    (1, 2, "must be lists"),
])
def test_a_schedule_that_is_none(boundaries, values, message):
    with pytest.raises(_checks.MinicnnError, match=f"PiecewiseConstantDecay: .*{message}"):
        PiecewiseConstantDecay(boundaries, values)


@pytest.mark.parametrize("decay_rate", [0.5, 0.96, 1.0, 1.1])
@pytest.mark.parametrize("decay_steps", [1, 10, 2.5])
def test_exponential_decay_falls_by_its_rate_within_its_steps(decay_steps, decay_rate):
    smooth, stairs = (ExponentialDecay(0.2, decay_steps, decay_rate, staircase) for staircase in (False, True))
    assert smooth(0) == stairs(0) == 0.2
    for step in range(200):
        assert smooth(step) == pytest.approx(0.2 * math.exp(step / decay_steps * math.log(decay_rate)), rel=1e-12)
        assert stairs(step) == pytest.approx(0.2 * math.prod([decay_rate] * int(step / decay_steps)), rel=1e-12)


def test_the_stairs_of_exponential_decay_by_hand():
    schedule = ExponentialDecay(1.0, 3, 0.5, staircase=True)
    assert [schedule(step) for step in range(8)] == [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25]
    assert ExponentialDecay(1.0, 2, 0.25)(1) == 0.5


def test_rates_beyond_all_bounds():
    assert ExponentialDecay(0.1, 1, 0.5)(10**6) == 0
    assert ExponentialDecay(0.1, 1, 2.0)(10**6) == math.inf


def test_cosine_decay_by_hand():
    schedule = CosineDecay(0.8, 4)
    expected = [0.8, 0.4 + 0.4 * math.sqrt(0.5), 0.4, 0.4 - 0.4 * math.sqrt(0.5), 0, 0, 0]
    np.testing.assert_allclose([schedule(step) for step in range(7)], expected, atol=1e-16)
    assert schedule(10**9) == 0
    # alpha: what is left of the start in the end.
    assert [CosineDecay(0.8, 4, alpha=0.25)(step) for step in (0, 2, 4, 9)] == pytest.approx([0.8, 0.5, 0.2, 0.2])


def test_warmup_by_hand():
    schedule = CosineDecay(0.1, 4, warmup_target=0.5, warmup_steps=2)
    decay = CosineDecay(0.5, 4)
    assert [schedule(step) for step in range(2)] == pytest.approx([0.1, 0.3])
    assert [schedule(step) for step in range(2, 9)] == [decay(step) for step in range(7)]


def test_warmup_needs_a_target():
    assert CosineDecay(0.1, 4, warmup_steps=2)(0) == 0.1
    assert CosineDecay(0.1, 4, warmup_steps=2)(2) == CosineDecay(0.1, 4)(2)
    assert CosineDecay(0.1, 4, warmup_target=0.3)(0) == 0.3


SCHEDULES = [ExponentialDecay(0.1, 7, 0.5, True), ExponentialDecay(0.1, 2.5, 0.9), CosineDecay(0.1, 30, 0.2),
             CosineDecay(0.0, 30, warmup_target=0.3, warmup_steps=9), PiecewiseConstantDecay([2, 5], [1.0, 0.5, 0.25])]


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda schedule: type(schedule).__name__)
def test_a_configuration_written_as_json_gives_the_same_rates(schedule):
    twin = _config.decode(json.loads(json.dumps(_config.encode(schedule))))
    assert type(twin) is type(schedule)
    assert twin.get_config() == schedule.get_config()
    rates = [schedule(step) for step in range(60)]
    assert [twin(step) for step in range(60)] == rates
    assert {type(rate) for rate in rates} == {float}


@pytest.mark.parametrize(("make", "message"), [
    (lambda: ExponentialDecay(-1, 5, 0.5), "ExponentialDecay: initial_learning_rate must be a number.*at least 0"),
    (lambda: ExponentialDecay(1, 0, 0.5), "ExponentialDecay: decay_steps must be a number. Expected above 0"),
    (lambda: ExponentialDecay(1, 5, -0.5), "ExponentialDecay: decay_rate must be a number.*received -0.5"),
    (lambda: CosineDecay("fast", 5), "CosineDecay: initial_learning_rate must be a number.*received 'fast'"),
    (lambda: CosineDecay(1, -5), "CosineDecay: decay_steps must be a number. Expected above 0 and finite, received -5"),
    (lambda: CosineDecay(1, 5, alpha=-1), "CosineDecay: alpha must be a number.*received -1"),
    (lambda: CosineDecay(1, 5, warmup_target=-1), "CosineDecay: warmup_target must be a number.*received -1"),
    (lambda: CosineDecay(1, 5, warmup_target=1, warmup_steps=-1), "CosineDecay: warmup_steps must be a number"),
])
def test_schedules_that_are_none(make, message):
    with pytest.raises(_checks.MinicnnError, match=message):
        make()


def test_keras_has_them_among_the_optimizers():
    from minicnn.optimizers.schedules import ExponentialDecay as Imported

    assert Imported is ExponentialDecay
    for name in optimizers.schedules.__all__:
        assert getattr(optimizers.schedules, name) is getattr(schedules, name)
