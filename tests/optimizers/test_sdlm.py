"""Stochastic diagonal Levenberg-Marquardt: its rates, when it looks, what it refuses, and the collapse it tells."""

import numpy as np
import pytest

import minicnn
from minicnn import MinicnnError, layers, losses, optimizers, schedules
from minicnn.applications import LeNet5
from minicnn.applications.lenet5 import lenet5_images
from minicnn.datasets import digits
from minicnn.feeding import ArrayFeed
from minicnn.initializers import FanInUniform
from minicnn.optimizers import SDLM
from minicnn.optimizers.sdlm import PAPER_RATES, REFRESH

(X, Y), _ = digits.load_data()
X, Y = lenet5_images(X[:700]), Y[:700]


def looked(optimizer, epoch, rows, count):
    """Behind how many rows of the epoch the optimizer asks for the curvature, in steps of so many rows."""
    asked = []
    for seen in range(0, count, rows):
        def curvature(patterns, seen=seen):
            asked.append((seen, patterns))
            return {"layer/w": np.array([1.0, 0.03])}
        optimizer.before_step(epoch, seen, rows, curvature)
    return asked


def test_the_rule_by_hand():
    optimizer, w = SDLM(0.5, mu=0.5), np.array([1.0, 2.0, 3.0])
    optimizer.before_step(0, 0, 1, lambda patterns: {"layer/w": np.array([0.5, 2.0, -3.0])})
    optimizer.apply([("layer/w", w, np.array([1.0, 5.0, 1.0]))])
    # rates 0.5 / (0.5 + 0.5), 0.5 / (0.5 + 2), and 0.5 / 0.5, since what is below zero counts as zero
    np.testing.assert_allclose(w, [1 - 0.5, 2 - 0.2 * 5, 3 - 1])
    np.testing.assert_allclose(optimizer.rates["layer/w"], [0.5, 0.2, 1.0])
    assert optimizer.span() == (0.2, 1.0)
    assert optimizer.describe() == "rates from 2.0e-01 to 1.0e+00 (the paper's first pass: about 7e-05 to 0.016)"


def test_it_looks_before_each_pass():
    optimizer = SDLM(patterns=77)
    for epoch in range(3):
        assert looked(optimizer, epoch, 5, 40) == [(0, 77)]


@pytest.mark.parametrize(("rows", "times"), [(1, [0, 3, 4, 17]), (4, [0, 4, 16]), (20, [0])])
def test_and_within_the_first_where_it_is_told(rows, times):
    optimizer = SDLM(patterns=9, refresh=(3, 4, 17))
    assert looked(optimizer, 0, rows, 40) == [(time, 9) for time in times]
    assert looked(optimizer, 1, rows, 40) == [(0, 9)]


def test_the_schedule_of_the_paper():
    rate = schedules.by_pass(PAPER_RATES, 60000)
    passes = [rate(60000 * number) for number in range(25)]
    assert passes == [5e-4] * 2 + [2e-4] * 3 + [1e-4] * 3 + [5e-5] * 4 + [1e-5] * 13
    assert [rate(60000 * number - 1) for number in (2, 5, 8, 12)] == [5e-4, 2e-4, 1e-4, 5e-5]


@pytest.mark.parametrize(("options", "told"), [
    ({"mu": 0}, "SDLM: mu must be a number. Expected above 0"), ({"patterns": 0}, "SDLM: patterns must be an integer"),
    ({"refresh": 50}, "SDLM: refresh must be a list"), ({"refresh": [0]}, "SDLM: each count of refresh must be"),
    ({"learning_rate": -1}, "SDLM: learning_rate must be")])
def test_arguments_that_are_none(options, told):
    with pytest.raises(MinicnnError, match=told):
        SDLM(**options)


def test_before_it_has_looked_there_are_no_rates():
    model = minicnn.Sequential([layers.Dense(2, input_shape=(3,), name="d")])
    model.compile("sdlm", "mse")
    assert model.optimizer.rates == {}
    with pytest.raises(MinicnnError, match=r"SDLM: there are no rates yet\. Train by model\.fit"):
        model.optimizer.span()
    with pytest.raises(MinicnnError, match=r"the curvature of 'd/kernel' is not known\. Train by model\.fit"):
        model.train_on_batch(np.ones((4, 3)), np.ones((4, 2)))


def test_a_generator_has_nothing_to_look_at():
    model = minicnn.Sequential([layers.Dense(2, input_shape=(3,))])
    model.compile("sdlm", "mse")
    batches = ((np.ones((4, 3)), np.ones((4, 2))) for _ in range(3))
    with pytest.raises(MinicnnError, match="a generator cannot give its batches again"):
        model.fit(batches, steps_per_epoch=3, verbose=0)


# -- LeNet-5 ---------------------------------------------------------------------------------------


def lenet5(optimizer, initializer=None, loss=None):
    minicnn.set_random_seed(1)
    model = LeNet5(initializer)
    model.compile(optimizer, loss or losses.PenaltyMAP(), metrics=["accuracy"])
    return model


@pytest.mark.parametrize("rate", [5e-4, 1e-4])
@pytest.mark.parametrize("initializer", [FanInUniform(2.4, 1.0), FanInUniform(1.0, 0.5)])
def test_the_span_of_rates_at_the_start(initializer, rate):
    model = lenet5(SDLM(rate), initializer)
    model.fit(ArrayFeed(X[:500], Y[:500], batch_size=1, steps_per_epoch=1), verbose=0)
    low, high = model.optimizer.span()
    assert 1e-5 <= low <= 5e-4
    assert 10 * low < high <= rate / 0.02 * (1 + 1e-6)
    # The biases of F6: 2 f'(0)^2 where the units are near zero, and nothing curves more.
    largest = max(h.max() for h in model.optimizer.slots["curvature"].values())
    assert largest == pytest.approx(2 * (1.7159 * 2 / 3) ** 2, rel=0.02)
    assert sum(r.size for r in model.optimizer.rates.values()) == 60000


def test_it_learns_pattern_by_pattern():
    model = lenet5(SDLM(1e-4), FanInUniform(1.0, 0.5))
    history = model.fit(X, Y, batch_size=1, epochs=1, verbose=0).history
    assert history["accuracy"][0] > 0.4  # on the fly
    assert model.evaluate(X, Y, batch_size=100, verbose=0)[1] > 0.7


def test_the_recipe_to_the_letter_collapses_and_that_is_told():
    model = lenet5(SDLM(5e-4), FanInUniform(2.4, 1.0), losses.PenaltyMLE())
    told = r"SDLM: the curvature is gone \(before epoch 2\): .* below mu = 0.02.* Start again with a lower"
    with pytest.warns(RuntimeWarning, match=told):
        history = model.fit(X[:400], Y[:400], batch_size=1, epochs=2, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    assert max(history["accuracy"]) < 0.2
    assert model.optimizer.span()[0] == pytest.approx(5e-4 / 0.02, rel=1e-2)


def test_looked_at_often_it_tells_within_the_pass():
    optimizer = SDLM(5e-4, refresh=REFRESH)
    with pytest.warns(RuntimeWarning, match=r"the curvature is gone \(epoch 1, behind 200 patterns\)"):
        optimizer.before_step(0, 200, 1, lambda patterns: {"a": np.full(3, 1e-5), "b": np.zeros(2)})


def test_before_anything_happened_nothing_collapsed():
    # A loss of many outputs may be flat from the start; warnings are errors here.
    SDLM().before_step(0, 0, 1, lambda patterns: {"a": np.full(3, 1e-5)})


def test_a_learning_rate_can_be_set_between_passes():
    model = lenet5(SDLM(1e-4, patterns=20), FanInUniform(1.0, 0.5))
    model.fit(X[:20], Y[:20], batch_size=5, verbose=0)
    low, high = model.optimizer.span()
    model.optimizer.learning_rate = 2e-4
    np.testing.assert_allclose(model.optimizer.span(), (2 * low, 2 * high))
    assert optimizers.get("SDLM").get_config()["patterns"] == 500
