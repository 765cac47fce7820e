"""Functions that flatten out on both sides."""

import numpy as np

from minicnn._types import Array
from minicnn.activations.base import Elementwise

A = 1.7159
"""Amplitude of LeCun's scaled tanh (1998, appendix A)."""
S = 2 / 3
"""Its slope parameter; with these two f(1) = 1 and f(-1) = -1."""


class Sigmoid(Elementwise):
    """y = 1 / (1 + exp(-x)), by an exponential that does not overflow; far out on the left all digits are good."""

    name = "sigmoid"

    def __call__(self, x: Array) -> Array:
        power = np.exp(-np.abs(x))
        y: Array = np.where(x < 0, power, 1) / (1 + power)
        return y

    def slope(self, x: Array, y: Array) -> Array:
        slope: Array = y * (1 - y)
        return slope


class Tanh(Elementwise):
    """y = tanh(x)."""

    name = "tanh"

    def __call__(self, x: Array) -> Array:
        y: Array = np.tanh(x)
        return y

    def slope(self, x: Array, y: Array) -> Array:
        return 1 - y * y


class ScaledTanh(Elementwise):
    """y = 1.7159 tanh(2x/3): LeCun et al. 1998, eq. 6 and appendix A."""

    name = "scaled_tanh"

    def __call__(self, x: Array) -> Array:
        y: Array = A * np.tanh(S * x)
        return y

    def slope(self, x: Array, y: Array) -> Array:
        return S / A * (A * A - y * y)


class Softsign(Elementwise):
    """y = x / (1 + |x|)."""

    name = "softsign"

    def __call__(self, x: Array) -> Array:
        y: Array = x / (1 + np.abs(x))
        return y

    def slope(self, x: Array, y: Array) -> Array:
        slope: Array = np.square(1 / (1 + np.abs(x)))
        return slope
