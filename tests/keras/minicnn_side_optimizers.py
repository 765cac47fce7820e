"""What minicnn answers to the cases of optimizers and schedules."""

import keras_optimizer_cases as cases
import numpy as np
from keras_cases import Case

from minicnn import optimizers, schedules
from minicnn.optimizers import Optimizer

Answer = dict[str, np.ndarray]


def make(case: Case) -> Optimizer:
    return getattr(optimizers, case.arguments["kind"])(**cases.options(case, schedules))


def answer(case: Case, dtype: str) -> Answer:
    optimizer, moved = make(case), cases.parameters(case, dtype)
    path = []
    for step in range(cases.STEPS):
        optimizer.apply(zip(moved, moved.values(), cases.gradients(case, step, dtype), strict=True))
        path.append(flat(list(moved.values())))
    return {"path": np.stack(path), "slots": flat(slots(optimizer))}


def slots(optimizer: Optimizer) -> list[np.ndarray]:
    return [optimizer.slots[slot][key] for slot, key in optimizer.slot_order(cases.SHAPES)]


def flat(arrays: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.zeros(0), *(array.ravel() for array in arrays)])


def decay(case: Case, dtype: str) -> Answer:
    schedule = cases.decay(case, schedules)
    return {"rates": np.array([schedule(step) for step in cases.STORED_STEPS])}
