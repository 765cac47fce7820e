"""Losses of each number by itself: against loops over numbers, at kinks and at extremes."""

import itertools
import math

import numpy as np
import pytest

from minicnn import _checks, activations
from minicnn.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Hinge,
    Huber,
    MeanAbsoluteError,
    MeanSquaredError,
)


def binary(p, t):
    p = min(max(p, 1e-7), 1 - 1e-7)
    return -t * math.log(p) - (1 - t) * math.log(1 - p)


def huber(y, t, delta):
    error = abs(y - t)
    return error ** 2 / 2 if error <= delta else delta * error - delta ** 2 / 2


# name: (loss, E(y, t) of one number, low, high: where the outputs lie, targets)
BY_HAND = {
    "mse": (MeanSquaredError(), lambda y, t: (y - t) ** 2, -2, 2, "any"),
    "mae": (MeanAbsoluteError(), lambda y, t: abs(y - t), -2, 2, "any"),
    "huber": (Huber(), lambda y, t: huber(y, t, 1), -2, 2, "any"),
    "huber 0.4": (Huber(0.4), lambda y, t: huber(y, t, 0.4), -2, 2, "any"),
    "binary": (BinaryCrossentropy(), binary, 0, 1, "0 to 1"),
    "binary, clipped": (BinaryCrossentropy(), binary, -1, 2, "0 to 1"),
    "binary, smoothed": (BinaryCrossentropy(False, 0.2), lambda y, t: binary(y, 0.1 + 0.8 * t), 0, 1, "0 or 1"),
    "binary of logits": (BinaryCrossentropy(True), lambda y, t: binary(1 / (1 + math.exp(-y)), t), -9, 9, "0 to 1"),
    "hinge": (Hinge(), lambda y, t: max(0, 1 - t * y), -2, 2, "-1 or 1"),
    "hinge of 0 and 1": (Hinge(), lambda y, t: max(0, 1 - (2 * t - 1) * y), -2, 2, "0 or 1"),
}
SHAPES = [(4, 1), (3, 5), (2, 3, 2, 3)]


def case(name, shape):
    loss, formula, low, high, kind = BY_HAND[name]
    rng = np.random.default_rng(7)
    y = rng.uniform(low, high, shape)
    t = {"any": rng.uniform(-2, 2, shape), "0 to 1": rng.uniform(0, 1, shape), "0 or 1": rng.integers(0, 2, shape),
         "-1 or 1": 2 * rng.integers(0, 2, shape) - 1}[kind]
    return loss, formula, t, y


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", BY_HAND)
def test_values_and_gradients_against_loops(name, shape):
    loss, formula, t, y = case(name, shape)
    values, gradient, step = np.zeros(shape[:-1]), np.zeros(shape), 1e-6
    for place in itertools.product(*map(range, shape)):
        number, target = float(y[place]), float(t[place])
        values[place[:-1]] += formula(number, target) / shape[-1]
        gradient[place] = (formula(number + step, target) - formula(number - step, target)) / (2 * step) / shape[-1]
    np.testing.assert_allclose(loss.values(t, y), values, rtol=1e-12)
    np.testing.assert_allclose(loss.gradient(t, y), gradient, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", BY_HAND)
def test_a_row_of_targets_is_a_column(name):
    loss, _, t, y = case(name, (4, 1))
    for method in (loss.values, loss.gradient, loss.curvature):
        np.testing.assert_array_equal(method(t[:, 0], y), method(t, y))


@pytest.mark.parametrize("name", BY_HAND)
def test_targets_of_another_shape_are_never_spread(name):
    loss, _, t, y = case(name, (3, 5))
    for wrong in (t[0], t[:, :1], t[:, 0]):
        with pytest.raises(_checks.MinicnnError, match=f"loss '{loss.name}': targets do not fit the outputs"):
            loss.values(wrong, y)
    with pytest.raises(_checks.MinicnnError, match="targets and outputs are not of one length"):
        loss.values(t[:1], y)


@pytest.mark.parametrize(("loss", "t", "y", "gradient"), [
    (MeanAbsoluteError(), 2, 2, 0), (Huber(0.5), 1, 1.5, 0.5), (Huber(0.5), 1, 0.5, -0.5), (Huber(0), 1, 3, 0),
    (Hinge(), 1, 1, -0.5), (Hinge(), 0, -1, 0.5), (Hinge(), -1, -1, 0.5),
    (BinaryCrossentropy(), 1, 0, 0), (BinaryCrossentropy(), 0, 1, 0), (BinaryCrossentropy(True), 1, 0, -0.5)])
def test_slopes_at_kinks(loss, t, y, gradient):
    assert loss.gradient(np.array([[t]]), np.array([[float(y)]])).item() == gradient


# -- extremes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("y", [1e4, -1e4])
@pytest.mark.parametrize("t", [0, 1])
def test_logits_of_ten_thousand(dtype, y, t):
    loss, y = BinaryCrossentropy(from_logits=True), np.array([[y]], dtype)
    wrong = (y > 0) != t
    np.testing.assert_array_equal(loss.values(np.array([[t]]), y), 1e4 * wrong[:, 0])
    np.testing.assert_array_equal(loss.gradient(np.array([[t]]), y), np.sign(y) * wrong)
    np.testing.assert_array_equal(loss.curvature(np.array([[t]]), y), 0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("loss", [MeanAbsoluteError(), Huber(), Hinge()])
def test_large_numbers_do_not_overflow(loss, dtype):
    huge = np.finfo(dtype).max / 4
    t, y = np.array([[1, -1, 1]]), np.array([[huge, huge, -huge]], dtype)
    assert np.isfinite(loss.values(t, y)).all()
    assert np.abs(loss.gradient(t, y)).max() == pytest.approx(1 / 3)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_small_losses_keep_their_digits(dtype):
    # exp(-20): no difference from 1 in float32, and still the loss.
    loss, y = BinaryCrossentropy(from_logits=True), np.array([[20.0], [-20]], dtype)
    np.testing.assert_allclose(loss.values(np.array([1, 0]), y), math.log1p(math.exp(-20)), rtol=1e-6)
    np.testing.assert_allclose(loss.curvature(np.array([1, 0]), y), math.exp(-20), rtol=1e-6)


@pytest.mark.parametrize("name", BY_HAND)
def test_nan_is_never_lost(name):
    loss, _, t, y = case(name, (4, 1))
    y[2] = np.nan
    assert np.isnan(loss.values(t, y)).tolist() == [False, False, True, False]


@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
def test_saturated_outputs_still_have_the_exact_gradient(activation):
    """In float32 the probability of the right answer is 0; through it, the gradient would be 0, too."""
    loss, function = {"sigmoid": (BinaryCrossentropy(), activations.sigmoid),
                      "softmax": (CategoricalCrossentropy(), activations.softmax)}[activation]
    logits, t = np.array([[40.0, -120.0]], "float32"), np.array([[0, 1]])
    p = function(logits)
    np.testing.assert_array_equal(function.backward(loss.gradient(t, p), logits, p), 0)
    exact = np.array([[1.0, -1.0]]) / (2 if activation == "sigmoid" else 1)
    np.testing.assert_allclose(loss.of_logits(function).gradient(t, logits), exact, rtol=1e-7)


# -- arguments -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("make", "told"), [
    (lambda: Huber(-1), "Huber: delta must be a number. Expected at least 0 and finite, received -1"),
    (lambda: Huber(None), "Huber: delta must be a number"),
    (lambda: BinaryCrossentropy(label_smoothing=1), "label_smoothing must be a number. Expected at .* below 1"),
    (lambda: BinaryCrossentropy(label_smoothing="0.1"), "BinaryCrossentropy: label_smoothing must be a number"),
    (lambda: CategoricalCrossentropy(label_smoothing=-0.1), "CategoricalCrossentropy: label_smoothing must be a"),
])
def test_arguments_that_are_none(make, told):
    with pytest.raises(_checks.MinicnnError, match=told):
        make()


def test_smoothing_of_rows_by_hand():
    t = CategoricalCrossentropy(label_smoothing=0.1).rows(np.array([[0, 1, 0, 0]]), np.ones((1, 4), "float32"))
    assert t.dtype == np.float32
    np.testing.assert_allclose(t, [[0.025, 0.925, 0.025, 0.025]], rtol=1e-6)
