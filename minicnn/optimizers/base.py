"""What all optimizers share: counting, clipping, weight decay, and arrays kept for each parameter."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

import numpy as np

from minicnn import _checks
from minicnn._config import Configurable
from minicnn._types import Array
from minicnn.schedules import LearningRateSchedule

Key: TypeAlias = str
"""``"layer/parameter"``: what the slots of an optimizer belong to."""


class Optimizer(Configurable):
    """Base class: counts the updates and keeps arrays ("slots") for each parameter.

    learning_rate: a number, or a schedule of `minicnn.schedules`.
    weight_decay: before each update a parameter shrinks by weight_decay * rate times itself (biases too, as in
        Keras; frozen layers not). Decoupled from the gradient: Loshchilov and Hutter, 2019.
    clipnorm: the longest a parameter's gradient may be; clipvalue: the largest a number of it may be;
    global_clipnorm: the longest all gradients together may be. At most one of them; 0 clips nothing, as in Keras.

    An optimizer of your own writes `move`. If it keeps slots, it names them in `slot_groups`.
    """

    name: str

    def __init__(self, learning_rate: float | LearningRateSchedule, weight_decay: float | None = None,
                 clipnorm: float | None = None, clipvalue: float | None = None,
                 global_clipnorm: float | None = None) -> None:
        where = type(self).__name__
        self.weight_decay, self.clipnorm, self.clipvalue, self.global_clipnorm = (
            None if value is None else _checks.number(value, name, where, minimum=0) for name, value in
            (("weight_decay", weight_decay), ("clipnorm", clipnorm), ("clipvalue", clipvalue),
             ("global_clipnorm", global_clipnorm)))
        if sum(limit is not None for limit in (clipnorm, clipvalue, global_clipnorm)) > 1:
            raise _checks.error(where, "gradients can be clipped in one way only",
                                "one of clipnorm, clipvalue, global_clipnorm")
        if not isinstance(learning_rate, LearningRateSchedule):
            learning_rate = _checks.number(learning_rate, "learning_rate", where, minimum=0)
        self.learning_rate = learning_rate
        self.iterations = 0
        self.slots: dict[str, dict[Key, Array]] = {}

    def rate(self) -> float:
        """The learning rate of the next update."""
        rate = self.learning_rate
        return float(rate(self.iterations)) if isinstance(rate, LearningRateSchedule) else rate

    def apply(self, updates: Iterable[tuple[Key, Array, Array]]) -> None:
        """One update: for each (key, parameter, gradient), write the moved numbers into the parameter.

        All of it is computed in the type of the parameter; the gradients are left as they are.
        """
        now = self.rate()
        typed = [(key, parameter, gradient.astype(parameter.dtype, copy=False)) for key, parameter, gradient in updates]
        for key, parameter, gradient in self.clipped(typed):
            rate = parameter.dtype.type(now)
            if self.weight_decay:
                parameter -= parameter * (rate * self.weight_decay)
            self.move(key, parameter, gradient, rate)
        self.iterations += 1

    def clipped(self, updates: list[tuple[Key, Array, Array]]) -> list[tuple[Key, Array, Array]]:
        """The updates with their gradients clipped, as Keras does it."""
        if self.clipvalue:
            return [(key, p, np.clip(g, -self.clipvalue, self.clipvalue)) for key, p, g in updates]
        if self.clipnorm:
            return [(key, p, shortened(g, norm([g]), self.clipnorm)) for key, p, g in updates]
        if self.global_clipnorm:
            length = norm([g for _, _, g in updates])
            return [(key, p, shortened(g, length, self.global_clipnorm)) for key, p, g in updates]
        return updates

    def plain_rate(self) -> float | None:
        """The rate, where the next update is ``parameter -= rate * gradient`` and nothing else; otherwise None."""
        return None

    @abstractmethod
    def move(self, key: Key, parameter: Array, gradient: Array, rate: Any) -> None:
        """Move one parameter, in place. The gradient and the rate have its type; write into neither."""

    def before_step(self, epoch: int, seen: int, rows: int, curvature: Callable[[int], Mapping[Key, Array]]) -> None:
        """Called by `fit` before each step: for an optimizer that looks at the model and the data now and then.

        epoch, counted from 0, of which so many rows were ``seen``; ``rows`` come now. ``curvature(patterns)`` gives the
        diagonal of the loss's second derivatives, averaged over so many patterns (`minicnn.curvature`); it takes time.
        """

    # -- slots ---------------------------------------------------------------------------------------

    @property
    def slot_groups(self) -> tuple[tuple[str, ...], ...]:
        """The slots that a parameter has under the options as they are, grouped as Keras orders them.

        Keras lists the first group for all parameters, then the second for all parameters, and so on; within a
        group, parameter after parameter: Adam with amsgrad is (("momentum", "velocity"), ("velocity_hat",)).
        """
        return ()

    @property
    def slot_names(self) -> tuple[str, ...]:
        """The slots that a parameter has under the options as they are."""
        return tuple(name for group in self.slot_groups for name in group)

    def slot_order(self, keys: Iterable[Key]) -> list[tuple[str, Key]]:
        """(slot, key) of all slots in the order of Keras's files, for the parameters in the order of the model.

        In such a file the number of updates comes before them, and then the learning rate unless it is a schedule.
        """
        keys = list(keys)
        return [(name, key) for group in self.slot_groups for key in keys for name in group]

    def slot_start(self, name: str) -> float:
        """What the numbers of a slot are before the first update."""
        return 0.0

    def slot(self, name: str, key: Key, like: Array) -> Array:
        """The array of this name kept for a parameter: shaped and typed like it, made when it is first asked for."""
        kept = self.slots.setdefault(name, {})
        if key not in kept:
            kept[key] = np.full_like(like, self.slot_start(name))
        return kept[key]

    @property
    def size(self) -> tuple[int, int] | None:
        """How many numbers it keeps, and their bytes, as Keras counts them: the slots, the number of updates, and the
        learning rate unless it is a schedule, four bytes each. None before the first update."""
        if not self.iterations:
            return None
        arrays = [array for kept in self.slots.values() for array in kept.values()]
        single = 1 if isinstance(self.learning_rate, LearningRateSchedule) else 2
        return single + sum(array.size for array in arrays), 4 * single + sum(array.nbytes for array in arrays)

    def cast(self, dtype: str) -> None:
        """Keep the slots in another type from now on."""
        self.slots = {name: {key: array.astype(dtype) for key, array in kept.items()}
                      for name, kept in self.slots.items()}


# -- arithmetic of the update rules ------------------------------------------------------------------


def norm(arrays: list[Array]) -> float:
    """The Euclidean length of all numbers together."""
    return float(np.sqrt(sum(np.square(array).sum(dtype=np.float64) for array in arrays)))


def shortened(gradient: Array, length: float, limit: float) -> Array:
    """The gradient, scaled so that what was ``length`` long is at most ``limit``."""
    return gradient if length <= limit else gradient * gradient.dtype.type(limit / length)


def fold_in(mean: Array, value: Array, keep: float) -> None:
    """A running mean, in place: mean = keep * mean + (1 - keep) * value."""
    step = value - mean
    step *= 1 - keep
    mean += step


def root(values: Array, epsilon: float) -> Array:
    """sqrt(values + epsilon), as a new array."""
    shifted: Array = np.array(values)
    shifted += epsilon
    np.sqrt(shifted, out=shifted)
    return shifted
