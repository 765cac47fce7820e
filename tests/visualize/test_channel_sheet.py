"""The maps of one layer, read back: all channels for one image, one channel over many images."""

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.applications import LeNet5, LeNet5Modern, lenet5_images
from minicnn.datasets import digits
from minicnn.layers import Concatenate, Conv2D, Dense, Flatten, MaxPooling2D, ReLU, Reshape
from minicnn.models import Input, Model, Sequential
from minicnn.visualize import channel_maps, channel_over_images, channel_sheet

BYTES = digits.load_data()[1][0][:12]
LENET5, MODERN = LeNet5(), LeNet5Modern()
IMAGES5, IMAGES = lenet5_images(BYTES), BYTES[..., None] / np.float32(255)
RNG = np.random.default_rng(4)


def by_number(axes):
    """The pictures on axes, by the number under each."""
    found = {}
    for image in axes.images:
        left, right, bottom, _ = image.get_extent()
        (number,) = [text.get_text() for text in axes.texts if left < text.get_position()[0] < right
                     and 0 < text.get_position()[1] - bottom < 0.1]
        found[int(number)] = np.asarray(image.get_array())
    return found


def wide(filters, **options):
    return Sequential([Conv2D(filters, 1, name="conv", input_shape=(3, 3, 1), **options)])


# -- all channels ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("model", "images", "layer"), [
    (LENET5, IMAGES5, "C3"), (LENET5, IMAGES5, "S4"), (MODERN, IMAGES, "conv1"), (MODERN, IMAGES, "conv1/pre"),
    (MODERN, IMAGES, "pool2"),
])
def test_every_channel_stands_over_its_number(model, images, layer, axes_of):
    found = by_number(axes_of(channel_maps(model, images[3], layer))["maps"])
    value = model.activations(images[3:4])[layer][0]
    assert [*found] == [*range(value.shape[-1])]
    np.testing.assert_array_equal(np.stack([*found.values()], axis=-1), value)


def test_the_image_stands_beside_its_maps(axes_of):
    (drawn,) = axes_of(channel_maps(MODERN, IMAGES[3], "conv1"))["input"].images
    np.testing.assert_array_equal(drawn.get_array(), IMAGES[3, ..., 0])


def places(axes):
    columns = {round(image.get_extent()[0], 6) for image in axes.images}
    rows = {round(image.get_extent()[3], 6) for image in axes.images}
    return len(rows), len(columns)


@pytest.mark.parametrize(("count", "square"), [(1, (1, 1)), (6, (2, 3)), (16, (4, 4)), (49, (7, 7)), (50, (7, 8))])
def test_the_grid_is_nearly_square(count, square, axes_of):
    assert places(axes_of(channel_maps(wide(64), np.ones((3, 3, 1)), "conv", count))["maps"]) == square


def test_the_first_49(axes_of, texts_of):
    figure = channel_maps(wide(64), np.ones((3, 3, 1)), "conv", channels=49)
    assert [*by_number(axes_of(figure)["maps"])] == [*range(49)]
    assert {"conv: 49 maps of 3×3", "channels 0 to 48 of 64"} <= set(texts_of(figure))  # noqa: RUF001


def test_certain_channels(axes_of):
    found = by_number(axes_of(channel_maps(LENET5, IMAGES5[0], "C3", [7, 2, 15]))["maps"])
    assert [*found] == [7, 2, 15]
    np.testing.assert_array_equal(found[15], LENET5.activations(IMAGES5[:1])["C3"][0, ..., 15])


def test_of_very_many_channels_some_are_drawn(monkeypatch, axes_of, texts_of):
    monkeypatch.setattr(channel_sheet, "MOST_CHANNELS", 5)
    figure = channel_maps(wide(7), np.ones((3, 3, 1)), "conv")
    assert len(axes_of(figure)["maps"].images) == 5
    assert "channels 0 to 4 of 7; channels=[...] draws others" in texts_of(figure)


def test_all_are_on_the_scale_of_the_layer(axes_of):
    value = MODERN.activations(IMAGES[:1])
    images = axes_of(channel_maps(MODERN, IMAGES[0], "conv1", 2))["maps"].images
    assert {image.get_clim() for image in images} == {(0, value["conv1"].max())}
    largest = np.abs(value["conv1/pre"]).max()
    images = axes_of(channel_maps(MODERN, IMAGES[0], "conv1/pre"))["maps"].images
    assert {image.get_clim() for image in images} == {(-largest, largest)}


def test_each_on_its_own_scale(axes_of, texts_of):
    figure = channel_maps(MODERN, IMAGES[0], "conv1", own_scales=True)
    images = axes_of(figure)["maps"].images
    value = MODERN.activations(IMAGES[:1])["conv1"][0]
    assert [image.get_clim()[1] for image in images] == [largest or 1 for largest in value.max(axis=(0, 1)).tolist()]
    assert any("each channel on its own scale" in text for text in texts_of(figure))
    assert "scale" not in axes_of(figure)


def test_silent_channels_are_counted(texts_of):
    model = Sequential([Conv2D(4, 1, name="conv", activation="relu", input_shape=(2, 2, 1))])
    model.set_weights([np.array([[[[1.0, -1.0, -2.0, 3.0]]]]), np.zeros(4)])
    assert "2 of them zero everywhere" in texts_of(channel_maps(model, np.ones((2, 2, 1)), "conv"))
    assert "channels 1 to 3 of 4; 2 of them zero everywhere" in texts_of(
        channel_maps(model, np.ones((2, 2, 1)), "conv", [1, 2, 3]))


def branches():
    """Two inputs, a model that is a layer, and two outputs."""
    inner = Sequential([Conv2D(2, 2, activation="relu", name="conv", input_shape=(5, 5, 1)), Flatten(name="flat")],
                       name="inner")
    x = Input((5, 5, 1), name="x")
    y = inner(x)
    return Model(x, [Dense(1, name="one")(y), Dense(2, name="two")(y)], name="branches")


def test_a_layer_inside_of_a_layer(axes_of):
    model, x = branches(), RNG.normal(size=(5, 5, 1)).astype(np.float32)
    found = by_number(axes_of(channel_maps(model, x, "inner/conv/pre"))["maps"])
    np.testing.assert_array_equal(np.stack([*found.values()], -1), model.activations(x[None])["inner/conv/pre"][0])


def test_only_what_leads_to_the_layer_is_computed():
    model = Sequential([Conv2D(2, 2, name="conv", input_shape=(4, 4, 1)), Flatten(), Dense(2, name="broken")])
    model.get_layer("broken").params["bias"][0] = np.nan
    channel_maps(model, np.ones((4, 4, 1)), "conv")


# -- one channel -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("model", "images", "layer", "channel"), [
    (LENET5, IMAGES5, "C3", 7), (MODERN, IMAGES, "conv1/pre", 0), (MODERN, IMAGES, "pool2", 15)])
def test_one_channel_over_images(model, images, layer, channel, axes_of, texts_of):
    figure = channel_over_images(model, images, layer, channel)
    axes = axes_of(figure)
    expected = model.activations(images)[layer][..., channel]
    found = by_number(axes["maps"])
    assert [*found] == [*range(12)]
    np.testing.assert_allclose(np.stack([*found.values()]), expected, atol=1e-5)
    np.testing.assert_array_equal(np.stack([image.get_array() for image in axes["images"].images]), images[..., 0])
    for above, below in zip(axes["images"].images, axes["maps"].images, strict=True):
        assert sum(above.get_extent()[:2]) == pytest.approx(sum(below.get_extent()[:2]))
        assert above.get_extent()[2] < below.get_extent()[3]  # downward: the image ends before the map begins
    assert f"{layer}, channel {channel}, over 12 images" in texts_of(figure)
    assert len({image.get_clim() for image in axes["maps"].images}) == 1


def test_of_many_images_the_first_are_drawn(monkeypatch, axes_of, texts_of):
    monkeypatch.setattr(channel_sheet, "MOST_IMAGES", 11)
    figure = channel_over_images(MODERN, IMAGES, "conv1", 0)
    assert len(axes_of(figure)["maps"].images) == 11
    assert "the first 11 of 12 images; above the image, below the map" in texts_of(figure)


def test_one_image_is_enough(axes_of, texts_of):
    figure = channel_over_images(MODERN, IMAGES[0], "conv1", 3)
    assert len(axes_of(figure)["maps"].images) == 1
    assert "conv1, channel 3, over one image" in texts_of(figure)


def test_inputs_that_are_no_pictures_are_left_out(axes_of, texts_of):
    model = Sequential([Conv2D(2, 2, name="conv", input_shape=(4, 4, 5))])
    figure = channel_over_images(model, RNG.normal(size=(3, 4, 4, 5)), "conv", 1)
    assert not axes_of(figure)["images"].images
    assert "the inputs are no pictures" in texts_of(figure)


def two_inputs():
    left, right = Input((4, 4, 1), name="left"), Input((4, 4, 1), name="right")
    both = Concatenate(name="both")([left, right])
    return Model([left, right], Conv2D(2, 2, name="conv")(both))


def test_two_inputs(axes_of):
    model, x = two_inputs(), [RNG.normal(size=(3, 4, 4, 1)).astype(np.float32) for _ in range(2)]
    found = by_number(axes_of(channel_over_images(model, x, "conv", 1))["maps"])
    np.testing.assert_allclose(np.stack([*found.values()]), model.activations(x)["conv"][..., 1], atol=1e-6)


def test_colors_are_drawn_as_colors(axes_of):
    x = RNG.random((2, 5, 5, 3)).astype(np.float32)
    model = Sequential([Conv2D(2, 2, name="conv", input_shape=(5, 5, 3)), ReLU(), MaxPooling2D()])
    drawn = axes_of(channel_over_images(model, x, "conv", 0))["images"].images
    np.testing.assert_allclose(np.stack([image.get_array() for image in drawn]), x)


def test_one_image_for_each_of_two_inputs(axes_of):
    model, x = two_inputs(), [RNG.normal(size=(4, 4, 1)).astype(np.float32) for _ in range(2)]
    axes = axes_of(channel_maps(model, {"right": x[1], "left": x[0][None]}, "conv"))
    expected = model.activations([x[0][None], x[1][None]])["conv"][0]
    np.testing.assert_array_equal(np.stack([*by_number(axes["maps"]).values()], axis=-1), expected)
    assert "input" not in axes
    with pytest.raises(MinicnnError, match=r"the model has 2 inputs\. Expected a list of 2 or a dict by name"):
        channel_maps(model, x[0], "conv")
    with pytest.raises(MinicnnError, match=r"input 'right': one image is wanted.* Pass one of them: x\[0\]"):
        channel_maps(model, [x[0], np.ones((3, 4, 4, 1))], "conv")


# -- both ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("draw", [
    lambda: channel_maps(LENET5, IMAGES5[0], "C3"), lambda: channel_maps(MODERN, IMAGES[0], "pool1"),
    lambda: channel_maps(wide(1, kernel_initializer="zeros"), np.zeros((3, 3, 1)), "conv"),
    lambda: channel_maps(wide(200), 1e-6 * np.ones((3, 3, 1)), "conv"),
    lambda: channel_maps(wide(1), np.ones((3, 3, 1)), "conv", own_scales=True),
    lambda: channel_maps(Sequential([Conv2D(30, (1, 5), name=9 * "$long ", input_shape=(1, 90, 1))]),
                         RNG.normal(size=(1, 90, 1)), 9 * "$long "),
    lambda: channel_over_images(LENET5, IMAGES5, "S4", 0), lambda: channel_over_images(MODERN, IMAGES[0], "conv1", 0),
    lambda: channel_over_images(Sequential([Conv2D(2, (30, 1), name="conv", input_shape=(90, 1, 1))]),
                                RNG.normal(size=(12, 90, 1, 1)), "conv", 0),
])
def test_texts_are_legible(draw, legible):
    legible(draw())


@pytest.mark.parametrize("draw", [channel_maps, channel_over_images])
@pytest.mark.parametrize(("model", "x", "layer", "message"), [
    (LENET5, IMAGES5[0], "F6", r"layer 'F6': the layer has no maps of several positions. Expected \(H, W, C\), "
                               r"received shape \(None, 84\). The last layer that has is 'S4'. visualize.feature_maps"),
    (LENET5, IMAGES5[0], "C5", r"received shape \(None, 1, 1, 120\). The last layer that has is 'S4'"),
    (Sequential([Dense(6, name="end", input_shape=(2,)), Reshape((2, 3), name="shape")]), np.ones(2), "shape",
     r"received shape \(None, 2, 3\). visualize.feature_maps draws it"),
    (LENET5, IMAGES5[0], "C4", "layer 'C4': no such name is known"),
    (LENET5, IMAGES[0], "C3", r"shape \((N, )?32, 32, 1\), received shape \(28, 28, 1\)"),
    (LENET5, IMAGES5[0, ..., 0], "C3", "The .*channel.* missing: pass x"),
])
def test_what_cannot_be_drawn(draw, model, x, layer, message):
    with pytest.raises(MinicnnError, match=message):
        draw(model, x, layer, 1)


@pytest.mark.parametrize("draw", [channel_maps, channel_over_images])
def test_bytes_for_a_network_of_floats(draw):
    with pytest.raises(MinicnnError, match=r"the image holds bytes, but the model does not rescale them"):
        draw(MODERN, BYTES[0, ..., None], "conv1", 1)


def test_several_images_for_one():
    with pytest.raises(MinicnnError, match=r"visualize.channel_maps.*one image is wanted.*Pass one of them: x\[0\]"):
        channel_maps(LENET5, IMAGES5, "C3")


def test_channels_out_of_range():
    with pytest.raises(MinicnnError, match=r"no such one among the channels of C3. Expected an integer from 0 to 15, "
                                           "received 16"):
        channel_over_images(LENET5, IMAGES5, "C3", 16)
    with pytest.raises(MinicnnError, match=r"channel_maps: channels=17 asks for the first 17\. Expected 1 to 16"):
        channel_maps(LENET5, IMAGES5[0], "C3", 17)


def test_a_diverged_network():
    model = wide(2)
    model.get_layer("conv").params["bias"][0] = np.nan
    with pytest.raises(MinicnnError, match=r"visualize.channel_maps: conv: 9 of 18 values are not finite"):
        channel_maps(model, np.ones((3, 3, 1)), "conv")
    with pytest.raises(MinicnnError, match=r"visualize.channel_over_images: conv: 9 of 9 values are not finite"):
        channel_over_images(model, np.ones((3, 3, 1)), "conv", 0)


def test_nothing_is_modified():
    model, x = LeNet5(), IMAGES5.copy()
    for array in (*model.params.values(), x):
        array.flags.writeable = False
    before = model.get_weights()
    channel_maps(model, x[0], "C3")
    channel_over_images(model, x, "C3", 0)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
