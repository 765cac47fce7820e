"""The optimizer's state in legacy ``.h5`` files, put into the order of Keras 3.

    Keras 2 up to 2.10    Adam/iter, then one slot of all parameters (Adam/conv/kernel/m, Adam/conv/bias/m, ...), then
                          the next slot of all (Adam/conv/kernel/v, ...)
    Keras 2 from 2.11     iteration, then as Keras 3
    Keras 3               iteration, learning_rate, then as `minicnn.optimizers.Optimizer.slot_order` has it

Where a file has no learning rate, that of the compiled optimizer stays.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from minicnn.models.filling import Stored, in_memory
from minicnn.schedules import LearningRateSchedule

if TYPE_CHECKING:
    from minicnn.models.model import Model


def in_keras_3_order(model: "Model", names: Sequence[str], stored: Sequence[Stored]) -> list[Stored]:
    """The arrays of a legacy file, with their names, as `optimizer_state.match_state` wants them."""
    kinds = [name.split(":")[0].split("/")[-1] for name in names]
    numbers, slots = list(stored[:1]), list(stored[1:])
    rate = model.optimizer.learning_rate
    if kinds[1:2] == ["learning_rate"]:
        numbers.append(slots.pop(0))
    elif not isinstance(rate, LearningRateSchedule):
        numbers.append(in_memory("learning_rate", np.array(rate, np.float32)))
    return numbers + (_by_parameter(model, slots) if kinds[:1] == ["iter"] else slots)


def _by_parameter(model: "Model", stored: list[Stored]) -> list[Stored]:
    """Slot after slot in the order of Keras 3; as they come where their number says that they are something else."""
    keys = [f"{path}/{name}" for path, layer in model.graph.learning().items() for name in layer.learned]
    names = model.optimizer.slot_names
    if len(stored) != len(names) * len(keys):
        return stored
    places = {(name, key): place for place, (name, key) in enumerate((name, key) for name in names for key in keys)}
    return [stored[places[slot]] for slot in model.optimizer.slot_order(keys)]
