"""What a `Recorder` keeps of a training: arrays with a time axis, and the file they lie in."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from minicnn import _checks, saving
from minicnn._types import Array

KINDS = ("kernels", "maps", "weights", "weight_limits", "gradients", "update_ratios", "dead_units")
"""What is kept, layer by layer; (T, ...) where T is the number of moments:

==================  =================  ==================================================================
``kernels``         (T, kh, kw, C, F)  as `kernel_grid` has them
``maps``            (T, N, ...)        the outputs for the chosen images
``weights``         (T, B)             counts of `weight_histograms`; the bins reach from -limit to limit
``weight_limits``   (T,)               the size of the largest weight
``gradients``       (T, 56)            counts of `gradient_histograms`
``update_ratios``   (T,)               the mean of `update_ratios` over the steps since the moment before
``dead_units``      (T,)               the share that `dead_units` finds
==================  =================  ==================================================================
"""


@dataclass
class Record:
    """What was kept of a training, at some moments.

    unit: what the moments are counted in: "epoch" or "batch". moments: how many were done at each; 0 is the start.
    logs, epochs: the figures of each epoch, by name, and its number from 0; NaN where an epoch has none.
    order: the layers, as they stand in the network.
    kinds: "dead" or "saturated", by layer: what its ``dead_units`` are.
    series: what was kept, by one of `KINDS` and by layer, an array for each moment.
    """

    unit: Literal["epoch", "batch"] = "epoch"
    moments: list[int] = field(default_factory=list)
    logs: dict[str, list[float]] = field(default_factory=dict)
    epochs: list[int] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    kinds: dict[str, str] = field(default_factory=dict)
    series: dict[str, dict[str, list[Array]]] = field(default_factory=dict)

    def layers(self, kind: str) -> list[str]:
        """The layers that something is kept of, in the order of the network."""
        kept = list(self.series.get(_checks.named("record: kind", kind, {name: name for name in KINDS}), {}))
        return [layer for layer in self.order if layer in kept] + [layer for layer in kept if layer not in self.order]

    def of(self, kind: str, layer: str) -> Array:
        """What was kept of a layer: an array (T, ...), see `KINDS`.

        Raises MinicnnError where nothing was, naming what was.
        """
        kept = self.series.get(kind, {})
        if layer not in kept:
            everything = [f"{kind} of {', '.join(layers)}" for kind, layers in self.series.items() if layers]
            raise _checks.error(f"record: {kind} of {layer!r}", "this was not kept", "; ".join(everything) or "nothing",
                                cure="Name it when the Recorder is made.")
        return np.stack(kept[layer])

    def add(self, moment: int, kept: Mapping[str, Mapping[str, Any]]) -> None:
        """Add a moment: arrays by kind and layer."""
        self.moments.append(moment)
        for kind, layers in kept.items():
            for layer, value in layers.items():
                self.series.setdefault(kind, {}).setdefault(layer, []).append(np.array(value))

    def add_logs(self, epoch: int, logs: Mapping[str, float]) -> None:
        """Add the figures of an epoch that is done."""
        self.epochs.append(epoch)
        for name in [*self.logs, *(name for name in logs if name not in self.logs)]:
            row = self.logs.setdefault(name, [float("nan")] * (len(self.epochs) - 1))
            row.append(float(logs.get(name, "nan")))

    # -- file ----------------------------------------------------------------------------------------

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the record to an ``.npz`` file, whole or not at all."""
        arrays: dict[str, Array] = {}
        saving.write(path, {"record": saving.pack(self.state(), arrays, "record")}, arrays)

    def state(self) -> dict[str, Any]:
        """All of it as numbers, texts, arrays, lists and dicts."""
        series = {kind: {layer: np.stack(values) for layer, values in layers.items()}
                  for kind, layers in self.series.items()}
        return {"unit": self.unit, "moments": list(self.moments), "epochs": list(self.epochs),
                "logs": {name: list(row) for name, row in self.logs.items()}, "order": list(self.order),
                "kinds": dict(self.kinds), "series": series}


def record_from(state: Mapping[str, Any]) -> Record:
    """The record whose `Record.state` this is; KeyError, TypeError or ValueError where it is none."""
    moments, epochs = [int(moment) for moment in state["moments"]], [int(epoch) for epoch in state["epochs"]]
    series = {kind: {layer: list(np.asarray(values)) for layer, values in layers.items()}
              for kind, layers in state["series"].items()}
    logs = {name: [float(value) for value in row] for name, row in state["logs"].items()}
    if state["unit"] not in ("epoch", "batch") or not series.keys() <= set(KINDS):
        raise ValueError("not of this kind")
    if any(len(values) != len(moments) for layers in series.values() for values in layers.values()) \
            or any(len(row) != len(epochs) for row in logs.values()):
        raise ValueError("series of different lengths")
    return Record(state["unit"], moments, logs, epochs, list(state["order"]), dict(state["kinds"]), series)


def read_record(path: str | os.PathLike[str]) -> Record:
    """The record of a file that a `Recorder` wrote. Raises MinicnnError for any other file."""
    document, arrays = saving.read(path)
    try:
        return record_from(saving.unpack(document["record"], arrays))
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise _checks.error(f"loading {os.fspath(path)!r}", "this is no record of a training", "a file that a Recorder "
                            "wrote", f"{type(problem).__name__}: {problem}") from None
