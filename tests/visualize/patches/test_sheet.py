"""The patches that excite channels, read back from their figure."""

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.applications import LeNet5, lenet5_images
from minicnn.datasets import digits
from minicnn.layers import Conv2D, Dense, Flatten
from minicnn.models import Input, Sequential
from minicnn.visualize import exciting_patches, top_patches

RNG = np.random.default_rng(10)


def net(channels=1):
    return Sequential([Input((8, 9, channels)), Conv2D(20, 3, padding="same", activation="relu", name="conv"),
                       Flatten(), Dense(5, name="dense")], name="net")


NET, X = net(), RNG.random((30, 8, 9, 1)).astype("float32")
LOW, HIGH = X.min(), X.max()


def test_rows_are_channels_and_the_strongest_stands_first(axes_of):
    axes = axes_of(top_patches(NET, "conv", X, [5, 2], 4))
    assert [*axes] == ["channel 5", "channel 2"]
    for channel in (5, 2):
        expected = exciting_patches(NET, "conv", channel, X, 4)
        images = axes[f"channel {channel}"].images
        for image, patch in zip(images, expected.patches, strict=True):
            np.testing.assert_allclose(image.get_array(), np.clip((patch[..., 0] - LOW) / (HIGH - LOW), 0, 1))
            assert image.get_clim() == (0, 1)
        assert [image.get_extent()[0] for image in images] == sorted(image.get_extent()[0] for image in images)
        written = [float(text.get_text()) for text in axes[f"channel {channel}"].texts]
        np.testing.assert_allclose(written, expected.values, atol=0.006)


def test_the_first_eight_unless_told(axes_of, texts_of):
    figure = top_patches(NET, "conv", X)
    assert [*axes_of(figure)] == [f"channel {i}" for i in range(8)]
    assert len(axes_of(figure)["channel 0"].images) == 9
    assert any("the first 8 of 20 channels" in text for text in texts_of(figure))
    assert any("0 beyond the border" in text for text in texts_of(figure))
    assert not any("border" in text for text in texts_of(top_patches(NET, "dense", X)))
    assert [*axes_of(top_patches(NET, "dense", X))] == [f"unit {i}" for i in range(5)]
    assert [*axes_of(top_patches(NET, "conv", X, 3))] == ["channel 3"]


def test_a_channel_that_answers_all_alike_has_no_patches(axes_of, texts_of, legible):
    model = net()
    model.get_layer("conv").weights[1][1] = -100
    figure = top_patches(model, "conv", X, [0, 1])
    assert [len(axes.images) for axes in axes_of(figure).values()] == [9, 0]
    assert "answers 0 to everything" in texts_of(figure)
    legible(figure)


def test_colors_have_one_scale(axes_of):
    x = RNG.normal(size=(20, 8, 9, 3)).astype("float32")
    model = net(3)
    drawn = axes_of(top_patches(model, "dense", x, [1], 2))["unit 1"].images
    expected = exciting_patches(model, "dense", 1, x, 2).patches
    for image, patch in zip(drawn, expected, strict=True):
        np.testing.assert_allclose(np.asarray(image.get_array()), (patch - x.min()) / (x.max() - x.min()), atol=1e-6)


@pytest.mark.parametrize("layer", ["C1", "S2", "C3", "F6", "RBF"])
def test_texts_are_legible(layer, legible):
    legible(top_patches(LeNet5(), layer, lenet5_images(digits.load_data()[1][0][:20]), [0, 5]))


def test_large_numbers_and_single_patches_are_legible(legible):
    model = net()
    model.get_layer("conv").weights[0][...] *= 1e6
    legible(top_patches(model, "conv", X))
    legible(top_patches(model, "conv", X[:1], 0))


def test_saved_and_refused_before_the_work(tmp_path):
    top_patches(NET, "conv", X, 0, save=tmp_path / "patches.png")
    assert (tmp_path / "patches.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(MinicnnError, match="the ending tells the kind of picture"):
        top_patches(NET, "conv", X, save="patches.jpg")
    with pytest.raises(MinicnnError, match=r"no pictures one can look at.*exciting_patches gives the arrays"):
        top_patches(net(2), "conv", RNG.random((3, 8, 9, 2)))
    with pytest.raises(MinicnnError, match=r"no channels are chosen"):
        top_patches(NET, "conv", X, [])
    with pytest.raises(MinicnnError, match=r"^visualize.top_patches: layer 'conv': there is no such channel"):
        top_patches(NET, "conv", X, [0, 20])
