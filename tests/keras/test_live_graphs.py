"""Random graph models against Keras itself: one recipe under both, their numbers, and the order of their layers."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras_references import deviation
from random_models import Recipe, Step, build, data, fill, recipes

import minicnn
from minicnn.graph import pull_back, push_forward
from minicnn.layers.naming import forget_names

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning",
                                        "ignore:The structure of `inputs` doesn't match:UserWarning")
# The fixture is Keras itself, which no example changes.
of_keras = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@pytest.fixture(scope="module")
def keras64(keras):
    """Keras computing in float64."""
    import keras_side

    with keras_side.float_type("float64") as library:
        yield library


def keras_numbers(model, x, training):
    """Outputs, and gradients by inputs and weights of the sum of outputs * dy."""
    import torch

    tensors = [torch.tensor(array, requires_grad=True) for array in x]
    outputs = model(tensors if len(tensors) > 1 else tensors[0], training=training)
    outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    loss = sum((y * torch.tensor(signal(y))).sum() for y in outputs)
    if loss.requires_grad:
        loss.backward()
    gradients = [t.grad if t.grad is not None else torch.zeros_like(t)
                 for t in (*tensors, *(v.value for v in model.trainable_variables))]
    return [y.detach().numpy() for y in outputs], [g.numpy() for g in gradients]


def numbers(model, x, training):
    values, caches = push_forward(model.graph, x, training=training, rng=np.random.default_rng(0))
    outputs = [values[node] for node in model.outputs]
    back = pull_back(model.graph, {node: signal(y) for node, y in zip(model.outputs, outputs, strict=True)}, caches)
    for node, cache in caches.items() if training else ():
        node.step.fold_in(cache)
    none = {layer: {name: np.zeros_like(p) for name, p in layer.learned.items()} for *_, layer in
            model.graph.leaves.values()}
    return outputs, [*back.inputs, *(back.parameters.get(layer, none[layer])[name] for layer in none
                                     for name in none[layer])]


def signal(y):
    return np.cos(np.arange(np.prod(y.shape))).reshape(tuple(y.shape))


@settings(of_keras, max_examples=40)
@given(recipe=recipes(channels=2), training=st.booleans())
def test_random_models_give_keras_numbers(keras64, recipe, training):
    # In float64, torch 2 refuses to go back through some convolutions of one map: images have two at least.
    theirs, ours = build(keras64, recipe), build(minicnn, recipe)
    ours.cast("float64")
    for model in (theirs, ours):
        fill(model, 5)
    x = data(recipe, 5)
    for found, expected in zip(numbers(ours, x, training), keras_numbers(theirs, x, training), strict=True):
        assert len(found) == len(expected)
        for mine, other in zip(found, expected, strict=True):
            # Sums over the weights of a normalized layer cancel: relative to what is added up, not to what is left.
            scale = max(1.0, float(np.abs(other).max()))
            assert mine.shape == other.shape
            assert np.abs(mine - other).max() / scale < 1e-10
    for model in (theirs, ours):
        model.compile("sgd", "mse")
    for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        assert deviation(mine, other) < 1e-12  # with the running statistics of this walk
    assert [layer.name for layer in ours.layers] == [layer.name for layer in theirs.layers]


# -- the order of the layers -------------------------------------------------------------------------


@st.composite
def wirings(draw):
    """Recipes of three numbers in, three numbers out everywhere: all about which layer stands behind which."""
    inputs = draw(st.integers(1, 3))
    steps, values = [], inputs
    for number in range(draw(st.integers(1, 14))):
        kind = draw(st.sampled_from(["Dense", "Dense", "Add", "Again", "TwoHeads"]))
        again = [step for step in steps if step.kind != "Add"]
        near = st.integers(max(0, values - 6), values - 1)
        if kind == "Again" and again:
            step = draw(st.sampled_from(again))._replace(sources=[draw(near)])
        elif kind == "Add" and values > 1:
            step = Step(f"add_{number}", "Add", {}, draw(st.lists(near, min_size=2, max_size=3)))
        elif kind == "TwoHeads":
            step = Step(f"heads_{number}", kind, {}, [draw(near)])
        else:
            step = Step(f"dense_{number}", "Dense", {"units": 3}, [draw(near)])
        steps.append(step)
        values += 2 if step.kind == "TwoHeads" else 1
    outputs = draw(st.lists(st.integers(inputs, values - 1), min_size=1, max_size=3, unique=True))
    order = draw(st.permutations(range(inputs)))
    return Recipe([(3,)] * inputs, steps, outputs), order


@settings(of_keras, max_examples=80)
@given(wiring=wirings())
def test_layers_and_weights_stand_in_the_order_of_keras(keras64, wiring):
    recipe, order = wiring
    theirs, ours = (library.Model([whole.inputs[place] for place in order], whole.outputs, name="turned")
                    for library, whole in ((library, build(library, recipe)) for library in (keras64, minicnn)))
    assert [layer.name for layer in ours.layers] == [layer.name for layer in theirs.layers]
    ours.cast("float64")
    for model in (theirs, ours):
        fill(model, 6)
    x = data(recipe, 6)
    for mine, other in zip(numbers(ours, x, False)[0], keras_numbers(theirs, x, False)[0], strict=True):
        assert np.abs(mine - other).max() / max(1, np.abs(other).max()) < 1e-12


@settings(of_keras, max_examples=25)
@given(wiring=wirings(), number=st.integers(0, 13))
def test_parts_stand_in_the_order_of_keras(keras64, wiring, number):
    recipe, _ = wiring
    name = recipe.steps[number % len(recipe.steps)].use
    parts = []
    for library in (keras64, minicnn):
        whole = build(library, recipe)
        if name not in [layer.name for layer in whole.layers] or name.startswith("heads"):
            return  # it leads nowhere, or has an output of its own inputs alone
        parts.append(library.Model(whole.inputs, whole.get_layer(name).output))
    assert [layer.name for layer in parts[1].layers] == [layer.name for layer in parts[0].layers]


# -- names and shapes --------------------------------------------------------------------------------


def test_names_and_shapes_that_tutorials_read(keras):
    def read(library):
        x = library.Input((8, 8, 3))
        conv = library.layers.Conv2D(4, 3)
        first = library.Model(x, conv(x))
        second = library.Model(inputs=x, outputs=library.layers.Conv2D(4, 3)(conv.output))
        shapes = [tuple(node.shape) for node in (x, first.input, first.output, conv.output, conv.input, second.output)]
        names = [first.name, second.name, *(layer.name for layer in second.layers)]
        return shapes, names, first.layers[-1] is conv, len(second.inputs), second.count_params()

    keras.backend.clear_session()
    forget_names()
    assert read(minicnn) == read(keras)
