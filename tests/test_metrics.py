"""Metrics: by hand, by name, and how accuracy tells its targets."""

import numpy as np
import pytest

from minicnn import _checks, metrics

SCORES = np.array([[0.1, 0.7, 0.2], [0.6, 0.6, 0.1], [0.2, 0.3, 0.5]])


@pytest.mark.parametrize("targets", [[1, 1, 2], [[1], [1], [2]], np.eye(3)[[1, 1, 2]], [1.0, 1.0, 2.0]])
@pytest.mark.parametrize("name", ["accuracy", "acc", "categorical_accuracy", "sparse_categorical_accuracy"])
def test_accuracy_of_classes(name, targets):
    # Of two equal scores the first answers.
    assert metrics.get(name)[1](np.array(targets), SCORES).tolist() == [1, 0, 1]


@pytest.mark.parametrize("targets", [[0, 1, 1], [[0], [1], [1]], [False, True, True], [0.0, 1.0, 1.0]])
@pytest.mark.parametrize("name", ["accuracy", "binary_accuracy"])
def test_accuracy_of_one_output(name, targets):
    # One half is not above one half.
    assert metrics.get(name)[1](np.array(targets), np.array([[0.2], [0.5], [0.6]])).tolist() == [1, 0, 1]


def test_binary_accuracy_of_several_outputs_is_their_fraction():
    targets = np.array([[0, 1, 0], [1, 1, 1], [1, 1, 0]])
    np.testing.assert_allclose(metrics.binary_accuracy(targets, SCORES), [1, 2 / 3, 1 / 3])
    np.testing.assert_allclose(metrics.binary_accuracy(targets, SCORES, threshold=0.25), [1, 2 / 3, 1 / 3])


def test_what_is_no_answer_is_never_right():
    assert metrics.binary_accuracy(np.array([-1, 0.9, 1]), np.array([[0.2], [0.9], [0.9]])).tolist() == [0, 0, 1]


def test_accuracy_of_each_pixel():
    scores = np.random.default_rng(0).random((2, 3, 4, 4))  # as many classes as columns: shapes must not confuse
    labels = np.random.default_rng(1).integers(0, 4, (2, 3, 4))
    expected = scores.argmax(axis=-1) == labels
    np.testing.assert_array_equal(metrics.accuracy(labels, scores), expected)
    np.testing.assert_array_equal(metrics.accuracy(labels[..., None], scores), expected)
    np.testing.assert_array_equal(metrics.accuracy(np.eye(4)[labels], scores), expected)


def test_errors_by_hand():
    targets = np.array([[0, 0.7, 0.4], [0.6, 0.6, 1.1], [1.2, 0.3, 0.5]])
    np.testing.assert_allclose(metrics.mean_squared_error(targets, SCORES), [0.05 / 3, 1 / 3, 1 / 3])
    np.testing.assert_allclose(metrics.mean_absolute_error(targets, SCORES), [0.1, 1 / 3, 1 / 3])


def test_targets_are_never_spread():
    for name in ("mse", "mae", "binary_accuracy"):
        with pytest.raises(_checks.MinicnnError, match="targets do not fit the outputs"):
            metrics.get(name)[1](np.array([1, 1, 2]), SCORES)


@pytest.mark.parametrize("name", [*metrics._BY_NAME, *metrics._ALIASES])
def test_a_metric_is_reported_under_the_name_it_was_asked_by(name):
    found, metric = metrics.get(name)
    assert found == name
    assert metric in metrics._BY_NAME.values()
    assert metrics.is_named(name, metric)
    assert not metrics.is_named(name, np.mean)


def test_names_of_one_metric():
    for one, other in (("mse", "mean_squared_error"), ("MSE", "MeanSquaredError"), ("mae", "MAE"), ("mse", "MSE"),
                       ("BinaryAccuracy", "binary_accuracy")):
        assert metrics.get(one)[1] is metrics.get(other)[1]


def test_an_unknown_name():
    with pytest.raises(_checks.MinicnnError, match=r"metric 'binary_acuracy'.*Did you mean 'binary_accuracy'"):
        metrics.get("binary_acuracy")
