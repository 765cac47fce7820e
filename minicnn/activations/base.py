"""What an activation function is."""

from abc import abstractmethod

import numpy as np

from minicnn._config import Configurable
from minicnn._types import Array


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
        return self is other or (type(self) is type(other) and self.get_config() == other.get_config())

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
