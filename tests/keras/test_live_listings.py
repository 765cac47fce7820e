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
MODEL_FILES = {"lenet_on_bytes": "model", "callbacks_while_training": "model"}


@pytest.fixture
def run(keras, tmp_path, monkeypatch, capsys):
    """What a listing prints, and the names it made, under "minicnn" or "keras"."""
    matplotlib.use("Agg")
    monkeypatch.chdir(tmp_path)
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    monkeypatch.setattr(digits, "load_data", lambda: ((x_train[:300], y_train[:300]), (x_test[:100], y_test[:100])))

    def listing(name, engine):
        source = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
        copy = tmp_path / f"{name}.py"
        copy.write_text(under_keras["rewritten"](source) if engine == "keras" else source, encoding="utf-8")
        ending = ".keras" if engine == "keras" else ".npz"
        monkeypatch.setattr(sys, "argv", [name] + [MODEL_FILES[name] + ending] * (name in MODEL_FILES))
        clear_session()
        keras.utils.clear_session()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Do not pass an `input_shape`")  # Keras's advice to write Input(shape)
            names = runpy.run_path(str(copy), run_name="__main__")
        return capsys.readouterr().out, names

    return listing


def words(text):
    """The text without figures that depend on chance or time, and without the table of a graph model."""
    text = text.replace("Compiling kernels; from the next run on they are read from disk ...\n", "")
    text = re.sub(r"┏.*?┘\n", "", text, flags=re.DOTALL)
    text = re.sub(r"\d+(\.\d+)?(e-\d+)?%?(?=[a-z]*/step|s - |$|[^\d(),x])", "#", text)
    return text.splitlines()


@pytest.mark.parametrize("name", LISTINGS)
def test_both_engines_say_the_same(run, name):
    theirs, their_names = run(name, "keras")
    ours, our_names = run(name, "minicnn")
    assert words(ours) == words(theirs)
    shapes = {key: value.shape for key, value in our_names.items() if isinstance(value, np.ndarray)}
    assert {key: value.shape for key, value in their_names.items() if isinstance(value, np.ndarray)} == shapes


def test_both_end_at_the_same_line(run):
    (_, theirs), (_, ours) = run("line_by_one_unit", "keras"), run("line_by_one_unit", "minicnn")
    assert ours["weight"] == pytest.approx(theirs["weight"], abs=1e-5)
    assert ours["bias"] == pytest.approx(theirs["bias"], abs=1e-5)
