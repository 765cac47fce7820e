"""The state of an optimizer in Keras's files: the number of updates, the learning rate, and the slots, numbered.

A learning rate that is a schedule is not there; then the slots come right behind the number of updates.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn import _checks
from minicnn._types import Array
from minicnn.models.filling import Filling, Stored
from minicnn.models.keras import _h5
from minicnn.schedules import LearningRateSchedule

if TYPE_CHECKING:
    from minicnn.models.model import Model


def write_optimizer(group: Any, model: "Model") -> None:
    """Write ``optimizer/vars`` into the root of a file, for a model that is compiled; for any other nothing."""
    if model.compiled is not None:
        made = group.create_group("optimizer/vars")
        made.attrs["name"] = model.optimizer.name
        for number, array in enumerate(state_of(model)):
            _h5.write_array(made, str(number), array)


def read_optimizer(group: Any, model: "Model", where: str) -> None:
    """Read ``optimizer/vars``, where the file has them, into the optimizer of a compiled model; all or nothing."""
    stored = _h5.numbered(group, "optimizer/vars", where)
    if stored and model.compiled is not None:
        match_state(model, stored, where).write()


def state_of(model: "Model") -> list[Array]:
    """The state of the model's optimizer in Keras's order; slots that were not needed yet are as they start."""
    optimizer = model.optimizer
    numbers = [np.array(optimizer.iterations, np.int32)]
    if _has_rate(model):
        numbers.append(np.array(optimizer.learning_rate, np.float32))
    kept = [optimizer.slots.get(slot, {}).get(key) for slot, key in _slots(model)]
    return numbers + [start if array is None else array
                      for array, start in zip(kept, _slots(model).values(), strict=True)]


def names_of(model: "Model") -> list[str]:
    """A name for each array of `state_of`, as legacy files of Keras 3 have them."""
    name = model.optimizer.name
    numbers = ["iteration", *(["learning_rate"] if _has_rate(model) else [])]
    return [f"{name}/{number}" for number in numbers] + [
        f"{name}/{key.replace('/', '_')}_{slot}" for slot, key in _slots(model)]


class State:
    """A state that was read and fits the optimizer of a model; `write` puts it there."""

    def __init__(self, model: "Model", iterations: int, rate: float | None,
                 slots: dict[tuple[str, str], Array]) -> None:
        self.model, self.iterations, self.rate, self.slots = model, iterations, rate, slots

    def write(self) -> None:
        """Put the state into the optimizer."""
        optimizer = self.model.optimizer
        optimizer.iterations = self.iterations
        # A file holds the rate in single precision: 0.001 is 0.0010000000474974513 there.
        if self.rate is not None and self.rate != np.float32(optimizer.learning_rate):  # type: ignore[arg-type]
            optimizer.learning_rate = self.rate
        optimizer.slots = {}
        for (slot, key), array in self.slots.items():
            optimizer.slots.setdefault(slot, {})[key] = array


def match_state(model: "Model", stored: list[Stored], where: str) -> State:
    """The stored arrays as the state of the model's optimizer; one error lists all that does not fit.

    Without any slots they are the state of before the first update, as Keras writes it.
    """
    where = f"{where}: the optimizer {model.optimizer.name!r}"
    numbers, slots = stored[:1 + _has_rate(model)], stored[1 + _has_rate(model):]
    if len(numbers) <= _has_rate(model):
        raise _checks.error(where, "the learning rate is missing")
    arrays = _slots(model) if slots else {}
    filling = Filling(where)
    filling.layer("its state", {f"{slot} of {key}": array for (slot, key), array in arrays.items()}, slots)
    iterations = _checks.integer(_scalar(numbers[0], "iu", where), "the number of updates", where, minimum=0)
    rate = None
    if _has_rate(model):
        rate = _checks.number(_scalar(numbers[1], "f", where), "the learning rate", where, minimum=0)
    filling.write()
    return State(model, iterations, rate, arrays)


def _has_rate(model: "Model") -> bool:
    return not isinstance(model.optimizer.learning_rate, LearningRateSchedule)


def _slots(model: "Model") -> dict[tuple[str, str], Array]:
    """All slots as they are before the first update, in Keras's order."""
    learned = {f"{path}/{name}": array for path, layer in model.graph.learning().items()
               for name, array in layer.learned.items()}
    optimizer = model.optimizer
    return {(slot, key): np.full_like(learned[key], optimizer.slot_start(slot))
            for slot, key in optimizer.slot_order(learned)}


def _scalar(stored: Stored, kinds: str, where: str) -> Any:
    if stored.shape != () or stored.dtype.kind not in kinds:
        raise _checks.error(where, f"{stored.name!r} is not a number of the right type", "one integer, or float",
                            f"{stored.dtype} of shape {stored.shape}")
    return stored.read().item()
