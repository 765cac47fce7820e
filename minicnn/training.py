"""One training step: forward, loss, back, update; and the figures that tell of it.

Everything here works on a graph, a loss and an optimizer. `loop` repeats it; `models` puts Keras's face before it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minicnn import _checks
from minicnn._types import Array
from minicnn.callbacks import Logs
from minicnn.feeding import Batch
from minicnn.graph import Graph, Node, pull_back, push_forward
from minicnn.layers.base import Layer, Rng
from minicnn.layers.simple import Activation
from minicnn.losses import Loss
from minicnn.metrics import Metric
from minicnn.optimizers import Optimizer


@dataclass
class Compiled:
    """What `compile` settled."""

    optimizer: Optimizer
    loss: Loss
    metrics: dict[str, Metric] = field(default_factory=dict)


@dataclass
class Means:
    """Running means of the loss and the metrics over the rows seen so far."""

    sums: dict[str, float] = field(default_factory=dict)
    rows: int = 0

    def add(self, values: dict[str, Array]) -> None:
        for name, array in values.items():
            per_row = array.size / len(array)  # more than one where the outputs are images
            self.sums[name] = self.sums.get(name, 0.0) + float(array.sum(dtype=np.float64)) / per_row
        self.rows += len(next(iter(values.values())))

    def logs(self) -> Logs:
        return {name: total / self.rows for name, total in sorted(self.sums.items())}


def start_of_the_walk(graph: Graph, loss: Loss) -> tuple[Node, Loss]:
    """The node where the walk back starts, and the loss as seen from there.

    Usually the output. Behind a softmax or a sigmoid, their cross-entropy starts before it: from the logits the
    gradient is simply p - t, exact also where a probability is too small to be told from 0.
    """
    output = graph.outputs[0]
    logits_loss = loss.of_logits(output.step.function) if isinstance(output.step, Activation) else None
    return (output, loss) if logits_loss is None else (output.inputs[0], logits_loss)


# What overflows makes the loss infinite or NaN, and that is told in words: no warnings on the way there.
_silent = np.errstate(over="ignore", invalid="ignore", divide="ignore")


class NotFiniteError(_checks.MinicnnError):
    """A loss that is NaN or infinite."""


@_silent
def figures(graph: Graph, compiled: Compiled, batch: Batch, training: bool, rng: Rng,
            where: Callable[[], str]) -> tuple[dict[str, Array], Node, Array, dict[Node, Any]]:
    """Forward, then the loss and the metrics of each row; with what the walk back needs.

    The loss of a row is weighed, and has the regularizers' part added, as Keras reports it.
    """
    start, loss = start_of_the_walk(graph, compiled.loss)
    values, caches = push_forward(graph, [batch.x], training=training, rng=rng, keep=[start], remember=training)
    rows = {"loss": _per_row(f"loss {loss.name!r}", loss.values(batch.y, values[start]), batch.y)}
    dy = loss.gradient(batch.y, values[start]) if training else values[start]
    if batch.weight is not None:
        rows["loss"] = rows["loss"] * _beside(batch.weight, rows["loss"])
        dy = dy * _beside(batch.weight, dy) if training else dy
    rows["loss"] = rows["loss"] + regularization(graph)
    if not np.isfinite(rows["loss"]).all():
        raise _not_finite(graph, batch.x, where())
    output = graph.outputs[0]
    scores = output.owner.scores(values[output])
    rows.update({name: _per_row(f"metric {name!r}", metric(batch.y, scores), batch.y)
                 for name, metric in compiled.metrics.items()})
    return rows, start, dy, caches


def _beside(weight: Array, values: Array) -> Array:
    """One weight per row, shaped and typed to multiply values (N, ...)."""
    return weight.astype(values.dtype).reshape(len(weight), *(1,) * (values.ndim - 1))


def regularization(graph: Graph) -> float:
    """What the regularizers of the trainable layers add to the loss."""
    return sum(regularizer(layer.params[name]) for layer in graph.layers if layer.trainable
               for name, regularizer in layer.regularizers.items())


def _per_row(where: str, values: Any, y: Array) -> Array:
    """What a loss or metric gave, refused where it is not one value for each row: users write these, too."""
    array = np.asarray(values)
    if array.shape[:1] != (len(y),):
        raise _checks.error(where, "it must give one value for each row", f"shape ({len(y)},)", f"shape {array.shape}",
                            "Take no mean over the rows.")
    return array


@_silent
def train_step(graph: Graph, compiled: Compiled, batch: Batch, rng: Rng,
               where: Callable[[], str] = lambda: "training") -> dict[str, Array]:
    """One step: forward, back, update. Returns the loss and the metrics of each row, from before the update."""
    rows, start, dy, caches = figures(graph, compiled, batch, True, rng, where)
    dy = dy / dy.dtype.type(rows["loss"].size)  # the loss is the mean over rows
    signals = pull_back(graph, {start: dy}, caches, inputs=False)
    for node, cache in caches.items():
        if node.step.trainable:
            node.step.fold_in(cache)
    compiled.optimizer.apply(
        (f"{layer.name}/{name}", layer.params[name], _regularized(layer, name, gradient))
        for layer in graph.layers if layer.trainable
        for name, gradient in signals.parameters.get(layer, {}).items())
    return rows


def _regularized(layer: Layer, name: str, gradient: Array) -> Array:
    regularizer = layer.regularizers.get(name)
    return gradient if regularizer is None else gradient + regularizer.gradient(layer.params[name])


def _not_finite(graph: Graph, x: Array, where: str) -> NotFiniteError:
    """The error for a loss that is no number: names the first place where a value stops being one."""
    cure = "Lower the learning rate, or look at the scale of the data."

    def told(what: str, received: object = None) -> NotFiniteError:
        return NotFiniteError(str(_checks.error(where, f"the loss is not finite{what}", received=received, cure=cure)))

    for layer in graph.layers:
        for name, value in layer.params.items():
            if not np.isfinite(value).all():
                return told(f": the {name} of {layer} holds NaN or infinity")
    with np.errstate(all="ignore"):
        values, _ = push_forward(graph, [x], keep=graph.nodes, remember=False)
    for name, node in graph.names.items():
        if not np.isfinite(values[node]).all():
            return told(f": the first value that is not finite is the output {name!r} of {node.owner}")
    name, node = max(graph.names.items(), key=lambda item: np.abs(values[item[1]]).max())
    return told(f", though every output is; the largest number is in the output {name!r} of {node.owner}",
                np.abs(values[node]).max())
