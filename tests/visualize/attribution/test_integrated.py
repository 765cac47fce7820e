"""Integrated gradients: they add up, and to what."""

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.applications import LeNet5
from minicnn.layers import Add, Conv2D, Dense, Flatten, MaxPooling2D
from minicnn.models import Input, Model, Sequential
from minicnn.visualize import gradient_x_input, integrated_gradients

RNG = np.random.default_rng(8)


@pytest.fixture(scope="module")
def smooth():
    return Sequential([Input((6, 6, 2)), Conv2D(4, 3, activation="tanh"), Flatten(), Dense(5, activation="tanh"),
                       Dense(3, activation="softmax")]).astype("float64")


X = RNG.normal(size=(3, 6, 6, 2))


def score(model, x, target):
    values = model.activations(x)
    name = next(name for name in reversed(values) if name.endswith("/pre"))
    return values[name][:, target]


def test_the_parts_add_up_to_the_difference_of_scores(smooth):
    baseline = RNG.normal(size=(6, 6, 2))
    result = integrated_gradients(smooth, X, 1, baseline, steps=40)
    expected = score(smooth, X, 1) - score(smooth, baseline[None], 1)
    np.testing.assert_allclose(result.attributions.sum(axis=(1, 2, 3)), expected, rtol=1e-6)
    np.testing.assert_allclose(result.completeness.differences, expected, rtol=1e-12)
    np.testing.assert_allclose(result.completeness.sums, expected, rtol=1e-6)
    np.testing.assert_array_equal(result.completeness.errors,
                                  result.completeness.sums - result.completeness.differences)


def test_few_steps_leave_an_error_and_it_is_reported(smooth):
    few = integrated_gradients(smooth, X, 1, steps=2)
    many = integrated_gradients(smooth, X, 1, steps=30)
    assert np.abs(few.completeness.errors).max() > 1e3 * np.abs(many.completeness.errors).max()
    expected = few.attributions.sum(axis=(1, 2, 3)) - score(smooth, X, 1) + score(smooth, 0 * X[:1], 1)
    np.testing.assert_allclose(few.completeness.errors, expected, rtol=1e-9)


def test_with_relus_the_error_falls_with_the_steps():
    model = Sequential([Input((6, 6, 2)), Conv2D(4, 3, activation="relu"), MaxPooling2D(2), Flatten(),
                        Dense(3, activation="softmax")]).astype("float64")
    # From another image: on the way from 0, where there is no bias, no ReLU changes its mind.
    errors = [np.abs(integrated_gradients(model, X, 0, -X[::-1], steps).completeness.errors).mean()
              for steps in (4, 150)]
    assert errors[1] < errors[0] / 10


def test_a_linear_network_needs_one_step():
    model = Sequential([Input((4, 4, 1)), Conv2D(2, 3), Flatten(), Dense(3)]).astype("float64")
    x = RNG.normal(size=(2, 4, 4, 1))
    one = integrated_gradients(model, x, 2, steps=1)
    np.testing.assert_allclose(one.attributions, gradient_x_input(model, x, 2), rtol=1e-12)
    np.testing.assert_allclose(one.completeness.errors, 0, atol=1e-12)


def test_batches_cut_anywhere_change_nothing(smooth):
    whole = integrated_gradients(smooth, X, [0, 1, 2], steps=7)
    cut = integrated_gradients(smooth, X, [0, 1, 2], steps=7, batch_size=4)
    np.testing.assert_allclose(cut.attributions, whole.attributions, rtol=1e-10, atol=1e-14)
    alone = integrated_gradients(smooth, X[1], 1, steps=7)
    np.testing.assert_allclose(alone.attributions, whole.attributions[1:2], rtol=1e-10, atol=1e-14)


def test_the_class_is_the_answer_to_the_image_all_the_way(smooth):
    result = integrated_gradients(smooth, X)
    assert result.classes.tolist() == smooth.predict_classes(X).tolist()
    np.testing.assert_array_equal(result.attributions, integrated_gradients(smooth, X, result.classes).attributions)


def test_a_baseline_is_a_number_an_image_or_a_batch(smooth):
    attributions = [integrated_gradients(smooth, X, 0, baseline, steps=5).attributions for baseline in (
        0.5, np.full((6, 6, 2), 0.5), np.full((1, 6, 6, 2), 0.5), np.full(X.shape, 0.5))]
    for other in attributions[1:]:
        np.testing.assert_array_equal(other, attributions[0])
    np.testing.assert_array_equal(integrated_gradients(smooth, X, 0).attributions,
                                  integrated_gradients(smooth, X, 0, 0.0).attributions)
    assert not integrated_gradients(smooth, X, 0, X).attributions.any()


def test_penalties_add_up_too():
    model = LeNet5().astype("float64")
    x = RNG.uniform(-0.1, 1.175, (1, 32, 32, 1))
    result = integrated_gradients(model, x, 4, -0.1, steps=60)
    expected = model.predict(np.full_like(x, -0.1), verbose=0)[0, 4] - model.predict(x, verbose=0)[0, 4]
    np.testing.assert_allclose(result.completeness.differences, expected, rtol=1e-12)
    np.testing.assert_allclose(result.completeness.sums, expected, rtol=1e-6)


def test_several_inputs_add_up_together():
    a, b = Input((4, 4, 1), dtype="float64"), Input((3,), dtype="float64")
    model = Model([a, b], Add()([Dense(2, activation="tanh")(Flatten()(a)), Dense(2, activation="tanh")(b)]))
    model = model.astype("float64")
    x = [RNG.normal(size=(2, 4, 4, 1)), RNG.normal(size=(2, 3))]
    result = integrated_gradients(model, x, 1, [0.0, 1.0])
    expected = model.predict(x, verbose=0)[:, 1] - model.predict([0 * x[0], 0 * x[1] + 1], verbose=0)[:, 1]
    assert [part.shape for part in result.attributions] == [(2, 4, 4, 1), (2, 3)]
    sums = sum(part.reshape(2, -1).sum(axis=1) for part in result.attributions)
    np.testing.assert_allclose(sums, expected, rtol=1e-9)


def test_completeness_prints_a_line_for_each_image(smooth):
    result = integrated_gradients(smooth, X, 1)
    header, *lines = str(result.completeness).splitlines()
    assert header.split("  ")[0] == "image"
    assert [line.split()[0] for line in lines] == ["0", "1", "2"]
    assert f"{result.completeness.differences[2]:.4f}" in lines[2]


def test_wrong_use(smooth):
    where = r"visualize\.integrated_gradients"
    with pytest.raises(MinicnnError, match=rf"{where}: the baseline does not fit the images.*received shape \(5, 6\)"):
        integrated_gradients(smooth, X, 0, np.zeros((5, 6)))
    with pytest.raises(MinicnnError, match=rf"{where}: baseline: 1 of 1 values are not finite"):
        integrated_gradients(smooth, X, 0, np.nan)
    with pytest.raises(MinicnnError, match=rf"{where}: steps must be an integer.*received 0"):
        integrated_gradients(smooth, X, 0, steps=0)
    with pytest.raises(MinicnnError, match=rf"{where}: target is out of range"):
        integrated_gradients(smooth, X, 3)
