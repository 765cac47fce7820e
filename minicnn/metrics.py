"""Metrics: figures for people, computed from targets and scores (the largest wins)."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from minicnn import _checks
from minicnn._config import Configurable
from minicnn._types import Array
from minicnn.losses import MeanAbsoluteError, MeanSquaredError, class_numbers, like_outputs

Metric: TypeAlias = Callable[[Array, Array], Array]
"""(targets, scores) -> one value for each row, the mean of which is reported."""


def accuracy(y_true: Array, scores: Array) -> Array:
    """1 where the answer is right. By the number of outputs `binary_accuracy` of one, `categorical_accuracy` of more,
    as Keras chooses."""
    return (binary_accuracy if scores.shape[-1] == 1 else categorical_accuracy)(y_true, scores)


def categorical_accuracy(y_true: Array, scores: Array) -> Array:
    """1 where the largest of the scores (N, U) is that of the right class, which comes as class numbers (N,) or (N, 1),
    or as rows (N, U) in which it is the largest."""
    return np.asarray(scores.argmax(axis=-1) == class_numbers(y_true, scores.shape[1:]), np.float64)


def binary_accuracy(y_true: Array, scores: Array, threshold: float = 0.5) -> Array:
    """The fraction of a row's outputs that are right: above the threshold an output answers 1, else 0.

    y_true: shaped like the scores; (N,) for (N, 1) will do. What is neither 0 nor 1 is never answered rightly.
    """
    right = (scores > threshold) == like_outputs(y_true, scores, "metric 'binary_accuracy'")
    return np.asarray(right.mean(axis=-1), np.float64)


def mean_squared_error(y_true: Array, scores: Array) -> Array:
    """The mean of a row's squared errors. (As for all metrics, penalties come with their sign turned.)"""
    return MeanSquaredError().values(y_true, scores)


def mean_absolute_error(y_true: Array, scores: Array) -> Array:
    """The mean of a row's absolute errors. (As for all metrics, penalties come with their sign turned.)"""
    return MeanAbsoluteError().values(y_true, scores)


class TopK(Configurable):
    """1 where the right class is among the ``k`` largest scores (Keras's top-k categorical accuracy, for class
    numbers or one-hot rows). A score equal to that of the k-th counts as among them, as in Keras."""

    def __init__(self, k: int = 5, name: str = "top_k_categorical_accuracy") -> None:
        self.k = _checks.integer(k, "k", "TopK")
        self.name = self.__name__ = name

    def __call__(self, y_true: Array, scores: Array) -> Array:
        right = np.take_along_axis(scores, class_numbers(y_true, scores.shape[1:])[:, None], axis=-1)
        return np.asarray((scores > right).sum(axis=-1) < self.k, np.float64)


def confusion_matrix(truth: Array, answers: Array, classes: int) -> Array:
    """(classes, classes) counts: row = truth, column = answer."""
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (truth, answers), 1)
    return counts


_top_5 = TopK()
_BY_NAME: dict[str, Metric] = {
    "accuracy": accuracy, "acc": accuracy, "categorical_accuracy": categorical_accuracy,
    "sparse_categorical_accuracy": categorical_accuracy, "binary_accuracy": binary_accuracy,
    "top_k_categorical_accuracy": _top_5, "sparse_top_k_categorical_accuracy": _top_5,
    "mean_squared_error": mean_squared_error, "mse": mean_squared_error,
    "mean_absolute_error": mean_absolute_error, "mae": mean_absolute_error,
}
# Keras's other names, not listed in errors: short ones in capitals, and those of the classes.
_ALIASES = {
    "MSE": "mse", "MAE": "mae", "MeanSquaredError": "mse", "MeanAbsoluteError": "mae",
    "BinaryAccuracy": "binary_accuracy", "CategoricalAccuracy": "categorical_accuracy",
    "SparseCategoricalAccuracy": "sparse_categorical_accuracy",
    "TopKCategoricalAccuracy": "top_k_categorical_accuracy",
    "SparseTopKCategoricalAccuracy": "sparse_top_k_categorical_accuracy",
}


def get(identifier: str | Metric) -> tuple[str, Metric]:
    """(name, function) of a metric, from its name or a function (targets, scores) -> values per row.

    The name is that under which the figures are reported: as it was written, as in Keras.
    """
    if callable(identifier):
        return getattr(identifier, "__name__", "metric"), identifier
    name = _ALIASES.get(identifier, identifier) if isinstance(identifier, str) else identifier
    return identifier, _checks.named("metric", name, _BY_NAME)


def is_named(name: str, metric: Metric) -> bool:
    """Whether a metric is known here by this name (and so can be written into a file)."""
    return _BY_NAME.get(_ALIASES.get(name, name)) is metric
