"""All that the training of a model depends on."""

from collections.abc import Mapping
from typing import Any

from minicnn import _checks, saving
from minicnn._checks import MinicnnError
from minicnn.schedules import LearningRateSchedule


def model_state(model: Any) -> dict[str, Any]:
    """All that a model's training depends on, in a form that `saving.pack` takes."""
    at, optimizer, params = model.progress, model.optimizer, model.params
    rate = optimizer.learning_rate
    return {
        "weights": params,
        "optimizer": {
            "kind": _kind(optimizer), "iterations": optimizer.iterations,
            "learning_rate": None if isinstance(rate, LearningRateSchedule) else rate,
            # An optimizer may have moved another model before.
            "slots": {slot: {key: array for key, array in kept.items() if key in params}
                      for slot, kept in optimizer.slots.items()}},
        "progress": {"seed": at.seed, "epoch": at.epoch, "step": at.step, "sums": at.means.sums, "rows": at.means.rows,
                     "logs": at.logs},
        "random": model.rng.bit_generator.state, "stop_training": model.stop_training}


def check_model_state(model: Any, state: Mapping[str, Any], where: str) -> None:
    """Refuse a state that is not of such a model."""
    saved = state["optimizer"]
    dtypes = model.dtypes()
    parameters = {name: (shape, dtypes[name]) for name, shape in model.shapes().items()}
    try:
        saving.check_fit(parameters, state["weights"], where)
        for slot, kept in saved["slots"].items():
            saving.check_fit({key: parameters[key] for key in kept if key in parameters}, kept, f"{where} {slot}")
    except MinicnnError as problem:
        raise MinicnnError(f"{problem} The backup is of another model.") from None
    if saved["kind"] != _kind(model.optimizer):
        raise _checks.error(where, "the backup is of a run with another optimizer", saved["kind"],
                            _kind(model.optimizer))
    _check_figures(state, where)
    type(model.rng.bit_generator)().state = state["random"]  # ValueError, or another error, if it is none


def _check_figures(state: Mapping[str, Any], where: str) -> None:
    """Refuse what would only fail later on, inside the training."""
    at, optimizer = state["progress"], state["optimizer"]
    figures = {"iterations": optimizer["iterations"], **{name: at[name] for name in ("seed", "epoch", "step", "rows")}}
    for name, number in figures.items():
        _checks.integer(number, name, f"{where}: the backup is damaged", minimum=0)
    if optimizer["learning_rate"] is not None:
        _checks.number(optimizer["learning_rate"], "learning_rate", f"{where}: the backup is damaged", minimum=0)
    if not (isinstance(at["sums"], dict) and isinstance(at["logs"], dict)):
        raise TypeError("figures without names")


def set_model_state(model: Any, state: Mapping[str, Any]) -> None:
    """Make the model as it was."""
    for name, value in model.params.items():
        value[...] = state["weights"][name]
    saved, at, optimizer = state["optimizer"], state["progress"], model.optimizer
    optimizer.iterations, optimizer.slots = saved["iterations"], saved["slots"]
    if saved["learning_rate"] is not None:
        optimizer.learning_rate = saved["learning_rate"]
    now = model.progress
    now.seed, now.epoch, now.step, now.logs = at["seed"], at["epoch"], at["step"], at["logs"]
    now.means.sums, now.means.rows = at["sums"], at["rows"]
    model.rng.bit_generator.state = state["random"]
    model.stop_training = bool(state["stop_training"])


def _kind(optimizer: Any) -> str:
    """The optimizer by name, with what it keeps for each parameter and, if it has one, its schedule."""
    rate = optimizer.learning_rate
    name = type(optimizer).__name__
    if optimizer.slot_names:
        name += f" keeping {', '.join(optimizer.slot_names)}"
    return f"{name} with {type(rate).__name__}" if isinstance(rate, LearningRateSchedule) else name
