"""The reference kernels against numbers worked out by hand, published vectors, and other definitions.

Everything else is tested against the reference, so the reference is tested against something else.
"""

import numpy as np
import pytest

from minicnn import _shapes, kernels


@pytest.fixture(autouse=True)
def _with_reference():
    with kernels.use("reference"):
        yield


def window(image, size, strides=(1, 1), padding="valid", dilation=(1, 1)):
    return _shapes.window(image, size, strides, padding, dilation, "test")


def image(*rows):
    """One image of one map, (1, H, W, 1)."""
    return np.array(rows, float)[None, :, :, None]


def rows(array):
    """Back to the rows of the only map of the only image."""
    return array[0, :, :, 0].tolist()


ONE_TO_NINE = image([1, 2, 3], [4, 5, 6], [7, 8, 9])


# -- convolution, by hand --------------------------------------------------------------------------


def test_convolution_does_not_flip_the_kernel():
    kernel = np.array([[1.0, 10], [100, 1000]])[:, :, None, None]
    # 1*1 + 2*10 + 4*100 + 5*1000 = 5421, and so on.
    y = kernels.conv2d(ONE_TO_NINE, kernel, np.array([0.5]), window((3, 3), (2, 2)))
    assert rows(y) == [[5421.5, 6532.5], [8754.5, 9865.5]]


def test_convolution_gradients():
    w, kernel = window((3, 3), (2, 2)), np.array([[1.0, 2], [3, 4]])[:, :, None, None]
    dy = image([1, 0], [0, 10])
    # The window of y[0, 0] gets 1 * kernel, that of y[1, 1] 10 * kernel; they meet in the middle: 4 + 10.
    assert rows(kernels.conv2d_input_gradient(dy, kernel, (3, 3), w)) == [[1, 2, 0], [3, 14, 20], [0, 30, 40]]
    # dkernel = 1 * window at (0, 0) + 10 * window at (1, 1) = [1 2; 4 5] + [50 60; 80 90].
    assert kernels.conv2d_kernel_gradient(ONE_TO_NINE, dy, w)[:, :, 0, 0].tolist() == [[51, 62], [84, 95]]
    assert kernels.bias_gradient(dy).tolist() == [11]


def test_same_padding_with_a_stride_reads_the_last_column():
    # 1 2 3 4 5 under a window of 3 with stride 2: (0 1 2), (2 3 4), (4 5 0).
    x, ones = image([1, 2, 3, 4, 5]), np.ones((1, 3, 1, 1))
    assert rows(kernels.conv2d(x, ones, None, window((1, 5), (1, 3), (1, 2), "same"))) == [[3, 9, 9]]


def test_an_odd_cell_of_same_padding_goes_after():
    x, kernel = image([1, 2, 3]), np.array([1.0, 10])[None, :, None, None]
    assert rows(kernels.conv2d(x, kernel, None, window((1, 3), (1, 2), padding="same"))) == [[21, 32, 3]]


def test_padding_is_top_bottom_left_right():
    kernel = np.ones((1, 1, 1, 1))
    y = kernels.conv2d(image([1]), kernel, None, window((1, 1), (1, 1), padding=((1, 0), (0, 2))))
    assert rows(y) == [[0, 0, 0], [1, 0, 0]]


def test_dilation_leaves_cells_out():
    x, kernel = image([1, 2, 3, 4, 5]), np.array([1.0, 10, 100])[None, :, None, None]
    assert rows(kernels.conv2d(x, kernel, None, window((1, 5), (1, 3), dilation=(1, 2)))) == [[531]]


def test_groups_see_their_own_channels():
    x = np.array([1.0, 2, 3, 4]).reshape(1, 1, 1, 4)  # groups: channels 0 and 1, channels 2 and 3
    kernel = np.array([[1.0, 10, 100, 1000], [1, 10, 100, 1000]]).reshape(1, 1, 2, 4)
    y = kernels.conv2d(x, kernel, None, window((1, 1), (1, 1)), 2)
    assert y.ravel().tolist() == [3, 30, 700, 7000]


def test_strides_may_differ():
    y = kernels.conv2d(ONE_TO_NINE, np.ones((1, 1, 1, 1)), None, window((3, 3), (1, 1), (2, 1)))
    assert rows(y) == [[1, 2, 3], [7, 8, 9]]


def test_depthwise_convolution_keeps_channels_apart():
    # Two channels, two kernels each: the maps are channel 0 under its first and second kernel, then channel 1.
    x, bias, w = np.array([1.0, 2]).reshape(1, 1, 1, 2), np.array([0.5, 0, 0, 0]), window((1, 1), (1, 1))
    kernel = np.array([[1.0, 10], [100, 1000]]).reshape(1, 1, 2, 2)
    assert kernels.depthwise_conv2d(x, kernel, bias, w).ravel().tolist() == [1.5, 10, 200, 2000]
    dy = np.array([1.0, 2, 3, 4]).reshape(1, 1, 1, 4)
    assert kernels.depthwise_conv2d_input_gradient(dy, kernel, (1, 1), w).ravel().tolist() == [21, 4300]
    assert kernels.depthwise_conv2d_kernel_gradient(x, dy, w).ravel().tolist() == [1, 2, 6, 8]


def test_table_convolution_follows_the_links():
    # Map 0 of the output sees inputs 0 and 1, map 1 sees input 1, map 2 sees input 0: four links.
    table = np.array([[1, 0, 1], [1, 1, 0]], bool)
    x = np.array([1.0, 2]).reshape(1, 1, 1, 2)
    kernel, bias = np.array([1.0, 10, 100, 1000]).reshape(1, 1, 4), np.array([0.5, 0, 0])
    w = window((1, 1), (1, 1))
    assert kernels.table_conv2d(x, kernel, bias, table, w).ravel().tolist() == [1 + 20 + 0.5, 200, 1000]
    dy = np.array([1.0, 2, 3]).reshape(1, 1, 1, 3)
    # Input 0 has links 0 and 3 (to maps 0 and 2), input 1 links 1 and 2 (to maps 0 and 1).
    dx = kernels.table_conv2d_input_gradient(dy, kernel, table, (1, 1), w)
    assert dx.ravel().tolist() == [1 * 1 + 1000 * 3, 10 * 1 + 100 * 2]
    assert kernels.table_conv2d_kernel_gradient(x, dy, table, w).ravel().tolist() == [1, 2, 4, 3]


# -- convolution, published and derived otherwise ----------------------------------------------------


def test_convolution_gives_the_numbers_of_the_stanford_course():
    # CS231n, "ConvNet: forward": images (N, C, H, W), filters (F, C, kh, kw), stride 2, padding 1.
    x = np.linspace(-0.1, 0.5, num=2 * 3 * 4 * 4).reshape(2, 3, 4, 4)
    filters = np.linspace(-0.2, 0.3, num=3 * 3 * 4 * 4).reshape(3, 3, 4, 4)
    y = kernels.conv2d(x.transpose(0, 2, 3, 1), filters.transpose(2, 3, 1, 0), np.linspace(-0.1, 0.2, num=3),
                       window((4, 4), (4, 4), (2, 2), ((1, 1), (1, 1))))
    assert y.shape == (2, 2, 2, 3)
    np.testing.assert_allclose(y[0, :, :, 0], [[-0.08759809, -0.10987781], [-0.18387192, -0.2109216]], atol=1e-8)


def test_max_pooling_gives_the_numbers_of_the_stanford_course():
    x = np.linspace(-0.3, 0.4, num=2 * 3 * 4 * 4).reshape(2, 3, 4, 4)
    y, _ = kernels.max_pool(x.transpose(0, 2, 3, 1), window((4, 4), (2, 2), (2, 2)))
    np.testing.assert_allclose(y[0, 0, :, 0], [-0.26315789, -0.24842105], atol=1e-8)


def test_one_row_is_a_correlation(rng):
    x, kernel = rng.standard_normal(9), rng.standard_normal(4)
    for mode, pads in (("valid", 0), ("full", 3)):
        y = kernels.conv2d(image(x), kernel[None, :, None, None], None,
                           window((1, 9), (1, 4), padding=((0, 0), (pads, pads))))
        np.testing.assert_allclose(y[0, 0, :, 0], np.correlate(x, kernel, mode), rtol=1e-12)


def naive(x, kernel, bias):
    """A dense, valid convolution with strides 1, by one sum over whole slices."""
    kh, kw = kernel.shape[:2]
    oh, ow = x.shape[1] - kh + 1, x.shape[2] - kw + 1
    slices = np.array([[x[:, p:p + oh, q:q + ow] for q in range(kw)] for p in range(kh)])
    return np.einsum("pqnijc,pqcf->nijf", slices, kernel) + bias


def test_everything_a_convolution_can_do_is_a_dense_one_of_something_else(rng):
    channels, groups, filters = 4, 2, 6
    x, bias = rng.standard_normal((2, 7, 8, channels)), rng.standard_normal(filters)
    kernel = rng.standard_normal((2, 3, channels // groups, filters))
    strides, dilation, pads = (2, 3), (3, 2), ((1, 2), (3, 0))
    y = kernels.conv2d(x, kernel, bias, window((7, 8), (2, 3), strides, pads, dilation), groups)
    # Padding is a larger image, dilation a kernel with holes, groups a kernel with zeros, strides leave out.
    padded = np.pad(x, ((0, 0), *pads, (0, 0)))
    holes = np.zeros((3 * 1 + 1, 2 * 2 + 1, channels, filters))
    for f in range(filters):
        first = f // 3 * 2  # three filters a group, two channels a group
        holes[::3, ::2, first:first + 2, f] = kernel[..., f]
    np.testing.assert_allclose(y, naive(padded, holes, bias)[:, ::2, ::3], rtol=1e-12)


# -- pooling ---------------------------------------------------------------------------------------


def test_max_pooling_and_its_gradient():
    x, w = image([1, 5, 2], [7, 3, 9], [4, 8, 6]), window((3, 3), (2, 2), (1, 1))
    y, winner = kernels.max_pool(x, w)
    assert rows(y) == [[7, 9], [8, 9]]
    assert rows(winner) == [[2, 3], [3, 1]]
    # The 9 won twice, and gets both.
    assert rows(kernels.max_pool_input_gradient(image([1, 10], [100, 1000]), winner, (3, 3), w)) == [
        [0, 0, 0], [1, 0, 1010], [0, 100, 0]]


def test_average_pooling_counts_real_cells_only():
    # Keras's own numbers for 0 ... 8, pool 2, stride 2, "same".
    x, w = image([0, 1, 2], [3, 4, 5], [6, 7, 8]), window((3, 3), (2, 2), (2, 2), "same")
    assert rows(kernels.average_pool(x, w)) == [[2, 3.5], [6.5, 8]]
    dx = kernels.average_pool_input_gradient(image([4, 2], [2, 1]), (3, 3), w)
    assert rows(dx) == [[1, 1, 1], [1, 1, 1], [1, 1, 1]]


def test_subsampling_adds_scales_and_shifts():
    x, w = image([1, 2, 5], [3, 4, 6]), window((2, 3), (2, 2), (2, 2))
    y, s = kernels.subsample(x, np.array([3.0]), np.array([0.5]), w)
    assert rows(s) == [[10]]
    assert rows(y) == [[30.5]]
    assert rows(kernels.subsample_input_gradient(image([2]), np.array([3.0]), (2, 3), w)) == [[6, 6, 0], [6, 6, 0]]


# -- dense and radial --------------------------------------------------------------------------------


def test_dense_and_its_gradients():
    x, kernel, dy = np.array([[1.0, 2]]), np.array([[1.0, 2, 3], [10, 20, 30]]), np.array([[1.0, 0, -1]])
    assert kernels.dense(x, kernel, np.array([0.5, 0, 0])).tolist() == [[21.5, 42, 63]]
    assert kernels.dense_input_gradient(dy, kernel).tolist() == [[-2, -20]]
    assert kernels.dense_kernel_gradient(x, dy).tolist() == [[1, 0, -1], [2, 0, -2]]


def test_radial_distances_and_their_gradients():
    x, prototypes, dy = np.array([[1.0, 2]]), np.array([[1.0, 2], [-1, 5]]), np.array([[7.0, 10]])
    # No root, no one-half: 0, and (1 + 1)^2 + (2 - 5)^2 = 13.
    assert kernels.rbf(x, prototypes).tolist() == [[0, 13]]
    assert kernels.rbf_input_gradient(dy, x, prototypes).tolist() == [[10 * 2 * 2, 10 * 2 * -3]]
    assert kernels.rbf_prototype_gradient(dy, x, prototypes).tolist() == [[0, 0], [10 * 2 * -2, 10 * 2 * 3]]
