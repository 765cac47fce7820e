"""DepthwiseConv2D: a convolution with as many groups as channels, under Keras's names."""

import numpy as np
import pytest

from minicnn import MinicnnError, Sequential, initializers, kernels
from minicnn.layers import Conv2D, DepthwiseConv2D
from minicnn.optimizers import SGD


@pytest.mark.parametrize("multiplier", [1, 3])
@pytest.mark.parametrize("options", [{}, {"strides": (2, 1), "padding": "same"}, {"dilation_rate": (2, 1)}])
def test_it_is_the_grouped_convolution(multiplier, options, rng):
    layer = DepthwiseConv2D((2, 3), depth_multiplier=multiplier, dtype="float64", input_shape=(5, 6, 4), **options)
    grouped = Conv2D(4 * multiplier, (2, 3), groups=4, dtype="float64", input_shape=(5, 6, 4), **options)
    kernel, bias = rng.standard_normal((2, 3, 4, multiplier)), rng.standard_normal(4 * multiplier)
    layer.set_weights([kernel, bias])
    grouped.set_weights([kernel.reshape(2, 3, 1, -1), bias])
    x = rng.standard_normal((2, 5, 6, 4))
    for implementation in kernels.IMPLEMENTATIONS:
        with kernels.use(implementation):
            np.testing.assert_allclose(layer(x), grouped(x), rtol=1e-12, atol=1e-12)


def test_channels_do_not_mix(rng):
    layer, x = DepthwiseConv2D(3, depth_multiplier=2, input_shape=(5, 5, 3)), rng.standard_normal((1, 5, 5, 3))
    other = x.copy()
    other[..., 1] += 1
    changed = np.any(layer(x) != layer(other), axis=(0, 1, 2))
    assert changed.tolist() == [False, False, True, True, False, False]


def test_the_initializer_has_the_fans_of_keras():
    seen = []

    class Spy(initializers.Initializer):
        def draw(self, shape, fan_in, fan_out, rng):
            seen.append((shape, fan_in, fan_out))
            return np.zeros(shape)

    layer = DepthwiseConv2D((3, 2), depth_multiplier=5, depthwise_initializer=Spy(), input_shape=(5, 5, 4))
    assert not layer.params["kernel"].any()
    assert seen == [((3, 2, 4, 5), 3 * 2 * 4, 3 * 2 * 5)]


def test_its_regularizer_pulls_at_the_kernel():
    model = Sequential([DepthwiseConv2D(1, depthwise_regularizer="l2", depthwise_initializer="ones", use_bias=False,
                                        input_shape=(1, 1, 2))])
    model.compile(SGD(0.5), "mse")
    assert model.train_on_batch(np.zeros((1, 1, 1, 2)), np.zeros((1, 1, 1, 2))) == pytest.approx(0.02)
    np.testing.assert_allclose(model.layers[0].params["kernel"].ravel(), [0.99, 0.99])


def test_a_multiplier_of_nothing():
    with pytest.raises(MinicnnError, match=r"depth_multiplier must be an integer\. Expected at least 1, received 0"):
        DepthwiseConv2D(3, depth_multiplier=0)
