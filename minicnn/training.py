"""One training step: forward, loss, back, update; and the figures that tell of it.

Everything here works on a graph, a loss and an optimizer. `loop` repeats it; `models` puts Keras's face before it.
"""

import itertools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minicnn import _checks, plans
from minicnn._checks import NotFiniteError
from minicnn._data import Data, parts
from minicnn._types import Array
from minicnn.callbacks import Logs
from minicnn.feeding import Batch
from minicnn.graph import Graph, pull_back, push_forward
from minicnn.layers.base import Cache, Gradients, Layer, Rng
from minicnn.layers.nodes import Node
from minicnn.layers.simple import Activation
from minicnn.losses import Loss
from minicnn.metrics import Metric
from minicnn.optimizers import Optimizer


@dataclass
class Target:
    """What `compile` settled for one output: its loss, if it has one, the loss's weight, and metrics."""

    loss: Loss | None
    weight: float = 1.0
    metrics: dict[str, Metric] = field(default_factory=dict)


@dataclass
class Compiled:
    """What `compile` settled: how to move the parameters, what each output is for, and how many steps may be done in
    one call, where they can be."""

    optimizer: Optimizer
    targets: list[Target]
    steps_per_execution: int = 1


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


def start_of_the_walk(output: Node, loss: Loss) -> tuple[Node, Loss]:
    """The node where the walk back from an output starts, and the loss as seen from there.

    Usually the output. Behind a softmax or a sigmoid, their cross-entropy starts before it: from the logits the
    gradient is simply p - t, exact also where a probability is too small to be told from 0.
    """
    logits_loss = loss.of_logits(output.step.function) if isinstance(output.step, Activation) else None
    return (output, loss) if logits_loss is None else (output.inputs[0], logits_loss)


# What overflows makes the loss infinite or NaN, and that is told in words: no warnings on the way there.
_silent = np.errstate(over="ignore", invalid="ignore", divide="ignore")


@dataclass(frozen=True)
class Forward:
    """What a walk forward brings: figures of each row, the signals to walk back with (where it is training), and the
    caches."""

    rows: dict[str, Array]
    signals: dict[Node, Array]
    caches: dict[Node, Cache]


@_silent
def figures(graph: Graph, compiled: Compiled, batch: Batch, training: bool, rng: Rng,
            where: Callable[[], str]) -> Forward:
    """Forward, then the loss and the metrics of each row; with what the walk back needs.

    The loss of a row is weighed, and has the regularizers' part added, as Keras reports it. Of several losses, each is
    there as well by its output's name, not weighed by the output's weight.
    """
    walks = _walks(graph, compiled)
    values, caches = _forward(graph, walks, parts(batch.x), training, rng)
    rows: dict[str, Array] = {}
    losses: list[Array] = []
    signals: dict[Node, Array] = {}
    several = sum(loss is not None for _, loss in walks) > 1
    for place, (target, (start, loss), y) in enumerate(zip(compiled.targets, walks, parts(batch.y), strict=True)):
        output = graph.outputs[place]
        prefix = f"{output.call.layer.name}_" if len(walks) > 1 else ""
        weight = None if batch.weight is None else parts(batch.weight)[place if isinstance(batch.weight, tuple) else 0]
        if loss is not None:
            each = _by_row(_per_row(f"loss {loss.name!r}", loss.values(y, values[start]), y), weight)
            of_row = each if len(walks) == 1 else each.reshape(len(each), -1).mean(axis=1)
            losses.append(_weighed(of_row, target.weight))
            if several:
                rows[_unused(f"{prefix}loss", rows)] = each
            if training:
                dy = _weighed(_by_row(loss.gradient(y, values[start]), weight), target.weight)
                dy = dy / dy.dtype.type(each.size)  # the loss is the mean over rows
                signals[start] = signals[start] + dy if start in signals else dy
        scores = output.owner.scores(values[output])
        for name, metric in target.metrics.items():
            rows[_unused(f"{prefix}{name}", rows)] = _per_row(f"metric {name!r}", metric(y, scores), y)
    rows["loss"] = sum(losses[1:], start=losses[0]) + regularization(graph.learning().values())
    if not np.isfinite(rows["loss"]).all():
        raise _not_finite(graph, batch.x, where())
    return Forward(rows, signals, caches)


def _forward(graph: Graph, walks: list[tuple[Node, Loss | None]], inputs: Sequence[Array], training: bool, rng: Rng
             ) -> tuple[dict[Node, Array], dict[Node, Cache]]:
    """The values of the outputs, and of the nodes where the losses begin; with the caches, where it is training."""
    keep = [node for node, _ in walks]
    if training:
        return push_forward(graph, inputs, training=True, rng=rng, keep=keep)
    planned = _planned_values(graph, walks, inputs)
    return (plans.values(graph, inputs, keep, rng) if planned is None else planned), {}


def _walks(graph: Graph, compiled: Compiled) -> list[tuple[Node, Loss | None]]:
    """Where the walk back from each output starts, and the loss as seen from there."""
    return [(node, None) if target.loss is None else start_of_the_walk(node, target.loss)
            for node, target in zip(graph.outputs, compiled.targets, strict=True)]


def _planned_values(graph: Graph, walks: list[tuple[Node, Loss | None]], inputs: Sequence[Array]
                    ) -> dict[Node, Array] | None:
    """The value of the output, and of the node where the loss begins, by a plan; None where there is none."""
    start, output = walks[0][0], graph.outputs[0]
    value = plans.value(graph, start, inputs)
    if value is None:
        return None
    return {start: value, output: value if start is output else output.step.run(value)[0]}


def _unused(name: str, names: Collection[str]) -> str:
    """The name, numbered as Keras does it where it is there already: one layer may make two of the outputs."""
    numbered = (f"{name}_{number}" for number in itertools.count(1))
    return name if name not in names else next(other for other in numbered if other not in names)


def _weighed(values: Array, weight: float) -> Array:
    return values if weight == 1 else values * values.dtype.type(weight)


def _by_row(values: Array, weight: Array | None) -> Array:
    """Values (N, ...) times the weight of each row."""
    return values if weight is None else values * _beside(weight, values)


def _beside(weight: Array, values: Array) -> Array:
    """One weight per row, shaped and typed to multiply values (N, ...)."""
    return weight.astype(values.dtype).reshape(len(weight), *(1,) * (values.ndim - 1))


def regularization(layers: Iterable[Layer]) -> float:
    """What the regularizers of layers, the trainable ones, add to the loss."""
    return sum(regularizer(layer.params[name]) for layer in layers for name, regularizer in layer.regularizers.items())


def _per_row(where: str, values: Any, y: Array) -> Array:
    """What a loss or metric gave, refused where it is not one value for each row: users write these, too."""
    array = np.asarray(values)
    if array.shape[:1] != (len(y),):
        raise _checks.error(where, "it must give one value for each row", f"shape ({len(y)},)", f"shape {array.shape}",
                            "Take no mean over the rows.")
    return array


@_silent
def train_step(graph: Graph, compiled: Compiled, batch: Batch, rng: Rng,
               where: Callable[[], str] = lambda: "training", trainable: bool = True) -> dict[str, Array]:
    """One step: forward, back, update. Returns the loss and the metrics of each row, from before the update.

    trainable: False moves nothing, also in layers that are trainable themselves.
    """
    regularized = graph.learning()
    learning = regularized if trainable else {}
    rows = _planned_step(graph, compiled, batch, rng, where, learning, regularized)
    if rows is not None:
        return rows
    forward = figures(graph, compiled, batch, True, rng, where)
    changes = updates(graph, forward, learning)
    for node, cache in forward.caches.items():
        if node.step.trainable:
            node.step.fold_in(cache)
    compiled.optimizer.apply(changes)
    return forward.rows


@_silent
def updates(graph: Graph, forward: Forward, learning: Mapping[str, Layer]) -> list[tuple[str, Array, Array]]:
    """What an optimizer moves: (key, parameter, gradient) for each parameter of the layers that learn."""
    signals = pull_back(graph, forward.signals, forward.caches, inputs=False, learning=learning.values())
    return moves(learning, signals.parameters)


def moves(learning: Mapping[str, Layer], gradients: Mapping[Layer, Gradients]) -> list[tuple[str, Array, Array]]:
    """The same from gradients by layer: those of the regularizers are added."""
    return [(f"{path}/{name}", layer.params[name], _regularized(layer, name, gradient))
            for path, layer in learning.items() for name, gradient in gradients.get(layer, {}).items()]


def _planned_step(graph: Graph, compiled: Compiled, batch: Batch, rng: Rng, where: Callable[[], str],
                  learning: dict[str, Layer], regularized: dict[str, Layer]) -> dict[str, Array] | None:
    """The same step by a plan (`minicnn.plans`); None where there is none."""
    (target, *others), x, y, weight = compiled.targets, batch.x, batch.y, batch.weight
    if others or target.loss is None or isinstance(x, (tuple, dict)) or isinstance(y, (tuple, dict)):
        return None
    start, loss = start_of_the_walk(graph.outputs[0], target.loss)
    plan = plans.for_step(graph, start, loss, learning.values(), bool(target.metrics), len(x))
    if plan is None or x.dtype != np.float32 or x.shape[1:] != graph.inputs[0].sample_shape:
        return None
    labels, wanted = plan.targets(loss, y)
    if (len(labels), len(wanted)) not in ((len(x), 0), (0, len(x) * plan.size)):
        return None
    factors = np.full(len(x), target.weight / len(x), np.float32)
    if weight is not None:
        factors *= parts(weight)[0]
    outputs, losses, memory = plan.run(x, labels, wanted, factors, plan.drawn(len(x), rng))
    rows: dict[str, Array] = {}
    if target.metrics:
        scores = graph.outputs[0].owner.scores(outputs.reshape(len(x), *graph.outputs[0].sample_shape))
        for name, metric in target.metrics.items():
            rows[_unused(name, rows)] = _per_row(f"metric {name!r}", metric(y, scores), y)
    losses = losses if weight is None else losses * _beside(parts(weight)[0], losses)
    having = [layer for layer in regularized.values() if layer.regularizers]
    rows["loss"] = _weighed(losses, target.weight) + regularization(having)
    if not np.isfinite(rows["loss"]).all():
        loss.check_target(y, graph.outputs[0].sample_shape)  # of a label that is no class it is NaN
        raise _not_finite(graph, x, where())
    rate = compiled.optimizer.plain_rate()
    if rate is not None and not having:
        plan.update(memory, rate)
        compiled.optimizer.iterations += 1
    else:
        compiled.optimizer.apply(moves(learning, plan.gradients(memory)))
    plan.done(memory)
    return rows


def _regularized(layer: Layer, name: str, gradient: Array) -> Array:
    regularizer = layer.regularizers.get(name)
    return gradient if regularizer is None else gradient + regularizer.gradient(layer.params[name])


def _not_finite(graph: Graph, x: Data, where: str) -> NotFiniteError:
    """The error for a loss that is no number: names the first place where a value stops being one."""
    cure = "Lower the learning rate, or look at the scale of the data."

    def told(what: str, received: object = None) -> NotFiniteError:
        return NotFiniteError(str(_checks.error(where, f"the loss is not finite{what}", received=received, cure=cure)))

    for layer in (chain[-1] for chain in graph.leaves.values()):
        for name, value in layer.params.items():
            if not np.isfinite(value).all():
                return told(f": the {name} of {layer} holds NaN or infinity")
    with np.errstate(all="ignore"):
        values, _ = push_forward(graph, parts(x), keep=graph.nodes, remember=False)
    for name, node in graph.names.items():
        if not np.isfinite(values[node]).all():
            return told(f": the first value that is not finite is the output {name!r} of {node.owner}")
    name, node = max(graph.names.items(), key=lambda item: np.abs(values[item[1]]).max())
    return told(f", though every output is; the largest number is in the output {name!r} of {node.owner}",
                np.abs(values[node]).max())
