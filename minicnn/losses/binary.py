"""Losses of answers that are yes or no."""

import copy

import numpy as np

from minicnn import _checks, activations
from minicnn._types import Array, Shape
from minicnn.activations import ActivationFunction
from minicnn.losses.base import EPSILON, Loss, OfEachNumber
from minicnn.losses.targets import check_values


class BinaryCrossentropy(OfEachNumber):
    """mean over the last axis of -t log p - (1 - t) log(1 - p), for targets t from 0 to 1.

    from_logits: y_pred are numbers before the sigmoid; otherwise probabilities p, which are kept within
        [1e-7, 1 - 1e-7], as Keras does.
    label_smoothing: t is drawn towards 1/2 by this part of the way, so 0.1 makes 0.95 of 1 and 0.05 of 0.

    In a network that ends in a sigmoid the training starts at the logits all the same, and its gradient is p - t. Keras
    on torch goes through the probabilities: there an output that is wrong by more than they can tell (a logit of 17)
    has no gradient, and a loss of 16 at most; here it has its full gradient and its full loss.
    """

    name = "binary_crossentropy"

    def __init__(self, from_logits: bool = False, label_smoothing: float = 0.0) -> None:
        self.from_logits = _checks.flag(from_logits, "from_logits", type(self).__name__)
        self.label_smoothing = _checks.number(label_smoothing, "label_smoothing", "BinaryCrossentropy", 0, below=1)

    def targets(self, y_true: Array, y_pred: Array) -> Array:
        t = super().targets(y_true, y_pred)
        return t * (1 - self.label_smoothing) + 0.5 * self.label_smoothing if self.label_smoothing else t

    def each(self, t: Array, y: Array) -> Array:
        if self.from_logits:
            # t log(1 + exp(-y)) + (1 - t) log(1 + exp(y)), with the logarithm they have in common taken once.
            each: Array = np.log1p(np.exp(-np.abs(y))) + t * np.maximum(-y, 0) + (1 - t) * np.maximum(y, 0)
        else:
            p = np.clip(y, EPSILON, 1 - EPSILON)
            each = -t * np.log(p) - (1 - t) * np.log1p(-p)
        return each

    def slope(self, t: Array, y: Array) -> Array:
        if self.from_logits:
            return activations.sigmoid(y) - t
        p, inside = _clipped(y)
        slope: Array = inside * (p - t) / (p * (1 - p))
        return slope

    def second(self, t: Array, y: Array) -> Array:
        if self.from_logits:
            return activations.sigmoid(y) * activations.sigmoid(-y)
        p, inside = _clipped(y)
        second: Array = inside * (t / np.square(p) + (1 - t) / np.square(1 - p))
        return second

    def check_target(self, y_true: Array, output_shape: Shape) -> None:
        super().check_target(y_true, output_shape)
        cure = "Pictures of bytes are divided by 255." if y_true.max(initial=0) > 1 else None
        check_values(y_true, (y_true >= 0) & (y_true <= 1), "numbers from 0 to 1", str(self), cure)

    def of_logits(self, activation: ActivationFunction) -> Loss | None:
        if self.from_logits or activation != activations.sigmoid:
            return None
        twin = copy.copy(self)
        twin.from_logits = True
        return twin


def _clipped(y: Array) -> tuple[Array, Array]:
    """The probabilities kept from 0 and 1; and 1 where that changes nothing, 0 where the loss is flat by it."""
    inside = ((y >= EPSILON) & (y <= 1 - EPSILON)).astype(y.dtype)
    return np.clip(y, EPSILON, 1 - EPSILON), inside


class Hinge(OfEachNumber):
    """mean over the last axis of max(0, 1 - t y), for targets t of 1 and -1, or of 1 and 0, which is taken for -1.

    At the kink, where t y = 1, the slope is the mean of those beside it, -t/2.
    """

    name = "hinge"

    def targets(self, y_true: Array, y_pred: Array) -> Array:
        t = super().targets(y_true, y_pred)
        return np.where(t == 0, t.dtype.type(-1), t)

    def each(self, t: Array, y: Array) -> Array:
        each: Array = np.maximum(1 - t * y, 0)
        return each

    def slope(self, t: Array, y: Array) -> Array:
        slope: Array = -t * np.heaviside(1 - t * y, y.dtype.type(0.5))
        return slope

    def second(self, t: Array, y: Array) -> Array:
        return np.zeros_like(y)

    def check_target(self, y_true: Array, output_shape: Shape) -> None:
        super().check_target(y_true, output_shape)
        check_values(y_true, np.isin(y_true, (-1, 0, 1)), "1 and -1, or 1 and 0", str(self))
        if (y_true == -1).any() and (y_true == 0).any():
            raise _checks.error(str(self), "there are targets -1 and targets 0", "1 and -1, or 1 and 0")
