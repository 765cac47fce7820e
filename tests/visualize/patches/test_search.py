"""The most exciting patches, against a search in loops."""

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.layers import RBF, Add, Conv2D, Dense, Flatten, MaxPooling2D
from minicnn.models import Input, Model, Sequential
from minicnn.visualize import exciting_patches
from minicnn.visualize.patches import search

RNG = np.random.default_rng(9)
NET = Sequential([Input((8, 9, 2)), Conv2D(4, 3, padding="same", activation="relu", name="a"),
                  MaxPooling2D(2, name="pool"), Conv2D(3, 3, padding="same", name="b"), Flatten(),
                  Dense(5, activation="tanh", name="dense")], name="net")
X = RNG.random((30, 8, 9, 2)).astype("float32")


def by_loops(value, channel, count):
    """(value, image, row, column) of the strongest place of each image, the strongest images first."""
    found = []
    for i, one in enumerate(value[..., channel]):
        places = [(-one[row, column], row, column) for row in range(one.shape[0]) for column in range(one.shape[1])]
        found.append((min(places)[0], i, *min(places)[1:]))
    return [(-value, i, row, column) for value, i, row, column in sorted(found)[:count]]


@pytest.mark.parametrize(("layer", "size", "jump", "first"), [
    ("a", 3, 1, -1), ("a/pre", 3, 1, -1), ("pool", 4, 2, -1), ("b", 8, 2, -3)])
@pytest.mark.parametrize("batch_size", [128, 7])
def test_patches_are_those_that_loops_find(layer, size, jump, first, batch_size):
    found = exciting_patches(NET, layer, 2, X, 6, batch_size=batch_size)
    expected = by_loops(NET.activations(X)[layer], 2, 6)
    padded = np.pad(X, ((0, 0), (9, 9), (9, 9), (0, 0)))
    for place, (value, image, row, column) in enumerate(expected):
        top, left = first + jump * row, first + jump * column
        assert found.which[place] == image
        assert found.where[place].tolist() == [row, column]
        assert found.rectangles[place] == (top, left, size, size)
        np.testing.assert_allclose(found.values[place], value, rtol=1e-5)
        np.testing.assert_array_equal(found.patches[place],
                                      padded[image, top + 9:top + 9 + size, left + 9:left + 9 + size])
    assert len(found.values) == 6
    assert not found.same


def test_a_patch_alone_excites_as_it_did_in_its_image():
    model = Sequential([Input((8, 9, 2)), Conv2D(4, 3, name="a")])
    found = exciting_patches(model, "a", 1, X, 5)
    kernel, bias = model.get_layer("a").weights
    alone = (found.patches * kernel[..., 1]).sum(axis=(1, 2, 3)) + bias[1]
    np.testing.assert_allclose(alone, found.values, rtol=1e-5)


def test_a_dense_unit_gets_whole_images():
    found = exciting_patches(NET, "dense", 3, X, 4)
    answers = NET.predict(X, verbose=0)[:, 3]
    assert found.which.tolist() == np.argsort(-answers)[:4].tolist()
    np.testing.assert_array_equal(found.patches, X[found.which])
    assert found.where.tolist() == [[0, 0]] * 4
    assert found.rectangles == [(0, 0, 8, 9)] * 4


def test_of_penalties_the_smallest_come_first():
    model = Sequential([Input((8, 9, 2)), Flatten(), Dense(3), RBF(np.eye(3)[:2], name="rbf")])
    penalties = model.predict(X, verbose=0)[:, 1]
    found = exciting_patches(model, "rbf", 1, X, 5)
    np.testing.assert_allclose(found.values, np.sort(penalties)[:5], rtol=1e-5)
    assert found.which.tolist() == np.argsort(penalties)[:5].tolist()


def test_a_channel_that_answers_all_alike_is_said():
    model = Sequential([Input((8, 9, 2)), Conv2D(2, 3, activation="relu", name="a")])
    model.get_layer("a").weights[1][...] = (0, -100)
    assert not exciting_patches(model, "a", 0, X).same
    dead = exciting_patches(model, "a", 1, X)
    assert dead.same
    assert dead.which.tolist() == list(range(9))
    assert not dead.values.any()


def test_no_more_than_there_are_and_one_image_by_itself():
    assert len(exciting_patches(NET, "a", 0, X[:2]).values) == 2
    assert len(exciting_patches(NET, NET.get_layer("a"), 0, X[0]).values) == 1


def test_a_bar_is_drawn_on_what_takes_long(capsys, monkeypatch):
    exciting_patches(NET, "a", 0, X)
    assert capsys.readouterr().out == ""
    monkeypatch.setattr(search, "PATIENCE", 0.0)
    exciting_patches(NET, "a", 0, X, batch_size=10)
    assert capsys.readouterr().out.startswith("3/3 ")


@pytest.mark.parametrize(("arguments", "message"), [
    (("c", 0, X), r"layer 'c'.*no such name is known"),
    (("a", 4, X), r"layer 'a': there is no such channel\. Expected 0 to 3, received 4"),
    (("a", -1, X), "there is no such channel"),
    (("a", True, X), "there is no such channel"),
    (("a", 0, X[:, :4]), "the data do not fit"),
    (("a", 0, X[:0]), "there is no data"),
    (("a", 0, X, 0), "count must be an integer"),
])
def test_wrong_arguments(arguments, message):
    with pytest.raises(MinicnnError, match=f"^visualize.exciting_patches.*{message}"):
        exciting_patches(NET, *arguments)


def test_models_that_do_not_take_one_picture():
    a, b = Input((3,)), Input((3,))
    with pytest.raises(MinicnnError, match="does not take one picture"):
        exciting_patches(Model([a, b], Add(name="sum")([a, b])), "sum", 0, X)
    model = Sequential([Input((8, 9, 2), name="start"), Flatten()])
    with pytest.raises(MinicnnError, match="this is the input itself"):
        exciting_patches(model, "start", 0, X)
