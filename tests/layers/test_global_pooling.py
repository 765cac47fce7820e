"""Global pools against loops, against pools whose window is the image, and what they refuse."""

import numpy as np
import pytest

from minicnn import MinicnnError, kernels, layers

KINDS = {"GlobalAveragePooling2D": layers.AveragePooling2D, "GlobalMaxPooling2D": layers.MaxPooling2D}


@pytest.mark.parametrize("keepdims", [False, True])
def test_map_by_map(keepdims):
    x = np.random.default_rng(0).standard_normal((2, 3, 5, 4))
    numbers = {"GlobalAveragePooling2D": lambda cells: sum(cells) / len(cells), "GlobalMaxPooling2D": max}
    for name, number in numbers.items():
        y, _ = getattr(layers, name)(keepdims).forward(x)
        assert y.shape == ((2, 1, 1, 4) if keepdims else (2, 4))
        for n, c in np.ndindex(2, 4):
            expected = number([x[n, i, j, c] for i in range(3) for j in range(5)])
            np.testing.assert_allclose(y.reshape(2, 4)[n, c], expected, rtol=1e-14)


@pytest.mark.parametrize("values", ["different", "ties", "NaN"])
@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("implementation", kernels.IMPLEMENTATIONS)
def test_it_is_a_pool_whose_window_is_the_image(name, values, implementation):
    x = np.random.default_rng(1).standard_normal((2, 4, 3, 2))
    if values == "ties":
        x = np.round(x)
    if values == "NaN":
        x[1, 2, 1, 0] = np.nan
    dy = np.array([[[[1.0, 2]]], [[[3, 4]]]])
    found = []
    with kernels.use(implementation):
        for layer in (getattr(layers, name)(keepdims=True), KINDS[name]((4, 3))):
            y, cache = layer.forward(x)
            found.append([y, layer.backward(dy, cache)[0], layer.curvature(dy, cache)[0]])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-15)


def test_the_first_of_equals_wins():
    layer = layers.GlobalMaxPooling2D()
    y, cache = layer.forward(np.ones((1, 2, 2, 1)))
    assert layer.backward(np.full_like(y, 8), cache)[0].ravel().tolist() == [8, 0, 0, 0]


@pytest.mark.parametrize("name", KINDS)
def test_no_image(name):
    with pytest.raises(MinicnnError, match=rf"{name} 'g': the input is not an image. Expected shape "
                                           r"\(H, W, C\), received shape \(4,\)"):
        getattr(layers, name)(name="g").output_shape_for((4,))
