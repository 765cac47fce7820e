"""The listings of examples/from_keras under Keras: they run, and print what they print under minicnn.

Only their import lines are changed. The digits are fewer here, for both, since it is about the words: figures that
training brings, and times, are not compared; all the rest is, to the letter.
"""

import re
import runpy
import sys
import warnings
from pathlib import Path

import matplotlib
import numpy as np
import pytest

from minicnn.datasets import digits
from minicnn.utils import clear_session

FOLDER = Path(__file__).parents[2] / "examples" / "from_keras"
LISTINGS = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "under_keras")
under_keras = runpy.run_path(str(FOLDER / "under_keras.py"))
SAVING = ("lenet_on_bytes", "callbacks_while_training")


@pytest.fixture
def run(keras, tmp_path, monkeypatch, capsys):
    """What a listing prints, and the names it made, under "minicnn" or "keras"."""
    matplotlib.use("Agg")
    monkeypatch.chdir(tmp_path)
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    monkeypatch.setattr(digits, "load_data", lambda: ((x_train[:120], y_train[:120]), (x_test[:60], y_test[:60])))

    def listing(name, engine):
        source = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
        copy = tmp_path / f"{name}.py"
        copy.write_text(under_keras["rewritten"](source) if engine == "keras" else source, encoding="utf-8")
        file = "model.keras" if engine == "keras" else "model.npz"
        monkeypatch.setattr(sys, "argv", [name, *[file] * (name in SAVING)])
        clear_session()
        keras.utils.clear_session()
        with warnings.catch_warnings():
            if engine == "keras":
                warnings.simplefilter("ignore")  # its advice to write Input(shape), and torch's about NumPy
            names = runpy.run_path(str(copy), run_name="__main__")
        return capsys.readouterr().out, names

    return listing


CHANCE = re.compile(r"-?\d+\.\d+(e-\d+)?(?!\d| [KM]?B)|\b\d+(?=s -|[mu]?s/step)|(?<=epoch )\d+|(?<=channel )\d+")


def words(text):
    """The lines without figures that chance or time brings; in particular the sizes of weights are all left."""
    return [re.sub("[mu]s/step", "s/step", CHANCE.sub("#", line)) for line in text.splitlines()
            if not line.startswith(("Compiling kernels; ", "You must install pydot", "You must install graphviz"))]


def test_only_chance_is_left_out():
    told = ["63/63 - 12s - 197ms/step - larger_loss: 0.3067 - loss: 1.2e-05", "sum_accuracy     0.2990",
            "at 4: [[-12.1]]", "(1, 13, 13, 8), largest 1.74", "Total params: 22,084 (86.27 KB)",
            "after epoch 17 of 40", "Adam     61.2% of"]
    assert words("\n".join(told)) == [
        "63/63 - #s - #s/step - larger_loss: # - loss: #", "sum_accuracy     #", "at 4: [[#]]",
        "(1, 13, 13, 8), largest #", "Total params: 22,084 (86.27 KB)", "after epoch # of 40", "Adam     #% of"]


@pytest.mark.parametrize("name", LISTINGS)
def test_both_engines_say_the_same(run, name):
    theirs, their_names = run(name, "keras")
    ours, our_names = run(name, "minicnn")
    assert words(ours) == words(theirs)
    assert len(words(ours)) > 1
    shapes = {key: value.shape for key, value in our_names.items() if isinstance(value, np.ndarray)}
    assert {key: value.shape for key, value in their_names.items() if isinstance(value, np.ndarray)} == shapes


def test_both_end_at_the_same_line(run):
    (_, theirs), (_, ours) = run("line_by_one_unit", "keras"), run("line_by_one_unit", "minicnn")
    assert ours["weight"] == pytest.approx(theirs["weight"], abs=1e-5)
    assert ours["bias"] == pytest.approx(theirs["bias"], abs=1e-5)
