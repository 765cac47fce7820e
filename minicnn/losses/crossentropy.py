"""Cross-entropy of one class among several."""

import numpy as np

from minicnn import _checks, activations
from minicnn._types import Array, Shape
from minicnn.activations import ActivationFunction
from minicnn.losses.base import EPSILON, Loss
from minicnn.losses.targets import check_classes, one_hot


class CategoricalCrossentropy(Loss):
    """-sum_u t_u log p_u for one-hot (or soft) rows t.

    from_logits: y_pred are scores before the softmax; otherwise probabilities, which are divided by their
        sum and kept within [1e-7, 1 - 1e-7], as Keras does.
    label_smoothing: this part of each row's 1 is spread evenly over all U classes, so 0.1 makes 0.9 + 0.1/U of 1 and
        0.1/U of 0 (Szegedy et al. 2016).

    In a network that ends in a softmax the training starts at the logits all the same: its gradient is p - t also where
    Keras on torch, which goes through the probabilities, has none because they were kept from 0 and 1.
    """

    name = "categorical_crossentropy"

    def __init__(self, from_logits: bool = False, label_smoothing: float = 0.0) -> None:
        self.from_logits = _checks.flag(from_logits, "from_logits", type(self).__name__)
        self.label_smoothing = _checks.number(label_smoothing, "label_smoothing", type(self).__name__, 0, below=1)

    def rows(self, y_true: Array, y_pred: Array) -> Array:
        """The targets as rows t, in the type of the outputs."""
        t = y_true.astype(y_pred.dtype, copy=False)
        s = self.label_smoothing
        return t * (1 - s) + s / t.shape[-1] if s else t

    def values(self, y_true: Array, y_pred: Array) -> Array:
        log_p = log_softmax(y_pred) if self.from_logits else np.log(np.clip(_normalized(y_pred), EPSILON, 1 - EPSILON))
        values: Array = -(self.rows(y_true, y_pred) * log_p).sum(axis=-1)
        return values

    def gradient(self, y_true: Array, y_pred: Array) -> Array:
        t = self.rows(y_true, y_pred)
        if self.from_logits:
            from_logits: Array = activations.softmax(y_pred) * t.sum(axis=-1, keepdims=True) - t
            return from_logits
        q = _normalized(y_pred)
        inside = (q > EPSILON) & (q < 1 - EPSILON)  # where the clipping is flat, so is the loss
        dq = np.where(inside, -t / np.clip(q, EPSILON, None), 0)
        dy: Array = (dq - (dq * q).sum(axis=-1, keepdims=True)) / y_pred.sum(axis=-1, keepdims=True)
        return dy

    def curvature(self, y_true: Array, y_pred: Array) -> Array:
        if not self.from_logits:
            return super().curvature(y_true, y_pred)
        p = activations.softmax(y_pred)
        curvature: Array = p * (1 - p) * self.rows(y_true, y_pred).sum(axis=-1, keepdims=True)
        return curvature

    def of_logits(self, activation: ActivationFunction) -> Loss | None:
        if self.from_logits or activation != activations.softmax:
            return None
        twin = object.__new__(type(self))  # as copy.copy does it, in a fifth of the time: this is done in every step
        vars(twin).update(vars(self), from_logits=True)
        return twin


class SparseCategoricalCrossentropy(CategoricalCrossentropy):
    """-log p[label] for class numbers (N,) or (N, 1). Otherwise as `CategoricalCrossentropy`, without smoothing."""

    name = "sparse_categorical_crossentropy"

    def __init__(self, from_logits: bool = False) -> None:
        super().__init__(from_logits)

    def rows(self, y_true: Array, y_pred: Array) -> Array:
        return one_hot(y_true, y_pred)

    def check_target(self, y_true: Array, output_shape: Shape) -> None:
        check_classes(y_true, output_shape, str(self))


def log_softmax(x: Array) -> Array:
    """The logarithm of the softmax over the last axis. Differences first: large numbers that lie close together
    keep their digits, and what is too small for a probability still has a logarithm."""
    below = x - x.max(axis=-1, keepdims=True)
    log_p: Array = below - np.log(np.exp(below).sum(axis=-1, keepdims=True))
    return log_p


def _normalized(y_pred: Array) -> Array:
    q: Array = y_pred / y_pred.sum(axis=-1, keepdims=True)
    return q
