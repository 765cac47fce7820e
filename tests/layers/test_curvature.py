"""The curvature of every layer against its definition, from derivatives found by differences of forward.

    hx_j = sum over i of hy_i (dy_i/dx_j)^2,     and the same for each parameter

i runs over all numbers that leave the layer: images, positions, units. For a shared weight this is the sum over
positions of squares, and not the square of the sum (LeCun et al. 1998, eq. 23 and 25).
"""

import numpy as np
import pytest

from minicnn import _checks, layers

STEP = 1e-5


def jacobian(value, forward):
    """dy_i/dvalue_j by central differences: (y.size, value.size); exact to ten digits or so in float64."""
    columns = []
    for j in range(value.size):
        kept = value.flat[j]
        value.flat[j] = kept + STEP
        after = forward().copy()  # some layers hand on what came in
        value.flat[j] = kept - STEP
        columns.append((after - forward()).ravel() / (2 * STEP))
        value.flat[j] = kept
    return np.stack(columns, axis=1)


def expected(case, layer, value, x, hy):
    slopes = jacobian(value, lambda: case.forward(layer, *x)[0])
    return (hy.ravel() @ np.square(slopes)).reshape(value.shape)


@pytest.fixture
def walked(case):
    """(layer, x, hy, hx as a tuple, Hessians)"""
    layer, x = case.layer(), case.inputs(batch=2)
    y, cache = case.forward(layer, *x)
    hy = np.random.default_rng(3).uniform(-0.5, 2, y.shape)  # a curvature may be negative
    hx, hessians = layer.curvature(hy, cache)
    return layer, x, hy, hx if isinstance(hx, tuple) else (hx,), hessians


def test_of_the_inputs(case, walked):
    layer, x, hy, hx, _ = walked
    for value, h in zip(x, hx, strict=True):
        np.testing.assert_allclose(h, expected(case, layer, value, x, hy), rtol=1e-7, atol=1e-8)


def test_of_the_parameters(case, walked):
    layer, x, hy, _, hessians = walked
    assert hessians.keys() == layer.learned.keys()
    for name, h in hessians.items():
        if isinstance(layer, layers.Subsampling2D) and name == "coefficient":
            continue  # by single connections: the test below
        np.testing.assert_allclose(h, expected(case, layer, layer.params[name], x, hy), rtol=1e-7, atol=1e-8,
                                   err_msg=name)


@pytest.mark.parametrize(("pool", "shape"), [(2, (4, 6, 3)), ((2, 3), (5, 7, 2))])
def test_of_a_subsampling_coefficient_by_single_connections(pool, shape):
    # Eq. 23 and 25 to the letter: each of the window's cells is a connection of its own with this weight.
    layer = layers.Subsampling2D(pool, dtype="float64")
    layer.build(shape)
    x = np.random.default_rng(1).standard_normal((2, *shape))
    y, cache = layer.forward(x)
    hy = np.random.default_rng(3).uniform(0, 2, y.shape)
    total = np.zeros(shape[2])
    kh, kw = layer.pool_size
    for n, i, j, c in np.ndindex(y.shape):
        for p in range(kh):
            for q in range(kw):
                total[c] += hy[n, i, j, c] * x[n, i * kh + p, j * kw + q, c] ** 2
    np.testing.assert_allclose(layer.curvature(hy, cache)[1]["coefficient"], total, rtol=1e-12)


def test_a_shared_weight_sums_squares_and_does_not_square_the_sum():
    # One weight, two positions with x = 3 and -3: the sum of squares is 18, the square of the sum 0.
    layer = layers.Conv2D(1, 1, dtype="float64")
    layer.build((1, 2, 1))
    y, cache = layer.forward(np.array([3.0, -3]).reshape(1, 1, 2, 1))
    assert layer.curvature(np.ones_like(y), cache)[1]["kernel"].item() == 18


def test_a_layer_without_a_rule_says_so():
    class Scale(layers.Layer):
        def forward(self, x, training=False, rng=None):
            return 2 * x, ()

    with pytest.raises(_checks.MinicnnError, match=r"Scale 'mine': this layer has no curvature rule.*squared"):
        Scale(name="mine").curvature(np.ones((1, 2)), ())
