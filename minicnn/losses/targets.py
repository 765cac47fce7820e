"""Targets: class numbers or rows, and the words for those that do not fit."""

import numpy as np

from minicnn import _checks
from minicnn._types import Array, Shape


def like_outputs(y_true: Array, y_pred: Array, where: str) -> Array:
    """The targets shaped and typed like the outputs; (N,) is taken for (N, 1), as in Keras."""
    check_shape(y_true, y_pred.shape[1:], where, column=True)
    if len(y_true) != len(y_pred):
        raise _checks.error(where, "targets and outputs are not of one length", f"{len(y_pred)} rows", f"{len(y_true)}")
    return y_true.reshape(y_pred.shape).astype(y_pred.dtype, copy=False)


def check_shape(y_true: Array, output_shape: Shape, where: str, column: bool = False) -> None:
    """Refuse targets that are not (N, ...) for outputs of this shape; with ``column``, (N,) is (N, 1)."""
    if y_true.shape[1:] != output_shape and not (column and y_true.ndim == 1 and output_shape == (1,)):
        raise _checks.error(where, "targets do not fit the outputs", f"shape (N, {', '.join(map(str, output_shape))})",
                            f"{y_true.shape}", cure_of_targets(y_true.shape, output_shape))


def check_values(y_true: Array, good: Array, expected: str, where: str, cure: str | None = None) -> None:
    """Refuse targets that are not ``good`` (true or false for each)."""
    if not good.all():
        place = tuple(int(i) for i in np.argwhere(~good)[0])
        raise _checks.error(where, "a target is out of range", expected, f"{y_true[place]} at index {place}", cure)


def class_numbers(y_true: Array, output_shape: Shape) -> Array:
    """The class of each row, from class numbers (N,), (N, 1) or one-hot rows (N, U); for images the same per pixel."""
    if y_true.ndim == len(output_shape) + 1 and y_true.shape[-1] == output_shape[-1] > 1:
        classes: Array = y_true.argmax(axis=-1)
        return classes
    return y_true.reshape(len(y_true), *output_shape[:-1]).astype(np.int64)


def one_hot(y_true: Array, like: Array) -> Array:
    """Rows with a 1 at the class, shaped and typed like the outputs."""
    rows = np.zeros(like.shape, like.dtype)
    classes = class_numbers(y_true, like.shape[1:]).reshape(-1)
    rows.reshape(-1, like.shape[-1])[np.arange(classes.size), classes] = 1
    return rows


def cure_of_targets(received: Shape, output_shape: Shape) -> str | None:
    """What helps in the slips that are easy to make."""
    if len(output_shape) > 1 and len(received) < 3:
        return "The network ends in images: put a Flatten() and a Dense layer behind it."
    if len(received) == 1 and output_shape == (1,):
        return "Pass y[:, None]."
    if received[1:] in ((), (1,)):
        return "Class numbers become one-hot rows by minicnn.utils.to_categorical(y)."
    return None


def check_classes(y_true: Array, output_shape: Shape, where: str) -> None:
    """Refuse anything but class numbers from 0 to U - 1."""
    if len(output_shape) != 1:
        raise _checks.error(where, "the outputs are not one number per class", "output shape (N, U)",
                            f"(N, {', '.join(map(str, output_shape))})", cure_of_targets(y_true.shape, output_shape))
    if y_true.shape[1:] not in ((), (1,)):
        cure = "One-hot rows go with 'categorical_crossentropy'." if y_true.shape[1:] == output_shape else None
        raise _checks.error(where, "labels must be class numbers", "shape (N,)", f"{y_true.shape}", cure)
    if y_true.dtype.kind == "f" and (y_true != np.floor(y_true)).any():
        raise _checks.error(where, "labels must be whole numbers", received=f"{y_true[y_true != np.floor(y_true)][0]}")
    classes = output_shape[-1]
    if y_true.size and not (y_true.min() >= 0 and y_true.max() < classes):
        bad = int(np.flatnonzero((y_true.reshape(-1) < 0) | (y_true.reshape(-1) >= classes))[0])
        raise _checks.error(where, "a label is out of range", f"class numbers from 0 to {classes - 1}",
                            f"{y_true.reshape(-1)[bad]} at index {bad}")


def check_labels_or_one_hot(y_true: Array, output_shape: Shape, where: str) -> None:
    """Class numbers, or one-hot rows (N, U)."""
    if y_true.shape[1:] != output_shape or output_shape == (1,):
        check_classes(y_true, output_shape, where)
    elif not (np.isin(y_true, (0, 1)).all() and (y_true.sum(axis=-1) == 1).all()):
        raise _checks.error(where, "a row of y is not one-hot", "one 1 and otherwise 0 in each row")
