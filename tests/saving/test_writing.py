"""A file is there whole or not at all, and what cannot be written is told before anything happens."""

import os
import zipfile

import numpy as np
import pytest

from minicnn import Input, Sequential, load_model, saving
from minicnn.activations import Elementwise
from minicnn.initializers import HeNormal
from minicnn.layers import Dense, Layer


def full(*arguments):
    """What the system says when a disk is full."""
    raise OSError(28, "No space left on device")


def half(file, **arrays):
    """`numpy.savez` on a disk that fills up."""
    file.write(b"half of a file")
    full()


def interrupted(file, **arrays):
    file.write(b"half of a file")
    raise KeyboardInterrupt("ctrl-c")


@pytest.fixture(params=["an older file", "no older file"])
def place(request, file):
    """A path, and what must be there after a write that failed."""
    if request.param == "no older file":
        file.unlink()
        return file, {}
    return file, {file.name: file.read_bytes()}


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize(("broken", "replacement"), [("numpy.savez", half), ("os.fsync", full), ("os.replace", full)])
def test_a_write_that_fails_leaves_everything_as_it_was(model, place, monkeypatch, refuses, broken, replacement):
    path, kept = place
    model.get_layer("conv").params["bias"][:] = 7
    monkeypatch.setattr(broken, replacement)
    refuses(lambda: model.save(path), f"'{path}': the file could not be written. Received No space left on device")
    monkeypatch.undo()
    assert contents(path.parent) == kept


def test_an_interrupted_write_leaves_everything_as_it_was(model, place, monkeypatch):
    path, kept = place
    monkeypatch.setattr(np, "savez", interrupted)
    with pytest.raises(KeyboardInterrupt, match="ctrl-c"):
        model.save(path)
    assert contents(path.parent) == kept


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the file that zipfile leaves open
def test_an_interrupt_while_zipfile_has_a_file_open_stays_an_interrupt(model, place, monkeypatch):
    """`zipfile` then says ValueError."""
    path, kept = place
    opened = []

    def open_and_interrupt(self, *arguments, original=zipfile.ZipFile.open, **options):
        opened.append(original(self, *arguments, **options))
        raise KeyboardInterrupt("ctrl-c")

    monkeypatch.setattr(zipfile.ZipFile, "open", open_and_interrupt)
    with pytest.raises(KeyboardInterrupt, match="ctrl-c"):
        model.save(path)
    assert opened
    assert contents(path.parent) == kept


def test_the_name_appears_when_all_is_written(model, tmp_path, monkeypatch):
    seen = []
    replace = os.replace
    monkeypatch.setattr(os, "replace", lambda old, new: seen.append((os.listdir(tmp_path), os.path.getsize(old)))
                        or replace(old, new))
    model.save(tmp_path / "new.npz")
    [(names, size)] = seen
    assert "new.npz" not in names
    assert size == (tmp_path / "new.npz").stat().st_size
    assert os.listdir(tmp_path) == ["new.npz"]


@pytest.mark.parametrize("mode", ["wb", "w"])
def test_atomic_write_of_text_and_bytes(tmp_path, mode):
    with saving.atomic_write(tmp_path / "a.txt", mode) as file:
        file.write("höher" if mode == "w" else b"bytes")
    assert (tmp_path / "a.txt").read_bytes() == ("höher".encode() if mode == "w" else b"bytes")


def test_an_existing_file_is_kept_when_asked_to(model, file, refuses):
    before = file.read_bytes()
    model.get_layer("conv").params["bias"][:] = 7
    refuses(lambda: model.save(file, overwrite=False), f"saving '{file}': the file exists. Pass overwrite=True")
    assert file.read_bytes() == before
    model.save(file)
    assert load_model(file).get_weights()[1].tolist() == [7, 7]
    model.save(file.with_name("new.npz"), overwrite=False)
    assert file.with_name("new.npz").exists()


@pytest.mark.parametrize("name", ["model", "model.pt", "model.npz.bak", ".npz"])
def test_other_suffixes(model, tmp_path, refuses, name):
    refuses(lambda: model.save(tmp_path / name),
            f"saving '{tmp_path / name}': unknown kind of file. Expected a name that ends in .npz, .keras, .h5 "
            "or .hdf5, received ")
    assert not os.listdir(tmp_path)


def test_a_missing_folder(model, tmp_path, refuses):
    refuses(lambda: model.save(tmp_path / "no" / "model.npz"), "the folder cannot be written. Received No such file or "
            f"directory. Make the folder '{tmp_path / 'no'}' first")
    assert not os.listdir(tmp_path)


def test_a_folder_that_cannot_be_written(model, tmp_path, refuses):
    (tmp_path / "file").write_text("not a folder")
    refuses(lambda: model.save(tmp_path / "file" / "a.npz"), "the folder cannot be written. Received Not a directory")


def test_a_folder_of_that_name(model, tmp_path, refuses):
    (tmp_path / "model.npz").mkdir()
    refuses(lambda: model.save(tmp_path / "model.npz"), "the file could not be written. Received Is a directory")
    assert os.listdir(tmp_path) == ["model.npz"]


@pytest.mark.parametrize("path", [None, 5, b"model.npz", ["model.npz"]])
def test_what_is_no_name(model, refuses, path):
    refuses(lambda: model.save(path), "model file: this is not the name of a file. Received ")
    refuses(lambda: load_model(path), "model file: this is not the name of a file. Received ")


# -- what has no place in a file -----------------------------------------------------------------


class Forgetful(Layer):
    def __init__(self, factor):
        super().__init__(name="own")
        self.times = factor


class Remembers(Layer):
    def __init__(self, thing):
        super().__init__(name="own")
        self.thing = thing

    def forward(self, x, training=False, rng=None):
        return x, ()


class Many(Layer):
    def __init__(self, *factors):
        super().__init__(name="own")
        self.factors = factors


class Curved(Elementwise):
    name = "curved"

    def __init__(self, **options):
        self.options = options

    def __call__(self, x):
        return x


@pytest.mark.parametrize(("layer", "told"), [
    (lambda: Forgetful(2), "Forgetful: the constructor's argument 'factor' is not kept. Write self.factor = factor in "
     "__init__"),
    (lambda: Remembers(print), "Remembers: the argument 'thing': this cannot be saved. Expected numbers, strings"),
    (lambda: Remembers([{1, 2}]), "Remembers: the argument 'thing': this cannot be saved ... received {1, 2}"),
    (lambda: Remembers({1: 2}), "Remembers: the argument 'thing': this cannot be saved ... received {1: 2}"),
    (lambda: Remembers(np.array([print])), "Remembers: the argument 'thing': this cannot be saved"),
    (lambda: Remembers(1 + 2j), "Remembers: the argument 'thing': this cannot be saved"),
    (lambda: Many(1, 2), "Many: the constructor's argument 'factors' has many values and no names. Give each"),
    (lambda: Dense(3, Curved(a=1)), "Curved: the constructor's argument 'options' has many values and no names"),
])
def test_what_cannot_be_saved(layer, told, tmp_path, refuses):
    model = Sequential([Input((3,)), layer()])
    refuses(lambda: model.save(tmp_path / "model.npz"), told)
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("thing", [
    3, 0.5, "text", None, True, [1, [2, "a"]], {"a": [1, {"b": None}]}, np.float32(0.1), np.arange(6.0).reshape(2, 3),
    np.array(["a", "bc"]), np.array([True, False])])
def test_what_can_be_saved(thing, tmp_path):
    model = Sequential([Input((3,)), Remembers(thing)])
    model.save(tmp_path / "model.npz")
    loaded = load_model(tmp_path / "model.npz").get_layer("own").thing
    if isinstance(thing, np.ndarray):
        np.testing.assert_array_equal(loaded, thing)
        assert loaded.dtype == thing.dtype
    else:
        assert loaded == thing
        assert type(loaded) is type(thing) or isinstance(thing, np.generic)


def test_layers_may_hold_other_objects_of_minicnn(tmp_path):
    model = Sequential([Input((3,)), Remembers([HeNormal(seed=4), {"inner": Dense(2, name="inside")}])])
    model.save(tmp_path / "model.npz")
    initializer, inner = load_model(tmp_path / "model.npz").get_layer("own").thing
    assert (type(initializer), initializer.seed) == (HeNormal, 4)
    assert (inner["inner"].units, inner["inner"].name) == (2, "inside")
