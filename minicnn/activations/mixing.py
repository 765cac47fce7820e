"""Functions of several numbers at once."""

import operator

import numpy as np

from minicnn import _checks
from minicnn._types import Array
from minicnn.activations.base import ActivationFunction


class Softmax(ActivationFunction):
    """y_i = exp(x_i) / sum_k exp(x_k) along one axis, usually the last."""

    name = "softmax"

    def __init__(self, axis: int = -1) -> None:
        try:
            self.axis = operator.index(axis)
        except TypeError:
            raise _checks.error("softmax", "axis must be an integer", received=repr(axis)) from None

    def __call__(self, x: Array) -> Array:
        if not -x.ndim <= self.axis < x.ndim:
            raise _checks.error("softmax", f"there is no axis {self.axis}", received=f"shape {x.shape}")
        y: Array = np.exp(x - x.max(axis=self.axis, keepdims=True))
        y /= y.sum(axis=self.axis, keepdims=True)
        return y

    def backward(self, dy: Array, x: Array, y: Array) -> Array:
        mean: Array = (dy * y).sum(axis=self.axis, keepdims=True)
        dx: Array = y * (dy - mean)
        return dx

    def curvature(self, hy: Array, x: Array, y: Array) -> Array:
        # hx_j = sum_i hy_i (dy_i/dx_j)^2 with dy_i/dx_j = y_i (delta_ij - y_j).
        common: Array = (hy * y * y).sum(axis=self.axis, keepdims=True)
        hx: Array = y * y * (common + hy * (1 - 2 * y))
        return hx
