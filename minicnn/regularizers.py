"""Regularizers: what large parameters add to the loss. Names, arguments and formulas are Keras's."""

import numpy as np

from minicnn import _checks
from minicnn._config import Configurable
from minicnn._types import Array


class L1L2(Configurable):
    """l1 * sum |w| + l2 * sum w^2; the slope of |w| at 0 is 0."""

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1 = _checks.number(l1, "l1", type(self).__name__, minimum=0)
        self.l2 = _checks.number(l2, "l2", type(self).__name__, minimum=0)

    def __call__(self, w: Array) -> float:
        """What the loss gains by this parameter."""
        return float(self.l1 * np.abs(w).sum(dtype=np.float64) + self.l2 * np.square(w).sum(dtype=np.float64))

    def gradient(self, w: Array) -> Array:
        """Its derivative, shaped like w."""
        dw: Array = self.l1 * np.sign(w) + 2 * self.l2 * w
        return dw

    def curvature(self, w: Array) -> Array:
        """Its second derivative, shaped like w: the kink of l1 has none."""
        return np.full_like(w, 2 * self.l2)


class L1(L1L2):
    """l1 * sum |w|."""

    def __init__(self, l1: float = 0.01) -> None:
        super().__init__(l1=l1)


class L2(L1L2):
    """l2 * sum w^2."""

    def __init__(self, l2: float = 0.01) -> None:
        super().__init__(l2=l2)


l1, l2, l1_l2 = L1, L2, L1L2  # Keras's other names of them
_BY_NAME: dict[str, type[L1L2]] = {"l1": L1, "l2": L2, "l1_l2": L1L2}


def get(identifier: "str | L1L2 | None") -> L1L2 | None:
    """A regularizer from its name (with Keras's default strength) or itself; None is none."""
    if identifier is None or isinstance(identifier, L1L2):
        return identifier
    if identifier not in _BY_NAME:
        raise _checks.unknown("regularizer", identifier, _BY_NAME)
    return _BY_NAME[identifier](0.01, 0.01) if identifier == "l1_l2" else _BY_NAME[identifier]()
