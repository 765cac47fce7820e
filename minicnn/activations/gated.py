"""Functions x g(x): a number times a gate that opens from 0 to 1."""

import math

import numpy as np

from minicnn import _checks
from minicnn._types import Array
from minicnn.activations._erf import erfc
from minicnn.activations.base import Elementwise
from minicnn.activations.squashing import Sigmoid

_sigmoid = Sigmoid()


class Silu(Elementwise):
    """y = x sigmoid(x), also called swish: Hendrycks and Gimpel 2016, Ramachandran et al. 2017."""

    name = "silu"

    def __call__(self, x: Array) -> Array:
        return x * _sigmoid(x)

    def slope(self, x: Array, y: Array) -> Array:
        gate = _sigmoid(x)
        # sigmoid(-x) in place of 1 - gate: on the right that difference has lost its digits.
        slope: Array = gate * (1 + x * _sigmoid(-x))
        return slope


class Gelu(Elementwise):
    """y = x P(x), P being the normal distribution (mean 0, variance 1): Hendrycks and Gimpel 2016.

    approximate: their formula by tanh, 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), in place of P itself; the two
        differ by up to 5e-4.
    """

    name = "gelu"
    FAR = 40.0
    """Beyond this the gate is 0 or 1 and its slope 0, to the last digit; squares and cubes are taken within."""

    def __init__(self, approximate: bool = False) -> None:
        if not isinstance(approximate, (bool, np.bool_)):
            raise _checks.error("gelu", "approximate must be True or False", received=repr(approximate))
        self.approximate = _checks.flag(approximate, "approximate", "gelu")

    def __call__(self, x: Array) -> Array:
        return x * self._gate(x)

    def slope(self, x: Array, y: Array) -> Array:
        slope: Array = self._gate(x) + x * self._gate_slope(x)
        return slope

    def _gate(self, x: Array) -> Array:
        if self.approximate:
            return _sigmoid(2 * self._inside(x))  # 0.5 (1 + tanh u), with all digits on the left
        return 0.5 * erfc(-math.sqrt(0.5) * x)

    def _gate_slope(self, x: Array) -> Array:
        near = np.clip(x, -self.FAR, self.FAR)
        if self.approximate:
            inner_slope = math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * np.square(near))
            u = self._inside(x)
            slope: Array = 2 * _sigmoid(2 * u) * _sigmoid(-2 * u) * inner_slope
        else:
            slope = math.sqrt(0.5 / math.pi) * np.exp(-0.5 * np.square(near))
        return slope

    def _inside(self, x: Array) -> Array:
        near = np.clip(x, -self.FAR, self.FAR)
        inside: Array = math.sqrt(2 / math.pi) * near * (1 + 0.044715 * np.square(near))
        return inside
