"""Keeping what a network looks like inside while it learns."""

import math
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minicnn import _checks
from minicnn._checks import NotFiniteError
from minicnn._types import Array
from minicnn.callbacks.base import Callback, Logs
from minicnn.graph import push_forward
from minicnn.layers import Conv2D, TableConv2D
from minicnn.layers.nodes import Node
from minicnn.saving import file_name
from minicnn.visualize.kernel_arrays import kernel_grid
from minicnn.visualize.learning.film import record_gif
from minicnn.visualize.learning.histograms import gradient_histograms, layer_weights, weight_histograms
from minicnn.visualize.learning.ratios import update_ratios
from minicnn.visualize.learning.record import Record, record_from
from minicnn.visualize.learning.units import dead_units, watched
from minicnn.visualize.scoring import images as checked_images
from minicnn.visualize.scoring import value_node


class Recorder(Callback):
    """Keep kernels, feature maps, histograms of weights and gradients, update-to-weight ratios and dead units, from the
    start of the training on and after each epoch::

        recorder = Recorder("record.npz", images=x[:2], x=x[:200], y=y[:200])
        model.fit(x, y, epochs=10, callbacks=[recorder])
        recorder.write_gif("kernels.gif")
        visualize.training_record(recorder, save="training.png")      # or training_record("record.npz")

    path: an ``.npz`` file, replaced in one step at the end of each epoch; None keeps the record in memory alone.
    kernels: the names of the convolutions whose kernels are kept; the first one where not given.
    images, maps: images (N, ...), and the names of the values to keep for them (see `Network.activations`); the output
        of the first convolution where not given. Without images no maps are kept.
    x, y: images and targets to take gradients and dead units on, always the same: a hundred or more, as one batch.
        Without y no gradients are kept, without x neither.
    every: "epoch", or after every so many batches.

    What is kept is in ``record``: see `minicnn.visualize.learning.record`. The training ends with the same bits as
    without it. In a run that `BackupAndRestore` resumes, it goes on where the run does; the backup then holds the
    record, too. When the loss or a weight is not finite there is nothing to see, and that moment is left out.

    Cost: two passes over the weights in each step, and memory for one more copy of them; at each moment three times
    what evaluating x costs, or about that. The maps are what makes a record large: 4 bytes a number.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None, *, kernels: str | Sequence[str] | None = None,
                 images: Any = None, maps: str | Sequence[str] | None = None, x: Any = None, y: Any = None,
                 every: str | int = "epoch") -> None:
        where = "Recorder"
        if path is not None and not file_name(path).endswith(".npz"):
            raise _checks.error(where, "a record is an .npz file", "a name that ends in .npz", repr(path))
        if every != "epoch":
            _checks.integer(every, "every, when not 'epoch',", where)
        if maps is not None and images is None:
            raise _checks.error(where, "maps are those of images", cure="Pass images=x[:2], say.")
        if y is not None and x is None:
            raise _checks.error(where, "y goes with x", cure="Pass x=..., y=...")
        self.path, self.every = path, every
        self.kernels, self.maps = _names(kernels, "kernels"), _names(maps, "maps")
        self.images, self.x, self.y = images, x, y
        self._forget()

    def _forget(self) -> None:
        self.record = Record("epoch" if self.every == "epoch" else "batch")
        self._batches = 0
        self._sums: dict[str, float] = {}  # of the ratios since the last moment, and how many there were
        self._counts: dict[str, int] = {}
        self._learned: dict[str, Array] = {}
        self._before: dict[str, Array] = {}

    # -- hooks ---------------------------------------------------------------------------------------

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._forget()
        if self.model.built:  # a model that learns the shape of its input from the first batch is not
            self._keep(self._start(), {})
        if self.path is not None and not os.path.exists(self.path):
            self.record.write(self.path)  # whether it can be written is found out before an epoch is lost

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        if not self.model.built:
            return
        if not self._before:
            self._learned = _learned(self.model)
            self._before = {name: np.empty_like(value) for name, value in self._learned.items()}
        for name, value in self._learned.items():
            np.copyto(self._before[name], value)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._batches += 1
        for layer, ratio in (update_ratios(self._before, self._learned) if self._before else {}).items():
            if math.isfinite(ratio):
                self._sums[layer] = self._sums.get(layer, 0.0) + ratio
                self._counts[layer] = self._counts.get(layer, 0) + 1
        if self.every != "epoch" and self._batches % int(self.every) == 0:
            self._keep(self._batches, logs or {})

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.record.add_logs(epoch, logs or {})
        if self.every == "epoch":
            self._keep(epoch + 1, logs or {})
        self._write()

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._write()  # also where there was no epoch

    def _start(self) -> int:
        return int(self.model.progress.epoch) if self.every == "epoch" else 0

    def _write(self) -> None:
        if self.path is not None:
            self.record.write(self.path)

    # -- what is kept --------------------------------------------------------------------------------

    def _keep(self, moment: int, logs: Mapping[str, float]) -> None:
        """Add this moment to the record."""
        weights = [array for arrays in layer_weights(self.model).values() for array in arrays]
        if math.isfinite(logs.get("loss", 0.0)) and all(np.isfinite(array).all() for array in weights):
            try:
                with np.errstate(all="ignore"):  # what overflows is seen by its result
                    self.record.add(moment, self._look())
            except NotFiniteError:  # the next step will tell, or a callback that deals with it
                pass
        self._sums, self._counts = {}, {}

    def _look(self) -> dict[str, dict[str, Any]]:
        """What there is to keep now, by kind and layer."""
        model = self.model
        weights = weight_histograms(model) if layer_weights(model) else {}
        kept: dict[str, dict[str, Any]] = {
            "kernels": {layer.name: kernel_grid(layer) for layer in self._convolutions()},
            "maps": self._look_at_maps(),
            "weights": {layer: histogram.counts for layer, histogram in weights.items()},
            "weight_limits": {layer: histogram.edges[-1] for layer, histogram in weights.items()},
            "update_ratios": {layer: self._sums[layer] / self._counts[layer] if layer in self._counts else np.nan
                              for layer in _layers(_learned(model))}}
        if self.y is not None:
            kept["gradients"] = {layer: histogram.counts
                                 for layer, histogram in gradient_histograms(model, self.x, self.y).items()}
        if self.x is not None and watched(model):
            found = dead_units(model, self.x, verbose=0)
            kept["dead_units"] = {name: units.share for name, units in found.items()}
            self.record.kinds = {name: units.kind for name, units in found.items()}
        names = {layer for layers in kept.values() for layer in layers}
        self.record.order = sorted(names, key=lambda name: _place(model, name))
        return kept

    def _convolutions(self) -> list[Any]:
        if self.kernels is not None:
            return [self.model.get_layer(name) for name in self.kernels]
        return _first_convolution(self.model)

    def _look_at_maps(self) -> dict[str, Array]:
        if self.images is None:
            return {}
        inputs = checked_images(self.model, self.images, "Recorder: images")
        names = self.maps if self.maps is not None else [layer.name for layer in _first_convolution(self.model)]
        nodes: dict[str, Node] = {name: value_node(self.model, name, "Recorder: maps") for name in names}
        values, _ = push_forward(self.model.graph, inputs, keep=nodes.values(), remember=False)
        if not all(np.isfinite(values[node]).all() for node in nodes.values()):
            raise NotFiniteError("Recorder: the maps are not finite.")
        return {name: values[node] for name, node in nodes.items()}

    def write_gif(self, save: str | os.PathLike[str], what: str = "kernels", layer: str | None = None, image: int = 0,
                  seconds_per_frame: float = 0.5, verbose: int = 1) -> None:
        """The kernels or the maps of a layer over the training, a frame for each moment, as an animated GIF.

        save: a ``.gif`` file. what: "kernels" or "maps". layer: which of those that are kept; the first where not
        given. image: of which image the maps are. verbose: 0 for no progress bar; with 1 it appears after two seconds.
        For the record of a file there is `visualize.record_gif`.

        Raises MinicnnError where this was not kept, and for another ending.
        """
        record_gif(self.record, save, what, layer, image, seconds_per_frame, verbose)

    # -- runs that go on -----------------------------------------------------------------------------

    def get_state(self) -> dict[str, Any]:
        return {"record": self.record.state(), "batches": self._batches, "sums": dict(self._sums),
                "counts": dict(self._counts)}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self.record, self._batches = record_from(state["record"]), int(state["batches"])
        self._sums, self._counts = dict(state["sums"]), dict(state["counts"])


def _names(value: str | Sequence[str] | None, name: str) -> list[str] | None:
    names = [value] if isinstance(value, str) else value
    if names is not None and not (isinstance(names, Sequence) and all(isinstance(one, str) for one in names)):
        raise _checks.error("Recorder", f"{name} must be names of layers", "'conv1', or a list of such", repr(value))
    return None if names is None else list(names)


def _first_convolution(model: Any) -> list[Conv2D | TableConv2D]:
    return [layer for layer in model.layers if isinstance(layer, (Conv2D, TableConv2D))][:1]


def _learned(model: Any) -> dict[str, Array]:
    """The arrays that training moves, by ``"layer/parameter"``."""
    return {f"{path}/{name}": value for path, layer in (model.graph.learning() if model.trainable else {}).items()
            for name, value in layer.learned.items()}


def _place(model: Any, name: str) -> tuple[int, str]:
    """Where a value, or the layer that makes it, stands in the network."""
    names = list(model.graph.names)
    return names.index(name) if name in names else len(names), name


def _layers(names: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys(name.rpartition("/")[0] for name in names))
