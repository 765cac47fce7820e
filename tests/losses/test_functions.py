"""Losses as functions: the values of the classes, on whatever makes an array; and as the loss of `compile`."""

import re

import numpy as np
import pytest

from minicnn import MinicnnError, losses
from minicnn.losses.functions import FUNCTIONS

ROWS = [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
SCORES = [[0.2, 0.7, 0.1], [0.6, 0.3, 0.1]]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_the_values_are_those_of_the_class(function):
    loss = losses.get(function.__name__)
    t = [1, 0] if "sparse" in function.__name__ else ROWS
    values = function(t, SCORES)
    assert values.dtype == np.float64
    np.testing.assert_array_equal(values, loss.values(np.array(t), np.array(SCORES)))
    assert getattr(losses, function.__name__) is function


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_compile_takes_the_function_for_its_name(function):
    assert type(losses.get(function)) is type(losses.get(function.__name__))


def test_the_arguments_arrive():
    logits = [[2.0, -1.0]]
    assert losses.huber([[0.0, 0.0]], [[3.0, 0.0]], delta=2.0)[0] == pytest.approx((2 * 3 - 2) / 2)
    assert losses.categorical_crossentropy([[1, 0]], logits, from_logits=True)[0] == pytest.approx(np.log1p(np.exp(-3)))
    assert losses.sparse_categorical_crossentropy([0], logits, from_logits=True)[0] == pytest.approx(
        np.log1p(np.exp(-3)))
    smooth = losses.categorical_crossentropy([[1, 0]], [[0.8, 0.2]], label_smoothing=0.2)[0]
    assert smooth == pytest.approx(-0.9 * np.log(0.8) - 0.1 * np.log(0.2))
    smooth = losses.binary_crossentropy([[1]], [[0.0]], from_logits=True, label_smoothing=0.2)[0]
    assert smooth == pytest.approx(np.log(2))


@pytest.mark.parametrize(("t", "y", "told"), [
    ([[0.0, 1.0]], SCORES, "loss 'mean_squared_error': "),
    (ROWS[:1], SCORES, "y_true and y_pred are not of one length. Expected 2, received 1"),
    ("ab", SCORES, "this is not an array of numbers"), (ROWS, [[1], [2, 3]], "this is not an array. Expected rows of")])
def test_what_does_not_fit_is_refused(t, y, told):
    with pytest.raises(MinicnnError, match=re.escape(told)):
        losses.mean_squared_error(t, y)


def test_a_function_of_ones_own_is_no_loss():
    with pytest.raises(MinicnnError, match=r"loss <function .*no such name is known"):
        losses.get(lambda t, y: t - y)
