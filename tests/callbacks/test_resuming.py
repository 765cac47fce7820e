"""A run that is cut anywhere and resumed with the state carried over, through JSON, decides as one that was not."""

import json
from dataclasses import replace

import callback_cases as cases
import callback_driver as driver
import numpy as np
import pytest
from callback_cases import ACCURACY, FALL_AND_RISE, PLATEAU, Case
from callback_driver import StandIn

from minicnn import callbacks
from minicnn.callbacks import Callback, CSVLogger, EarlyStopping

pytestmark = pytest.mark.usefixtures("empty_folder")

TEN = FALL_AND_RISE
CASES = [
    Case("stopping", [("EarlyStopping", {"patience": 3, "restore_best_weights": True, "verbose": 1})], [(0, TEN)]),
    Case("restoring", [("EarlyStopping", {"patience": 9, "restore_best_weights": True, "verbose": 1})], [(0, TEN)]),
    Case("stopping, baseline", [("EarlyStopping", {"patience": 2, "baseline": 0.85, "verbose": 1})], [(0, TEN)]),
    Case("reducing", [("ReduceLROnPlateau", {"patience": 1, "cooldown": 2, "verbose": 1})], [(0, PLATEAU[:10])]),
    Case("reducing, waiting", [("ReduceLROnPlateau", {"patience": 3, "verbose": 1})], [(0, PLATEAU[:10])]),
    Case("scheduling", [("LearningRateScheduler", {"schedule": "halve", "verbose": 1})], [(0, TEN)]),
    Case("best model", [("ModelCheckpoint", {"filepath": "{epoch}.npz", "save_best_only": True, "verbose": 1,
                                             "initial_value_threshold": 1.0})], [(0, TEN)]),
    Case("every seven batches", [("ModelCheckpoint", {"filepath": "{epoch}-{batch}.npz", "save_freq": 7})], [(0, TEN)]),
    Case("logging", [("CSVLogger", {"filename": "log.csv"})], [(0, TEN)]),
    Case("logging without validation at first", [("CSVLogger", {"filename": "log.csv"})],
         [(0, cases.WITHOUT + ACCURACY[:7])]),
    Case("together", [("ReduceLROnPlateau", {"patience": 1}), ("EarlyStopping", {"patience": 3}),
                      ("CSVLogger", {"filename": "log.csv"}),
                      ("ModelCheckpoint", {"filepath": "{epoch}.npz", "save_best_only": True})], [(0, TEN)]),
]
CASES = [replace(case, batches=3) for case in CASES]


def through_json(state):
    return json.loads(json.dumps(state, default=lambda array: array.tolist()))


def cut_run(case, at):
    """The record of a run whose process ends after ``at`` calls of hooks, and of the one that takes over."""
    record = driver.new_record()
    (first, history), = case.fits
    calls = list(driver.moments(first, history, case.batches))
    model = StandIn(case.rate)
    before = case.make(callbacks)
    for callback in before:
        callback.set_model(model)
    driver.play(model, before, calls[:at], record)
    states = through_json([callback.get_state() for callback in before])

    heir = StandIn(model.optimizer.rate())
    heir.set_weights(model.get_weights())
    after = case.make(callbacks)
    for callback, state in zip(after, states, strict=True):
        callback.set_model(heir)
        callback.on_train_begin()
        callback.set_state(state)
    again = [] if calls[at - 1].hook == "on_epoch_end" else [driver.Moment("on_epoch_begin", calls[at - 1].epoch)]
    driver.play(heir, after, [*again, *calls[at:]], record)
    return driver.finish(heir, record)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_cut_after_each_epoch_and_each_batch(case, empty_folder, monkeypatch):
    (empty_folder / "whole").mkdir()
    monkeypatch.chdir(empty_folder / "whole")
    whole = cases.decisions(case, callbacks, StandIn(case.rate))
    assert len(whole["epochs"]) >= 6
    calls = 1 + len(case.fits[0][1]) * (2 + case.batches)
    for at in range(2, calls + 1):
        (empty_folder / str(at)).mkdir()
        monkeypatch.chdir(empty_folder / str(at))
        assert cut_run(case, at) == whole, f"cut after call {at}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_without_the_state_it_would_show(case, empty_folder, monkeypatch):
    whole = cases.decisions(case, callbacks, StandIn(case.rate))
    for kind, _ in case.callbacks:
        monkeypatch.setattr(getattr(callbacks, kind), "set_state", Callback.set_state)
    assert any(cut_run(case, at) != whole for at in range(5, 51, 5))


def test_lines_written_after_the_place_resumed_from_are_dropped(empty_folder):
    whole, killed, resumed = CSVLogger("whole.csv"), CSVLogger("log.csv"), CSVLogger("log.csv")
    whole.on_train_begin()
    killed.on_train_begin()
    for epoch, logs in enumerate(TEN[:5]):
        whole.on_epoch_end(epoch, logs)
        killed.on_epoch_end(epoch, logs)
        if epoch == 2:
            state = through_json(killed.get_state())
    resumed.on_train_begin()
    resumed.set_state(state)
    resumed.on_epoch_end(3, TEN[3])
    resumed.on_epoch_end(4, TEN[4])
    assert (empty_folder / "log.csv").read_bytes() == (empty_folder / "whole.csv").read_bytes()


@pytest.mark.parametrize("append", [False, True])
def test_a_log_resumed_before_its_first_line(empty_folder, append):
    (empty_folder / "log.csv").write_bytes(b"epoch,loss,val_loss\r\n7,0.5,NA\r\n")
    killed, resumed = CSVLogger("log.csv", append=append), CSVLogger("log.csv", append=append)
    killed.on_train_begin()
    state = through_json(killed.get_state())
    killed.on_epoch_end(8, {"loss": 0.25})
    resumed.on_train_begin()
    resumed.set_state(state)
    resumed.on_epoch_end(8, {"loss": 0.25})
    kept = b"7,0.5,NA\r\n" if append else b""
    assert (empty_folder / "log.csv").read_bytes() == b"epoch,loss,val_loss\r\n" + kept + b"8,0.25,NA\r\n"


def test_a_resumed_run_that_had_decided_to_stop_stops():
    killed, resumed = EarlyStopping(), EarlyStopping()
    killed.model, resumed.model = StandIn(), StandIn()
    for epoch, logs in enumerate(TEN[:4]):
        killed.on_epoch_end(epoch, logs)
    assert killed.model.stop_training
    resumed.on_train_begin()
    resumed.set_state(through_json(killed.get_state()))
    assert resumed.model.stop_training


def test_no_number_survives():
    killed, resumed = EarlyStopping(), EarlyStopping()
    killed.on_epoch_end(0, {"val_loss": np.nan})
    resumed.set_state(through_json(killed.get_state()))
    assert np.isnan(resumed.best)


def test_a_callback_without_a_state_has_an_empty_one():
    assert Callback().get_state() == {}
    Callback().set_state({})
