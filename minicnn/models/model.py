"""The model: Keras's methods over a graph."""

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minicnn import _checks, _random, counting, losses, optimizers, rules, training
from minicnn._types import Array, Shape
from minicnn.callbacks import Callback, CallbackList, History, Logs, ProgbarLogger
from minicnn.graph import Graph, Rule, pull_back, push_forward
from minicnn.layers.base import Cache, Gradients, Layer, Rng, set_arrays
from minicnn.layers.simple import InputLayer
from minicnn.losses import Loss
from minicnn.metrics import Metric
from minicnn.metrics import get as get_metric
from minicnn.models.files import save_model
from minicnn.optimizers import Optimizer

DEFAULT_BATCH = 32


class Model(Layer):
    """A network with Keras's methods. It is a layer itself: forward, backward and curvature go through all of
    its graph, so what holds for a layer (a gradient check, say) holds for a model.

    x is always an array with the batch axis; integers are cast to the model's float type, not scaled.
    """

    def __init__(self, *, name: str | None = None) -> None:
        super().__init__(name=name)
        self.compiled: training.Compiled | None = None
        self.history: History | None = None
        # For shuffling and dropout.
        self.rng = np.random.default_rng(_random.new_seed())

    # -- structure -----------------------------------------------------------------------------------

    @property
    def graph(self) -> Graph:
        """The nodes of the model."""
        raise _checks.error(str(self), "this model has no graph")

    @property
    def layers(self) -> list[Layer]:
        """The declared layers, each once, without the input."""
        return [layer for layer in self.graph.layers if not isinstance(layer, InputLayer)]

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer of this name, or at this place."""
        if name is not None:
            for layer in self.layers:
                if layer.name == name:
                    return layer
            raise _checks.unknown(f"{self}: layer", name, [layer.name for layer in self.layers])
        if not isinstance(index, int) or not -len(self.layers) <= index < len(self.layers):
            raise _checks.error(str(self), "no such layer", f"a name, or an index below {len(self.layers)}", index)
        return self.layers[index]

    def summary(self, columns: str | Sequence[str] = (), print_fn: Callable[[str], object] = print) -> None:
        """Print the table of layers; ``columns=("connections",)`` adds LeCun's connections."""
        print_fn(counting.summary_text(self.name, self.graph, columns))

    def scores(self, y: Array) -> Array:
        """Outputs turned so that the largest wins, whether the network ends in scores or in penalties."""
        return self.graph.outputs[0].owner.scores(y)

    # -- the model as a layer ------------------------------------------------------------------------

    def output_shape(self, *input_shapes: Shape) -> Shape:
        return self.graph.outputs[0].shape

    def build(self, *input_shapes: Shape) -> None:
        if input_shapes != tuple(node.shape for node in self.graph.inputs):
            raise _checks.error(str(self), "the model was built for another input",
                                self.graph.inputs[0].shape, input_shapes[0] if input_shapes else ())

    def shapes(self, *input_shapes: Shape) -> dict[str, Shape]:
        return {f"{layer.name}/{name}": s for layer in self.layers for name, s in layer.shapes().items()}

    def dtypes(self) -> dict[str, str]:
        return {f"{layer.name}/{name}": d for layer in self.layers for name, d in layer.dtypes().items()}

    @property
    def params(self) -> dict[str, Array]:
        """The parameters of all layers, by ``"layer/parameter"``."""
        return {f"{layer.name}/{name}": p for layer in self.layers for name, p in layer.params.items()}

    @property
    def has_parameters(self) -> bool:
        return any(layer.has_parameters for layer in self.layers)

    def cast(self, dtype: str) -> None:
        self._check_dtype(dtype)
        for layer in self.graph.layers:
            layer.cast(dtype)
        self.dtype = dtype
        if self.compiled is not None:
            self.compiled.optimizer.cast(dtype)

    def forward(self, *x: Array, training: bool = False, rng: Rng = None) -> tuple[Array, Cache]:
        values, caches = push_forward(self.graph, x, training=training, rng=rng)
        return values[self.graph.outputs[0]], (caches,)

    def backward(self, dy: Array, cache: Cache) -> tuple[Any, Gradients]:
        return self._walk_back(dy, cache, rules.gradient)

    def curvature(self, hy: Array, cache: Cache) -> tuple[Any, Gradients]:
        return self._walk_back(hy, cache, rules.gauss_newton)

    def _walk_back(self, signal: Array, cache: Cache, step: Rule) -> tuple[Any, Gradients]:
        back = pull_back(self.graph, {self.graph.outputs[0]: signal}, cache[0], step)
        arrays = {f"{layer.name}/{name}": a for layer, named in back.parameters.items() for name, a in named.items()}
        inputs = back.inputs[0] if len(back.inputs) == 1 else tuple(back.inputs)
        return inputs, {name: arrays[name] for name in self.params}

    # -- weights -------------------------------------------------------------------------------------

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Write ``weights``, in the order of `get_weights`; all or none."""
        set_arrays(list(self.params.items()), weights, str(self))

    # -- training ------------------------------------------------------------------------------------

    def compile(self, optimizer: str | Optimizer = "sgd", loss: str | Loss | None = None,
                metrics: Sequence[str | Metric] | None = None) -> None:
        """Settle how to train: optimizer and loss by name (with Keras's defaults) or object.

        metrics: "accuracy", or functions (targets, scores) -> values per row.
        """
        if loss is None:
            raise _checks.error(f"{self}.compile", "a loss is needed", cure="For example loss='mse'.")
        if not isinstance(metrics or (), (list, tuple)):
            raise _checks.error(f"{self}.compile", "metrics must be a list", "for example ['accuracy']", repr(metrics))
        named = dict(map(get_metric, metrics or ()))
        self.compiled = training.Compiled(optimizers.get(optimizer), losses.get(loss), named)

    def fit(self, x: Any, y: Any, batch_size: int | None = None, epochs: int = 1, verbose: str | int = "auto",
            callbacks: Sequence[Callback] | None = None, validation_split: float = 0.0,
            validation_data: tuple[Any, Any] | None = None, shuffle: bool = True) -> History:
        """Train on x and y for some epochs. Returns the `History`: figures per epoch, in ``.history``.

        batch_size: 32 when not given. verbose: 0 silent, 1 or "auto" a progress bar, 2 a line per epoch.
        validation_split: the last fraction of the data is not trained on but evaluated after each epoch;
        validation_data: (x, y) to evaluate instead. shuffle: a new order for each epoch.
        """
        compiled, where = self._compiled("fit"), f"{self}.fit"
        x, y = self._data(x, y, where)
        pair = None if validation_data is None else _pair(validation_data, where)
        valid = None if pair is None else self._data(*pair, f"{where} validation_data")
        if validation_split and valid is None:
            (x, y), valid = training.split(x, y, validation_split)
        size = _checks.integer(DEFAULT_BATCH if batch_size is None else batch_size, "batch_size", where)
        epochs = _checks.integer(epochs, "epochs", where, minimum=0)
        verbose = _verbosity(verbose)
        self.history = History()
        hooks = CallbackList(callbacks or [], self, {"verbose": verbose, "epochs": epochs, "steps": -(-len(x) // size)})
        hooks.add(self.history, *([ProgbarLogger(verbose)] if verbose else []))
        logs: Logs = {}
        hooks.on_train_begin({})
        with training.compiling_said(verbose):
            for epoch in range(epochs):
                hooks.on_epoch_begin(epoch, {})
                order = self.rng.permutation(len(x)) if shuffle else None
                logs = training.run_epoch(self.graph, compiled, x, y, size, order, self._cast, self.rng, hooks, epoch)
                if valid is not None:
                    figures = training.evaluate(self.graph, compiled, *valid, size, self._cast,
                                                where=f"fit, validation of epoch {epoch + 1}")
                    logs.update({f"val_{name}": value for name, value in figures.items()})
                hooks.on_epoch_end(epoch, logs)
        hooks.on_train_end(logs)
        return self.history

    def train_on_batch(self, x: Any, y: Any, return_dict: bool = False) -> float | list[float] | Logs:
        """One step on one batch; returns the loss and the metrics from before the step."""
        compiled = self._compiled("train_on_batch")
        x, y = self._data(x, y, f"{self}.train_on_batch")
        means = training.Means()
        means.add(training.train_step(self.graph, compiled, self._cast(x), y, self.rng, lambda: "train_on_batch"))
        return _figures(means.logs(), return_dict)

    def evaluate(self, x: Any, y: Any, batch_size: int | None = None, verbose: str | int = "auto",
                 return_dict: bool = False) -> float | list[float] | Logs:
        """The loss, and the metrics, over the data: a number, a list [loss, ...] or a dict."""
        compiled = self._compiled("evaluate")
        x, y = self._data(x, y, f"{self}.evaluate")
        size = _checks.integer(DEFAULT_BATCH if batch_size is None else batch_size, "batch_size", f"{self}.evaluate")
        logs = training.evaluate(self.graph, compiled, x, y, size, self._cast, _verbosity(verbose))
        return _figures(logs, return_dict)

    def predict(self, x: Any, batch_size: int | None = None, verbose: str | int = "auto") -> Array:
        """The outputs (N, ...) for all of x, computed in batches."""
        x = self._images(x, f"{self}.predict")
        size = _checks.integer(DEFAULT_BATCH if batch_size is None else batch_size, "batch_size", f"{self}.predict")
        return training.predict(self.graph, x, size, self._cast, _verbosity(verbose))

    def predict_classes(self, x: Any, batch_size: int | None = None) -> Array:
        """The class of each sample: the largest score, or the smallest penalty."""
        classes: Array = self.scores(self.predict(x, batch_size, verbose=0)).argmax(axis=-1)
        return classes

    # -- looking inside ------------------------------------------------------------------------------

    def activations(self, x: Any) -> dict[str, Array]:
        """Every value by name: ``conv1`` is what leaves a layer, ``conv1/pre`` what it is before its activation."""
        x = self._cast(self._images(x, f"{self}.activations"))
        values, _ = push_forward(self.graph, [x], keep=self.graph.nodes, remember=False)
        return {name: values[node] for name, node in self.graph.names.items()}

    def input_gradient(self, x: Any, dy: Any) -> Array:
        """The gradient of sum(outputs * dy) with respect to x, shaped like x.

        dy: an array like the outputs, or a class number: then it is the gradient of that class's score (of
        minus its penalty, where the network ends in penalties).
        """
        where = f"{self}.input_gradient"
        x = self._cast(self._images(x, where))
        y, cache = self.forward(x)
        dx: Array = self.backward(self._output_signal(dy, y, where), cache)[0]
        return dx

    def _output_signal(self, dy: Any, y: Array, where: str) -> Array:
        if isinstance(dy, (int, np.integer)) and not isinstance(dy, bool):
            if not 0 <= dy < y.shape[-1]:
                raise _checks.error(where, "class out of range", f"0 to {y.shape[-1] - 1}", dy)
            one = np.zeros_like(y)
            one[..., dy] = 1
            return self.scores(one)  # minus one where penalties come out
        signal: Array = _checks.numeric(dy, where).astype(y.dtype)
        if signal.shape != y.shape:
            raise _checks.error(where, "dy must be like the outputs, or a class number", y.shape, signal.shape)
        _checks.finite(signal, f"{where}: dy")
        return signal

    # -- files ---------------------------------------------------------------------------------------

    def save(self, filepath: str | os.PathLike[str], overwrite: bool = True) -> None:
        """Write the model to one ``.npz`` file: configuration, weights, and how it was compiled.

        The file appears at once and whole, or not at all.
        """
        save_model(self, filepath, overwrite)

    # -- checks --------------------------------------------------------------------------------------

    def _compiled(self, what: str) -> training.Compiled:
        if self.compiled is None:
            raise _checks.error(f"{self}.{what}", "the model is not compiled",
                                cure="Call model.compile(optimizer=..., loss=...) first.")
        return self.compiled

    def _cast(self, x: Array) -> Array:
        dtype = self.graph.inputs[0].owner.dtype
        try:
            with np.errstate(over="raise"):
                cast: Array = np.asarray(x, dtype)
        except FloatingPointError:
            raise _checks.error(str(self), f"the data are too large for {dtype}", received=np.abs(x).max(),
                                cure="Scale the data.") from None
        return cast

    def _images(self, data: Any, where: str) -> Array:
        """The data as an array, checked against the input of the model."""
        x = _checks.numeric(data, where)
        if not x.ndim or not len(x):
            raise _checks.error(where, "there is no data", received=f"shape {x.shape}")
        self._expect_input(x.shape[1:])
        expected = self.graph.inputs[0].shape
        if x.shape[1:] != expected:
            raise _checks.error(where, "the data do not fit the model's input", f"shape (N, {_list(expected)})",
                                f"shape {x.shape}", _cure_of_data(x.shape, expected))
        _checks.finite(x, f"{where}: x")
        return x

    def _expect_input(self, shape: Shape) -> None:
        """Called before data of this shape are used; a model without a fixed input takes it."""

    def _data(self, x: Any, y: Any, where: str) -> tuple[Array, Array]:
        x = self._images(x, where)
        y = _checks.numeric(y, f"{where}: y")
        if len(x) != (len(y) if y.ndim else 0):
            raise _checks.error(where, "x and y are not of one length", f"{len(x)} targets", f"shape {y.shape}")
        _checks.finite(y, f"{where}: y")
        self._compiled(where).loss.check_target(y, self.graph.outputs[0].shape)
        return x, y


def _cure_of_data(received: Shape, expected: Shape) -> str | None:
    """What helps in the slips that are easy to make."""
    if received == expected:
        return "The batch axis is missing: pass x[None]."
    if (*received[1:], 1) == expected:
        return "The channel axis is missing: pass x[..., None]."
    if (*received, 1) == expected:
        return "The batch and channel axes are missing: pass x[None, ..., None]."
    if len(received) == 4 and (*received[2:], received[1]) == expected:
        return "Channels come last here: pass x.transpose(0, 2, 3, 1)."
    return None


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


def _pair(data: Any, where: str) -> tuple[Any, Any]:
    if not isinstance(data, (tuple, list)) or len(data) != 2:
        raise _checks.error(where, "validation_data must be a pair", "(x, y)", type(data).__name__)
    return data[0], data[1]


def _list(shape: Shape) -> str:
    return ", ".join(map(str, shape))
