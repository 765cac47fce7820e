"""Building a Sequential: input shapes, deferred building, adding, names, weights, copies."""

import numpy as np
import pytest

from minicnn import Input, Sequential, set_random_seed
from minicnn.layers import Activation, Conv2D, Dense, Flatten, InputLayer, MaxPooling2D

IMAGES = np.ones((2, 8, 8, 1), np.float32)


def stack():
    return [Conv2D(3, 3, activation="relu", name="conv"), Flatten(name="flat"), Dense(2, name="dense")]


@pytest.mark.parametrize("build", [
    lambda: Sequential([Input((8, 8, 1)), *stack()]),
    lambda: Sequential([InputLayer((8, 8, 1)), *stack()]),
    lambda: Sequential([Conv2D(3, 3, activation="relu", name="conv", input_shape=(8, 8, 1)), *stack()[1:]]),
])
def test_an_input_shape_builds_at_once(build):
    model = build()
    assert model.count_params() == 3 * 10 + 2 * 109
    assert [layer.name for layer in model.layers] == ["conv", "flat", "dense"]
    assert model.graph.outputs[0].sample_shape == (2,)


@pytest.mark.parametrize("first", [
    lambda model: model.predict(IMAGES, verbose=0), lambda model: model(IMAGES), lambda model: model.build((8, 8, 1)),
    lambda model: model.activations(IMAGES), lambda model: model.input_gradient(IMAGES, 0),
    lambda model: model.fit(IMAGES, np.ones((2, 2)), verbose=0)])
def test_the_first_data_build_it(first):
    model = Sequential(stack())
    model.compile("sgd", "mse")
    first(model)
    assert [w.shape for w in model.get_weights()] == [(3, 3, 1, 3), (3,), (108, 2), (2,)]


def test_adding_one_by_one_is_the_same_as_a_list():
    set_random_seed(1)
    model = Sequential()
    model.add(Input((8, 8, 1)))
    for layer in stack():
        model.add(layer)
    set_random_seed(1)
    other = Sequential([Input((8, 8, 1)), *stack()])
    np.testing.assert_array_equal(model.predict(IMAGES, verbose=0), other.predict(IMAGES, verbose=0))


def test_adding_behind_a_built_model():
    model = Sequential([Input((8, 8, 1)), *stack()])
    kept = model.get_weights()
    assert model.predict(IMAGES, verbose=0).shape == (2, 2)
    model.add(Activation("softmax", name="soft"))
    np.testing.assert_allclose(model.predict(IMAGES, verbose=0).sum(axis=1), 1, rtol=1e-6)
    assert all(map(np.array_equal, kept, model.get_weights()))


def test_an_input_may_come_after_layers_that_wait_for_one(refuses):
    model = Sequential([Dense(2)])
    refuses(lambda: model.add(Input((3,))), "an input stands only at the beginning")
    refuses(lambda: Sequential([Input((3,)), Input((3,))]), "an input stands only at the beginning")
    refuses(lambda: Sequential([Input((3,)), Dense(2), InputLayer((2,))]), "an input stands only at the beginning")


@pytest.mark.parametrize(("wrong", "told"), [
    (5, "only layers can be added. Expected a Layer, received 5"), (Dense, "Make an object of the class: Dense(...)"),
    ("relu", "only layers can be added"), (None, "only layers can be added"), (np.tanh, "only layers can be added")])
def test_what_is_no_layer(refuses, wrong, told):
    refuses(lambda: Sequential([wrong], name="net"), f"Sequential 'net': ... {told}")
    refuses(lambda: Sequential(name="net").add(wrong), f"Sequential 'net': ... {told}")


@pytest.mark.parametrize("layers", [Dense(2), 5, "relu", {"a": Dense(2)}])
def test_layers_come_in_a_list(refuses, layers):
    refuses(lambda: Sequential(layers, name="net"), "Sequential 'net': layers must be a list. Expected [...], received")


def test_two_layers_of_one_name(refuses):
    shared = Dense(3, name="twin")
    for second in (Dense(3, name="twin"), shared):
        refuses(lambda second=second: Sequential([shared, second], name="net"),
                "Sequential 'net': there is a layer 'twin' already. Give it another name")


def test_a_layer_that_does_not_fit_is_not_added(refuses):
    model = Sequential([Input((8, 8, 1)), Conv2D(3, 3, name="conv")])
    refuses(lambda: model.add(Dense(2, name="dense")), "Dense 'dense': the input is not a vector ... Put a Flatten()")
    refuses(lambda: model.add(Conv2D(1, 7, name="big")), "Conv2D 'big' (input shape (6, 6, 3)): the kernel is larger")
    assert [layer.name for layer in model.layers] == ["conv"]
    assert model.predict(IMAGES, verbose=0).shape == (2, 6, 6, 3)


@pytest.mark.parametrize("use", [
    lambda model: model.graph, lambda model: model.save("never.npz"), lambda model: model.get_config(),
    lambda model: model.astype("float64"), lambda model: model.input_shape, lambda model: model.output_shape])
def test_an_unbuilt_model(refuses, use):
    refuses(lambda: use(Sequential(stack(), name="net")), "Sequential 'net': the model is not built: its input shape "
            "is unknown. Give input_shape to the first layer, start with Input(shape), or pass data")
    refuses(lambda: use(Sequential(name="net")), "'net': the model has no layers. Add some: model.add(layer)")


@pytest.mark.parametrize("use", [Sequential.count_params, Sequential.get_weights, Sequential.set_weights])
def test_weights_of_an_unbuilt_model(refuses, use):
    arguments = [[]] if use is Sequential.set_weights else []
    refuses(lambda: use(Sequential(stack(), name="net"), *arguments),
            "the model is not built: its input shape is unknown")


def test_a_model_has_one_input_shape(refuses):
    model = Sequential(stack(), name="net")
    model.build((8, 8, 1))
    model.build((8, 8, 1))
    refuses(lambda: model.build((9, 9, 1)), "the model was built for another input. Expected (8, 8, 1), received (9")
    refuses(lambda: model(np.ones((2, 9, 9, 1))), "the data do not fit the model's input. Expected shape (N, 8, 8, 1)")


def test_layers_and_get_layer(refuses):
    layers = stack()
    model = Sequential([Input((8, 8, 1)), *layers], name="net")
    assert model.layers == layers
    assert model.get_layer("dense") is model.get_layer(index=2) is model.get_layer(index=-1) is layers[2]
    model.layers.clear()  # a copy
    assert len(model.layers) == 3
    refuses(lambda: model.get_layer("dens"), "'net': layer 'dens' ... conv, dense, flat. Did you mean 'dense'?")
    for arguments in ({}, {"index": 3}, {"index": -4}, {"index": "0"}):
        refuses(lambda arguments=arguments: model.get_layer(**arguments),
                "Sequential 'net': no such layer. Expected a name, or an index below 3")


def test_automatic_names_are_those_of_keras():
    """snake_case, counted through the process."""
    names = [layer.name for layer in (Conv2D(1, 1), Conv2D(1, 1), MaxPooling2D(), MaxPooling2D())]
    number = int(names[0].removeprefix("conv2d_") or 0) if "_" in names[0] else 0
    assert names[1] == f"conv2d_{number + 1}"
    assert names[2].startswith("max_pooling2d")
    assert len(set(names)) == 4
