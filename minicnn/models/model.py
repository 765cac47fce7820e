"""The model: Keras's methods over a network."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from minicnn import _checks, _random, loop, losses, optimizers, training
from minicnn._types import Array
from minicnn.callbacks import Callback, CallbackList, History, Logs, ProgbarLogger
from minicnn.feeding import ArrayFeed, Batch, Feed, GeneratorFeed, IterableFeed, check_weight, split, weigh_classes
from minicnn.losses import Loss
from minicnn.metrics import Metric
from minicnn.metrics import get as get_metric
from minicnn.models.files import save_model
from minicnn.models.network import Network
from minicnn.optimizers import Optimizer

DEFAULT_BATCH = 32


class Model(Network):
    """A network with Keras's methods: compile, fit, evaluate, predict, save.

    x is always an array with the batch axis; integers are cast to the model's float type, not scaled.
    """

    def __init__(self, *, name: str | None = None) -> None:
        super().__init__(name=name)
        self.compiled: training.Compiled | None = None
        self.history: History | None = None
        self.stop_training = False
        # Each fit takes its seed from here.
        self.rng = np.random.default_rng(_random.new_seed())
        self.progress = loop.Progress(seed=0)

    @property
    def optimizer(self) -> Optimizer:
        """The optimizer that `compile` settled."""
        return self._compiled("optimizer").optimizer

    def compile(self, optimizer: str | Optimizer = "sgd", loss: str | Loss | None = None,
                metrics: Sequence[str | Metric] | None = None) -> None:
        """Settle how to train: optimizer and loss by name (with Keras's defaults) or object.

        metrics: "accuracy", "top_k_categorical_accuracy", or functions (targets, scores) -> values per row.
        """
        if loss is None:
            raise _checks.error(f"{self}.compile", "a loss is needed", cure="For example loss='mse'.")
        if not isinstance(metrics or (), (list, tuple)):
            raise _checks.error(f"{self}.compile", "metrics must be a list", "for example ['accuracy']", repr(metrics))
        named = dict(map(get_metric, metrics or ()))
        self.compiled = training.Compiled(optimizers.get(optimizer), losses.get(loss), named)

    def fit(self, x: Any, y: Any = None, batch_size: int | None = None, epochs: int = 1, verbose: str | int = "auto",
            callbacks: Sequence[Callback] | None = None, validation_split: float = 0.0, validation_data: Any = None,
            shuffle: bool = True, class_weight: Mapping[int, float] | None = None, sample_weight: Any = None,
            initial_epoch: int = 0, steps_per_epoch: int | None = None, validation_batch_size: int | None = None,
            validation_freq: int = 1) -> History:
        """Train for some epochs. Returns the `History`: figures per epoch, in ``.history``.

        x, y: arrays; or x alone: a generator, anything that can be iterated again and again (an image folder), or a
            `minicnn.feeding.Feed`, which give batches (x, y) or (x, y, sample_weight).
        batch_size: of arrays; 32 when not given. shuffle: arrays in a new order for each epoch.
        epochs, initial_epoch: train from epoch number initial_epoch (counted from 0) until epochs are done.
        verbose: 0 silent, 1 or "auto" a progress bar, 2 a line per epoch.
        validation_split: the last fraction of the arrays is not trained on but evaluated; validation_data: (x, y),
            (x, y, sample_weight) or batches to evaluate instead, after every ``validation_freq``-th epoch.
        class_weight, sample_weight: factors of the loss, by class and by row.
        steps_per_epoch: batches in an epoch; a generator needs it unless it is finite and there is one epoch.

        A loss that is not finite stops the training with an error that names the layer.
        """
        compiled, where = self._compiled("fit"), f"{self}.fit"
        valid = validation_data
        if validation_split and valid is None:
            arrays = tuple(array for array in self._data(x, y, sample_weight, where) if array is not None)
            (x, y, *weights), valid = split(arrays, validation_split)
            sample_weight = weights[0] if weights else None
        feed = self._feed(x, y, sample_weight, batch_size, shuffle, steps_per_epoch, where)
        if class_weight is not None:
            feed = _ByClass(feed, class_weight, self)
        check = None if valid is None else self._validation(valid, validation_batch_size or batch_size, where)
        epochs = _checks.integer(epochs, "epochs", where, minimum=0)
        self.progress = loop.Progress(int(self.rng.integers(2**63)),
                                      _checks.integer(initial_epoch, "initial_epoch", where, minimum=0),
                                      repeatable=feed.repeatable)
        verbose = _verbosity(verbose)
        self.history = History()
        hooks = CallbackList(callbacks or [], self, {"verbose": verbose, "epochs": epochs, "steps": feed.steps})
        hooks.add(self.history, *([ProgbarLogger(verbose)] if verbose else []))
        try:
            with loop.compiling_said(verbose):
                loop.fit(self, compiled, feed, check, epochs, hooks,
                         _checks.integer(validation_freq, "validation_freq", where))
        finally:
            hooks.close()
        return self.history

    def train_on_batch(self, x: Any, y: Any, sample_weight: Any = None, return_dict: bool = False
                       ) -> float | list[float] | Logs:
        """One step on one batch; returns the loss and the metrics from before the step."""
        compiled = self._compiled("train_on_batch")
        x, y, weight = self._data(x, y, sample_weight, f"{self}.train_on_batch")
        means = training.Means()
        batch = Batch(self._cast(x), y, weight)
        means.add(training.train_step(self.graph, compiled, batch, self.rng, lambda: "train_on_batch"))
        return _figures(means.logs(), return_dict)

    def evaluate(self, x: Any, y: Any = None, batch_size: int | None = None, verbose: str | int = "auto",
                 sample_weight: Any = None, return_dict: bool = False) -> float | list[float] | Logs:
        """The loss, and the metrics, over the data: a number, a list [loss, ...] or a dict. Data as in `fit`."""
        compiled = self._compiled("evaluate")
        feed = self._feed(x, y, sample_weight, batch_size, False, None, f"{self}.evaluate")
        return _figures(loop.evaluate(self, compiled, feed, _verbosity(verbose)), return_dict)

    def predict(self, x: Any, batch_size: int | None = None, verbose: str | int = "auto") -> Array:
        """The outputs (N, ...) for all of x, an array, computed in batches."""
        x = self._images(x, f"{self}.predict")
        size = _checks.integer(DEFAULT_BATCH if batch_size is None else batch_size, "batch_size", f"{self}.predict")
        parts = (self._cast(x[first:first + size]) for first in range(0, len(x), size))
        return loop.predict(self.graph, parts, -(-len(x) // size), _verbosity(verbose))

    def predict_classes(self, x: Any, batch_size: int | None = None) -> Array:
        """The class of each sample: the largest score, or the smallest penalty."""
        classes: Array = self.scores(self.predict(x, batch_size, verbose=0)).argmax(axis=-1)
        return classes

    def save(self, filepath: str | os.PathLike[str], overwrite: bool = True) -> None:
        """Write the model to one ``.npz`` file: configuration, weights, and how it was compiled.

        The file appears at once and whole, or not at all.
        """
        save_model(self, filepath, overwrite)

    def cast(self, dtype: str) -> None:
        super().cast(dtype)
        if self.compiled is not None:
            self.compiled.optimizer.cast(dtype)

    # -- data ----------------------------------------------------------------------------------------

    def prepare(self, batch: Batch, where: str) -> Batch:
        """A batch as the training step wants it: checked, x in the model's float type."""
        x, y, weight = self._data(batch.x, batch.y, batch.weight, where)
        return Batch(self._cast(x), y, weight)

    def _compiled(self, what: str) -> training.Compiled:
        if self.compiled is None:
            raise _checks.error(f"{self}.{what}", "the model is not compiled",
                                cure="Call model.compile(optimizer=..., loss=...) first.")
        return self.compiled

    def _data(self, x: Any, y: Any, weight: Any, where: str) -> tuple[Array, Array, Array | None]:
        x = self._images(x, where)
        y = _checks.numeric(y, f"{where}: y")
        if len(x) != (len(y) if y.ndim else 0):
            raise _checks.error(where, "x and y are not of one length", f"{len(x)} targets", f"shape {y.shape}")
        _checks.finite(y, f"{where}: y")
        self._compiled(where).loss.check_target(y, self.graph.outputs[0].shape)
        return x, y, None if weight is None else check_weight(weight, len(x), where)

    def _feed(self, x: Any, y: Any, weight: Any, batch_size: int | None, shuffle: bool, steps: int | None,
              where: str) -> Feed:
        """Where the batches come from. Arrays are checked here, all at once; other batches when they come."""
        if y is None and isinstance(x, (Feed, Iterator, Iterable)) and not isinstance(x, (np.ndarray, list, tuple)):
            if weight is not None:
                raise _checks.error(where, "sample_weight goes with arrays", cure="Give batches (x, y, sample_weight).")
            if isinstance(x, Feed):
                return x
            return GeneratorFeed(x, steps) if isinstance(x, Iterator) else IterableFeed(x)
        if y is None:
            raise _checks.error(where, "targets are missing", cure="Pass y, or batches (x, y).")
        x, y, weight = self._data(x, y, weight, where)
        size = _checks.integer(DEFAULT_BATCH if batch_size is None else batch_size, "batch_size", where)
        return ArrayFeed(x, y, weight, batch_size=size, shuffle=shuffle, steps_per_epoch=steps)

    def _validation(self, data: Any, batch_size: int | None, where: str) -> Feed:
        if isinstance(data, (tuple, list)):
            if len(data) not in (2, 3):
                raise _checks.error(where, "validation_data must be a pair", "(x, y) or (x, y, sample_weight)",
                                    f"{len(data)} parts")
            return self._feed(data[0], data[1], data[2] if len(data) == 3 else None, batch_size, False, None,
                              f"{where} validation_data")
        if not isinstance(data, (Feed, Iterable)) or isinstance(data, (Iterator, np.ndarray, str, Mapping)):
            raise _checks.error(where, "validation_data must be a pair",
                                "(x, y), or batches that can be iterated again and again", type(data).__name__)
        return self._feed(data, None, None, None, False, None, f"{where} validation_data")


class _ByClass(Feed):
    """The batches of another feed, weighed by class as well."""

    def __init__(self, feed: Feed, weights: Mapping[int, float], model: Model) -> None:
        self.feed, self.weights, self.model = feed, weights, model
        self.steps, self.repeatable = feed.steps, feed.repeatable

    def batches(self, seed: int, epoch: int, start: int = 0) -> Iterator[Batch]:
        for batch in self.feed.batches(seed, epoch, start):
            batch = self.model.prepare(batch, "fit")
            by_class = weigh_classes(batch.y, self.weights, self.model.graph.outputs[0].shape)
            yield batch._replace(weight=by_class if batch.weight is None else by_class * batch.weight)


def _figures(logs: Logs, return_dict: bool) -> float | list[float] | Logs:
    if return_dict:
        return logs
    values = [logs["loss"], *(value for name, value in logs.items() if name != "loss")]
    return values[0] if len(values) == 1 else values


def _verbosity(verbose: str | int) -> int:
    if verbose == "auto":
        return 1
    if verbose not in (0, 1, 2):
        raise _checks.error("verbose", "unknown verbosity", "'auto', 0, 1 or 2", repr(verbose))
    return int(verbose)
