"""Losses of numbers that shall be near others."""

import numpy as np

from minicnn import _checks
from minicnn._types import Array
from minicnn.losses.base import OfEachNumber


class MeanSquaredError(OfEachNumber):
    """mean over the last axis of (y_pred - y_true)^2."""

    name = "mean_squared_error"

    def each(self, t: Array, y: Array) -> Array:
        each: Array = np.square(y - t)
        return each

    def slope(self, t: Array, y: Array) -> Array:
        slope: Array = 2 * (y - t)
        return slope

    def second(self, t: Array, y: Array) -> Array:
        return np.full_like(y, 2)


class MeanAbsoluteError(OfEachNumber):
    """mean over the last axis of |y_pred - y_true|. Where they are equal, its slope is 0."""

    name = "mean_absolute_error"

    def each(self, t: Array, y: Array) -> Array:
        each: Array = np.abs(y - t)
        return each

    def slope(self, t: Array, y: Array) -> Array:
        slope: Array = np.sign(y - t)
        return slope

    def second(self, t: Array, y: Array) -> Array:
        return np.zeros_like(y)


class Huber(OfEachNumber):
    """mean over the last axis of e^2/2 where the error e is within delta, of delta (|e| - delta/2) beyond: quadratic
    near the target, and straight where single wrong targets would weigh too much (Huber 1964)."""

    name = "huber"

    def __init__(self, delta: float = 1.0) -> None:
        self.delta = _checks.number(delta, "delta", "Huber", minimum=0)

    def each(self, t: Array, y: Array) -> Array:
        size = np.abs(y - t)
        near = np.minimum(size, self.delta)  # no square of what is far
        each: Array = near * (size - 0.5 * near)
        return each

    def slope(self, t: Array, y: Array) -> Array:
        slope: Array = np.clip(y - t, -self.delta, self.delta)
        return slope

    def second(self, t: Array, y: Array) -> Array:
        second: Array = (np.abs(y - t) <= self.delta).astype(y.dtype)
        return second
