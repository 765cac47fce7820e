"""What a loss is."""

from abc import abstractmethod

from minicnn import _checks
from minicnn._config import Configurable
from minicnn._types import Array, Shape
from minicnn.activations import ActivationFunction
from minicnn.losses.targets import check_shape, like_outputs

EPSILON = 1e-7
"""Probabilities are kept this far from 0 and 1 before their logarithm is taken, as in Keras."""


class Loss(Configurable):
    """Base class. ``name`` is what `compile(loss=...)` says."""

    name: str

    def __str__(self) -> str:
        return f"loss {self.name!r}"

    def __call__(self, y_true: Array, y_pred: Array) -> float:
        """The mean of `values`."""
        return float(self.values(y_true, y_pred).mean())

    @abstractmethod
    def values(self, y_true: Array, y_pred: Array) -> Array:
        """One value for each row: shape y_pred.shape[:-1]."""

    @abstractmethod
    def gradient(self, y_true: Array, y_pred: Array) -> Array:
        """The gradient of the sum of `values` with respect to y_pred, shaped like it."""

    def curvature(self, y_true: Array, y_pred: Array) -> Array:
        """The diagonal second derivative of the sum of `values` with respect to y_pred."""
        raise _checks.error(str(self), "this loss has no curvature rule")

    def check_target(self, y_true: Array, output_shape: Shape) -> None:
        """Refuse targets (N, ...) that do not fit outputs of this shape."""
        check_shape(y_true, output_shape, str(self))

    def of_logits(self, activation: ActivationFunction) -> "Loss | None":
        """The same loss of the numbers before this activation, for a network that ends in it: simpler, and exact also
        where a probability cannot be told from 0 or 1. None where there is no such thing."""
        return None


class OfEachNumber(Loss):
    """A loss of each number by itself: the value of a row is the mean over the last axis of E(t, y).

    Targets are shaped like the outputs; (N,) for (N, 1) will do.
    """

    @abstractmethod
    def each(self, t: Array, y: Array) -> Array:
        """E(t, y)."""

    @abstractmethod
    def slope(self, t: Array, y: Array) -> Array:
        """dE/dy."""

    @abstractmethod
    def second(self, t: Array, y: Array) -> Array:
        """The second derivative of E by y; where there is a kink, that beside it."""

    def targets(self, y_true: Array, y_pred: Array) -> Array:
        """t: the targets, shaped and typed like the outputs."""
        return like_outputs(y_true, y_pred, str(self))

    def values(self, y_true: Array, y_pred: Array) -> Array:
        values: Array = self.each(self.targets(y_true, y_pred), y_pred).mean(axis=-1)
        return values

    def gradient(self, y_true: Array, y_pred: Array) -> Array:
        gradient: Array = 1 / y_pred.shape[-1] * self.slope(self.targets(y_true, y_pred), y_pred)
        return gradient

    def curvature(self, y_true: Array, y_pred: Array) -> Array:
        curvature: Array = 1 / y_pred.shape[-1] * self.second(self.targets(y_true, y_pred), y_pred)
        return curvature

    def check_target(self, y_true: Array, output_shape: Shape) -> None:
        check_shape(y_true, output_shape, str(self), column=True)
