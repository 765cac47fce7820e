"""A convolution is a matrix: against the layers, and as a picture."""

import itertools

import numpy as np
import pytest

from minicnn import layers as L
from minicnn._checks import MinicnnError
from minicnn.applications.lenet5 import TABLE_I
from minicnn.visualize import convolution_matrix, matrices, matrix_sheet, sparse_matrix

LAYERS = [
    (L.Conv2D(3, 3, dtype="float64"), (5, 6, 2)),
    (L.Conv2D(2, (3, 2), (2, 3), ((0, 2), (1, 0)), dtype="float64", use_bias=False), (6, 7, 1)),
    (L.Conv2D(4, 2, padding="same", groups=2, dilation_rate=2, dtype="float64"), (5, 4, 4)),
    (L.Conv2D(6, 1, groups=3, dtype="float64"), (2, 3, 6)),
    (L.TableConv2D(TABLE_I, 3, (1, 2), 1, dtype="float64"), (4, 5, 6)),
    (L.DepthwiseConv2D(3, 2, 1, depth_multiplier=2, dtype="float64"), (5, 5, 3)),
    (L.Conv2DTranspose(2, 3, 2, "same", dtype="float64"), (3, 4, 2)),
    (L.Dense(4, dtype="float64"), (7,)),
]


@pytest.fixture(params=LAYERS, ids=lambda pair: type(pair[0]).__name__)
def layer(request, rng):
    made, shape = request.param
    made.build(shape)
    for array in made.params.values():
        array[...] = rng.normal(size=array.shape)
    return made, shape


def test_the_matrix_goes_forward_as_the_layer_does(layer, rng):
    layer, shape = layer
    matrix, x = convolution_matrix(layer, shape), rng.normal(size=shape)
    y, _ = layer.forward(x[None])
    assert matrix.shape == (y.size, x.size)
    bias = 0 if layer.bias is None else np.broadcast_to(layer.bias, y.shape).ravel()
    np.testing.assert_allclose(matrix @ x.ravel() + bias, y.ravel(), rtol=0, atol=1e-12)


def test_its_transpose_goes_back_as_the_layer_does(layer, rng):
    layer, shape = layer
    _, cache = layer.forward(rng.normal(size=(1, *shape)))
    dy = rng.normal(size=(1, *layer.output_shape_for(shape)))
    dx, _ = layer.backward(dy, cache)
    np.testing.assert_allclose(convolution_matrix(layer, shape).T @ dy.ravel(), dx.ravel(), rtol=0, atol=1e-12)


def test_the_matrix_is_what_the_definition_says(rng):
    kernel, (kh, kw), (sh, sw), (dh, dw), (top, left) = rng.normal(size=(3, 2, 2, 3)), (3, 2), (2, 1), (1, 2), (1, 2)
    matrix = convolution_matrix(kernel, (5, 4, 2), strides=(sh, sw), dilation_rate=(dh, dw), padding=(top, left))
    oh, ow = (5 + 2 * top - 3) // sh + 1, (4 + 2 * left - 3) // sw + 1
    expected = np.zeros((oh, ow, 3, 5, 4, 2))
    for i, j, f, p, q, c in itertools.product(*map(range, (oh, ow, 3, kh, kw, 2))):
        row, column = i * sh + p * dh - top, j * sw + q * dw - left
        if 0 <= row < 5 and 0 <= column < 4:
            expected[i, j, f, row, column, c] = kernel[p, q, c, f]
    np.testing.assert_array_equal(matrix, expected.reshape(oh * ow * 3, -1))


def test_a_kernel_over_four_numbers():
    np.testing.assert_array_equal(convolution_matrix([[2, 3]], (1, 4)), [[2, 3, 0, 0], [0, 2, 3, 0], [0, 0, 2, 3]])


def test_a_kernel_that_is_large_for_one_go(rng, monkeypatch):
    kernel = rng.normal(size=(2, 2))
    whole = convolution_matrix(kernel, (6, 5))
    monkeypatch.setattr(matrices, "AT_A_TIME", 70)
    np.testing.assert_array_equal(convolution_matrix(kernel, (6, 5)), whole)


def test_tied_numbers_are_one_weight(layer):
    layer, shape = layer
    made = matrices.tied(layer, shape, 1, "valid", 1, 1, "test")
    there = made.which >= 0
    np.testing.assert_array_equal(made.matrix[there], layer.kernel.reshape(-1)[made.which[there]])
    assert not made.matrix[~there].any()


def test_the_type_is_that_of_the_kernel():
    assert convolution_matrix(np.ones((2, 2), np.float32), (3, 3)).dtype == np.float32
    assert convolution_matrix([[1, 2]], (3, 3)).dtype == np.float64


# -- the picture -----------------------------------------------------------------------------------


def shown(axes):
    (image,) = axes.images
    return np.ma.filled(np.ma.asarray(image.get_array()).astype(float), np.nan)


def test_the_picture_shows_the_matrix_and_leaves_out_zeros(axes_of, rng):
    kernel = rng.normal(size=(3, 3))
    kernel[1, 1] = 0  # a weight that happens to be zero is still one
    axes = axes_of(sparse_matrix(kernel, (5, 5), padding=1))
    matrix = convolution_matrix(kernel, (5, 5), padding=1)
    drawn = shown(axes["matrix"])
    np.testing.assert_array_equal(np.nan_to_num(drawn), matrix)
    assert np.isnan(drawn).sum() == 625 - 169
    np.testing.assert_array_equal(shown(axes["kernel"]), kernel)


def test_equal_weights_have_equal_numbers(axes_of):
    axes = axes_of(sparse_matrix([[1.0, 2.0], [3.0, 4.0]], (3, 3)))
    numbers = {tuple(np.array(text.get_position()).astype(int)[::-1].tolist()): text.get_text()
               for text in axes["matrix"].texts}
    assert numbers == {(row, start + column): text for row, start in enumerate((0, 1, 3, 4))
                       for column, text in ((0, "0"), (1, "1"), (3, "2"), (4, "3"))}
    assert [text.get_text() for text in axes["kernel"].texts] == ["0", "1", "2", "3"]
    assert axes["kernel"].images[0].get_clim() == axes["matrix"].images[0].get_clim()


def test_what_is_counted(texts_of):
    texts = texts_of(sparse_matrix(np.ones((3, 3)), (5, 5)))
    assert "kernel 3×3 on 5×5 is a matrix" in texts  # noqa: RUF001
    assert "9×25 numbers, 144 of them zero (64%); the other 81 are 9 weights" in texts  # noqa: RUF001


def test_of_a_large_matrix_a_part_is_drawn(axes_of, texts_of, monkeypatch):
    monkeypatch.setattr(matrix_sheet, "MOST", 10)
    figure = sparse_matrix(np.ones((3, 3)), (5, 5))
    assert shown(axes_of(figure)["matrix"]).shape == (9, 10)
    assert "the first 9 rows and 10 columns are drawn" in texts_of(figure)


@pytest.mark.parametrize("draw", [
    lambda: sparse_matrix(np.ones((3, 3)), (5, 5)), lambda: sparse_matrix(np.eye(4), (9, 9), strides=3, padding=2),
    lambda: sparse_matrix([[1.0]], (1, 1)), lambda: sparse_matrix(np.ones((5, 5, 1, 6)), (14, 14)),
    lambda: sparse_matrix(np.ones((1, 7)), (1, 30)), lambda: sparse_matrix(np.ones((7, 1)), (7, 40)),
])
def test_texts_are_legible(draw, legible):
    legible(draw())


@pytest.mark.parametrize("pair", [LAYERS[1], LAYERS[4], LAYERS[7]], ids=lambda pair: type(pair[0]).__name__)
def test_pictures_of_layers_are_legible(pair, legible):
    layer, shape = pair
    layer.build(shape)
    legible(sparse_matrix(layer, shape))


def test_a_picture_is_written(tmp_path):
    sparse_matrix(np.ones((2, 2)), (3, 3), save=tmp_path / "a.pdf")
    assert (tmp_path / "a.pdf").stat().st_size > 1000


# -- bad input -------------------------------------------------------------------------------------

BUILT = L.Conv2D(2, 3, name="conv", input_shape=(5, 5, 3))


@pytest.mark.parametrize(("call", "message"), [
    (lambda: convolution_matrix(BUILT, (5, 5, 3), strides=2), "Conv2D 'conv': a layer has strides, padding, dilation"),
    (lambda: convolution_matrix(L.MaxPooling2D(2), (4, 4, 1)), "this layer is no convolution. Expected a Conv2D, "),
    (lambda: convolution_matrix(L.Conv2D(2, 3), (5, 5, 1)), "the layer has no weights yet"),
    (lambda: convolution_matrix(BUILT, (5, 5, 1)),
     r"the kernel does not fit this input. Expected 3 channels, received 1 \(input_shape \(5, 5, 1\)\)"),
    (lambda: convolution_matrix(np.ones((3, 3, 2, 1)), (5, 5)), "Expected 2 channels, received 1"),
    (lambda: convolution_matrix(np.ones((3, 3)), (2, 2)), r"the kernel is larger than its \(padded\) input"),
    (lambda: convolution_matrix(np.ones((3, 3, 3)), (5, 5)), r"this is no kernel. Expected shape \(kh, kw\) or"),
    (lambda: convolution_matrix(np.full((2, 2), np.nan), (5, 5)), "are not finite"),
    (lambda: convolution_matrix(np.ones((3, 3)), (224, 224)),
     r"the matrix does not fit into memory. Expected at most 1,024 MiB, received 49,284 x 50,176 numbers, 18,867 MiB. "
     r"Take a smaller input_shape"),
    (lambda: sparse_matrix(np.ones((3, 3)), (5, 0)), "each size of input_shape must be an integer"),
    (lambda: sparse_matrix(np.ones((3, 3)), (5, 5), save="a.gif"), "the ending tells the kind of picture"),
])
def test_what_is_refused(call, message):
    with pytest.raises(MinicnnError, match=message):
        call()
