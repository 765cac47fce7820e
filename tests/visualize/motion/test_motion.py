"""Convolution and pooling, step by step, read back from figures and films."""

import numpy as np
import pytest
from PIL import Image

from minicnn import kernels
from minicnn._checks import MinicnnError
from minicnn.layers import AveragePooling2D, Conv2D, MaxPooling2D, Subsampling2D
from minicnn.visualize import animate_convolution, animate_pooling, convolution_steps, pooling_steps
from minicnn.visualize.motion import story

X = np.array([[2, 0, 1, 1, 3], [1, 2, 1, 1, 0], [3, 3, 0, 1, 2], [2, 1, 2, 3, 1], [0, 1, 1, 2, 2]])
KERNEL = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]])


def array(axes):
    """What a panel shows, NaN where nothing is shown."""
    (image,) = axes.images
    return np.ma.filled(np.ma.asarray(image.get_array()).astype(float), np.nan)


def layer_output(layer, x, *weights):
    layer.build(x.shape[1:])
    layer.set_weights(weights)
    return layer(x)


def written(axes):
    return [text.get_text() for text in axes.texts]


GEOMETRIES = [((5, 5, 1), (3, 3), {}), ((5, 6, 1), (3, 2), {"strides": (2, 1), "padding": 1}),
              ((6, 5, 2), (2, 3), {"padding": "same", "strides": 2}), ((7, 6, 3), (3, 2), {"dilation": 2}),
              ((4, 4, 1), (1, 1), {}), ((6, 6, 1), (2, 2), {"padding": ((0, 2), (1, 0)), "dilation": (1, 3)})]


@pytest.mark.parametrize(("shape", "size", "options"), GEOMETRIES)
def test_the_output_is_that_of_the_layer(shape, size, options, rng, axes_of):
    x, kernel = rng.normal(size=shape), rng.normal(size=(*size, shape[2]))
    layer = Conv2D(1, size, options.get("strides", 1), options.get("padding", "valid"),
                   dilation_rate=options.get("dilation", 1), dtype="float64")
    expected = layer_output(layer, x[None], kernel[..., None], [0.5])[0, ..., 0]
    last = expected.shape[0] - 1, expected.shape[1] - 1
    axes = axes_of(convolution_steps(x, kernel, **options, bias=0.5, steps=[last]))
    np.testing.assert_allclose(array(axes["0: output 0"]), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("shape", "size", "options"), GEOMETRIES)
def test_products_add_up_to_the_output(shape, size, options, rng, axes_of):
    x, kernel = rng.normal(size=shape), rng.normal(size=(*size, shape[2]))
    axes = axes_of(convolution_steps(x, kernel, **options, bias=-2.0, steps=[(1, 1)]))
    products = [array(axes[f"0: products {c}"]) for c in range(shape[2])]
    np.testing.assert_allclose(array(axes["0: output 0"])[1, 1], np.sum(products) - 2, atol=1e-12)
    for c in range(shape[2]):
        np.testing.assert_array_equal(array(axes[f"0: kernel {c}"]), kernel[..., c])


def test_the_output_fills_up(axes_of):
    axes = axes_of(convolution_steps(X, KERNEL, steps=[(0, 0), (1, 1), (2, 2)]))
    assert [int((~np.isnan(array(axes[f"{i}: output 0"]))).sum()) for i in range(3)] == [1, 5, 9]


def test_window_padding_and_the_step_before_are_drawn(axes_of, boxes_of):
    axes = axes_of(convolution_steps(X, KERNEL, 2, 1, steps=[(1, 2)]))
    image = axes["0: input 0"]
    cell = image.get_xlim()[1] / 7  # five cells and one of padding on each side
    assert array(image).shape == (7, 7)
    ((x, y),) = boxes_of(image, "window")
    assert (x / cell, y / cell) == pytest.approx((5.5, 3.5))
    ((x, y),) = boxes_of(image, "before")
    assert (x / cell, y / cell) == pytest.approx((3.5, 3.5))
    padded = {(int(y / cell), int(x / cell)) for x, y in boxes_of(image, "padding")}
    assert padded == {(r, c) for r in range(7) for c in range(7) if r in (0, 6) or c in (0, 6)}
    ((x, y),) = boxes_of(axes["0: output 0"], "window")
    assert (int(y / cell), int(x / cell)) == (1, 2)


def test_the_first_place_has_no_step_before(axes_of, boxes_of):
    axes = axes_of(convolution_steps(X, KERNEL, steps=[(0, 0)]))
    assert boxes_of(axes["0: input 0"], "before") == []


def test_a_dilated_window_frames_the_cells_it_touches(axes_of, boxes_of):
    axes = axes_of(convolution_steps(X, KERNEL[:2, :2], dilation=3, steps=[(0, 1)]))["0: input 0"]
    cell = axes.get_xlim()[1] / 5
    assert {(int(y / cell), int(x / cell)) for x, y in boxes_of(axes, "cells")} == {(0, 1), (0, 4), (3, 1), (3, 4)}


def test_numbers_are_written_in(axes_of, texts_of):
    figure = convolution_steps(X, KERNEL, bias=1, steps=[(0, 0)])
    axes = axes_of(figure)
    assert written(axes["0: input 0"]) == [str(value) for value in X.flat]
    assert written(axes["0: products 0"]) == ["2", "0", "-1", "2", "0", "-2", "3", "0", "0"]
    assert written(axes["0: output 0"]) == ["5"]
    assert ("y[0, 0] = 2·1 + 0·0 + 1·(-1) + 1·2 + 2·0 + 1·(-2) + 3·1 + 3·0 + 0·(-1) + bias 1 = 5"
            in texts_of(figure))


def test_of_long_sums_the_sum_is_written(texts_of, rng):
    texts = texts_of(convolution_steps(np.ones((7, 7)), np.ones((5, 5)), bias=2, steps=1))
    assert "y[0, 0] = sum of the 25 products 25 + bias 2 = 27" in texts


def test_where_there_is_no_room_no_numbers_are_written(axes_of, rng):
    axes = axes_of(convolution_steps(rng.random((24, 24)), np.ones((3, 3)), steps=1))
    assert written(axes["0: input 0"]) == []
    assert len(written(axes["0: products 0"])) == 9


def test_digits_do_not_change_while_the_output_fills_up(axes_of):
    axes = axes_of(convolution_steps(np.array([[0.25, 100.0]]), np.ones((1, 1)), steps=2))
    assert written(axes["0: output 0"]) == written(axes["1: output 0"])[:1] == ["0.2"]


def test_scales_are_signed_and_the_same_in_all_steps(axes_of):
    axes = axes_of(convolution_steps(X, KERNEL, steps=2))
    for part in ("input 0", "kernel 0", "products 0", "output 0"):
        limits = {axes[f"{i}: {part}"].images[0].get_clim() for i in range(2)}
        assert len(limits) == 1
        ((low, high),) = limits
        assert low == -high < 0


# -- pooling ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "layer"), [("max", MaxPooling2D), ("average", AveragePooling2D)])
@pytest.mark.parametrize(("shape", "size", "strides", "padding"), [
    ((6, 6), 2, None, "valid"), ((5, 5), 2, None, "same"), ((7, 5), (3, 2), (2, 1), "same"), ((6, 7), 3, 2, "valid")])
def test_pools_are_those_of_the_layers(kind, layer, shape, size, strides, padding, rng, axes_of):
    x = -rng.random(shape)  # where all are negative, a padding that counted as zero would win
    expected = layer(size, strides, padding)(x[None, ..., None])[0, ..., 0]
    last = expected.shape[0] - 1, expected.shape[1] - 1
    axes = axes_of(pooling_steps(x, size, strides, padding, kind, steps=[last]))
    np.testing.assert_allclose(array(axes["0: output 0"]), expected, atol=1e-12)


def test_lecuns_subsampling_is_that_of_the_layer(rng, axes_of):
    x = rng.normal(size=(6, 4))
    expected = layer_output(Subsampling2D(2, dtype="float64"), x[None, ..., None], [0.3], [-0.2])[0, ..., 0]
    axes = axes_of(pooling_steps(x, kind="subsampling", coefficient=0.3, bias=-0.2, steps=2))
    np.testing.assert_allclose(array(axes["1: output 0"]), expected, atol=1e-12)


def test_the_winner_is_framed_and_padding_is_empty(axes_of, boxes_of):
    axes = axes_of(pooling_steps(X, 2, padding="same", steps=[(1, 1), (2, 2)]))
    window = axes["0: window 0"]
    np.testing.assert_array_equal(array(window), [[0, 1], [2, 3]])
    cell = window.get_xlim()[1] / 2
    ((x, y),) = boxes_of(window, "window")
    assert (int(y / cell), int(x / cell)) == (1, 1)
    np.testing.assert_array_equal(array(axes["1: window 0"]), [[2, np.nan], [np.nan, np.nan]])
    assert np.isnan(array(axes["0: input 0"])[5]).all()


@pytest.mark.parametrize(("kind", "words"), [
    ("max", "y[0, 0] = max(2, 0, 1, 2) = 2"), ("average", "y[0, 0] = (2 + 0 + 1 + 2) / 4 = 1.25"),
    ("subsampling", "y[0, 0] = scaled_tanh(0.50·(2 + 0 + 1 + 2) + (-1)) = 1.31"),
])
def test_the_arithmetic_is_written(kind, words, texts_of):
    assert words in texts_of(pooling_steps(X, 2, None, "valid", kind, coefficient=0.5, bias=-1, steps=1))


def test_a_large_window_is_told_in_short(texts_of):
    assert "y[0, 0] = the largest of 9 numbers = 3" in texts_of(pooling_steps(X, 3, steps=1))
    assert "y[0, 0] = (sum of 9 numbers 13) / 9 = 1.44" in texts_of(pooling_steps(X, 3, kind="average", steps=1))


# -- films and files -------------------------------------------------------------------------------


def test_a_film_has_a_frame_for_each_place(tmp_path):
    film = animate_convolution(X[:3, :4], KERNEL[:2], seconds_per_frame=0.4, save=tmp_path / "a.gif")
    with Image.open(tmp_path / "a.gif") as image:
        assert image.n_frames == 4
        times = []
        for i in range(4):
            image.seek(i)
            times.append(image.info["duration"])
    assert times == [400, 400, 400, 1200]
    assert (tmp_path / "a.gif").read_bytes() == film.data
    assert film._repr_html_().startswith('<img alt="animation" src="data:image/gif;base64,R0lGOD')


def test_a_pool_moves_too(tmp_path):
    animate_pooling(X, save=tmp_path / "a.gif")
    with Image.open(tmp_path / "a.gif") as image:
        assert image.n_frames == 4


def test_a_long_film_is_cut(tmp_path, monkeypatch, rng):
    monkeypatch.setattr(story, "MOST_FRAMES", 3)
    animate_pooling(rng.normal(size=(6, 6)), save=tmp_path / "a.gif")
    with Image.open(tmp_path / "a.gif") as image:
        assert image.n_frames == 3


@pytest.mark.parametrize("draw", [
    lambda: convolution_steps(X, KERNEL, 2, 1, bias=0.25, steps=2),
    lambda: convolution_steps(np.linspace(-3, 1e3, 192).reshape(8, 8, 3), np.full((3, 3, 3), -0.01), dilation=2,
                              padding="same", steps=1),
    lambda: convolution_steps(np.eye(24), np.ones((5, 5)), steps=1),
    lambda: convolution_steps([[1.0]], [[2.0]], steps=1),
    lambda: convolution_steps(np.ones((2, 12)), np.ones((1, 12)), steps=2),
    lambda: pooling_steps(X, 3, 1, "same", "average", steps=2),
    lambda: pooling_steps(X / 7, 2, kind="subsampling", steps=2),
    lambda: pooling_steps(np.zeros((64, 64)), 8, steps=1),
])
def test_texts_are_legible(draw, legible):
    legible(draw())


def test_a_strip_is_written(tmp_path):
    pooling_steps(X, save=tmp_path / "a.svg")
    assert (tmp_path / "a.svg").stat().st_size > 1000


# -- bad input -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("call", "message"), [
    (lambda: convolution_steps(np.ones((2, 5, 5, 1)), KERNEL),
     r"convolution_steps: this is no image. Expected shape \(H, W\) or \(H, W, C\), received shape "
     r"\(2, 5, 5, 1\). Pass one image: x\[0\]."),
    (lambda: convolution_steps(np.ones((65, 5)), KERNEL),
     "too large to be followed cell by cell. Expected at most 64x64"),
    (lambda: convolution_steps(np.ones((5, 5, 5)), np.ones((3, 3, 5))),
     "too many channels to be drawn. Expected at most 4"),
    (lambda: convolution_steps(X, np.ones((3, 3, 2))),
     r"the kernel does not fit the image. Expected shape \(kh, kw, 1\) or \(kh, kw\), received shape \(3, 3, 2\)"),
    (lambda: convolution_steps(X, np.ones((3, 3, 1, 6))), r"Take one filter of it: kernel\[..., 0\]."),
    (lambda: convolution_steps(X[:2, :2], KERNEL), r"the kernel is larger than its \(padded\) input"),
    (lambda: convolution_steps(X * np.nan, KERNEL), "25 of 25 values are not finite"),
    (lambda: convolution_steps(X, np.full((3, 3), np.inf)), "values are not finite"),
    (lambda: convolution_steps(X, KERNEL, 0), "strides must be an integer"),
    (lambda: convolution_steps(X, KERNEL, padding="full"), "unknown padding"),
    (lambda: convolution_steps(X, KERNEL, bias="1"), "bias must be a number"),
    (lambda: convolution_steps(X, KERNEL, steps=[(3, 0)]),
     r"there is no such place in the output. Expected rows 0 to 2, columns 0 to 2, received \(3, 0\)"),
    (lambda: convolution_steps(X, KERNEL, steps=[]), "wrong number of places. Expected 1 to 12, received 0"),
    (lambda: convolution_steps(X, KERNEL, steps=13), "wrong number of places. Expected 1 to 12, received 13"),
    (lambda: convolution_steps(X, KERNEL, steps=0), "steps must be an integer"),
    (lambda: convolution_steps(X, KERNEL, steps="all"), "steps is a number, or places"),
    (lambda: pooling_steps(X, kind="maximum"), "kind 'maximum': no such name is known.*Did you mean 'max'"),
    (lambda: pooling_steps(X, padding=1), "a pool pads 'valid' or 'same'"),
    (lambda: pooling_steps(np.ones((5, 5, 2))), "too many channels to be drawn. Expected at most 1, received 2"),
    (lambda: animate_pooling(X, save="a.png"), "a moving picture is a GIF"),
    (lambda: animate_convolution(X, KERNEL, save="a.mp4"), "a moving picture is a GIF"),
    (lambda: animate_convolution(X, KERNEL, seconds_per_frame=0), "seconds_per_frame must be a number"),
    (lambda: pooling_steps(X, save="a.gif"), "the ending tells the kind of picture"),
])
def test_what_is_refused(call, message):
    with pytest.raises(MinicnnError, match=message):
        call()


def test_the_engines_kernels_are_not_asked(rng):
    # The pictures show the definition, so that they can tell whether the engine is right.
    with kernels.record() as ran:
        convolution_steps(X, KERNEL, steps=2)
    assert ran == []
