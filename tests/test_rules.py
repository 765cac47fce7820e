"""What happens at a node: the rules' numbers on a network whose answers are published, and against plain loops."""

import numpy as np
import pytest

from minicnn import gradient_check, rules
from minicnn.graph import Graph, pull_back, push_forward
from minicnn.layers import (
    ELU,
    RBF,
    Activation,
    Add,
    Conv2D,
    Dense,
    Flatten,
    LeakyReLU,
    MaxPooling2D,
    ReLU,
    Subsampling2D,
)
from minicnn.models import Input, Sequential


@pytest.fixture
def toy():
    """The convolutional network of Captum's tests (captum/testing/helpers/basic_models.py).

    1 -> 2 maps, 3x3 of ones, biases -50 and -75, ReLU; then 8 -> 4 with rows 1 1 1 1 1 -1 -1 -1 over the maps one
    after the other, ReLU. x is 0 ... 15. Our Flatten lets the maps change fastest, so the rows are reordered.
    """
    model = Sequential([
        Input((4, 4, 1), dtype="float64"), Conv2D(2, 3, activation="relu", dtype="float64", name="conv"),
        Flatten(), Dense(4, "relu", use_bias=False, dtype="float64", name="dense")])
    row = np.array([1, 1, 1, 1, 1, -1, -1, -1]).reshape(2, 2, 2)  # (map, i, j)
    model.set_weights([np.ones((3, 3, 1, 2)), [-50, -75], np.repeat(row.transpose(1, 2, 0).reshape(8, 1), 4, axis=1)])
    return model


X = np.arange(16.0).reshape(1, 4, 4, 1)


def relevance(model, step):
    """What arrives at the pixels when a 1 starts at output 0."""
    graph = model.graph
    _, caches = push_forward(graph, [X])
    back = pull_back(graph, {graph.outputs[0]: np.eye(4)[:1]}, caches, step)
    return back.inputs[0][0, :, :, 0].tolist()


def test_forward(toy):
    values = toy.activations(X)
    assert values["conv/pre"][0, :, :, 0].tolist() == [[-5, 4], [31, 40]]
    assert values["conv/pre"][0, :, :, 1].tolist() == [[-30, -21], [6, 15]]
    assert values["dense"].tolist() == [[54] * 4]


def test_gradient(toy):
    # By hand: map 0 sends 1 from (0, 1), (1, 0), (1, 1), map 1 sends -1 from (1, 0), (1, 1); only (0, 1) is left.
    assert relevance(toy, rules.gradient) == [[0, 1, 1, 1], [0, 1, 1, 1], [0, 1, 1, 1], [0, 0, 0, 0]]


def test_guided_backpropagation(toy):
    assert relevance(toy, rules.guided) == [[0, 1, 1, 1], [1, 3, 3, 2], [1, 3, 3, 2], [1, 2, 2, 1]]


def test_deconvnet(toy):
    assert relevance(toy, rules.deconvnet) == [[2, 3, 3, 1], [3, 5, 5, 2], [3, 5, 5, 2], [1, 2, 2, 1]]


def test_deconvnet_does_not_ask_where_the_relu_was_open(toy):
    deconv = relevance(toy, rules.deconvnet)
    toy.params["conv/bias"][...] = [1000, -1000]  # map 0 open everywhere, map 1 closed everywhere
    assert relevance(toy, rules.deconvnet) == deconv
    assert relevance(toy, rules.guided) != deconv


def test_rules_for_pictures_make_no_arrays_of_parameters(toy):
    _, caches = push_forward(toy.graph, [X])
    node = toy.graph.names["conv/pre"]
    for rule in (rules.guided, rules.deconvnet):
        back, arrays = rule(node.step, np.ones((1, 2, 2, 2)), caches[node])
        np.testing.assert_array_equal(back, node.step.input_gradients(np.ones((1, 2, 2, 2)), caches[node]))
        assert arrays == {}


def test_the_rules_leave_the_model_alone(toy):
    before = relevance(toy, rules.gradient)
    for step in (rules.guided, rules.deconvnet, rules.gauss_newton):
        relevance(toy, step)
    assert relevance(toy, rules.gradient) == before


def test_without_a_relu_all_rules_of_first_order_are_the_gradient(rng):
    model = Sequential([Input((5, 5, 1)), Conv2D(2, 3, activation="tanh"), MaxPooling2D(2), Flatten(), Dense(3)])
    x, dy = rng.standard_normal((2, 5, 5, 1)), rng.standard_normal((2, 3))
    _, caches = push_forward(model.graph, [x])
    gradient, guided, deconv = (pull_back(model.graph, {model.graph.outputs[0]: dy}, caches, step).inputs[0]
                                for step in (rules.gradient, rules.guided, rules.deconvnet))
    np.testing.assert_array_equal(gradient, guided)
    np.testing.assert_array_equal(gradient, deconv)


def test_a_relu_is_known_as_a_layer_and_as_an_activation():
    assert rules.is_relu(Activation("relu"))
    assert rules.is_relu(ReLU())
    assert not any(map(rules.is_relu, (Activation("tanh"), ReLU(6), ReLU(negative_slope=0.1), LeakyReLU(0), ELU())))
    assert not rules.is_relu(Conv2D(1, 1, activation="relu")), "the convolution of it is a node of its own"


def test_parameters_only(toy):
    _, caches = push_forward(toy.graph, [X])
    node = toy.graph.names["conv/pre"]
    dy = np.ones((1, 2, 2, 2))
    nothing, gradients = rules.parameters_only(node.step, dy, caches[node])
    assert nothing is None
    np.testing.assert_array_equal(gradients["bias"], [4, 4])


# -- the diagonal second derivative, against plain loops ----------------------------------------------


def scaled_tanh_slope(a):
    return 1.7159 * 2 / 3 * (1 - np.tanh(2 / 3 * a) ** 2)


def test_gauss_newton_is_lecuns_recursion(rng):
    """Eq. 25 and 27 of LeCun et al. 1998, written as loops over single connections, for conv - subsampling - dense.

    h_a = h_y f'(a)^2 at a unit; h_x = sum over its connections of w^2 h_a; h_w = sum over the places where the
    weight stands of x^2 h_a.
    """
    model = Sequential([
        Input((6, 6, 2), dtype="float64"),
        Conv2D(2, 3, activation="scaled_tanh", dtype="float64", name="c"), Subsampling2D(2, dtype="float64", name="s"),
        Flatten(), Dense(3, "scaled_tanh", dtype="float64", name="d")])
    model.set_weights([rng.standard_normal(w.shape) / 2 for w in model.get_weights()])
    x = rng.standard_normal((2, 6, 6, 2))
    graph, v, p = model.graph, model.activations(x), model.params
    hy = rng.uniform(0, 1, (2, 3))
    _, caches = push_forward(graph, [x])
    back = pull_back(graph, {graph.outputs[0]: hy}, caches, rules.gauss_newton)
    found = {f"{layer.name}/{name}": h for layer, named in back.parameters.items() for name, h in named.items()}

    expected = {name: np.zeros_like(value) for name, value in p.items()}
    hx = np.zeros_like(x)
    for n in range(2):
        h_flat = np.zeros(8)
        for u in range(3):
            h = hy[n, u] * scaled_tanh_slope(v["d/pre"][n, u]) ** 2
            expected["d/bias"][u] += h
            for d in range(8):
                h_flat[d] += p["d/kernel"][d, u] ** 2 * h
                expected["d/kernel"][d, u] += v["s"][n].ravel()[d] ** 2 * h
        h_c = np.zeros((4, 4, 2))
        for i, j, m in np.ndindex(2, 2, 2):
            h = h_flat.reshape(2, 2, 2)[i, j, m] * scaled_tanh_slope(v["s/pre"][n, i, j, m]) ** 2
            expected["s/bias"][m] += h
            for r, q in np.ndindex(2, 2):
                h_c[2 * i + r, 2 * j + q, m] += p["s/coefficient"][m] ** 2 * h
                expected["s/coefficient"][m] += v["c"][n, 2 * i + r, 2 * j + q, m] ** 2 * h
        for i, j, f in np.ndindex(4, 4, 2):
            h = h_c[i, j, f] * scaled_tanh_slope(v["c/pre"][n, i, j, f]) ** 2
            expected["c/bias"][f] += h
            for r, q, c in np.ndindex(3, 3, 2):
                hx[n, i + r, j + q, c] += p["c/kernel"][r, q, c, f] ** 2 * h
                expected["c/kernel"][r, q, c, f] += x[n, i + r, j + q, c] ** 2 * h
    assert found.keys() == expected.keys()
    for name, h in expected.items():
        np.testing.assert_allclose(found[name], h, rtol=1e-12, err_msg=name)
    np.testing.assert_allclose(back.inputs[0], hx, rtol=1e-12)


def test_gauss_newton_of_one_layer_is_the_exact_diagonal(rng):
    # E = 1/2 sum over u of (x w - t)^2 has the second derivatives d2E/dw[d, u]^2 = x[d]^2: Gauss-Newton is exact.
    layer = Dense(2, dtype="float64")
    x, t = rng.standard_normal((1, 4)), rng.standard_normal((1, 2))
    layer.build((4,))
    kernel, step = layer.params["kernel"], 1e-3

    def energy():
        return 0.5 * float(np.square(layer.forward(x)[0] - t).sum())

    second = np.zeros_like(kernel)
    for at in np.ndindex(kernel.shape):
        middle = energy()
        kernel[at] += step
        above = energy()
        kernel[at] -= 2 * step
        second[at] = (above - 2 * middle + energy()) / step**2
        kernel[at] += step
    y, cache = layer.forward(x)
    np.testing.assert_allclose(layer.curvature(np.ones_like(y), cache)[1]["kernel"], second, rtol=1e-6)


def test_gauss_newton_behind_a_square_starts_before_it(rng):
    # The penalties of an RBF layer curve by themselves: d2y/dx2 = 2, which no walk from behind it can see.
    layer = RBF(rng.standard_normal((3, 4)), dtype="float64")
    layer.build((4,))
    y, cache = layer.forward(rng.standard_normal((1, 4)))
    hx, _ = layer.curvature(np.zeros_like(y), cache)
    np.testing.assert_array_equal(hx, 0)


def test_the_toy_network_passes_the_gradient_check(toy):
    assert gradient_check(toy, X + 0.25)  # off the integers: a pre-activation of exactly 0 has no slope


def test_rules_walk_diamonds_and_shared_layers_too(rng):
    x = Input((4,), dtype="float64")
    shared = Dense(4, "relu", dtype="float64")
    first = shared(x)
    graph = Graph([x], [Add()(shared(first), first)])
    data, hy = rng.standard_normal((1, 4)), rng.uniform(0, 1, (1, 4))
    values, caches = push_forward(graph, [data], keep=graph.nodes)
    back = pull_back(graph, {graph.outputs[0]: hy}, caches, rules.gauss_newton)
    w = shared.params["kernel"]
    pre = {name: values[node] for name, node in graph.names.items() if name.endswith("/pre")}
    first_pre, second_pre = pre.values()
    h2 = hy * (second_pre > 0)
    h1 = (hy + h2 @ (w**2).T) * (first_pre > 0)
    np.testing.assert_allclose(back.inputs[0], h1 @ (w**2).T, rtol=1e-12)
    expected = np.square(data).T @ h1 + np.square(values[first]).T @ h2
    np.testing.assert_allclose(back.parameters[shared]["kernel"], expected, rtol=1e-12)
