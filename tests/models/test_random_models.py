"""Random small models: every gradient is right, and files and copies give the same bits."""

import copy

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from random_models import build, data, fill, recipes

import minicnn
from minicnn import Model, gradient_check, set_random_seed
from minicnn.models import load_model


def alone(arrays):
    return arrays[0] if len(arrays) == 1 else arrays


@settings(max_examples=40)
@given(recipe=recipes(), training=st.booleans())
def test_gradients_of_random_models(recipe, training):
    model = build(minicnn, recipe)
    fill(model, 3)
    for output in model.outputs:
        assert gradient_check(Model(model.inputs, output), *data(recipe, 3), training=training, directions=1)


@settings(max_examples=60)
@given(recipe=recipes())
def test_files_and_copies_of_random_models(recipe, tmp_path_factory):
    path = tmp_path_factory.mktemp("random") / "m.npz"
    set_random_seed(4)
    model = build(minicnn, recipe)
    x = alone(data(recipe, 4))
    model.compile("adam", "mse", metrics=["mae"] * len(recipe.outputs))
    y = alone([np.ones((3, *node.sample_shape)) for node in model.outputs])
    model.train_on_batch(x, y)
    model.save(path)
    figures, outputs = model.evaluate(x, y, verbose=0), model.activations(x)
    twins = load_model(path), copy.deepcopy(model)
    for twin in twins:
        assert twin.get_config() == model.get_config()
        assert [layer.name for layer in twin.layers] == [layer.name for layer in model.layers]
        assert twin.evaluate(x, y, verbose=0) == figures
        found = twin.activations(x)
        assert list(found) == list(outputs)
        for name in outputs:
            np.testing.assert_array_equal(found[name], outputs[name])
    step = model.train_on_batch(x, y)
    for twin in twins:
        assert twin.train_on_batch(x, y) == step
        for p, q in zip(model.get_weights(), twin.get_weights(), strict=True):
            np.testing.assert_array_equal(p, q)
