"""The model: Keras's methods over a network."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minicnn import _checks, _random, loop, training
from minicnn._data import Data, joined, length, one_or_all, rows
from minicnn._types import Array
from minicnn.callbacks import Callback, CallbackList, History, Logs, ProgbarLogger
from minicnn.feeding import Batch, split
from minicnn.graph import Graph
from minicnn.layers.base import Layer
from minicnn.layers.naming import automatic_name
from minicnn.models import checked, compiling, feeds
from minicnn.models.files import save_model
from minicnn.models.functional import config_of, graph_between, graph_from
from minicnn.models.network import Network
from minicnn.models.weight_files import load_weights, save_weights
from minicnn.optimizers import Optimizer


class Model(Network):
    """A network with Keras's methods: compile, fit, evaluate, predict, save.

    inputs, outputs: what `Input` and layers called on it gave, or lists of them::

        x = Input((28, 28, 1))
        y = Dense(10)(Flatten()(x))
        model = Model(x, y)

    Data are arrays with the batch axis, one for each input (also a list of one); integers are cast to the model's
    float type, not scaled.
    """

    def __init__(self, inputs: Any = None, outputs: Any = None, *, name: str | None = None,
                 trainable: bool = True) -> None:
        self._graph: Graph | None = None
        self._trainable = True
        super().__init__(name=automatic_name("Functional") if name is None else name)
        self.compiled: training.Compiled | None = None
        self.history: History | None = None
        self.stop_training = False
        # Each fit takes its seed from here.
        self.rng = np.random.default_rng(_random.new_seed())
        self.progress = loop.Progress(seed=0)
        if inputs is not None or outputs is not None:
            self._graph = graph_between(inputs, outputs, str(self))
        if not trainable:
            self.trainable = False

    @property
    def graph(self) -> Graph:
        if self._graph is None:
            raise _checks.error(str(self), "the model has no graph", cure="Make it by Model(inputs, outputs).")
        return self._graph

    @property
    def built(self) -> bool:
        return self._graph is not None

    @property
    def kind(self) -> str:
        return "Functional" if type(self) is Model else type(self).__name__  # Keras's class of such models

    @property
    def optimizer_size(self) -> tuple[int, int] | None:
        return None if self.compiled is None else self.compiled.optimizer.size

    def _own_layers(self) -> Sequence[Layer]:
        return self._graph.layers if self._graph is not None else ()

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "trainable": self.trainable, **config_of(self.graph)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Model":
        graph = graph_from(config)
        model = cls(graph.inputs, graph.outputs, name=config["name"])
        model._trainable = bool(config["trainable"])  # its layers have said for themselves whether they are
        return model

    @property
    def optimizer(self) -> Optimizer:
        """The optimizer that `compile` settled."""
        return self._compiled("optimizer").optimizer

    def compile(self, optimizer: str | Optimizer = "rmsprop", loss: Any = None, loss_weights: Any = None,
                metrics: Any = None, steps_per_execution: int = 1) -> None:
        """Settle how to train: optimizer and loss by name (with Keras's defaults) or object.

        loss: one for all outputs, or a list or dict of one for each (None: that output is not trained).
        loss_weights: likewise a number for each output; the loss is the sum of theirs, so weighed.
        metrics: a list of "accuracy", "top_k_categorical_accuracy", ... or functions (targets, scores) -> values per
            row. Where there are several outputs, a list with one of these, or a list of them, for each output, or a
            dict with those of some.
        steps_per_execution: how many steps of `fit` may be done in one call, so that callbacks hear of all of them at
            once. It changes no result but the random numbers of an `ArrayFeed`'s ``transform``, and helps where
            `minicnn.patterns` can do it: with 500, LeNet-5 is trained with ``batch_size=1`` many times as fast.
        """
        names = ["output"] if self._graph is None else self.output_names
        self.compiled = compiling.settled(optimizer, loss, loss_weights, metrics, steps_per_execution, names,
                                          f"{self}.compile")

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
            arrays = tuple(array for array in self.check_data(x, y, sample_weight, where) if array is not None)
            (x, y, *weights), valid = split(arrays, validation_split)
            sample_weight = weights[0] if weights else None
        feed = feeds.feed(self, x, y, sample_weight, batch_size, shuffle, steps_per_epoch, where)
        if class_weight is not None:
            feed = feeds.ByClass(feed, class_weight, self)
        check = None if valid is None else feeds.validation(self, valid, validation_batch_size or batch_size, where)
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
        means = training.Means()
        batch = self.prepare(Batch(x, y, sample_weight), f"{self}.train_on_batch")
        means.add(training.train_step(self.graph, compiled, batch, self.rng, lambda: "train_on_batch",
                                      self.trainable))
        return self._figures(means.logs(), return_dict)

    def loss_gradients(self, x: Any, y: Any, sample_weight: Any = None, seed: int = 0) -> dict[str, Array]:
        """The gradient of the loss with respect to each parameter that learns, by ``"layer/parameter"``: what a step of
        training on x, y as one batch would hand to the optimizer. Nothing is moved.

        seed: of the random numbers that dropout takes; those of the training are not touched.
        """
        compiled, where = self._compiled("loss_gradients"), f"{self}.loss_gradients"
        batch = self.prepare(Batch(x, y, sample_weight), where)
        rng = np.random.default_rng(_checks.integer(seed, "seed", where, minimum=0))
        forward = training.figures(self.graph, compiled, batch, True, rng, lambda: where)
        learning = self.graph.learning() if self.trainable else {}
        return {key: gradient for key, _, gradient in training.updates(self.graph, forward, learning)}

    def evaluate(self, x: Any, y: Any = None, batch_size: int | None = None, verbose: str | int = "auto",
                 sample_weight: Any = None, return_dict: bool = False) -> float | list[float] | Logs:
        """The loss, and the metrics, over the data: a number, a list [loss, ...] or a dict. Data as in `fit`."""
        compiled = self._compiled("evaluate")
        feed = feeds.feed(self, x, y, sample_weight, batch_size, False, None, f"{self}.evaluate")
        return self._figures(loop.evaluate(self, compiled, feed, _verbosity(verbose)), return_dict)

    def predict(self, x: Any, batch_size: int | None = None, verbose: str | int = "auto") -> Any:
        """The outputs (N, ...) for all of x, computed in batches: an array, or a list of them for several outputs."""
        x = self._images(x, f"{self}.predict")
        size = feeds.batch_length(batch_size, f"{self}.predict")
        batches = (self._cast(rows(x, slice(first, first + size))) for first in range(0, length(x), size))
        outputs = loop.predict(self.graph, batches, -(-length(x) // size), _verbosity(verbose))
        return one_or_all(outputs)

    def predict_classes(self, x: Any, batch_size: int | None = None) -> Array:
        """The class of each sample: the largest score, or the smallest penalty."""
        self._single_output("predict_classes")
        classes: Array = self.scores(self.predict(x, batch_size, verbose=0)).argmax(axis=-1)
        return classes

    def save(self, filepath: str | os.PathLike[str], overwrite: bool = True) -> None:
        """Write the model to one file: configuration, weights, and how it was compiled. See `save_model`.

        .npz is minicnn's own format, .keras Keras 3's, .h5 and .hdf5 the older one of Keras. The file appears at once
        and whole, or not at all.
        """
        save_model(self, filepath, overwrite)

    def save_weights(self, filepath: str | os.PathLike[str], overwrite: bool = True, *, layout: str = "minicnn",
                     names: Mapping[str, str] | None = None) -> None:
        """Write the weights alone to a file; its ending says in which format.

            .weights.h5     Keras 3's, with the optimizer's state where the model was trained
            .h5, .hdf5      the older one of Keras, "legacy"
            .safetensors    named as in `params`; with layout="torch" as PyTorch's ``load_state_dict`` takes them
            .npz            minicnn's own

        The file appears at once and whole, or not at all. The first two need the extra ``keras``, .safetensors the
        extra ``safetensors``.
        names: with layout="torch", the name of torch's module for the name of a layer, where they are different.
        """
        save_weights(self, filepath, overwrite, layout, names)

    def load_weights(self, filepath: str | os.PathLike[str], skip_mismatch: bool = False, by_name: bool = False, *,
                     layout: str = "minicnn", names: Mapping[str, str] | None = None) -> None:
        """Read the weights from a file that `save_weights`, Keras or PyTorch wrote, or from the file of a whole model.

        skip_mismatch: leave layers as they are that do not fit, with a warning that lists them. by_name: load the
            layers of a legacy file that the model has by the same name, and no others.
        layout="torch": a .safetensors file with PyTorch's names and axis orders. A layer takes the module of its name,
            or the one that ``names`` has for it; otherwise modules go by their shapes and the numbers in their names.
            The first Dense behind a Flatten is put into our order of height, width, channels. BatchNormalization has
            an epsilon of its own: torch's is 1e-5.

        Everything is checked before anything is written: an error lists all that does not fit, and the model stays
        as it was. The state of the optimizer is read from .weights.h5 by an optimizer that has moved the model
        before, as in Keras.
        """
        load_weights(self, filepath, skip_mismatch, by_name, layout, names)

    def to_keras(self) -> Any:
        """The same model as a live one of Keras, with the weights and, where it is compiled, with the optimizer's
        state. Keras must be installed; its backend is for you to choose, by the environment variable KERAS_BACKEND.
        """
        from minicnn.models.keras.live import to_keras

        return to_keras(self)

    def cast(self, dtype: str) -> None:
        super().cast(dtype)
        if self.compiled is not None:
            self.compiled.optimizer.cast(dtype)

    def _figures(self, logs: Logs, return_dict: bool) -> float | list[float] | Logs:
        """The logs, or a list in Keras's order: the loss; of one output, its metrics as they were compiled; of several,
        their losses, then all else in the order of the alphabet."""
        if return_dict:
            return logs
        targets = self._compiled("evaluate").targets
        then = list(targets[0].metrics) if len(targets) == 1 else [f"{name}_loss" for name in self.output_names]
        names = dict.fromkeys(name for name in ["loss", *then, *logs] if name in logs)
        return logs["loss"] if len(logs) == 1 else [logs[name] for name in names]

    # -- data ----------------------------------------------------------------------------------------

    def prepare(self, batch: Batch, where: str) -> Batch:
        """A batch as the training step wants it: checked, x in the model's float type."""
        x, y, weight = self.check_data(batch.x, batch.y, batch.weight, where)
        return Batch(joined(self._cast(x)), y, weight)

    def _compiled(self, what: str) -> training.Compiled:
        if self.compiled is None:
            raise _checks.error(f"{self}.{what}", "the model is not compiled",
                                cure="Call model.compile(optimizer=..., loss=...) first.")
        return self.compiled

    def check_data(self, x: Any, y: Any, weight: Any, where: str) -> tuple[Data, Data, Data | None]:
        """The data as arrays that were checked against the model and its losses."""
        settled = self._compiled(where).targets
        x = self._images(x, where)
        outputs, count = self.graph.outputs, length(x)
        if len(settled) != len(outputs):
            raise _checks.error(where, "the model was compiled before it had its outputs", cure="Compile it again.")
        y = checked.targets(outputs, settled, y, count, where)
        return x, y, None if weight is None else checked.weights(outputs, weight, count, where)


def _verbosity(verbose: str | int) -> int:
    if verbose == "auto":
        return 1
    if verbose not in (0, 1, 2):
        raise _checks.error("verbose", "unknown verbosity", "'auto', 0, 1 or 2", repr(verbose))
    return int(verbose)
