"""Helpers under the names by which Keras listings import them."""

import gc
from typing import Any

import numpy as np

from minicnn import _checks
from minicnn._random import set_random_seed
from minicnn._types import Array
from minicnn.datasets._directory import image_dataset_from_directory
from minicnn.layers.base import forget_names
from minicnn.losses import check_classes

__all__ = ["clear_session", "image_dataset_from_directory", "set_random_seed", "to_categorical"]


def to_categorical(x: Any, num_classes: int | None = None) -> Array:
    """Class numbers of any shape (...) as one-hot rows (..., num_classes), in float64 as Keras gives them.

    >>> to_categorical([0, 2]).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    labels = _checks.numeric(x, "to_categorical")
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    if num_classes is None and not labels.size:
        raise _checks.error("to_categorical", "there are no labels", cure="Give num_classes.")
    classes = max(int(labels.max(initial=0)), 0) + 1 if num_classes is None else num_classes
    classes = _checks.integer(classes, "num_classes", "to_categorical")
    check_classes(labels.reshape(-1), (classes,), "to_categorical")
    return np.eye(classes)[labels.astype(np.int64)]


def clear_session(free_memory: bool = True) -> None:
    """Count automatic names anew, so that the next Conv2D is conv2d again.

    free_memory: also collect models nobody holds any more; layers and graphs refer to one another.
    """
    forget_names()
    if free_memory:
        gc.collect()
