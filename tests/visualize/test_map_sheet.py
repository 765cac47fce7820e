"""The picture of one image on its way through a network, read back."""

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.applications import LeNet5, LeNet5Modern, lenet5_images
from minicnn.datasets import digits, rbf_codes
from minicnn.layers import RBF, Activation, AveragePooling2D, Concatenate, Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from minicnn.models import Input, Model, Sequential
from minicnn.visualize import feature_maps, layer_outputs
from minicnn.visualize.map_rows import MOST_MAPS, MOST_NUMBERS

BYTES = digits.load_data()[1][0][:1]
RNG = np.random.default_rng(5)
LENET5, MODERN = LeNet5(), LeNet5Modern()
IMAGE5, IMAGE = lenet5_images(BYTES)[0], BYTES[0, :, :, None].astype(np.float32) / 255


@pytest.fixture(scope="module")
def lenet5():
    return feature_maps(LENET5, IMAGE5)


@pytest.fixture(scope="module")
def modern():
    return feature_maps(MODERN, IMAGE)


def arrays(axes):
    return [np.asarray(image.get_array()) for image in axes.images]


def test_the_layers_of_lenet5_from_top_to_bottom(lenet5, axes_of):
    axes = {name: a for name, a in axes_of(lenet5).items() if not name.startswith("scale of")}
    assert [*axes] == ["input", "C1", "S2", "C3", "S4", "C5", "F6", "RBF"]
    tops = [a.get_position().y1 for a in axes.values()]
    assert tops == sorted(tops, reverse=True)


@pytest.mark.parametrize("name", ["C1", "S2", "C3", "S4"])
def test_maps_of_lenet5(lenet5, name, axes_of):
    value = layer_outputs(LENET5, IMAGE5)[name]
    np.testing.assert_array_equal(np.stack(arrays(axes_of(lenet5)[name]), axis=-1), value)


@pytest.mark.parametrize("name", ["conv1", "pool1", "conv2", "pool2"])
def test_maps_of_modern(modern, name, axes_of):
    value = layer_outputs(MODERN, IMAGE)[name]
    np.testing.assert_array_equal(np.stack(arrays(axes_of(modern)[name]), axis=-1), value)


def test_the_input_runs_from_its_smallest_to_its_largest_number(lenet5, axes_of):
    (image,) = axes_of(lenet5)["input"].images
    np.testing.assert_array_equal(image.get_array(), IMAGE5[..., 0])
    assert image.get_clim() == (IMAGE5.min(), IMAGE5.max())
    assert image.get_cmap().name == "gray_r"


def test_vectors_are_strips(lenet5, modern, axes_of):
    for figure, model, image, name in ((lenet5, LENET5, IMAGE5, "C5"), (modern, MODERN, IMAGE, "dense2")):
        (strip,) = arrays(axes_of(figure)[name])
        np.testing.assert_array_equal(strip, layer_outputs(model, image)[name].reshape(1, -1))


def test_numbers_of_both_signs_have_a_symmetric_scale(lenet5, axes_of):
    for name in ("C1", "S2", "C3", "S4", "C5"):
        largest = np.abs(layer_outputs(LENET5, IMAGE5)[name]).max()
        images = axes_of(lenet5)[name].images
        assert {image.get_clim() for image in images} == {(-largest, largest)}
        assert {image.get_cmap().name for image in images} == {"RdBu_r"}


def test_numbers_of_one_sign_start_at_zero(modern, axes_of):
    for name in ("conv1", "pool1", "conv2", "pool2", "dense1", "dense2", "output"):
        images = axes_of(modern)[name].images
        assert {image.get_clim() for image in images} == {(0, layer_outputs(MODERN, IMAGE)[name].max())}
        assert {image.get_cmap().name for image in images} == {"gray_r"}


def test_f6_is_a_bitmap_beside_its_nearest_code(lenet5, axes_of, texts_of):
    numbers, code = arrays(axes_of(lenet5)["F6"])
    outputs = layer_outputs(LENET5, IMAGE5)
    winner = int(outputs["RBF"].argmin())
    np.testing.assert_array_equal(numbers, outputs["F6"].reshape(12, 7))
    np.testing.assert_array_equal(code, rbf_codes.prototypes(str(winner)).reshape(12, 7))
    assert f"right: the nearest code, that of class {winner}" in texts_of(lenet5)
    assert len({image.get_clim() for image in axes_of(lenet5)["F6"].images}) == 1


def test_84_numbers_that_feed_no_codes_are_a_strip(modern, axes_of):
    assert axes_of(modern)["dense2"].images[0].get_array().shape == (1, 84)


def test_the_code_is_found_through_layers_that_hand_on(axes_of):
    model = Sequential([Input((84,)), Dense(84, name="f6"), Dropout(0.5), RBF(rbf_codes.prototypes("A7"))])
    model.get_layer("f6").set_weights([np.eye(84), np.zeros(84)])
    figure = feature_maps(model, rbf_codes.prototypes("7")[0] * 0.9)
    np.testing.assert_array_equal(arrays(axes_of(figure)["f6"])[1], rbf_codes.prototypes("7").reshape(12, 7))


def test_of_penalties_the_smallest_wins_and_is_darkest(lenet5, axes_of, boxes_of, texts_of):
    axes, y = axes_of(lenet5)["RBF"], layer_outputs(LENET5, IMAGE5)["RBF"]
    assert [array.item() for array in arrays(axes)] == y.tolist()
    (winner,) = [i for i, image in enumerate(axes.images) if inside(image, *boxes_of(axes, "winner"))]
    assert winner == y.argmin()
    grays = [image.get_cmap()(image.norm(image.get_array().item()))[0] for image in axes.images]
    assert (np.diff(np.array(grays)[np.argsort(y)]) >= 0).all()  # the larger, the lighter
    assert min(grays) < max(grays)
    assert f"smallest wins: {winner}" in texts_of(lenet5)


def test_of_scores_the_largest_wins_and_is_darkest(modern, axes_of, boxes_of, texts_of):
    axes, y = axes_of(modern)["output"], layer_outputs(MODERN, IMAGE)["output"]
    (winner,) = [i for i, image in enumerate(axes.images) if inside(image, *boxes_of(axes, "winner"))]
    assert winner == y.argmax()
    grays = [image.get_cmap()(image.norm(image.get_array().item()))[0] for image in axes.images]
    assert (np.diff(np.array(grays)[np.argsort(y)]) <= 0).all()  # the larger, the darker
    assert min(grays) < max(grays)
    assert f"largest wins: {winner}" in texts_of(modern)


def inside(image, place):
    left, right, bottom, top = image.get_extent()
    return left < place[0] < right and top < place[1] < bottom


def test_outputs_carry_their_number_and_class(modern, axes_of):
    texts = [text.get_text() for text in axes_of(modern)["output"].texts]
    y = layer_outputs(MODERN, IMAGE)["output"]
    assert texts[0::2] == [f"{value:.2f}" for value in y]
    assert texts[1::2] == [str(i) for i in range(10)]


def test_names_shapes_and_what_is_left_out_are_written(lenet5, texts_of):
    texts = texts_of(lenet5)
    for text in ("lenet5: one image through all layers", "input", "C1", "28×28×6", "1×1×120", "RBF",  # noqa: RUF001
                 "not drawn, for the numbers stay the same: flatten"):
        assert text in texts


def test_many_layers_left_out_are_counted(texts_of):
    model = Sequential([Input((4,)), *(Dropout(0.1, name=f"d{i}") for i in range(7)), Dense(2)])
    assert "not drawn, for the numbers stay the same: d0, d1, d2, d3 and 3 more" in texts_of(
        feature_maps(model, np.ones(4)))


def test_of_many_maps_the_first_are_drawn(axes_of, texts_of):
    model = Sequential([Conv2D(MOST_MAPS + 1, 1, name="conv", input_shape=(2, 3, 1))])
    figure = feature_maps(model, RNG.normal(size=(2, 3, 1)))
    assert len(axes_of(figure)["conv"].images) == MOST_MAPS
    assert f"the first {MOST_MAPS} maps" in texts_of(figure)


def test_of_a_long_vector_the_first_numbers_are_drawn(axes_of, texts_of):
    model = Sequential([Dense(MOST_NUMBERS + 1, name="long", input_shape=(2,)), Dense(2, name="end")])
    figure = feature_maps(model, [1.0, 2.0])
    value = layer_outputs(model, [1.0, 2.0])["long"]
    np.testing.assert_array_equal(arrays(axes_of(figure)["long"])[0].reshape(-1), value[:MOST_NUMBERS])
    assert "the first 1,024" in texts_of(figure)


@pytest.mark.parametrize("winner", [0, 17, 299])
def test_of_many_outputs_the_winner_is_framed_in_the_strip(winner, axes_of, boxes_of, texts_of):
    model = Sequential([Dense(300, name="end", input_shape=(1,))])
    model.set_weights([np.zeros((1, 300)), np.eye(300)[winner]])
    figure = feature_maps(model, [1.0])
    (image,) = axes_of(figure)["end"].images
    left, right, bottom, top = image.get_extent()
    ((x, y),) = boxes_of(axes_of(figure)["end"], "winner")
    rows, columns = image.get_array().shape
    framed = int((y - top) / (bottom - top) * rows), int((x - left) / (right - left) * columns)
    assert framed == divmod(winner, 128)
    assert np.asarray(image.get_array())[framed] == 1
    assert f"largest wins: {winner}" in texts_of(figure)


def test_a_winner_beyond_what_is_drawn_is_only_named(axes_of, boxes_of, texts_of):
    model = Sequential([Dense(1030, name="end", input_shape=(1,))])
    model.set_weights([np.zeros((1, 1030)), np.eye(1030)[1029]])
    figure = feature_maps(model, [1.0])
    assert boxes_of(axes_of(figure)["end"], "winner") == []
    assert "largest wins: 1029" in texts_of(figure)


def test_a_single_output_wins_nothing(axes_of, boxes_of, texts_of):
    figure = feature_maps(Sequential([Dense(1, name="end", input_shape=(2,))]), [1.0, 2.0])
    assert boxes_of(axes_of(figure)["end"], "winner") == []
    assert not any("wins" in text for text in texts_of(figure))


def test_colors_are_drawn_as_colors(axes_of):
    x = RNG.random((6, 5, 3)).astype(np.float32)
    figure = feature_maps(Sequential([Conv2D(2, 3, input_shape=(6, 5, 3))]), x)
    np.testing.assert_array_equal(arrays(axes_of(figure)["input"])[0], x)


def test_certain_layers(axes_of, texts_of):
    figure = feature_maps(MODERN, IMAGE, ["pool2", "conv1/pre"])
    values = MODERN.activations(IMAGE[None])
    assert [name for name in axes_of(figure) if not name.startswith("scale")] == ["input", "conv1/pre", "pool2"]
    for name in ("conv1/pre", "pool2"):
        np.testing.assert_array_equal(np.stack(arrays(axes_of(figure)[name]), axis=-1), values[name][0])
    assert "lenet5_modern: one image through conv1/pre, pool2" in texts_of(figure)
    assert not any("not drawn" in text for text in texts_of(figure))


def test_two_inputs(axes_of, legible):
    left, right = Input((4, 4, 1), name="left"), Input((4, 4, 1), name="right")
    model = Model([left, right], Conv2D(2, 2, name="conv")(Concatenate(name="both")([left, right])))
    x = [RNG.normal(size=(4, 4, 1)).astype(np.float32) for _ in range(2)]
    figure = feature_maps(model, x)
    assert [name for name in axes_of(figure) if not name.startswith("scale")] == ["left", "right", "both", "conv"]
    np.testing.assert_array_equal(arrays(axes_of(figure)["right"])[0], x[1][..., 0])
    legible(figure)


def test_certain_layers_may_hand_numbers_on(axes_of):
    (strip,) = arrays(axes_of(feature_maps(MODERN, IMAGE, ["flatten"]))["flatten"])
    assert np.isfinite(strip).sum() == 256


@pytest.mark.parametrize(("layers", "message"), [
    (["pool3"], "visualize.feature_maps: layer 'pool3': no such name is known.*Did you mean 'pool2'"),
    ("pool1", r"visualize.feature_maps: layers must be a list of names.* received 'pool1'"),
    ([], r"layers must be a list of names. Expected for example \['conv1', 'conv2/pre'\], received \[\]"),
])
def test_layers_that_are_none(layers, message):
    with pytest.raises(MinicnnError, match=message):
        feature_maps(MODERN, IMAGE, layers)


ODD = {
    "lenet5": (LENET5, IMAGE5),
    "modern": (MODERN, IMAGE),
    "one dense": (Sequential([Dense(3, input_shape=(4,))]), -np.ones(4)),
    "one number": (Sequential([Dense(1, input_shape=(1,))]), [0.0]),
    "1x1 maps": (Sequential([Conv2D(1, 3, input_shape=(3, 3, 1)), MaxPooling2D(1), Flatten(), Dense(2, "softmax")]),
                 RNG.random((3, 3, 1))),
    "only flatten": (Sequential([Flatten(input_shape=(2, 3))]), RNG.random((2, 3))),
    "flat image": (Sequential([Conv2D(8, (1, 5), input_shape=(1, 100, 1)), Conv2D(12, (1, 96))]),
                   RNG.random((1, 100, 1))),
    "tall image": (Sequential([Conv2D(8, (5, 1), input_shape=(100, 1, 1)), AveragePooling2D((2, 1))]),
                   RNG.random((100, 1, 1))),
    "two channels": (Sequential([Conv2D(40, 2, name=30 * "$x", input_shape=(5, 9, 2)), Activation("tanh")]),
                     RNG.random((5, 9, 2))),
    "large outputs": (Sequential([Dense(16, input_shape=(3,))]), [-1e8, 1e5, 3.0]),
    "17 outputs": (Sequential([Dense(17, input_shape=(3,))]), [1.0, 2.0, 3.0]),
    "codes in the middle": (Sequential([Input((2,)), RBF(np.eye(2)), Activation("tanh")]), [0.3, 0.4]),
}


@pytest.mark.parametrize("name", ODD)
def test_texts_are_legible(name, legible):
    legible(feature_maps(*ODD[name]))


@pytest.mark.parametrize(("shape", "message"), [
    ((2, 28, 28, 1), r"visualize.feature_maps.*one image is wanted.*Pass one of them: x\[0\]"),
    ((28, 28), r"visualize.feature_maps.*The channel axis is missing: pass x\[..., None\]"),
    ((14, 14, 1), r"does not fit the model's input. Expected shape \(28, 28, 1\), received shape \(14, 14, 1\)"),
])
def test_an_image_of_the_wrong_shape(shape, message):
    with pytest.raises(MinicnnError, match=message):
        feature_maps(MODERN, np.zeros(shape))


def test_a_diverged_network():
    model = Sequential([Dense(2, name="first", input_shape=(2,)), Dense(2, name="second")])
    model.get_layer("second").params["bias"][0] = np.nan
    with pytest.raises(MinicnnError, match=r"visualize\.feature_maps: second: 1 of 2 values are not finite"):
        feature_maps(model, [1.0, 2.0])


def test_nothing_is_modified():
    model, x = LeNet5(), IMAGE5.copy()
    before = model.get_weights()
    for array in (*model.params.values(), x):
        array.flags.writeable = False
    feature_maps(model, x)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
