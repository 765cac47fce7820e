"""What is particular to single layers: dropout's numbers, a scale's shape, a pool's padding."""

import json

import numpy as np
import pytest

from minicnn import MinicnnError, activations, kernels, layers


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
    with pytest.raises(MinicnnError, match=r"Dropout 'd': training needs random numbers. Hand in rng"):
        layers.Dropout(0.5, name="d").forward(np.ones((1, 2)), training=True)


@pytest.mark.parametrize("rate", [-0.1, 1, 1.5, "half", float("nan"), True])
def test_dropout_rate(rate):
    with pytest.raises(MinicnnError, match="rate must be a number"):
        layers.Dropout(rate)


def test_rescaling_of_bytes_and_by_channel():
    x = np.array([[[[0, 255]]]], np.uint8)
    assert layers.Rescaling(1 / 255)(x).tolist() == [[[[0, 1]]]]
    assert layers.Rescaling(1 / 127.5, -1)(x).tolist() == [[[[-1, 1]]]]
    assert layers.Rescaling([1, 2], offset=(5, 10))(x).tolist() == [[[[5, 520]]]]
    assert layers.Rescaling(2)(x).dtype == np.float32


@pytest.mark.parametrize(("arguments", "message"), [
    (("a lot",), r"Rescaling '\w+': scale: this is not an array of numbers"),
    ((1, [1, None]), "offset: this is not an array of numbers"),
    ((float("nan"),), "scale: 1 of 1 values are not finite"),
])
def test_a_scale_is_a_number(arguments, message):
    with pytest.raises(MinicnnError, match=message):
        layers.Rescaling(*arguments)


@pytest.mark.parametrize("scale", [[1, 2], np.ones((1, 1, 1, 3)), np.ones((2, 1, 1))])
def test_a_scale_that_does_not_fit(scale):
    with pytest.raises(MinicnnError, match=r"Rescaling 's': scale does not fit the input. Expected a number, or "
                                           r"one for each channel, received shape \(.*\) \(input shape \(4, 4, 3\)\)"):
        layers.Rescaling(scale, name="s").output_shape_for((4, 4, 3))


def test_the_scale_is_the_layer_s_own():
    scale = np.array([1.0, 2.0])
    layer = layers.Rescaling(scale)
    scale[...] = 7
    assert layer(np.ones((1, 2))).tolist() == [[1, 2]]


def test_dropout_of_whole_maps():
    x = np.ones((5, 4, 3, 40))
    y, _ = layers.Dropout(0.5, (None, 1, 1, None)).forward(x, training=True, rng=np.random.default_rng(0))
    assert set(np.unique(y)) == {0, 2}
    assert (y == y[:, :1, :1]).all()
    assert len(np.unique(y[:, 0, 0], axis=0)) == 5, "each image loses others"


def test_noise_of_the_input_s_own_sizes_is_no_other():
    x = np.ones((5, 4, 3))
    draws = [layers.Dropout(0.5, shape).forward(x, training=True, rng=np.random.default_rng(0))[0]
             for shape in (None, (None, None, None), (5, 4, 3), [None, 4, None])]
    for draw in draws[1:]:
        np.testing.assert_array_equal(draw, draws[0])


@pytest.mark.parametrize(("shape", "message"), [
    (3, r"noise_shape is a tuple with the batch axis. Received 3. For example \(None, 1, 1, None\)"),
    ("no", "noise_shape is a tuple"), ((None, 0), "each size of noise_shape must be an integer. Expected at least 1"),
    ((None, 1.5), "each size of noise_shape must be an integer"),
])
def test_a_noise_shape_that_is_none(shape, message):
    with pytest.raises(MinicnnError, match=message):
        layers.Dropout(0.5, shape)


def test_a_noise_shape_that_does_not_fit():
    for shape in ((None, 2), (None, 1, 1), (None,)):
        with pytest.raises(MinicnnError, match=r"Dropout 'd': noise_shape does not fit the input. Expected 1, None"):
            layers.Dropout(0.5, shape, name="d").output_shape_for((4,))
    layer = layers.Dropout(0.5, (3, 1))  # only a batch of three rows
    layer.forward(np.ones((3, 4)), training=True, rng=np.random.default_rng(0))
    with pytest.raises(MinicnnError, match=r"on each axis of \(2, 4\), received \(3, 1\)"):
        layer.forward(np.ones((2, 4)), training=True, rng=np.random.default_rng(0))


@pytest.mark.parametrize("pool", [layers.MaxPooling2D, layers.AveragePooling2D])
def test_a_pool_pads_valid_or_same(pool):
    with pytest.raises(MinicnnError, match=r"a pool pads 'valid' or 'same'. Received 1"):
        pool(2, padding=1)


def test_a_pool_steps_by_its_size_unless_told():
    assert layers.MaxPooling2D((3, 2)).strides == (3, 2)
    assert layers.AveragePooling2D(3, 1).strides == (1, 1)
    assert layers.MaxPooling2D().strides == (2, 2)


def test_an_average_has_no_usual_size():
    with pytest.raises(TypeError, match="pool_size"):
        layers.AveragePooling2D()


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
