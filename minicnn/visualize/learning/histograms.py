"""How many of a layer's weights, and of their gradients, have which size."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn import _checks
from minicnn._types import Array

if TYPE_CHECKING:
    from minicnn.models import Model

BINS = 61  # odd: zero is in the middle of a bin
DECADES = (-12, 2)
GRADIENT_EDGES = np.linspace(*DECADES, 4 * (DECADES[1] - DECADES[0]) + 1)
"""Powers of ten between which gradients are counted, four bins for each."""


@dataclass(frozen=True)
class Histogram:
    """``counts`` (B,): how many numbers lie between ``edges`` (B+1,)."""

    counts: Array
    edges: Array


def weight_histograms(model: "Model", bins: int = BINS) -> dict[str, Histogram]:
    """The weights of each layer that has any, counted by their value.

    A layer's weights are all of its learned numbers, kernel and bias together. The bins reach as far below zero as
    above, to the largest weight of the layer; where all are zero, from -1 to 1.

    Raises MinicnnError where a weight is NaN or infinite, and where no layer has weights.
    """
    where = "weight_histograms"
    bins = _checks.integer(bins, "bins", where)
    found = {}
    for path, weights in layer_weights(model).items():
        numbers = flat(weights, f"{where}: weights of {path!r}")
        largest = float(np.abs(numbers).max()) or 1.0
        # In float64, so that the largest weight lies on the last edge and not behind it.
        counts, edges = np.histogram(numbers, bins, (-largest, largest))
        found[path] = Histogram(counts, edges)
    return _some(found, f"{where}: {model}", "no layer has weights")


def gradient_histograms(model: "Model", x: Any, y: Any) -> dict[str, Histogram]:
    """The gradient of the loss by each layer's weights, counted by its size: the edges are log10 |gradient|.

    Sizes differ by orders of magnitude, from layer to layer and from epoch to epoch, so they are counted on the same
    bins everywhere: from 1e-12 to 100, four bins for each power of ten. What is smaller, zeros included, is in the
    first bin; what is larger in the last.

    model: compiled. x, y: the batch to take the gradient on, as `fit` takes them; layers behave as in training.

    Raises MinicnnError where the model is not compiled, x or y do not fit, or no layer learns.
    """
    by_layer: dict[str, list[Array]] = {}
    for key, gradient in model.loss_gradients(x, y).items():
        by_layer.setdefault(key.rpartition("/")[0], []).append(gradient)
    found = {}
    for path, arrays in by_layer.items():
        numbers = np.abs(flat(arrays, f"gradient_histograms: gradient of {path!r}"))
        powers = np.log10(np.clip(numbers, 10.0 ** DECADES[0], 10.0 ** DECADES[1], dtype=np.float64))
        found[path] = Histogram(np.histogram(powers, GRADIENT_EDGES)[0], GRADIENT_EDGES)
    return _some(found, f"gradient_histograms: {model}", "no layer learns")


def layer_weights(model: "Model") -> dict[str, list[Array]]:
    """The learned arrays of each layer that has any, by the layer's path. They are the model's own: do not write."""
    leaves = {path: list(chain[-1].learned.values()) for path, chain in model.graph.leaves.items()}
    return {path: arrays for path, arrays in leaves.items() if arrays}


def flat(arrays: list[Array], where: str) -> Array:
    """All numbers of some arrays in one row, known to be finite."""
    numbers = np.concatenate([array.reshape(-1) for array in arrays])
    _checks.finite(numbers, where)
    return numbers


def rebinned(counts: Array, edges: Array, new_edges: Array) -> Array:
    """Counts as they would be between other edges, numbers lying evenly within each bin.

    >>> rebinned(np.array([4, 2]), np.array([-1.0, 0.0, 1.0]), np.array([-2.0, -1.0, -0.5, 2.0])).tolist()
    [0.0, 2.0, 4.0]
    """
    below: Array = np.concatenate([[0], np.cumsum(counts)])
    between: Array = np.diff(np.interp(new_edges, edges, below))
    return between


def _some(found: dict[str, Histogram], where: str, what: str) -> dict[str, Histogram]:
    if not found:
        raise _checks.error(where, what)
    return found
