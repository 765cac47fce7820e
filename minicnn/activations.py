"""Activation functions, each with its derivative beside it.

An elementwise function knows its slope; backward multiplies by it, and the diagonal curvature by its
square. Softmax mixes the numbers of a row, so it writes both out.
"""

from abc import abstractmethod

import numpy as np

from minicnn import _checks
from minicnn._config import Configurable
from minicnn._types import Array

A = 1.7159
"""Amplitude of LeCun's scaled tanh (1998, appendix A)."""
S = 2 / 3
"""Its slope parameter; with these two f(1) = 1 and f(-1) = -1."""


class ActivationFunction(Configurable):
    """y = f(x), called like a function; ``name`` is what a layer's ``activation`` argument says."""

    name: str

    @abstractmethod
    def __call__(self, x: Array) -> Array:
        """f(x), a new array."""

    @abstractmethod
    def backward(self, dy: Array, x: Array, y: Array) -> Array:
        """dx from dy."""

    @abstractmethod
    def curvature(self, hy: Array, x: Array, y: Array) -> Array:
        """hx from hy: the squared derivatives in place of the derivatives (Gauss-Newton)."""

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.get_config() == other.get_config()

    def __hash__(self) -> int:
        return hash(type(self))

    def __repr__(self) -> str:
        return f"<activation {self.name}>"


class Elementwise(ActivationFunction):
    """A function of each number by itself."""

    @abstractmethod
    def slope(self, x: Array, y: Array) -> Array:
        """f'(x), by x or by y = f(x), whichever is simpler."""

    def backward(self, dy: Array, x: Array, y: Array) -> Array:
        return dy * self.slope(x, y)

    def curvature(self, hy: Array, x: Array, y: Array) -> Array:
        return hy * np.square(self.slope(x, y))


class Linear(Elementwise):
    """y = x."""

    name = "linear"

    def __call__(self, x: Array) -> Array:
        return x.copy()

    def slope(self, x: Array, y: Array) -> Array:
        return np.ones_like(x)


class Relu(Elementwise):
    """y = max(x, 0); the slope at 0 is 0, as in Keras."""

    name = "relu"

    def __call__(self, x: Array) -> Array:
        y: Array = np.maximum(x, 0)
        return y

    def slope(self, x: Array, y: Array) -> Array:
        slope: Array = (x > 0).astype(x.dtype)
        return slope


class Sigmoid(Elementwise):
    """y = 1 / (1 + exp(-x)), computed by tanh so that no exponential overflows."""

    name = "sigmoid"

    def __call__(self, x: Array) -> Array:
        y: Array = 0.5 * np.tanh(0.5 * x) + 0.5
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


class Softmax(ActivationFunction):
    """y_i = exp(x_i) / sum_k exp(x_k) over the last axis."""

    name = "softmax"

    def __call__(self, x: Array) -> Array:
        y: Array = np.exp(x - x.max(axis=-1, keepdims=True))
        y /= y.sum(axis=-1, keepdims=True)
        return y

    def backward(self, dy: Array, x: Array, y: Array) -> Array:
        mean: Array = (dy * y).sum(axis=-1, keepdims=True)
        dx: Array = y * (dy - mean)
        return dx

    def curvature(self, hy: Array, x: Array, y: Array) -> Array:
        # hx_j = sum_i hy_i (dy_i/dx_j)^2 with dy_i/dx_j = y_i (delta_ij - y_j).
        common: Array = (hy * y * y).sum(axis=-1, keepdims=True)
        hx: Array = y * y * (common + hy * (1 - 2 * y))
        return hx


linear, relu, sigmoid, tanh, scaled_tanh, softmax = Linear(), Relu(), Sigmoid(), Tanh(), ScaledTanh(), Softmax()
_BY_NAME: dict[str, ActivationFunction] = {
    f.name: f for f in (linear, relu, sigmoid, tanh, scaled_tanh, softmax)
}


def get(identifier: "str | ActivationFunction | None") -> ActivationFunction:
    """An activation function from its name or itself; None is linear."""
    if identifier is None:
        return linear
    if isinstance(identifier, ActivationFunction):
        return identifier
    return _checks.named("activation", identifier, _BY_NAME)
