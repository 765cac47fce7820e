"""to_categorical and the other helpers that Keras listings import from ``utils``."""

import re
import weakref

import numpy as np
import pytest

from minicnn import MinicnnError, set_random_seed, utils
from minicnn.applications import LeNet5Modern
from minicnn.layers import Dense, Flatten
from minicnn.models import Input, Model
from minicnn.utils import plot_model, to_categorical


@pytest.mark.parametrize(("labels", "classes", "shape"), [
    ([0, 2, 1], None, (3, 3)), ([0, 2, 1], 5, (3, 5)), ([[0], [2]], None, (2, 3)), ([[0, 1], [2, 0]], None, (2, 2, 3)),
    (2, None, (3,)), ([], 4, (0, 4)), (np.array([1, 0], np.uint8), 2, (2, 2)), ([1.0, 0.0], None, (2, 2)),
    ([True, False], None, (2, 2))])
def test_class_numbers_become_rows(labels, classes, shape):
    rows = to_categorical(labels, classes)
    assert (rows.shape, rows.dtype) == (shape, np.float64)
    np.testing.assert_array_equal(rows.sum(axis=-1), np.ones(shape[:-1]))
    if rows.size:
        np.testing.assert_array_equal(rows.argmax(axis=-1), np.asarray(labels).reshape(shape[:-1]))


def test_as_in_keras():
    assert to_categorical([0, 1, 2, 3], num_classes=4).tolist() == np.eye(4).tolist()


@pytest.mark.parametrize(("labels", "classes", "told"), [
    ([0, 5], 3, "a label is out of range. Expected class numbers from 0 to 2, received 5 at index 1"),
    ([0, -1], None, "a label is out of range. Expected class numbers from 0 to 0, received -1 at index 1"),
    ([0.5], None, "labels must be whole numbers. Received 0.5"), ("ab", None, "this is not an array of numbers"),
    ([], None, "there are no labels. Give num_classes"), ([0], 0, "num_classes must be an integer. Expected at least"),
    ([0], 2.0, "num_classes must be an integer"), ([[0], [1, 2]], None, "this is not an array. Expected rows of equal"),
    ([np.nan], 3, "labels must be whole numbers")])
def test_what_are_no_class_numbers(labels, classes, told):
    with pytest.raises(MinicnnError, match=re.escape(f"to_categorical: {told}")):
        to_categorical(labels, classes)


def test_the_seed_is_the_one_of_the_package():
    assert utils.set_random_seed is set_random_seed

    def weights():
        utils.set_random_seed(3)
        layer = Dense(4)
        layer.build((5,))
        return layer.get_weights()[0]

    np.testing.assert_array_equal(weights(), weights())


# -- plot_model ------------------------------------------------------------------------------------


def written(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def test_plot_model_as_listings_call_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    figure = plot_model(LeNet5Modern(), show_shapes=True)
    assert [path.name for path in tmp_path.iterdir()] == ["model.png"]
    content = (tmp_path / "model.png").read_bytes()
    width, height = (int.from_bytes(content[i:i + 4]) for i in (16, 20))
    np.testing.assert_allclose((width, height), figure.get_size_inches() * 200, atol=1)
    assert written(figure)[:4] == ["InputLayer", "28x28x1", "Conv2D", "24x24x6"]
    assert figure._repr_png_().startswith(b"\x89PNG")


@pytest.mark.parametrize(("name", "start"), [("m.svg", b"<?xml"), ("m.pdf", b"%PDF"), ("m.PNG", b"\x89PNG")])
def test_plot_model_writes_by_the_ending(name, start, tmp_path):
    plot_model(LeNet5Modern(), to_file=tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(start)


@pytest.mark.parametrize(("options", "words"), [
    ({}, ["Conv2D"]), ({"show_layer_names": True}, ["conv1", "Conv2D"]), ({"show_dtype": True}, ["Conv2D", "float32"]),
    ({"show_layer_activations": True}, ["Conv2D, relu"]), ({"show_trainable": True}, ["Conv2D", "trainable"]),
    ({"show_shapes": True}, ["Conv2D", "24x24x6"])])
def test_what_plot_model_writes(options, words):
    texts = written(plot_model(LeNet5Modern(), None, **options))
    start = texts.index(words[0])
    assert texts[start:start + len(words)] == words


def test_plot_model_turns_and_opens(tmp_path):
    model = LeNet5Modern()
    x = Input((28, 28, 1))
    outer = Model(x, Dense(2)(Flatten()(model(x))))
    down, right = (plot_model(outer, None, rankdir=way).get_size_inches() for way in ("TB", "LR"))
    assert down[0] < down[1]
    assert right[0] > right[1]
    assert "Conv2D" not in written(plot_model(outer, None))
    assert "Conv2D" in written(plot_model(outer, None, expand_nested=True))


@pytest.mark.parametrize(("options", "told"), [
    ({"rankdir": "BT"}, "plot_model: unknown rankdir. Expected 'TB' or 'LR', received 'BT'"),
    ({"dpi": 0}, "plot_model: dpi must be a number"),
    ({"to_file": "model.dot"}, "Expected '.png', '.svg' or '.pdf', received '.dot'")])
def test_what_plot_model_refuses(options, told, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MinicnnError, match=re.escape(told)):
        plot_model(LeNet5Modern(), **options)
    assert list(tmp_path.iterdir()) == []


def test_names_are_counted_anew_after_clear_session():
    utils.clear_session()
    assert [Dense(1).name, Dense(1).name] == ["dense", "dense_1"]
    utils.clear_session()
    assert Dense(1).name == "dense"


def test_models_nobody_holds_are_collected():
    layer = Dense(1)
    node = layer(Input((2,)))
    known = weakref.ref(layer)
    del layer, node
    utils.clear_session(free_memory=False)
    utils.clear_session()
    assert known() is None
