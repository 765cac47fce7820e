"""What the tests of the command line share: a folder to work in, small data, one well trained run."""

import gzip
import hashlib
import os
import struct

import numpy as np
import pytest
from PIL import Image

from minicnn import cli
from minicnn.cli import train
from minicnn.datasets import _folders, _published, digits


@pytest.fixture
def call(capsys):
    """Run a command; returns (exit code, what it printed, what it complained about)."""
    def run(*arguments):
        try:
            code = cli.main([str(argument) for argument in arguments])
        except SystemExit as end:  # how argparse ends
            code = end.code
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@pytest.fixture(autouse=True)
def short_report(monkeypatch):
    """A run's page holds one picture, where it is not the page that is tested."""
    monkeypatch.setattr(train, "REPORTED", ("weights",))


@pytest.fixture
def every_picture(short_report, monkeypatch):
    """A run's page is whole."""
    monkeypatch.setattr(train, "REPORTED", None)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder, and the process in it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def few(monkeypatch):
    """The package's digits, but only 200 to train on and 60 held out."""
    (x, y), (held_x, held_y) = digits.load_data()
    monkeypatch.setattr(digits, "load_data", lambda: ((x[:200], y[:200]), (held_x[:60], held_y[:60])))


@pytest.fixture
def small_mnist(monkeypatch, tmp_path):
    """A data folder with 80 images and 20 to test on, which pass for MNIST and for Fashion-MNIST."""
    (x, y), (held_x, held_y) = digits.load_data()
    arrays = (x[:80], y[:80], held_x[:20], held_y[:20])
    files = {name: struct.pack(f">{1 + array.ndim}I", 2048 + array.ndim, *array.shape) + array.tobytes()
             for name, array in zip(_published.FILES, arrays, strict=True)}
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    for title, folder in (("MNIST", "mnist"), ("Fashion-MNIST", "fashion_mnist")):
        monkeypatch.setitem(_published.SHA256, title, hashes)
        (tmp_path / "data" / folder).mkdir(parents=True)
        for name, content in files.items():
            (tmp_path / "data" / folder / f"{name}.gz").write_bytes(gzip.compress(content))
    monkeypatch.setenv(_folders.VARIABLE, str(tmp_path / "data"))


@pytest.fixture
def pictures(tmp_path):
    """A folder of 60 pictures in the classes 0, 1 and 7."""
    (x, y), _ = digits.load_data()
    for name in "017":
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for number, image in enumerate(x[y == int(name)][:20]):
            Image.fromarray(image).save(tmp_path / "pictures" / name / f"{number:02}.png")
    return tmp_path / "pictures"


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """The folder of a run that knows the digits well: LeNet5Modern, two epochs of all of them."""
    folder = tmp_path_factory.mktemp("trained")
    before = os.getcwd()
    os.chdir(folder)
    try:
        assert cli.main(["train", "lenet5-modern", "--epochs", "2"]) == 0
    finally:
        os.chdir(before)
    return folder / "runs" / "lenet5-modern-1"


@pytest.fixture
def save_digit(here):
    """Save a held-out digit as a picture, larger, shifted, in dark on light; returns (its name, its class)."""
    _, (x, y) = digits.load_data()

    def save(number, name):
        large = np.asarray(Image.fromarray(x[number]).resize((84, 84), Image.Resampling.BILINEAR))
        sheet = np.full((150, 200), 255, np.uint8)
        sheet[10:94, 90:174] = 255 - large
        Image.fromarray(sheet).save(here / name)
        return name, str(y[number])

    return save
