"""A model as a file, and back."""

import os
from typing import TYPE_CHECKING, Any

from minicnn import _checks, _config, metrics, saving
from minicnn._types import Shape
from minicnn.losses import Loss
from minicnn.optimizers import Optimizer

if TYPE_CHECKING:
    from minicnn.models.model import Model


def save_model(model: "Model", filepath: str | os.PathLike[str], overwrite: bool = True) -> None:
    """Write configuration, weights, and how the model was compiled, to one ``.npz``.

    Metrics that are functions of yours are left out: a file holds no code.
    """
    document: dict[str, Any] = {"model": _config.encode(model)}
    params = model.params
    arrays = {f"weights/{name}": value for name, value in params.items()}
    if model.compiled is not None:
        optimizer = model.compiled.optimizer
        # An optimizer may have moved another model before.
        slots = {slot: [key for key in kept if key in params] for slot, kept in optimizer.slots.items()}
        document["compile"] = {
            "optimizer": _config.encode(optimizer), "iterations": optimizer.iterations, "slots": slots,
            "loss": [_config.encode(target.loss) for target in model.compiled.targets],
            "loss_weights": [target.weight for target in model.compiled.targets],
            "metrics": [[name for name, metric in target.metrics.items() if metrics.is_named(name, metric)]
                        for target in model.compiled.targets]}
        arrays.update({f"optimizer/{slot}/{key}": optimizer.slots[slot][key] for slot in slots for key in slots[slot]})
    saving.write(filepath, document, arrays, overwrite)


def load_model(filepath: str | os.PathLike[str]) -> "Model":
    """The model that `Model.save` wrote, compiled as it was.

    Raises MinicnnError when the file is missing, is not such a file, is damaged, or its arrays do not fit its
    configuration (all mismatches in one message). Nothing in the file is executed.
    """
    document, arrays = saving.read(filepath)
    where = f"load_model {os.fspath(filepath)!r}"
    from minicnn.models.model import Model

    model = saving.rebuild(document, "model", Model, where)
    slots = _compile(model, document["compile"], where) if "compile" in document else {}
    saving.check_fit(_expected(model, slots), arrays, where)
    for name, value in model.params.items():
        value[...] = arrays[f"weights/{name}"]
    if model.compiled is not None:
        model.compiled.optimizer.slots = {
            slot: {key: arrays[f"optimizer/{slot}/{key}"] for key in keys} for slot, keys in slots.items()}
    return model


def _compile(model: "Model", how: Any, where: str) -> dict[str, list[str]]:
    """Compile the model as it was; returns the parameters that each slot of the optimizer has arrays for."""
    optimizer = saving.rebuild(how, "optimizer", Optimizer, where)
    try:
        losses = [None if config is None else saving.rebuild({"loss": config}, "loss", Loss, where)
                  for config in how["loss"]]
        model.compile(optimizer, _each(losses), _each(how["loss_weights"]),
                      _each(how["metrics"]))
        optimizer.iterations = _checks.integer(how["iterations"], "iterations", "optimizer", minimum=0)
        slots = {slot: list(keys) for slot, keys in how["slots"].items()}
        strangers = {key for keys in slots.values() for key in keys} - model.shapes().keys()
        strangers |= slots.keys() - set(optimizer.slot_names)
        if strangers:
            raise KeyError(f"slots of {sorted(strangers)[0]!r}")
        return slots
    except _checks.MinicnnError as problem:
        raise _checks.MinicnnError(f"{where}: the compile settings do not fit. {problem}") from None
    except (KeyError, TypeError, AttributeError) as problem:
        raise _checks.error(where, "the compile settings are damaged",
                            received=f"{type(problem).__name__}: {problem}") from None


def _each(values: list[Any]) -> Any:
    """What `compile` wants: a list for several outputs, the thing itself for one."""
    return values[0] if len(values) == 1 else values


def _expected(model: "Model", slots: dict[str, list[str]]) -> dict[str, tuple[Shape, str]]:
    """Shape and type of each array of the file."""
    dtypes = model.dtypes()
    numbers = {name: (shape, dtypes[name]) for name, shape in model.shapes().items()}
    expected = {f"weights/{name}": number for name, number in numbers.items()}
    for slot, keys in slots.items():
        expected.update({f"optimizer/{slot}/{key}": numbers[key] for key in keys})
    return expected
