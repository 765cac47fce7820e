"""The picture of what becomes of the answer, read back."""

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.applications import LeNet5, LeNet5Modern, lenet5_images
from minicnn.datasets import digits
from minicnn.layers import Add, Conv2D, Dense, Flatten, GlobalAveragePooling2D
from minicnn.models import Input, Model, Sequential
from minicnn.visualize import occlusion, occlusion_maps
from minicnn.visualize.occluding.palette import palette
from minicnn.visualize.occluding.sheet import pale

BYTES = digits.load_data()[1][0][:2]
X = BYTES[..., None].astype("float32") / 255
MODEL = LeNet5Modern()
RNG = np.random.default_rng(11)
OPTIONS = {"patch": 8, "stride": 4}


def color_net(shape=(12, 20, 3), classes=9):
    return Sequential([Input(shape), Conv2D(4, 3, activation="relu"), GlobalAveragePooling2D(),
                       Dense(classes, activation="softmax")])


@pytest.fixture(scope="module")
def figure():
    return occlusion_maps(MODEL, X, 3, **OPTIONS)


@pytest.fixture(scope="module")
def result():
    return occlusion(MODEL, X, 3, **OPTIONS)


def arrays(axes):
    return [image.get_array() for image in axes.images]


def test_the_columns(figure, axes_of):
    assert [label for label in axes_of(figure) if label not in ("scale", "legend")] == [
        "image", "probability", "answer", "drop"]
    assert {label: len(axes.images) for label, axes in axes_of(figure).items() if axes.images and label != "scale"} == {
        "image": 2, "probability": 2, "answer": 2, "drop": 4}


def test_images_and_the_size_of_the_occluder(figure, axes_of):
    axes = axes_of(figure)["image"]
    np.testing.assert_array_equal(np.stack(arrays(axes)), X[..., 0])
    (occluder,) = [c for c in axes.collections if c.get_gid() == "occluder"]
    left, right, bottom, top = axes.images[1].get_extent()
    box = occluder.get_paths()[1].get_extents()
    np.testing.assert_allclose([box.width / (right - left), box.height / (bottom - top)], 8 / 28)
    np.testing.assert_allclose([box.x0, box.y0], [left, top])


def test_probabilities(figure, result, axes_of):
    axes = axes_of(figure)["probability"]
    np.testing.assert_array_equal(np.stack(arrays(axes)), result.probability)
    assert {image.get_clim() for image in axes.images} == {(0, result.probability.max())}


def test_answers_have_the_colors_of_the_legend(figure, result, axes_of, texts_of):
    colors = palette(result.classes, [f"class {i}" for i in range(10)])
    axes = axes_of(figure)
    np.testing.assert_array_equal(np.stack(arrays(axes["answer"])), colors.numbered(result.classes))
    squares = {c.get_gid(): tuple(c.get_facecolor()[0]) for c in axes["legend"].collections}
    assert set(squares) == {f"class {kind}" for kind in np.unique(result.classes)}
    for image, classes in zip(axes["answer"].images, result.classes, strict=True):
        drawn = image.get_cmap()(image.norm(image.get_array()))
        assert tuple(drawn[0, 0]) == squares[f"class {classes[0, 0]}"]
    assert set(squares) <= set(texts_of(figure))


def test_the_drop_over_the_image(figure, result, axes_of):
    images = axes_of(figure)["drop"].images
    largest = np.abs(result.drop).max()
    for i in range(2):
        under, over = images[2 * i:2 * i + 2]
        np.testing.assert_array_equal(under.get_array(), pale(X[i]))
        np.testing.assert_array_equal(over.get_array(), result.drop[i])
        assert over.get_clim() == (-largest, largest)
        assert over.get_cmap().name == "RdBu_r"
        np.testing.assert_allclose(over.get_alpha(), np.sqrt(np.abs(result.drop[i]) / largest), rtol=1e-6)


def test_what_is_written(figure, result, texts_of):
    texts = texts_of(figure)
    for text in ("lenet5_modern: a part of the image is hidden", "class 3", "drop of", f"p = {result.whole[0]:.3f}",
                 "occluder 8×8 (frame): its value stands in the 4×4 cell in its middle; "  # noqa: RUF001
                 "red: the class needs what is hidden"):
        assert text in texts
    assert texts.count(f"answer class {result.answer[0]}") >= (result.answer[0] != 3)
    averaged = texts_of(occlusion_maps(MODEL, X[0], average=True, **OPTIONS))
    assert any("a pixel has the mean over its windows" in text for text in averaged)
    assert not any(text.startswith("answer class") for text in averaged)  # the class asked for is the answer


def test_penalties_show_their_score(axes_of, texts_of):
    model, x = LeNet5(), lenet5_images(BYTES[:1])
    figure = occlusion_maps(model, x, patch=16, stride=16)
    result = occlusion(model, x, patch=16, stride=16)
    (values,) = arrays(axes_of(figure)["score"])
    np.testing.assert_array_equal(values, result.scores[0])
    assert "probability" not in axes_of(figure)
    assert any(text.startswith("score -") for text in texts_of(figure))


def test_left_out_places_are_empty(axes_of):
    model = color_net((10, 10, 3))
    figure = occlusion_maps(model, RNG.random((10, 10, 3)), patch=4, stride=4, border="skip")
    (answers,) = arrays(axes_of(figure)["answer"])
    assert answers.mask[8:].all()
    assert not answers.mask[:8, :8].any()
    assert np.ma.getmaskarray(arrays(axes_of(figure)["probability"])[0])[:, 8:].all()
    assert (axes_of(figure)["drop"].images[1].get_alpha()[8:] == 0).all()


def test_names_and_pictures(axes_of, texts_of):
    x, photographs = RNG.normal(size=(2, 12, 20, 3)), RNG.integers(0, 255, (2, 12, 20, 3), np.uint8)
    names = [f"kind {letter}" for letter in "abcdefghi"]
    figure = occlusion_maps(color_net(), x, 2, names=names, pictures=photographs)
    assert "kind c" in texts_of(figure)
    np.testing.assert_allclose(np.stack(arrays(axes_of(figure)["image"])), photographs / 255)
    one = occlusion_maps(color_net(), x[0], pictures=photographs[0, ..., :1])
    np.testing.assert_array_equal(arrays(axes_of(one)["image"])[0], photographs[0, ..., 0])


def test_an_image_under_an_overlay_is_pale():
    gray = pale(np.array([[[0.0], [1.0]]]))
    assert gray.tolist() == [[1.0, pytest.approx(0.55)]]  # no ink is white
    colors = pale(np.array([[[0.0, 0, 0], [1, 1, 1], [0, 1, 0]]]))
    np.testing.assert_allclose(colors, [[0.55, 1.0, 0.55 + 0.45 * 0.587]])


ODD = {
    "digits": (MODEL, X, {"patch": 14, "stride": 14}),
    "penalties": (LeNet5(), lenet5_images(BYTES[:1]), {"patch": 16, "stride": 16}),
    "long names": (color_net(), RNG.random((3, 12, 20, 3)), {"target": 5, "names": [f"$a {'very ' * 9}{i}"
                                                                                     for i in range(9)]}),
    "flat": (Sequential([Input((3, 60, 1)), Flatten(), Dense(12)]), RNG.random((2, 3, 60, 1)),
             {"target": 0, "patch": (2, 5), "stride": 2, "border": "skip"}),
    "tall": (Sequential([Input((60, 3, 1)), Flatten(), Dense(12)]), RNG.random((3, 60, 3, 1)) * 1e5,
             {"target": 0, "patch": (5, 2), "stride": 2}),
    "rows only": (Sequential([Input((8, 9)), Flatten(), Dense(3)]), RNG.random((8, 9)), {}),
    "blank": (color_net(), np.zeros((12, 20, 3)), {}),
    "one unit": (Sequential([Input((6, 6, 1)), Flatten(), Dense(1, activation="sigmoid")]), np.ones((6, 6, 1)), {}),
}


@pytest.mark.parametrize("name", ODD)
def test_texts_are_legible(name, legible):
    model, x, options = ODD[name]
    legible(occlusion_maps(model, x, **options))


def test_files(tmp_path):
    occlusion_maps(color_net(), np.ones((12, 20, 3)), save=tmp_path / "p.png")
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")


def two_inputs():
    a, b = Input((4, 4, 1)), Input((4, 4, 1))
    return Model([a, b], Dense(2)(Flatten()(Add()([a, b]))))


@pytest.mark.parametrize(("model", "x", "options", "message"), [
    (MODEL, X, {"save": "p.jpg"}, r"save='p\.jpg': the ending tells the kind of picture"),
    (MODEL, X, {"names": ["a"]}, r"names are not one for each class\. Expected a list of 10, received 1"),
    (MODEL, X, {"names": "0123456789"}, r"Expected a list of 10, received '0123456789'"),
    (MODEL, X, {"pictures": np.zeros((28, 27, 3))}, r"pictures are not like x\. Expected shape \(2, 28, 28, 'C'\)"),
    (MODEL, X[..., 0], {}, r"visualize\.occlusion_maps: the data do not fit the model's input"),
    (MODEL, X, {"patch": 40}, "patch is larger than the image"),
    (two_inputs(), [X[:, :4, :4], X[:, :4, :4]], {}, r"several inputs.*visualize\.occlusion gives the numbers"),
    (color_net((12, 20, 2)), np.ones((12, 20, 2)), {}, r"cannot be drawn.*Pass pictures="),
    (Sequential([Dense(2, input_shape=(3,))]), np.ones(3), {}, "cannot be drawn"),
])
def test_what_is_refused(model, x, options, message):
    with pytest.raises(MinicnnError, match=message):
        occlusion_maps(model, x, **options)
