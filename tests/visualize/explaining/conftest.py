"""Networks in float64 that have every kind of layer."""

import numpy as np
import pytest

from minicnn import layers as L
from minicnn.applications.lenet5 import TABLE_I
from minicnn.layers import Input
from minicnn.models import Model, Sequential


def lecun(rng):
    """A small LeNet-5: subsampling, a connection table, an RBF layer."""
    return Sequential([
        L.Conv2D(6, 3, activation="scaled_tanh", name="C1", input_shape=(12, 11, 1)),
        L.Subsampling2D(2, name="S2"),
        L.TableConv2D(TABLE_I, 3, activation="scaled_tanh", name="C3", padding=((1, 0), (2, 0))),
        L.Flatten(name="flatten"),
        L.Dense(7, activation="tanh", name="F6"),
        L.RBF(rng.choice([-1.0, 1.0], (4, 7)), name="output", trainable=True),
    ], name="lecun")


def modern(rng):
    """Groups, strides, padding, dilation, depthwise, pools, normalization, softmax."""
    return Sequential([
        L.Rescaling(0.5, [0.1, -0.2], name="rescaling", input_shape=(15, 10, 2)),
        L.Conv2D(4, (3, 2), (2, 1), "same", groups=2, activation="relu", name="conv1"),
        L.BatchNormalization(name="bn"),
        L.MaxPooling2D(2, padding="same", name="max"),
        L.DepthwiseConv2D(3, padding=1, depth_multiplier=2, dilation_rate=2, name="depthwise"),
        L.LeakyReLU(name="leaky"),
        L.AveragePooling2D(2, 1, padding="same", name="mean"),
        L.Dropout(0.5, name="dropout"),
        L.Flatten(name="flatten"),
        L.Dense(5, activation="softmax", name="output", use_bias=False),
    ], name="modern")


def branches(rng):
    """Branches that meet in every way, a shared layer, numbers handed on, a transposed convolution."""
    x = Input((6, 7, 2), name="picture")
    shared = L.Conv2D(3, 3, padding="same", activation="silu", name="shared")
    a = shared(x)
    b = L.Conv2DTranspose(3, 3, 2, "same", name="up")(L.AveragePooling2D((2, 2), padding="same", name="down")(x))
    b = L.Cropping2D(((0, 0), (1, 0)), name="crop")(b)
    b = shared(L.Conv2D(2, 1, name="two")(b))
    c = L.Multiply(name="gate")([a, L.GlobalAveragePooling2D(keepdims=True, name="whole")(b)])
    y = L.Concatenate(name="cat")([L.Add(name="add")([a, b]), L.Average(name="average")([a, b, c])])
    y = L.GlobalMaxPooling2D(name="best")(L.ZeroPadding2D(1, name="frame")(L.Reshape((7, 6, 6), name="reshape")(y)))
    return Model(x, L.Dense(3, name="output")(y), name="branches")


def in_float64(model, rng):
    """The model with random weights, also for what starts at 0 or 1."""
    model.cast("float64")
    for name, array in model.params.items():
        if not name.endswith("prototypes"):
            array[...] = rng.normal(size=array.shape) * 0.4
        if name.endswith(("variance", "gamma")):
            array[...] = rng.uniform(0.5, 2, array.shape)
    return model


@pytest.fixture(params=[lecun, modern, branches], ids=lambda make: make.__name__)
def network(request):
    rng = np.random.default_rng(5)
    return in_float64(request.param(rng), rng)


@pytest.fixture
def modern_net():
    rng = np.random.default_rng(5)
    return in_float64(modern(rng), rng)


@pytest.fixture
def lecun_net():
    rng = np.random.default_rng(5)
    return in_float64(lecun(rng), rng)
