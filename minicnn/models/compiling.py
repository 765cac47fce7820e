"""What `compile` settles, from names and objects, lists and dicts."""

from collections.abc import Mapping, Sequence
from typing import Any

from minicnn import _checks, losses, optimizers
from minicnn._data import by_name
from minicnn.metrics import Metric
from minicnn.metrics import get as get_metric
from minicnn.optimizers import Optimizer
from minicnn.training import Compiled, Target


def settled(optimizer: str | Optimizer, loss: Any, loss_weights: Any, metrics: Any, steps_per_execution: int,
            outputs: Sequence[str], where: str) -> Compiled:
    """The arguments of `Model.compile`, for the outputs of these names."""
    several = isinstance(loss, (list, tuple, Mapping))
    every = _of_each(loss, outputs, where) if several else [loss] * len(outputs)
    losses_of = [None if one is None else losses.get(one) for one in every]
    if not any(losses_of):
        raise _checks.error(where, "a loss is needed", cure="For example loss='mse'.")
    weights = [1.0] * len(outputs) if loss_weights is None else [
        _checks.number(weight, "a loss weight", where) for weight in _of_each(loss_weights, outputs, where)]
    targets = [Target(*one) for one in zip(losses_of, weights, _metrics(metrics, outputs, where), strict=True)]
    return Compiled(optimizers.get(optimizer), targets,
                    _checks.integer(steps_per_execution, "steps_per_execution", where))


def _of_each(value: Any, names: Sequence[str], where: str) -> list[Any]:
    """What was given for each output: by name, or in a list, which may have one thing alone in it."""
    alone = isinstance(value, (list, tuple)) and len(value) == len(names) == 1
    return list(value) if alone else by_name(value, names, "output", where)


def _metrics(wanted: Any, names: Sequence[str], where: str) -> list[dict[str, Metric]]:
    """The metrics of each output, by name."""
    if wanted is not None and not isinstance(wanted, (list, tuple, Mapping)):
        raise _checks.error(where, "metrics must be a list", "for example ['accuracy']", repr(wanted))
    every = [wanted] * len(names)
    if isinstance(wanted, Mapping):
        every = by_name({**dict.fromkeys(names), **wanted}, names, "output", where)
    elif wanted and len(names) > 1:
        every = by_name(wanted, names, "output", where)
    return [dict(map(get_metric, one if isinstance(one, (list, tuple)) else [] if one is None else [one]))
            for one in every]
