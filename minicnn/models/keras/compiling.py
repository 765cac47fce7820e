"""How a model was compiled, as Keras writes it down, and back."""

import warnings
from collections.abc import Callable
from typing import Any

from minicnn import _checks, losses, metrics, optimizers
from minicnn._data import one_or_all
from minicnn.metrics import Metric, TopK
from minicnn.models.keras.table import LOSSES, OPTIMIZERS
from minicnn.models.keras.values import class_and_config, read, short, told, written
from minicnn.models.model import Model
from minicnn.training import Target

CURE = "load_model(..., compile=False) leaves the compile settings out."


# -- to Keras ----------------------------------------------------------------------------------------


def compile_config(model: Model) -> dict[str, Any] | None:
    """Optimizer, losses, their weights, and metrics; None for a model that is not compiled.

    What Keras has no counterpart of is left out with a warning: metrics one by one; for a loss or an optimizer, all.
    """
    if model.compiled is None:
        return None
    where, targets = f"{model} in Keras's words", model.compiled.targets
    try:
        each = [None if target.loss is None else written(target.loss, LOSSES, "keras.losses", where)
                for target in targets]
        optimizer = written(model.optimizer, OPTIMIZERS, "keras.optimizers", where)
    except _checks.MinicnnError as problem:
        warnings.warn(f"{problem} The compile settings are left out.", stacklevel=5)
        return None
    optimizer["config"]["name"] = model.optimizer.name
    several = len(targets) > 1
    return {"optimizer": optimizer, "loss": each if several else each[0],
            "loss_weights": [target.weight for target in targets] if several else None,
            "metrics": [_metrics(target, where) for target in targets] if several else _metrics(targets[0], where),
            "weighted_metrics": None}


def _metrics(target: Target, where: str) -> list[Any]:
    known: list[Any] = []
    for name, metric in target.metrics.items():
        if metrics.is_named(name, metric):
            known.append(name)
        elif isinstance(metric, TopK):
            known.append({"module": "keras.metrics", "class_name": "TopKCategoricalAccuracy",
                          "config": {"name": name, "k": metric.k}, "registered_name": None})
        else:
            warnings.warn(f"{where}: Keras has no metric {name!r}. It is left out.", stacklevel=6)
    return known


# -- from Keras --------------------------------------------------------------------------------------


def compile_from(model: Model, config: dict[str, Any], where: str) -> None:
    """Compile a model by what Keras wrote; an error in words where minicnn has no counterpart."""
    try:
        with told(f"{where}: compile settings"):
            _compile(model, config, f"{where}: compile settings")
    except _checks.MinicnnError as problem:
        raise _checks.MinicnnError(f"{problem} {CURE}") from None


def _compile(model: Model, config: dict[str, Any], where: str) -> None:
    if config.get("weighted_metrics"):
        raise _checks.error(where, "minicnn has no weighted metrics", received=short(config["weighted_metrics"]))
    if config.get("optimizer") is None:  # Keras 3 forgets it when it has saved the model as .h5 before
        raise _checks.error(where, "the file does not say which optimizer the model had")
    names = model.output_names
    optimizer = config["optimizer"]
    each = _of_each(config.get("loss"), names, "loss", where)
    weights = _of_each(config.get("loss_weights"), names, "loss weight", where)
    wanted = [_list(value) for value in _metrics_of_each(config.get("metrics"), names, where)]
    model.compile(optimizers.get(optimizer) if isinstance(optimizer, str) else
                  read(optimizer, OPTIMIZERS, "optimizer", where),
                  one_or_all([_loss(loss, where) for loss in each]),
                  one_or_all([1.0 if weight is None else weight for weight in weights]))
    assert model.compiled is not None
    for target, values in zip(model.compiled.targets, wanted, strict=True):
        target.metrics = dict(_metric(value, where) for value in values)


def _of_each(value: Any, names: list[str], what: str, where: str) -> list[Any]:
    """One for each output: from one for all, a list, or a dict by the outputs' names."""
    if isinstance(value, dict) and "class_name" not in value:
        strangers = value.keys() - set(names)
        if strangers:
            raise _checks.error(where, f"there is a {what} for {sorted(strangers)[0]!r}", f"outputs {names}")
        return [value.get(name) for name in names]
    if isinstance(value, list):
        if len(value) != len(names):
            raise _checks.error(where, f"there must be one {what} for each output", len(names), len(value))
        return value
    return [value] * len(names)


def _metrics_of_each(value: Any, names: list[str], where: str) -> list[Any]:
    """A list of metrics for each output: a plain list is meant for one output, or for each of several."""
    if isinstance(value, list) and (len(names) == 1 or len(value) != len(names)):
        nested = len(names) == 1 and len(value) == 1 and isinstance(value[0], list)
        return value if nested else [value] * len(names)
    return _of_each(value, names, "list of metrics", where)


def _list(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _loss(value: Any, where: str) -> Any:
    value = _function_name(value)
    if value is None or isinstance(value, str):
        return None if value is None else losses.get(value)
    return read(value, LOSSES, "loss", where)


def _function_name(value: Any) -> Any:
    """The name of a function that was written as a dict."""
    return value.get("config") if isinstance(value, dict) and value.get("class_name") == "function" else value


def _metric(value: Any, where: str) -> tuple[str, Metric]:
    """The name under which a metric is reported, and the metric."""
    value = _function_name(value)
    if isinstance(value, str):
        return metrics.get(value)
    kind, config = class_and_config(value, "metric", where)
    if kind == "MeanMetricWrapper" and "fn" in config:  # Keras 2
        kind = str(_function_name(config["fn"]))
    known: dict[str, Callable[[Any], bool]] = {
        "name": lambda name: isinstance(name, str), "dtype": lambda dtype: True, "fn": lambda fn: True,
        "k": lambda k: kind in _TOP_K, "threshold": lambda threshold: threshold == 0.5}
    for key, setting in config.items():
        if key not in known or not known[key](setting):
            raise _checks.error(where, f"minicnn's metric {kind!r} has no {key!r}", received=short(setting))
    name, metric = metrics.get(kind)
    name = str(config.get("name", name))
    return name, TopK(config["k"], name) if kind in _TOP_K and "k" in config else metric


_TOP_K = ("TopKCategoricalAccuracy", "SparseTopKCategoricalAccuracy")
