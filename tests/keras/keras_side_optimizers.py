"""What Keras answers to the cases of optimizers and schedules."""

from typing import Any

import keras_optimizer_cases as cases
import numpy as np
from keras_cases import Case

Answer = dict[str, np.ndarray]


def make(keras: Any, case: Case) -> Any:
    return getattr(keras.optimizers, case.arguments["kind"])(**cases.options(case, keras.optimizers.schedules))


def answer(keras: Any, case: Case, dtype: str) -> Answer:
    """The parameters after each step, and at the end the optimizer's slots in Keras's order."""
    optimizer = make(keras, case)
    variables = [keras.Variable(p, dtype=dtype, name=name) for name, p in cases.parameters(case, dtype).items()]
    path = []
    for step in range(cases.STEPS):
        update(keras, optimizer, variables, cases.gradients(case, step, dtype))
        path.append(flat(variables))
    return {"path": np.stack(path), "slots": flat(slots(optimizer))}


def update(keras: Any, optimizer: Any, variables: list[Any], gradients: list[np.ndarray]) -> None:
    optimizer.apply([keras.ops.convert_to_tensor(g) for g in gradients], variables)


def slots(optimizer: Any) -> list[Any]:
    """The optimizer's variables behind the number of updates and, where it is one of them, the learning rate."""
    return [v for v in optimizer.variables if v.name not in ("iteration", "learning_rate")]


def flat(variables: list[Any]) -> np.ndarray:
    return np.concatenate([np.zeros(0), *(v.value.detach().numpy().ravel() for v in variables)])


def decay(keras: Any, case: Case, dtype: str) -> Answer:
    schedule = cases.decay(case, keras.optimizers.schedules)
    return {"rates": np.array([float(schedule(step)) for step in cases.STORED_STEPS])}
