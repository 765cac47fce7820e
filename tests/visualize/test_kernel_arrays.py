"""The kernels of every convolution, by input map and filter."""

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.applications import LeNet5, LeNet5Modern
from minicnn.applications.lenet5 import TABLE_I
from minicnn.layers import Conv2D, Conv2DTranspose, DepthwiseConv2D, TableConv2D
from minicnn.visualize import kernel_grid
from minicnn.visualize.kernel_arrays import kernel_links

RNG = np.random.default_rng(3)


def as_full_convolution(grid):
    """A Conv2D with no link left out, whose absent kernels are zero."""
    layer = Conv2D(grid.shape[-1], grid.shape[:2], use_bias=False, dtype="float64")
    layer.build((9, 8, grid.shape[2]))
    layer.set_weights([np.nan_to_num(grid)])
    return layer


@pytest.mark.parametrize("layer", [
    Conv2D(5, 3, dtype="float64", use_bias=False),
    Conv2D(1, (2, 3), dtype="float64", use_bias=False),
    Conv2D(6, 3, groups=2, dtype="float64", use_bias=False),
    Conv2D(4, (3, 2), groups=4, dtype="float64", use_bias=False),
    Conv2D(8, 1, groups=4, dtype="float64", use_bias=False),
    TableConv2D([[1, 0, 1], [1, 1, 0], [0, 1, 0], [0, 1, 1]], (2, 3), dtype="float64", use_bias=False),
    DepthwiseConv2D((3, 2), dtype="float64", use_bias=False),
    DepthwiseConv2D(3, depth_multiplier=3, dtype="float64", use_bias=False),
], ids=str)
def test_the_grid_computes_what_the_layer_computes(layer):
    x = RNG.normal(size=(2, 9, 8, 4))
    expected = layer(x)
    np.testing.assert_allclose(as_full_convolution(kernel_grid(layer))(x), expected, rtol=1e-12, atol=1e-12)


def test_absent_links_and_only_those_are_nan():
    grid = kernel_grid(LeNet5().get_layer("C3"))
    assert grid.shape == (5, 5, 6, 16)
    assert grid.dtype == np.float32
    for cell in np.ndindex(5, 5):
        np.testing.assert_array_equal(np.isnan(grid[cell]), ~TABLE_I)


def test_groups_leave_links_out():
    layer = Conv2D(4, 1, groups=2, input_shape=(3, 3, 4))
    layer.build((3, 3, 4))
    np.testing.assert_array_equal(~np.isnan(kernel_grid(layer)[0, 0]), [
        [True, True, False, False], [True, True, False, False],
        [False, False, True, True], [False, False, True, True]])


def test_a_transposed_kernel_is_what_one_number_paints():
    layer = Conv2DTranspose(3, (2, 4), strides=(2, 4), dtype="float64", use_bias=False)
    x = np.zeros((1, 3, 3, 5))
    x[0, 1, 1, 4] = 1
    painted = layer(x)
    np.testing.assert_array_equal(painted[0, 2:4, 4:8], kernel_grid(layer)[:, :, 4])
    assert kernel_grid(layer).shape == (2, 4, 5, 3)


@pytest.mark.parametrize("layer", [
    Conv2D(4, 1, groups=2, input_shape=(3, 3, 4)), TableConv2D([[1, 0], [1, 1]], 1, input_shape=(3, 3, 2)),
    DepthwiseConv2D(2, depth_multiplier=2, input_shape=(3, 3, 3)), Conv2DTranspose(3, 2, input_shape=(3, 3, 2)),
], ids=str)
def test_links_are_where_the_grid_has_kernels(layer):
    np.testing.assert_array_equal(kernel_links(layer), ~np.isnan(kernel_grid(layer)[0, 0]))


@pytest.mark.parametrize("layer", [LeNet5Modern().get_layer("conv2"), Conv2DTranspose(3, 2, input_shape=(3, 3, 2)),
                                   DepthwiseConv2D(2, input_shape=(3, 3, 1))], ids=str)
def test_the_grid_is_a_copy(layer):
    before = layer.params["kernel"].copy()
    kernel_grid(layer)[...] = 7
    np.testing.assert_array_equal(layer.params["kernel"], before)


def test_a_layer_without_kernels():
    with pytest.raises(MinicnnError, match=r"Dense 'F6': this layer has no kernels. Expected a Conv2D, TableConv2D, "
                                           r"DepthwiseConv2D or Conv2DTranspose, received Dense"):
        kernel_grid(LeNet5().get_layer("F6"))


def test_an_unbuilt_layer():
    with pytest.raises(MinicnnError, match="has no weights yet"):
        kernel_grid(Conv2D(2, 3))


def test_a_kernel_that_is_not_finite():
    layer = LeNet5Modern().get_layer("conv1")
    layer.params["kernel"][0, 1, 0, 2] = np.nan
    with pytest.raises(MinicnnError, match=r"kernel of Conv2D 'conv1'.* at index \(0, 1, 0, 2\)"):
        kernel_grid(layer)
