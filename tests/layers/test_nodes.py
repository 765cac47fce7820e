"""Layers called on symbols: nodes, calls, copies; and called on arrays."""

import copy

import numpy as np
import pytest

from minicnn import Input, MinicnnError, Model, Sequential
from minicnn.layers import Activation, Add, Conv2D, Dense, Dropout, Flatten, InputLayer
from minicnn.layers.nodes import connect, in_order

# -- symbols -----------------------------------------------------------------------------------------


def test_a_symbol_has_the_shape_with_the_batch_axis():
    x = Input((28, 28, 1), name="image")
    y = Conv2D(6, 5, activation="relu", name="conv")(x)
    assert (x.shape, x.sample_shape) == ((None, 28, 28, 1), (28, 28, 1))
    assert (y.shape, y.sample_shape) == ((None, 24, 24, 6), (24, 24, 6))
    assert [repr(node) for node in (x, y, y.inputs[0])] == [
        "<Node image (None, 28, 28, 1)>", "<Node conv (None, 24, 24, 6)>", "<Node conv/pre (None, 24, 24, 6)>"]


def test_a_call_knows_what_went_in_and_what_came_out():
    x, layer = Input((3,)), Dense(2, "relu")
    y = layer(x)
    (call,) = layer.calls
    assert (call.layer, call.inputs, call.outputs) == (layer, (x,), (y,))
    assert y.call is y.inputs[0].call is call, "the value before the activation belongs to the same call"
    assert y.owner is y.inputs[0].owner is layer
    assert not y.inputs[0].is_last_of_owner


def test_input_and_output_of_a_layer_are_those_of_its_first_call():
    x, layer = Input((3,)), Dense(3)
    first = layer(x)
    layer(first)
    assert (layer.input, layer.output) == (x, first)
    add = Add()
    total = add([x, first])
    assert (add.input, add.output) == ([x, first], total)


def test_a_layer_that_stands_nowhere_has_neither_input_nor_output():
    layer = Dense(3, name="d")
    for read in (lambda: layer.input, lambda: layer.output):
        with pytest.raises(MinicnnError, match=r"Dense 'd': the layer stands in no graph yet.*Call it on Input"):
            read()
    layer(np.ones((1, 2), np.float32))
    with pytest.raises(MinicnnError, match="stands in no graph yet"):
        layer.output  # noqa: B018


def test_inputs_come_one_by_one_or_as_a_list():
    p, q = Input((3,)), Input((3,))
    for total in (Add()(p, q), Add()([p, q]), Add()((p, q))):
        assert total.inputs == (p, q)


def test_calling_a_layer_on_a_symbol_builds_it():
    layer = Dense(2)
    layer(Input((3,)))
    assert layer.shapes() == {"kernel": (3, 2), "bias": (2,)}


@pytest.mark.parametrize(("use", "told"), [
    (lambda: Dense(2, name="d")(Input((3,)), Input((3,))), r"Dense 'd': wrong number of inputs. Received 2"),
    (lambda: Dense(2, name="d")([Input((3,)), Input((3,))]), r"Dense 'd': wrong number of inputs. Received 2"),
    (lambda: Add(name="a")([Input((3,))]), r"Add 'a': .*two or more, received 1"),
    (lambda: Add(name="a")([Input((3,)), Input((4,))]), r"Add 'a'.*\(3,\).*\(4,\)"),
    (lambda: Add(name="a")(Input((3,)), np.ones((2, 3))), "Add 'a': arrays and symbols do not mix.*received ndarray"),
    (lambda: Add(name="a")(np.ones((2, 3)), Input((3,))), "Add 'a': arrays and symbols do not mix.*received ndarray"),
    (lambda: Add(name="a")([Input((3,)), np.ones((2, 3))]), "Add 'a': arrays and symbols do not mix"),
    (lambda: Add(name="a")(), "Add 'a': the layer needs arrays with a batch axis"),
    (lambda: Dense(2, name="d")("text"), "Dense 'd': this is not an array of numbers"),
    (lambda: Dense(2, name="d")(3.0), "Dense 'd': the layer needs arrays with a batch axis"),
    (lambda: Dense(2, name="d")(Input((4, 4, 1))), r"Dense 'd': the input is not a vector.*\(4, 4, 1\)"),
    (lambda: Input((None, 3)), "the input shape is a tuple without the batch axis"),
    (lambda: Input("3"), "the input shape is a tuple without the batch axis"),
    (lambda: Input((0,)), "each size of the input shape must be an integer"),
    (lambda: Input((3,), name="a/b"), "a layer's name is a string without '/'"),
    (lambda: Input((3,), dtype="int8"), "unknown dtype.*'float32' or 'float64'.*int8"),
])
def test_wrong_calls_are_refused(use, told):
    with pytest.raises(MinicnnError, match=told):
        use()


def test_a_refused_call_leaves_no_trace():
    layer = Dense(2, name="d")
    layer(Input((3,)))
    with pytest.raises(MinicnnError, match=r"Dense 'd': the layer was built for another input.*\(3,\).*\(4,\)"):
        layer(Input((4,)))
    assert len(layer.calls) == 1


def test_layers_without_parameters_take_inputs_of_several_shapes():
    flat = Flatten()
    assert [flat(Input(shape)).sample_shape for shape in ((2, 3), (4, 5, 6))] == [(6,), (120,)]


# -- on arrays ---------------------------------------------------------------------------------------


def test_called_on_an_array_a_layer_computes_activation_included(rng):
    layer, x = Dense(2, "tanh"), rng.standard_normal((4, 3)).astype(np.float32)
    y = layer(x)
    np.testing.assert_allclose(y, np.tanh(x @ layer.params["kernel"]), rtol=1e-6)
    assert layer.calls == [], "an array is no symbol"
    np.testing.assert_array_equal(layer(x.tolist()), layer(x.astype(np.float64)))  # numbers in lists are one array
    np.testing.assert_array_equal(layer(np.ones((1, 3), np.uint8)), layer(np.ones((1, 3), np.float32)))


def test_called_on_several_arrays_or_a_list_of_them(rng):
    a, b = rng.standard_normal((2, 4, 3))
    for total in (Add()(a, b), Add()([a, b]), Add()((a, b))):
        np.testing.assert_array_equal(total, a + b)


def test_a_model_called_on_arrays_computes_as_predict_does(rng):
    p, q = Input((3,)), Input((3,))
    model = Model([p, q], [Dense(2)(Add()([p, q])), Dense(4, "softmax")(q)])
    a, b = rng.standard_normal((2, 5, 3)).astype(np.float32)
    for called in (model([a, b]), model(a, b)):
        for y, expected in zip(called, model.predict([a, b], verbose=0), strict=True):
            np.testing.assert_array_equal(y, expected)


def test_training_is_passed_on_to_arrays():
    ones = np.ones((1, 200), np.float32)
    x = Input((200,))
    for layer in (Dropout(0.5), Model(x, Dropout(0.5)(x)), Sequential([Dropout(0.5)])):
        np.testing.assert_array_equal(layer(ones), ones)
        assert set(np.unique(layer(ones, training=True))) == {0, 2}


# -- copies ------------------------------------------------------------------------------------------


def test_the_copy_of_a_layer_stands_in_no_graph():
    layer = Dense(2)
    layer(Input((3,)))
    twin = copy.deepcopy(layer)
    assert (len(layer.calls), twin.calls) == (1, [])
    assert twin.params["kernel"] is not layer.params["kernel"]
    np.testing.assert_array_equal(twin.params["kernel"], layer.params["kernel"])


def test_the_copy_of_a_node_brings_all_before_it_and_nothing_behind():
    x, shared = Input((3,)), Dense(3)
    middle = shared(x)
    Activation("relu")(middle)
    twin = copy.deepcopy(shared(middle))
    assert twin.owner is not shared
    assert [call.layer for call in twin.owner.calls] == [twin.owner] * 2
    assert twin.inputs[0].owner is twin.owner, "shared here, shared there"
    assert isinstance(twin.inputs[0].inputs[0].step, InputLayer)
    assert twin.inputs[0].inputs[0] is not x


def test_the_uses_of_a_shared_layer_stay_in_the_order_of_the_calls_in_a_copy():
    p, q, shared = Input((3,), name="p"), Input((3,), name="q"), Dense(3, name="d")
    early = shared(p)
    late = shared(q)
    for outputs in ([early, late], [late, early]):
        model = Model([p, q], outputs)
        twin = copy.deepcopy(model)
        for one in (model, twin):
            assert one.graph.names["d"].inputs[0].owner.name == "p"
            assert one.graph.names["d#2"].inputs[0].owner.name == "q"
            first, second = one.get_layer("d").calls
            assert first.number < second.number


def test_a_model_called_as_a_layer_is_one_call_with_a_node_for_each_of_its_own():
    x = Input((3,), name="x")
    inner = Model(x, Dense(2, "relu", name="e")(Dense(4, name="d")(x)), name="inner")
    y = inner(Input((3,), name="z"))
    assert y.call.layer is inner
    labels = [node.label for node in in_order([y], lambda node: node.inputs)]
    assert labels == ["", "d", "e/pre", ""]
    assert [node.call.layer.name for node in in_order([y], lambda node: node.inputs)] == ["z", *["inner"] * 3]
    assert {node.step for node in inner.graph.nodes[1:2]} == {y.inputs[0].inputs[0].step}, "the layers are the same"


def test_in_order_puts_each_thing_behind_what_it_needs_and_names_it_once():
    needs = {"d": "bc", "b": "a", "c": "a", "a": ""}
    assert in_order("d", needs.__getitem__) == ["a", "b", "c", "d"]
    assert in_order("cd", needs.__getitem__) == ["a", "c", "b", "d"]


def test_connect_returns_every_output_of_a_model():
    x = Input((3,))
    inner = Model(x, [Dense(2)(x), Dense(4)(x)])
    assert [node.sample_shape for node in connect(inner, Input((3,)))] == [(2,), (4,)]
    assert [node.sample_shape for node in inner(Input((3,)))] == [(2,), (4,)]
