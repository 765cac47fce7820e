"""The geometries that every kernel is run on, and how: shared by the tests of this folder.

A case runs all kernels of one family on one geometry. It is given a function that prepares each input
array (its type, its layout in memory), and returns the results by name.
"""

import itertools
import zlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest

from minicnn import _shapes, kernels

FLOATS = ("float32", "float64")


class Geometry(NamedTuple):
    image: tuple
    size: tuple
    strides: tuple = (1, 1)
    padding: object = "valid"
    dilation: tuple = (1, 1)
    maps: tuple = (1, 1, 1)  # channels, groups, filters
    batch: int = 1

    @property
    def window(self):
        return _shapes.window(self.image, self.size, self.strides, self.padding, self.dilation, "test")

    def fits(self):
        spans = [_shapes.span(*pair) for pair in zip(self.size, self.dilation, strict=True)]
        pads = ((0, 0), (0, 0)) if isinstance(self.padding, str) else self.padding
        room = [side + sum(pad) for side, pad in zip(self.image, pads, strict=True)]
        return self.padding == "same" or all(s <= r for s, r in zip(spans, room, strict=True))


class Numbers:
    """Random inputs that float32 holds exactly, so that both types compute with the same numbers."""

    def __init__(self, seed, prepare):
        self.rng = np.random.default_rng(zlib.crc32(repr(seed).encode()))
        self.prepare = prepare

    def normal(self, *shape):
        return self.prepare(self.rng.standard_normal(shape).astype(np.float32))

    def with_ties(self, *shape):
        return self.prepare(self.rng.integers(-1, 2, shape).astype(np.float32))


def convolution(g, prepare):
    draw, window, (channels, groups, filters) = Numbers(g, prepare), g.window, g.maps
    x = draw.normal(g.batch, *g.image, channels)
    kernel, bias = draw.normal(*g.size, channels // groups, filters), draw.normal(filters)
    dy = draw.normal(g.batch, *window.output, filters)
    return {
        "conv2d": kernels.conv2d(x, kernel, bias, window, groups),
        "conv2d without bias": kernels.conv2d(x, kernel, None, window, groups),
        "conv2d_input_gradient": kernels.conv2d_input_gradient(dy, kernel, g.image, window, groups),
        "conv2d_kernel_gradient": kernels.conv2d_kernel_gradient(x, dy, window, groups),
        "bias_gradient": kernels.bias_gradient(dy),
    }


def depthwise_convolution(g, prepare):
    draw, window, (channels, _, filters) = Numbers(g, prepare), g.window, g.maps
    multiplier = max(1, filters // channels)
    x, kernel = draw.normal(g.batch, *g.image, channels), draw.normal(*g.size, channels, multiplier)
    bias, dy = draw.normal(channels * multiplier), draw.normal(g.batch, *window.output, channels * multiplier)
    return {
        "depthwise_conv2d": kernels.depthwise_conv2d(x, kernel, bias, window),
        "depthwise_conv2d without bias": kernels.depthwise_conv2d(x, kernel, None, window),
        "depthwise_conv2d_input_gradient": kernels.depthwise_conv2d_input_gradient(dy, kernel, g.image, window),
        "depthwise_conv2d_kernel_gradient": kernels.depthwise_conv2d_kernel_gradient(x, dy, window),
    }


def table_convolution(g, prepare):
    draw, window, (channels, _, filters) = Numbers(g, prepare), g.window, g.maps
    table = draw.rng.random((channels, filters)) < 0.5
    table[draw.rng.integers(channels, size=filters), np.arange(filters)] = True  # no empty column
    x, kernel = draw.normal(g.batch, *g.image, channels), draw.normal(*g.size, int(table.sum()))
    bias, dy = draw.normal(filters), draw.normal(g.batch, *window.output, filters)
    return {
        "table_conv2d": kernels.table_conv2d(x, kernel, bias, table, window),
        "table_conv2d without bias": kernels.table_conv2d(x, kernel, None, table, window),
        "table_conv2d_input_gradient": kernels.table_conv2d_input_gradient(dy, kernel, table, g.image, window),
        "table_conv2d_kernel_gradient": kernels.table_conv2d_kernel_gradient(x, dy, table, window),
    }


def pooling(g, prepare):
    draw, window, channels = Numbers(g, prepare), g.window, g.maps[0]
    x, ties = draw.normal(g.batch, *g.image, channels), draw.with_ties(g.batch, *g.image, channels)
    dy = draw.normal(g.batch, *window.output, channels)
    coefficient, bias = draw.normal(channels), draw.normal(channels)
    y, winner = kernels.max_pool(x, window)
    y_ties, winner_ties = kernels.max_pool(ties, window)
    sub, sums = kernels.subsample(x, coefficient, bias, window)
    routed = kernels.max_pool_input_gradient(dy, prepare(winner), g.image, window)
    return {
        "max_pool": y, "max_pool winner": winner, "max_pool ties": y_ties, "max_pool ties winner": winner_ties,
        "max_pool_input_gradient": routed,
        "average_pool": kernels.average_pool(x, window),
        "average_pool_input_gradient": kernels.average_pool_input_gradient(dy, g.image, window),
        "subsample": sub, "subsample sums": sums,
        "subsample_input_gradient": kernels.subsample_input_gradient(dy, coefficient, g.image, window),
    }


def vectors(sizes, prepare):
    batch, inputs, units = sizes
    draw = Numbers(sizes, prepare)
    x, kernel, bias = draw.normal(batch, inputs), draw.normal(inputs, units), draw.normal(units)
    dy, prototypes = draw.normal(batch, units), draw.normal(units, inputs)
    return {
        "dense": kernels.dense(x, kernel, bias), "dense without bias": kernels.dense(x, kernel, None),
        "dense_input_gradient": kernels.dense_input_gradient(dy, kernel),
        "dense_kernel_gradient": kernels.dense_kernel_gradient(x, dy),
        "bias_gradient": kernels.bias_gradient(dy),
        "rbf": kernels.rbf(x, prototypes),
        "rbf_input_gradient": kernels.rbf_input_gradient(dy, x, prototypes),
        "rbf_prototype_gradient": kernels.rbf_prototype_gradient(dy, x, prototypes),
    }


class Case(NamedTuple):
    family: Callable
    geometry: object

    def run(self, prepare):
        return self.family(self.geometry, prepare)

    def __str__(self):
        parts = [v for v in self.geometry if v not in ((1, 1), "valid")]
        return f"{self.family.__name__}-{parts}".replace(" ", "")


# Channel counts, groups and batches take turns through the product of windows; a test sees to it that everything
# meets everything.
IMAGES = ((1, 1), (4, 4), (5, 7), (6, 3))
STRIDES = ((1, 1), (2, 2), (3, 3), (1, 2), (3, 1))
PADDINGS = ("valid", "same", ((1, 0), (2, 1)), ((0, 3), (0, 0)))
DILATIONS = ((1, 1), (2, 2), (1, 3))
MAPS = ((1, 1, 1), (3, 1, 2), (4, 2, 6), (3, 3, 3), (1, 1, 4), (2, 2, 4), (2, 1, 1))


def convolutions():
    maps, batches = itertools.cycle(MAPS), itertools.cycle((1, 2, 3, 1))
    for image in IMAGES:
        sizes = dict.fromkeys([(1, 1), (2, 2), (3, 3), (2, 3), image])  # the last: as large as the image
        for size, strides, padding, dilation in itertools.product(sizes, STRIDES, PADDINGS, DILATIONS):
            g = Geometry(image, size, strides, padding, dilation)
            if g.fits():
                yield g._replace(maps=next(maps), batch=next(batches))


def pools():
    channels, batches = itertools.cycle((1, 3, 2)), itertools.cycle((1, 2))
    for image in IMAGES:
        sizes = dict.fromkeys([(1, 1), (2, 2), (3, 3), (3, 2), image])
        for size, strides, padding in itertools.product(sizes, STRIDES, ("valid", "same")):
            g = Geometry(image, size, strides, padding)
            if g.fits():
                yield g._replace(maps=(next(channels), 1, 1), batch=next(batches))
    yield Geometry((17, 17), (17, 17), (5, 5), "same")  # more cells than a byte counts


CONVOLUTIONS = list(convolutions())
# More maps than a vector has lanes, and a rest that fills none.
WIDE = [
    Case(convolution, Geometry((3, 4), (2, 3), (1, 1), "same", (1, 1), (5, 1, 37), 2)),
    Case(convolution, Geometry((4, 3), (2, 2), (1, 2), "valid", (2, 1), (38, 2, 42), 1)),
    Case(depthwise_convolution, Geometry((4, 3), (3, 2), (1, 2), "same", (1, 1), (19, 1, 38), 2)),
    Case(table_convolution, Geometry((3, 4), (2, 2), (2, 1), "same", (1, 1), (19, 1, 21), 2)),
    Case(pooling, Geometry((4, 3), (2, 3), (2, 2), "same", (1, 1), (19, 1, 1), 2)),
    Case(vectors, (3, 41, 37)),
]
CASES = [
    *WIDE,
    *(Case(convolution, g) for g in CONVOLUTIONS),
    *(Case(depthwise_convolution, g) for g in CONVOLUTIONS),
    *(Case(table_convolution, g) for g in CONVOLUTIONS if g.maps[1] == 1 and g.dilation == (1, 1)),
    *(Case(pooling, g) for g in pools()),
    *(Case(vectors, sizes) for sizes in itertools.product((1, 2, 5), (1, 4, 7), (1, 3, 6))),
]
FEW = [
    Case(convolution, Geometry((5, 7), (3, 2), (2, 1), "valid", (1, 1), (3, 1, 4), 2)),
    Case(convolution, Geometry((5, 7), (3, 3), (1, 1), "same", (1, 2), (4, 2, 6), 3)),
    Case(convolution, Geometry((5, 5), (3, 3), (1, 1), ((1, 0), (2, 1)), (1, 1), (3, 3, 3), 2)),
    Case(depthwise_convolution, Geometry((5, 7), (3, 2), (2, 1), "same", (1, 1), (3, 1, 3), 2)),
    Case(depthwise_convolution, Geometry((5, 6), (2, 3), (1, 2), ((1, 0), (2, 1)), (2, 1), (2, 1, 4), 2)),
    Case(table_convolution, Geometry((5, 6), (2, 3), (1, 2), "same", (1, 1), (3, 1, 4), 2)),
    Case(pooling, Geometry((5, 7), (2, 2), (2, 2), "valid", (1, 1), (3, 1, 1), 2)),
    Case(pooling, Geometry((5, 7), (3, 3), (2, 2), "same", (1, 1), (3, 1, 1), 2)),
    Case(vectors, (3, 4, 5)),
    *WIDE,
]


@pytest.fixture(params=CASES, ids=str)
def case(request):
    """Every family on every geometry."""
    return request.param


@pytest.fixture(params=FEW, ids=str)
def typical(request):
    """A handful of cases that together run every kernel."""
    return request.param


@pytest.fixture
def all_convolutions():
    return CONVOLUTIONS


@pytest.fixture
def all_typical():
    return FEW


def close(results, expected, tolerance):
    """Nothing but numbers that agree, shapes and names included; inputs are of order one."""
    assert results.keys() == expected.keys()
    for name, values in results.items():
        truth = expected[name]
        assert values.shape == truth.shape, name
        if "winner" in name:
            np.testing.assert_array_equal(values, truth, name)
        else:
            error = np.abs(values - truth).max()
            assert error <= tolerance * max(1.0, np.abs(truth).max()), f"{name}: {error:.2e}"


@pytest.fixture(name="close")
def close_fixture():
    return close
