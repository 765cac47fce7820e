"""Figures of counts, read back."""

import dataclasses

import numpy as np
import pytest

from minicnn import Input, Sequential
from minicnn._checks import MinicnnError
from minicnn.applications import LeNet5, LeNet5Modern
from minicnn.counting import count
from minicnn.layers import Activation, Conv2D, Dense, MaxPooling2D
from minicnn.visualize import layer_figures, network_figures, receptive_fields

LENET5 = count(LeNet5())


def test_a_bar_for_each_layer_that_has_any(axes_of, texts_of, legible):
    figure = layer_figures(LENET5)
    axes = axes_of(figure)
    rows = [row for row in LENET5.rows if row.name != "flatten"]
    for name, values in (("parameters", [row.parameters for row in rows]),
                         ("multiply-accumulates", [row.macs for row in rows])):
        assert [bar.get_width() for bar in axes[name].patches] == values
    assert [label.get_text() for label in axes["parameters"].get_yticklabels()] == [row.name for row in rows]
    assert "60,840 parameters, 328,096 multiply-accumulates for one sample" in texts_of(figure)
    assert "48,120" in texts_of(figure)
    legible(figure)


def test_long_names_and_many_layers(legible):
    model = Sequential([Input((40,)), *(Dense(3, name=f"${'a_very_long_name' * 3}_{i}$") for i in range(40))])
    legible(layer_figures(count(model)))


def test_networks_are_points(axes_of, texts_of, legible):
    counts = [LENET5, count(LeNet5Modern())]
    figure = network_figures(counts)
    axes = axes_of(figure)["networks"]
    np.testing.assert_array_equal(axes.collections[0].get_offsets(), [(c.parameters, c.macs) for c in counts])
    areas = axes.collections[0].get_sizes() - 20
    assert areas[1] / areas[0] == pytest.approx(counts[1].training_memory / counts[0].training_memory)
    assert {"lenet5", "lenet5_modern"} <= set(texts_of(figure))
    legible(figure)


def test_names_of_networks_at_one_place_do_not_overlap(legible):
    legible(network_figures([dataclasses.replace(LENET5, name=f"a network called {i}") for i in range(8)]))


def test_frames_grow_over_the_picture(axes_of, texts_of, legible):
    figure = receptive_fields(LENET5, np.zeros((32, 32, 1)))
    frames = axes_of(figure)["picture"].patches
    assert [(f.get_height(), f.get_width()) for f in frames] == [(5, 5), (6, 6), (14, 14), (16, 16), (32, 32)]
    # The middle unit of C1 is (13, 13) of 28x28; of C3 (4, 4) of 10x10, two pixels apart each.
    assert [(f.get_y(), f.get_x()) for f in frames] == [(13, 13), (12, 12), (8, 8), (8, 8), (0, 0)]
    assert {"C1  5x5", "S2  6x6", "C3  14x14", "S4  16x16", "C5  32x32"} <= set(texts_of(figure))
    legible(figure)


@pytest.mark.parametrize("image", [np.zeros((9, 12, 3), np.uint8), np.arange(108.0).reshape(9, 12),
                                   np.ones((9, 12, 1))], ids=["color", "gray", "flat"])
def test_fields_that_reach_over_the_border_are_seen_whole(axes_of, legible, image):
    model = Sequential([Input((9, 12, 1)), Conv2D(1, 7, padding="same"), MaxPooling2D(9, padding="same")])
    figure = receptive_fields(count(model), image)
    axes = axes_of(figure)["picture"]
    right, left = axes.get_xlim()[1], axes.get_xlim()[0]
    for frame in axes.patches:
        assert left <= frame.get_x()
        assert frame.get_x() + frame.get_width() <= right
    legible(figure)


@pytest.mark.parametrize(("draw", "told"), [
    (lambda: layer_figures(count(Sequential([Input((3,)), Activation("relu")]))), "no layer has parameters"),
    (lambda: network_figures([]), "each network needs parameters and multiply-accumulates. Received no network"),
    (lambda: network_figures([LENET5, count(Sequential([Input((3,)), Activation("relu")], name="none"))]),
     "each network needs .* Received none"),
    (lambda: receptive_fields(LENET5, np.zeros((2, 3, 4))), r"this is no picture.* received shape \(2, 3, 4\)"),
    (lambda: receptive_fields(LENET5, np.full((4, 4), np.nan)), "not finite"),
    (lambda: receptive_fields(count(Sequential([Input((3,)), Dense(2)])), np.zeros((4, 4))),
     "no layer has a receptive field"),
    (lambda: layer_figures(LENET5, save="layers.bmp"), "the ending tells the kind"),
])
def test_what_cannot_be_drawn(draw, told):
    with pytest.raises(MinicnnError, match=told):
        draw()
