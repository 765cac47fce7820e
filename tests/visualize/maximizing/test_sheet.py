"""Maximized activations as a figure, read back."""

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.applications import LeNet5
from minicnn.layers import Conv2D, Dense, Flatten
from minicnn.models import Input, Sequential
from minicnn.visualize import maximize_activation, maximized_activations
from minicnn.visualize.drawing import short
from minicnn.visualize.maximizing import Regularized

QUICK = Regularized(steps=2, starts=1)
LENET5 = LeNet5()


def net(channels=1, classes=3):
    return Sequential([Input((12, 9, channels)), Conv2D(20, 3, activation="relu", name="conv"), Flatten(),
                       Dense(classes, activation="softmax", name="out")])


NET = net()


def captions(axes):
    """The lines under each picture."""
    below = {}
    for text in axes.texts:
        below.setdefault(text.get_position()[0], []).append((text.get_position()[1], text.get_text()))
    return [[text for _, text in sorted(lines)] for _, lines in sorted(below.items())]


def test_pictures_of_classes_with_their_scores(axes_of, texts_of):
    found = maximize_activation(NET, recipe=QUICK)
    figure = maximized_activations(NET, recipe=QUICK)
    axes = axes_of(figure)["pictures"]
    for image, expected in zip(axes.images, found.pictures, strict=True):
        np.testing.assert_array_equal(image.get_array(), expected[..., 0])
        assert image.get_clim() == (0, 1)
        assert image.get_cmap().name == "gray_r"
    lines = captions(axes)
    assert [line[0] for line in lines] == ["class 0", "class 1", "class 2"]
    assert [line[1] for line in lines] == [short(score) for score in found.scores.tolist()]
    assert "score: before the softmax" in texts_of(figure)


def test_a_unit_is_cut_and_its_place_told(axes_of):
    axes = axes_of(maximized_activations(NET, (2, 3, 4), layer="conv/pre", recipe=QUICK))["pictures"]
    assert axes.images[0].get_array().shape == (3, 3)
    ((name, _, rows, columns),) = captions(axes)
    assert (name, rows, columns) == ("unit (2, 3, 4)", "rows 2 to 4", "columns 3 to 5")


def test_crops_of_several_sizes_have_pixels_of_one_size(axes_of):
    model = Sequential([Input((12, 9, 1)), Conv2D(1, 5, padding="same", name="conv")])
    axes = axes_of(maximized_activations(model, [(0, 0, 0), (5, 5, 0)], layer="conv", recipe=QUICK))["pictures"]
    sizes = []
    for image, cells in zip(axes.images, (3, 5), strict=True):
        left, right, bottom, top = image.get_extent()
        assert image.get_array().shape == (cells, cells)
        sizes += [(right - left) / cells, (bottom - top) / cells]
    np.testing.assert_allclose(sizes, sizes[0])


def test_what_led_nowhere_is_an_empty_frame(axes_of, boxes_of):
    model = net()
    model.get_layer("conv").weights[1][...] = 1
    model.get_layer("conv").weights[1][2] = -100
    with pytest.warns(UserWarning, match="conv: channel 2: from no start"):
        figure = maximized_activations(model, [1, 2, 3], layer="conv", recipe=QUICK)
    axes = axes_of(figure)["pictures"]
    assert len(axes.images) == 2
    assert len(boxes_of(axes, "frames")) == 3
    assert [line[1] == "led nowhere" for line in captions(axes)] == [False, True, False]


def test_colors_are_drawn_as_they_are(axes_of):
    figure = maximized_activations(net(3), 1, recipe=QUICK)
    expected = maximize_activation(net(3), 1, recipe=QUICK).pictures[0].shape
    image = np.asarray(axes_of(figure)["pictures"].images[0].get_array())
    assert image.shape == expected == (12, 9, 3)
    assert (image.min(), image.max()) == (0, 1)


@pytest.mark.parametrize(("model", "target", "layer"), [
    (NET, 0, None), (NET, None, "conv"), (NET, [(i, i, i) for i in range(6)], "conv/pre"), (LENET5, None, None),
    (LENET5, (4, 4, 7), "C3"), (net(1, 26), None, None), (net(3), [7, 8], "conv")], ids=str)
def test_texts_are_legible(model, target, layer, legible):
    legible(maximized_activations(model, target, layer=layer, recipe=QUICK))


def test_rows_are_alike(axes_of):
    for count, columns in ((3, 3), (6, 3), (10, 5), (16, 8), (20, 7)):
        axes = axes_of(maximized_activations(NET, list(range(count)), layer="conv", recipe=QUICK))["pictures"]
        assert len({image.get_extent()[0] for image in axes.images}) == columns


def test_saved_and_refused_before_the_work(tmp_path):
    maximized_activations(NET, 0, recipe=QUICK, save=tmp_path / "found.png")
    assert (tmp_path / "found.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(MinicnnError, match="the ending tells the kind of picture"):
        maximized_activations(NET, 99, save="found.jpg")
    with pytest.raises(MinicnnError, match=r"no pictures one can look at.*maximize_activation gives the arrays"):
        maximized_activations(net(2), 0)
