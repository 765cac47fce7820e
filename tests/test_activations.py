"""Activation functions: values, slopes, curvature, extremes, types."""

import math

import numpy as np
import pytest

from minicnn import _checks, activations

FUNCTIONS = activations._BY_NAME
ELEMENTWISE = {name: f for name, f in FUNCTIONS.items() if isinstance(f, activations.Elementwise)}
BY_HAND = {
    "linear": lambda x: x, "relu": lambda x: max(x, 0.0), "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "tanh": lambda x: (math.exp(x) - math.exp(-x)) / (math.exp(x) + math.exp(-x)),
    "scaled_tanh": lambda x: 1.7159 * math.tanh(2 * x / 3),
}
POINTS = np.array([[-4.0, -1.3, -0.2, 0.1, 0.7, 2.5]])


@pytest.fixture(params=FUNCTIONS)
def function(request):
    return FUNCTIONS[request.param]


def test_there_is_a_hand_written_formula_for_each():
    assert BY_HAND.keys() | {"softmax"} == FUNCTIONS.keys()


@pytest.mark.parametrize("name", BY_HAND)
def test_values(name):
    expected = [BY_HAND[name](x) for x in POINTS.ravel()]
    np.testing.assert_allclose(FUNCTIONS[name](POINTS).ravel(), expected, rtol=1e-13)


def test_softmax_by_hand():
    total = math.exp(1) + math.exp(2) + math.exp(4)
    y = activations.softmax(np.array([[1.0, 2, 4]]))
    np.testing.assert_allclose(y, [[math.exp(1) / total, math.exp(2) / total, math.exp(4) / total]], rtol=1e-14)


def test_the_scaled_tanh_goes_through_one():
    # The paper's reason for 1.7159 and 2/3: f(1) = 1, f(-1) = -1, to four digits.
    np.testing.assert_allclose(activations.scaled_tanh(np.array([1.0, -1.0])), [1, -1], atol=1e-4)
    # And the second derivative is largest there.
    x = np.linspace(0.2, 2, 1801)
    slope = activations.scaled_tanh.slope(x, activations.scaled_tanh(x))
    assert abs(x[np.argmin(np.gradient(slope, x))] - 1) < 0.02


def jacobian(function, x, step=1e-6):
    """dy_i/dx_j of one row."""
    columns = []
    for j in range(x.size):
        away = np.zeros_like(x)
        away[0, j] = step
        columns.append((function(x + away) - function(x - away)).ravel() / (2 * step))
    return np.stack(columns, axis=1)


def test_backward_and_curvature_against_differences(function, rng):
    y, dy = function(POINTS), rng.standard_normal(POINTS.shape)
    slopes = jacobian(function, POINTS)
    np.testing.assert_allclose(function.backward(dy, POINTS, y), dy @ slopes, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(function.curvature(dy, POINTS, y), dy @ np.square(slopes), rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_types_and_fresh_arrays(function, dtype, rng):
    x = rng.standard_normal((2, 3, 4)).astype(dtype)
    dy = np.ones_like(x)
    kept = x.copy()
    x.flags.writeable = dy.flags.writeable = False
    y = function(x)
    for result in (y, function.backward(dy, x, y), function.curvature(dy, x, y)):
        assert result.dtype == dtype
        assert result.shape == x.shape
        assert not np.shares_memory(result, x)
        assert not np.shares_memory(result, dy)
    np.testing.assert_array_equal(x, kept)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_extremes_do_not_overflow(function, dtype):
    huge = np.finfo(dtype).max / 4
    x = np.array([[-huge, -1e4, -100, 0, 100, 1e4, huge]], dtype)
    y = function(x)
    assert np.isfinite(y).all()
    assert np.isfinite(function.backward(np.ones_like(x), x, y)).all()
    if function.name not in ("linear", "relu"):
        assert (np.abs(y) <= 1.7159 * (1 + 1e-6)).all()


def test_nan_is_never_lost(function):
    x = np.array([[1.0, np.nan, 2]])
    assert np.isnan(function(x)[0, 1])


def test_softmax_of_equal_and_of_shifted_numbers(rng):
    np.testing.assert_allclose(activations.softmax(np.full((2, 3, 5), 7.0)), 0.2, rtol=1e-15)
    x = rng.standard_normal((4, 6))
    np.testing.assert_allclose(activations.softmax(x), activations.softmax(x + 500), rtol=1e-12)
    np.testing.assert_allclose(activations.softmax(x).sum(axis=-1), 1, rtol=1e-15)


def test_the_slope_of_relu_at_zero_is_zero():
    x = np.array([[0.0, -0.0]])
    assert activations.relu.backward(np.ones_like(x), x, activations.relu(x)).tolist() == [[0, 0]]


def test_a_name_gives_the_function_and_none_the_line():
    for name, function in FUNCTIONS.items():
        assert activations.get(name) is function
        assert activations.get(function) is function
    assert activations.get(None) is activations.linear


@pytest.mark.parametrize(("name", "message"), [
    ("rleu", "activation 'rleu': no such name is known.*Did you mean 'relu'"), ("Tanh", "Did you mean 'tanh'"),
    ("zzz", "one of linear, relu, scaled_tanh, sigmoid, softmax, tanh"), (np.tanh, "activation <ufunc 'tanh'>"),
    (["relu"], r"activation \['relu'\]"),
])
def test_an_unknown_activation(name, message):
    with pytest.raises(_checks.MinicnnError, match=message):
        activations.get(name)


def test_functions_are_equal_by_what_they_compute():
    assert activations.Relu() == activations.relu
    assert activations.relu != activations.tanh
    assert len({activations.Relu(), activations.relu, activations.tanh}) == 2
