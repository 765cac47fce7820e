"""The complementary error function on arrays; the standard library has it for single numbers only.

    erfc(x) = 2/sqrt(pi) * integral from x to infinity of exp(-t^2) dt = 1 - erf(x)

W. J. Cody, "Rational Chebyshev approximations for the error function", Mathematics of Computation 23 (1969): quotients
of polynomials for |x| up to 0.46875, up to 4, and beyond, with his coefficients for 18 digits. In float64 the result is
good to the last digits, relative to itself, also where it is tiny.
"""

import math
from collections.abc import Sequence

import numpy as np

from minicnn._types import Array

# Highest power first.
_NEAR = (
    [1.85777706184603153e-1, 3.16112374387056560e0, 1.13864154151050156e2, 3.77485237685302021e2,
     3.20937758913846947e3],
    [1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3],
)
_MIDDLE = (
    [2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e0, 6.61191906371416295e1,
     2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3,
     1.23033935479799725e3],
    [1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
     3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3],
)
_FAR = (
    [1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1,
     1.60837851487422766e-2, 6.58749161529837803e-4],
    [1.0, 2.56852019228982242e0, 1.87295284992346725e0, 5.27905102951428412e-1, 6.05183413124413191e-2,
     2.33520497626869185e-3],
)
_ZERO = 28.0
"""From here on erfc is 0 in float64, too."""


def erfc(x: Array) -> Array:
    """1 - erf(x) of each number, in its type."""
    size = np.minimum(np.abs(x), _ZERO)
    y = np.full_like(x, np.nan)
    for part, formula in ((size <= 0.46875, _near), ((size > 0.46875) & (size <= 4), _middle), (size > 4, _far)):
        y[part] = formula(size[part])
    y[x < 0] = 2 - y[x < 0]
    return y


def _near(x: Array) -> Array:
    near: Array = 1 - x * _quotient(_NEAR, x * x)
    return near


def _middle(x: Array) -> Array:
    return _bell(x) * _quotient(_MIDDLE, x)


def _far(x: Array) -> Array:
    z = 1 / (x * x)
    far: Array = _bell(x) / x * (1 / math.sqrt(math.pi) - z * _quotient(_FAR, z))
    return far


def _bell(x: Array) -> Array:
    """exp(-x^2). The square is cut in two, one of them without rounding: where it is large, its rounding would show."""
    cut = np.floor(x * 16) / 16
    bell: Array = np.exp(-cut * cut) * np.exp(-(x - cut) * (x + cut))
    return bell


def _quotient(coefficients: tuple[Sequence[float], Sequence[float]], x: Array) -> Array:
    above, below = coefficients
    quotient: Array = np.polyval(above, x) / np.polyval(below, x)
    return quotient
