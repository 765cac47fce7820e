"""Bilinear interpolation with half-pixel centers."""

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.visualize import upsample


def by_definition(small, size):
    """Output pixel by output pixel."""
    large = np.empty(size)
    for i, j in np.ndindex(size):
        y = min(max((i + 0.5) * small.shape[0] / size[0] - 0.5, 0), small.shape[0] - 1)
        x = min(max((j + 0.5) * small.shape[1] / size[1] - 0.5, 0), small.shape[1] - 1)
        top, left = int(y), int(x)
        below, right = min(top + 1, small.shape[0] - 1), min(left + 1, small.shape[1] - 1)
        upper = (1 - x + left) * small[top, left] + (x - left) * small[top, right]
        lower = (1 - x + left) * small[below, left] + (x - left) * small[below, right]
        large[i, j] = (1 - y + top) * upper + (y - top) * lower
    return large


@pytest.mark.parametrize("size", [(3, 4), (6, 8), (7, 9), (28, 5), (2, 2), (1, 1)])
def test_against_the_definition(size, rng):
    small = rng.normal(size=(3, 4))
    np.testing.assert_allclose(upsample(small, size), by_definition(small, size), rtol=1e-12, atol=1e-14)


def test_numbers_by_hand():
    # torch: interpolate([[0, 4], [8, 12]], size=4, mode="bilinear", align_corners=False)
    assert upsample([[0, 4], [8, 12]], 4).tolist() == [[0, 1, 3, 4], [2, 3, 5, 6], [6, 7, 9, 10], [8, 9, 11, 12]]


def test_its_own_size_is_itself_and_one_value_fills_all(rng):
    small = rng.normal(size=(3, 4))
    np.testing.assert_array_equal(upsample(small, (3, 4)), small)
    assert upsample([[2.5]], (2, 3)).tolist() == [[2.5] * 3] * 2


def test_every_map_of_a_batch_for_itself_and_in_its_type(rng):
    maps = rng.normal(size=(2, 3, 3, 4)).astype("float32")
    large = upsample(maps, (6, 7))
    assert large.shape == (2, 3, 6, 7)
    assert large.dtype == np.float32
    np.testing.assert_allclose(large[1, 2], upsample(maps[1, 2], (6, 7)), rtol=1e-6, atol=1e-7)


def test_wrong_use():
    with pytest.raises(MinicnnError, match=r"visualize\.upsample: these are not maps.*received shape \(4,\)"):
        upsample(np.zeros(4), (2, 2))
    with pytest.raises(MinicnnError, match=r"visualize\.upsample: size must be an integer.*received 0"):
        upsample(np.zeros((4, 4)), 0)
