"""The signatures of the new layers are Keras's, and the network of `keras_conv_norm` does what it is there for."""

import inspect

import keras_conv_norm as cases
import keras_references as references
import numpy as np
import pytest

from minicnn import layers

# What a layer here has by other means, or not at all.
LEFT_OUT = {"data_format", "activity_regularizer", "kernel_constraint", "depthwise_constraint", "bias_constraint",
            "beta_constraint", "gamma_constraint", "renorm", "renorm_clipping", "renorm_momentum", "synchronized",
            "kwargs"}
EVERY_LAYER = {"name", "trainable", "dtype", "input_shape"}


def pair(value):
    """Keras writes (1, 1) where an integer says it too."""
    return (value, value) if type(value) is int else value


@pytest.mark.parametrize("name", ["DepthwiseConv2D", "Conv2DTranspose", "ZeroPadding2D", "BatchNormalization"])
def test_names_order_and_defaults_of_the_arguments(keras, name):
    theirs = inspect.signature(getattr(keras.layers, name)).parameters
    ours = {n: p for n, p in inspect.signature(getattr(layers, name)).parameters.items() if n not in EVERY_LAYER}
    assert list(ours) == [n for n in theirs if n not in LEFT_OUT]
    assert {n: pair(p.default) for n, p in ours.items()} == {n: pair(theirs[n].default) for n in ours}
    # What may be given by its place is at that place in Keras, too.
    by_place = [n for n, p in ours.items() if p.kind is not p.KEYWORD_ONLY]
    assert by_place == list(theirs)[:len(by_place)]


def test_the_network_learns_and_the_frozen_layer_stays():
    answer = references.read("conv_norm_layers")[1]["trained conv_norm"]
    assert answer["losses"].shape == (30,)
    assert answer["losses"][-10:].mean() < 0.8 * answer["losses"][:10].mean()
    for layer, arrays in cases.network_weights().items():
        for name, before in zip(cases.NETWORK_WEIGHTS[layer], arrays, strict=True):
            moved = np.abs(answer[f"{layer}/{name}"] - before).max()
            # A bias before a normalization is taken off by the mean: it has no gradient but rounding.
            still = layer == "frozen" or (layer, name) == ("dense", "bias")
            assert moved < 1e-6 if still else moved > 1e-3, (layer, name, moved)
