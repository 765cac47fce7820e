"""The walk of a network at rest beside the general one: the same bits, whatever stands in the network."""

import gc
import threading
import weakref

import numpy as np
import pytest

from minicnn import Input, Model, Sequential, activations, applications, kernels, plans, set_random_seed
from minicnn.graph import push_forward
from minicnn.kernels import threads
from minicnn.kernels.vector.finishing import finish
from minicnn.layers import (
    Activation,
    Add,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Conv2DTranspose,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    Layer,
    LeakyReLU,
    MaxPooling2D,
    ReLU,
)
from minicnn.plans import resting

BIAS = {"bias_initializer": "random_normal"}


@pytest.fixture(autouse=True)
def vector():
    set_random_seed(1998)
    with kernels.use("vector"):
        yield


@pytest.fixture(params=[1, 3])
def parts(request, monkeypatch):
    """On one thread, and on three, however small the work."""
    monkeypatch.setattr(threads, "WORTHWHILE", 1)
    monkeypatch.setattr(threads, "_threads", request.param)


def trained(model):
    """The model with weights as if it had seen images: no gamma is 1, no mean 0."""
    rng = np.random.default_rng(4)
    for name, array in model.params.items():
        if name.endswith(("gamma", "moving_variance")):
            array[...] = rng.uniform(0.5, 1.5, array.shape)
        elif name.endswith(("beta", "moving_mean")):
            array[...] = rng.normal(0, 0.5, array.shape)
    return model


def images(model, count=2, dtype=np.float32):
    rng = np.random.default_rng(3)
    return [rng.normal(0, 1, (count, *node.sample_shape)).astype(dtype) for node in model.inputs]


def general(model, inputs):
    values, _ = push_forward(model.graph, inputs, remember=False)
    return [values[node] for node in model.graph.outputs]


def rested(model, inputs):
    values = resting.walk(model.graph, inputs, (), None)
    return [values[node] for node in model.graph.outputs]


def sizes(model):
    """How many nodes stand in each pass, in order; other nodes are left out."""
    steps = resting.steps(model.graph, model.graph.outputs)
    return [len(step.nodes) for step in steps if isinstance(step, resting.Pass)]


def agree(model, inputs):
    kept = [x.copy() for x in inputs]
    for ours, theirs in zip(rested(model, inputs), general(model, inputs), strict=True):
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs)
    for x, before in zip(inputs, kept, strict=True):
        np.testing.assert_array_equal(x, before)  # nobody wrote into what was handed in


# -- networks ------------------------------------------------------------------------------------


def residual():
    x = Input((9, 7, 5))
    y = ReLU()(BatchNormalization()(Conv2D(6, 3, padding="same", use_bias=False)(x)))
    y = BatchNormalization()(Conv2D(8, 3, padding="same", strides=2, **BIAS)(y))
    shortcut = BatchNormalization()(Conv2D(8, 1, strides=2)(x))
    z = Activation("relu")(Add()([shortcut, y]))
    again = BatchNormalization()(Conv2D(8, 3, padding="same")(z))
    return Model(x, Dense(4, **BIAS)(Flatten()(ReLU()(Add()([again, z])))))


def before_activation():
    """DenseNet's order: normalization and ReLU before the convolution, all results side by side."""
    x = Input((6, 6, 5))
    features = Conv2D(7, 3, padding="same")(x)
    for _ in range(2):
        y = Conv2D(4, 3, padding="same", use_bias=False)(ReLU()(BatchNormalization()(features)))
        features = Concatenate()([features, y])
    return Model(x, AveragePooling2D(2)(ReLU()(BatchNormalization()(features))))


def inception():
    x = Input((8, 8, 3))
    ways = [Conv2D(3, 1, activation="relu", **BIAS)(x), Conv2D(5, 3, padding="same", activation="relu", **BIAS)(x),
            Conv2D(2, 1, activation="relu", **BIAS)(MaxPooling2D(3, 1, padding="same")(x))]
    return Model(x, Concatenate()(ways))


def shared():
    """One convolution and one normalization at two places each."""
    x = Input((6, 6, 4))
    convolution, normalization = Conv2D(4, 3, padding="same", **BIAS), BatchNormalization()
    y = ReLU()(normalization(convolution(x)))
    return Model(x, Add()([ReLU()(normalization(convolution(y))), y]))


def nested():
    x = Input((6, 6, 4))
    inner = Sequential([Conv2D(4, 3, padding="same", input_shape=(6, 6, 4)), BatchNormalization(), ReLU()])
    other = Model(a := Input((6, 6, 4)), [BatchNormalization()(a), a])
    y, same = other(inner(x))
    return Model(x, Add()([y, inner(same)]))


def forks():
    """Values that others hear too, or that are asked for: nothing may be written over them."""
    x = Input((6, 6, 4))
    pre = Conv2D(4, 3, padding="same", **BIAS)(x)
    normal = BatchNormalization()(pre)
    cut = ReLU()(normal)
    return Model(x, [Add()([pre, cut]), normal, Add()([cut, cut]), ReLU()(x)])


def handed_on():
    """Layers that give back the very array they were given stand between."""
    x = Input((6, 6, 4))
    pre = Conv2D(4, 3, padding="same", **BIAS)(x)
    return Model(x, [ReLU()(Dropout(0.5)(pre)), BatchNormalization()(Flatten()(pre)), ReLU()(Dropout(0.5)(x))])


def other_products():
    x = Input((5, 4, 3))
    y = ReLU()(BatchNormalization(scale=False)(DepthwiseConv2D(3, padding="same", depth_multiplier=2)(x)))
    y = ReLU()(BatchNormalization(center=False)(Conv2DTranspose(4, 3, strides=2, use_bias=False)(y)))
    y = ReLU()(Conv2DTranspose(4, 2, padding="same", **BIAS)(y))
    y = BatchNormalization(axis=3, center=False, scale=False)(y)
    return Model(x, ReLU()(BatchNormalization(axis=1)(Dense(7)(Flatten()(y)))))


def other_functions():
    """Not every ReLU is max(x, 0), and not every sum is of two images of one shape."""
    x, thin = Input((5, 5, 3)), Input((1, 1, 3))
    y = ReLU(max_value=0.5)(BatchNormalization()(Conv2D(3, 1)(x)))
    z = Add()([LeakyReLU()(BatchNormalization()(Conv2D(3, 1)(x))), thin])
    return Model([x, thin], [ReLU(threshold=0.1)(Add()([x, y, z])), ReLU()(z)])


NETWORKS = [residual, before_activation, inception, shared, nested, forks, handed_on, other_products, other_functions]


@pytest.mark.parametrize("network", NETWORKS)
def test_the_same_numbers_as_the_general_walk(network, parts):
    model = trained(network())
    agree(model, images(model))
    agree(model, images(model, 1))


@pytest.mark.parametrize(("network", "expected"), [
    (residual, [2, 1, 3, 3]), (before_activation, [2, 2, 2]), (inception, [1, 1, 1]), (shared, [2, 2, 1]),
    (forks, [1, 1, 1, 1, 1]), (other_products, [2, 2, 1, 1, 2])])
def test_what_stands_in_a_row_is_one_pass(network, expected):
    assert sorted(sizes(network())) == sorted(expected)


def test_resnet50_has_one_pass_behind_each_convolution():
    # 53 convolutions; the 16 that end a block add, and the 4 of shortcuts only normalize.
    graph = applications.ResNet50(weights=None, classes=3, input_shape=(32, 32, 3)).graph
    found = [step for step in resting.steps(graph, graph.outputs) if isinstance(step, resting.Pass)]
    assert (len(found), sum(step.other is not None for step in found)) == (53, 16)
    assert all(step.over for step in found)


def test_a_network_of_float64_and_one_of_two_types():
    model = trained(residual().astype("float64"))
    agree(model, images(model, dtype=np.float64))
    x, y = Input((4, 4, 3)), Input((4, 4, 3), dtype="float64")
    mixed = Model([x, y], ReLU()(Add()([BatchNormalization()(x), y])))
    agree(mixed, [images(mixed)[0], images(mixed)[1].astype(np.float64)])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_never_hidden(bad):
    model = residual()
    x = images(model)
    x[0][1, 2, 3, 1] = bad
    with np.errstate(invalid="ignore"):
        agree(model, x)
    assert np.isnan(finish(np.array([[np.nan, -1]], "f"), None, None, True, False)).tolist() == [[True, False]]


def test_a_layer_of_your_own_hears_and_keeps_what_it_wants():
    class Keeper(Layer):
        def forward(self, x, training=False, rng=None):
            self.seen = x
            return x, ()

    x = Input((5, 5, 2))
    keeper = Keeper()
    model = Model(x, ReLU()(BatchNormalization()(keeper(Conv2D(3, 3, **BIAS)(x)))))
    data = images(model)
    agree(model, data)
    before = keeper.seen.copy()
    rested(model, data)
    np.testing.assert_array_equal(keeper.seen, before)


# -- where it is used ----------------------------------------------------------------------------


def test_predict_call_and_evaluate_walk_so_and_see_new_weights(monkeypatch):
    model = trained(residual())
    model.compile("sgd", "mse")
    (x,) = images(model, 5)
    walked, walk = [], resting.walk
    monkeypatch.setattr(resting, "walk", lambda *given: walked.append(1) or walk(*given))
    for _ in range(2):
        expected = general(model, [x])[0]
        np.testing.assert_array_equal(model.predict(x, verbose=0), expected)
        np.testing.assert_array_equal(model(x), expected)
        loss = np.square(expected).mean()
        np.testing.assert_allclose(model.evaluate(x, np.zeros_like(expected), verbose=0), loss, rtol=1e-5)
        for layer in model.layers:  # frozen or not, the weights are read anew
            layer.trainable = False
        for array in model.weights:
            array *= 1.5
    assert len(walked) == 6
    with kernels.record() as calls:  # who keeps a record gets the general walk, layer by layer
        model.predict(x, verbose=0)
    assert len(walked) == 6
    assert calls.count(("vector", "conv2d")) == 4


@pytest.mark.parametrize("name", ["reference", "numpy", "numba"])
def test_other_kernels_take_the_general_walk(name, monkeypatch):
    model = trained(residual())
    (x,) = images(model, 1)
    monkeypatch.setattr(resting, "walk", None)  # would fail
    with kernels.use(name):
        np.testing.assert_array_equal(model.predict(x, verbose=0), general(model, [x])[0])


def test_whoever_asks_gets_every_value():
    model = trained(forks())
    graph, (x,) = model.graph, images(model)
    every, _ = push_forward(graph, [x], keep=graph.nodes, remember=False)
    kept = plans.values(graph, [x], graph.nodes)
    assert list(kept) == graph.nodes
    for node in graph.nodes:
        np.testing.assert_array_equal(kept[node], every[node])


def test_two_threads_ask_one_model():
    model = trained(residual())
    batches = [images(model, 3), [x + 1 for x in images(model, 3)]]
    results = {}

    def ask(which):
        with kernels.use("vector"):
            results[which] = [rested(model, batches[which])[0] for _ in range(20)]

    workers = [threading.Thread(target=ask, args=(which,)) for which in (0, 1)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for which in (0, 1):
        expected = general(model, batches[which])[0]
        assert all(np.array_equal(one, expected) for one in results[which])


# -- the pass itself -----------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(3, 1), (2, 3, 5, 7), (1, 4, 4, 600), (5, 1025), (7,)])
@pytest.mark.parametrize("over", [False, True])
def test_a_pass_over_odd_sizes(shape, over, parts):
    rng = np.random.default_rng(0)
    x, other = rng.normal(0, 1, (2, *shape)).astype("f")
    factors = rng.normal(0, 1, (4, shape[-1])).astype("f")
    mean, slope, gamma, beta = factors
    expected = np.maximum((x - mean) * slope * gamma + beta + other, 0)
    before = x.copy()
    y = finish(x, factors, other, True, over)
    np.testing.assert_array_equal(y, expected)
    assert (y is x) == over
    if not over:
        np.testing.assert_array_equal(x, before)


def test_a_pass_over_an_image_that_does_not_lie_in_a_row():
    x = np.random.default_rng(0).normal(0, 1, (2, 6, 6, 3)).astype("f")
    view, other = x[:, ::2, 1:], x.transpose(0, 2, 1, 3)[:, ::2, 1:]
    before = x.copy()
    np.testing.assert_array_equal(finish(view, None, other, False, True), view + other)
    np.testing.assert_array_equal(x, before)  # what is written over is a copy


def test_a_layer_that_gets_another_function_is_followed():
    model = trained(residual())
    data = images(model)
    agree(model, data)
    before = rested(model, data)[0]
    for layer in model.layers:
        if isinstance(layer, Activation):
            layer.function = activations.get("tanh")
    agree(model, data)
    assert (rested(model, data)[0] != before).any()


def test_the_way_dies_with_its_model():
    model = trained(residual())
    agree(model, images(model))
    graph = weakref.ref(model.graph)
    del model
    gc.collect()
    assert graph() is None
