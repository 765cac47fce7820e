"""TableConv2D: only the links of the table have numbers, and they are those of a masked convolution."""

import numpy as np
import pytest

from minicnn import _checks, initializers, layers
from minicnn.applications import LeNet5

SHAPE = (6, 7, 3)
TABLE = np.array([[1, 0, 1, 1], [0, 1, 1, 0], [1, 0, 1, 0]], bool)


def built(table, shape=SHAPE, **options):
    layer = layers.TableConv2D(table, 3, dtype="float64", **options)
    layer.build(shape)
    return layer


def masked(layer, shape=SHAPE):
    """The same as a dense convolution whose absent kernels are zeros."""
    table = layer.connection_table
    dense = layers.Conv2D(layer.filters, layer.kernel_size, layer.strides, layer.padding, dtype="float64")
    dense.build(shape)
    kernel, bias = layer.get_weights()
    full = np.zeros((3, 3, *table.shape))
    k = 0
    for f in range(table.shape[1]):  # the order of the slices: by output map, then by input map
        for c in range(table.shape[0]):
            if table[c, f]:
                full[:, :, c, f] = kernel[:, :, k]
                k += 1
    assert k == kernel.shape[2]
    dense.set_weights([full, bias])
    return dense


def test_c3_of_lenet5_holds_1516_numbers():
    c3 = next(layer for layer in LeNet5().layers if isinstance(layer, layers.TableConv2D))
    assert [w.shape for w in c3.get_weights()] == [(5, 5, 60), (16,)]
    assert c3.count_params() == sum(w.size for w in c3.get_weights()) == 1516
    assert np.count_nonzero(c3.get_weights()[0]) == 1500  # no masked zeros among them


@pytest.mark.parametrize("options", [{}, {"strides": (2, 1), "padding": "same"}])
def test_it_is_a_masked_convolution(options, rng):
    layer = built(TABLE, **options)
    layer.set_weights([rng.standard_normal(w.shape) for w in layer.get_weights()])
    dense, x = masked(layer), rng.standard_normal((2, *SHAPE))
    y, cache = layer.forward(x)
    y_dense, cache_dense = dense.forward(x)
    np.testing.assert_allclose(y, y_dense, rtol=1e-12, atol=1e-12)
    dy = rng.standard_normal(y.shape)
    for walk in ("backward", "curvature"):
        dx, gradients = getattr(layer, walk)(dy, cache)
        dx_dense, dense_gradients = getattr(dense, walk)(dy, cache_dense)
        np.testing.assert_allclose(dx, dx_dense, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(gradients["bias"], dense_gradients["bias"], rtol=1e-12)
        links = [dense_gradients["kernel"][:, :, c, f] for f in range(4) for c in range(3) if TABLE[c, f]]
        np.testing.assert_allclose(gradients["kernel"], np.stack(links, axis=-1), rtol=1e-12, atol=1e-12)


def test_a_full_table_is_a_convolution(rng):
    layer = built(np.ones((3, 4), bool))
    kernel, bias = rng.standard_normal((3, 3, 3, 4)), rng.standard_normal(4)
    dense = layers.Conv2D(4, 3, dtype="float64")
    dense.build(SHAPE)
    dense.set_weights([kernel, bias])
    layer.set_weights([kernel.swapaxes(2, 3).reshape(3, 3, 12), bias])
    x = rng.standard_normal((2, *SHAPE))
    np.testing.assert_allclose(layer(x), dense(x), rtol=1e-12, atol=1e-12)


def test_a_slice_belongs_to_its_link():
    # Slices 0 and 1 are inputs 0 and 2 of map 0, slice 2 is input 1 of map 1, 3 to 5 map 2, 6 is map 3.
    layer, x = built(TABLE, use_bias=False), np.zeros((1, *SHAPE))
    x[..., 0], x[..., 1], x[..., 2] = 1, 10, 100
    seen = []
    for k in range(7):
        kernel = np.zeros((3, 3, 7))
        kernel[1, 1, k] = 1
        layer.set_weights([kernel])
        seen.append(layer(x)[0, 0, 0].tolist())
    assert seen == [[1, 0, 0, 0], [100, 0, 0, 0], [0, 10, 0, 0], [0, 0, 1, 0], [0, 0, 10, 0], [0, 0, 100, 0],
                    [0, 0, 0, 1]]


def test_each_map_starts_by_its_own_fan_in():
    # Maps that see 1 and 50 inputs: bounds 2.4/9 and 2.4/450, for kernels and for biases.
    table = np.zeros((50, 2), bool)
    table[0, 0], table[:, 1] = True, True
    layer = built(table, (5, 5, 50), kernel_initializer=initializers.FanInUniform(2.4, 1.0),
                  bias_initializer=initializers.FanInUniform(2.4, 1.0))
    kernel, bias = layer.get_weights()
    assert np.abs(kernel[:, :, 0]).max() <= 2.4 / 9
    assert np.abs(kernel[:, :, 0]).max() > 2.4 / 90  # nine numbers; all below a tenth of the bound: 1e-9
    assert 0.95 * 2.4 / 450 < np.abs(kernel[:, :, 1:]).max() <= 2.4 / 450
    assert np.abs(bias[1]) <= 2.4 / 450


def test_glorot_counts_what_a_map_sees_and_what_an_input_reaches():
    # Input 0 reaches 40 maps, input 1 reaches one: limit sqrt(6 / (9 * inputs + 9 * outputs)).
    table = np.zeros((2, 40), bool)
    table[0], table[1, 0] = True, True
    layer = built(table, (5, 5, 2))
    kernel = layer.get_weights()[0]
    first, second, rest = kernel[:, :, 0], kernel[:, :, 1], kernel[:, :, 2:]
    assert np.abs(first).max() <= np.sqrt(6 / (9 * 2 + 9 * 40))
    assert np.abs(second).max() <= np.sqrt(6 / (9 * 2 + 9 * 1))
    assert np.abs(second).max() > np.sqrt(6 / (9 * 2 + 9 * 40))  # the other fans would not allow that
    assert 0.9 * np.sqrt(6 / (9 * 1 + 9 * 40)) < np.abs(rest).max() <= np.sqrt(6 / (9 * 1 + 9 * 40))


@pytest.mark.parametrize(("table", "message"), [
    ([[1, 0], [1, 0]], "empty column: output map 1 sees no input. Give every output map"),
    ([[1, 2]], "must be boolean"), ([1, 0], r"must be boolean, \(input maps, output maps\). Received shape \(2,\)"),
    ([[]], "must be boolean"), ([[1, 0], [1]], "this is not an array"), ([["yes"]], "not an array of numbers"),
])
def test_a_table_that_is_none(table, message):
    with pytest.raises(_checks.MinicnnError, match=f"TableConv2D 'c3'.*{message}"):
        layers.TableConv2D(table, 3, name="c3")


def test_a_table_for_another_input():
    with pytest.raises(_checks.MinicnnError, match=r"'c3'.*the wrong size. Expected 5 rows.*\(9, 9, 5\).*received 3"):
        layers.TableConv2D(TABLE, 3, name="c3").output_shape_for((9, 9, 5))
