"""A model as a file, and back."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from minicnn import _config, metrics, saving
from minicnn._types import Array
from minicnn.losses import Loss
from minicnn.optimizers import Optimizer

if TYPE_CHECKING:
    from minicnn.models.model import Model


def save_model(model: "Model", filepath: str | os.PathLike[str], overwrite: bool = True) -> None:
    """Write configuration, weights, and how the model was compiled, to one ``.npz``."""
    document: dict[str, Any] = {"model": _config.encode(model)}
    arrays = {f"weights/{name}": value for name, value in model.params.items()}
    if model.compiled is not None:
        optimizer = model.compiled.optimizer
        document["compile"] = {
            "optimizer": _config.encode(optimizer), "iterations": optimizer.iterations,
            "loss": _config.encode(model.compiled.loss),
            "metrics": [name for name, metric in model.compiled.metrics.items() if metrics.is_named(name, metric)]}
        arrays.update({f"optimizer/{slot}/{key}": value for slot, kept in optimizer.slots.items()
                       for key, value in kept.items()})
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
    weights = saving.under(arrays, "weights/")
    saving.check_fit(model.shapes(), weights, where)
    for name, value in model.params.items():
        value[...] = weights[name]
    if "compile" in document:
        _recompile(model, document["compile"], saving.under(arrays, "optimizer/"), where)
    return model


def _recompile(model: "Model", how: Mapping[str, Any], slots: Mapping[str, Array], where: str) -> None:
    optimizer = saving.rebuild(how, "optimizer", Optimizer, where)
    model.compile(optimizer, saving.rebuild(how, "loss", Loss, where), list(how["metrics"]))
    optimizer.iterations = int(how["iterations"])
    shapes = model.shapes()
    for name, value in slots.items():
        slot, key = name.split("/", 1)
        saving.check_fit({name: shapes.get(key, ())}, {name: value}, where)
        optimizer.slots.setdefault(slot, {})[key] = value
