"""Rows of saliency maps, read back from the figure."""

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.applications import LeNet5, LeNet5Modern
from minicnn.layers import Conv2D, Dense, Flatten
from minicnn.models import Input, Sequential
from minicnn.visualize import gradient_x_input, integrated_gradients, over_channels, saliency, saliency_maps

RNG = np.random.default_rng(21)
X = RNG.random((3, 28, 28, 1)).astype("float32")


@pytest.fixture(scope="module")
def modern():
    return LeNet5Modern()


def drawn(axes):
    return np.stack([np.asarray(image.get_array()) for image in axes.images])


def test_every_number_is_in_the_picture(modern, axes_of):
    axes = axes_of(saliency_maps(modern, X, [7, 0, 2]))
    assert [*axes] == ["image", "vanilla", "guided", "deconvnet", "gradient_x_input", "integrated_gradients"]
    np.testing.assert_array_equal(drawn(axes["image"]), X[..., 0])
    for rule in ("vanilla", "guided", "deconvnet"):
        np.testing.assert_array_equal(drawn(axes[rule]), saliency(modern, X, [7, 0, 2], rule)[..., 0])
    np.testing.assert_array_equal(drawn(axes["gradient_x_input"]), gradient_x_input(modern, X, [7, 0, 2])[..., 0])
    np.testing.assert_array_equal(drawn(axes["integrated_gradients"]),
                                  integrated_gradients(modern, X, [7, 0, 2]).attributions[..., 0])


def test_scales_are_symmetric_and_told(modern, axes_of):
    axes = axes_of(saliency_maps(modern, X, 1))
    for name in ("vanilla", "guided", "gradient_x_input"):
        for image, text in zip(axes[name].images, axes[name].texts, strict=True):
            largest = np.abs(image.get_array()).max()
            assert image.get_clim() == (-largest, largest)
            assert image.get_cmap().name == "RdBu_r"
            assert float(text.get_text().removeprefix("±")) == pytest.approx(largest, rel=0.05)


def test_rows_say_which_class(modern, texts_of, legible):
    figure = saliency_maps(modern, X)
    legible(figure)
    texts = texts_of(figure)
    for answer in modern.predict_classes(X):
        assert f"class {answer}" in texts


def test_chosen_methods_in_their_order(modern, axes_of, legible):
    figure = saliency_maps(modern, X[0], 4, methods=["integrated_gradients", "vanilla"])
    assert [*axes_of(figure)] == ["image", "integrated_gradients", "vanilla"]
    legible(figure)


def test_without_relu_two_columns_are_left_out_and_the_figure_says_so(axes_of, texts_of, legible):
    model, x = LeNet5(), RNG.random((2, 32, 32, 1))
    figure = saliency_maps(model, x)
    assert [*axes_of(figure)] == ["image", "vanilla", "gradient_x_input", "integrated_gradients"]
    assert "red: for the class, blue: against it; no ReLU, so no guided, no deconvnet" in texts_of(figure)
    legible(figure)
    with pytest.raises(MinicnnError, match=r"rule='guided' changes what happens at a ReLU"):
        saliency_maps(model, x, methods=["guided"])


def test_colors_are_summed(axes_of, legible):
    model = Sequential([Input((9, 12, 3)), Conv2D(4, 3, activation="relu"), Flatten(), Dense(3)], name="colors")
    x = RNG.random((2, 9, 12, 3)).astype("float32")
    figure = saliency_maps(model, x, 2)
    axes = axes_of(figure)
    np.testing.assert_allclose(drawn(axes["image"]), x, rtol=1e-6)
    np.testing.assert_array_equal(drawn(axes["vanilla"]), over_channels(saliency(model, x, 2), "sum"))
    legible(figure)


def test_several_inputs_have_a_row_each(toy, axes_of, texts_of, legible):
    x = [np.arange(16.0).reshape(1, 4, 4, 1), np.ones((1, 4, 4, 1))]
    figure = saliency_maps(toy(2), x, 0)
    assert drawn(axes_of(figure)["guided"]).shape == (2, 4, 4)
    assert {"x0", "x1"} <= set(texts_of(figure))
    legible(figure)


def test_pictures_stand_in_for_images(axes_of, legible):
    model = Sequential([Input((9, 12, 2)), Conv2D(4, 3, activation="relu"), Flatten(), Dense(3)])
    x, photographs = RNG.random((2, 9, 12, 2)), RNG.integers(0, 255, (2, 9, 12, 3), np.uint8)
    figure = saliency_maps(model, x, 1, methods=["vanilla"], pictures=photographs)
    np.testing.assert_allclose(drawn(axes_of(figure)["image"]), photographs / 255)
    np.testing.assert_array_equal(drawn(axes_of(figure)["vanilla"]), over_channels(saliency(model, x, 1), "sum"))
    legible(figure)
    one = saliency_maps(model, x[0], 1, methods=["vanilla"], pictures=photographs[0, ..., :1])
    np.testing.assert_array_equal(drawn(axes_of(one)["image"]), photographs[:1, ..., 0])


def test_pictures_of_several_inputs(toy, axes_of):
    x, photograph = [np.ones((1, 4, 4, 1)), np.zeros((1, 4, 4, 1))], RNG.random((4, 4, 1))
    figure = saliency_maps(toy(2), x, 0, methods=["vanilla"], pictures=[photograph, x[1]])
    np.testing.assert_array_equal(drawn(axes_of(figure)["image"]), [photograph[..., 0], x[1][0, ..., 0]])
    with pytest.raises(MinicnnError, match=r"visualize\.saliency_maps: pictures: the model has 2 inputs"):
        saliency_maps(toy(2), x, 0, pictures=photograph)


def test_a_blank_map_says_why(toy, axes_of, texts_of, legible):
    figure = saliency_maps(toy(), -np.ones((1, 4, 4, 1)), 0, methods=["vanilla", "guided"])
    assert [text.get_text() for text in axes_of(figure)["guided"].texts] == ["blank (1)"]
    assert "(1) no gradient arrives at the image" in texts_of(figure)
    legible(figure)


def test_it_is_written(modern, tmp_path):
    saliency_maps(modern, X[:1], 0, save=tmp_path / "maps.png")
    assert (tmp_path / "maps.png").read_bytes().startswith(b"\x89PNG")


def test_wrong_use(modern):
    with pytest.raises(MinicnnError, match=r"visualize\.saliency_maps: method 'gradient'"):
        saliency_maps(modern, X, methods=["gradient"])
    with pytest.raises(MinicnnError, match=r"visualize\.saliency_maps: target is out of range"):
        saliency_maps(modern, X, 10)
    with pytest.raises(MinicnnError, match=r"this input cannot be drawn as a picture.*pictures=.*visualize\.saliency"):
        saliency_maps(Sequential([Input((4, 4, 2)), Flatten(), Dense(2)]), np.zeros((1, 4, 4, 2)))
    with pytest.raises(MinicnnError, match="the ending tells the kind of picture"):
        saliency_maps(modern, X, save="maps.gif")
