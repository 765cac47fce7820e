"""The complementary error function against the standard library's, number by number."""

import math

import numpy as np
import pytest

from minicnn.activations._erf import erfc

# On both sides of where the formula changes, and all over.
EDGES = [sign * side for edge in (0.46875, 4.0) for sign in (1, -1)
         for side in (edge, np.nextafter(edge, 0), np.nextafter(edge, 9))]
POINTS = np.concatenate([np.linspace(-7, 27, 20001), EDGES, [0.0, -0.0, 1e-300, -1e-9, 30.0, 1e4, -1e4]])


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-6), ("float64", 2e-15)])
def test_relative_to_itself(dtype, tolerance):
    # Where erfc is a normal number of the type: what is smaller has fewer digits.
    x = POINTS.astype(dtype)
    expected = np.array([math.erfc(float(v)) for v in x])
    normal = expected > np.finfo(dtype).tiny
    assert normal.sum() > 9000
    found = erfc(x)
    assert found.dtype == dtype
    assert np.abs(found[normal] / expected[normal] - 1).max() < tolerance
    assert np.abs(found[~normal]).max() <= np.finfo(dtype).tiny


def test_special_values():
    found = erfc(np.array([[np.inf, -np.inf], [np.nan, 0]]))
    np.testing.assert_array_equal(found, [[0, 2], [np.nan, 1]])
