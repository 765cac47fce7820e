"""What layers promise beside their numbers, against Keras itself: arguments, names, refusals, and where they differ."""

import inspect
import re

import numpy as np
import pytest

import minicnn
from minicnn import MinicnnError, layers

# Left out on purpose: there is one order of axes, and random numbers come from one generator.
NOT_HERE = {"data_format", "seed"}
PLAIN = ["Activation", "Add", "Average", "AveragePooling2D", "Concatenate", "Dropout", "ELU", "Flatten",
         "GlobalAveragePooling2D", "GlobalMaxPooling2D", "LeakyReLU", "MaxPooling2D", "Multiply", "ReLU", "Rescaling",
         "Reshape", "Softmax"]


def by_position(layer_class):
    """The arguments that can be given by position, with their defaults; a layer's name comes after those."""
    return [(name, argument.default) for name, argument in inspect.signature(layer_class).parameters.items()
            if argument.kind is argument.POSITIONAL_OR_KEYWORD and name not in {*NOT_HERE, "name"}]


@pytest.mark.parametrize("name", PLAIN)
def test_arguments_their_order_and_their_defaults(keras, name):
    assert by_position(getattr(layers, name)) == by_position(getattr(keras.layers, name))


def test_nothing_stands_behind_the_arguments_that_are_left_out_but_other_such(keras):
    # Otherwise the same positions would mean something else.
    for name in PLAIN:
        names = [n for n in inspect.signature(getattr(keras.layers, name)).parameters if n not in ("name", "kwargs")]
        first = min((names.index(n) for n in NOT_HERE if n in names), default=len(names))
        behind = set(names[first:]) - NOT_HERE
        assert behind == ({"keepdims"} if name.startswith("Global") else set()), name


@pytest.mark.parametrize("name", PLAIN)
def test_automatic_names(keras, name):
    needed = {"Activation": ["relu"], "AveragePooling2D": [2], "Dropout": [0.5], "Rescaling": [2], "Reshape": [(1,)]}
    names = [getattr(library, name)(*needed.get(name, [])).name for library in (keras.layers, layers)]
    assert len({re.sub(r"_\d+$", "", automatic) for automatic in names}) == 1, names


def test_equals_share_the_gradient_of_keras_s_global_maximum_and_the_first_has_ours(keras):
    import torch

    x = np.array([[1.0, 3, 3], [3, 0, 3]], np.float32)[None, :, :, None]
    tensor = torch.tensor(x, requires_grad=True)
    theirs = keras.layers.GlobalMaxPooling2D()(tensor)
    theirs.backward(torch.tensor([[8.0]]))
    layer = layers.GlobalMaxPooling2D()
    y, cache = layer.forward(x)
    ours = layer.backward(np.array([[8]], np.float32), cache)[0]
    assert y.item() == theirs.item() == 3
    assert tensor.grad.ravel().tolist() == [0, 2, 2, 2, 0, 2]
    assert ours.ravel().tolist() == [0, 8, 0, 0, 0, 0]


REFUSED = [
    ("Add", {}, [(2, 3), (3, 2)]), ("Multiply", {}, [(2, 3), (2, 4)]), ("Average", {}, [(4,), (5,)]),
    ("Concatenate", {}, [(2, 3), (3, 3)]), ("Concatenate", {"axis": 1}, [(2, 3), (2, 4)]),
    ("Concatenate", {"axis": 3}, [(2, 3), (2, 3)]), ("Concatenate", {"axis": 2}, [(2, 3), (2,)]),
    ("Reshape", {"target_shape": (5,)}, [(2, 3)]), ("Reshape", {"target_shape": (4, -1)}, [(2, 3)]),
    ("Reshape", {"target_shape": (-1, -1)}, [(2, 3)]), ("Softmax", {"axis": 3}, [(2, 3)]),
    ("Softmax", {"axis": -4}, [(2, 3)]), ("ReLU", {"max_value": -1}, [(2,)]), ("ReLU", {"threshold": -1}, [(2,)]),
    ("ReLU", {"negative_slope": -1}, [(2,)]), ("LeakyReLU", {"negative_slope": -1}, [(2,)]),
    ("GlobalMaxPooling2D", {}, [(4,)]), ("GlobalAveragePooling2D", {}, [(4, 4)]), ("Dropout", {"rate": 1.5}, [(4,)]),
    ("Dropout", {"rate": 0.5, "noise_shape": (0, 1)}, [(4,)]),
]


@pytest.mark.parametrize(("name", "options", "shapes"), REFUSED)
def test_what_keras_refuses_is_refused(keras, name, options, shapes):
    with pytest.raises(MinicnnError, match=r"Expected|Received"):
        getattr(layers, name)(**options).output_shape_for(*shapes)
    x = [np.zeros((1, *shape), np.float32) for shape in shapes]
    # Its errors come from many places, in their own words, and some are the backend's.
    with pytest.raises((ValueError, IndexError, RuntimeError), match=r"\w"):
        getattr(keras.layers, name)(**options)(x if len(x) > 1 else x[0])


@pytest.mark.parametrize(("name", "arguments", "shape"), [
    ("Conv2D", (6, 5), (None, 28, 28, 1)), ("Dense", (3,), (None, 7)), ("Flatten", (), (None, 2, 3, 4)),
    ("MaxPooling2D", (), (8, 9, 9, 2)), ("Add", (), [(None, 2, 3), (None, 2, 3)]),
    ("Concatenate", (), [(5, 2, 3), (5, 2, 4)]), ("Reshape", ((3, -1),), (None, 6)),
])
def test_the_output_shape_computed_for_an_input_shape(keras, name, arguments, shape):
    answers = [getattr(library, name)(*arguments).compute_output_shape(shape) for library in (keras.layers, layers)]
    assert answers[0] == answers[1]


def test_the_shapes_of_models_of_one_and_of_several_inputs_and_outputs(keras):
    def shapes(library, functional):
        x, z = library.Input((4,)), library.Input((2, 3))
        y = library.layers.Dense(5)(x)
        models = [functional(x, y), functional([x], [y]), functional([x, z], [y, library.layers.Flatten()(z)])]
        return [(model.input_shape, model.output_shape) for model in models]

    assert shapes(minicnn, minicnn.Model) == shapes(keras, keras.Model)


def test_dropout_drops_the_same_places_together(keras):
    x = np.ones((3, 4, 5, 30), np.float32)
    theirs = keras.layers.Dropout(0.5, (None, 1, 1, None))(x, training=True).detach().numpy()
    ours = layers.Dropout(0.5, (None, 1, 1, None))(x, training=True)
    for y in (theirs, ours):
        assert set(np.unique(y)) == {0, 2}
        assert (y == y[:, :1, :1]).all()
