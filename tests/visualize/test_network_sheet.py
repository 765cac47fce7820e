"""Networks as boxes and arrows, read back from the figure."""

import itertools
import re

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.transforms import Affine2D

from minicnn._checks import MinicnnError
from minicnn.applications import LeNet5, LeNet5Modern
from minicnn.layers import (
    Activation,
    Add,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Dense,
    Flatten,
    GlobalAveragePooling2D,
    MaxPooling2D,
    Multiply,
    ReLU,
)
from minicnn.models import Input, Model, Sequential
from minicnn.visualize import architecture
from minicnn.visualize.boxes import KINDS, MODEL, OTHER
from minicnn.visualize.drawing import DPI


def residual():
    image = Input((8, 8, 3), name="image")
    x = Conv2D(4, 3, padding="same", name="stem")(image)
    y = ReLU(name="relu")(BatchNormalization(name="norm")(Conv2D(4, 3, padding="same", name="conv")(x)))
    return Model(image, Add(name="sum")([y, x]), name="residual")


def inception():
    image = Input((8, 8, 16), name="image")
    branches = [Conv2D(4, 1, name="1x1")(image)]
    for size in (3, 5):
        less = Conv2D(2, 1, name=f"less{size}")(image)
        branches.append(Conv2D(4, size, padding="same", name=f"{size}x{size}")(less))
    branches.append(Conv2D(4, 1, name="proj")(MaxPooling2D(3, 1, padding="same", name="pool")(image)))
    return Model(image, Concatenate(name="all")(branches), name="inception")


def two_and_two():
    image, facts = Input((8, 8, 1), name="image"), Input((12,), name="facts")
    both = Concatenate(name="both")([Flatten(name="flat")(Conv2D(2, 3, name="conv")(image)), facts])
    return Model([image, facts], [Dense(10, "softmax", name="digit")(both), Dense(1, name="price")(both)], name="two")


def encoder():
    return Sequential([Input((8, 8, 1), name="pixels"), Conv2D(2, 3, name="conv"), Flatten(name="flat"),
                       Dense(4, name="code")], name="encoder")


def siamese():
    left, right = Input((8, 8, 1), name="left"), Input((8, 8, 1), name="right")
    inside = encoder()
    return Model([left, right], Dense(1, name="same")(Multiply(name="times")([inside(left), inside(right)])),
                 name="siamese")


def shared():
    left, right = Input((6,), name="left"), Input((6,), name="right")
    dense = Dense(3, name="dense")
    return Model([left, right], Add(name="sum")([dense(left), dense(right)]), name="shared")


def again():
    x = Input((6,), name="x")
    dense = Dense(6, name="dense")
    return Model(x, dense(ReLU(name="relu")(dense(x))), name="again")


def vgg_like():
    layers = [Input((32, 32, 3), name="image")]
    for block, convolutions in enumerate((2, 2, 3, 3, 3), 1):
        layers += [Conv2D(4, 3, padding="same", activation="relu", name=f"block{block}_conv{i}")
                   for i in range(1, convolutions + 1)]
        layers.append(MaxPooling2D(2, name=f"block{block}_pool"))
    return Sequential([*layers, Flatten(name="flat"), Dense(10, "softmax", name="classes")], name="vgg_like")


MODELS = {make.__name__: make for make in (LeNet5, LeNet5Modern, residual, inception, two_and_two, siamese, shared,
                                           again, vgg_like)}


def boxes(figure, kind="box"):
    """{name: (left, top, right, bottom)} in inches, of the boxes or the frames."""
    (axes,) = figure.axes
    return {patch.get_label(): (patch.get_x(), patch.get_y(), patch.get_x() + patch.get_width(),
                                patch.get_y() + patch.get_height())
            for patch in axes.patches if patch.get_gid() == kind}


def arrows(figure):
    """((x, y), (x, y)) of each arrow: its beginning, and the tip of its head; lines without a head have None there."""
    (axes,) = figure.axes
    result = []
    for patch in axes.patches:
        if patch.get_gid() == "link":
            result.append((tuple(patch.get_path().vertices[0]), None))
        elif patch.get_gid() == "head":
            result[-1] = result[-1][0], tuple(patch.get_xy()[0])
    return result


def at_edge(point, box):
    left, top, right, bottom = box
    x, y = point
    return left - 1e-6 <= x <= right + 1e-6 and top - 1e-6 <= y <= bottom + 1e-6 and (
        min(abs(y - top), abs(y - bottom), abs(x - left), abs(x - right)) < 1e-6)


def edges(figure):
    """The arrows as pairs of names of boxes."""
    found = boxes(figure)
    return sorted((next(n for n, box in found.items() if at_edge(start, box)),
                   next(n for n, box in found.items() if at_edge(tip, box))) for start, tip in arrows(figure))


@pytest.fixture(scope="module")
def drawn():
    """Each figure once."""
    made = {}

    def figure(name, **options):
        key = name, *sorted(options.items())
        if key not in made:
            made[key] = architecture(MODELS[name](), **options)
        return made[key]
    return figure


# -- what is drawn ---------------------------------------------------------------------------------


def test_texts_of_lenet5(texts_of):
    model = LeNet5()
    figure = architecture(model)
    assert [text.get_text() for text in figure.texts] == ["lenet5",
                                                          "8 layers, 60,840 parameters, 60,000 of them trainable"]
    assert [text.get_text() for text in figure.axes[0].texts] == [
        model.graph.inputs[0].call.layer.name, "32x32x1", "InputLayer", "C1", "28x28x6", "Conv2D", "156 parameters",
        "S2", "14x14x6", "Subsampling2D", "12 parameters", "C3", "10x10x16", "TableConv2D", "1,516 parameters",
        "S4", "5x5x16", "Subsampling2D", "32 parameters", "C5", "1x1x120", "Conv2D", "48,120 parameters",
        "flatten", "120", "Flatten", "F6", "84", "Dense", "10,164 parameters", "RBF", "10", "RBF", "840 parameters",
    ]


@pytest.mark.parametrize(("name", "expected"), [
    ("residual", "image stem, stem conv, conv norm, norm relu, relu sum, stem sum"),
    ("inception", "image 1x1, image less3, image less5, image pool, less3 3x3, less5 5x5, pool proj, 1x1 all, 3x3 all, "
                  "5x5 all, proj all"),
    ("two_and_two", "image conv, conv flat, flat both, facts both, both digit, both price"),
    ("siamese", "left encoder, right encoder, encoder times, encoder times, times same"),
    ("shared", "left dense, right dense, dense sum, dense sum"),
])
@pytest.mark.parametrize("direction", ["down", "right"])
def test_arrows_are_the_links_of_the_network(drawn, name, expected, direction):
    pairs = sorted(tuple(pair.split()) for pair in expected.split(", "))
    assert edges(drawn(name, direction=direction, wrap=False)) == pairs


def test_columns_keep_the_arrows(drawn):
    names = [layer.name for layer in vgg_like().graph.layers]
    expected = sorted(itertools.pairwise(names))
    whole, wrapped = drawn("vgg_like", wrap=False), drawn("vgg_like")
    assert edges(whole) == edges(wrapped) == expected
    assert len({box[0] for box in boxes(whole).values()}) == 1
    assert len({box[0] for box in boxes(wrapped).values()}) == 3
    assert whole.get_size_inches()[1] > 11 > wrapped.get_size_inches()[1]


@pytest.mark.parametrize(("direction", "axis"), [("down", 1), ("right", 0)])
@pytest.mark.parametrize("name", MODELS)
def test_values_go_one_way(drawn, name, direction, axis):
    figure = drawn(name, direction=direction, wrap=False)
    found = arrows(figure)
    assert found
    assert all(start[axis] < tip[axis] for start, tip in found)


def test_a_layer_fed_by_itself_has_a_box_for_each_use(drawn, texts_of):
    figure = drawn("again")
    assert len([text for text in texts_of(figure) if text == "dense"]) == 2
    assert len(arrows(figure)) == 3


def test_a_shared_layer_says_how_often_it_is_used(drawn, texts_of):
    assert "Dense, 2 uses" in texts_of(drawn("shared"))
    # Its two values leave at two places.
    starts = [start for start, _ in arrows(drawn("shared")) if at_edge(start, boxes(drawn("shared"))["dense"])]
    assert len(set(starts)) == 2


def test_a_model_in_a_model_is_one_box_or_a_frame(drawn, texts_of):
    closed, opened = drawn("siamese"), drawn("siamese", nested=True)
    assert set(boxes(closed)) == {"left", "right", "encoder", "times", "same"}
    assert "Sequential, 2 uses" in texts_of(closed)
    assert boxes(closed, "frame") == {}
    assert set(boxes(opened)) == {"left", "right", "pixels", "conv", "flat", "code", "times", "same"}
    (frame,) = boxes(opened, "frame").values()
    for name, (left, top, right, bottom) in boxes(opened).items():
        within = frame[0] < left and frame[1] < top and right < frame[2] and bottom < frame[3]
        assert within == (name in ("pixels", "conv", "flat", "code"))
    heads = [tip for _, tip in arrows(opened) if tip is not None]
    at = boxes(opened)
    assert len([tip for tip in heads if at_edge(tip, at["pixels"])]) == 2
    assert len([tip for tip in heads if at_edge(tip, at["times"])]) == 2
    # Inside, the code goes on to the edge of the frame, without a head.
    (exit_,) = [start for start, tip in arrows(opened) if tip is None]
    assert at_edge(exit_, at["code"])


def test_frames_in_frames(legible):
    outer = Input((8, 8, 1), name="outer")
    middle = Model(outer, Dense(2, name="last")(encoder()(outer)), name="middle")
    x = Input((8, 8, 1), name="x")
    for direction in ("down", "right"):
        figure = architecture(Model(x, middle(x), name="whole"), nested=True, direction=direction)
        frames, inner = boxes(figure, "frame"), boxes(figure)
        big, small = frames["middle"], frames["encoder"]
        assert big[0] < small[0] < inner["code"][0] < inner["code"][2] < small[2] < big[2]
        assert big[1] < small[1] < inner["code"][1] < inner["code"][3] < small[3] < big[3]
        legible(figure)


def test_several_values_of_a_model_leave_at_several_places():
    x = Input((6,), name="x")
    inner = Model(x, [Dense(2, name="a")(x), Dense(3, name="b")(x)], name="inner")
    y = Input((6,), name="y")
    one, two = inner(y)
    model = Model(y, [Dense(1, name="c")(one), Dense(1, name="d")(two)], name="outer")
    for nested in (False, True):
        figure = architecture(model, nested=nested)
        found = {**boxes(figure), **boxes(figure, "frame")}
        (left, right) = sorted(start[0] for start, tip in arrows(figure) if tip and at_edge(start, found["inner"]))
        assert left < right
    assert "2, 3" in [text.get_text() for text in architecture(model).axes[0].texts]


def test_colors_tell_the_kinds():
    figure = architecture(siamese(), nested=False)
    colors = {patch.get_label(): patch.get_facecolor() for patch in figure.axes[0].patches
              if patch.get_gid() == "box"}
    assert colors["encoder"] == to_rgba(MODEL)
    assert colors["left"] == to_rgba("white")
    assert colors["times"] == to_rgba("#F0CFE1")
    every = [color for color, _ in KINDS] + [OTHER, MODEL]
    assert len(set(every)) == len(every)


# -- how it is drawn -------------------------------------------------------------------------------

VARIANTS = [{}, {"direction": "right"}, {"nested": True}, {"activations": True, "dtypes": True, "trainable": True},
            {"names": False}, {"types": False, "parameters": False}]


@pytest.mark.parametrize("options", VARIANTS, ids=str)
@pytest.mark.parametrize("name", MODELS)
def test_texts_lie_in_their_boxes_and_do_not_overlap(drawn, name, options, legible):
    figure = drawn(name, **options)
    legible(figure)
    (axes,) = figure.axes
    frames = [patch.get_window_extent() for patch in axes.patches if patch.get_gid() in ("box", "frame")]
    for text in axes.texts:
        extent = text.get_window_extent()
        assert any(box.x0 <= extent.x0 and extent.x1 <= box.x1 and box.y0 <= extent.y0 and extent.y1 <= box.y1
                   for box in frames), text.get_text()


@pytest.mark.parametrize("options", VARIANTS[:3], ids=str)
@pytest.mark.parametrize("name", MODELS)
def test_no_arrow_is_drawn_through_a_box(drawn, name, options):
    figure = drawn(name, **options)
    found = boxes(figure)
    (axes,) = figure.axes
    links = [patch for patch in axes.patches if patch.get_gid() == "link"]
    assert links
    axes_scale = Affine2D().scale(100)  # curves become short straight pieces, as fine as pixels
    for link in links:
        # The way as it is drawn, in short straight pieces.
        (points,) = link.get_path().to_polygons(axes_scale, closed_only=False)
        points = points / 100
        for a, b in itertools.pairwise(points):
            for t in np.linspace(0, 1, 30):
                x, y = a + t * (b - a)
                assert not any(left + 1e-3 < x < right - 1e-3 and top + 1e-3 < y < bottom - 1e-3
                               for left, top, right, bottom in found.values())


@pytest.mark.parametrize("name", MODELS)
def test_no_arrow_is_drawn_through_the_head_of_a_frame(drawn, name):
    figure = drawn(name, nested=True)
    (axes,) = figure.axes
    words = [text.get_window_extent() for text in axes.texts]
    for link in (patch for patch in axes.patches if patch.get_gid() == "link"):
        for points in link.get_path().to_polygons(axes.transData, closed_only=False):
            for a, b in itertools.pairwise(points):
                for x, y in (a + t * (b - a) for t in np.linspace(0, 1, 30)):
                    assert not any(box.contains(x, y) for box in words)


def test_a_longer_name_makes_wider_boxes_up_to_a_limit():
    def width(name):
        x = Input((4,), name="x")
        return boxes(architecture(Model(x, Dense(2, name=name)(x), name="m")))["x"][2]
    assert width("d") < width("d" * 25) < width("d" * 40) == pytest.approx(width("d" * 80), rel=0.01)


def test_size_follows_the_network(drawn):
    one, two = drawn("LeNet5Modern").get_size_inches(), drawn("residual").get_size_inches()
    assert one[1] > two[1]
    assert drawn("LeNet5").dpi == DPI


@pytest.mark.parametrize(("options", "there", "away"), [
    ({}, ["conv1", "Conv2D", "24x24x6", "156 parameters"], ["Conv2D, relu", "float32", "trainable"]),
    ({"names": False}, ["Conv2D"], ["conv1"]),
    ({"types": False}, ["conv1"], ["Conv2D"]),
    ({"shapes": False}, ["156 parameters"], ["24x24x6"]),
    ({"parameters": False}, ["24x24x6"], ["156 parameters"]),
    ({"activations": True}, ["Conv2D, relu", "Dense, softmax", "MaxPooling2D"], ["Conv2D"]),
    ({"dtypes": True}, ["float32"], []),
    ({"trainable": True}, ["trainable"], ["frozen"]),
])
def test_what_is_written(drawn, texts_of, options, there, away):
    texts = texts_of(drawn("LeNet5Modern", **options))
    assert set(there) <= set(texts)
    assert not set(away) & set(texts)


def test_frozen_layers_and_activation_layers(texts_of):
    model = Sequential([Dense(3, input_shape=(4,), name="a", trainable=False), Activation("tanh", name="b")], name="m")
    texts = texts_of(architecture(model, trainable=True, activations=True))
    assert "frozen" in texts
    assert "Activation, tanh" in texts
    assert "trainable" not in texts  # a layer without parameters is neither
    assert "2 layers, 15 parameters, 0 of them trainable" in texts


def test_a_network_that_begins_in_the_middle(texts_of):
    model = LeNet5Modern()
    inner = Model(model.get_layer("pool1").output, model.get_layer("pool2").output, name="middle")
    figure = architecture(inner)
    assert edges(figure) == [("conv2", "pool2"), (inner.graph.inputs[0].call.layer.name, "conv2")]
    assert "2 layers, 2,416 parameters" in texts_of(figure)


def test_two_outputs_of_one_layer_and_an_unused_input(legible):
    x, y = Input((4,), name="x"), Input((4,), name="unused")
    dense = Dense(2, name="dense")(x)
    figure = architecture(Model([x, y], [dense, ReLU(name="relu")(dense)], name="m"))
    assert edges(figure) == [("dense", "relu"), ("x", "dense")]
    assert "unused" in boxes(figure)
    legible(figure)


def test_the_model_is_as_before():
    model = siamese()
    before = [array.copy() for array in model.get_weights()]
    architecture(model, nested=True)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_residual_network_of_many_layers(legible):
    x = image = Input((8, 8, 4), name="image")
    for i in range(30):
        y = ReLU(name=f"relu{i}")(BatchNormalization(name=f"norm{i}")(Conv2D(4, 3, padding="same", name=f"conv{i}")(x)))
        x = Add(name=f"sum{i}")([x, y])
    figure = architecture(Model(image, GlobalAveragePooling2D(name="mean")(x), name="long"))
    width, height = figure.get_size_inches()
    assert 0.8 < width / height < 2.5
    assert len(boxes(figure)) == 122
    assert len(arrows(figure)) == 151
    overlapping = [(a, b) for (a, one), (b, other) in itertools.combinations(boxes(figure).items(), 2)
                   if one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]]
    assert overlapping == []


# -- bad input -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("model", "options", "told"), [
    ("a picture", {}, "visualize.architecture: this is no model. Expected a Model or Sequential, received 'a picture'"),
    (Sequential([Dense(3)], name="s"), {}, "Sequential 's': the model is not built: its input shape is unknown"),
    (Sequential(name="s"), {}, "Sequential 's': the model has no layers"),
    (LeNet5(), {"direction": "up"}, "unknown direction. Expected 'down' or 'right', received 'up'"),
    (LeNet5(), {"names": False, "types": False}, "nothing would tell the boxes apart"),
    (LeNet5(), {"save": "picture.gif"}, "Expected '.png', '.svg' or '.pdf', received '.gif'"),
])
def test_what_cannot_be_drawn(model, options, told):
    with pytest.raises(MinicnnError, match=re.escape(told)):
        architecture(model, **options)
