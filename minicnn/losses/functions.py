"""Losses as functions, the other way in which Keras has them: one value for each row.

`compile(loss=losses.mean_squared_error)` means the same as `compile(loss="mean_squared_error")`.
"""

from typing import Any

import numpy as np

from minicnn import _checks
from minicnn._types import Array
from minicnn.losses.base import Loss
from minicnn.losses.binary import BinaryCrossentropy, Hinge
from minicnn.losses.crossentropy import CategoricalCrossentropy, SparseCategoricalCrossentropy
from minicnn.losses.regression import Huber, MeanAbsoluteError, MeanSquaredError


def _values(loss: Loss, y_true: Any, y_pred: Any) -> Array:
    t, y = _checks.numeric(y_true, str(loss)), _checks.numeric(y_pred, str(loss))
    y = y if y.dtype in (np.float32, np.float64) else y.astype(np.float32)
    loss.check_target(t, y.shape[1:])
    if len(t) != len(y):
        raise _checks.error(str(loss), "y_true and y_pred are not of one length", len(y), len(t))
    return loss.values(t, y)


def mean_squared_error(y_true: Any, y_pred: Any) -> Array:
    """`MeanSquaredError` of each row."""
    return _values(MeanSquaredError(), y_true, y_pred)


def mean_absolute_error(y_true: Any, y_pred: Any) -> Array:
    """`MeanAbsoluteError` of each row."""
    return _values(MeanAbsoluteError(), y_true, y_pred)


def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Array:
    """`Huber` of each row."""
    return _values(Huber(delta), y_true, y_pred)


def binary_crossentropy(y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0) -> Array:
    """`BinaryCrossentropy` of each row."""
    return _values(BinaryCrossentropy(from_logits, label_smoothing), y_true, y_pred)


def hinge(y_true: Any, y_pred: Any) -> Array:
    """`Hinge` of each row."""
    return _values(Hinge(), y_true, y_pred)


def categorical_crossentropy(y_true: Any, y_pred: Any, from_logits: bool = False,
                             label_smoothing: float = 0.0) -> Array:
    """`CategoricalCrossentropy` of each row."""
    return _values(CategoricalCrossentropy(from_logits, label_smoothing), y_true, y_pred)


def sparse_categorical_crossentropy(y_true: Any, y_pred: Any, from_logits: bool = False) -> Array:
    """`SparseCategoricalCrossentropy` of each row."""
    return _values(SparseCategoricalCrossentropy(from_logits), y_true, y_pred)


FUNCTIONS = (mean_squared_error, mean_absolute_error, huber, binary_crossentropy, hinge, categorical_crossentropy,
             sparse_categorical_crossentropy)
