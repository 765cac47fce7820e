"""Losses: what training makes small. Names, defaults and reductions are those of Keras 3.

A loss gives one value for each row of the outputs, the mean of which is reported, and for each row the
gradient and the diagonal curvature with respect to the outputs, not yet divided by the number of rows.

Labels may be class numbers (N,) or one-hot rows (N, U) wherever a loss asks for classes.
"""

from abc import abstractmethod

import numpy as np

from minicnn import _checks, activations
from minicnn._config import Configurable
from minicnn._types import Array, Shape

EPSILON = 1e-7
"""Probabilities are kept this far from 0 and 1 before their logarithm is taken, as in Keras."""


class Loss(Configurable):
    """Base class. ``name`` is what `compile(loss=...)` says."""

    name: str

    def __call__(self, y_true: Array, y_pred: Array) -> float:
        """The mean of `values`."""
        return float(self.values(y_true, y_pred).mean())

    @abstractmethod
    def values(self, y_true: Array, y_pred: Array) -> Array:
        """One value for each row: shape y_pred.shape[:-1]."""

    @abstractmethod
    def gradient(self, y_true: Array, y_pred: Array) -> Array:
        """The gradient of the sum of `values` with respect to y_pred, shaped like it."""

    def curvature(self, y_true: Array, y_pred: Array) -> Array:
        """The diagonal second derivative of the sum of `values` with respect to y_pred."""
        raise _checks.error(f"loss {self.name!r}", "this loss has no curvature rule")

    def check_target(self, y_true: Array, output_shape: Shape) -> None:
        """Refuse targets (N, ...) that do not fit outputs of this shape."""
        if y_true.shape[1:] != output_shape:
            raise _checks.error(f"loss {self.name!r}", "targets do not fit the outputs",
                                f"shape (N, {', '.join(map(str, output_shape))})", f"{y_true.shape}",
                                _cure_of_targets(y_true.shape, output_shape))

    def without_softmax(self) -> "Loss | None":
        """The same loss of the logits, for a network that ends in a softmax: exact where a probability is
        too small to be told from 0, and simpler. None where there is no such thing."""
        return None


class MeanSquaredError(Loss):
    """mean over the last axis of (y_pred - y_true)^2."""

    name = "mean_squared_error"

    def values(self, y_true: Array, y_pred: Array) -> Array:
        values: Array = np.square(y_pred - y_true.astype(y_pred.dtype, copy=False)).mean(axis=-1)
        return values

    def gradient(self, y_true: Array, y_pred: Array) -> Array:
        dy: Array = 2 / y_pred.shape[-1] * (y_pred - y_true.astype(y_pred.dtype, copy=False))
        return dy

    def curvature(self, y_true: Array, y_pred: Array) -> Array:
        return np.full_like(y_pred, 2 / y_pred.shape[-1])


class CategoricalCrossentropy(Loss):
    """-sum_u t_u log p_u for one-hot (or soft) rows t.

    from_logits: y_pred are scores before the softmax; otherwise probabilities, which are divided by their
        sum and kept within [1e-7, 1 - 1e-7], as Keras does.
    """

    name = "categorical_crossentropy"

    def __init__(self, from_logits: bool = False) -> None:
        self.from_logits = bool(from_logits)

    def rows(self, y_true: Array, y_pred: Array) -> Array:
        """The targets as rows t, in the type of the outputs."""
        return y_true.astype(y_pred.dtype, copy=False)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        log_p = log_softmax(y_pred) if self.from_logits else np.log(np.clip(_normalized(y_pred), EPSILON, 1 - EPSILON))
        values: Array = -(self.rows(y_true, y_pred) * log_p).sum(axis=-1)
        return values

    def gradient(self, y_true: Array, y_pred: Array) -> Array:
        t = self.rows(y_true, y_pred)
        if self.from_logits:
            from_logits: Array = activations.softmax(y_pred) * t.sum(axis=-1, keepdims=True) - t
            return from_logits
        q = _normalized(y_pred)
        inside = (q > EPSILON) & (q < 1 - EPSILON)  # where the clipping is flat, so is the loss
        dq = np.where(inside, -t / np.clip(q, EPSILON, None), 0)
        dy: Array = (dq - (dq * q).sum(axis=-1, keepdims=True)) / y_pred.sum(axis=-1, keepdims=True)
        return dy

    def curvature(self, y_true: Array, y_pred: Array) -> Array:
        if not self.from_logits:
            return super().curvature(y_true, y_pred)
        p = activations.softmax(y_pred)
        curvature: Array = p * (1 - p) * self.rows(y_true, y_pred).sum(axis=-1, keepdims=True)
        return curvature

    def without_softmax(self) -> Loss | None:
        return None if self.from_logits else type(self)(from_logits=True)


class SparseCategoricalCrossentropy(CategoricalCrossentropy):
    """-log p[label] for class numbers (N,) or (N, 1). Otherwise as `CategoricalCrossentropy`."""

    name = "sparse_categorical_crossentropy"

    def rows(self, y_true: Array, y_pred: Array) -> Array:
        return one_hot(y_true, y_pred)

    def check_target(self, y_true: Array, output_shape: Shape) -> None:
        check_classes(y_true, output_shape, f"loss {self.name!r}")


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

    def check_target(self, y_true: Array, output_shape: Shape) -> None:
        check_labels_or_one_hot(y_true, output_shape, f"loss {self.name!r}")


class PenaltyMAP(PenaltyMLE):
    """The discriminative criterion: LeCun et al. 1998, eq. 9 (maximum a posteriori).

    E = mean over patterns of y[label] + log(exp(-j) + sum_i exp(-y_i)): the penalty of the right class goes
    down and those of the wrong classes go up, but only until they reach about ``j``, the penalty of a
    "rubbish" class. The paper does not give j; 10 is what worked best here. Evaluated as -log p of the right
    class, p being the softmax of -y and -j: exp(-y) itself would underflow at penalties of 84 and more.
    """

    name = "penalty_map"

    def __init__(self, j: float = 10.0) -> None:
        self.j = _checks.number(j, "j", "PenaltyMAP", minimum=0)

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

    def _with_rubbish(self, y_pred: Array) -> Array:
        """-y and -j, the unnormalized log-posteriors of the classes and of the rubbish class."""
        rubbish = np.full((*y_pred.shape[:-1], 1), -self.j, y_pred.dtype)
        return np.concatenate([-y_pred, rubbish], axis=-1)

    def _posteriors(self, y_pred: Array) -> Array:
        """p_i = exp(-y_i) / (exp(-j) + sum_k exp(-y_k)): shape of y_pred, without the rubbish class."""
        return activations.softmax(self._with_rubbish(y_pred))[..., :-1]


def log_softmax(x: Array) -> Array:
    """The logarithm of the softmax over the last axis. Differences first: large numbers that lie close together
    keep their digits, and what is too small for a probability still has a logarithm."""
    below = x - x.max(axis=-1, keepdims=True)
    log_p: Array = below - np.log(np.exp(below).sum(axis=-1, keepdims=True))
    return log_p


def _normalized(y_pred: Array) -> Array:
    q: Array = y_pred / y_pred.sum(axis=-1, keepdims=True)
    return q


def class_numbers(y_true: Array, output_shape: Shape) -> Array:
    """The class of each row, from class numbers (N,), (N, 1) or one-hot rows (N, U)."""
    if y_true.ndim > 1 and y_true.shape[-1] == output_shape[-1] and output_shape[-1] > 1:
        classes: Array = y_true.argmax(axis=-1)
        return classes
    return y_true.reshape(-1).astype(np.int64)


def one_hot(y_true: Array, like: Array) -> Array:
    """Rows with a 1 at the class, shaped and typed like the outputs."""
    rows = np.zeros(like.shape, like.dtype)
    np.put_along_axis(rows, class_numbers(y_true, like.shape[1:])[:, None], 1, axis=-1)
    return rows


def _cure_of_targets(received: Shape, output_shape: Shape) -> str | None:
    """What helps in the slips that are easy to make."""
    if len(output_shape) > 1 and len(received) < 3:
        return "The network ends in images: put a Flatten() and a Dense layer behind it."
    if len(received) == 1 and output_shape == (1,):
        return "Pass y[:, None]."
    if received[1:] in ((), (1,)):
        return "Class numbers become one-hot rows by minicnn.utils.to_categorical(y)."
    return None


def check_classes(y_true: Array, output_shape: Shape, where: str) -> None:
    """Refuse anything but class numbers from 0 to U - 1."""
    if len(output_shape) != 1:
        raise _checks.error(where, "the outputs are not one number per class", "output shape (N, U)",
                            f"(N, {', '.join(map(str, output_shape))})", _cure_of_targets(y_true.shape, output_shape))
    if y_true.shape[1:] not in ((), (1,)):
        cure = "One-hot rows go with 'categorical_crossentropy'." if y_true.shape[1:] == output_shape else None
        raise _checks.error(where, "labels must be class numbers", "shape (N,)", f"{y_true.shape}", cure)
    if y_true.dtype.kind == "f" and (y_true != np.floor(y_true)).any():
        raise _checks.error(where, "labels must be whole numbers", received=f"{y_true[y_true != np.floor(y_true)][0]}")
    classes = output_shape[-1]
    if y_true.size and not (y_true.min() >= 0 and y_true.max() < classes):
        bad = int(np.flatnonzero((y_true.reshape(-1) < 0) | (y_true.reshape(-1) >= classes))[0])
        raise _checks.error(where, "a label is out of range", f"class numbers from 0 to {classes - 1}",
                            f"{y_true.reshape(-1)[bad]} at index {bad}")


def check_labels_or_one_hot(y_true: Array, output_shape: Shape, where: str) -> None:
    """Class numbers, or one-hot rows (N, U)."""
    if y_true.shape[1:] != output_shape or output_shape == (1,):
        check_classes(y_true, output_shape, where)
    elif not (np.isin(y_true, (0, 1)).all() and (y_true.sum(axis=-1) == 1).all()):
        raise _checks.error(where, "a row of y is not one-hot", "one 1 and otherwise 0 in each row")


_BY_NAME: dict[str, type[Loss]] = {
    loss.name: loss for loss in (MeanSquaredError, CategoricalCrossentropy, SparseCategoricalCrossentropy,
                                 PenaltyMLE, PenaltyMAP)
}
_BY_NAME["mse"] = MeanSquaredError


def get(identifier: str | Loss) -> Loss:
    """A loss from its name or itself."""
    if isinstance(identifier, Loss):
        return identifier
    return _checks.named("loss", identifier, _BY_NAME)()
