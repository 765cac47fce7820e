"""The adjoint identity: a gradient is the transpose of its forward, on geometries nobody chose.

    <dy, conv(x, kernel)> = <input_gradient(dy, kernel), x> = <kernel_gradient(x, dy), kernel>
"""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from minicnn import _shapes, kernels

pytestmark = pytest.mark.parametrize("implementation", kernels.IMPLEMENTATIONS)

few = st.integers(1, 3)
maps = st.sampled_from((1, 2, 3, 5, 19))  # the last: more than a vector has lanes, and a rest
pads = st.tuples(*2 * [st.tuples(st.integers(0, 3), st.integers(0, 3))])
seeds = st.integers(0, 2**32 - 1).map(np.random.default_rng)


@st.composite
def windows(draw, paddings, dilation):
    image = draw(st.integers(1, 8)), draw(st.integers(1, 8))
    size = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    padding = draw(paddings)
    rates = draw(st.tuples(dilation, dilation))
    sides = ((0, 0), (0, 0)) if isinstance(padding, str) else padding
    assume(padding == "same" or all(
        _shapes.output_size(image[a], size[a], 1, *sides[a], rates[a]) >= 1 for a in (0, 1)))
    return image, _shapes.window(image, size, draw(st.tuples(few, few)), padding, rates, "test")


conv_windows = windows(st.sampled_from(["valid", "same"]) | pads, few)
pool_windows = windows(st.sampled_from(["valid", "same"]), st.just(1))


def product(a, b):
    assert a.shape == b.shape
    return float((a * b).sum())


def all_equal(*products):
    np.testing.assert_allclose(products, products[0], rtol=1e-10, atol=1e-10)


@given(conv_windows, few, few, maps, maps, seeds)
def test_convolution(implementation, geometry, batch, groups, share, per_group, rng):
    image, window = geometry
    x = rng.standard_normal((batch, *image, groups * share))
    kernel = rng.standard_normal((*window.size, share, groups * per_group))
    dy = rng.standard_normal((batch, *window.output, groups * per_group))
    with kernels.use(implementation):
        all_equal(product(dy, kernels.conv2d(x, kernel, None, window, groups)),
                  product(kernels.conv2d_input_gradient(dy, kernel, image, window, groups), x),
                  product(kernels.conv2d_kernel_gradient(x, dy, window, groups), kernel))


@given(conv_windows, few, maps, few, seeds)
def test_depthwise_convolution(implementation, geometry, batch, channels, multiplier, rng):
    image, window = geometry
    x = rng.standard_normal((batch, *image, channels))
    kernel = rng.standard_normal((*window.size, channels, multiplier))
    dy = rng.standard_normal((batch, *window.output, channels * multiplier))
    with kernels.use(implementation):
        y = kernels.depthwise_conv2d(x, kernel, None, window)
        all_equal(product(dy, y),
                  product(kernels.depthwise_conv2d_input_gradient(dy, kernel, image, window), x),
                  product(kernels.depthwise_conv2d_kernel_gradient(x, dy, window), kernel))
        # It is the convolution with as many groups as channels.
        grouped = kernel.reshape(*window.size, 1, channels * multiplier)
        np.testing.assert_allclose(y, kernels.conv2d(x, grouped, None, window, channels), rtol=1e-10, atol=1e-10)


@given(conv_windows, few, few, maps, seeds)
def test_table_convolution(implementation, geometry, batch, channels, filters, rng):
    image, window = geometry
    table = rng.random((channels, filters)) < 0.6
    table[0] |= ~table.any(axis=0)
    x = rng.standard_normal((batch, *image, channels))
    kernel = rng.standard_normal((*window.size, int(table.sum())))
    dy = rng.standard_normal((batch, *window.output, filters))
    with kernels.use(implementation):
        all_equal(product(dy, kernels.table_conv2d(x, kernel, None, table, window)),
                  product(kernels.table_conv2d_input_gradient(dy, kernel, table, image, window), x),
                  product(kernels.table_conv2d_kernel_gradient(x, dy, table, window), kernel))


@given(pool_windows, few, maps, seeds)
def test_pools_and_subsampling(implementation, geometry, batch, channels, rng):
    image, window = geometry
    x = rng.standard_normal((batch, *image, channels))
    dy = rng.standard_normal((batch, *window.output, channels))
    coefficient, none = rng.standard_normal(channels), np.zeros(channels)
    with kernels.use(implementation):
        all_equal(product(dy, kernels.average_pool(x, window)),
                  product(kernels.average_pool_input_gradient(dy, image, window), x))
        y, s = kernels.subsample(x, coefficient, none, window)
        all_equal(product(dy, y), product(kernels.subsample_input_gradient(dy, coefficient, image, window), x),
                  product((dy * s).sum(axis=(0, 1, 2)), coefficient))
        # Max pooling is linear too, once it is settled who wins.
        y, winner = kernels.max_pool(x, window)
        all_equal(product(dy, y), product(kernels.max_pool_input_gradient(dy, winner, image, window), x))


@given(few, st.integers(1, 9), st.integers(1, 9), seeds)
def test_dense_and_bias(implementation, batch, inputs, units, rng):
    x, kernel = rng.standard_normal((batch, inputs)), rng.standard_normal((inputs, units))
    dy, bias = rng.standard_normal((batch, units)), rng.standard_normal(units)
    with kernels.use(implementation):
        all_equal(product(dy, kernels.dense(x, kernel, None)),
                  product(kernels.dense_input_gradient(dy, kernel), x),
                  product(kernels.dense_kernel_gradient(x, dy), kernel))
        all_equal(product(dy, kernels.dense(0 * x, kernel, bias)), product(kernels.bias_gradient(dy), bias))


@given(few, st.integers(1, 9), maps, seeds)
def test_rbf(implementation, batch, inputs, units, rng):
    x, prototypes = rng.standard_normal((batch, inputs)), rng.standard_normal((units, inputs))
    dy = rng.standard_normal((batch, units))
    dx, dp = rng.standard_normal(x.shape), rng.standard_normal(prototypes.shape)
    with kernels.use(implementation):
        # Not linear but square: half the difference of two steps, forth and back, is its linear part.
        there, back = kernels.rbf(x + dx, prototypes), kernels.rbf(x - dx, prototypes)
        all_equal(product(dy, (there - back) / 2), product(kernels.rbf_input_gradient(dy, x, prototypes), dx))
        there, back = kernels.rbf(x, prototypes + dp), kernels.rbf(x, prototypes - dp)
        all_equal(product(dy, (there - back) / 2), product(kernels.rbf_prototype_gradient(dy, x, prototypes), dp))
