"""``minicnn evaluate`` and ``summary``."""

import json
import re
import shutil

import numpy as np
import pytest

from minicnn import load_model
from minicnn.applications import LeNet5Modern
from minicnn.cli import judging
from minicnn.cli.judging import Judgement, errors_by_class
from minicnn.cli.preparation import Preparation
from minicnn.cli.sources import Part
from minicnn.datasets import digits


def accuracy(text):
    return float(re.search(r"Accuracy ([\d.]+)%", text)[1])


def test_on_what_the_run_held_out(call, trained):
    code, out, _ = call("evaluate", trained)
    _, (x, y) = digits.load_data()
    loss, right = load_model(trained / "model.npz").evaluate(x[..., None] / np.float32(255), y, verbose=0)
    assert code == 0
    assert "on 1,000 digits, held out" in out
    assert f"Loss {loss:.4f}\n" in out
    assert accuracy(out) == pytest.approx(100 * right, abs=0.051)
    rows = re.findall(r"^(\d) +100 +(\d+)", out, flags=re.MULTILINE)
    assert [name for name, _ in rows] == list("0123456789")
    assert sum(int(wrong) for _, wrong in rows) == round(1000 * (1 - right))


def test_on_a_folder_whose_classes_are_some_of_the_models(call, here, pictures, trained):
    code, out, _ = call("evaluate", trained, "--data", "pictures")
    assert code == 0
    assert "on 60 pictures of 'pictures'\n" in out
    assert accuracy(out) >= 90
    assert re.findall(r"^(\w+) +20 ", out, flags=re.MULTILINE) == ["0", "1", "7"]


def test_of_its_own_folder_only_what_was_held_out(call, here, pictures):
    call("train", "lenet5-modern", "--data", "pictures", "--epochs", 1, "--seed", 5)
    code, out, _ = call("evaluate", "runs/lenet5-modern-1")
    assert code == 0
    assert "on 12 pictures of" in out
    assert ", held out" in out
    assert (here / "runs" / "lenet5-modern-1" / "summary.txt").read_text().splitlines()[-1].endswith(
        re.search(r"Accuracy (.*)", out)[1])
    for number in range(5):
        shutil.copy(pictures / "7" / "00.png", pictures / "7" / f"new{number}.png")
    assert "The folder has changed since the training" in call("evaluate", "runs/lenet5-modern-1")[1]


def test_a_model_without_a_record(call, here, trained):
    shutil.copy(trained / "model.npz", here / "bare.npz")
    assert accuracy(call("evaluate", "bare.npz", "--data", "digits")[1]) == accuracy(call("evaluate", trained)[1])
    code, _, err = call("evaluate", "bare.npz")
    assert code == 1
    assert "Say what to judge it on, for example --data digits." in err


def test_a_model_that_was_never_compiled(call, here, few):
    LeNet5Modern().save("raw.npz")
    code, out, _ = call("evaluate", "raw.npz", "--data", "digits")
    assert code == 0
    assert "on 60 digits" in out


def test_digits_of_the_package_are_known_to_a_run_on_mnist(call, here, small_mnist):
    call("train", "lenet5-modern", "--data", "mnist", "--epochs", 1)
    out = call("evaluate", "runs/lenet5-modern-1", "--data", "digits")[1]
    assert "They belong to MNIST's training images: this model was trained on them" in out
    assert "on 20 digits of MNIST, held out" in call("evaluate", "runs/lenet5-modern-1")[1]


def test_models_of_the_package(call, here):
    code, out, _ = call("evaluate", "lenet5", "--data", "digits")
    assert code == 0
    assert out.startswith("lenet5, trained on MNIST, of the package on 1,000 digits.\n"
                          "They belong to MNIST's training images: this model was trained on them\n")
    assert accuracy(out) >= 99.3  # at most the 7 that it has wrong of all 5,000


@pytest.mark.parametrize(("arguments", "code", "message"), [
    (["nowhere"], 1, "there is no such file"), (["RUN", "--data", "digts"], 2, "Did you mean 'digits'?"),
    (["RUN", "--data", "strange"], 1, "the model does not know the class 'x'. Expected classes out of 0, 1, 2"),
    ([], 2, "the following arguments are required: RUN|MODEL"),
    (["RUN", "--code", "nowhere.py"], 1, "there is no such file"),
])
def test_errors(call, here, trained, pictures, arguments, code, message):
    (pictures / "7").rename(pictures / "x")
    pictures.rename(here / "strange")
    received = call("evaluate", *(trained if word == "RUN" else word for word in arguments))
    assert received[0] == code
    assert message in received[2]


@pytest.mark.parametrize(("change", "message"), [
    (lambda text: text[:50], "the record of the run is damaged"),
    (lambda text: "[]", "this is no record of a run of this version"),
    (lambda text: text.replace('"format": 1', '"format": 2'), "this is no record of a run of this version"),
    (lambda text: text.replace('"seed": 0', '"seed": -1'), "seed must be an integer"),
    (lambda text: text.replace('"0..1"', '"0..2"'), "Did you mean '0..1'?"),
    (lambda text: text.replace('"pictures"', '"pitcures"'), "it does not say how to prepare images"),
    (lambda text: text.replace('"classes"', '"klasses"'), "the record of the run is damaged"),
])
def test_a_damaged_record(call, here, trained, change, message):
    shutil.copytree(trained, here / "copy")
    path = here / "copy" / "run.json"
    text = path.read_text()
    assert change(text) != text
    path.write_text(change(text))
    code, _, err = call("evaluate", "copy")
    assert code == 1
    assert message in err


def test_layers_of_your_own_are_known_by_their_file(call, here, few):
    (here / "mine.py").write_text("""
from minicnn import Input, Sequential
from minicnn.layers import Dense, Flatten

class Twin(Dense):
    pass

def build():
    return Sequential([Input((28, 28, 1)), Flatten(), Twin(10, activation="softmax")])
""")
    assert call("train", "mine.py:build", "--epochs", 1, "--out", "run")[0] == 0
    assert "Twin" in call("summary", "run", "--code", "mine.py")[1]
    assert call("evaluate", "run", "--code", "mine.py")[0] == 0


def test_errors_by_class():
    judged = Judgement(np.array([0, 0, 0, 0, 2, 2]), np.array([0, 2, 1, 2, 2, 2]), np.empty((0, 1, 1, 1)))
    assert judged.accuracy == "50.0% (3 wrong)"
    assert errors_by_class(judged, ("cat", "dog", "horse")).splitlines() == [
        "class  images  wrong  taken for", "cat         4      3  horse (2), dog (1)", "horse       2      0"]


def test_images_are_kept_only_as_long_as_there_is_room(monkeypatch, rng):
    model = LeNet5Modern()
    part = Part(rng.integers(0, 256, (250, 28, 28), np.uint8), np.zeros(250, int))
    monkeypatch.setattr(judging, "KEPT", 110 * 28 * 28)
    judged = judging.judge(model, part, Preparation((28, 28, 1)))
    assert len(judged.truth) == len(judged.answers) == 250
    np.testing.assert_array_equal(judged.images[..., 0], part.items[:100])


# -- summary ---------------------------------------------------------------------------------------


def test_summary(call, trained, here):
    assert "340,908" in call("summary", "lenet5")[1]
    for name in (trained, trained / "model.npz"):
        code, out, _ = call("summary", name)
        assert code == 0
        assert "44,426" in out
    code, _, err = call("summary", "lenet5-modem")
    assert code == 2
    assert "Did you mean 'lenet5-modern'?" in err
    assert json.loads((trained / "run.json").read_text())["network"] == "lenet5-modern"
