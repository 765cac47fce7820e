"""A run that was stopped anywhere goes on and ends with the same bits; whatever is in its way is told."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import minicnn
from minicnn import MinicnnError, layers, saving
from minicnn.callbacks import (
    BackupAndRestore,
    Callback,
    CSVLogger,
    EarlyStopping,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
)
from minicnn.feeding import ArrayFeed
from minicnn.optimizers import SGD
from minicnn.schedules import PiecewiseConstantDecay

RNG = np.random.default_rng(5)
X, Y = RNG.standard_normal((22, 4)).astype(np.float32), RNG.integers(0, 3, 22)
WEIGHT = RNG.random(22)
STEPS, EPOCHS = 4, 7


def network(optimizer=None, units=5, name="a"):
    minicnn.set_random_seed(3)
    model = minicnn.Sequential([
        layers.Dense(units, "tanh", input_shape=(4,), name=name), layers.Dropout(0.25, name="drop"),
        layers.Dense(3, "softmax", name="c")], name="net")
    model.compile(optimizer or SGD(0.5, 0.9), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def noisy(x, rng):
    return x + rng.normal(0, 0.1, x.shape).astype(x.dtype)


class StopAt(Callback):
    """Ctrl-C in the middle of things, once: at a batch of an epoch, or (batch None) at its end."""

    def __init__(self, epoch=None, batch=None, stop=KeyboardInterrupt):
        self.at, self.stop, self.epoch = (epoch, batch), stop, None

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        self._stop((self.epoch, batch))

    def on_epoch_end(self, epoch, logs=None):
        self._stop((epoch, None))

    def _stop(self, place):
        if place == self.at:
            self.at = None
            raise self.stop("stop")


def train(model, folder, *others, save_freq="epoch", **options):
    """One call of fit with everything on; returns all that must be the same bits."""
    folder.mkdir(exist_ok=True)
    stopping = EarlyStopping("val_loss", patience=4, restore_best_weights=True)
    ended = []
    hooks = [BackupAndRestore(folder / "run", save_freq, **options),
             ReduceLROnPlateau("loss", patience=1, factor=0.5), stopping, CSVLogger(folder / "log.csv"),
             ModelCheckpoint(folder / "best.npz", save_best_only=True),
             LambdaCallback(on_train_end=ended.append), *others]
    feed = ArrayFeed(X[:16], Y[:16], WEIGHT[:16], batch_size=4, transform=noisy)
    model.fit(feed, epochs=EPOCHS, verbose=0, validation_data=(X[16:], Y[16:], WEIGHT[16:]), callbacks=hooks)
    return everything(model, folder) | {"logs": ended, "stopping": repr(stopping.get_state())}


def everything(model, folder):
    model.save(folder / "end.npz")
    return {"files": {name: (folder / name).read_bytes() for name in ("end.npz", "best.npz", "log.csv")},
            "history": (model.history.history, model.history.epoch), "progress": repr(model.progress),
            "rate": model.optimizer.learning_rate, "random": model.rng.bit_generator.state}


@pytest.fixture(autouse=True)
def no_power_fails(monkeypatch):
    monkeypatch.setattr("os.fsync", lambda file: None)  # thousands of small files are fast


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What a run ends with that nothing stops."""
    return train(network(), tmp_path_factory.mktemp("whole"))


def test_the_run_shows_what_is_restored(whole):
    epochs = len(whole["history"][1])
    assert 4 < epochs < EPOCHS  # stopped early, the best weights restored
    assert len(set(whole["history"][0]["learning_rate"])) > 1


PLACES = [(epoch, batch) for epoch in range(6) for batch in (*range(STEPS), None)]


@pytest.mark.parametrize("save_freq", ["epoch", 1, 3])
@pytest.mark.parametrize("again", ["same objects", "new process"])
def test_stopped_anywhere_it_ends_with_the_same_bits(tmp_path, whole, save_freq, again):
    for place in PLACES:
        if place[0] >= len(whole["history"][1]):
            continue
        folder = tmp_path / f"{place}"
        model = network()
        with pytest.raises(KeyboardInterrupt, match="stop"):
            train(model, folder, StopAt(*place), save_freq=save_freq)
        model = model if again == "same objects" else network()
        assert train(model, folder, StopAt(), save_freq=save_freq) == whole, place
        assert os.listdir(folder / "run") == [".lock"]


def test_stopped_again_and_again(tmp_path, whole):
    stops = 0
    for place in PLACES[:25]:
        with pytest.raises(KeyboardInterrupt, match="stop"):
            train(network(), tmp_path, StopAt(*place), save_freq=1)
        stops += 1
    assert stops == 25
    assert train(network(), tmp_path, StopAt(), save_freq=1) == whole


def test_the_same_callback_goes_on(tmp_path):
    def fit(model, *others):
        return model.fit(X, Y, epochs=3, batch_size=6, verbose=0, callbacks=[*others]).history

    straight, model, backup = network(), network(), BackupAndRestore(tmp_path / "run", 2)
    expected = fit(straight)
    with pytest.raises(ValueError, match="stop"):
        fit(model, backup, StopAt(1, 2, stop=ValueError))
    assert fit(model, backup) == expected
    assert fit(model, backup) == fit(straight)  # the next training is the same one, too


def test_a_stop_before_the_first_backup_starts_again(tmp_path, whole):
    model = network()
    with pytest.raises(KeyboardInterrupt, match="stop"):
        train(model, tmp_path, StopAt(0, 2))
    minicnn.set_random_seed(99)  # a program without a seed: the weights and the seed are those of the first start
    other = network()
    other.set_weights([w + 1 for w in other.get_weights()])
    other.rng = np.random.default_rng(8)
    assert train(other, tmp_path) == whole


def test_a_rate_set_for_an_epoch_is_not_set_twice(tmp_path):
    def fit(folder, *others):
        model = network()
        model.fit(X, Y, batch_size=6, epochs=3, verbose=0, callbacks=[
            BackupAndRestore(folder, 1), LearningRateScheduler(lambda epoch, rate: rate * 0.5), *others])
        return model.history.history, [w.tobytes() for w in model.get_weights()]

    expected = fit(tmp_path / "whole")
    assert expected[0]["learning_rate"] == [0.25, 0.125, 0.0625]
    with pytest.raises(KeyboardInterrupt, match="stop"):
        fit(tmp_path / "run", StopAt(1, 1))
    assert fit(tmp_path / "run") == expected


@pytest.mark.parametrize("epoch", [0, 1])
def test_a_decision_to_stop_inside_an_epoch_is_kept(tmp_path, epoch):
    class Decide(Callback):
        def on_train_batch_end(self, batch, logs=None):
            at = self.model.progress
            self.model.stop_training |= (at.epoch, batch) == (epoch, 1)

    def fit(folder, *others):
        model, heard = network(), []
        listen = LambdaCallback(on_epoch_end=lambda *told: heard.append(told), on_train_end=heard.append)
        model.fit(X, Y, batch_size=6, epochs=3, verbose=0, validation_data=(X, Y),
                  callbacks=[Decide(), BackupAndRestore(folder, 1), *others, listen])
        return heard, model.history.history, model.optimizer.iterations, [w.tobytes() for w in model.get_weights()]

    expected = fit(tmp_path / "whole")
    # Killed behind the backup of that batch, before the epoch has ended.
    with pytest.raises(KeyboardInterrupt, match="stop"):
        fit(tmp_path / "run", StopAt(epoch, None))
    resumed = fit(tmp_path / "run")
    assert resumed[1:] == expected[1:]
    assert resumed[0] == expected[0][epoch:]


def test_a_kept_backup_of_a_finished_run(tmp_path, whole):
    model = network()
    assert train(model, tmp_path, delete_checkpoint=False) == whole
    steps = []
    count = LambdaCallback(on_train_batch_end=lambda *told: steps.append(told))
    assert train(network(), tmp_path, count, delete_checkpoint=False) == whole
    assert not steps


def test_more_epochs_go_on_from_a_kept_backup(tmp_path):
    def fit(folder, epochs):
        model = network()
        model.fit(X, Y, epochs=epochs, verbose=0, callbacks=[BackupAndRestore(folder, delete_checkpoint=False)])
        return model.history.history, [w.tobytes() for w in model.get_weights()]

    fit(tmp_path / "a", 2)
    assert fit(tmp_path / "a", 4) == fit(tmp_path / "b", 4)


def test_backups_are_made_when_asked_for(tmp_path, monkeypatch):
    places = []
    monkeypatch.setattr(saving, "write", lambda path, document, arrays: places.append(document["backup"]["progress"]))

    def saved(save_freq):
        places.clear()
        network().fit(X, Y, batch_size=6, epochs=2, verbose=0, callbacks=[BackupAndRestore(tmp_path, save_freq)])
        return [(at["dict"]["epoch"], at["dict"]["step"]) for at in places]

    assert saved("epoch") == [(0, 0), (1, 0), (2, 0)]
    assert saved(3) == [(0, 0), (0, 3), (1, 0), (1, 3), (2, 0)]
    assert saved(9) == saved("epoch")


class Remembers(Callback):
    """States of all kinds."""

    def __init__(self, state=None):
        self.state = state

    def get_state(self):
        return self.state

    def set_state(self, state):
        self.state = state


def interrupted(folder, *others, model=None, **options):
    with pytest.raises(KeyboardInterrupt, match="stop"):
        (model or network()).fit(X, Y, batch_size=6, verbose=0, epochs=3, **options, callbacks=[
            BackupAndRestore(folder, 1), *others, StopAt(1, 1)])
    return folder / "backup.npz"


def test_states_come_back_exactly(tmp_path):
    state = {"a/b": np.arange(3, dtype=np.int8), "a": {"b": [np.zeros((2, 0)), None, True, 2**70, "größer"]},
             "array": {"array": 1}, "nan": float("nan"), "small": np.float32(0.1), "flag": np.bool_(False), "": -0.0}
    interrupted(tmp_path, Remembers(state))
    after = Remembers()
    network().fit(X, Y, batch_size=6, verbose=0, epochs=3, callbacks=[BackupAndRestore(tmp_path), after])
    assert repr(after.state) == repr(state)
    assert after.state["small"].dtype == np.float32
    assert after.state["a/b"].dtype == np.int8


@pytest.mark.parametrize("value", [{1, 2}, b"bytes", {1: 2}, np.array([None]), lambda: 0])
def test_a_state_that_no_file_can_hold(tmp_path, value):
    with pytest.raises(MinicnnError, match="callbacks/0/state/x/0: this cannot be written to a file"):
        network().fit(X, Y, verbose=0, callbacks=[BackupAndRestore(tmp_path), Remembers({"x": [value]})])


# -- what is in the way ------------------------------------------------------------------------------


@pytest.mark.parametrize(("model", "others", "options", "told"), [
    ({"units": 6}, [], {}, r"a/kernel is float32 \(4, 5\) instead of float32 \(4, 6\).*of another model"),
    ({"name": "b"}, [], {}, "b/kernel is missing.*a/kernel belongs to no layer.*of another model"),
    ({"optimizer": SGD(PiecewiseConstantDecay([1], [1.0, 0.1]), 0.9)}, [], {},
     "another optimizer. Expected SGD keeping momentum, received SGD keeping momentum with PiecewiseConstantDecay"),
    ({"optimizer": SGD(1.0)}, [], {}, "another optimizer. Expected SGD keeping momentum, received SGD. "),
    ({}, [ReduceLROnPlateau("loss"), EarlyStopping("loss")], {},
     "other callbacks. Expected EarlyStopping, History, received ReduceLROnPlateau, EarlyStopping, History"),
    ({}, [], {}, "other callbacks. Expected EarlyStopping, History, received History"),
    ({}, [EarlyStopping("loss")], {"batch_size": 5}, "other data. Expected 4 batches, received 5 in an epoch"),
])
def test_the_backup_of_another_run(tmp_path, model, others, options, told):
    path = interrupted(tmp_path, EarlyStopping("loss"))
    before, other = path.read_bytes(), network(**model)
    weights = [w.tobytes() for w in other.get_weights()]
    with pytest.raises(MinicnnError, match=f"backup.npz'.*{told}.*Delete '.*backup.npz' to start anew"):
        other.fit(X, Y, verbose=0, epochs=3, **{"batch_size": 6} | options,
                  callbacks=[BackupAndRestore(tmp_path), *others])
    assert path.read_bytes() == before
    assert [w.tobytes() for w in other.get_weights()] == weights
    path.unlink()
    other.fit(X, Y, verbose=0, callbacks=[BackupAndRestore(tmp_path), *others])  # the cure helps


def test_another_verbosity_and_silent_callbacks_are_no_other_run(tmp_path, capsys):
    interrupted(tmp_path)
    network().fit(X, Y, batch_size=6, verbose=2, epochs=3, callbacks=[LambdaCallback(), BackupAndRestore(tmp_path)])
    assert "Epoch 2/3\n4/4 - 0s" in capsys.readouterr().out


def test_a_damaged_backup(tmp_path):
    path = interrupted(tmp_path)
    good = path.read_bytes()
    whole = network().fit(X, Y, batch_size=6, verbose=0, epochs=3)
    expected = whole.epoch, whole.history
    generator = random.Random(7)
    flips = [generator.randrange(len(good)) for _ in range(60)]
    damaged = [good[:size] for size in range(0, len(good), 311)]
    damaged += [good[:at] + bytes([good[at] ^ 255]) + good[at + 1:] for at in flips]
    errors = []
    for content in damaged:
        path.write_bytes(content)
        try:
            fit = network().fit(X, Y, batch_size=6, verbose=0, epochs=3, callbacks=[BackupAndRestore(tmp_path)])
        except MinicnnError as problem:
            errors.append(str(problem))
            kept = path.read_bytes()
            assert kept == content
        else:
            assert (fit.epoch, fit.history) == expected  # a byte that nobody reads
    assert all("backup.npz" in error and error.endswith("to start anew.") for error in errors)
    assert len(errors) > len(damaged) - len(flips) / 2


@pytest.mark.parametrize(("place", "value", "told"), [
    ("backup", None, "damaged"), ("backup", {}, "damaged"), ("backup/progress", {"dict": {}}, "damaged"),
    ("backup/progress", 5, "damaged"), ("backup/weights", {"array": "no"}, "damaged"),
    ("backup/weights", [], "of another model"), ("backup/optimizer", {"odd": 1}, "damaged"),
    ("backup/optimizer", {"a": 1, "b": 2}, "damaged"), ("backup/callbacks", [1], "damaged"),
    ("backup/callbacks", {"dict": {}}, "other callbacks"), ("backup/random", {"dict": {}}, "damaged"),
    ("backup/random", None, "damaged"), ("backup/progress/dict/epoch", -1, "damaged: epoch must be an integer"),
    ("backup/progress/dict/sums", 1, "damaged"), ("backup/optimizer/dict/learning_rate", "x", "damaged: learning_rate"),
])
def test_a_backup_with_other_contents(tmp_path, place, value, told):
    path = interrupted(tmp_path)
    document, arrays = saving.read(path)
    *folders, last = place.split("/")
    inner = document
    for folder in folders:
        inner = inner[folder]
    inner[last] = value
    saving.write(path, document, arrays)
    with pytest.raises(MinicnnError, match=rf"backup.npz'.*{told}.*to start anew"):
        network().fit(X, Y, batch_size=6, verbose=0, epochs=3, callbacks=[BackupAndRestore(tmp_path)])


def test_a_model_is_no_backup(tmp_path):
    network().save(tmp_path / "backup.npz")
    with pytest.raises(MinicnnError, match=r"the backup is damaged\. Received KeyError: 'backup'\. Delete '.*to start"):
        network().fit(X, Y, verbose=0, callbacks=[BackupAndRestore(tmp_path)])


def test_a_callback_that_does_not_understand_its_state(tmp_path):
    class Stubborn(Remembers):
        def set_state(self, state):
            raise IndexError("what?")

    interrupted(tmp_path, Stubborn({}))
    told = "Stubborn cannot go on from the state in the backup. Received IndexError: what.. Delete '.*' to start anew"
    with pytest.raises(MinicnnError, match=told):
        network().fit(X, Y, batch_size=6, verbose=0, epochs=3, callbacks=[BackupAndRestore(tmp_path), Stubborn({})])


def test_generators_are_refused(tmp_path):
    with pytest.raises(MinicnnError, match=r"BackupAndRestore: a generator cannot give its batches again. Pass arrays"):
        network().fit(iter([(X, Y)]), verbose=0, class_weight={0: 2.0}, callbacks=[BackupAndRestore(tmp_path)])


@pytest.mark.parametrize("place", ["file", "file/run"])
def test_a_folder_that_cannot_be(tmp_path, place):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(MinicnnError, match=r"BackupAndRestore '.*backup.npz': the folder cannot be made. Received "):
        network().fit(X, Y, verbose=0, callbacks=[BackupAndRestore(tmp_path / place)])


def test_a_folder_that_goes_away(tmp_path):
    folder = tmp_path / "run"

    def spoil(epoch, logs):
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()

    with pytest.raises(MinicnnError, match=r"writing '.*backup.npz': the folder cannot be written. Received No such"):
        network().fit(X, Y, verbose=0, callbacks=[BackupAndRestore(folder), LambdaCallback(on_epoch_end=spoil)])


def test_leftovers_of_killed_processes_are_removed(tmp_path):
    for name in (".backup.npz.abc.part", ".other.npz.abc.part", "backup.npz.part"):
        (tmp_path / name).write_text("half")
    network().fit(X, Y, verbose=0, callbacks=[BackupAndRestore(tmp_path)])
    assert sorted(os.listdir(tmp_path)) == [".lock", ".other.npz.abc.part", "backup.npz.part"]


@pytest.mark.parametrize(("arguments", "told"), [
    ({"backup_dir": ""}, "backup_dir must be the name of a folder"),
    ({"backup_dir": 5}, "backup_dir must be the name of a folder"),
    ({"backup_dir": "a", "save_freq": 0}, "save_freq, when not 'epoch', must be an integer"),
    ({"backup_dir": "a", "save_freq": "batch"}, "save_freq, when not 'epoch', must be an integer")])
def test_wrong_arguments(arguments, told):
    with pytest.raises(MinicnnError, match=f"BackupAndRestore: {told}"):
        BackupAndRestore(**arguments)


# -- other processes ---------------------------------------------------------------------------------


def start(folder, *options):
    """The training program, once it has begun."""
    environment = os.environ | {"MINICNN_KERNELS": "numpy", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
                                "PYTHONPATH": str(Path(minicnn.__file__).parents[1])}
    process = subprocess.Popen([sys.executable, "-W", "error", str(Path(__file__).with_name("backup_run.py")),
                                str(folder), *options], env=environment, text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout.readline() == "begin\n", process.communicate()
    return process


def outcome(folder):
    return {name: (folder / name).read_bytes() for name in ("model.npz", "figures.json", "log.csv")}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """What the program ends with when nobody kills it."""
    folder = tmp_path_factory.mktemp("undisturbed")
    _, errors = start(folder).communicate()
    assert errors == ""
    return outcome(folder)


def test_killed_twenty_times(tmp_path, undisturbed):
    """At random moments: while it restores, trains, writes, validates, ends. Runs that end are checked, and begun anew
    in another folder."""
    moments, kills, inside, runs = random.Random(1998), [], set(), 0
    while len(kills) < 20 or not (tmp_path / str(runs) / "model.npz").exists():
        folder = tmp_path / str(runs)
        folder.mkdir(exist_ok=True)
        process = start(folder)
        if len(kills) < 20:
            time.sleep(moments.uniform(0, 0.4))
            process.send_signal((signal.SIGKILL, signal.SIGINT)[len(kills) % 2])
        _, errors = process.communicate()
        if process.returncode == 0:  # it was faster
            assert errors == ""
            assert outcome(folder) == undisturbed
            runs += len(kills) < 20
            continue
        assert process.returncode in (-signal.SIGKILL, -signal.SIGINT), errors
        kills.append(-process.returncode)
        if (folder / "run" / "backup.npz").exists():
            at = saving.read(folder / "run" / "backup.npz")[0]["backup"]["progress"]["dict"]
            inside.add((at["epoch"], at["step"]))
    assert kills.count(signal.SIGKILL) == kills.count(signal.SIGINT) == 10
    assert sum(step > 0 for _, step in inside) >= 3  # within epochs, too


def test_two_processes_on_one_folder(tmp_path):
    process = start(tmp_path, "--wait")
    try:
        assert process.stdout.readline() == "waiting\n"
        before = (tmp_path / "run" / "backup.npz").read_bytes()
        told = "BackupAndRestore '.*backup.npz': another run uses this folder. Wait until it ends, or choose another"
        with pytest.raises(MinicnnError, match=told):
            network().fit(X, Y, verbose=0, callbacks=[BackupAndRestore(tmp_path / "run")])
        assert (tmp_path / "run" / "backup.npz").read_bytes() == before
    finally:
        process.kill()
        process.communicate()
    # The lock died with the process: now the backup is found, and is of another model.
    with pytest.raises(MinicnnError, match="of another model"):
        network().fit(X, Y, verbose=0, callbacks=[BackupAndRestore(tmp_path / "run")])


def test_the_folder_is_free_when_fit_ends_badly(tmp_path):
    interrupted(tmp_path)
    interrupted(tmp_path)


def test_the_same_callback_takes_its_folder_again(tmp_path):
    class Fails(Callback):
        def close(self):
            raise OSError("cannot close")

    backup = BackupAndRestore(tmp_path)
    with pytest.raises(OSError, match="cannot close"):
        network().fit(X, Y, verbose=0, callbacks=[Fails(), backup])
    network().fit(X, Y, verbose=0, callbacks=[backup])


@pytest.mark.skipif(sys.platform == "win32", reason="files have no limit there")
def test_a_full_disk(tmp_path, undisturbed):
    process = start(tmp_path, "--full", "4000")
    _, errors = process.communicate()
    assert process.returncode == 1
    last = errors.splitlines()[-1]
    assert "minicnn._checks.MinicnnError: writing" in last
    assert last.endswith("backup.npz': the file could not be written. Received File too large.")
    assert "Exception ignored" not in errors
    at = saving.read(tmp_path / "run" / "backup.npz")[0]["backup"]["progress"]["dict"]
    assert (at["epoch"], at["step"]) == (2, 0)
    assert sorted(os.listdir(tmp_path / "run")) == [".lock", "backup.npz"]
    start(tmp_path).communicate()  # when there is room again
    assert outcome(tmp_path) == undisturbed


def test_figures_of_the_program_are_of_a_whole_run(undisturbed):
    figures = json.loads(undisturbed["figures.json"])
    assert len(figures["epoch"]) >= 6
    assert figures["history"]["val_accuracy"][-1] > 0.5
