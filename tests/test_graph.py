"""The graph: nodes and their names, the walk forward, the walk back, sums where a value fans out."""

import copy

import numpy as np
import pytest

import minicnn
from minicnn import _checks, gradient_check, kernels, rules
from minicnn.graph import Graph, pull_back, push_forward
from minicnn.layers import (
    Activation,
    Add,
    Average,
    Concatenate,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    Layer,
    MaxPooling2D,
    Multiply,
    Rescaling,
)
from minicnn.layers.nodes import Input
from minicnn.models import Model


class Network(Model):
    """A model over any graph."""

    def __init__(self, graph):
        super().__init__()
        self._graph = graph

    @property
    def graph(self):
        return self._graph


def run(graph, *x, keep=()):
    values, caches = push_forward(graph, x, keep=keep)
    return values, caches


def dense(units, name, activation=None):
    return Dense(units, activation, name=name, dtype="float64")


def randomize(graph, rng):
    for layer in graph.layers:
        for value in layer.params.values():
            value[...] = rng.standard_normal(value.shape)


@pytest.fixture
def diamond(rng):
    """x -> a -> (b, c) -> add, and the nodes by name."""
    x = Input((3,), name="x", dtype="float64")
    a = dense(4, "a", "tanh")(x)
    b, c = dense(2, "b", "sigmoid")(a), dense(2, "c")(a)
    graph = Graph([x], [Add(name="add")(b, c)])
    randomize(graph, rng)
    return graph


@pytest.fixture
def twice(rng):
    """x -> a -> d -> d -> out: the layer d stands at two nodes."""
    x = Input((3,), name="x", dtype="float64")
    shared = dense(3, "d", "tanh")
    end = shared(shared(dense(3, "a")(x)))
    graph = Graph([x], [dense(2, "out")(end)])
    randomize(graph, rng)
    return graph


# -- nodes and names -------------------------------------------------------------------------------


def test_a_layer_with_an_activation_is_two_nodes(diamond):
    assert list(diamond.names) == ["x", "a/pre", "a", "b/pre", "b", "c", "add"]
    assert [layer.name for layer in diamond.layers] == ["x", "a", "b", "c", "add"]
    pre, post = diamond.names["a/pre"], diamond.names["a"]
    assert pre.owner is post.owner is pre.step
    assert isinstance(post.step, Activation)
    assert (pre.is_last_of_owner, post.is_last_of_owner) == (False, True)


def test_a_layer_used_again_gets_a_number(twice):
    assert list(twice.names) == ["x", "a", "d/pre", "d", "d#2/pre", "d#2", "out"]
    shared = twice.names["d"].owner
    assert twice.names["d#2"].owner is shared
    assert [node for call in twice.calls_of(shared) for node in call.outputs] == [twice.names["d"], twice.names["d#2"]]
    assert twice.layers.count(shared) == 1


def test_values_have_the_names(diamond, rng):
    x = rng.standard_normal((2, 3))
    values, _ = run(diamond, x, keep=diamond.nodes)
    by_name = {name: values[node] for name, node in diamond.names.items()}
    a = diamond.names["a"].owner
    np.testing.assert_array_equal(by_name["x"], x)
    np.testing.assert_allclose(by_name["a/pre"], x @ a.params["kernel"] + a.params["bias"], rtol=1e-12)
    np.testing.assert_allclose(by_name["a"], np.tanh(by_name["a/pre"]), rtol=1e-12)
    np.testing.assert_allclose(by_name["add"], by_name["b"] + by_name["c"], rtol=1e-12)


def test_every_node_stands_behind_its_inputs(diamond, twice):
    for graph in (diamond, twice):
        for i, node in enumerate(graph.nodes):
            assert set(node.inputs) <= set(graph.nodes[:i])


def test_outputs_from_elsewhere_are_refused():
    here, elsewhere = Input((3,), name="here"), Input((3,), name="elsewhere")
    with pytest.raises(_checks.MinicnnError, match="the outputs depend on InputLayer 'elsewhere', which is not among"):
        Graph([here], [Dense(2)(elsewhere)])


def test_two_layers_of_one_name_are_refused():
    # One layer at two places is fine; two layers would share their places in weights, optimizer and file.
    x = Input((3,))
    with pytest.raises(_checks.MinicnnError, match=r"two layers have the name 'd'. Give one another name"):
        Graph([x], [Dense(3, name="d")(Dense(3, name="d")(x))])


def test_shapes_that_do_not_fit_are_refused_when_connected():
    with pytest.raises(_checks.MinicnnError, match=r"Dense 'd': the input is not a vector.*\(4, 4, 1\).*Flatten"):
        Dense(2, name="d")(Input((4, 4, 1)))


def test_a_copy_of_a_graph_is_a_graph_of_copies(twice, rng):
    twin, x = copy.deepcopy(twice), rng.standard_normal((2, 3))
    assert list(twin.names) == list(twice.names)
    assert not set(twin.nodes) & set(twice.nodes)
    assert not set(twin.layers) & set(twice.layers)
    assert twin.names["d"].owner is twin.names["d#2"].owner, "shared here, shared there"
    y = run(twice, x)[0][twice.outputs[0]]
    twin.names["out"].owner.params["kernel"][...] = 0
    np.testing.assert_array_equal(run(twice, x)[0][twice.outputs[0]], y)


# -- forward ---------------------------------------------------------------------------------------


class Counting(Layer):
    """Adds one, and counts how often it ran (a layer must not: this one is for the test)."""

    def __init__(self, name):
        super().__init__(name=name)
        self.ran = 0

    def forward(self, x, training=False, rng=None):
        self.ran += 1
        return x + 1, ()

    def backward(self, dy, cache):
        return dy, {}


def test_only_the_nodes_that_lead_to_the_outputs_run():
    x = Input((2,))
    wanted, unwanted, behind = Counting("wanted"), Counting("unwanted"), Counting("behind")
    end = wanted(x)
    unwanted(x)
    behind(end)
    graph = Graph([x], [end])
    values, caches = run(graph, np.zeros((1, 2)))
    assert (wanted.ran, unwanted.ran, behind.ran) == (1, 0, 0)
    assert values.keys() == {end}
    assert caches.keys() == {end}


def test_a_value_that_fans_out_is_computed_once():
    x, layer = Input((2,)), Counting("once")
    middle = layer(x)
    graph = Graph([x], [Add()(middle, Add()(middle, middle))])
    values, _ = run(graph, np.zeros((1, 2)))
    assert layer.ran == 1
    assert values[graph.outputs[0]].tolist() == [[3, 3]]


def test_the_walk_ends_at_what_is_kept(rng):
    x = Input((6, 6, 1))
    graph = Graph([x], [Dense(2)(Flatten()(Conv2D(3, 3, activation="relu", name="conv")(x)))])
    _, caches = run(graph, rng.random((1, 6, 6, 1)))
    walked = []

    def spy(layer, dy, cache):
        walked.append(layer.kind)
        return layer.backward(dy, cache)

    pull_back(graph, {graph.outputs[0]: np.ones((1, 2))}, caches, spy, [graph.names["conv"]], inputs=False, learning=())
    assert walked == ["Dense", "Flatten"]


def test_keep_brings_inner_values_and_remember_the_caches(diamond, rng):
    x, (a, b) = rng.standard_normal((2, 3)), (diamond.names["a/pre"], diamond.names["b"])
    values, caches = push_forward(diamond, [x], keep=[a, b])
    assert values.keys() == {a, b, diamond.outputs[0]}
    assert caches.keys() == set(diamond.nodes) - set(diamond.inputs)
    forgotten, none = push_forward(diamond, [x], keep=[a, b], remember=False)
    assert none == {}
    for node in values:
        np.testing.assert_array_equal(values[node], forgotten[node])


def test_several_inputs_and_outputs(rng):
    p, q = Input((3,), name="p", dtype="float64"), Input((3,), name="q", dtype="float64")
    total, other = Add()(p, q), Activation("tanh")(q)
    graph = Graph([p, q], [other, total])
    a, b = rng.standard_normal((2, 2, 3))
    values, caches = run(graph, a, b)
    np.testing.assert_array_equal(values[total], a + b)
    np.testing.assert_array_equal(values[other], np.tanh(b))
    back = pull_back(graph, {total: np.ones((2, 3)), other: np.ones((2, 3))}, caches)
    np.testing.assert_array_equal(back.inputs[0], np.ones((2, 3)))
    np.testing.assert_allclose(back.inputs[1], 2 - np.tanh(b) ** 2, rtol=1e-12)


def test_the_number_of_inputs_must_fit(diamond):
    with pytest.raises(ValueError, match="argument 2 is longer"):
        push_forward(diamond, [np.zeros((1, 3))] * 2)


def test_training_and_random_numbers_reach_the_layers():
    x = Input((200,))
    graph = Graph([x], [Dropout(0.5)(x)])
    ones = np.ones((1, 200), np.float32)
    values, _ = push_forward(graph, [ones], training=True, rng=np.random.default_rng(0))
    assert set(np.unique(values[graph.outputs[0]])) == {0, 2}
    np.testing.assert_array_equal(push_forward(graph, [ones])[0][graph.outputs[0]], ones)


# -- back ------------------------------------------------------------------------------------------


def test_signals_add_up_where_a_value_fanned_out(diamond, rng):
    x, dy = rng.standard_normal((2, 3)), rng.standard_normal((2, 2))
    values, caches = run(diamond, x, keep=diamond.nodes)
    back = pull_back(diamond, {diamond.outputs[0]: dy}, caches, keep=[diamond.names["a"]])
    b, c = (diamond.names[name].owner.params["kernel"] for name in "bc")
    y = values[diamond.names["b"]]
    expected = (dy * y * (1 - y)) @ b.T + dy @ c.T
    np.testing.assert_allclose(back.kept[diamond.names["a"]], expected, rtol=1e-12)


def test_gradient_check_of_a_diamond(diamond, rng):
    assert gradient_check(Network(diamond), rng.standard_normal((3, 3)))


def test_gradient_check_of_a_layer_at_two_nodes(twice, rng):
    assert gradient_check(Network(twice), rng.standard_normal((3, 3)))


def test_gradient_check_of_two_inputs_and_a_shared_convolution(rng):
    p, q = Input((5, 5, 2), name="p"), Input((5, 5, 2), name="q")
    shared = Conv2D(3, 2, activation="tanh")
    joined = Add()(shared(p), shared(q), Conv2D(3, 2)(p))
    end = Dense(2, "softmax")(Flatten()(MaxPooling2D(2)(joined)))
    assert gradient_check(Network(Graph([p, q], [end])), *rng.standard_normal((2, 2, 5, 5, 2)))


def test_gradient_check_of_branches_that_scale_and_join_one_another(rng):
    """A squeeze-and-excitation block between two concatenations: every layer of several inputs, repeating axes too."""
    x = Input((4, 4, 2), name="x")
    maps = Concatenate()(x, Conv2D(2, 3, padding="same", activation="tanh")(x))
    factor = Conv2D(4, 1, activation="sigmoid")(GlobalAveragePooling2D(keepdims=True)(maps))
    scaled = Multiply()(maps, factor)
    mean = Average()(scaled, maps, Conv2D(1, 1)(scaled))
    rows = Concatenate(axis=1)(mean, Rescaling(0.5, 1)(Add()(maps, mean)))
    end = Dense(3, "softmax")(GlobalMaxPooling2D()(rows))
    assert gradient_check(Network(Graph([x], [end])), rng.standard_normal((2, 4, 4, 2)))


def test_a_layer_at_two_nodes_gets_the_sum_of_both_gradients(twice, rng):
    x, dy = rng.standard_normal((2, 3)), rng.standard_normal((2, 2))
    _, caches = run(twice, x)
    gradients = pull_back(twice, {twice.outputs[0]: dy}, caches).parameters
    # The same network with two layers in the places of the one.
    node = twice.inputs[0]
    layers = {}
    for name, source in (("a", "a"), ("d", "d"), ("e", "d"), ("out", "out")):
        original = twice.names[source].owner
        layers[name] = Dense(original.units, original.activation, dtype="float64", name=name)
        node = layers[name](node)
        layers[name].set_weights(original.get_weights())
    apart = Graph(twice.inputs, [node])
    _, caches = run(apart, x)
    separate = pull_back(apart, {node: dy}, caches).parameters
    for name in ("kernel", "bias"):
        both = separate[layers["d"]][name] + separate[layers["e"]][name]
        np.testing.assert_allclose(gradients[twice.names["d"].owner][name], both, rtol=1e-12)
        np.testing.assert_allclose(gradients[twice.names["a"].owner][name], separate[layers["a"]][name], rtol=1e-12)


def test_a_value_used_twice_by_one_node(rng):
    x = Input((3,), dtype="float64")
    graph = Graph([x], [Add()(x, x)])
    dy = rng.standard_normal((2, 3))
    _, caches = run(graph, dy)
    np.testing.assert_array_equal(pull_back(graph, {graph.outputs[0]: dy}, caches).inputs[0], 2 * dy)


def test_nothing_is_added_into_an_array_that_was_handed_in(rng):
    # Add gives one and the same array to both its inputs, and what starts at an inner node arrives there too.
    x = Input((3,), dtype="float64")
    middle = Activation("linear")(x)
    end = Add()(middle, Add()(middle, x))
    graph = Graph([x], [end])
    _, caches = run(graph, rng.standard_normal((2, 3)))
    signals = {end: np.ones((2, 3)), middle: np.full((2, 3), 10.0), x: np.full((2, 3), 100.0)}
    for array in signals.values():
        array.flags.writeable = False
    back = pull_back(graph, signals, caches, keep=[end, middle, x])
    assert {node: back.kept[node][0, 0] for node in back.kept} == {end: 1, middle: 12, x: 113}
    assert [array[0, 0] for array in signals.values()] == [1, 10, 100]
    again = pull_back(graph, signals, caches)
    np.testing.assert_array_equal(again.inputs[0], back.inputs[0])


def test_the_walk_may_start_at_an_inner_node(diamond, rng):
    x = rng.standard_normal((2, 3))
    _, caches = run(diamond, x)
    start, dy = diamond.names["b/pre"], rng.standard_normal((2, 2))
    back = pull_back(diamond, {start: dy}, caches, keep=[start, diamond.names["c"]])
    b = diamond.names["b"].owner
    assert {layer.name for layer in back.parameters} == {"a", "b"}
    assert back.kept.keys() == {start}, "no signal arrives at c"
    np.testing.assert_allclose(back.parameters[b]["bias"], dy.sum(axis=0), rtol=1e-12)
    assert back.inputs[0].any()


def test_inputs_that_no_signal_reaches_get_zeros(rng):
    p, q, unused = (Input((size,), dtype="float64") for size in (3, 4, 5))
    left, right = Dense(2, dtype="float64")(p), Dense(2, dtype="float64")(q)
    graph = Graph([p, q, unused], [left, right])
    values, caches = run(graph, *(rng.standard_normal((2, size)) for size in (3, 4, 5)))
    back = pull_back(graph, {left: np.ones((2, 2))}, caches)
    assert back.inputs[0].any()
    for array, size in zip(back.inputs[1:], (4, 5), strict=True):
        np.testing.assert_array_equal(array, np.zeros((2, size)))
        assert array.dtype == np.float64
    assert unused not in values


def test_zeros_have_the_type_of_the_signal(rng):
    p, q = Input((3,)), Input((4,))  # float32 layers, float64 data
    left = Dense(2)(p)
    graph = Graph([p, q], [left, Dense(2)(q)])
    _, caches = run(graph, rng.standard_normal((2, 3)), rng.standard_normal((2, 4)))
    assert [array.dtype for array in pull_back(graph, {left: np.ones((2, 2))}, caches).inputs] == [np.float64] * 2


@pytest.fixture
def small_network():
    x = Input((6, 6, 1))
    first = Conv2D(2, 3, activation="relu", name="first")(x)
    second = Conv2D(3, 3, name="second")(first)
    return Graph([x], [Dense(2, name="end")(Flatten()(second))])


def backward_kernels(graph, **options):
    _, caches = run(graph, np.ones((1, 6, 6, 1), np.float32))
    with kernels.record() as calls:
        back = pull_back(graph, {graph.outputs[0]: np.ones((1, 2), np.float32)}, caches, **options)
    return [kernel for _, kernel in calls], back


def test_without_inputs_the_first_layer_skips_its_input_gradient(small_network):
    with_inputs, back = backward_kernels(small_network)
    assert with_inputs.count("conv2d_input_gradient") == with_inputs.count("conv2d_kernel_gradient") == 2
    without, back_without = backward_kernels(small_network, inputs=False)
    assert without.count("conv2d_input_gradient") == 1
    assert without.count("conv2d_kernel_gradient") == 2
    assert back_without.inputs == []
    for layer, named in back.parameters.items():
        for name, gradient in named.items():
            np.testing.assert_array_equal(gradient, back_without.parameters[layer][name])


def test_without_inputs_the_first_layer_follows_another_rule_all_the_same(small_network, rng):
    # The curvature of its kernel is not the gradient: it has x squared.
    _, caches = run(small_network, rng.standard_normal((2, 6, 6, 1)))
    start = {small_network.outputs[0]: np.ones((2, 2))}
    walks = [pull_back(small_network, start, caches, rules.gauss_newton, inputs=inputs) for inputs in (True, False)]
    assert walks[1].parameters.keys() == walks[0].parameters.keys()
    for layer, named in walks[0].parameters.items():
        for name, curvature in named.items():
            np.testing.assert_array_equal(walks[1].parameters[layer][name], curvature)


def test_a_kept_signal_before_the_first_parameters_is_computed_all_the_same(small_network):
    _, back = backward_kernels(small_network, inputs=False, keep=[small_network.inputs[0]])
    np.testing.assert_array_equal(back.kept[small_network.inputs[0]], backward_kernels(small_network)[1].inputs[0])


def test_layers_before_the_first_parameters_are_not_walked():
    x, front = Input((2,)), Counting("front")
    front.backward = None  # calling it would fail
    graph = Graph([x], [Dense(2)(front(x))])
    _, caches = run(graph, np.ones((1, 2), np.float32))
    back = pull_back(graph, {graph.outputs[0]: np.ones((1, 2), np.float32)}, caches, inputs=False)
    assert len(back.parameters) == 1


def test_what_happens_at_a_node_is_an_argument(diamond, rng):
    seen = []

    def rule(layer, signal, cache):
        seen.append(layer.name)
        return rules.gradient(layer, signal, cache)

    _, caches = run(diamond, rng.standard_normal((2, 3)))
    pull_back(diamond, {diamond.outputs[0]: np.ones((2, 2))}, caches, rule)
    assert seen == ["add", "c", "b", "b", "a", "a"]


def test_walking_back_twice_over_the_same_caches(twice, rng):
    x, dy = rng.standard_normal((2, 3)), rng.standard_normal((2, 2))
    _, caches = run(twice, x)
    first, curvature, again = (pull_back(twice, {twice.outputs[0]: dy}, caches, step)
                               for step in (rules.gradient, rules.gauss_newton, rules.gradient))
    np.testing.assert_array_equal(first.inputs[0], again.inputs[0])
    assert not np.array_equal(first.inputs[0], curvature.inputs[0])


def test_a_chain_of_three_thousand_layers():
    node = x = Input((2,), dtype="float64")
    for _ in range(3000):
        node = Activation("linear")(node)
    graph = Graph([x], [dense(2, "end")(node)])
    assert len(graph.nodes) == 3002
    data = np.ones((1, 2))
    values, caches = run(graph, data)
    np.testing.assert_allclose(pull_back(graph, {graph.outputs[0]: data}, caches).inputs[0],
                               data @ graph.layers[-1].params["kernel"].T)
    twin = Network(graph).astype("float64")
    np.testing.assert_array_equal(twin.forward(data)[0], values[graph.outputs[0]])


def test_gradient_check_of_a_sequential(rng):
    model = minicnn.Sequential([minicnn.Input((6, 6, 1)), Conv2D(2, 3, activation="tanh"), MaxPooling2D(2), Flatten(),
                                Dropout(0.3), Dense(3, "softmax")])
    assert gradient_check(model, rng.standard_normal((2, 6, 6, 1)), training=True)
