"""Helpers under the names by which Keras listings import them."""

import gc
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn import _checks
from minicnn._random import set_random_seed
from minicnn._types import Array
from minicnn.datasets._directory import image_dataset_from_directory
from minicnn.layers.naming import forget_names
from minicnn.losses import check_classes
from minicnn.visualize import architecture, drawing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["clear_session", "image_dataset_from_directory", "plot_model", "set_random_seed", "to_categorical"]


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


def plot_model(model: Any, to_file: str | os.PathLike[str] | None = "model.png", show_shapes: bool = False,
               show_dtype: bool = False, show_layer_names: bool = False, rankdir: str = "TB",
               expand_nested: bool = False, dpi: float = 200, show_layer_activations: bool = False,
               show_trainable: bool = False) -> "Figure":
    """Draw a model as boxes and arrows, by `minicnn.visualize.architecture`; neither pydot nor graphviz is needed.

    to_file: a ``.png``, ``.svg`` or ``.pdf`` file, or None for none. dpi: pixels of an inch, in a PNG.
    show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable: what stands in the boxes beside
        the class of a layer. Shapes are those of the outputs, without the batch axis.
    rankdir: "TB" (from top to bottom) or "LR" (from left to right).
    expand_nested: draw models that are layers with their inside.

    Returns the figure; as the last value of a notebook's cell it is shown.
    """
    directions = {"TB": "down", "LR": "right"}
    if rankdir not in directions:
        raise _checks.error("plot_model", "unknown rankdir", "'TB' or 'LR'", repr(rankdir))
    dpi = _checks.number(dpi, "dpi", "plot_model", above=0)
    figure = architecture(model, names=show_layer_names, shapes=show_shapes, parameters=False, dtypes=show_dtype,
                          activations=show_layer_activations, trainable=show_trainable, nested=expand_nested,
                          direction=directions[rankdir])
    if to_file is not None:
        drawing.write(figure, to_file, dpi)
    return figure
