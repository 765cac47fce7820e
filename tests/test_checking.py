"""`gradient_check` finds wrong backwards, also where the caller's numbers come from the same seed as its own."""

import numpy as np
import pytest

from minicnn import GradientCheckError, gradient_check
from minicnn.layers import Layer


class Cube(Layer):
    """y = x^3, with a backward that takes dy for x."""

    def forward(self, x, training=False, rng=None):
        return x**3, (x,)

    def backward(self, dy, cache):
        return 3 * dy**3, {}  # right is 3 * x**2 * dy: the same, if dy equals x


class Noise(Layer):
    """y = noise * x, with a backward that takes x for the noise."""

    def forward(self, x, training=False, rng=None):
        return rng.standard_normal(x.shape) * x, (x,)

    def backward(self, dy, cache):
        (x,) = cache
        return dy * x, {}


@pytest.mark.parametrize("layer", [Cube, Noise])
@pytest.mark.parametrize("seed", [0, 7])
def test_inputs_drawn_from_the_same_seed_hide_nothing(layer, seed):
    x = np.random.default_rng(seed).standard_normal((2, 3, 4))
    with pytest.raises(GradientCheckError, match=r"WRONG input +\(2, 3, 4\)"):
        gradient_check(layer(), x, seed=seed)
