"""What stands behind a convolution, done to its results where they lie: the same bits as afterwards."""

import numpy as np
import pytest

from minicnn import _shapes
from minicnn.kernels import threads
from minicnn.kernels.vector import conv, winograd
from minicnn.kernels.vector.finishing import ending, finish

CASES = {  # batch, image, channels, kernel, filters, strides, dilation, groups
    "strides": (3, (9, 7), 5, (3, 2), 6, (2, 1), (1, 1), 1),
    "groups and dilation": (2, (8, 9), 6, (3, 3), 10, (1, 1), (2, 1), 2),
    "one pixel": (1, (1, 1), 3, (1, 1), 37, (1, 1), (1, 1), 1),
    "a matrix in pieces": (1, (3, 3), 300, (1, 1), 560, (1, 1), (1, 1), 1),
    "few tiles": (1, (13, 10), 40, (3, 3), 70, (1, 1), (1, 1), 1),
    "many tiles": (3, (21, 20), 32, (3, 3), 67, (1, 1), (1, 1), 1),
}


@pytest.fixture(params=[1, 3])
def _parts(request, monkeypatch):
    monkeypatch.setattr(threads, "WORTHWHILE", 1)
    monkeypatch.setattr(threads, "_threads", request.param)


@pytest.mark.usefixtures("_parts")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("normal", [True, False])
@pytest.mark.parametrize("more", [True, False])
@pytest.mark.parametrize("relu", [True, False])
def test_done_at_once_it_is_the_same(case, normal, more, relu, dtype):
    batch, image, channels, size, filters, strides, dilation, groups = CASES[case]
    w = _shapes.window(image, size, strides, "same", dilation, "test")
    rng = np.random.default_rng(0)
    x = rng.normal(0, 1, (batch, *image, channels)).astype(dtype)
    kernel, bias = rng.normal(0, 1, (*size, channels // groups, filters)).astype(dtype), rng.normal(0, 1, filters)
    bias, factors = bias.astype(dtype), rng.normal(0, 1, (4, filters)).astype(dtype) if normal else None
    other = rng.normal(0, 1, (batch, *w.output, filters)).astype(dtype) if more else None
    assert winograd.pays(batch, kernel, w, w.output, groups) == ("tiles" in case)
    assert "tiles" not in case or (batch * winograd.tiles_of(w.output) <= winograd.FEW) == ("few" in case)
    together = conv.conv2d(x, kernel, bias, w, groups, ending(factors, other, relu, x.dtype))
    one_by_one = finish(conv.conv2d(x, kernel, bias, w, groups), factors, other, relu, False)
    np.testing.assert_array_equal(together, one_by_one)


@pytest.mark.parametrize("case", ["strides", "few tiles", "many tiles"])
def test_no_number_is_hidden(case):
    batch, image, channels, size, filters, strides, dilation, _groups = CASES[case]
    w = _shapes.window(image, size, strides, "same", dilation, "test")
    x = np.ones((batch, *image, channels), "f")
    x[0, 4, 4, 1] = np.nan
    y = conv.conv2d(x, np.ones((*size, channels, filters), "f"), None, w, 1, ending(None, None, True, x.dtype))
    assert np.isnan(y).any()
    assert np.isfinite(y).any()
