"""The trained weights of the package: they load, nothing else fits them, and they are as good as is written."""

import re
from pathlib import Path

import numpy as np
import pytest

import minicnn
from minicnn import MinicnnError
from minicnn.applications import LeNet5, LeNet5Modern, MNISTConvNet, ResNet18, lenet5_images
from minicnn.datasets import _folders, _published, digits, mnist
from minicnn.layers import parameters

FOLDER = Path(minicnn.__file__).parent / "applications" / "weights"
NETWORKS = {"lenet5": (LeNet5, lenet5_images),
            "lenet5_modern": (LeNet5Modern, lambda images: images[..., None] / np.float32(255))}
BOTH = pytest.mark.parametrize("name", NETWORKS)


def wrong(name, images, labels):
    build, prepared = NETWORKS[name]
    return int((build(weights="mnist").predict_classes(prepared(images), batch_size=200) != labels).sum())


def written(name):
    """How many of the 60,000 training, the 5,000 packaged and the 10,000 test digits are wrong, by the text."""
    found = re.findall(r"([\d,]+) of ([\d,]+) wrong", (FOLDER / f"{name}.txt").read_text("utf-8"))
    return {int(of.replace(",", "")): int(count.replace(",", "")) for count, of in found}


@BOTH
def test_files_are_small_and_say_where_they_come_from(name):
    assert (FOLDER / f"{name}.npz").stat().st_size <= 300_000
    text = (FOLDER / f"{name}.txt").read_text("utf-8")
    for word in ("command:", "seed:            0", "training digits:", "test digits:", "NumPy", "Numba"):
        assert word in text
    assert written(name).keys() == {60_000, 5_000, 10_000}
    assert written(name)[10_000] <= 100


def test_every_file_belongs_to_a_network():
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(
        f"{name}.{ending}" for name in NETWORKS for ending in ("npz", "txt"))


@BOTH
def test_on_the_digits_of_the_package(name):
    """All of them belong to MNIST's training digits, so these weights were trained on them: what is tested is that the
    weights came in and the images are what the network wants, and not how good it is with digits it never saw."""
    (x, y), (held_x, held_y) = digits.load_data()
    count = wrong(name, np.concatenate([x, held_x]), np.concatenate([y, held_y]))
    # Another machine adds up in another order; a digit may stand on the border of two classes.
    assert count == pytest.approx(written(name)[5_000], abs=1)


@BOTH
def test_on_the_test_digits_of_mnist(name):
    folders = [_folders.data_folder() / "mnist", _folders.data_folder()]
    if not all(_published.find(file, folders) for file in _published.FILES):
        pytest.skip("MNIST is not on this machine")
    _, (x, y) = mnist.load_data()
    assert wrong(name, x, y) == pytest.approx(written(name)[10_000], abs=2)


def test_weights_of_a_file_and_none(tmp_path, rng):
    x = rng.random((2, 32, 32, 1), np.float32)
    first, second = LeNet5(weights=None), LeNet5()
    assert not np.array_equal(first.predict(x, verbose=0), second.predict(x, verbose=0))
    first.save_weights(tmp_path / "mine.npz")
    np.testing.assert_array_equal(LeNet5(weights=tmp_path / "mine.npz").predict(x, verbose=0),
                                  first.predict(x, verbose=0))
    LeNet5Modern(3).save_weights(tmp_path / "three.npz")
    assert LeNet5Modern(3, weights=str(tmp_path / "three.npz")).count_params() == LeNet5Modern(3).count_params()


@pytest.mark.parametrize(("make", "message"), [
    (lambda: LeNet5(weights="imagenet"), r"LeNet5: there is no such file of weights\. Expected 'mnist', the path .*, "
                                         r"received 'imagenet'\. .*: LeNet5\(weights=\"mnist\"\)"),
    (lambda: LeNet5Modern(weights="MNIST"), r"received 'MNIST'\. .*: LeNet5Modern\(weights=\"mnist\"\)"),
    (lambda: LeNet5(weights=3), r"this is not the name of a file\. Received 3"),
    (lambda: LeNet5(characters="9876543210", weights="mnist"),
     r"those of the ten digits\. Received characters='9876543210'\. Call LeNet5\(weights=\"mnist\"\) without it"),
    (lambda: LeNet5Modern(3, (32, 32, 1), weights="mnist"), r"Received classes=3, input_shape=\(32, 32, 1\)"),
    (lambda: ResNet18(weights="mnist"), r"LeNet5\(weights=\"mnist\"\) and LeNet5Modern\(weights=\"mnist\"\)"),
])
def test_wrong_names(make, message):
    with pytest.raises(MinicnnError, match=message):
        make()


def test_weights_that_a_file_brings_are_not_drawn_first(tmp_path, monkeypatch):
    small = MNISTConvNet()
    small.save_weights(tmp_path / "small.npz")
    monkeypatch.setattr(parameters, "initializers", None)  # nobody can draw without them
    again, lenet = MNISTConvNet(weights=tmp_path / "small.npz"), LeNet5(weights="mnist")
    np.testing.assert_array_equal(again.params["output/kernel"], small.params["output/kernel"])
    assert lenet.params["C1/kernel"].all()


def test_a_file_of_another_network(tmp_path):
    LeNet5Modern().save_weights(tmp_path / "modern.npz")
    with pytest.raises(MinicnnError, match="C1"):
        LeNet5(weights=tmp_path / "modern.npz")
