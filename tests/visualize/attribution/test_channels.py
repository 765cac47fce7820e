"""One number a pixel."""

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.visualize import over_channels

MAPS = np.array([[1.0, -4.0, 2.0], [0.0, 0.5, -0.5]]).reshape(1, 1, 2, 3)


@pytest.mark.parametrize(("how", "expected"), [("max", [4, 0.5]), ("sum", [-1, 0]), ("mean", [7 / 3, 1 / 3])])
def test_conventions(how, expected):
    maps = over_channels(MAPS, how)
    assert maps.shape == (1, 1, 2)
    np.testing.assert_allclose(maps[0, 0], expected)


def test_the_default_is_simonyans():
    np.testing.assert_array_equal(over_channels(MAPS), over_channels(MAPS, "max"))


def test_wrong_use():
    with pytest.raises(MinicnnError, match=r"visualize\.over_channels: how 'min'"):
        over_channels(MAPS, "min")
    with pytest.raises(MinicnnError, match=r"these are not maps with channels.*received shape \(1, 2, 3\)"):
        over_channels(MAPS[0])
