"""Networks as stacked planes, read back: stages, how many planes, how large, what is written."""

import re
from collections import Counter

import numpy as np
import pytest
from matplotlib.colors import to_rgba

from minicnn._checks import MinicnnError
from minicnn.applications import LeNet5, LeNet5Modern
from minicnn.layers import (
    Activation,
    Add,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    Layer,
    MaxPooling2D,
    Reshape,
    ZeroPadding2D,
)
from minicnn.models import Input, Model, Sequential
from minicnn.visualize import planes
from minicnn.visualize.boxes import color_of
from minicnn.visualize.plane_sheet import MOST_PLANES, SMALLEST, WIDEST
from minicnn.visualize.stages import stages


def vgg_like():
    layers = [Input((64, 64, 3))]
    for block, convolutions in enumerate((2, 2, 3, 3, 3), 1):
        layers += [Conv2D(2 * block, 3, padding="same", name=f"block{block}_conv{i}")
                   for i in range(1, convolutions + 1)]
        layers.append(MaxPooling2D(2, name=f"block{block}_pool"))
    return Sequential([*layers, Flatten(), Dense(10, name="fc")], name="vgg_like")


def today():
    return Sequential([
        Input((33, 17, 3)), ZeroPadding2D(1, name="pad"), DepthwiseConv2D(3, name="depth"),
        BatchNormalization(name="n"), Activation("relu", name="a"), AveragePooling2D((2, 1), name="mean"),
        Conv2D(40, 1, name="mix"),
        Dropout(0.5, name="d"), GlobalAveragePooling2D(name="all"), Dense(6, name="six"),
        Reshape((1, 2, 3), name="fold"), Conv2D(1, 1, name="out")], name="today")


MODELS = {"LeNet5": LeNet5, "LeNet5Modern": LeNet5Modern, "vgg_like": vgg_like, "today": today}


@pytest.fixture(scope="module")
def drawn():
    return {name: planes(make()) for name, make in MODELS.items()}


def patches(figure, kind):
    return [patch for patch in figure.axes[0].patches if patch.get_gid() == kind]


def extents(patch):
    xy = patch.get_xy()
    return np.ptp(xy[:, 0]), np.ptp(xy[:, 1])


def test_lenet5_is_figure_2(drawn, texts_of):
    texts = texts_of(drawn["LeNet5"])
    for words in ("INPUT", "32x32", "C1: feature maps", "6@28x28", "S2: feature maps", "6@14x14", "C3: feature maps",
                  "16@10x10", "S4: feature maps", "16@5x5", "C5: layer", "120", "F6: layer", "84", "OUTPUT", "10"):
        assert texts.count(words) == 1, words
    figure = drawn["LeNet5"]
    under = [text.get_text() for text in figure.axes[0].texts if text.get_gid() == "operation"]
    assert " ".join(under) == ("Convolutions Subsampling Convolutions Subsampling Full connection Full connection "
                               "Gaussian connections")
    assert "layers without a stage of their own: flatten" in texts


def test_planes_of_lenet5(drawn):
    figure = drawn["LeNet5"]
    model = LeNet5()
    drawn_planes = patches(figure, "plane")
    count = Counter(patch.get_label() for patch in drawn_planes)
    assert [*count.values()] == [1, 6, 6, 16, 16, 1, 1, 1]
    assert [*count][1:] == ["C1", "S2", "C3", "S4", "C5", "F6", "RBF"]
    side = {patch.get_label(): extents(patch)[0] for patch in drawn_planes}
    # In scale: a map's side follows its extent.
    for name, extent in (("C1", 28), ("S2", 14), ("C3", 10), ("S4", 5)):
        assert side[name] / next(iter(side.values())) == pytest.approx(extent / 32)
    for patch in drawn_planes[1:]:
        assert patch.get_facecolor() == to_rgba(color_of(model.get_layer(patch.get_label())))


def test_windows_of_lenet5(drawn):
    pairs = {}
    for patch in patches(drawn["LeNet5"], "window"):
        pairs.setdefault(patch.get_label(), []).append(patch.get_width())
    # What a unit sees, and the unit, on their maps: 5 of 32 and 1 of 28, and so on. C5's kernels see maps whole.
    scale = pairs["C1"][0] / 5
    assert {name: [round(width / scale, 6) for width in widths] for name, widths in pairs.items()} == {
        "C1": [5, 1], "S2": [2, 1], "C3": [5, 1], "S4": [2, 1]}
    assert len([line for line in drawn["LeNet5"].axes[0].lines if line.get_gid() == "ray"]) == 2 * 7


@pytest.mark.parametrize("name", MODELS)
def test_legible(drawn, name, legible):
    legible(drawn[name])


@pytest.mark.parametrize("name", MODELS)
def test_stacks_do_not_touch(drawn, name):
    boxes = {}
    for patch in patches(drawn[name], "plane"):
        xy = patch.get_xy()
        boxes.setdefault(patch.get_label(), []).append((xy[:, 0].min(), xy[:, 1].min(), xy[:, 0].max(), xy[:, 1].max()))
    # A stage that ends a row begins the next one: planes far apart down the page are two stacks.
    stacks = []
    for label, found in boxes.items():
        tops = sorted(found, key=lambda box: box[1])
        runs = [[tops[0]]]
        for box in tops[1:]:
            if box[1] - runs[-1][-1][1] > 1:
                runs.append([])
            runs[-1].append(box)
        stacks += [(label, min(b[0] for b in run), min(b[1] for b in run), max(b[2] for b in run),
                    max(b[3] for b in run)) for run in runs]
    for i, (_, a0, a1, a2, a3) in enumerate(stacks):
        for _, b0, b1, b2, b3 in stacks[i + 1:]:
            assert a2 < b0 or b2 < a0 or a3 < b1 or b3 < a1


def test_a_long_network_goes_on_in_rows(drawn, texts_of):
    figure = drawn["vgg_like"]
    width, height = figure.get_size_inches()
    assert width < WIDEST + 0.5
    assert height > 5
    texts = texts_of(figure)
    # Each row begins with the stage at which the one before ends.
    twice = [name for name in texts if texts.count(name) == 2 and name.startswith("block")]
    assert len(set(twice)) >= 1
    assert texts.count("Max pooling") == 5


def test_many_maps_and_small_ones():
    model = Sequential([Input((224, 224, 3)), Conv2D(64, 7, strides=32, name="a"), Conv2D(500, 3, name="b")], name="m")
    drawn = patches(planes(model), "plane")
    assert Counter(patch.get_label() for patch in drawn)["b"] == MOST_PLANES
    widths = [extents(patch)[0] for patch in drawn]
    assert min(widths) == pytest.approx(SMALLEST)
    assert widths[0] == max(widths)


def test_stages_of_a_network_of_today():
    found, left_out = stages(today().graph, "here")
    assert [(stage.title, stage.size, stage.operation.replace("\n", " "), stage.window) for stage in found] == [
        ("INPUT", "3@33x17", "", None), ("pad: feature maps", "3@35x19", "ZeroPadding2D", None),
        ("depth: feature maps", "3@33x17", "Depthwise convolutions", (3, 3)),
        ("mean: feature maps", "3@16x17", "Average pooling", (2, 1)),
        ("mix: feature maps", "40@16x17", "Convolutions", (1, 1)),
        ("all: layer", "40", "Global average", None), ("six: layer", "6", "Full connection", None),
        ("fold: feature maps", "3@1x2", "Reshape", None), ("OUTPUT", "1x2", "Convolutions", (1, 1))]
    assert left_out == ["n", "a", "d"]


def test_models_in_the_chain_are_followed(texts_of):
    inner = Sequential([Input((8, 8, 1)), Conv2D(2, 3, name="c"), MaxPooling2D(2, name="p")], name="inner")
    outer = Sequential([Input((8, 8, 1)), inner, Flatten(name="f"), Dense(3, name="d")], name="outer")
    assert {"c: feature maps", "2@6x6", "p: feature maps", "2@3x3", "OUTPUT"} <= set(texts_of(planes(outer)))


class KeepsEveryOtherNumberOfAVector(Layer):
    def output_shape_for(self, input_shape):
        return input_shape[0] // 2,


def test_long_words_under_small_stages_stand_apart(legible, texts_of):
    layers = [KeepsEveryOtherNumberOfAVector(name=name) for name in "abc"]
    figure = planes(Sequential([Input((64,)), *layers], name="m"))
    assert texts_of(figure).count("KeepsEveryOtherNumberOfAVector") == 3
    legible(figure)


def test_an_input_alone(texts_of):
    x = Input((4, 4, 1))
    assert "INPUT" in texts_of(planes(Model(x, x, name="m")))


def branched():
    x = Input((8, 8, 2), name="x")
    return Model(x, Add(name="sum")([x, Conv2D(2, 1, name="c")(x)]), name="m")


def two_outputs():
    x = Input((4,), name="x")
    y = Dense(2, name="a")(x)
    return Model(x, [y, Dense(3, name="b")(y)], name="m")


def two_inputs():
    x, y = Input((4,), name="x"), Input((4,), name="y")
    return Model([x, y], Dense(2, name="a")(x), name="m")


@pytest.mark.parametrize(("model", "told"), [
    (branched(), "received Add 'sum' is no such link. Draw this network by visualize.architecture(model)"),
    (two_outputs(), "received 1 inputs and 2 outputs. Draw this network by visualize.architecture"),
    (two_inputs(), "Draw this network by visualize.architecture"),
    (Sequential([Input((8, 8, 2)), branched()], name="s"), "Add 'sum' is no such link"),
    (3, "visualize.planes: this is no model. Expected a Model or Sequential, received 3"),
    (Sequential([Dense(3)], name="s"), "the model is not built"),
])
def test_what_is_no_chain(model, told):
    with pytest.raises(MinicnnError, match=re.escape(told)):
        planes(model)


def test_an_image_stands_on_the_input(rng, axes_of, legible):
    image = rng.random((32, 32, 1))
    figure = planes(LeNet5(), image=image)
    legible(figure)
    axes = axes_of(figure)["planes"]
    np.testing.assert_array_equal(axes.images[0].get_array(), image[..., 0])
    plane = next(patch for patch in axes.patches if patch.get_label() == axes.patches[0].get_label())
    corners = plane.get_xy()
    left, right, bottom, top = axes.images[0].get_extent()
    np.testing.assert_allclose([left, top, right, bottom], [*corners.min(axis=0), *corners.max(axis=0)])
    windows = [patch.get_zorder() for patch in axes.patches if patch.get_gid() == "window"]
    assert axes.images[0].get_zorder() < min(windows)


@pytest.mark.parametrize(("image", "words"), [
    (np.zeros((28, 28, 1)), r"the image does not fit the model's input. Expected shape \(32, 32, 1\)"),
    (np.full((32, 32, 1), np.nan), "not finite"),
])
def test_an_image_that_does_not_fit(image, words):
    with pytest.raises(MinicnnError, match=words):
        planes(LeNet5(), image=image)
