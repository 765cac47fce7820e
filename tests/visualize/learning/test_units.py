"""Dead and saturated units, on networks computed by hand."""

import numpy as np
import pytest

from minicnn import MinicnnError, activations
from minicnn.layers import Activation, BatchNormalization, Conv2D, Dense, Flatten, ReLU
from minicnn.models import Input, Model, Sequential
from minicnn.visualize import dead_unit_bars, dead_units
from minicnn.visualize.learning.units import DeadUnits


def dense(activation, biases):
    """Units that add these biases to their one input."""
    model = Sequential([Dense(len(biases), activation, input_shape=(1,), name="a", dtype="float64")])
    model.set_weights([np.ones((1, len(biases))), biases])
    return model


def test_a_unit_is_dead_when_no_image_brings_it_above_zero():
    found = dead_units(dense("relu", [0.0, -3.0, -5.0, -2.0]), [[1.0], [2.0], [2.5]])
    assert list(found) == ["a"]
    assert found["a"].kind == "dead"
    assert found["a"].units.tolist() == [0, 1, 1, 0]
    assert found["a"].share == 0.5
    # One more image wakes a unit, in whichever batch it comes.
    assert dead_units(dense("relu", [0.0, -3.0, -5.0]), [[1.0]] * 40 + [[4.0]])["a"].units.tolist() == [0, 0, 1]
    assert dead_units(dense("relu", [0.0, -3.0, -5.0]), [[4.0]] + [[1.0]] * 40)["a"].units.tolist() == [0, 0, 1]


def test_a_channel_is_dead_when_it_is_at_no_position_above_zero():
    model = Sequential([Conv2D(3, 1, activation="relu", input_shape=(2, 2, 1), name="conv"), Flatten()])
    model.set_weights([np.ones((1, 1, 1, 3)), [0.0, -1.0, -2.0]])
    x = np.zeros((2, 2, 2, 1))
    x[1, 0, 1] = 1.5
    assert dead_units(model, x)["conv"].units.tolist() == [0, 0, 1]
    assert dead_units(model, x[0])["conv"].units.tolist() == [1, 1, 1]  # one image


@pytest.mark.parametrize(("activation", "flat"), [
    # Where the slope is 5% of the steepest: tanh'(x) = 1 - y^2; sigmoid' = y (1 - y), steepest 1/4; 1 / (1 + |x|)^2.
    ("tanh", np.arctanh(np.sqrt(0.95))), ("scaled_tanh", 1.5 * np.arctanh(np.sqrt(0.95))),
    ("sigmoid", np.log((1 + np.sqrt(0.95)) / (1 - np.sqrt(0.95)))), ("softsign", np.sqrt(20) - 1)])
def test_a_value_is_saturated_where_the_slope_is_below_a_twentieth(activation, flat):
    x = [[0.99 * flat], [-1.01 * flat], [1.01 * flat], [0.0]]
    found = dead_units(dense(activation, [0.0, 100.0, -1e-9]), x)["a"]
    assert found.kind == "saturated"
    assert found.units.tolist() == [0.5, 1.0, 0.5]
    assert found.share == pytest.approx(2 / 3)


def test_layers_go_by_the_names_of_their_values():
    x = Input((4, 4, 1))
    conv = Conv2D(2, 3, name="conv")
    y = ReLU(name="relu")(BatchNormalization(name="norm")(conv(x)))
    y = Dense(3, "elu", name="elu")(Flatten()(Activation("tanh", name="tanh")(y)))
    found = dead_units(Model(x, Dense(2, "softmax", name="out")(y)), np.ones((2, 4, 4, 1)))
    assert {name: one.kind for name, one in found.items()} == {"relu": "dead", "tanh": "saturated"}


@pytest.mark.parametrize("function", [activations.Relu(negative_slope=0.1), "leaky_relu", "elu", "softmax", None])
def test_functions_that_are_never_flat_are_left_out(function):
    with pytest.raises(MinicnnError, match=r"dead_units: .* no layer has a ReLU, tanh, sigmoid or softsign"):
        dead_units(dense(function, [0.0]), [[1.0]])


def test_a_limited_relu_is_one():
    assert dead_units(dense(activations.Relu(max_value=6), [0.0, -9.0]), [[1.0]])["a"].units.tolist() == [0, 1]


def test_images_that_do_not_fit():
    with pytest.raises(MinicnnError, match=r"dead_units: the data do not fit the model's input"):
        dead_units(dense("relu", [0.0]), np.ones((2, 3)))
    with pytest.raises(MinicnnError, match=r"dead_units: batch_size must be an integer"):
        dead_units(dense("relu", [0.0]), [[1.0]], batch_size=0)


# -- the figure ----------------------------------------------------------------------------------


def test_bars_and_cells(axes_of, texts_of, legible):
    model = Sequential([Dense(300, "relu", input_shape=(2,), name="many"), Dense(4, "tanh", name="few")], name="net")
    x = np.random.default_rng(0).normal(size=(2, 2))
    figure, found = dead_unit_bars(model, x), dead_units(model, x)
    axes = axes_of(figure)
    full, share = axes["share of many"].patches
    assert share.get_width() / full.get_width() == pytest.approx(found["many"].share)
    assert 0 < found["many"].share < 1
    cells = axes["units of many"].images[0].get_array()
    assert cells.shape == (3, 128)
    np.testing.assert_array_equal(cells.compressed(), found["many"].units)
    np.testing.assert_array_equal(axes["units of few"].images[0].get_array()[0], found["few"].units)
    texts = texts_of(figure)
    assert "net: dead and saturated units" in texts
    assert f"{int(found['many'].units.sum())} of 300 dead" in texts
    legible(figure)


def test_a_share_is_a_mean():
    assert DeadUnits("dead", np.array([1.0, 0, 0, 0])).share == 0.25
