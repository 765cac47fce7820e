"""Metrics: figures for people, computed from targets and scores (the largest wins)."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from minicnn import _checks
from minicnn._config import Configurable
from minicnn._types import Array
from minicnn.losses import class_numbers

Metric: TypeAlias = Callable[[Array, Array], Array]
"""(targets, scores) -> one value for each row, the mean of which is reported."""


def accuracy(y_true: Array, scores: Array) -> Array:
    """1 where the answer is right: scores (N, U) against class numbers or one-hot rows.

    With one output (U = 1), a score above one half answers 1, as Keras's binary accuracy does.
    """
    if scores.shape[-1] == 1:
        return np.asarray((scores > 0.5) == (y_true.reshape(scores.shape) > 0.5), np.float64)[..., 0]
    return np.asarray(scores.argmax(axis=-1) == class_numbers(y_true, scores.shape[1:]), np.float64)


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
    "accuracy": accuracy, "acc": accuracy, "categorical_accuracy": accuracy, "sparse_categorical_accuracy": accuracy,
    "binary_accuracy": accuracy, "top_k_categorical_accuracy": _top_5, "sparse_top_k_categorical_accuracy": _top_5,
}


def get(identifier: str | Metric) -> tuple[str, Metric]:
    """(name, function) of a metric, from its name or a function (targets, scores) -> values per row."""
    if callable(identifier):
        return getattr(identifier, "__name__", "metric"), identifier
    return identifier, _checks.named("metric", identifier, _BY_NAME)


def is_named(name: str, metric: Metric) -> bool:
    """Whether a metric is known here by this name (and so can be written into a file)."""
    return _BY_NAME.get(name) is metric
