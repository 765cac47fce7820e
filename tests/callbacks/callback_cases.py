"""Callbacks with options, and the figures they are to see: some chosen, many drawn at random."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import callback_driver as driver
import numpy as np
from callback_driver import Logs, Record

Options = dict[str, Any]

SCHEDULES: dict[str, Callable[..., float]] = {
    "halve": lambda epoch, rate: rate * 0.5,
    "steps of epoch": lambda epoch: 0.1 if epoch < 3 else 0.01,
    "decay after 2": lambda epoch, rate: rate if epoch < 2 else float(rate * np.exp(-0.1)),
    "keep": lambda epoch, rate: rate,
    "numpy float": lambda epoch, rate: np.float32(0.3) / np.float32(epoch + 1),
}


@dataclass(frozen=True)
class Case:
    """One or more calls of `fit`, each from some epoch on, with the same callbacks or with new ones."""

    name: str
    callbacks: list[tuple[str, Options]]
    fits: list[tuple[int, list[Logs]]]
    batches: int = 0
    rate: float = 0.01
    new_callbacks: bool = False

    def make(self, module: Any) -> list[Any]:
        """The callbacks, from the module that has their classes."""
        return [getattr(module, kind)(**self._ready(options)) for kind, options in self.callbacks]

    def _ready(self, options: Options) -> Options:
        return {key: SCHEDULES[value] if key == "schedule" else value for key, value in options.items()}


def decisions(case: Case, module: Any, model: Any) -> Record:
    """What the callbacks of a module do in this case. The working folder must be empty before."""
    record = driver.new_record()
    callbacks: list[Any] = []
    for first, history in case.fits:
        if case.new_callbacks or not callbacks:
            callbacks = case.make(module)
        for callback in callbacks:
            callback.set_model(model)
        model.stop_training = False
        driver.play(model, callbacks, list(driver.moments(first, history, case.batches)), record)
    return driver.finish(model, record)


# -- figures ------------------------------------------------------------------------------------------

FALL_AND_RISE = [{"loss": a, "val_loss": b} for a, b in
                 [(1.0, 1.1), (0.8, 0.9), (0.7, 0.8), (0.6, 0.85), (0.5, 0.7), (0.4, 0.7), (0.3, 0.75), (0.2, 0.9),
                  (0.1, 0.65), (0.05, 1.0)]]
PLATEAU = [{"loss": v, "val_loss": v} for v in
           [0.9, 0.7, 0.6, 0.6, 0.59995, 0.6, 0.6, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.49, 0.5]]
ACCURACY = [{"accuracy": a, "loss": 1 - a, "val_accuracy": b, "val_loss": 1 - b} for a, b in
            [(0.5, 0.4), (0.6, 0.6), (0.7, 0.6), (0.8, 0.5), (0.85, 0.61), (0.9, 0.6), (0.91, 0.6), (0.92, 0.6)]]
WITHOUT = [{"loss": v} for v in (0.5, 0.4, 0.3)]
NOT_A_NUMBER = [{"loss": 0.5, "val_loss": 0.6}, {"loss": 0.4, "val_loss": 0.5}, {"loss": np.nan, "val_loss": np.nan},
                {"loss": 0.3, "val_loss": 0.4}]
INFINITE = [{"loss": 0.5}, {"loss": np.inf}, {"loss": 0.3}]
# 0.8 - 0.7 is above 0.1 in double precision, and is 0.1 in single.
EDGE = [{"loss": v, "val_loss": v} for v in (0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1)]


def drawn_figures(rng: np.random.Generator) -> list[Logs]:
    """A dozen epochs: falling losses with noise, often rounded so that they tie; at times NaN, or one is missing."""
    epochs, decimals = int(rng.integers(1, 13)), int(rng.choice([1, 2, 7]))
    loss = 1.5 * np.exp(-rng.uniform(0, 0.4) * np.arange(epochs)) + rng.uniform(0, 0.3) * rng.standard_normal(epochs)
    gap = rng.uniform(0, 0.5) * rng.standard_normal(epochs)
    wild, missing, validated = rng.random() < 0.1, rng.random() < 0.1, rng.random() < 0.9
    history = []
    for value, further in zip(loss, gap, strict=True):
        logs = {"accuracy": 1 - value / 2, "loss": value}
        if validated and not (missing and rng.random() < 0.3):
            logs |= {"val_accuracy": 1 - (value + further) / 2, "val_loss": value + further}
        if wild and rng.random() < 0.2:
            logs["val_loss" if "val_loss" in logs else "loss"] = float(rng.choice([np.nan, np.inf]))
        history.append({name: round(float(figure), decimals) for name, figure in logs.items()})
    return history


# -- options ------------------------------------------------------------------------------------------

MONITORED = [{"monitor": "val_loss"}, {"monitor": "loss"}, {"monitor": "val_accuracy"}, {"monitor": "accuracy"},
             {"monitor": "val_loss", "mode": "max"}, {"monitor": "val_accuracy", "mode": "min"}, {}]
PATHS = ["m.keras", "{epoch:02d}.keras", "{epoch}-{loss:.2f}.keras", "e{epoch:03d}-{accuracy:.3e}.h5"]

EARLY_STOPPING = {
    "patience": [0, 1, 2, 3, 5], "min_delta": [0, 0.1, 0.01, -0.1], "baseline": [None, None, 0.5, 1.0],
    "restore_best_weights": [False, True], "start_from_epoch": [0, 0, 1, 4], "verbose": [1, 1, 0]}
REDUCE = {"factor": [0.1, 0.5, 0.2], "patience": [0, 1, 2, 3], "min_delta": [1e-4, 0, 0.1], "cooldown": [0, 1, 3],
          "min_lr": [0.0, 1e-3, 0.01, 5e-4], "verbose": [1, 1, 0]}
CHECKPOINT = {"filepath": PATHS, "save_best_only": [False, True, True], "initial_value_threshold": [None, 0.8, 1.0],
              "verbose": [1, 1, 0]}
CSV = {"separator": [",", ";", "\t"], "append": [False, True]}


def draw(rng: np.random.Generator, choices: dict[str, list[Any]]) -> Options:
    return {name: values[rng.integers(len(values))] for name, values in choices.items()}


def drawn(kind: str, number: int) -> Case:
    """The case of this kind and number, always the same."""
    rng = np.random.default_rng([1998, KINDS.index(kind), number])
    first = int(rng.choice([0, 0, 0, 3]))
    fits = [(first, drawn_figures(rng))]
    if rng.random() < 0.3:
        fits.append((first + len(fits[0][1]), drawn_figures(rng)))
    case = {"fits": fits, "rate": float(rng.choice([0.01, 0.1, 0.3])), "new_callbacks": bool(rng.random() < 0.5)}
    return Case(name=f"{kind} {number}", **case, **_CALLBACKS[kind](rng))


def _one(kind: str, options: Options, batches: int = 0) -> dict[str, Any]:
    return {"callbacks": [(kind, options)], "batches": batches}


def _monitored(rng: np.random.Generator) -> Options:
    return MONITORED[rng.integers(len(MONITORED))]


def _checkpoint(rng: np.random.Generator) -> dict[str, Any]:
    options = _monitored(rng) | draw(rng, CHECKPOINT)
    if rng.random() < 0.7:
        return _one("ModelCheckpoint", options)
    # Keras's ModelCheckpoint cannot compare before the first epoch has ended ('NoneType' is not callable).
    batches = int(rng.integers(1, 6))
    return _one("ModelCheckpoint", options | {"save_best_only": False, "save_freq": int(rng.integers(1, 12))}, batches)


def _together(rng: np.random.Generator) -> dict[str, Any]:
    callbacks = [("EarlyStopping", draw(rng, EARLY_STOPPING)), ("ReduceLROnPlateau", draw(rng, REDUCE)),
                 ("CSVLogger", {"filename": "log.csv"}), ("TerminateOnNaN", {})]
    return {"callbacks": [callbacks[i] for i in rng.permutation(len(callbacks))], "batches": 2}


_CALLBACKS: dict[str, Callable[[np.random.Generator], dict[str, Any]]] = {
    "stopping": lambda rng: _one("EarlyStopping", _monitored(rng) | draw(rng, EARLY_STOPPING)),
    "reducing": lambda rng: _one("ReduceLROnPlateau", _monitored(rng) | draw(rng, REDUCE)),
    "checkpoint": _checkpoint,
    "csv": lambda rng: _one("CSVLogger", {"filename": "log.csv"} | draw(rng, CSV)),
    "together": _together,
}
KINDS = list(_CALLBACKS)


# -- the cases whose answers are stored ---------------------------------------------------------------

def _chosen() -> Iterator[Case]:
    for patience, restore in itertools.product((0, 1, 2, 3), (False, True)):
        options = {"patience": patience, "restore_best_weights": restore, "verbose": 1}
        yield Case(f"stop: patience {patience}, restore {restore}", [("EarlyStopping", options)], [(0, FALL_AND_RISE)])
    for name, extra in {
            "min_delta": {"min_delta": 0.1}, "baseline never reached": {"baseline": 0.5, "restore_best_weights": True},
            "baseline reached": {"baseline": 0.85}, "late start": {"start_from_epoch": 5, "patience": 1},
            "training loss": {"monitor": "loss"}, "wrong way": {"mode": "max", "restore_best_weights": True}}.items():
        options = {"patience": 2, "verbose": 1} | extra
        yield Case(f"stop: {name}", [("EarlyStopping", options)], [(0, FALL_AND_RISE)])
    for monitor in ("val_accuracy", "accuracy"):
        options = {"monitor": monitor, "patience": 2, "restore_best_weights": True, "verbose": 1}
        yield Case(f"stop: {monitor}", [("EarlyStopping", options)], [(0, ACCURACY)])
    yield Case("stop: missing figure", [("EarlyStopping", {})], [(0, WITHOUT)])
    yield Case("stop: not a number", [("EarlyStopping", {"patience": 1})], [(0, NOT_A_NUMBER)])
    yield Case("stop: single precision", [("EarlyStopping", {"min_delta": 0.1})], [(0, EDGE)])
    yield Case("stop: used twice", [("EarlyStopping", {"patience": 1, "verbose": 1})],
               [(0, FALL_AND_RISE), (10, FALL_AND_RISE)])
    for patience, cooldown in itertools.product((1, 2, 3), (0, 2)):
        options = {"patience": patience, "cooldown": cooldown, "factor": 0.5, "verbose": 1}
        yield Case(f"reduce: patience {patience}, cooldown {cooldown}", [("ReduceLROnPlateau", options)],
                   [(0, PLATEAU)])
    for name, extra in {"defaults": {"patience": 10}, "min_lr": {"min_lr": 0.0025}, "no min_delta": {"min_delta": 0},
                        "at min_lr": {"min_lr": 0.01}, "wrong way": {"mode": "max"}}.items():
        options = {"patience": 1, "factor": 0.5, "verbose": 1} | extra
        yield Case(f"reduce: {name}", [("ReduceLROnPlateau", options)], [(0, PLATEAU)])
    yield Case("reduce: missing figure", [("ReduceLROnPlateau", {})], [(0, WITHOUT)])
    for schedule, verbose in itertools.product(SCHEDULES, (0, 1)):
        yield Case(f"schedule: {schedule}, verbose {verbose}",
                   [("LearningRateScheduler", {"schedule": schedule, "verbose": verbose})], [(0, WITHOUT * 2)])
    for path, best in itertools.product(("m.keras", "{epoch:02d}-{val_loss:.2f}.keras"), (False, True)):
        options = {"filepath": path, "save_best_only": best, "verbose": 1}
        yield Case(f"save: {path}, best {best}", [("ModelCheckpoint", options)], [(0, FALL_AND_RISE)])
    for name, extra in {
            "threshold": {"initial_value_threshold": 0.75}, "accuracy": {"monitor": "val_accuracy"},
            "weights": {"save_weights_only": True, "filepath": "{epoch}.weights.h5"}, "max": {"mode": "max"}}.items():
        options = {"filepath": "m.keras", "save_best_only": True, "verbose": 1} | extra
        yield Case(f"save: {name}", [("ModelCheckpoint", options)], [(0, ACCURACY)])
    yield Case("save: used twice", [("ModelCheckpoint", {"filepath": "m.keras", "save_best_only": True})],
               [(0, FALL_AND_RISE), (10, FALL_AND_RISE)])
    yield Case("save: missing figure", [("ModelCheckpoint", {"filepath": "m.keras", "save_best_only": True})],
               [(0, WITHOUT)])
    for frequency in (1, 2, 3, 7):
        options = {"filepath": "{epoch}-{batch}.keras", "save_freq": frequency, "verbose": 1}
        yield Case(f"save: every {frequency} batches", [("ModelCheckpoint", options)], [(0, WITHOUT)], batches=3)
    for name, history in {"validated": ACCURACY, "not validated": WITHOUT, "mixed": WITHOUT + FALL_AND_RISE,
                          "not a number": NOT_A_NUMBER}.items():
        yield Case(f"csv: {name}", [("CSVLogger", {"filename": "log.csv"})], [(0, history)])
    for append, new in itertools.product((False, True), (False, True)):
        yield Case(f"csv: append {append}, new {new}", [("CSVLogger", {"filename": "log.csv", "append": append})],
                   [(0, WITHOUT), (3, WITHOUT)], new_callbacks=new)
    yield Case("csv: separator", [("CSVLogger", {"filename": "log.csv", "separator": ";"})], [(0, ACCURACY)])
    rates = [("LearningRateScheduler", {"schedule": "halve"}), ("CSVLogger", {"filename": "log.csv"})]
    yield Case("csv: behind a scheduler", rates, [(0, WITHOUT)])
    yield Case("csv: before a scheduler", rates[::-1], [(0, WITHOUT)])
    for raise_error, (name, history) in itertools.product(
            (False, True), {"finite": WITHOUT, "nan": NOT_A_NUMBER, "inf": INFINITE}.items()):
        yield Case(f"terminate: {name}, raise {raise_error}", [("TerminateOnNaN", {"raise_error": raise_error})],
                   [(0, history)], batches=4)


STORED_DRAWS = 4  # of each kind
STORED = [*_chosen(), *(drawn(kind, number) for kind in KINDS for number in range(STORED_DRAWS))]
SIGNATURES = ("EarlyStopping", "ModelCheckpoint", "LearningRateScheduler", "ReduceLROnPlateau", "CSVLogger",
              "TerminateOnNaN")
