"""Functions that are about 0 on the left and about x on the right."""

import numpy as np

from minicnn import _checks
from minicnn._types import Array
from minicnn.activations.base import Elementwise
from minicnn.activations.squashing import Sigmoid

_sigmoid = Sigmoid()


class Relu(Elementwise):
    """y = max(x, 0), or with Keras's options

        negative_slope (x - threshold)    where x <= threshold
        x                                 between
        max_value                         where x >= max_value

    All three are 0 or more; max_value None is no limit. Slopes at the kinks: negative_slope at ``threshold`` and 0 at
    ``max_value``, so relu has slope 0 at 0, as in Keras. (There a limit other than 6 has slope 1 at itself, and with
    both a negative slope and another option it is 0 at the threshold: on torch, by the way it is computed.)
    """

    name = "relu"

    def __init__(self, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> None:
        self.negative_slope = _checks.number(negative_slope, "negative_slope", "relu", minimum=0)
        self.max_value = None if max_value is None else _checks.number(max_value, "max_value", "relu", minimum=0)
        self.threshold = _checks.number(threshold, "threshold", "relu", minimum=0)

    def __call__(self, x: Array) -> Array:
        if self.threshold == 0 and self.negative_slope == 0:
            y: Array = np.maximum(x, np.zeros_like(x))  # against a single 0, NumPy takes twice as long
        else:
            left = self.negative_slope * (x - self.threshold) if self.negative_slope else 0
            y = np.where(x <= self.threshold, left, x)  # NaN is not on the left, and goes through
        return y if self.max_value is None else np.minimum(y, self.max_value)

    def slope(self, x: Array, y: Array) -> Array:
        right = x > self.threshold
        slope = right.astype(x.dtype) if self.max_value is None else (right & (x < self.max_value)).astype(x.dtype)
        if self.negative_slope:
            slope[~right] = self.negative_slope
        return slope


class LeakyRelu(Elementwise):
    """y = x, but negative_slope x on the left: Maas et al. 2013. The slope at 0 is negative_slope, as in Keras."""

    name = "leaky_relu"

    def __init__(self, negative_slope: float = 0.2) -> None:
        self.negative_slope = _checks.number(negative_slope, "negative_slope", "leaky_relu", minimum=0)

    def __call__(self, x: Array) -> Array:
        y: Array = np.where(x > 0, x, self.negative_slope * x)
        return y

    def slope(self, x: Array, y: Array) -> Array:
        slope: Array = np.where(x > 0, x.dtype.type(1), x.dtype.type(self.negative_slope))
        return slope


class Elu(Elementwise):
    """y = x, but alpha (exp(x) - 1) on the left: Clevert et al. 2016. The slope at 0 is alpha, as in Keras."""

    name = "elu"

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = _checks.number(alpha, "alpha", "elu")

    def __call__(self, x: Array) -> Array:
        y: Array = np.where(x > 0, x, self.alpha * np.expm1(np.minimum(x, 0)))
        return y

    def slope(self, x: Array, y: Array) -> Array:
        # exp(x) itself and not y / alpha + 1, which has lost its digits where y is nearly -alpha.
        slope: Array = np.where(x > 0, 1, self.alpha * np.exp(np.minimum(x, 0)))
        return slope


class Selu(Elementwise):
    """y = 1.0507 elu(x, alpha=1.6733): Klambauer et al. 2017, whose two numbers (eq. 14) keep the mean of a layer's
    outputs near 0 and their variance near 1."""

    name = "selu"
    ALPHA = 1.6732632423543772848170429916717
    SCALE = 1.0507009873554804934193349852946
    _elu = Elu(ALPHA)

    def __call__(self, x: Array) -> Array:
        return self.SCALE * self._elu(x)

    def slope(self, x: Array, y: Array) -> Array:
        return self.SCALE * self._elu.slope(x, y)


class Softplus(Elementwise):
    """y = log(1 + exp(x)), by an exponential that does not overflow."""

    name = "softplus"

    def __call__(self, x: Array) -> Array:
        y: Array = np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
        return y

    def slope(self, x: Array, y: Array) -> Array:
        return _sigmoid(x)
