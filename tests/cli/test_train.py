"""``minicnn train``: every kind of network and of data, and what a run leaves."""

import json

import numpy as np
import pytest

from minicnn import load_model
from minicnn.cli import augmentations, run_folder, train
from minicnn.cli.preparation import Preparation
from minicnn.cli.sources import Part

NETS = """
from minicnn import Sequential, Input
from minicnn.layers import Dense, Flatten

def build():
    return Sequential([Input((28, 28, 1)), Flatten(), Dense(10, activation="softmax")], name="mine")

def logits():
    return Sequential([Input((30, 32, 3)), Flatten(), Dense(3)], name="colorful")

def one_hot():
    model = build()
    model.compile("sgd", "categorical_crossentropy")
    return model

def penalties():
    from minicnn.applications import LeNet5
    return LeNet5()

def number():
    return 7

def flat():
    return Sequential([Input((5,)), Dense(10)])
"""


@pytest.fixture
def nets(here):
    (here / "nets.py").write_text(NETS)


@pytest.fixture
def no_pictures(monkeypatch):
    """Leave out what takes longest and is tested elsewhere."""
    monkeypatch.setattr(run_folder, "write_pictures", lambda *arguments: None)


def record(folder):
    return json.loads((folder / "run.json").read_text())


def test_the_run_folder(here, call, few):
    code, out, _ = call("train", "lenet5", "--epochs", 1)
    folder = here / "runs" / "lenet5-1"
    assert code == 0
    assert {path.name for path in folder.iterdir()} == {
        "confusion_matrix.png", "feature_maps.png", "history.csv", "kernels_C1.png", "kernels_C3.png",
        "learning_curves.png", "misclassified.png", "model.npz", "report.html", "run.json", "summary.txt"}
    assert "LeNet-5 of 1998 on 200 digits, 60 held out; seed 0" in out
    said = record(folder)
    assert set(said.pop("versions")) == {"minicnn", "python", "numpy"}
    assert said == {
        "format": 1, "network": "lenet5", "data": "digits", "trained_on": 200, "classes": list("0123456789"),
        "seed": 0, "epochs": 1, "batch_size": 8, "augment": None,
        "images": {"input_shape": [32, 32, 1], "scaling": "lenet5", "pictures": "digit"}}
    assert (folder / "history.csv").read_text().startswith("epoch,accuracy,loss,val_accuracy,val_loss\n0,")


@pytest.mark.usefixtures("here", "few", "no_pictures")
@pytest.mark.parametrize("more", [["lenet5"], ["lenet5-modern", "--augment", "elastic"]])
def test_the_same_seed_gives_the_same_bits(here, call, more):
    for seed, out in ((3, "a"), (3, "b"), (4, "c")):
        assert call("train", *more, "--epochs", 1, "--seed", seed, "--out", out)[0] == 0
    a, b, c = ((here / name / "model.npz").read_bytes() for name in "abc")
    assert a == b
    assert a != c


@pytest.mark.usefixtures("few", "no_pictures")
def test_runs_are_numbered(here, call):
    for _ in range(2):
        call("train", "lenet5-modern", "--epochs", 1)
    assert sorted(path.name for path in (here / "runs").iterdir()) == ["lenet5-modern-1", "lenet5-modern-2"]


@pytest.mark.usefixtures("small_mnist", "no_pictures")
@pytest.mark.parametrize(("data", "first", "pictures"), [("mnist", "0", "digit"),
                                                         ("fashion-mnist", "T-shirt/top", "thing")])
def test_published_data(here, call, data, first, pictures):
    code, out, _ = call("train", "lenet5-modern", "--data", data, "--epochs", 1, "--augment", "--out", "run")
    assert code == 0
    assert "on 80 " in out
    assert ", 20 held out" in out
    said = record(here / "run")
    assert (said["data"], said["classes"][0], said["images"]["pictures"]) == (data, first, pictures)
    assert said["augment"] == "light"


@pytest.mark.parametrize(("network", "size", "outputs"), [("lenet5", 32, 3), ("lenet5-modern", 28, 3)])
def test_a_folder(here, call, pictures, network, size, outputs):
    code, out, _ = call("train", network, "--data", "pictures", "--epochs", 1, "--augment", "paper", "--out", "run")
    assert code == 0
    assert "on 48 pictures of 'pictures', 12 held out" in out
    said = record(here / "run")
    assert said["data"] == str(pictures.resolve())
    assert said["classes"] == ["0", "1", "7"]
    assert said["images"]["pictures"] == "whole"
    model = load_model(here / "run" / "model.npz")
    assert model.graph.inputs[0].sample_shape == (size, size, 1)
    assert model.graph.outputs[0].sample_shape == (outputs,)


@pytest.mark.usefixtures("nets", "few")
@pytest.mark.parametrize(("function", "words"), [
    ("build", "not compiled by its author, so: SGD at rate 0.01, momentum 0.9\n  - loss: sparse_categorical"),
    ("one_hot", "compiled by its author\n  - loss: categorical_crossentropy"),
    ("penalties", "loss: penalty_map"),
])
def test_a_function_of_a_file(here, call, function, words):
    code, out, err = call("train", f"nets.py:{function}", "--epochs", 1, "--batch-size", 50)
    assert (code, err) == (0, "")
    assert words in out
    assert (here / "runs" / f"{function}-1" / "misclassified.png").exists()
    scaling = "lenet5" if function == "penalties" else "0..1"
    assert record(here / "runs" / f"{function}-1")["images"]["scaling"] == scaling


@pytest.mark.usefixtures("nets", "pictures")
def test_a_network_on_colored_pictures_of_another_size(here, call):
    code, _, err = call("train", "nets.py:logits", "--data", "pictures", "--epochs", 1, "--out", "run")
    assert (code, err) == (0, "")
    model = load_model(here / "run" / "model.npz")
    assert model.compiled.targets[0].loss.from_logits is True
    assert record(here / "run")["images"]["input_shape"] == [30, 32, 3]


@pytest.mark.usefixtures("few", "no_pictures")
def test_a_saved_model_goes_on(here, call):
    call("train", "lenet5", "--epochs", 1, "--out", "first")
    before = load_model(here / "first" / "model.npz")
    code, out, _ = call("train", "first/model.npz", "--epochs", 1)
    assert code == 0
    assert "compiled by its author\n  - loss: penalty_map\n  - 1 epochs of batches of 32" in out
    after = load_model(here / "runs" / "first-1" / "model.npz")
    assert before.optimizer.iterations == 200 // 8
    assert after.optimizer.iterations == 200 // 8 + 7  # 200 digits are 7 batches of 32
    assert record(here / "runs" / "first-1")["images"]["scaling"] == "lenet5"


# -- what goes wrong -------------------------------------------------------------------------------


@pytest.mark.usefixtures("few", "nets", "pictures")
@pytest.mark.parametrize(("arguments", "code", "message"), [
    (["lenet6"], 2, "Did you mean 'lenet5'?"),
    (["nets.py:biuld"], 2, "Did you mean 'build'?"),
    (["nets.py"], 2, "Name the one that returns the model: nets.py:build"),
    (["lenet5", "--data", "mnits"], 2, "Did you mean 'mnist'?"),
    (["lenet5", "--augment", "ligth"], 2, "Did you mean 'light'?"),
    (["lenet5", "--epochs", "0"], 2, "expected a whole number of at least 1, received '0'"),
    (["lenet5", "--seed", "x"], 2, "expected a whole number of at least 0, received 'x'"),
    (["lenet5", "--nonsense"], 2, "unrecognized arguments: --nonsense"),
    ([], 2, "Name a NETWORK (lenet5, lenet5-modern, ...), or a run to --resume"),
    (["other.py:build"], 1, "there is no such file"),
    (["other.npz"], 1, "there is no such file"),
    (["nets.py:number"], 1, "the function must return a model. Expected a minicnn Model, received int"),
    (["nets.py:flat"], 1, "it takes no images"),
    (["nets.py:build", "--data", "pictures"], 1, "its outputs do not fit the classes of the data"),
    (["lenet5", "--out", "pictures"], 1, "the folder is not empty"),
])
def test_errors(here, call, arguments, code, message):
    received = call("train", *arguments)
    assert received[0] == code
    assert message in received[2]
    assert not (here / "runs").exists()


def test_lenet5_has_no_codes_for_words(here, call, pictures):
    (pictures / "7").rename(pictures / "seven")
    code, _, err = call("train", "lenet5", "--data", "pictures")
    assert code == 1
    assert "received 'seven'. Rename the folders, or train lenet5-modern." in err
    assert call("train", "lenet5-modern", "--data", "pictures", "--epochs", 1)[0] == 0


def test_a_damaged_picture_is_bad_data(here, call, pictures):
    for path in (pictures / "7").iterdir():
        path.write_bytes(path.read_bytes()[:60])
    code, _, err = call("train", "lenet5-modern", "--data", "pictures", "--epochs", 1)
    assert code == 1
    assert "the picture cannot be read" in err


def test_interrupted(call, here, monkeypatch, few):
    def interrupt(plan, folder):
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "train", interrupt)
    code, _, err = call("train", "lenet5-modern")
    assert (code, err) == (130, "\nminicnn: interrupted\n")


# -- the background that moves in ------------------------------------------------------------------


@pytest.mark.parametrize(("paper", "thing", "expected"), [(0, 200, 0.0), (255, 30, 255.0)])
def test_the_background_is_that_of_most_images(paper, thing, expected):
    images = np.full((5, 28, 28), paper, np.uint8)
    images[:, 10:18, 10:18] = thing
    images[0] = 255 - images[0]
    part, preparation = Part(images, np.zeros(5, int)), Preparation((28, 28, 1))
    assert augmentations.background(part, preparation) == expected
    assert augmentations.find("light", part, preparation).fill == expected


@pytest.mark.parametrize("name", augmentations.PRESETS)
def test_every_preset_changes_images(name, rng):
    images = rng.integers(0, 256, (4, 28, 28, 1), np.uint8)
    changed = augmentations.PRESETS[name][1](0.0)(images, rng)
    assert changed.shape == images.shape
    assert all((a != b).any() for a, b in zip(images, changed, strict=True))
