"""The training loop: batches, one step down the gradient, figures.

Everything here works on a graph, a loss and an optimizer; `models` puts Keras's face before it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minicnn import _checks, activations, kernels
from minicnn._types import Array
from minicnn.callbacks import CallbackList, Logs, ProgressBar
from minicnn.graph import Graph, Node, pull_back, push_forward
from minicnn.layers.base import Rng
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

    Usually the output. Behind a softmax, cross-entropy starts before it: from the logits the gradient is
    simply p - t, exact also where a probability is too small to be told from 0.
    """
    output = graph.outputs[0]
    logits_loss = loss.without_softmax()
    if logits_loss and isinstance(output.step, Activation) and output.step.function == activations.softmax:
        return output.inputs[0], logits_loss
    return output, loss


# What overflows makes the loss infinite or NaN, and that is told in words: no warnings on the way there.
_silent = np.errstate(over="ignore", invalid="ignore", divide="ignore")


@_silent
def figures(graph: Graph, compiled: Compiled, x: Array, y: Array, training: bool, rng: Rng,
            where: Callable[[], str]) -> tuple[dict[str, Array], Node, Array, dict[Node, Any]]:
    """Forward, then the loss and the metrics of each row; with what the walk back needs."""
    start, loss = start_of_the_walk(graph, compiled.loss)
    values, caches = push_forward(graph, [x], training=training, rng=rng, keep=[start], remember=training)
    rows = {"loss": _per_row(f"loss {loss.name!r}", loss.values(y, values[start]), y)}
    if not np.isfinite(rows["loss"]).all():
        raise _not_finite(graph, x, where())
    output = graph.outputs[0]
    scores = output.owner.scores(values[output])
    rows.update({name: _per_row(f"metric {name!r}", metric(y, scores), y) for name, metric in compiled.metrics.items()})
    return rows, start, loss.gradient(y, values[start]) if training else values[start], caches


def _per_row(where: str, values: Any, y: Array) -> Array:
    """What a loss or metric gave, refused where it is not one value for each row: users write these, too."""
    array = np.asarray(values)
    if array.shape[:1] != (len(y),):
        raise _checks.error(where, "it must give one value for each row", f"shape ({len(y)},)", f"shape {array.shape}",
                            "Take no mean over the rows.")
    return array


@_silent
def train_step(graph: Graph, compiled: Compiled, x: Array, y: Array, rng: Rng,
               where: Callable[[], str] = lambda: "training") -> dict[str, Array]:
    """One step: forward, back, update. Returns the loss and the metrics of each row, from before the update."""
    rows, start, dy, caches = figures(graph, compiled, x, y, True, rng, where)
    dy = dy / dy.dtype.type(rows["loss"].size)  # the loss is the mean over rows
    signals = pull_back(graph, {start: dy}, caches, inputs=False)
    compiled.optimizer.apply(
        (f"{layer.name}/{name}", layer.params[name], gradient)
        for layer in graph.layers if layer.trainable
        for name, gradient in signals.parameters.get(layer, {}).items())
    return rows


def _not_finite(graph: Graph, x: Array, where: str) -> _checks.MinicnnError:
    """The error for a loss that is no number: names the first place where a value stops being one."""
    cure = "Lower the learning rate, or look at the scale of the data."
    for layer in graph.layers:
        for name, value in layer.params.items():
            if not np.isfinite(value).all():
                return _checks.error(where, f"the loss is not finite: the {name} of {layer} holds NaN or infinity",
                                     cure=cure)
    with np.errstate(all="ignore"):
        values, _ = push_forward(graph, [x], keep=graph.nodes, remember=False)
    for name, node in graph.names.items():
        if not np.isfinite(values[node]).all():
            return _checks.error(where, "the loss is not finite: the first value that is not finite is the output "
                                 f"{name!r} of {node.owner}", cure=cure)
    name, node = max(graph.names.items(), key=lambda item: np.abs(values[item[1]]).max())
    return _checks.error(where, "the loss is not finite, though every output is; the largest number is in the output "
                         f"{name!r} of {node.owner}", received=np.abs(values[node]).max(), cure=cure)


def batches(count: int, size: int, order: Array | None = None) -> Iterator[Any]:
    """Index arrays (or slices, without an order) of consecutive batches; the last may be smaller."""
    for first in range(0, count, size):
        yield slice(first, min(first + size, count)) if order is None else order[first:first + size]


def run_epoch(graph: Graph, compiled: Compiled, x: Array, y: Array, batch_size: int, order: Array | None,
              cast: Callable[[Array], Array], rng: Rng, callbacks: CallbackList, epoch: int) -> Logs:
    """One pass over the data; returns the mean figures."""
    means = Means()
    for step, batch in enumerate(batches(len(x), batch_size, order)):
        callbacks.on_train_batch_begin(step, {})
        place = f"fit, epoch {epoch + 1}, step {step + 1}"
        means.add(train_step(graph, compiled, cast(x[batch]), y[batch], rng, lambda place=place: place))  # type: ignore[misc]
        callbacks.on_train_batch_end(step, means.logs())
    return means.logs()


def evaluate(graph: Graph, compiled: Compiled, x: Array, y: Array, batch_size: int,
             cast: Callable[[Array], Array], verbose: int = 0, where: str = "evaluate") -> Logs:
    """The mean figures over the data, without training."""
    means = Means()
    bar = ProgressBar(-(-len(x) // batch_size), verbose)
    for step, batch in enumerate(batches(len(x), batch_size)):
        rows, *_ = figures(graph, compiled, cast(x[batch]), y[batch], False, None, lambda: where)
        means.add(rows)
        bar.update(step + 1, means.logs())
    bar.finish(means.logs())
    return means.logs()


def predict(graph: Graph, x: Array, batch_size: int, cast: Callable[[Array], Array], verbose: int = 0) -> Array:
    """The outputs for all of x."""
    bar = ProgressBar(-(-len(x) // batch_size), verbose)
    parts: list[Array] = []
    for batch in batches(len(x), batch_size):
        values, _ = push_forward(graph, [cast(x[batch])], remember=False)
        parts.append(values[graph.outputs[0]])
        bar.update(len(parts), {})
    bar.finish({})
    return np.concatenate(parts)


@contextmanager
def compiling_said(verbose: int) -> Iterator[None]:
    """Say once, inside the block, that kernels are being compiled: the first run of all waits for it."""
    said: list[str] = []

    def say(kernel: str) -> None:
        if verbose and not said:
            print("Compiling kernels; from the next run on they are read from disk ...", flush=True)
        said.append(kernel)

    with kernels.compilations(say):
        yield


def split(x: Array, y: Array, fraction: float) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """((x, y) to train on, (x, y) to validate on): the last ``fraction`` of the data, as Keras cuts it."""
    _checks.number(fraction, "validation_split", "fit", minimum=0, below=1)
    at = int(len(x) * (1 - fraction))
    if not 0 < at < len(x):
        raise _checks.error("fit", "validation_split leaves no data on one side", received=f"{fraction} of {len(x)}")
    return (x[:at], y[:at]), (x[at:], y[at:])


def prefixed(logs: Logs, prefix: str) -> Logs:
    """The logs under other names."""
    return {prefix + name: value for name, value in logs.items()}


