"""Winograd's convolution against the definition, and who takes it."""

import numpy as np
import pytest

import minicnn
from minicnn import _shapes, kernels
from minicnn.kernels import reference, threads
from minicnn.kernels.vector import back_to_image, conv, winograd

FLOATS = ("float32", "float64")
GEOMETRIES = [
    # batch, image, channels, filters, padding: one pixel, a single tile, odd sizes and channels, more zeros than pixels
    (1, (1, 1), 1, 1, "same"), (1, (4, 4), 16, 32, "valid"), (2, (5, 7), 3, 40, "same"), (1, (3, 3), 5, 7, "valid"),
    (3, (5, 4), 17, 33, ((1, 0), (2, 1))), (2, (6, 1), 2, 9, ((0, 3), (1, 1))), (1, (2, 3), 4, 3, ((3, 3), (4, 0))),
]


def draw(*shape, dtype="float32", seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def window(image, padding="same"):
    return _shapes.window(image, (3, 3), (1, 1), padding, (1, 1), "test")


def forward(x, kernel, bias, w):
    return winograd.conv2d(x, kernel, bias, (w.pads[0], w.pads[2]), w.output)


def back(dy, kernel, image, w):
    return winograd.conv2d_input_gradient(dy, kernel, image, (w.pads[0], w.pads[2]))


@pytest.fixture(params=[1, 3])
def _threads(request, monkeypatch):
    before = threads.threads()
    monkeypatch.setattr(threads, "WORTHWHILE", 1)  # also the smallest work is cut; there are cases of a single tile
    minicnn.set_threads(request.param)
    yield
    minicnn.set_threads(before)


@pytest.mark.usefixtures("_threads")
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(("batch", "image", "channels", "filters", "padding"), GEOMETRIES)
def test_it_is_the_convolution(batch, image, channels, filters, padding, dtype, close):
    w, x, kernel = window(image, padding), draw(batch, *image, channels), draw(3, 3, channels, filters)
    bias, dy = draw(filters), draw(batch, *w.output, filters, seed=1)
    x64, kernel64, bias64, dy64 = (array.astype("float64") for array in (x, kernel, bias, dy))
    truth = {"y": reference.conv2d(x64, kernel64, bias64, w, 1), "no bias": reference.conv2d(x64, kernel64, None, w, 1),
             "dx": reference.conv2d_input_gradient(dy64, kernel64, image, w, 1)}
    x, kernel, bias, dy = (array.astype(dtype) for array in (x, kernel, bias, dy))
    results = {"y": forward(x, kernel, bias, w), "no bias": forward(x, kernel, None, w),
               "dx": back(dy, kernel, image, w)}
    close(results, truth, {"float32": 2e-6, "float64": 1e-14}[dtype])
    assert {array.dtype for array in results.values()} == {np.dtype(dtype)}


def test_the_naive_version_is_the_convolution_too(close):
    frame, kernel = draw(2, 8, 6, 3, dtype="float64"), draw(3, 3, 3, 5, dtype="float64")
    truth = reference.conv2d(frame, kernel, None, window((8, 6), "valid"), 1)
    close({"y": winograd.naive(frame, kernel)}, {"y": truth}, 1e-14)


def test_arrays_may_lie_in_memory_in_any_way():
    x, kernel, bias = draw(2, 7, 6, 5), draw(3, 3, 5, 9), draw(9)
    w = window((7, 6))
    straight = forward(x, kernel, bias, w)
    turned = forward(np.asfortranarray(x), np.asfortranarray(kernel), np.repeat(bias, 2)[::2], w)
    np.testing.assert_array_equal(turned, straight)
    x.flags.writeable = kernel.flags.writeable = False
    np.testing.assert_array_equal(forward(x, kernel, bias, w), straight)


def test_back_is_the_transpose_of_forward():
    x, kernel, dy = (draw(*shape, dtype="float64") for shape in ((2, 9, 8, 5), (3, 3, 5, 7), (2, 9, 8, 7)))
    w = window((9, 8))
    np.testing.assert_allclose((dy * forward(x, kernel, None, w)).sum(), (back(dy, kernel, (9, 8), w) * x).sum(),
                               rtol=1e-12)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_arrives_where_it_should_and_nowhere_else(value):
    image, kernel = (8, 8), draw(3, 3, 2, 3)
    w = window(image)
    for place in np.ndindex(4, 4):  # every place within a tile
        x = draw(1, *image, 2)
        x[0, place[0] + 2, place[1] + 2, 1] = value
        expected = np.isfinite(conv.direct(x, kernel, None, w, 1))
        np.testing.assert_array_equal(np.isfinite(forward(x, kernel, None, w)), expected)
        assert (~expected).sum() == 9 * 3
    kernel[1, 1, 0, 1] = value
    broken = ~np.isfinite(forward(draw(1, *image, 2), kernel, None, w))
    assert broken[..., 1].all()
    assert not broken[..., [0, 2]].any()


@pytest.mark.parametrize("scale", [1, 100])
def test_it_is_as_exact_as_the_direct_product(scale):
    # Many channels, and numbers after a ReLU: all of one sign, so that the differences of pixels are small.
    x, kernel = scale * np.abs(draw(1, 14, 14, 512)), draw(3, 3, 512, 64) / 48
    w = window((14, 14))
    with kernels.use("numba"):
        truth = kernels.conv2d(x.astype("float64"), kernel.astype("float64"), None, w)
    errors = [np.abs(y - truth).max() / np.abs(truth).max()
              for y in (forward(x, kernel, None, w), conv.direct(x, kernel, None, w, 1))]
    assert errors[0] <= min(1e-5, 2 * errors[1])


# -- who takes it --------------------------------------------------------------------------------


def pays(batch, image, channels, filters, size=(3, 3), strides=(1, 1), dilation=(1, 1), groups=1):
    w = _shapes.window(image, size, strides, "same", dilation, "test")
    return winograd.pays(batch, np.empty((*size, channels // groups, filters)), w, w.output, groups)


def test_it_is_taken_where_it_pays():
    assert pays(1, (224, 224), 64, 64)
    assert pays(1, (14, 14), 512, 512)
    assert pays(8, (28, 28), 32, 64)
    assert not pays(1, (224, 224), 3, 64)  # few channels
    assert pays(8, (28, 28), 32, 32)
    assert not pays(8, (28, 28), 16, 64)
    assert not pays(1, (7, 7), 512, 512)  # few tiles
    for other in ({"size": (5, 5)}, {"size": (1, 3)}, {"strides": (2, 2)}, {"strides": (1, 2)}, {"dilation": (2, 2)},
                  {"groups": 2}):
        assert not pays(8, (56, 56), 128, 128, **other)


def test_the_kernels_take_it_and_give_the_same_bits_each_time():
    image, kernel = (20, 21), draw(3, 3, 32, 64)
    w, x = window(image), draw(1, *image, 32)
    dy = draw(1, *w.output, 64)
    assert winograd.pays(1, kernel, w, image, 1, winograd.BACK)
    with kernels.use("vector"):
        for _ in range(2):
            np.testing.assert_array_equal(kernels.conv2d(x, kernel, None, w), forward(x, kernel, None, w))
            dx = kernels.conv2d_input_gradient(dy, kernel, image, w)
            np.testing.assert_array_equal(dx, back(dy, kernel, image, w))
    assert (dx != back_to_image.turn_around(dy, kernel, image, w, 1)).any()
    with kernels.use("numba"):
        np.testing.assert_allclose(dx, kernels.conv2d_input_gradient(dy, kernel, image, w), atol=1e-4)
