"""Update-to-weight ratios, and their figure."""

import numpy as np
import pytest

from minicnn import MinicnnError
from minicnn.layers import Dense
from minicnn.models import Sequential
from minicnn.optimizers import SGD
from minicnn.visualize import update_ratio_curves, update_ratios
from minicnn.visualize.learning.ratio_sheet import spread


def test_by_hand():
    before = {"a/kernel": np.array([[3.0, 0.0]]), "a/bias": np.array([4.0]), "in/b/kernel": np.array([2.0])}
    after = {"a/kernel": np.array([[3.3, 0.4]]), "a/bias": np.array([4.0]), "in/b/kernel": np.array([1.0])}
    assert update_ratios(before, after) == {"a": pytest.approx(0.5 / 5), "in/b": 0.5}


def test_no_ratio_to_nothing():
    ratios = update_ratios({"a/bias": np.zeros(2), "b/bias": np.ones(2)}, {"a/bias": np.ones(2), "b/bias": np.ones(2)})
    assert np.isnan(ratios["a"])
    assert ratios["b"] == 0


def test_of_a_step_of_gradient_descent_it_is_the_gradient_times_the_rate():
    model = Sequential([Dense(3, "softmax", input_shape=(4,), name="a", dtype="float64")])
    model.compile(SGD(0.25), "sparse_categorical_crossentropy")
    x, y = np.eye(4)[:3], [0, 1, 2]
    gradients = np.concatenate([g.ravel() for g in model.loss_gradients(x, y).values()])
    before = {name: value.copy() for name, value in model.params.items()}
    size = np.linalg.norm(np.concatenate([w.ravel() for w in before.values()]))
    model.train_on_batch(x, y)
    assert update_ratios(before, model.params)["a"] == pytest.approx(0.25 * np.linalg.norm(gradients) / size, rel=1e-9)


@pytest.mark.parametrize(("before", "after", "message"), [
    ({}, {}, "before and after are not of one model. Expected some arrays"),
    ({"a/b": [1]}, {"a/c": [1]}, r"not of one model. Expected \['a/b'\], received \['a/c'\]"),
    ({"a/b": [1]}, {"a/b": [1, 2]}, r"update_ratios: a/b: before and after are not of one shape")])
def test_bad_input(before, after, message):
    with pytest.raises(MinicnnError, match=message):
        update_ratios(before, after)


# -- the figure ----------------------------------------------------------------------------------

RATIOS = {"conv1": [2e-3, 1e-3, 9e-4], "conv2": [2e-3, 1.1e-3, 9e-4], "$dense": [0.05, np.nan, 8e-4]}


def test_a_line_for_each_layer_and_one_for_the_rule(axes_of, legible, texts_of):
    figure = update_ratio_curves(RATIOS, first=0, unit="epoch")
    axes = axes_of(figure)["ratios"]
    rule, *lines = axes.lines
    assert set(rule.get_ydata()) == {1e-3}
    for line, (name, ratios) in zip(lines, RATIOS.items(), strict=True):
        assert line.get_label() == name
        np.testing.assert_array_equal(line.get_xydata(), np.c_[[0, 1, 2], ratios])
    assert len({line.get_color() for line in lines}) == 3
    assert axes.get_ylim() == pytest.approx((1e-4, 0.1))
    assert axes.get_xlabel() == "epoch"
    assert {"conv1", "conv2", "$dense", "rule of thumb"} <= set(texts_of(figure))
    legible(figure)


@pytest.mark.parametrize("ratios", [
    {"a": [1e-3]}, {f"layer_{i}": [1e-3, 1e-3] for i in range(40)}, {"a": [1e-9, 1.0], "b": np.full(2000, 0.5)[:2]},
    {"x" * 50: np.geomspace(1e-4, 1, 500)}], ids=["one", "many", "far", "long"])
def test_texts_are_legible(ratios, legible):
    legible(update_ratio_curves(ratios))


@pytest.mark.parametrize("ratios", [{}, {"a": []}, {"a": [0.0]}, {"a": [1.0], "b": [1.0, 2.0]}, {"a": 3.0}])
def test_no_ratios(ratios):
    with pytest.raises(MinicnnError, match=r"visualize\.update_ratio_curves: these are no ratios"):
        update_ratio_curves(ratios)


@pytest.mark.parametrize("heights", [[1.0, 1.0, 1.0], [3.0, 3.0, 3.0, 3.0], [0.0, 0.1, 2.9, 3.0], [1.5]])
def test_names_are_moved_apart_in_their_order(heights):
    named = dict(zip("abcd", heights, strict=False))
    places = spread(named, 0.5, 3.0)
    assert sorted(places) == sorted(named)
    row = [places[name] for name in sorted(named, key=named.get)]
    assert (np.diff(row) >= 0.5 - 1e-12).all()
    assert max(row) <= 3.0
