"""The loops: training epochs, evaluation, prediction.

A run is known by its `Progress`, its weights and its optimizer. All random numbers of a step depend on (seed, epoch,
step) alone, so a run that goes on from there ends with the same bits as one that was never stopped.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

import numpy as np

from minicnn import _checks, _random, curvature, kernels, patterns, plans
from minicnn._checks import NotFiniteError
from minicnn._data import length
from minicnn._types import Array
from minicnn.callbacks import CallbackList, Logs, ProgressBar
from minicnn.feeding import DROPOUT, Batch, Feed
from minicnn.graph import Graph
from minicnn.training import Compiled, Means, figures, train_step


@dataclass
class Progress:
    """Where a training run stands: the seed of its random numbers, the epoch and step to do next, the figures of the
    epoch so far, the logs of the last epoch that was done, and whether its batches can be had again."""

    seed: int
    epoch: int = 0
    step: int = 0
    means: Means = field(default_factory=Means)
    logs: Logs = field(default_factory=dict)
    repeatable: bool = True


class Trainee(Protocol):
    """What the loops need of a model."""

    stop_training: bool
    trainable: bool
    progress: Progress

    @property
    def built(self) -> bool: ...

    @property
    def graph(self) -> Graph: ...

    def prepare(self, batch: Batch, where: str) -> Batch:
        """The batch, checked and cast."""


def fit(model: Trainee, compiled: Compiled, feed: Feed, valid: Feed | None, epochs: int, hooks: CallbackList,
        validation_freq: int = 1) -> None:
    """Train from ``model.progress`` on until ``epochs`` are done or ``model.stop_training`` is set.

    An epoch that was begun is ended, also by a run that goes on where that was set: with validation and all hooks.
    """
    model.stop_training = False
    hooks.on_train_begin({})
    while model.progress.epoch < epochs and (model.progress.step or not model.stop_training):
        epoch = model.progress.epoch
        hooks.on_epoch_begin(epoch, {})
        logs = run_epoch(model, compiled, feed, hooks)
        if valid is not None and (epoch + 1) % validation_freq == 0:
            try:
                checked = evaluate(model, compiled, valid, where=f"fit, validation of epoch {epoch + 1}")
            except NotFiniteError:
                if not hooks.tolerates_nan:
                    raise
                checked = {"loss": float("nan")}
            logs.update({f"val_{name}": value for name, value in checked.items()})
        model.progress = replace(model.progress, epoch=epoch + 1, step=0, means=Means(), logs=logs)
        hooks.on_epoch_end(epoch, logs)
    hooks.on_train_end(model.progress.logs)


def run_epoch(model: Trainee, compiled: Compiled, feed: Feed, hooks: CallbackList) -> Logs:
    """The rest of the epoch; returns the mean figures of all of it."""
    at = model.progress
    ended = model.stop_training and at.step
    of_the_loss = partial(loss_curvature, model, compiled, feed)
    at_once = patterns.steps_at_once(model.graph, compiled, feed, model.trainable) if model.built else None
    batches = (feed.batches(at.seed, at.epoch, at.step) if at_once is None else
               at_once.feed.runs(at.seed, at.epoch, at.step, compiled.steps_per_execution))
    for batch in () if ended else batches:
        hooks.on_train_batch_begin(at.step, {})
        place = f"fit, epoch {at.epoch + 1}, step {at.step + 1}"
        rng = _random.stream(at.seed, DROPOUT, at.epoch, at.step)
        try:
            prepared = model.prepare(batch, place)  # first: it builds a model that waited for the shape of its input
            compiled.optimizer.before_step(at.epoch, at.means.rows, length(batch.x), of_the_loss)
            at.means.add(at_once(prepared, place) if at_once is not None else train_step(
                model.graph, compiled, prepared, rng, lambda place=place: place, model.trainable))  # type: ignore[misc]
        except NotFiniteError:
            if not hooks.tolerates_nan:
                raise
            at.means.add({"loss": np.full(length(batch.x), np.nan)})
        at.step += 1 if at_once is None else length(batch.x)
        hooks.on_train_batch_end(at.step - 1, at.means.logs())
        if model.stop_training:
            break
    if not at.means.rows:
        raise _checks.error(f"fit, epoch {at.epoch + 1}", "there is no data left", cure=
                            "A generator must give steps_per_epoch batches for every epoch.")
    return at.means.logs()


def loss_curvature(model: Trainee, compiled: Compiled, feed: Feed, patterns: int) -> dict[str, Array]:
    """How the loss curves along each parameter now (`curvature.diagonal`), averaged over so many rows of the feed."""
    at = model.progress
    sample = (model.prepare(batch, "fit, curvature")
              for batch in feed.sample(patterns, at.seed, at.epoch, at.means.rows))
    return curvature.diagonal(model.graph, compiled.targets, sample, model.trainable)


def evaluate(model: Trainee, compiled: Compiled, feed: Feed, verbose: int = 0, where: str = "evaluate") -> Logs:
    """The mean figures over the data, without training."""
    means = Means()
    bar = ProgressBar(feed.steps, verbose)
    for step, batch in enumerate(feed.batches(0, 0)):
        prepared = model.prepare(batch, where)
        means.add(figures(model.graph, compiled, prepared, False, None, lambda: where).rows)
        bar.update(step + 1, means.logs())
    if not means.rows:
        raise _checks.error(where, "there is no data")
    bar.finish(means.logs())
    return means.logs()


def predict(graph: Graph, batches: Iterator[Sequence[Array]], steps: int | None, verbose: int = 0) -> list[Array]:
    """Each output for all batches of inputs, one after the other."""
    bar = ProgressBar(steps, verbose)
    outputs: list[list[Array]] = []
    for inputs in batches:
        planned = plans.value(graph, graph.outputs[0], inputs)
        if planned is not None:
            outputs.append([planned])
        else:
            values = plans.values(graph, inputs)
            outputs.append([values[node] for node in graph.outputs])
        bar.update(len(outputs), {})
    if not outputs:
        raise _checks.error("predict", "there is no data")
    bar.finish({})
    return [np.concatenate(parts) for parts in zip(*outputs, strict=True)]


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
