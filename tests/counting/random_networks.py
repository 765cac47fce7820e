"""Random small networks: layers in a row, branches that join, a layer used twice, a network inside."""

import numpy as np

from minicnn import Input, Model, Sequential
from minicnn.layers import (
    Activation,
    Add,
    Average,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Conv2DTranspose,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    LocalResponseNormalization,
    MaxPooling2D,
    Multiply,
    Rescaling,
    Subsampling2D,
    TableConv2D,
    ZeroPadding2D,
)


def pick(rng, *options):
    return options[rng.integers(len(options))]


def pair(rng, low, high):
    return tuple(int(n) for n in rng.integers(low, high + 1, 2))


def sized(rng, shape):
    """A layer that looks through a window, and may change the size of the picture."""
    height, width, maps = shape
    kernel = tuple(min(k, n) for k, n in zip(pair(rng, 1, 3), (height, width), strict=True))
    room = height >= 5 and width >= 5
    strides = pair(rng, 1, 2) if room else 1
    dilation = pair(rng, 1, 2) if room else 1
    bias = bool(rng.integers(2))
    padding = pick(rng, "valid", "same", (pair(rng, 0, 1), pair(rng, 0, 2)))
    table = rng.random((maps, 3)) < 0.5
    table[rng.integers(maps, size=3), np.arange(3)] = True
    return pick(
        rng,
        lambda: Conv2D(2, kernel, strides, padding, dilation_rate=dilation, use_bias=bias, activation="relu"),
        lambda: Conv2D(maps, kernel, strides, "same", groups=maps, use_bias=bias),
        lambda: DepthwiseConv2D(kernel, 1, padding, use_bias=bias, dilation_rate=dilation),
        lambda: TableConv2D(table, kernel, strides, padding, use_bias=bias),
        lambda: Conv2DTranspose(2, kernel, 1, pick(rng, "valid", "same"), use_bias=bias),
        lambda: MaxPooling2D(kernel, strides, pick(rng, "valid", "same")),
        lambda: AveragePooling2D(kernel, None, pick(rng, "valid", "same")),
        lambda: Subsampling2D(2 if room else 1),
        lambda: ZeroPadding2D((pair(rng, 0, 2), pair(rng, 0, 1))),
    )()


def same_size(rng):
    return pick(rng, BatchNormalization, lambda: LocalResponseNormalization(3), lambda: Activation("tanh"),
                lambda: Dropout(0.5), lambda: Rescaling(2.0, 1.0))()


def block(rng, x):
    """Two branches of one size that join, with strides alike."""
    maps, strides = x.sample_shape[2], pick(rng, 1, 1, 2)
    def branch():
        size = pick(rng, 1, 3, (2, 5))
        return Conv2D(maps, size, strides, "same", dilation_rate=pick(rng, 1, 2))(x)
    join = pick(rng, Add, Average, Multiply, Concatenate)
    return join()([branch(), *([x] if strides == 1 and rng.integers(2) else []), branch()])


def twice(rng, x):
    """One layer two times in a row."""
    layer = Conv2D(x.sample_shape[2], 3, padding="same")
    return layer(layer(x))


def inside(rng, x):
    """A network in the network."""
    inner = Sequential([Input(x.sample_shape), Conv2D(2, 1), sized(rng, (*x.sample_shape[:2], 2))])
    return inner(x)


def network(seed, depth=4, dense=True):
    rng = np.random.default_rng(seed)
    start = x = Input((*pair(rng, 7, 12), int(rng.integers(1, 4))))
    for _ in range(depth):
        step = rng.integers(6)
        if step < 3 or min(x.sample_shape[:2]) < 3:
            x = sized(rng, x.sample_shape)(x)
        else:
            x = pick(rng, block, twice, inside, lambda rng, x: same_size(rng)(x))(rng, x)
    if dense:
        x = Dense(3)(pick(rng, Flatten, GlobalAveragePooling2D)()(x))
    return Model(start, x)
