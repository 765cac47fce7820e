"""What is particular to single layers: dropout's numbers, flatten's order, add's inputs, a pool's padding."""

import json

import numpy as np
import pytest

from minicnn import _checks, activations, kernels, layers


def test_dropout_drops_a_fraction_and_scales_the_rest():
    x = np.ones((1, 100_000), np.float32)
    y, _ = layers.Dropout(0.3).forward(x, training=True, rng=np.random.default_rng(0))
    assert set(np.unique(y)) == {np.float32(0), np.float32(1) / np.float32(0.7)}
    # The standard deviation of the fraction is 0.0014: five of them.
    assert abs((y == 0).mean() - 0.3) < 0.007


def test_dropout_comes_from_the_generator_alone():
    layer, x = layers.Dropout(0.5), np.ones((4, 50))
    first, again, other = (layer.forward(x, training=True, rng=np.random.default_rng(s))[0] for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_dropout_does_nothing_outside_training():
    x = np.ones((4, 50))
    np.testing.assert_array_equal(layers.Dropout(0.5).forward(x)[0], x)
    np.testing.assert_array_equal(layers.Dropout(0.0).forward(x, training=True)[0], x)


def test_dropout_needs_random_numbers_to_train():
    with pytest.raises(_checks.MinicnnError, match=r"Dropout 'd': training needs random numbers. Hand in rng"):
        layers.Dropout(0.5, name="d").forward(np.ones((1, 2)), training=True)


@pytest.mark.parametrize("rate", [-0.1, 1, 1.5, "half", float("nan"), True])
def test_dropout_rate(rate):
    with pytest.raises(_checks.MinicnnError, match="rate must be a number"):
        layers.Dropout(rate)


def test_flatten_lets_channels_change_fastest():
    x = np.arange(2 * 2 * 2.0).reshape(1, 2, 2, 2)
    assert layers.Flatten()(x).tolist() == [[0, 1, 2, 3, 4, 5, 6, 7]]


def test_add_wants_two_or_more_of_one_shape():
    with pytest.raises(_checks.MinicnnError, match=r"inputs do not fit. Expected two or more of one shape"):
        layers.Add().output_shape((2, 3))
    with pytest.raises(_checks.MinicnnError, match="inputs do not fit"):
        layers.Add().output_shape((2, 3), (3, 2))


@pytest.mark.parametrize("pool", [layers.MaxPooling2D, layers.AveragePooling2D])
def test_a_pool_pads_valid_or_same(pool):
    with pytest.raises(_checks.MinicnnError, match=r"a pool pads 'valid' or 'same'. Received 1"):
        pool(2, padding=1)


def test_a_pool_steps_by_its_size_unless_told():
    assert layers.MaxPooling2D((3, 2)).strides == (3, 2)
    assert layers.AveragePooling2D(3, 1).strides == (1, 1)


def test_subsampling_is_the_paper_s_sum_and_squashing():
    # 1.7159 tanh(2/3 (0.25 * (1 + 2 + 3 + 4) + 0.1))
    layer = layers.Subsampling2D(2, dtype="float64")
    x = np.array([[1.0, 2], [3, 4]])[None, :, :, None]
    layer(x)
    layer.set_weights([[0.25], [0.1]])
    np.testing.assert_allclose(layer(x).item(), 1.7159 * np.tanh(2 / 3 * 2.6), rtol=1e-15)


def test_the_rbf_is_fixed_unless_asked():
    centers = np.eye(3)
    fixed, free = layers.RBF(centers), layers.RBF(centers, trainable=True)
    assert (fixed.trainable, free.trainable) == (False, True)
    fixed.build((3,))
    fixed.params["prototypes"][...] = 7
    assert (fixed.prototypes == 7).all()
    assert (centers == np.eye(3)).all(), "the layer has its own copy"


def test_linear_layers_compute_by_the_kernels():
    seen = {}
    for name, layer, shape in (("conv", layers.Conv2D(2, 3), (4, 4, 2)), ("dense", layers.Dense(2), (4,)),
                               ("table", layers.TableConv2D([[1, 0], [1, 1]], 3), (4, 4, 2))):
        layer.build(shape)
        with kernels.record() as calls:
            y, cache = layer.forward(np.ones((1, *shape)))
            layer.backward(y, cache)
        seen[name] = [kernel for _, kernel in calls]
    assert seen == {
        "conv": ["conv2d", "conv2d_input_gradient", "conv2d_kernel_gradient", "bias_gradient"],
        "dense": ["dense", "dense_input_gradient", "dense_kernel_gradient", "bias_gradient"],
        "table": ["table_conv2d", "table_conv2d_input_gradient", "table_conv2d_kernel_gradient", "bias_gradient"],
    }


def test_an_activation_of_your_own_is_written_down_too():
    class Cube(activations.Elementwise):
        name = "cube"

        def __call__(self, x):
            return x**3

        def slope(self, x, y):
            return 3 * x**2

    for layer in (layers.Activation(Cube()), layers.Dense(2, Cube())):
        twin = type(layer).from_config(json.loads(json.dumps(layer.get_config())))
        assert twin.get_config() == layer.get_config()
        layer = twin if isinstance(twin, layers.Activation) else layers.Activation(twin.activation)
        assert layer(np.array([[2.0]])).tolist() == [[8]]
