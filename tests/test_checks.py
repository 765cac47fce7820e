"""The one place that words errors, and what it accepts."""

import re

import numpy as np
import pytest

from minicnn import MinicnnError, _checks
from minicnn.layers import BatchNormalization, Conv2D, Dense
from minicnn.losses import BinaryCrossentropy
from minicnn.optimizers import SGD
from minicnn.schedules import ExponentialDecay


def test_an_error_says_where_what_expected_received_and_cure():
    told = str(_checks.error("Conv2D 'c'", "filters must divide", "a multiple of 4", 6, "Take 8."))
    assert told == "Conv2D 'c': filters must divide. Expected a multiple of 4, received 6. Take 8."


@pytest.mark.parametrize(("arguments", "text"), [
    ({}, "w: it broke."),
    ({"expected": 1}, "w: it broke. Expected 1."),
    ({"received": 0}, "w: it broke. Received 0."),
    ({"cure": "Mend it."}, "w: it broke. Mend it."),
    ({"expected": "a", "received": "a sentence."}, "w: it broke. Expected a, received a sentence."),
])
def test_parts_that_are_not_known_are_left_out(arguments, text):
    assert str(_checks.error("w", "it broke.", **arguments)) == text


def test_the_error_is_a_value_error():
    assert issubclass(MinicnnError, ValueError)


@pytest.mark.parametrize("value", [1, np.int64(1), np.uint8(1)])
def test_integer_accepts_what_counts(value):
    number = _checks.integer(value, "n", "w")
    assert number == 1
    assert type(number) is int


@pytest.mark.parametrize("value", [0, -1, True, 1.0, "1", None, [1], np.nan, np.array([1, 2])])
def test_integer_refuses_all_else(value):
    with pytest.raises(MinicnnError, match=r"w: n must be an integer. Expected at least 1, received "):
        _checks.integer(value, "n", "w")


def test_integer_has_the_minimum_that_is_asked_for():
    assert _checks.integer(0, "n", "w", minimum=0) == 0
    with pytest.raises(MinicnnError, match=r"at least 5, received 4"):
        _checks.integer(4, "n", "w", minimum=5)


@pytest.mark.parametrize(("value", "pair"), [(3, (3, 3)), ((3, 5), (3, 5)), ([1, 2], (1, 2)), (np.int32(2), (2, 2))])
def test_pair(value, pair):
    assert _checks.pair(value, "n", "w") == pair


@pytest.mark.parametrize(("value", "told"), [
    ((1, 2, 3), r"one integer or two \(height, width\). Received \(1, 2, 3\)"), ((), "one integer or two"),
    ((1, 0), "at least 1, received 0"), ("33", "received '33'"), (None, "received None"), ((1, True), "received True")])
def test_pair_refuses(value, told):
    with pytest.raises(MinicnnError, match=f"w: n must be .*{told}"):
        _checks.pair(value, "n", "w")


@pytest.mark.parametrize("value", [0, 0.5, np.float32(0.5), np.int8(0)])
def test_number_accepts(value):
    number = _checks.number(value, "n", "w", minimum=0, below=1)
    assert number == value
    assert type(number) is float


@pytest.mark.parametrize("value", [-0.1, 1, np.nan, np.inf, -np.inf, True, "0.5", None, [0.5]])
def test_number_refuses(value):
    with pytest.raises(MinicnnError, match=r"w: n must be a number. Expected at least 0 and below 1, received "):
        _checks.number(value, "n", "w", minimum=0, below=1)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_number_without_limits_is_still_finite(value):
    assert _checks.number(-1e300, "n", "w") == -1e300
    with pytest.raises(MinicnnError, match=f"w: n must be a number. Expected finite, received {value}"):
        _checks.number(value, "n", "w")


@pytest.mark.parametrize("value", [0, -1, np.nan, np.inf, True, "1"])
def test_a_number_above_a_limit(value):
    assert _checks.number(5e-324, "n", "w", above=0) == 5e-324
    with pytest.raises(MinicnnError, match=r"w: n must be a number\. Expected above 0 and finite, received "):
        _checks.number(value, "n", "w", above=0)


def test_unknown_names_are_told_the_nearest():
    known = {"relu": 1, "tanh": 2, "sigmoid": 3}
    assert _checks.named("activation", "tanh", known) == 2
    with pytest.raises(MinicnnError, match=r"activation 'Tanhh'.*one of relu, sigmoid, tanh.*Did you mean 'tanh'"):
        _checks.named("activation", "Tanhh", known)
    with pytest.raises(MinicnnError, match=r"activation 'qqq': no such name is known. Expected one of [a-z, ]*\.$"):
        _checks.named("activation", "qqq", known)


@pytest.mark.parametrize("name", [None, 5, ["relu"], {"relu": 1}, np.zeros(3)])
def test_what_is_no_name_is_unknown_too(name):
    with pytest.raises(MinicnnError, match=r"activation .*no such name is known"):
        _checks.named("activation", name, {"relu": 1})


def test_a_class_is_told_to_become_an_object():
    with pytest.raises(MinicnnError, match=r"This is a class; make an object of it: int\(\.\.\.\)"):
        _checks.named("activation", int, {"relu": 1})


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_finite_names_the_first_bad_place(bad, dtype):
    values = np.ones((3, 4), dtype)
    values[1, 2] = values[2, 0] = bad
    with pytest.raises(MinicnnError, match=rf"w: 2 of 12 values are not finite.*received {bad} at index \(1, 2\)"):
        _checks.finite(values, "w")


def test_finite_sees_infinities_that_cancel():
    with pytest.raises(MinicnnError, match=r"2 of 2 values are not finite"):
        _checks.finite(np.array([np.inf, -np.inf]), "w")


@pytest.mark.parametrize("values", [
    np.zeros(3), np.arange(3), np.array([True]), np.zeros((0, 2)), np.float64(1), np.full(9, 1e308),
    np.full(9, 3e38, np.float32), np.full(9, 65504, np.float16)])
def test_finite_accepts_numbers_whose_sum_is_too_large_too(values):
    _checks.finite(np.asarray(values), "w")


@pytest.mark.parametrize("values", [[1, 2], [[1.5]], np.zeros(2, np.uint8), [True, False], (), 3, np.float32(2)])
def test_numeric_accepts(values):
    np.testing.assert_array_equal(_checks.numeric(values, "w"), np.asarray(values))


@pytest.mark.parametrize("values", ["a", ["a", "b"], None, [None], {"a": 1}, [1 + 1j], np.array([object()]),
                                    np.array(["2020-01-01"], "datetime64[D]")])
def test_numeric_refuses_what_is_no_number(values):
    with pytest.raises(MinicnnError, match=r"w: this is not an array of numbers. Expected integers or floats, "):
        _checks.numeric(values, "w")


@pytest.mark.parametrize("values", [[[1, 2], [3]], [[1], 2], [np.zeros(2), np.zeros(3)]])
def test_numeric_refuses_ragged_lists(values):
    with pytest.raises(MinicnnError, match=r"w: this is not an array. Expected rows of equal length"):
        _checks.numeric(values, "w")


@pytest.mark.parametrize("make", [
    lambda value: Conv2D(2, 3, use_bias=value), lambda value: Dense(2, trainable=value),
    lambda value: BatchNormalization(center=value), lambda value: BinaryCrossentropy(from_logits=value),
    lambda value: SGD(0.1, 0.9, nesterov=value), lambda value: ExponentialDecay(0.1, 5, 0.9, staircase=value)])
@pytest.mark.parametrize("value", ["False", None, 2, 0.0, []])
def test_a_flag_is_true_or_false(make, value):
    make(np.True_)
    make(0)
    with pytest.raises(MinicnnError, match=f"must be True or False. Received {re.escape(repr(value))}"):
        make(value)
