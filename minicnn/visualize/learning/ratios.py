"""How far a step moves the weights, beside how large they are."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from minicnn import _checks
from minicnn._types import Array

RULE = 1e-3
"""The rule of thumb: a step of about a thousandth of the weights. Much more, and the learning rate is rather too high;
much less, and it is too low, or the gradient does not get there."""


def update_ratios(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, float]:
    """How far each layer's weights have moved, as part of their size: ||after - before|| / ||before||.

    before, after: arrays by ``"layer/parameter"``, as ``model.params`` has them. Those are the arrays themselves, in
    which training writes, so copies must be taken::

        before = {name: value.copy() for name, value in model.params.items()}
        model.train_on_batch(x, y)
        update_ratios(before, model.params)

    A layer's arrays count as one long vector, kernel and bias together. NaN for a layer whose weights were all zero.

    Raises MinicnnError where the two have different names or shapes.
    """
    if before.keys() != after.keys() or not before:
        raise _checks.error("update_ratios", "before and after are not of one model", sorted(before) or "some arrays",
                            sorted(after))
    moved: dict[str, float] = {}
    size: dict[str, float] = {}
    for name in before:
        layer = name.rpartition("/")[0]
        old, new = (_checks.numeric(value, f"update_ratios: {name}") for value in (before[name], after[name]))
        if old.shape != new.shape:
            raise _checks.error(f"update_ratios: {name}", "before and after are not of one shape", old.shape, new.shape)
        with np.errstate(invalid="ignore"):
            moved[layer] = moved.get(layer, 0.0) + _square(new - old)
        size[layer] = size.get(layer, 0.0) + _square(old)
    return {layer: float(np.sqrt(moved[layer] / size[layer])) if size[layer] else float("nan") for layer in moved}


def _square(array: Array) -> float:
    """The sum of the squares, by one pass over the numbers."""
    row = array.reshape(-1)
    with np.errstate(over="ignore"):  # infinity says enough
        return float(row @ row)
