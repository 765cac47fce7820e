"""The cases of optimizers and schedules: every optimizer with its own options times what all of them take."""

from typing import Any

import numpy as np
from keras_cases import Case, noise, product

STEPS = 20
SHAPES = {"w": (2, 3), "b": (2,)}

RATES = {"SGD": 0.1, "RMSprop": 0.05, "Adagrad": 0.5, "Adadelta": 1.0, "Adam": 0.05, "AdamW": 0.05}

# Other constants than the defaults.
CONSTANTS: dict[str, dict[str, float]] = {
    "SGD": {}, "RMSprop": {"rho": 0.5, "epsilon": 0.01}, "Adagrad": {"initial_accumulator_value": 0.0, "epsilon": 0.01},
    "Adadelta": {"rho": 0.6, "epsilon": 0.01}, "Adam": {"beta_1": 0.6, "beta_2": 0.8, "epsilon": 0.01},
    "AdamW": {"beta_1": 0.0, "beta_2": 0.8, "weight_decay": 0.3}}

# Limits that the gradients exceed in some steps and keep in others.
COMMON = {"weight_decay": 0.05, "clipnorm": 0.9, "clipvalue": 0.5, "global_clipnorm": 1.4}
EXTRAS = ["default rate", "rate", "constants", *COMMON, "exponential", "cosine"]

OPTIMIZERS = [
    *product("optimizer", kind=["SGD"], momentum=[0.0, 0.9], nesterov=[False, True], extra=EXTRAS),
    *product("optimizer", kind=["RMSprop"], momentum=[0.0, 0.9], centered=[False, True], extra=EXTRAS),
    *product("optimizer", kind=["Adagrad", "Adadelta"], extra=EXTRAS),
    *product("optimizer", kind=["Adam", "AdamW"], amsgrad=[False, True], extra=EXTRAS)]


def options(case: Case, schedules: Any) -> dict[str, Any]:
    """The constructor's arguments; ``schedules``: either library's module of them."""
    own = {name: value for name, value in case.arguments.items() if name not in ("kind", "extra")}
    kind, extra = case.arguments["kind"], case.arguments["extra"]
    if extra == "default rate":
        return own
    rate = RATES[kind]
    if extra == "exponential":
        rate = schedules.ExponentialDecay(rate, 5, 0.7)
    elif extra == "cosine":
        rate = schedules.CosineDecay(0.1 * rate, 10, alpha=0.1, warmup_target=rate, warmup_steps=4)
    elif extra == "constants":
        own |= CONSTANTS[kind]
    elif extra in COMMON:
        own[extra] = COMMON[extra]
    return {"learning_rate": rate, **own}


def parameters(case: Case, dtype: str) -> dict[str, np.ndarray]:
    """What the optimizer moves."""
    return {name: noise(f"{case.name} {name}", shape).astype(dtype) for name, shape in SHAPES.items()}


def gradients(case: Case, step: int, dtype: str) -> list[np.ndarray]:
    """The gradients of one step."""
    return [noise(f"{case.name} d{name} {step}", shape).astype(dtype) for name, shape in SHAPES.items()]


# -- schedules -------------------------------------------------------------------------------------

DECAYS = [
    *product("decay", kind=["ExponentialDecay"], decay_steps=[1, 7, 2.5], decay_rate=[0.5, 0.96, 1.02],
             staircase=[False, True]),
    *product("decay", kind=["CosineDecay"], decay_steps=[10, 45.5], alpha=[0.0, 0.1], warmup_target=[None, 0.5, 0.01],
             warmup_steps=[0, 5, 20])]

# Not further: in float32 the rounding of decay_rate alone, times so many steps, is near the tolerance.
STORED_STEPS = [*range(31), 44, 45, 46, 49, 50, 51, 99, 100, 101, 200]


def decay(case: Case, schedules: Any) -> Any:
    """The schedule of a case."""
    return getattr(schedules, case.arguments["kind"])(
        0.2, **{name: value for name, value in case.arguments.items() if name != "kind"})
