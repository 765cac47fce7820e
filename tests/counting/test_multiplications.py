"""Multiply-accumulates against multiplications that were really done: the reference kernels on numbers that count.

The kernels leave out the padding's zeros, which the convention counts; so a padded layer is given the padded picture.
"""

import numpy as np
import pytest

from minicnn import Input, Sequential
from minicnn._shapes import Window
from minicnn.applications import LeNet5
from minicnn.counting import count
from minicnn.graph import Graph
from minicnn.kernels import reference
from minicnn.layers import (
    RBF,
    Add,
    AveragePooling2D,
    Conv2D,
    Conv2DTranspose,
    Dense,
    DepthwiseConv2D,
    Flatten,
    MaxPooling2D,
    Multiply,
    Rescaling,
    Subsampling2D,
    TableConv2D,
)

TABLE = np.array([[1, 0, 1], [1, 1, 0]], bool)


class Number(float):
    """A number that counts the multiplications it has a part in."""

    done = 0

    def __mul__(self, other):
        Number.done += 1
        return Number(float(self) * float(other))

    __rmul__ = __mul__

    def __add__(self, other):
        return Number(float(self) + float(other))

    __radd__ = __add__

    def __sub__(self, other):
        return Number(float(self) - float(other))

    def __pow__(self, power):
        assert power == 2
        return self * self


def counting(*shape):
    array = np.empty(shape, object)
    for place in np.ndindex(shape):
        array[place] = Number(1 + sum(place))
    return array


def multiplications(compute):
    Number.done = 0
    compute()
    return Number.done


def padded(window, image):
    """The picture inside its padding, and the window over that."""
    top, bottom, left, right = window.pads
    return (image[0] + top + bottom, image[1] + left + right), window._replace(pads=(0, 0, 0, 0))


def the_macs(layer, shape):
    return count(Sequential([Input(shape), layer])).macs


@pytest.mark.parametrize(("padding", "strides", "dilation", "groups"), [
    ("valid", 1, 1, 1), ("same", 1, 1, 2), ("same", 2, 1, 1), (((1, 0), (2, 1)), (2, 1), 1, 2), ("valid", 1, 2, 1)])
def test_convolutions(padding, strides, dilation, groups):
    shape = (6, 5, 4)
    layer = Conv2D(4, 3, strides, padding, dilation_rate=dilation, groups=groups)
    image, window = padded(layer.window(shape), shape[:2])
    x, kernel = counting(1, *image, 4), counting(3, 3, 4 // groups, 4)
    done = multiplications(lambda: reference.conv2d(x, kernel, counting(4), window, groups))
    assert done == the_macs(layer, shape) == np.prod(window.output) * 9 * 4 // groups * 4
    if groups == 1:
        each = DepthwiseConv2D(3, strides, padding, 2, dilation_rate=dilation)
        kernel = counting(3, 3, 4, 2)
        done = multiplications(lambda: reference.depthwise_conv2d(x, kernel, counting(8), window))
        assert done == the_macs(each, shape)


def test_a_table_leaves_links_out():
    layer = TableConv2D(TABLE, 3, padding="same")
    image, window = padded(layer.window((5, 4, 2)), (5, 4))
    x, kernel = counting(1, *image, 2), counting(3, 3, 4)
    done = multiplications(lambda: reference.table_conv2d(x, kernel, counting(3), TABLE, window))
    assert done == the_macs(layer, (5, 4, 2)) == 5 * 4 * 9 * 4


def test_a_transposed_convolution_paints():
    layer = Conv2DTranspose(3, 3, 2)
    (height, width), window = layer.window((3, 4, 2))
    kernel = counting(3, 3, 3, 2)
    done = multiplications(lambda: reference.conv2d_input_gradient(
        counting(1, 3, 4, 2), kernel, (height, width), window, 1))
    assert done == the_macs(layer, (3, 4, 2)) == 3 * 4 * 9 * 3 * 2


def test_subsampling_multiplies_once_for_each_output():
    layer = Subsampling2D(2)
    window = layer.window((6, 4, 3))
    done = multiplications(lambda: reference.subsample(counting(1, 6, 4, 3), counting(3), counting(3), window))
    assert done == the_macs(layer, (6, 4, 3)) == 3 * 2 * 3


def test_dense_and_rbf():
    x = counting(1, 7)
    assert multiplications(lambda: reference.dense(x, counting(7, 4), counting(4))) == the_macs(Dense(4), (7,)) == 28
    layer = RBF(np.zeros((4, 7)))
    assert multiplications(lambda: reference.rbf(x, counting(4, 7))) == the_macs(layer, (7,)) == 28


def test_pools_multiply_nothing():
    window = Window((2, 2), (2, 2), (0, 0, 0, 0), (1, 1), (2, 3))
    x = counting(1, 4, 6, 2)
    assert multiplications(lambda: reference.max_pool(x, window)) == the_macs(MaxPooling2D(2), (4, 6, 2)) == 0
    assert the_macs(AveragePooling2D(2), (4, 6, 2)) == 0


def test_layers_number_by_number():
    x = counting(1, 3, 4, 2)
    assert multiplications(lambda: Multiply().merged(x, x, x)) == 2 * 24
    assert multiplications(lambda: Add().merged(x, x, x)) == 0
    assert multiplications(lambda: x * Rescaling(0.5).scale) == the_macs(Rescaling(0.5), (3, 4, 2)) == 24
    start = Input((3, 4, 2))
    for layer, macs in ((Multiply(), 48), (Add(), 0)):
        assert count(Graph([start], [layer([start, start, start])])).macs == macs


def test_lenet5_whole():
    """328,096, one by one: every layer by its own kernel, as the model is put together."""
    model, done = LeNet5(), {}
    for layer in model.layers:
        (shape,) = layer.built_shapes
        done[layer.name] = multiplications(lambda layer=layer, shape=shape: by_reference(layer, shape))
    assert sum(done.values()) == count(model).macs == 328_096
    assert done == {row.name: row.macs for row in count(model).rows}


def by_reference(layer, shape):
    """The layer's kernel on numbers that count."""
    x = counting(1, *shape)
    arrays = [counting(*value.shape) for value in layer.params.values()]
    if isinstance(layer, Conv2D):
        reference.conv2d(x, *arrays, layer.window(shape), 1)
    elif isinstance(layer, TableConv2D):
        reference.table_conv2d(x, *arrays, layer.connection_table, layer.window(shape))
    elif isinstance(layer, Subsampling2D):
        reference.subsample(x, *arrays, layer.window(shape))
    elif isinstance(layer, Dense):
        reference.dense(x, *arrays)
    elif isinstance(layer, RBF):
        reference.rbf(x, *arrays)
    else:
        assert isinstance(layer, Flatten)
