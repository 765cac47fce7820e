"""evaluate, predict and train_on_batch: forms of what they return, batches, kinds of outputs."""

import numpy as np
import pytest

from minicnn import Input, Sequential
from minicnn.layers import Conv2D, Dense
from minicnn.losses import MeanSquaredError
from minicnn.optimizers import SGD


def test_evaluate_gives_a_list_a_dict_or_a_number(compiled, data):
    x, y = data
    loss, accuracy = compiled().evaluate(x, y, verbose=0)
    assert (type(loss), type(accuracy)) == (float, float)
    model = compiled()
    as_list = model.evaluate(x, y, verbose=0)
    assert model.evaluate(x, y, verbose=0, return_dict=True) == {"accuracy": as_list[1], "loss": as_list[0]}
    assert type(compiled(metrics=()).evaluate(x, y, verbose=0)) is float


def test_train_on_batch_gives_the_same_forms_from_before_the_step(compiled, data):
    x, y = data
    model = compiled()
    before = model.evaluate(x, y, verbose=0)
    assert model.train_on_batch(x, y) == pytest.approx(before, rel=1e-6)
    before = model.evaluate(x, y, verbose=0, return_dict=True)
    assert model.train_on_batch(x, y, return_dict=True) == pytest.approx(before, rel=1e-6)
    assert model.evaluate(x, y, verbose=0, return_dict=True) != before
    assert type(compiled(metrics=()).train_on_batch(x, y)) is float


@pytest.mark.parametrize("size", [1, 3, 7, 20, 99, None])
def test_batches_weigh_by_their_rows(compiled, data, size):
    x, y = data
    model = compiled(dtype="float64")
    probabilities = model.predict(x, verbose=0)
    loss, accuracy = model.evaluate(x, y, batch_size=size, verbose=0)
    assert loss == pytest.approx(-np.log(probabilities[np.arange(20), y]).mean(), rel=1e-9)
    assert accuracy == pytest.approx((probabilities.argmax(axis=1) == y).mean(), rel=1e-12)


@pytest.mark.parametrize("size", [1, 3, 7, 19, 20, None])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("float64", 1e-13)])
def test_predicting_in_batches_is_predicting_at_once(make, data, size, dtype, tolerance):
    model = make(dtype=dtype)
    at_once = model.predict(data[0], batch_size=20, verbose=0)
    assert at_once.shape == (20, 3)
    assert at_once.dtype == dtype
    np.testing.assert_allclose(model.predict(data[0], batch_size=size, verbose=0), at_once, rtol=tolerance)


def test_predicting_is_calling_the_model(make, data):
    model = make()
    np.testing.assert_allclose(model.predict(data[0], verbose=0), model(data[0]), rtol=1e-6)


def test_the_class_of_scores_is_the_largest(make, data):
    model = make()
    np.testing.assert_array_equal(model.predict_classes(data[0]), model.predict(data[0], verbose=0).argmax(axis=1))


def test_the_class_of_penalties_is_the_smallest(penalties, data):
    model = penalties()
    y = model.predict(data[0], verbose=0)
    np.testing.assert_array_equal(model.predict_classes(data[0], batch_size=3), y.argmin(axis=1))
    assert (y.argmin(axis=1) != y.argmax(axis=1)).all()
    np.testing.assert_array_equal(model.scores(y), -y)


def test_accuracy_counts_the_class(penalties, compiled, data):
    x, y = data
    model = penalties()
    model.compile("sgd", "penalty_mle", metrics=["accuracy"])
    right = (model.predict_classes(x) == y).mean()
    assert model.evaluate(x, y, verbose=0)[1] == pytest.approx(right)
    assert model.evaluate(x, np.eye(3)[y], verbose=0)[1] == pytest.approx(right)


def test_outputs_that_are_images(rng):
    """The loss is the mean over rows and positions, as Keras has it, and the step goes down its gradient."""
    x, y = rng.random((5, 6, 6, 1)), rng.random((5, 4, 4, 2))
    model = Sequential([Input((6, 6, 1), dtype="float64"), Conv2D(2, 3, dtype="float64")])
    model.compile(SGD(0.01), "mse")
    error = model.predict(x, verbose=0) - y
    assert model.evaluate(x, y, batch_size=2, verbose=0) == pytest.approx(np.square(error).mean(), rel=1e-12)
    bias = model.get_weights()[1]
    model.train_on_batch(x, y)
    step = -0.01 * 2 * error.sum(axis=(0, 1, 2)) / error.size
    np.testing.assert_allclose(model.get_weights()[1] - bias, step, rtol=1e-9)


def test_the_loss_itself_says_the_same(compiled, data):
    x, y = data
    model = compiled(loss="mse", metrics=())
    targets = np.eye(3)[y]
    assert model.evaluate(x, targets, verbose=0) == pytest.approx(
        MeanSquaredError()(targets, model.predict(x, verbose=0)), rel=1e-6)


def test_metrics_of_ones_own(compiled, data):
    def margin(y_true, scores):
        return np.sort(scores, axis=-1)[:, -1] - np.sort(scores, axis=-1)[:, -2]

    x, y = data
    model = compiled(metrics=["accuracy", margin])
    p = np.sort(model.predict(x, verbose=0), axis=1)
    figures = model.evaluate(x, y, verbose=0, batch_size=3, return_dict=True)
    assert list(figures) == ["accuracy", "loss", "margin"]
    assert figures["margin"] == pytest.approx((p[:, -1] - p[:, -2]).mean(), rel=1e-5)
    assert "val_margin" in model.fit(x, y, verbose=0, validation_data=(x, y)).history


def test_one_output_answers_by_one_half():
    model = Sequential([Input((1,)), Dense(1, "sigmoid", kernel_initializer="ones")])
    model.compile("sgd", "mse", metrics=["accuracy"])
    assert model.evaluate([[-2], [-1], [1], [2]], [[0], [1], [1], [1]], verbose=0)[1] == 0.75


def test_lists_are_data(compiled, data):
    x, y = data
    model = compiled()
    np.testing.assert_array_equal(model.predict(x[:3].tolist(), verbose=0), model.predict(x[:3], verbose=0))
    assert model.evaluate(x.tolist(), y.tolist(), verbose=0) == model.evaluate(x, y, verbose=0)
