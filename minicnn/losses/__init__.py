"""Losses: what training makes small. Names, defaults and reductions are those of Keras 3.

A loss gives one value for each row of the outputs, the mean of which is reported, and for each row the
gradient and the diagonal curvature with respect to the outputs, not yet divided by the number of rows.

Labels may be class numbers (N,) or one-hot rows (N, U) wherever a loss asks for classes.
"""

from collections.abc import Callable

from minicnn import _checks
from minicnn._types import Array
from minicnn.losses.base import EPSILON, Loss, OfEachNumber
from minicnn.losses.binary import BinaryCrossentropy, Hinge
from minicnn.losses.crossentropy import CategoricalCrossentropy, SparseCategoricalCrossentropy, log_softmax
from minicnn.losses.functions import (
    FUNCTIONS,
    binary_crossentropy,
    categorical_crossentropy,
    hinge,
    huber,
    mean_absolute_error,
    mean_squared_error,
    sparse_categorical_crossentropy,
)
from minicnn.losses.penalties import PenaltyMAP, PenaltyMLE
from minicnn.losses.regression import Huber, MeanAbsoluteError, MeanSquaredError
from minicnn.losses.targets import check_classes, check_labels_or_one_hot, class_numbers, like_outputs, one_hot

__all__ = [
    "EPSILON", "BinaryCrossentropy", "CategoricalCrossentropy", "Hinge", "Huber", "Loss", "MeanAbsoluteError",
    "MeanSquaredError", "OfEachNumber", "PenaltyMAP", "PenaltyMLE", "SparseCategoricalCrossentropy",
    "binary_crossentropy", "categorical_crossentropy", "check_classes", "check_labels_or_one_hot", "class_numbers",
    "get", "hinge", "huber", "like_outputs", "log_softmax", "mean_absolute_error", "mean_squared_error", "one_hot",
    "sparse_categorical_crossentropy",
]

_BY_NAME: dict[str, type[Loss]] = {
    loss.name: loss for loss in (MeanSquaredError, MeanAbsoluteError, Huber, BinaryCrossentropy, Hinge,
                                 CategoricalCrossentropy, SparseCategoricalCrossentropy, PenaltyMLE, PenaltyMAP)
}
_BY_NAME |= {"mse": MeanSquaredError, "mae": MeanAbsoluteError, "bce": BinaryCrossentropy}
# Keras's other names, not listed in errors: short ones in capitals, and those of the classes.
_ALIASES = {"MSE": "mse", "MAE": "mae", "BCE": "bce", **{loss.__name__: loss.name for loss in _BY_NAME.values()}}


def get(identifier: str | Loss | Callable[..., Array]) -> Loss:
    """A loss from its name, from the function of that name here, or itself."""
    if isinstance(identifier, Loss):
        return identifier
    if identifier in FUNCTIONS:
        return _BY_NAME[identifier.__name__]()
    name = _ALIASES.get(identifier, identifier) if isinstance(identifier, str) else identifier
    return _checks.named("loss", name, _BY_NAME)()
