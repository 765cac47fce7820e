"""Units that do nothing, and units that can hardly learn."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from minicnn import _checks, activations
from minicnn._progress import watched as with_bar
from minicnn._types import Array
from minicnn.activations import Elementwise
from minicnn.graph import push_forward
from minicnn.layers.nodes import Node
from minicnn.layers.simple import Activation
from minicnn.visualize.scoring import images

if TYPE_CHECKING:
    from minicnn.models import Model

FLAT = 0.05
"""Below which part of its steepest slope a squashing function counts as flat: a tanh where |y| > 0.975."""
SQUASHING = (activations.Tanh, activations.ScaledTanh, activations.Sigmoid, activations.Softsign)


@dataclass(frozen=True)
class DeadUnits:
    """What `dead_units` found in a layer.

    kind: "dead" (ReLU) or "saturated" (tanh and its like): see there.
    units: (U,), for each unit or channel: of dead ones 1, of others 0; or the part of its values that are saturated.
    """

    kind: Literal["dead", "saturated"]
    units: Array

    @property
    def share(self) -> float:
        """Which part of the layer is dead or saturated: the mean over its units."""
        return float(self.units.mean())


def dead_units(model: "Model", x: Any, batch_size: int = 16, verbose: int = 1) -> dict[str, DeadUnits]:
    """Which units of each layer do nothing for any of the images, by the name of the value (see `Network.activations`).

    Behind a ReLU, a unit is **dead** when it is never above zero: for no image and, for a channel of maps, at no
    position. No gradient passes it, so from these images it learns nothing any more. Behind tanh, scaled tanh, sigmoid
    and softsign, a value is **saturated** when the slope there is below 5% of the function's steepest, at zero; a unit
    counts by the part of its values, over images and positions, that are. Layers with other functions are left out.

    x: a batch of images; the more, the surer: a hundred or more. batch_size: how many go through at once.
    verbose: 0 for no progress bar; with 1 it appears after two seconds.

    Raises MinicnnError for images that do not fit, and where the model has none of these functions.
    """
    where = "dead_units"
    nodes = watched(model)
    if not nodes:
        raise _checks.error(f"{where}: {model}", "no layer has a ReLU, tanh, sigmoid or softsign")
    inputs = images(model, x, where)
    count, size = len(inputs[0]), _checks.integer(batch_size, "batch_size", where)
    # Of a ReLU the values behind it tell all.
    keep = {one for node in nodes.values() for one in ((node,) if _rectifies(node) else (node, *node.inputs))}
    sums: dict[str, Array] = {}
    for start in with_bar(range(0, count, size), where, verbose):
        values, _ = push_forward(model.graph, [x[start:start + size] for x in inputs], keep=keep, remember=False)
        for name, node in nodes.items():
            sums[name] = sums.get(name, 0) + _marked(node, values).reshape(-1, node.sample_shape[-1]).sum(axis=0)
    return {name: _found(node, sums[name], count) for name, node in nodes.items()}


def watched(model: "Model") -> dict[str, Node]:
    """The activations that can be dead or saturated, by the names of their values."""
    return {name: node for name, node in model.graph.names.items()
            if node not in model.graph.inputs and (_rectifies(node) or _squashes(node))}


def _rectifies(node: Node) -> bool:
    """Whether this is a ReLU that is flat on the left, with a limit or without."""
    return isinstance(node.step, Activation) and isinstance(node.step.function, activations.Relu) \
        and node.step.function.negative_slope == 0


def _squashes(node: Node) -> bool:
    return isinstance(node.step, Activation) and isinstance(node.step.function, SQUASHING)


def _marked(node: Node, values: dict[Node, Array]) -> Array:
    """True where a ReLU's value is above zero, or where a squashing function is flat."""
    if _rectifies(node):
        return np.asarray(values[node] > 0)
    assert isinstance(node.step, Activation)
    assert isinstance(node.step.function, Elementwise)
    function, x, y = node.step.function, values[node.inputs[0]], values[node]
    zero = np.zeros(1, x.dtype)
    return np.asarray(function.slope(x, y) < FLAT * function.slope(zero, function(zero)))


def _found(node: Node, marked: Array, count: int) -> DeadUnits:
    if _rectifies(node):
        return DeadUnits("dead", (marked == 0).astype(float))
    return DeadUnits("saturated", marked / (count * np.prod(node.sample_shape[:-1], dtype=int)))
