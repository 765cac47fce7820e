"""Losses of LeCun et al. 1998 for outputs that are penalties (`RBF`): the smallest wins."""

import numpy as np

from minicnn import _checks, activations
from minicnn._types import Array, Shape
from minicnn.losses.base import Loss
from minicnn.losses.crossentropy import log_softmax
from minicnn.losses.targets import check_labels_or_one_hot, one_hot


class PenaltyMLE(Loss):
    """The penalty of the right class: LeCun et al. 1998, eq. 8 ("MSE", maximum likelihood).

    E = mean over patterns of y[label], for outputs y that are penalties (`RBF`). It has no competition
    between classes, and collapses where the RBF centers may move: they meet, and every penalty is zero.
    """

    name = "penalty_mle"

    def values(self, y_true: Array, y_pred: Array) -> Array:
        values: Array = (one_hot(y_true, y_pred) * y_pred).sum(axis=-1)
        return values

    def gradient(self, y_true: Array, y_pred: Array) -> Array:
        return one_hot(y_true, y_pred)

    def curvature(self, y_true: Array, y_pred: Array) -> Array:
        return np.zeros_like(y_pred)  # linear in the penalties; what curves is the square inside the RBF

    def curvature_before_rbf(self, y_pred: Array, x: Array, prototypes: Array) -> Array:
        """d2E/dx_j^2 of each row at the input x (N, D) of the RBF layer, whose squares are what curves: 2.

        y_pred: its outputs (N, U). prototypes: its centers (U, D).
        """
        return np.full_like(x, 2)

    def check_target(self, y_true: Array, output_shape: Shape) -> None:
        check_labels_or_one_hot(y_true, output_shape, str(self))


class PenaltyMAP(PenaltyMLE):
    """The discriminative criterion: LeCun et al. 1998, eq. 9 (maximum a posteriori).

    E = mean over patterns of y[label] + log(exp(-j) + sum_i exp(-y_i)): the penalty of the right class goes
    down and those of the wrong classes go up, but only until they reach about ``j``, the penalty of a
    "rubbish" class. The paper does not give j; 10 is what worked best here. Evaluated as -log p of the right
    class, p being the softmax of -y and -j: exp(-y) itself would underflow at penalties of 84 and more.

    exact_seed: whether `SDLM` starts from the exact second derivative before the RBF layer. It vanishes where p comes
        near 0 and 1, and with it all that limits the steps: a training that goes well collapses. So the default is
        the 2 of eq. 8.
    """

    name = "penalty_map"

    def __init__(self, j: float = 10.0, exact_seed: bool = False) -> None:
        self.j = _checks.number(j, "j", "PenaltyMAP", minimum=0)
        self.exact_seed = _checks.flag(exact_seed, "exact_seed", "PenaltyMAP")

    def values(self, y_true: Array, y_pred: Array) -> Array:
        log_p = log_softmax(self._with_rubbish(y_pred))[..., :-1]
        values: Array = -(one_hot(y_true, y_pred) * log_p).sum(axis=-1)
        return values

    def gradient(self, y_true: Array, y_pred: Array) -> Array:
        dy: Array = one_hot(y_true, y_pred) - self._posteriors(y_pred)
        return dy

    def curvature(self, y_true: Array, y_pred: Array) -> Array:
        p = self._posteriors(y_pred)
        curvature: Array = p * (1 - p)
        return curvature

    def curvature_before_rbf(self, y_pred: Array, x: Array, prototypes: Array) -> Array:
        """2, or with ``exact_seed`` the derivative itself: with d_ij = x_j - w_ij and p_0 the rubbish class's share ::

            2 p_0 + 4 (sum_i p_i d_ij^2 - m_j^2),    m_j = sum_i p_i d_ij

        where the bracket is a variance: sum_i p_i (d_ij - m_j)^2 + p_0 m_j^2, which rounding cannot make negative.
        """
        if not self.exact_seed:
            return super().curvature_before_rbf(y_pred, x, prototypes)
        p = self._posteriors(y_pred)[:, :, None]
        rubbish = activations.softmax(self._with_rubbish(y_pred))[:, -1:]
        d = x[:, None] - prototypes
        mean = (p * d).sum(axis=1)
        variance = (p * np.square(d - mean[:, None])).sum(axis=1) + rubbish * np.square(mean)
        seed: Array = 2 * rubbish + 4 * variance
        return seed

    def _with_rubbish(self, y_pred: Array) -> Array:
        """-y and -j, the unnormalized log-posteriors of the classes and of the rubbish class."""
        rubbish = np.full((*y_pred.shape[:-1], 1), -self.j, y_pred.dtype)
        return np.concatenate([-y_pred, rubbish], axis=-1)

    def _posteriors(self, y_pred: Array) -> Array:
        """p_i = exp(-y_i) / (exp(-j) + sum_k exp(-y_k)): shape of y_pred, without the rubbish class."""
        return activations.softmax(self._with_rubbish(y_pred))[..., :-1]
