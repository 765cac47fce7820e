"""The picture of activation functions, read back."""

import numpy as np
import pytest

from minicnn import activations
from minicnn._checks import MinicnnError
from minicnn.visualize import activation_functions, functions


def lines(axes):
    return {line.get_label(): line for line in axes.lines}


def test_all_functions_are_drawn(axes_of):
    axes = axes_of(activation_functions())
    known = {function.name for function in vars(activations).values()
             if isinstance(function, activations.ActivationFunction)}
    assert set(axes) == known == set(functions.ALL)
    assert len(axes) == 13


@pytest.mark.parametrize("name", [name for name in functions.ALL if name != "softmax"])
def test_curves_are_the_function_and_its_slope(name, axes_of):
    drawn, function = lines(axes_of(activation_functions(name))[name]), activations.get(name)
    x = drawn["f"].get_xdata()
    np.testing.assert_array_equal(drawn["f"].get_ydata(), function(x))
    slope = drawn["derivative"].get_ydata()
    there = ~np.isnan(slope) & (np.abs(x) > 0.02)  # kinks are at 0
    assert there.sum() > 790
    numeric = (function(x + 1e-6) - function(x - 1e-6)) / 2e-6
    np.testing.assert_allclose(slope[there], numeric[there], atol=1e-6)


def test_a_softmax_is_that_of_two_numbers(axes_of, texts_of):
    figure = activation_functions("softmax")
    drawn = lines(axes_of(figure)["softmax"])
    x = drawn["f"].get_xdata()
    np.testing.assert_allclose(drawn["f"].get_ydata(), activations.sigmoid(x), atol=1e-15)
    np.testing.assert_allclose(drawn["derivative"].get_ydata(), activations.sigmoid(x) * activations.sigmoid(-x),
                               atol=1e-15)
    assert "softmax of (x, 0)" in texts_of(figure)


def test_a_jump_of_the_derivative_is_not_drawn_as_a_line(axes_of):
    slope = lines(axes_of(activation_functions("relu"))["relu"])["derivative"].get_ydata()
    assert np.isnan(slope).sum() == 1
    assert set(slope[~np.isnan(slope)]) == {0.0, 1.0}


def test_lecuns_places_are_those_of_the_extrema(axes_of):
    drawn = lines(axes_of(activation_functions("scaled_tanh"))["scaled_tanh"])["extrema"]
    x = np.linspace(-4, 4, 80001)
    second = np.gradient(activations.scaled_tanh.slope(x, activations.scaled_tanh(x)), x)
    np.testing.assert_allclose(drawn.get_xdata(), [x[second.argmax()], x[second.argmin()]], atol=2e-4)
    np.testing.assert_allclose(drawn.get_xdata(), [-1, 1], atol=0.02)
    np.testing.assert_allclose(drawn.get_ydata(), [-1, 1], atol=0.02)


@pytest.mark.parametrize("names", [None, "scaled_tanh", ["relu", activations.Relu(max_value=2.0)],
                                   activations.LeakyRelu(0.5), ["gelu", "silu", "elu", "selu", "tanh"]])
def test_texts_are_legible(names, legible):
    legible(activation_functions(names))


def test_a_picture_is_written(tmp_path):
    activation_functions("tanh", save=tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 1000


@pytest.mark.parametrize(("names", "message"), [
    ("rellu", "activation 'rellu': no such name is known.*Did you mean 'relu'"), ([], "there is nothing to draw"),
])
def test_what_is_refused(names, message):
    with pytest.raises(MinicnnError, match=message):
        activation_functions(names)
