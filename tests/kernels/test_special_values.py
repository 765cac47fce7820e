"""Ties, NaN, infinity and the cells of the padding, alike in every implementation."""

import numpy as np
import pytest

from minicnn import _shapes, kernels

NAN, INF = np.nan, np.inf


@pytest.fixture(autouse=True, params=kernels.IMPLEMENTATIONS)
def _implementation(request):
    with kernels.use(request.param):
        yield


@pytest.fixture(params=["float32", "float64"])
def dtype(request):
    return request.param


def window(image, size, strides=None, padding="valid"):
    return _shapes.window(image, size, strides or size, padding, (1, 1), "test")


def row(*numbers, dtype="float64"):
    return np.array(numbers, dtype)[None, None, :, None]


@pytest.mark.parametrize(("numbers", "winner"), [
    ((1, 1, 1), 0), ((0, 2, 2), 1), ((-1, -1, 0), 2), ((0.0, -0.0, 0.0), 0), ((-0.0, 0.0, -0.0), 0),
    ((INF, INF, 1), 0), ((-INF, -INF, -INF), 0), ((-INF, 1, -INF), 1),
])
def test_the_first_of_equals_wins(numbers, winner, dtype):
    w = window((1, 3), (1, 3))
    y, won = kernels.max_pool(row(*numbers, dtype=dtype), w)
    assert won.ravel().tolist() == [winner]
    assert y.ravel().tolist() == [numbers[winner]]
    dx = kernels.max_pool_input_gradient(row(5, dtype=dtype), won, (1, 3), w)
    assert dx.ravel().tolist() == [5.0 if i == winner else 0.0 for i in range(3)]


@pytest.mark.parametrize(("numbers", "winner"), [
    ((NAN, 1, 2), 0), ((1, NAN, 2), 1), ((1, 2, NAN), 2), ((1, NAN, NAN), 1), ((INF, NAN, 1), 1),
    ((-INF, -INF, NAN), 2), ((NAN, NAN, NAN), 0),
])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_nan_beats_everything_and_the_first_nan_wins(numbers, winner, padding, dtype):
    y, won = kernels.max_pool(row(*numbers, dtype=dtype), window((1, 3), (1, 3), padding=padding))
    assert np.isnan(y).all()
    assert won.ravel().tolist() == [winner]


@pytest.mark.parametrize("value", ["-inf", "smallest", "-1"])
def test_padding_never_wins(value, dtype):
    value = {"-inf": -INF, "smallest": np.finfo(dtype).min, "-1": -1.0}[value]
    # "same", window 3x3, stride 1: at the border, cells of the window lie in the padding.
    x, w = np.full((1, 2, 2, 1), value, dtype), window((2, 2), (3, 3), (1, 1), "same")
    y, won = kernels.max_pool(x, w)
    assert (y == value).all()
    # The first real cell is the pixel (0, 0) for every window: cell (1, 1), (1, 0), (0, 1) and (0, 0) of it.
    assert won.ravel().tolist() == [4, 3, 1, 0]
    dx = kernels.max_pool_input_gradient(np.ones_like(y), won, (2, 2), w)
    assert dx.ravel().tolist() == [4, 0, 0, 0]


def test_the_smallest_number_beats_minus_infinity_beside_padding(dtype):
    smallest = np.finfo(dtype).min
    x = row(-INF, smallest, dtype=dtype)
    y, won = kernels.max_pool(x, window((1, 2), (1, 3), (1, 3), "same"))  # a window of: -inf, smallest, padding
    assert y.ravel().tolist() == [smallest]
    assert won.ravel().tolist() == [1]


@pytest.mark.parametrize("place", range(4))
def test_infinity_stays_infinity_in_sums(place, dtype):
    x = np.ones((1, 2, 2, 1), dtype)
    x.flat[place] = INF
    w, one = window((2, 2), (2, 2)), np.ones(1, dtype)
    assert kernels.average_pool(x, w).ravel().tolist() == [INF]
    assert kernels.subsample(x, one, one, w)[0].ravel().tolist() == [INF]
    kernel = np.ones((2, 2, 1, 1), dtype)
    assert kernels.conv2d(x, kernel, one, w).ravel().tolist() == [INF]


@pytest.mark.parametrize("place", range(4))
def test_nan_is_never_lost(place, dtype):
    x = np.ones((1, 2, 2, 1), dtype)
    x.flat[place] = NAN
    w, one = window((2, 2), (2, 2)), np.ones(1, dtype)
    table = np.ones((1, 1), bool)
    results = [
        kernels.average_pool(x, w), *kernels.subsample(x, one, one, w),
        kernels.conv2d(x, np.zeros((2, 2, 1, 1), dtype), one, w),  # NaN * 0 is NaN
        kernels.table_conv2d(x, np.zeros((2, 2, 1), dtype), one, table, w),
        kernels.dense(x.reshape(1, 4), np.zeros((4, 1), dtype), one), kernels.bias_gradient(x),
        kernels.rbf(x.reshape(1, 4), np.zeros((1, 4), dtype)),
    ]
    assert all(np.isnan(result).all() for result in results)
    dy = np.full((1, 1, 1, 1), NAN, dtype)
    back = [
        kernels.conv2d_input_gradient(dy, np.zeros((2, 2, 1, 1), dtype), (2, 2), w),
        kernels.conv2d_kernel_gradient(np.zeros_like(x), dy, w),
        kernels.average_pool_input_gradient(dy, (2, 2), w), kernels.subsample_input_gradient(dy, one, (2, 2), w),
    ]
    assert all(np.isnan(result).all() for result in back)


def test_the_rest_that_fills_no_window_is_left_out_and_gets_no_gradient(dtype):
    x, w = row(1, 2, 3, 4, 99, dtype=dtype), window((1, 5), (1, 2))
    y, won = kernels.max_pool(x, w)
    assert y.ravel().tolist() == [2, 4]
    assert kernels.average_pool(x, w).ravel().tolist() == [1.5, 3.5]
    ones = np.ones_like(y)
    assert kernels.max_pool_input_gradient(ones, won, (1, 5), w).ravel().tolist() == [0, 1, 0, 1, 0]
    assert kernels.average_pool_input_gradient(ones, (1, 5), w).ravel().tolist() == [0.5, 0.5, 0.5, 0.5, 0]


def test_overlapping_windows_add_up(dtype):
    x, w = row(1, 3, 2, dtype=dtype), window((1, 3), (1, 2), (1, 1))
    y, won = kernels.max_pool(x, w)
    assert y.ravel().tolist() == [3, 3]
    dy = row(1, 10, dtype=dtype)
    assert kernels.max_pool_input_gradient(dy, won, (1, 3), w).ravel().tolist() == [0, 11, 0]
    assert kernels.average_pool_input_gradient(dy, (1, 3), w).ravel().tolist() == [0.5, 5.5, 5]
    one = np.ones(1, dtype)
    assert kernels.subsample_input_gradient(dy, 2 * one, (1, 3), w).ravel().tolist() == [2, 22, 20]


def test_windows_of_more_cells_than_a_byte_counts(dtype):
    x, w = np.zeros((1, 20, 20, 2), dtype), window((20, 20), (20, 20))
    x[0, 19, 19, 0], x[0, 13, 7, 1] = 1, 2
    y, won = kernels.max_pool(x, w)
    assert won.ravel().tolist() == [399, 13 * 20 + 7]
    dx = kernels.max_pool_input_gradient(y, won, (20, 20), w)
    np.testing.assert_array_equal(dx, x)


def test_a_window_of_256_cells_is_counted_right(dtype):
    # The last cell of 16x16 is number 255, the largest a byte holds.
    x, w = np.zeros((1, 16, 16, 1), dtype), window((16, 16), (16, 16))
    x[0, 15, 15, 0] = 1
    y, won = kernels.max_pool(x, w)
    assert won.ravel().tolist() == [255]
    np.testing.assert_array_equal(kernels.max_pool_input_gradient(y, won, (16, 16), w), x)
