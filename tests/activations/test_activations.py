"""Activation functions: values, slopes, curvature, extremes, types, configuration."""

import json
import math

import numpy as np
import pytest

from minicnn import _checks, _config, activations
from minicnn.activations import Elu, Gelu, LeakyRelu, Relu, Softmax

NAMED = {name: f for name, f in activations._BY_NAME.items() if name != "swish"}
WITH_ARGUMENTS = {
    "relu, slope": Relu(0.1), "relu, max": Relu(max_value=0.5), "relu, threshold": Relu(threshold=0.3),
    "relu, all": Relu(0.25, 2.0, 0.5), "leaky_relu 0.01": LeakyRelu(0.01), "elu 0.5": Elu(0.5),
    "gelu, tanh": Gelu(approximate=True), "softmax, axis 1": Softmax(axis=1),
}
FUNCTIONS = {**NAMED, **WITH_ARGUMENTS}
SELU = 1.0507009873554805
BY_HAND = {
    "linear": lambda x: x, "relu": lambda x: max(x, 0.0), "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "tanh": lambda x: (math.exp(x) - math.exp(-x)) / (math.exp(x) + math.exp(-x)),
    "scaled_tanh": lambda x: 1.7159 * math.tanh(2 * x / 3),
    "leaky_relu": lambda x: x if x > 0 else 0.2 * x, "leaky_relu 0.01": lambda x: x if x > 0 else 0.01 * x,
    "elu": lambda x: x if x > 0 else math.exp(x) - 1, "elu 0.5": lambda x: x if x > 0 else 0.5 * (math.exp(x) - 1),
    "selu": lambda x: SELU * (x if x > 0 else 1.6732632423543772 * (math.exp(x) - 1)),
    "gelu": lambda x: x * 0.5 * math.erfc(-x / math.sqrt(2)),
    "gelu, tanh": lambda x: 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3))),
    "silu": lambda x: x / (1 + math.exp(-x)), "softplus": lambda x: math.log(1 + math.exp(x)),
    "softsign": lambda x: x / (1 + abs(x)),
    "relu, slope": lambda x: x if x > 0 else 0.1 * x, "relu, max": lambda x: min(max(x, 0.0), 0.5),
    "relu, threshold": lambda x: x if x > 0.3 else 0.0,
    "relu, all": lambda x: 2.0 if x >= 2 else x if x > 0.5 else 0.25 * (x - 0.5),
}
POINTS = np.array([[-4.0, -1.3, -0.2, 0.1, 0.7, 2.5]])


@pytest.fixture(params=FUNCTIONS)
def function(request):
    return FUNCTIONS[request.param]


def test_there_is_a_hand_written_formula_for_each():
    assert BY_HAND.keys() | {"softmax", "softmax, axis 1"} == FUNCTIONS.keys()


@pytest.mark.parametrize("name", BY_HAND)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 2e-6), ("float64", 1e-13)])
def test_values(name, dtype, tolerance):
    points = np.append(POINTS, [-30, -6, -3, -1e-3, -1e-9, 0, 1e-9, 1e-3, 3, 6, 30]).astype(dtype)
    expected = [BY_HAND[name](float(x)) for x in points]
    # The formulas by hand lose digits where they take 1 from a number near 1; the loss is absolute, so tiny.
    np.testing.assert_allclose(FUNCTIONS[name](points), expected, rtol=tolerance, atol=1e-15)


@pytest.mark.parametrize("name", BY_HAND)
def test_slopes(name):
    points = np.append(POINTS, np.linspace(-9, 9, 40))
    step = 1e-5
    expected = [(BY_HAND[name](x + step) - BY_HAND[name](x - step)) / (2 * step) for x in points]
    function = FUNCTIONS[name]
    np.testing.assert_allclose(function.slope(points, function(points)), expected, rtol=1e-8, atol=1e-9)
    single = points.astype("float32")
    slopes = function.slope(single, function(single))
    assert slopes.dtype == np.float32
    np.testing.assert_allclose(slopes, function.slope(points, function(points)), rtol=5e-6, atol=1e-6)


@pytest.mark.parametrize(("name", "x", "slope"), [
    ("relu", 0, 0), ("leaky_relu", 0, 0.2), ("elu", 0, 1), ("elu 0.5", 0, 0.5), ("selu", 0, 1.6732632423543772 * SELU),
    ("relu, slope", 0, 0.1), ("relu, max", 0, 0), ("relu, max", 0.5, 0), ("relu, threshold", 0.3, 0),
    ("relu, all", 0.5, 0.25), ("relu, all", 2, 0), ("softsign", 0, 1), ("gelu", 0, 0.5), ("silu", 0, 0.5)])
def test_slopes_at_kinks_and_at_zero(name, x, slope):
    x = np.array([[float(x)]])
    assert FUNCTIONS[name].slope(x, FUNCTIONS[name](x)).item() == pytest.approx(slope, rel=1e-15)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["sigmoid", "silu", "gelu", "elu", "selu", "softplus"])
def test_tails_keep_their_digits(name, dtype):
    # Values and slopes far out on the left are tiny, but not nothing, nor rounded to the steps near 1.
    exact = {
        "sigmoid": (lambda x: math.exp(x) / (1 + math.exp(x)), lambda x: math.exp(x) / (1 + math.exp(x)) ** 2),
        "silu": (lambda x: x * math.exp(x) / (1 + math.exp(x)),
                 lambda x: math.exp(x) * (1 + math.exp(x) + x) / (1 + math.exp(x)) ** 2),
        "gelu": (lambda x: x * 0.5 * math.erfc(-x / math.sqrt(2)), lambda x: 0.5 * math.erfc(-x / math.sqrt(2)) +
                 x * math.exp(-x * x / 2) / math.sqrt(2 * math.pi)),
        "elu": (math.expm1, math.exp),
        "selu": (lambda x: SELU * 1.6732632423543772 * math.expm1(x),
                 lambda x: SELU * 1.6732632423543772 * math.exp(x)),
        "softplus": (lambda x: math.log1p(math.exp(x)), lambda x: math.exp(x) / (1 + math.exp(x))),
    }[name]
    x = np.array([-6.0, -8, -9.5], dtype) if name == "gelu" else np.array([-10.0, -20, -40], dtype)
    y, tolerance = FUNCTIONS[name](x), {"float32": 2e-5, "float64": 1e-13}[dtype]
    np.testing.assert_allclose(y, [exact[0](float(v)) for v in x], rtol=tolerance)
    np.testing.assert_allclose(FUNCTIONS[name].slope(x, y), [exact[1](float(v)) for v in x], rtol=tolerance)


@pytest.mark.parametrize("axis", [1, 2, 3, -1, -2, -3])
def test_softmax_along_any_axis_is_softmax_of_the_array_turned_round(axis, rng):
    x, dy = rng.standard_normal((2, 2, 3, 4, 5))
    function, turned = Softmax(axis), np.moveaxis(x, axis, -1)
    y, y_turned = function(x), activations.softmax(turned)
    np.testing.assert_allclose(np.moveaxis(y, axis, -1), y_turned, rtol=1e-14)
    for there, here in ((function.backward, activations.softmax.backward),
                        (function.curvature, activations.softmax.curvature)):
        expected = here(np.moveaxis(dy, axis, -1), turned, y_turned)
        np.testing.assert_allclose(np.moveaxis(there(dy, x, y), axis, -1), expected, rtol=1e-12, atol=1e-15)


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


BOUNDED = (activations.Sigmoid, activations.Tanh, activations.ScaledTanh, activations.Softsign)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_extremes_do_not_overflow(function, dtype):
    huge = np.finfo(dtype).max / 4
    x = np.array([[-huge, -1e4, -100, 0, 100, 1e4, huge]], dtype)
    y = function(x)
    assert np.isfinite(y).all()
    assert np.isfinite(function.backward(np.ones_like(x), x, y)).all()
    if isinstance(function, (activations.Softmax, *BOUNDED)):
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
    for name, function in NAMED.items():
        assert activations.get(name) is function
        assert getattr(activations, name) is function
        assert activations.get(function) is function
    assert activations.get(None) is activations.linear
    assert activations.get("swish") is activations.swish is activations.silu


@pytest.mark.parametrize(("name", "message"), [
    ("rleu", "activation 'rleu': no such name is known.*Did you mean 'relu'"), ("Tanh", "Did you mean 'tanh'"),
    ("zzz", "one of elu, gelu, leaky_relu, .*softsign, swish, tanh"), (np.tanh, "activation <ufunc 'tanh'>"),
    (["relu"], r"activation \['relu'\]"),
])
def test_an_unknown_activation(name, message):
    with pytest.raises(_checks.MinicnnError, match=message):
        activations.get(name)


def test_functions_are_equal_by_what_they_compute():
    assert activations.Relu() == activations.relu
    assert activations.Relu(0, None, 0) == activations.relu
    assert activations.relu != activations.tanh
    assert activations.Relu(0.1) != activations.relu
    assert activations.Softmax(1) != activations.softmax
    assert activations.Softmax(-1) == activations.softmax
    assert len({activations.Relu(), activations.relu, activations.tanh}) == 2


def test_a_configuration_written_as_json_gives_the_same_function(function):
    twin = _config.decode(json.loads(json.dumps(_config.encode(function))))
    assert twin == function
    np.testing.assert_array_equal(twin(POINTS), function(POINTS))


def test_functions_are_told_apart_by_their_arguments():
    assert len({repr(function) for function in NAMED.values()}) == len(NAMED)
    for function in WITH_ARGUMENTS.values():
        assert function != NAMED[function.name]


@pytest.mark.parametrize(("make", "message"), [
    (lambda: Relu(-0.1), "relu: negative_slope must be a number. Expected at least 0 and finite, received -0.1"),
    (lambda: Relu(max_value=-1), "relu: max_value must be a number. Expected at least 0"),
    (lambda: Relu(threshold="1"), "relu: threshold must be a number.*received '1'"),
    (lambda: Relu(None), "relu: negative_slope must be a number.*received None"),
    (lambda: LeakyRelu(-0.2), "leaky_relu: negative_slope must be a number"),
    (lambda: Elu(float("nan")), "elu: alpha must be a number"),
    (lambda: Gelu("tanh"), "gelu: approximate must be True or False. Received 'tanh'"),
    (lambda: Softmax(1.5), "softmax: axis must be an integer. Received 1.5"),
    (lambda: Softmax(2)(POINTS), r"softmax: there is no axis 2. Received shape \(1, 6\)"),
    (lambda: Softmax(-3)(POINTS), "softmax: there is no axis -3"),
])
def test_arguments_that_are_none(make, message):
    with pytest.raises(_checks.MinicnnError, match=message):
        make()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_minus_infinity_is_nothing_on_the_left_of_a_relu(dtype):
    x = np.array([-np.inf, np.inf], dtype)
    for function in (activations.relu, Relu(threshold=1), Relu(max_value=np.finfo(dtype).max)):
        assert function(x)[0] == 0
