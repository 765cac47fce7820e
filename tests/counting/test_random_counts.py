"""200 random layers: the arithmetic as text, evaluated, gives the number; and counting one by one gives it too.

The convention (`minicnn.counting`): a connection is a link into a unit, a unit's bias is one, and links from the
padding count like any other. So for each place a window takes, all its cells count.
"""

import re
from itertools import product

import numpy as np
import pytest

from minicnn import Input, Sequential
from minicnn.counting import count
from minicnn.layers import (
    RBF,
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Conv2DTranspose,
    Cropping2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    LocalResponseNormalization,
    MaxPooling2D,
    Rescaling,
    Reshape,
    Subsampling2D,
    TableConv2D,
    ZeroPadding2D,
)


def starts(size, window, stride, before, after):
    """Where a window may start along an axis, tried one by one."""
    return [start for start in range(0, before + size + after, stride) if start + window <= before + size + after]


def places(image, window, strides, padding, dilation=(1, 1)):
    """Every place (i, j) of a window that spans ``window`` cells, dilated."""
    axes = []
    for axis in (0, 1):
        wide = dilation[axis] * (window[axis] - 1) + 1
        if padding == "same":
            axes.append(range(0, image[axis], strides[axis]))
        else:
            before, after = (0, 0) if padding == "valid" else padding[axis]
            axes.append(starts(image[axis], wide, strides[axis], before, after))
    return list(product(*axes))


def numbers(rng, low, high, count=2):
    return tuple(int(n) for n in rng.integers(low, high + 1, count))


def a_padding(rng):
    return ["valid", "same", (numbers(rng, 0, 2), numbers(rng, 0, 2))][rng.integers(3)]


# Each returns the layer, its input shape, and its links counted one by one.


def conv(rng):
    groups = int(rng.integers(1, 4))
    share, per_group = numbers(rng, 1, 3)
    image, kernel, strides, dilation = numbers(rng, 7, 9), numbers(rng, 1, 3), numbers(rng, 1, 3), numbers(rng, 1, 2)
    padding, bias = a_padding(rng), bool(rng.integers(2))
    layer = Conv2D(groups * per_group, kernel, strides, padding, dilation_rate=dilation, groups=groups, use_bias=bias)
    links = 0
    for _ in places(image, kernel, strides, padding, dilation):
        for group, _ in product(range(groups), range(per_group)):
            links += sum(1 for channel in range(groups * share) if channel // share == group
                         for _ in product(range(kernel[0]), range(kernel[1]))) + bias
    return layer, (*image, groups * share), links


def table_conv(rng):
    inputs, outputs = numbers(rng, 1, 6)
    table = rng.random((inputs, outputs)) < rng.random()
    table[rng.integers(inputs, size=outputs), np.arange(outputs)] = True  # every map sees something
    image, kernel, strides = numbers(rng, 5, 8), numbers(rng, 1, 4), numbers(rng, 1, 2)
    padding, bias = a_padding(rng), bool(rng.integers(2))
    layer = TableConv2D(table, kernel, strides, padding, use_bias=bias)
    links = 0
    for _ in places(image, kernel, strides, padding):
        for output in range(outputs):
            links += bias + sum(1 for i in range(inputs) if table[i, output] for _ in range(kernel[0] * kernel[1]))
    return layer, (*image, inputs), links


def depthwise(rng):
    image, kernel, strides, dilation = numbers(rng, 7, 9), numbers(rng, 1, 3), numbers(rng, 1, 3), numbers(rng, 1, 2)
    padding, bias, (maps, multiplier) = a_padding(rng), bool(rng.integers(2)), numbers(rng, 1, 4)
    layer = DepthwiseConv2D(kernel, strides, padding, multiplier, dilation_rate=dilation, use_bias=bias)
    links = 0
    for _ in product(places(image, kernel, strides, padding, dilation), range(maps), range(multiplier)):
        links += sum(1 for _ in product(range(kernel[0]), range(kernel[1]))) + bias
    return layer, (*image, maps), links


def transposed(rng):
    image, kernel, strides = numbers(rng, 1, 4), numbers(rng, 1, 4), numbers(rng, 1, 3)
    padding, bias, (maps, filters) = ["valid", "same"][rng.integers(2)], bool(rng.integers(2)), numbers(rng, 1, 3)
    layer, shape = Conv2DTranspose(filters, kernel, strides, padding, use_bias=bias), (*image, maps)
    links = sum(1 for _ in np.ndindex(*image, maps, *kernel, filters))  # each number of the input paints its kernel
    return layer, shape, links + sum(1 for _ in np.ndindex(layer.output_shape_for(shape))) * bias


def local_response(rng):
    shape, size = numbers(rng, 1, 12, 3), int(rng.choice([1, 3, 5, 9]))
    links = sum(1 for _, _, c, d in np.ndindex(*shape, shape[2]) if abs(c - d) <= size // 2)
    return LocalResponseNormalization(size), shape, links


def pool(rng):
    kind = [MaxPooling2D, AveragePooling2D][rng.integers(2)]
    image, window, strides, maps = numbers(rng, 4, 9), numbers(rng, 1, 4), numbers(rng, 1, 4), int(rng.integers(1, 5))
    padding = ["valid", "same"][rng.integers(2)]
    links = sum(window[0] * window[1] for _ in places(image, window, strides, padding) for _ in range(maps))
    return kind(window, strides, padding), (*image, maps), links


def subsampling(rng):
    image, window, maps = numbers(rng, 4, 9), numbers(rng, 1, 4), int(rng.integers(1, 5))
    links = sum(window[0] * window[1] + 1 for _ in places(image, window, window, "valid") for _ in range(maps))
    return Subsampling2D(window), (*image, maps), links


def dense(rng):
    inputs, units = numbers(rng, 1, 40)
    bias = bool(rng.integers(2))
    return Dense(units, use_bias=bias), (inputs,), sum(1 for _ in product(range(units), range(inputs + bias)))


def rbf(rng):
    inputs, units = numbers(rng, 1, 20)
    return RBF(np.zeros((units, inputs))), (inputs,), sum(1 for _ in product(range(units), range(inputs)))


def global_pool(rng):
    kind = [GlobalMaxPooling2D, GlobalAveragePooling2D][rng.integers(2)]
    shape = numbers(rng, 1, 9, 3)
    return kind(bool(rng.integers(2))), shape, sum(1 for _ in np.ndindex(shape))


def one_to_one(rng):
    layers = [Flatten(), Dropout(0.5), Activation("tanh"), Reshape((-1, 1)), Rescaling(2, 1), ZeroPadding2D(2),
              Cropping2D(0),
              BatchNormalization(center=bool(rng.integers(2))), BatchNormalization(scale=bool(rng.integers(2)))]
    layer = layers[rng.integers(len(layers))]
    return layer, numbers(rng, 1, 5, 3), 0


KINDS = [conv, conv, depthwise, table_conv, transposed, pool, subsampling, dense, rbf, global_pool, one_to_one,
         local_response]


def value_of(text):
    """The number that ``6*(5*5*1+1) = 156`` states, which must also be what its arithmetic gives."""
    assert re.fullmatch(r"[0-9+*() ]+( = [0-9,]+)?", text), text
    expression, _, stated = text.partition(" = ")
    value = eval(expression, {"__builtins__": {}})
    assert stated in ("", f"{value:,}")
    return value


@pytest.mark.parametrize("seed", range(200))
def test_a_random_layer(seed):
    layer, shape, links = KINDS[seed % len(KINDS)](np.random.default_rng(seed))
    row = count(Sequential([Input(shape), layer])).rows[0]
    assert row.connections == links == value_of(row.connections_text)
    assert row.parameters == sum(array.size for array in layer.get_weights()) == value_of(row.parameters_text)


@pytest.mark.parametrize("seed", range(10))
def test_a_random_network(seed):
    """A stack of them: rows are as for each alone, and add up to the totals."""
    rng = np.random.default_rng(seed)
    channels = int(rng.integers(1, 4))
    layers = [Conv2D(4, 3, padding="same"), table_of(rng, 4, 6), MaxPooling2D(2), Subsampling2D(2), Flatten(), Dense(5),
              RBF(np.zeros((3, 5)))]
    counted = count(Sequential([Input((12, 12, channels)), *layers]))
    assert counted.parameters == sum(value_of(row.parameters_text) for row in counted.rows)
    assert counted.connections == sum(value_of(row.connections_text) for row in counted.rows)
    assert counted.parameters - counted.trainable == 15


def table_of(rng, inputs, outputs):
    table = rng.random((inputs, outputs)) < 0.5
    table[rng.integers(inputs, size=outputs), np.arange(outputs)] = True
    return TableConv2D(table, 3)
