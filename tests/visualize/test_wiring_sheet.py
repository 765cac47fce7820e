"""The picture of one map and what it is made of, read back."""

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.applications import LeNet5, LeNet5Modern, lenet5_images
from minicnn.datasets import digits
from minicnn.layers import Activation, Conv2D, Conv2DTranspose, DepthwiseConv2D, Flatten, TableConv2D
from minicnn.models import Input, Model, Sequential
from minicnn.visualize import connection_wiring, drawing, kernel_grid
from minicnn.visualize.wiring import wiring

BYTES = digits.load_data()[1][0][19:20]
LENET5, MODERN = LeNet5(), LeNet5Modern()
IMAGE5, IMAGE = lenet5_images(BYTES)[0], BYTES[0, :, :, None] / np.float32(255)
RNG = np.random.default_rng(2)


@pytest.fixture(scope="module")
def c3_7():
    return connection_wiring(LENET5, "C3", 7, IMAGE5)


def arrays(axes):
    return [np.asarray(image.get_array()) for image in axes.images]


def test_the_four_maps_that_map_7_reads(c3_7, axes_of):
    values, axes = LENET5.activations(IMAGE5[None]), axes_of(c3_7)
    assert [text.get_text() for text in axes["inputs"].texts] == ["1", "2", "3", "4"]
    for column, expected in (("inputs", values["S2"][0]), ("kernels", kernel_grid(LENET5.get_layer("C3"))[..., 7])):
        np.testing.assert_array_equal(np.stack(arrays(axes[column]), axis=-1), expected[..., [1, 2, 3, 4]])


def test_what_the_kernels_make_of_them_adds_up(c3_7, axes_of):
    values, axes = LENET5.activations(IMAGE5[None]), axes_of(c3_7)
    products = np.stack(arrays(axes["products"]))
    bias = LENET5.get_layer("C3").bias[7]
    assert products.shape == (4, 10, 10)
    np.testing.assert_allclose(products.sum(axis=0) + bias, values["C3/pre"][0, ..., 7], atol=1e-5)
    np.testing.assert_array_equal(arrays(axes["sum"])[0], values["C3/pre"][0, ..., 7])
    np.testing.assert_array_equal(arrays(axes["output"])[0], values["C3"][0, ..., 7])


def test_each_column_has_one_scale_which_is_written_below(c3_7, axes_of, texts_of):
    axes = axes_of(c3_7)
    for name in ("inputs", "kernels", "products", "sum", "output"):
        ((low, high),) = {image.get_clim() for image in axes[name].images}
        assert low == -high
        if name in ("products", "sum", "output"):
            assert high == max(np.abs(array).max() for array in arrays(axes[name]))
        assert any(text.startswith(f"±{drawing.short(high)}") for text in texts_of(c3_7))
    assert {"C3, map 7: reads 4 of 6 maps of S2", "below each column its scale"} <= set(texts_of(c3_7))
    assert any(text.endswith(f"bias {drawing.short(LENET5.get_layer('C3').bias[7])}") for text in texts_of(c3_7))


def test_pictures_stand_beside_those_they_belong_to(c3_7, axes_of):
    axes = axes_of(c3_7)
    heights = [[sum(image.get_extent()[2:]) / 2 for image in axes[name].images]
               for name in ("inputs", "kernels", "products")]
    np.testing.assert_allclose(heights[1:], heights[:1] * 2)
    lefts = [axes[name].images[0].get_extent()[0] for name in ("inputs", "kernels", "products", "sum", "output")]
    assert lefts == sorted(lefts)
    assert len([wire for wire in axes["wires"].texts if wire.get_gid() == "wire"]) == 4 + 4 + 4 + 1 + 1


def test_the_curve_is_the_activation(c3_7, axes_of):
    lines = {line.get_gid(): line for line in axes_of(c3_7)["curve"].lines}
    x, y = lines["sums"].get_data()
    np.testing.assert_allclose(y, 1.7159 * np.tanh(2 / 3 * x), rtol=1e-6)
    summed = LENET5.activations(IMAGE5[None])["C3/pre"][0, ..., 7]
    assert (x[0], x[-1]) == pytest.approx((summed.min(), summed.max()))


@pytest.mark.parametrize("layer", [
    Conv2D(4, 3, padding="same", strides=2, groups=2, activation="relu", name="conv"),
    Conv2D(4, (2, 3), dilation_rate=2, use_bias=False, name="conv"),
    DepthwiseConv2D(3, depth_multiplier=2, padding=((1, 0), (2, 1)), activation="tanh", name="conv"),
    TableConv2D([[1, 0, 1, 1], [0, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 1]], 2, strides=(1, 2), name="conv"),
], ids=str)
def test_the_parts_of_every_convolution_add_up(layer):
    model = Sequential([Input((9, 8, 4)), Activation("tanh", name="before"), layer])
    model.set_weights([RNG.normal(size=p.shape) for p in model.get_weights()])
    x = RNG.normal(size=(9, 8, 4))
    values = model.activations(x[None])
    for number in range(4):
        wires = wiring(model, "conv", number, x)
        assert wires.before == "before"
        np.testing.assert_array_equal(wires.values.inputs, values["before"][0][..., wires.maps])
        np.testing.assert_allclose(wires.values.products.sum(axis=-1) + (wires.bias or 0), wires.values.sum, atol=1e-5)
        np.testing.assert_array_equal(wires.values.output, values["conv"][0, ..., number])


def test_without_an_image_boxes_stand_for_maps(axes_of, boxes_of, texts_of):
    figure = connection_wiring(LENET5, "C3", 0)
    axes = axes_of(figure)
    assert "products" not in axes
    assert not axes["inputs"].images
    assert len(boxes_of(axes["inputs"], "boxes")) == len(axes["kernels"].images) == 3
    assert [text.get_text() for text in axes["inputs"].texts] == ["0", "1", "2"]
    assert {"sum + bias", "scaled_tanh", "map 0 of C3", "C3, map 0: reads 3 of 6 maps of S2"} <= set(texts_of(figure))


def test_without_an_activation_the_sum_is_the_end(axes_of):
    model = Sequential([Conv2D(2, 2, name="conv", input_shape=(4, 4, 1))])
    assert not {"curve", "output"} & axes_of(connection_wiring(model, "conv", 1, np.ones((4, 4, 1)))).keys()


def test_of_many_input_maps_some_are_drawn_and_all_added(axes_of, texts_of):
    model = Sequential([Conv2D(2, 2, name="conv", input_shape=(4, 4, 40))])
    x = RNG.normal(size=(4, 4, 40))
    figure = connection_wiring(model, "conv", 1, x)
    assert len(axes_of(figure)["products"].images) == 16
    np.testing.assert_allclose(arrays(axes_of(figure)["sum"])[0], model.predict(x[None], verbose=0)[0, ..., 1],
                               atol=1e-6)
    assert any("the first 16 of 40 input maps are drawn, all are in the sum" in text for text in texts_of(figure))


def nested():
    inner = Sequential([Conv2D(2, 2, activation="relu", name="conv", input_shape=(5, 5, 1)), Flatten(name="flat")],
                       name="inner")
    x = Input((5, 5, 1))
    return Model(x, inner(x), name="outer")


def test_a_layer_inside_of_a_layer():
    wires = wiring(nested(), "inner/conv", 1, np.ones((5, 5, 1)))
    np.testing.assert_array_equal(wires.values.output, np.maximum(wires.values.sum, 0))


@pytest.mark.parametrize("arguments", [
    (LENET5, "C3", 15, IMAGE5), (LENET5, "C3", 0), (LENET5, "C1", 5, IMAGE5), (LENET5, "C5", 0, IMAGE5),
    (MODERN, "conv2", 3, IMAGE), (MODERN, "conv1", 0), (nested(), "inner/conv", 0, np.zeros((5, 5, 1))),
    (Sequential([Conv2D(2, 1, activation="softmax", name=9 * "$long ", input_shape=(1, 30, 2))]), 9 * "$long ", 1,
     1e6 * RNG.normal(size=(1, 30, 2))),
], ids=lambda value: str(value)[:12])
def test_texts_are_legible(arguments, legible):
    legible(connection_wiring(*arguments))


@pytest.mark.parametrize(("arguments", "message"), [
    ((LENET5, "S2"), "visualize.connection_wiring: Subsampling2D 'S2': this layer has no kernels. Expected one of "
                     "'C1', 'C3', 'C5'"),
    ((LENET5, "C3", 16), "no such one among the maps of C3. Expected an integer from 0 to 15, received 16"),
    ((LENET5, "C3", 0, IMAGE), r"visualize.connection_wiring.*Expected shape \(32, 32, 1\), received shape \(28, 28"),
    ((LENET5, "C3", 0, np.stack([IMAGE5, IMAGE5])), r"one image is wanted.*Pass one of them: x\[0\]"),
    ((Sequential([Conv2DTranspose(2, 2, name="up", input_shape=(2, 2, 1))]), "up"),
     "a transposed convolution paints.* visualize.kernels draws its kernels"),
], ids=lambda value: str(value)[:12])
def test_no_wiring(arguments, message):
    with pytest.raises(MinicnnError, match=message):
        connection_wiring(*arguments)


def test_nothing_is_modified():
    model, x = LeNet5(), IMAGE5.copy()
    for array in (*model.params.values(), x):
        array.flags.writeable = False
    before = model.get_weights()
    connection_wiring(model, "C3", 2, x)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
