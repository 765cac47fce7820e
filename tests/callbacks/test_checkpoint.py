"""Saving while training: what the comparison with Keras does not show."""

import numpy as np
import pytest
from callback_cases import ACCURACY, FALL_AND_RISE, WITHOUT
from callback_driver import StandIn, moments, new_record, play

from minicnn import MinicnnError, load_model
from minicnn.callbacks import ModelCheckpoint
from minicnn.layers import Dense
from minicnn.models import Sequential

pytestmark = pytest.mark.usefixtures("empty_folder")


def run(callback, history, batches=0):
    model = StandIn()
    callback.set_model(model)
    record = new_record()
    play(model, [callback], list(moments(0, history, batches)), record)
    return record


def files(record):
    return [name for _, _, name in record["saved"]]


def small_model():
    model = Sequential([Dense(1, input_shape=(2,))])
    model.compile("sgd", "mse")
    return model


def test_a_model_trained_and_read_back(empty_folder, rng):
    model = small_model()
    model.fit(rng.random((8, 2)), rng.random((8, 1)), epochs=3, verbose=0,
              callbacks=[ModelCheckpoint(empty_folder / "kept" / "{epoch:02d}.npz")])
    assert sorted(path.name for path in (empty_folder / "kept").iterdir()) == ["01.npz", "02.npz", "03.npz"]
    for kept, now in zip(load_model("kept/03.npz").get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(kept, now)


def test_the_model_judges_the_ending(rng):
    with pytest.raises(MinicnnError, match=r"unknown kind of file\. Expected a name that ends in"):
        small_model().fit(rng.random((8, 2)), rng.random((8, 1)), verbose=0, callbacks=[ModelCheckpoint("model.txt")])


def test_folders_are_made(empty_folder):
    record = run(ModelCheckpoint("runs/one/{epoch}/best-{loss:.1f}.npz"), WITHOUT)
    assert files(record) == ["model runs/one/1/best-0.5.npz", "model runs/one/2/best-0.4.npz",
                             "model runs/one/3/best-0.3.npz"]
    assert (empty_folder / "runs" / "one" / "3").is_dir()
    assert not list((empty_folder / "runs" / "one" / "3").iterdir())


@pytest.mark.parametrize("path", ["file/m.npz", "file/{epoch}.npz", "file/deeper/m.npz"])
def test_a_folder_that_cannot_be_made_is_an_error_before_the_first_epoch(empty_folder, path):
    (empty_folder / "file").write_text("")
    with pytest.raises(MinicnnError, match=r"ModelCheckpoint: the folder 'file.*' cannot be made or written to\. Rec"):
        ModelCheckpoint(path).on_train_begin()


def test_a_folder_that_cannot_be_written_to(empty_folder, monkeypatch):
    def refuse(dir):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)  # root may write anywhere
    with pytest.raises(MinicnnError, match=r"the folder '.' cannot be made or written to. Received Permission denied"):
        ModelCheckpoint("m.npz").on_train_begin()


def test_the_name_of_a_folder(empty_folder):
    (empty_folder / "runs").mkdir()
    with pytest.raises(MinicnnError, match=r"ModelCheckpoint: the name of a file is needed\. Received folder 'runs'"):
        ModelCheckpoint("runs").on_train_begin()


@pytest.mark.parametrize(("path", "match"), [
    (None, "filepath must be the name of a file. Received None"), ("{epoch.npz", "the braces in .* do not pair"),
    ("}.npz", "the braces in .* do not pair"), ("{}.npz", "the braces in .* must hold names"),
    ("{0}.npz", "the braces in .* must hold names"), ("{epoch.real}.npz", "the braces in .* must hold names")])
def test_wrong_names(path, match):
    with pytest.raises(MinicnnError, match=f"ModelCheckpoint: {match}"):
        ModelCheckpoint(path)


@pytest.mark.parametrize(("path", "reason"), [
    ("{epoch}-{val_loss}.npz", "'val_loss'"), ("{batch}.npz", "'batch'"), ("{loss:d}.npz", "Unknown format code 'd'")])
def test_names_that_the_figures_do_not_fill(path, reason):
    with pytest.raises(MinicnnError, match=rf"ModelCheckpoint '.*': the name of the file cannot be filled in. Expected "
                                           rf"fields out of epoch, loss, received {reason}"):
        run(ModelCheckpoint(path), WITHOUT)


def test_braces_that_are_meant():
    assert files(run(ModelCheckpoint("{{a}}-{epoch}.npz"), WITHOUT[:1])) == ["model {a}-1.npz"]


@pytest.mark.parametrize(("options", "match"), [
    ({"save_freq": "batch"}, "save_freq, when not 'epoch', must be an integer"),
    ({"save_freq": 0}, "save_freq, when not 'epoch', must be an integer"),
    ({"save_freq": True}, "save_freq, when not 'epoch', must be an integer"),
    ({"initial_value_threshold": "1"}, "initial_value_threshold must be a number or None"),
    ({"mode": "best"}, "unknown mode")])
def test_wrong_arguments(options, match):
    with pytest.raises(MinicnnError, match=f"ModelCheckpoint: {match}"):
        ModelCheckpoint("m.npz", **options)


def test_the_best_between_epochs():
    """Keras fails here: it compares only after the first epoch."""
    callback = ModelCheckpoint("{epoch}-{batch}.npz", monitor="loss", save_best_only=True, save_freq=2)
    assert files(run(callback, WITHOUT, batches=5)) == ["model 1-2.npz", "model 1-4.npz", "model 2-3.npz",
                                                        "model 2-5.npz", "model 3-4.npz"]


def test_only_weights():
    callback = ModelCheckpoint("{epoch}.weights.h5", save_weights_only=True)
    assert files(run(callback, WITHOUT[:1])) == ["weights 1.weights.h5"]


def test_a_threshold_may_be_infinite():
    callback = ModelCheckpoint("{epoch}.npz", save_best_only=True, initial_value_threshold=np.inf, verbose=1)
    record = run(callback, FALL_AND_RISE[:1])
    assert "\nEpoch 1: val_loss improved from inf to 1.10000, saving model to 1.npz\n" in record["printed"]


def test_when_the_model_cannot_be_saved_it_is_not_the_best():
    """A second try, after the cause is gone, has to save it."""
    callback = ModelCheckpoint("m.npz", monitor="accuracy", save_best_only=True)
    model = StandIn()
    callback.set_model(model)
    callback.on_train_begin()
    model.save = lambda path: 1 / 0
    with pytest.raises(ZeroDivisionError, match="division by zero"):
        callback.on_epoch_end(0, ACCURACY[0])
    del model.save
    callback.on_epoch_end(0, ACCURACY[0])
    assert model.saved == ["model m.npz"]
