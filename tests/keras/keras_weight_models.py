"""Models that Keras and minicnn both build from one listing, and weights for them that are all different."""

import types
import zlib
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent / "weight_files"


def plain(lib):
    layers = lib.layers
    return lib.Sequential([
        lib.Input((6, 6, 1)), layers.Conv2D(2, 3, activation="relu"), layers.BatchNormalization(),
        layers.Conv2D(3, 2, name="named"), layers.Flatten(), layers.Dropout(0.5), layers.Dense(4), layers.Dense(3)])


def nested(lib):
    """A model in a model in a model; one layer inside is frozen, so legacy files have it behind the others."""
    layers = lib.layers
    inner = lib.Sequential([lib.Input((4, 4, 2)), layers.Conv2D(2, 1, name="one", trainable=False),
                            layers.BatchNormalization(name="norm"), layers.Conv2D(2, 1, name="two")], name="inner")
    x = lib.Input((4, 4, 2))
    middle = lib.Model(x, layers.Conv2D(2, 2, name="last")(inner(layers.Conv2D(2, 1, name="first")(x))), name="middle")
    x = lib.Input((5, 5, 1))
    y = middle(layers.Conv2D(2, 2, name="outer")(x))
    return lib.Model(x, layers.Dense(3, name="out")(layers.Flatten()(y)))


def branches(lib):
    """Two inputs, layers that are shared, branches that join, two outputs."""
    layers = lib.layers
    shared, norm = layers.Dense(3, name="shared"), layers.BatchNormalization(center=False)
    one, two = lib.Input((4,), name="one"), lib.Input((4,), name="two")
    a, b = norm(shared(one)), shared(two)
    c = layers.Concatenate()([a, b, layers.Dense(2, use_bias=False)(two)])
    d = layers.Add()([layers.Dense(8)(c), layers.Dense(8)(layers.Dense(3)(a))])
    return lib.Model([one, two], [layers.Dense(2)(d), layers.Dense(1, name="second")(c)])


def kinds(lib):
    """Every layer that has weights."""
    layers = lib.layers
    return lib.Sequential([
        lib.Input((6, 6, 2)), layers.Conv2D(4, 3, groups=2), layers.DepthwiseConv2D(2, depth_multiplier=2),
        layers.BatchNormalization(scale=False), layers.Conv2DTranspose(3, 2, strides=2), layers.ReLU(),
        layers.GlobalAveragePooling2D(), layers.BatchNormalization(center=False, scale=False), layers.Dense(2)])


def shared_model(lib):
    """A model that is used twice, and a layer of it that is used outside as well."""
    layers = lib.layers
    inside = layers.Dense(3, name="inside")
    part = lib.Sequential([lib.Input((3,)), inside, layers.Dense(3)], name="part")
    x = lib.Input((3,))
    return lib.Model(x, layers.Dense(2)(layers.Add()([part(part(layers.Dense(3)(x))), inside(x)])))


MODELS = [plain, nested, branches, kinds, shared_model]


def learner(lib):
    """A model whose every number has a gradient worth the name: Adam makes steps of any, also of rounding errors, as
    a bias before a normalization has."""
    layers = lib.layers
    return lib.Sequential([lib.Input((6, 6, 2)), layers.Conv2D(3, 3, activation="tanh"), layers.BatchNormalization(),
                           layers.DepthwiseConv2D(2, activation="tanh"), layers.Flatten(), layers.Dense(2)])


def random_model(lib, seed):
    """A chain of layers drawn by the seed, now and then wrapped into a model."""
    rng, layers = np.random.default_rng(seed), lib.layers

    def chain(depth):
        for _ in range(rng.integers(1, 4)):
            kind = rng.integers(5 if depth else 4)
            if kind == 0:
                yield layers.Conv2D(2, int(rng.integers(1, 3)), padding="same", use_bias=bool(rng.integers(2)))
            elif kind == 1:
                yield layers.BatchNormalization(trainable=bool(rng.integers(2)))
            elif kind == 2:
                yield layers.DepthwiseConv2D(2, padding="same")
            elif kind == 3:
                yield layers.ReLU()
            else:
                yield lib.Sequential([lib.Input((3, 3, 2)), *chain(depth - 1)])

    return lib.Sequential([lib.Input((3, 3, 2)), *chain(2), layers.Flatten(), layers.Dense(2)])


def minicnn_library():
    """What a listing needs, from minicnn."""
    import minicnn
    from minicnn import layers

    return types.SimpleNamespace(Input=minicnn.Input, Sequential=minicnn.Sequential, Model=minicnn.Model, layers=layers)


def filled(model, name):
    """The model with numbers of its own in every weight; the same ones for the same name and shapes."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    model.set_weights([rng.uniform(0.1, 0.4, array.shape) for array in model.get_weights()])
    return model


def inputs(model):
    """A few random rows for each input."""
    nodes = model.inputs
    shapes = [tuple(node.shape)[1:] for node in nodes]
    arrays = [np.random.default_rng(3).standard_normal((3, *shape)).astype(np.float32) for shape in shapes]
    return arrays[0] if len(arrays) == 1 else arrays


def outputs(model, x):
    """The predictions, as a list."""
    y = model.predict(x, verbose=0)
    return [np.asarray(one) for one in (y if isinstance(y, (list, tuple)) else [y])]


def deviation(one, other):
    """The largest difference of two lists of predictions."""
    return max(np.abs(a - b).max() for a, b in zip(one, other, strict=True))


def go_on(model, seed, steps):
    """Train the learner some steps on random data."""
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        x, y = rng.standard_normal((4, 6, 6, 2)), rng.standard_normal((4, 2))
        model.train_on_batch(x.astype(np.float32), y.astype(np.float32))
