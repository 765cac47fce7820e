"""Panels of all layers' states, read back."""

import numpy as np
import pytest

from minicnn import MinicnnError
from minicnn.applications import LeNet5, LeNet5Modern
from minicnn.initializers import FanInUniform
from minicnn.layers import Conv2D, Dense, Flatten, GlobalAveragePooling2D, MaxPooling2D
from minicnn.models import Input, Model, Sequential
from minicnn.visualize import states


@pytest.fixture(scope="module")
def lenet5():
    return LeNet5(FanInUniform(2.4, 0.5))  # larger than the paper's: the penalties differ


@pytest.fixture
def three(rng):
    return rng.uniform(-0.1, 1.175, (3, 32, 32, 1)).astype(np.float32)


def answers_of(axes):
    return [text for text in axes.texts if text.get_gid() == "answer"]


def test_every_number_of_lenet5_is_there(lenet5, three, axes_of, untouched):
    with untouched(lenet5):
        panels = axes_of(states(lenet5, three))
    values = lenet5.activations(three)
    assert [*panels] == ["panel 0", "panel 1", "panel 2"]
    for i, axes in enumerate(panels.values()):
        drawn = iter(axes.images)
        np.testing.assert_array_equal(next(drawn).get_array(), three[i, :, :, 0])
        for name in ("C1", "S2", "C3", "S4"):
            for map_ in np.moveaxis(values[name][i], -1, 0):
                np.testing.assert_array_equal(next(drawn).get_array(), map_)
        np.testing.assert_array_equal(next(drawn).get_array()[:, 0], values["C5"][i].reshape(-1))
        np.testing.assert_array_equal(next(drawn).get_array(), values["F6"][i].reshape(12, 7))  # a bitmap
        assert next(drawn, None) is None


def test_a_layer_has_one_scale_in_all_panels(lenet5, three, axes_of):
    panels = list(axes_of(states(lenet5, three)).values())
    largest = float(np.abs(lenet5.activations(three)["C1"]).max())
    for axes in panels:
        assert {(image.norm.vmin, image.norm.vmax) for image in axes.images[1:7]} == {(-largest, largest)}


def test_of_penalties_the_smallest_is_the_answer_and_the_darkest(lenet5, three, axes_of):
    penalties = np.asarray(lenet5.predict(three, verbose=0))
    for axes, row in zip(axes_of(states(lenet5, three)).values(), penalties, strict=True):
        first, second = answers_of(axes)
        assert [int(first.get_text()), int(second.get_text())] == np.argsort(row)[:2].tolist()
        assert 0 <= float(first.get_color()) < float(second.get_color()) <= 0.8
        assert first.get_fontsize() > second.get_fontsize()


def test_of_probabilities_the_largest_is_the_answer(rng, axes_of):
    model, x = LeNet5Modern(), rng.random((2, 28, 28, 1)).astype(np.float32)
    for axes, row in zip(axes_of(states(model, x)).values(), model.predict(x, verbose=0), strict=True):
        first = answers_of(axes)[0]
        assert int(first.get_text()) == row.argmax()
        assert float(first.get_color()) == pytest.approx(0.8 * (1 - row.max()), abs=1e-3)  # black: a probability of one


def test_raw_scores_and_a_single_output(rng, axes_of, legible):
    x = rng.random((2, 6, 6, 1)).astype(np.float32)
    scores = Sequential([Input((6, 6, 1)), Conv2D(2, 3), Flatten(), Dense(4)])
    figure = states(scores, x)
    legible(figure)
    for axes, row in zip(axes_of(figure).values(), scores.predict(x, verbose=0), strict=True):
        assert int(answers_of(axes)[0].get_text()) == row.argmax()
    single = Sequential([Input((6, 6, 1)), Flatten(), Dense(1)])
    texts = [text.get_text() for axes in axes_of(states(single, x)).values() for text in answers_of(axes)]
    np.testing.assert_allclose([float(text) for text in texts], single.predict(x, verbose=0)[:, 0], atol=0.006)


def test_names_of_the_classes(rng, axes_of, legible):
    model, x = LeNet5Modern(), rng.random((2, 28, 28, 1)).astype(np.float32)
    names = [f"$digit_{i} with a long name" for i in range(10)]
    figure = states(model, x, names=names)
    legible(figure)
    for axes, row in zip(axes_of(figure).values(), model.predict(x, verbose=0), strict=True):
        assert answers_of(axes)[0].get_text().startswith(f"$digit_{row.argmax()}")


def wide():
    """More maps and numbers than are drawn, and long names."""
    return Sequential([
        Input((20, 20, 3)), Conv2D(24, 3, activation="relu", name="a_very_long_name_of_a_convolution"),
        MaxPooling2D(2, name="pool"), GlobalAveragePooling2D(), Dense(200, "relu", name="dense"), Dense(6, "softmax")])


@pytest.mark.parametrize(("make", "shape", "columns"), [
    (LeNet5, (4, 32, 32, 1), 3), (LeNet5Modern, (3, 28, 28, 1), 2), (wide, (2, 20, 20, 3), 1), (LeNet5, (32, 32, 1), 3),
], ids=["lenet5", "modern", "wide", "one image"])
def test_texts_are_legible(make, shape, columns, rng, legible):
    legible(states(make(), rng.random(shape).astype(np.float32), columns=columns))


def test_what_is_left_out_is_said(rng, axes_of):
    figure = states(wide(), rng.random((20, 20, 3)).astype(np.float32))
    assert figure.texts[1].get_text() == ("white: zero; each layer on one scale in all panels; only the first maps or "
                                          "numbers of a_very_long_name…convolution, pool, dense")
    assert len(axes_of(figure)["panel 0"].images) == 1 + 16 + 16 + 1 + 1


def test_of_many_images_the_first_are_drawn(rng, axes_of):
    figure = states(Sequential([Input((3, 3, 1)), Flatten(), Dense(2)]), rng.random((31, 3, 3, 1)), columns=10)
    assert "the first 30 of 31 images" in figure.texts[1].get_text()
    assert len(axes_of(figure)) == 30


def two_inputs():
    a, b = Input((4, 4, 1), name="a"), Input((2,), name="b")
    return Model([a, b], [Dense(2)(Flatten()(a)), Dense(2)(b)])


def not_finite():
    model = Sequential([Input((4, 4, 1)), Flatten(), Dense(2)])
    model.set_weights([np.zeros((16, 2)), [np.inf, 0]])
    return model


@pytest.mark.parametrize(("make", "x", "options", "words"), [
    (two_inputs, np.zeros((1, 4, 4, 1)), {}, "the model has several inputs. Expected one, received 2. "
                                             "visualize.feature_maps draws it"),
    (lambda: Sequential([Input((4, 4, 1)), Conv2D(2, 3)]), np.zeros((4, 4, 1)), {},
     "the outputs are not one number per class"),
    (LeNet5, np.zeros((2, 28, 28, 1)), {}, r"shape \(2, 28, 28, 1\)"),
    (LeNet5, np.zeros((0, 32, 32, 1)), {}, "(there is no image|no rows|empty|no data)"),
    (LeNet5, np.zeros((1, 32, 32, 1)), {"names": ["a"]}, "names are not one for each class. Expected a list of 10"),
    (LeNet5, np.zeros((1, 32, 32, 1)), {"columns": 0}, "columns"),
    (LeNet5, np.zeros((1, 32, 32, 1)), {"save": "a.jpg"}, "the ending tells the kind of picture"),
    (not_finite, np.ones((1, 4, 4, 1)), {}, "visualize.states: outputs: 1 of 2 values are not finite"),
])
def test_what_cannot_be_drawn_is_said(make, x, options, words):
    with pytest.raises(MinicnnError, match=words):
        states(make(), x, **options)
