"""The penalties against finite differences, the blur against its properties."""

import numpy as np
import pytest

from minicnn.visualize.maximizing.smoothing import (
    blurred,
    squares,
    squares_gradient,
    total_variation,
    total_variation_gradient,
)

RNG = np.random.default_rng(12)


@pytest.mark.parametrize(("row", "variation"), [((0, 0, 1, 1), 1), ((0, 0.5, 1, 1), 1), ((0, 1, 0, 1), 3)])
def test_total_variation_is_how_much_neighbors_differ(row, variation):
    x = np.array(row, float).reshape(1, 1, 4, 1)
    np.testing.assert_allclose(total_variation(x), [variation], atol=0.1)
    np.testing.assert_allclose(total_variation(x.swapaxes(1, 2)), [variation], atol=0.1)


def test_an_even_picture_has_none():
    assert total_variation(np.full((2, 3, 4, 2), 0.7)).tolist() == [0, 0]
    assert not total_variation_gradient(np.full((2, 3, 4, 2), 0.7)).any()


@pytest.mark.parametrize(("penalty", "gradient"), [
    (total_variation, total_variation_gradient), (squares, squares_gradient)], ids=["variation", "squares"])
@pytest.mark.parametrize("shape", [(3, 4, 5, 2), (1, 1, 6, 1), (2, 5, 1, 3)])
def test_gradients_are_those_of_finite_differences(penalty, gradient, shape):
    x = RNG.random(shape)
    found = gradient(x)
    for place in np.ndindex(shape):
        step = np.zeros(shape)
        step[place] = 1e-6
        difference = (penalty(x + step) - penalty(x - step)) / 2e-6
        np.testing.assert_allclose(difference[place[0]], found[place], rtol=1e-6, atol=1e-8)
        np.testing.assert_array_equal(np.delete(difference, place[0]), 0)


@pytest.mark.parametrize("sigma", [0.5, 1.0, 2.5])
def test_the_blur_is_symmetric_and_leads_uphill(sigma):
    a, b = RNG.normal(size=(2, 1, 9, 7, 2))
    np.testing.assert_allclose((a * blurred(b, sigma)).sum(), (blurred(a, sigma) * b).sum(), rtol=1e-12)
    assert (a * blurred(a, sigma)).sum() > 0


def test_the_blur_is_a_gaussian():
    point = np.zeros((1, 21, 21, 1))
    point[0, 10, 10] = 1
    spread = blurred(point, 2.0)[0, ..., 0]
    np.testing.assert_allclose(spread.sum(), 1)
    np.testing.assert_allclose(spread[10, 12] / spread[10, 10], np.exp(-0.5), rtol=1e-12)
    np.testing.assert_allclose(spread, spread.T)


def test_no_blur():
    x = RNG.random((1, 3, 3, 1))
    assert blurred(x, 0) is x
    assert blurred(x.astype("float32"), 1.0).dtype == np.float32
