"""The listings of examples/from_keras run under minicnn as they stand, and come to what they promise.

That they run under Keras, with the same output, is tested in tests/keras/test_live_listings.py.
"""

import ast
import runpy
import sys
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

from minicnn.utils import clear_session

FOLDER = Path(__file__).parents[1] / "examples" / "from_keras"
LISTINGS = sorted(path for path in FOLDER.glob("*.py") if path.stem != "under_keras")
under_keras = runpy.run_path(str(FOLDER / "under_keras.py"))


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a listing in an empty folder, without a display; returns the names it made."""
    monkeypatch.chdir(tmp_path)
    matplotlib.use("Agg")
    clear_session()  # names as in a process of its own

    def listing(name, *arguments):
        monkeypatch.setattr(sys, "argv", [name, *arguments])
        return runpy.run_path(str(FOLDER / f"{name}.py"), run_name="__main__")

    yield listing
    assert not plt.get_fignums()


def pictures(folder):
    """The pictures in a folder by name, each seen to have something on it."""
    found = {path.name: plt.imread(path) for path in sorted(folder.glob("*.png"))}
    assert all(picture[..., :3].std() > 0.05 for picture in found.values())
    return set(found)


# -- what the listings come to -----------------------------------------------------------------------


def test_lenet_learns_from_bytes_and_comes_back(run, capsys, tmp_path):
    names = run("lenet_on_bytes")
    assert names["x_train"].dtype == np.uint8
    assert names["model"].count_params() == 61_706
    assert names["score"][1] > 0.8
    assert names["again"] == names["score"]
    assert "The same after loading: True\n" in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["lenet.keras"]


def test_one_unit_ends_at_the_least_squares_line(run):
    names = run("line_by_one_unit")
    design = np.column_stack([names["x"][:, 0], np.ones(101)])
    (slope, intercept), *_ = np.linalg.lstsq(design, names["y"][:, 0])
    assert (names["weight"][0, 0], names["bias"][0]) == pytest.approx((slope, intercept), abs=1e-5)
    assert abs(slope - 3) < 0.2


def test_the_mnist_example_trains_with_three_optimizers(run, capsys, tmp_path):
    names = run("mnist_cnn", str(tmp_path))
    assert names["model"].count_params() == 1_199_882
    assert set(names["accuracy"]) == {"rmsprop", "Adagrad", "Adam"}
    assert names["accuracy"]["rmsprop"] > 0.4
    assert names["accuracy"]["Adam"] > 0.4
    assert names["accuracy"]["Adagrad"] > 0.15
    assert "Total params: 1,199,882 (4.58 MB)" in capsys.readouterr().out
    assert pictures(tmp_path) == {"mnist_cnn.png"}


def test_feature_maps_of_two_poolings(run, capsys, tmp_path):
    names = run("feature_maps", str(tmp_path))
    # What the cut model says is what the whole one says inside.
    np.testing.assert_array_equal(names["maps"], names["model"].activations(names["digit"])["max_pooling2d_1"])
    assert "layer 1, MaxPooling2D: maps of shape (1, 13, 13, 8)" in capsys.readouterr().out
    assert pictures(tmp_path) == {"pooling_1.png", "pooling_2.png"}


def test_all_channels_and_one_channel(run, tmp_path):
    names = run("channels", str(tmp_path))
    assert names["maps"].shape == (49, 24, 24, 16)
    assert pictures(tmp_path) == {"all_channels.png", "one_channel.png"}


def test_the_portrait_through_convolution_relu_and_pooling(run, capsys, tmp_path):
    run("portrait", str(tmp_path))
    stages = {"convolution.png", "relu.png", "pooling.png", "conv_relu_pool.png", "lenet.png"}
    assert pictures(tmp_path) == stages
    told = capsys.readouterr().out
    assert "kernel 3 x 3 (598, 510, 3), kernel 10 x 10 (591, 503, 3), kernel 15 x 15 (586, 498, 3)" in told
    assert "1 and 1 filters (148, 126, 1), 3 and 1 filters (148, 126, 1), 3 and 3 filters (148, 126, 3)" in told


def test_a_residual_network_learns(run):
    names = run("residual")
    assert names["accuracy"] > 0.7
    assert len(names["model"].trainable_weights) == 7 + 2 * 6 + 1
    assert len(names["model"].non_trainable_weights) == 2 * 6


def test_frozen_layers_stay(run, capsys):
    names = run("fine_tuning")
    assert names["frozen"] > 0.6
    assert names["tuned"] > 0.6
    told = capsys.readouterr().out
    assert "unchanged: [True, True, True, True, False, False, False, False]" in told
    assert "4 arrays of weights learn, 4 are frozen" in told


def test_callbacks_stop_and_keep_the_best(run, tmp_path):
    names = run("callbacks_while_training")
    best = names["losses"].index(min(names["losses"]))
    assert len(names["losses"]) == best + 1 + 3 < 40  # three epochs of patience
    assert names["rates"][-1] < names["rates"][0]
    kept = names["kept"].evaluate(names["x_test"], names["y_test"], verbose=0)
    assert kept == names["model"].evaluate(names["x_test"], names["y_test"], verbose=0)
    assert [path.name for path in tmp_path.iterdir()] == ["best.keras"]


def test_two_inputs_and_two_outputs(run):
    names = run("two_inputs_two_outputs")
    assert names["figures"]["larger_accuracy"] > 0.75
    assert names["figures"]["sum_accuracy"] > 0.15  # one of 19 by chance
    assert names["figures"]["loss"] == pytest.approx(
        names["figures"]["sum_loss"] + 0.5 * names["figures"]["larger_loss"])


# -- what they say ---------------------------------------------------------------------------------


def test_every_listing_is_run_here():
    source = Path(__file__).read_text(encoding="utf-8")
    assert [path.stem for path in LISTINGS if f'run("{path.stem}"' not in source] == []


@pytest.mark.parametrize("path", LISTINGS, ids=lambda path: path.stem)
def test_the_import_lines_of_keras_stand_beside_those_of_minicnn(path):
    source = path.read_text(encoding="utf-8")
    story = ast.get_docstring(ast.parse(source))
    assert "?" in story.splitlines()[0]
    assert "second" in story
    assert f"python examples/from_keras/{path.name}" in story
    shown = [line.strip() for line in story.split("import lines")[1].splitlines() if line.startswith("    ")]
    assert sorted(shown) == sorted(under_keras["changed_lines"](source))
    code = under_keras["rewritten"](source).split('"""', 2)[2]
    left = [line for line in code.splitlines() if "minicnn" in line]
    assert left in ([], ["from minicnn.datasets import digits as mnist"])


@pytest.mark.parametrize(("before", "after"), [
    ("import minicnn as keras", "import keras"), ("from minicnn import layers", "from keras import layers"),
    ("from minicnn.layers import Dense", "from keras.layers import Dense"),
    ("from minicnn.datasets import digits as mnist", "from minicnn.datasets import digits as mnist"),
    ("    from minicnn import layers", "    from minicnn import layers"), ("x = 'minicnn'", "x = 'minicnn'")])
def test_only_import_lines_are_changed(before, after):
    assert under_keras["rewritten"](f"a\n{before}\nb") == f"a\n{after}\nb"
    assert under_keras["changed_lines"](f"a\n{before}\nb") == [after] * (before != after)
