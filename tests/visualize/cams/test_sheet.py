"""Heat maps and heat over images, read back from the figure."""

import numpy as np
import pytest
from matplotlib import colormaps

from minicnn._checks import MinicnnError
from minicnn.applications import LeNet5, LeNet5Modern
from minicnn.layers import Conv2D, Dense, GlobalAveragePooling2D, MaxPooling2D
from minicnn.models import Input, Sequential
from minicnn.visualize import class_activation_maps, grad_cam, guided_grad_cam, upsample
from minicnn.visualize.cams.sheet import STRENGTH, overlay
from minicnn.visualize.drawing import Colors

RNG = np.random.default_rng(22)
X = RNG.random((2, 28, 28, 1)).astype("float32")


@pytest.fixture(scope="module")
def modern():
    return LeNet5Modern()


@pytest.fixture(scope="module")
def colors():
    return Sequential([Input((15, 18, 3)), Conv2D(4, 3, activation="relu"), MaxPooling2D(2),
                       Conv2D(6, 3, activation="relu", name="last"), GlobalAveragePooling2D(), Dense(3)], name="colors")


def drawn(axes):
    return np.stack([np.asarray(image.get_array()) for image in axes.images])


def test_every_number_is_in_the_picture(modern, axes_of, legible):
    figure = class_activation_maps(modern, X, [3, 8])
    axes = axes_of(figure)
    assert [*axes] == ["image", "vanilla", "vanilla over the image", "guided", "guided over the image", "deconvnet",
                       "deconvnet over the image", "guided Grad-CAM"]
    np.testing.assert_array_equal(drawn(axes["image"]), X[..., 0])
    for rule in ("vanilla", "guided", "deconvnet"):
        maps = grad_cam(modern, X, [3, 8], rule=rule).maps
        np.testing.assert_array_equal(drawn(axes[rule]), maps)
        for image, one in zip(axes[rule].images, maps, strict=True):
            assert image.get_clim() == (0, one.max())
    np.testing.assert_array_equal(drawn(axes["guided Grad-CAM"]), guided_grad_cam(modern, X, [3, 8]).maps[..., 0])
    legible(figure)


def test_the_overlay_is_heat_over_the_gray_image(colors, axes_of, legible):
    x = RNG.random((2, 15, 18, 3)).astype("float32")
    figure = class_activation_maps(colors, x, 1, layer="last/pre", rules=["guided"])
    axes = axes_of(figure)
    assert [*axes] == ["image", "guided", "guided over the image", "guided Grad-CAM"]
    maps = grad_cam(colors, x, 1, "last/pre", "guided").maps
    for image, one, shown in zip(x, maps, drawn(axes["guided over the image"]), strict=True):
        heat = colormaps["viridis"](upsample(one, (15, 18)) / one.max())[..., :3]
        gray = image.astype(float) @ (0.299, 0.587, 0.114)
        np.testing.assert_allclose(shown, STRENGTH * heat + (1 - STRENGTH) * gray[..., None], atol=0.01)
    legible(figure)


def test_ink_is_dark_in_the_overlay(modern, axes_of):
    x = np.zeros((1, 28, 28, 1), np.float32)
    x[0, 10:18, 12:16] = 1
    (shown,) = drawn(axes_of(class_activation_maps(modern, x, 0))["vanilla over the image"])
    lightness = shown.mean(axis=2)
    assert lightness[9, 12:16].min() > lightness[10, 12:16].max() + 0.2


def test_signed_maps_have_symmetric_scales(modern, axes_of, legible):
    figure = class_activation_maps(modern, X, 5, layer="conv1/pre", relu=False)
    axes = axes_of(figure)["vanilla"]
    np.testing.assert_array_equal(drawn(axes), grad_cam(modern, X, 5, "conv1/pre", relu=False).maps)
    for image in axes.images:
        largest = np.abs(image.get_array()).max()
        assert image.get_clim() == (-largest, largest)
        assert image.get_cmap().name == "RdBu_r"
    legible(figure)


def test_several_classes_have_a_row_each(modern, axes_of, texts_of, legible):
    figure = class_activation_maps(modern, X, classes=[4, 9, 7])
    maps = drawn(axes_of(figure)["vanilla"])
    np.testing.assert_allclose(maps, grad_cam(modern, np.repeat(X, 3, axis=0), [4, 9, 7, 4, 9, 7]).maps, rtol=1e-5,
                               atol=1e-8)
    assert [text for text in texts_of(figure) if text.startswith("class")] == ["class 4", "class 9", "class 7"] * 2
    legible(figure)


def test_pictures_stand_in_for_images(colors, axes_of, legible):
    x = RNG.random((2, *colors.input_shape[1:]))
    photographs = RNG.integers(0, 255, x.shape, np.uint8)
    figure = class_activation_maps(colors, x, classes=[0, 2], rules=["vanilla"], pictures=photographs)
    axes, plain = axes_of(figure), axes_of(class_activation_maps(colors, x, classes=[0, 2], rules=["vanilla"]))
    np.testing.assert_allclose(drawn(axes["image"]), photographs[[0, 0, 1, 1]] / 255)
    np.testing.assert_array_equal(drawn(axes["vanilla"]), drawn(plain["vanilla"]))
    image = axes["vanilla"].images[3]
    np.testing.assert_allclose(drawn(axes["vanilla over the image"])[3],
                               overlay(photographs[1], image.get_array(), Colors(image.norm, image.cmap)))
    legible(figure)
    with pytest.raises(MinicnnError, match=r"visualize\.class_activation_maps: pictures are not like x"):
        class_activation_maps(colors, x, pictures=photographs[:, 1:])


def test_the_layer_is_named(modern, texts_of):
    assert "lenet5_modern: Grad-CAM of conv2" in texts_of(class_activation_maps(modern, X[0]))
    assert "lenet5_modern: Grad-CAM of conv1/pre" in texts_of(class_activation_maps(modern, X[0], layer="conv1/pre"))


def test_rules_that_agree_are_said_to_agree(colors, texts_of):
    x = RNG.random((1, 15, 18, 3))
    words = "light: here the class is seen; no ReLU lies behind the layer, so the rules agree"
    assert words in texts_of(class_activation_maps(colors, x, 1))
    assert words not in texts_of(class_activation_maps(colors, x, 1, layer="last/pre"))


def test_without_relu_the_gradient_alone(axes_of, texts_of, legible):
    figure = class_activation_maps(LeNet5(), RNG.random((1, 32, 32, 1)))
    assert [*axes_of(figure)] == ["image", "vanilla", "vanilla over the image"]
    assert "light: here the class is seen; no ReLU, so no guided, no deconvnet" in texts_of(figure)
    legible(figure)


def test_a_blank_map_says_why(toy, axes_of, texts_of, legible):
    figure = class_activation_maps(toy(), -np.ones((1, 4, 4, 1)), 0)
    for name in ("vanilla", "guided", "guided Grad-CAM"):
        assert [text.get_text() for text in axes_of(figure)[name].texts] == ["blank (1)"]
    assert "(1) every map of 'conv' is 0 everywhere" in texts_of(figure)
    legible(figure)


def test_it_is_written(modern, tmp_path):
    class_activation_maps(modern, X[:1], 0, save=tmp_path / "maps.svg")
    assert "<svg" in (tmp_path / "maps.svg").read_text()


def test_wrong_use(modern, toy):
    where = r"visualize\.class_activation_maps"
    with pytest.raises(MinicnnError, match=rf"{where}: give either target or classes"):
        class_activation_maps(modern, X, 1, classes=[2])
    with pytest.raises(MinicnnError, match=rf"{where}: target is out of range.*received 11"):
        class_activation_maps(modern, X, classes=[2, 11])
    with pytest.raises(MinicnnError, match=rf"{where}: rules is empty"):
        class_activation_maps(modern, X, rules=[])
    with pytest.raises(MinicnnError, match=rf"{where}: classes is empty"):
        class_activation_maps(modern, X, classes=[])
    with pytest.raises(MinicnnError, match=rf"{where}: the model has several inputs.*visualize\.grad_cam"):
        class_activation_maps(toy(2), [np.ones((1, 4, 4, 1))] * 2)
    with pytest.raises(MinicnnError, match="the layer has no extent"):
        class_activation_maps(modern, X, layer="dense1")
