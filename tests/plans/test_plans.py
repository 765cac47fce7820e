"""A planned step beside the general walk: the same losses, outputs and gradients, whatever stands in the network."""

import numpy as np
import pytest

from minicnn import Input, Model, Sequential, kernels, plans, set_random_seed, training
from minicnn.feeding import Batch
from minicnn.graph import pull_back, push_forward
from minicnn.kernels import threads
from minicnn.layers import (
    RBF,
    Activation,
    Add,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    MaxPooling2D,
    Subsampling2D,
    TableConv2D,
)
from minicnn.losses import CategoricalCrossentropy, MeanSquaredError, PenaltyMAP, PenaltyMLE
from minicnn.losses import SparseCategoricalCrossentropy as Sparse
from minicnn.optimizers import SGD, Adam

TABLE = [[1, 0, 1, 1, 0], [1, 1, 0, 1, 0], [0, 1, 0, 1, 1]]


@pytest.fixture(autouse=True)
def vector():
    set_random_seed(1998)  # of the weights
    with kernels.use("vector"):
        yield


@pytest.fixture(params=[1, 3])
def parts(request, monkeypatch):
    """On one thread, and on three, however small the work: with batches of 1 and 2, more than there are images."""
    monkeypatch.setattr(threads, "WORTHWHILE", 1)
    monkeypatch.setattr(threads, "_threads", request.param)
    return request.param


def plan_of(model, loss, scores=True):
    graph = model.graph
    start, seen = training.start_of_the_walk(graph.outputs[0], loss)
    return plans.for_step(graph, start, seen, graph.learning().values(), scores)


def planned(model, loss, x, y, rng=None):
    """(outputs, losses, gradients by the name of the parameter) of a plan; the factor of each loss is 1 / N."""
    plan = plan_of(model, loss)
    assert plan is not None
    factors = np.full(len(x), 1 / len(x), np.float32)
    outputs, losses, memory = plan.run(x, *plan.targets(loss, y), factors, plan.drawn(len(x), rng))
    gradients = plan.gradients(memory)
    plan.done(memory)
    return outputs.reshape(len(x), -1), losses, by_name(gradients)


def walked(model, loss, x, y, rng=None, dtype=np.float64):
    """The same by the general walk, in float64."""
    model = model.astype(np.dtype(dtype).name)
    graph, compiled = model.graph, training.Compiled(SGD(0.1), [training.Target(loss)])
    with kernels.use("numpy"):
        forward = training.figures(graph, compiled, Batch(x.astype(dtype), y), True, rng, lambda: "test")
        found = pull_back(graph, forward.signals, forward.caches, inputs=False, learning=graph.learning().values())
        outputs, _ = push_forward(graph, [x.astype(dtype)])
    return outputs[graph.outputs[0]], forward.rows["loss"], by_name(found.parameters)


def by_name(gradients):
    return {f"{layer.name}/{name}": array for layer, arrays in gradients.items() for name, array in arrays.items()}


def same(found, expected, tolerance=1e-5):
    """Within a part of the largest number: of the outputs, of the losses, of all gradients."""
    close({"outputs": found[0]}, {"outputs": expected[0]}, tolerance)
    close({"losses": found[1]}, {"losses": expected[1]}, tolerance)
    close(found[2], expected[2], tolerance)


def close(found, expected, tolerance=1e-5):
    assert found.keys() == expected.keys()
    largest = max(np.abs(array).max() for array in expected.values())
    for name, array in expected.items():
        assert found[name].shape == array.shape, name
        assert found[name].dtype == np.float32, name
        assert np.abs(found[name] - array).max() <= tolerance * largest, name


def images(rng, model, count):
    return rng.standard_normal((count, *model.input.sample_shape)).astype(np.float32)


def net(shape, *layers):
    """Something before the layers, so that the way back goes through them to its end; an end that classifies."""
    return Sequential([Input(shape), Conv2D(shape[2], 1, name="before"), *layers, Flatten(), Dense(4, "softmax")])


# -- what stands in the network --------------------------------------------------------------------

CONVOLUTIONS = {
    "plain": ((7, 9, 3), (5, (3, 2)), {}), "one pixel": ((1, 1, 3), (4, 1), {}),
    "whole image": ((4, 5, 3), (20, (4, 5)), {}), "one channel": ((9, 8, 1), (6, 5), {}),
    "many filters": ((5, 6, 3), (70, 2), {}), "many channels": ((5, 5, 40), (3, 3), {}),
    "no bias": ((6, 6, 2), (3, 3), {"use_bias": False}), "same": ((7, 6, 3), (5, 3), {"padding": "same"}),
    "odd padding": ((6, 5, 3), (4, 3), {"padding": ((2, 0), (1, 3))}),
    "strides": ((9, 8, 3), (5, (3, 2)), {"strides": (2, 3)}),
    "strides beyond the kernel": ((9, 9, 3), (5, 2), {"strides": 3}),
    "strides and padding": ((9, 8, 3), (5, 4), {"strides": 2, "padding": "same"}),
    "dilation": ((9, 8, 3), (5, 3), {"dilation_rate": (2, 1)}),
    "dilation and padding": ((7, 8, 2), (20, 3), {"dilation_rate": 2, "padding": "same"}),
    "groups": ((6, 7, 6), (9, 3), {"groups": 3}),
    "groups, strides, padding": ((8, 7, 4), (6, 2), {"groups": 2, "strides": 3, "padding": "same"}),
    "as many groups as channels": ((6, 6, 5), (10, 3), {"groups": 5, "dilation_rate": 2}),
}


@pytest.mark.parametrize("case", CONVOLUTIONS)
@pytest.mark.parametrize("count", [1, 2, 19])
def test_convolutions(case, count, parts, rng):
    shape, arguments, options = CONVOLUTIONS[case]
    model = net(shape, Conv2D(*arguments, activation="tanh", **options))
    x, y = images(rng, model, count), rng.integers(0, 4, count)
    same(planned(model, Sparse(), x, y), walked(model, Sparse(), x, y))


NETWORKS = {
    "ReLU before a pool": lambda: net((8, 9, 3), Conv2D(5, 3, activation="relu"), MaxPooling2D(2)),
    "ReLU behind a pool": lambda: net((8, 9, 3), MaxPooling2D(2), Activation("relu"), Conv2D(4, 2)),
    "overlapping pool": lambda: net((8, 9, 3), MaxPooling2D(3, 2, padding="same"), Conv2D(4, 2, activation="relu")),
    "pool with gaps": lambda: net((9, 9, 20), MaxPooling2D(2, 3), Conv2D(4, 2, activation="relu")),
    "table": lambda: net((6, 7, 3), TableConv2D(TABLE, 3, activation="scaled_tanh")),
    "table, same": lambda: net((6, 7, 3), TableConv2D(TABLE, (2, 3), padding="same", strides=2)),
    "subsampling": lambda: net((7, 6, 5), Subsampling2D(2), Conv2D(3, 2, activation="scaled_tanh")),
    "subsampling in oblongs": lambda: net((7, 6, 20), Subsampling2D((3, 2), activation="tanh")),
    "activations in a row": lambda: net((4, 4, 3), Activation("tanh"), Activation("scaled_tanh"), Activation("relu")),
    "dense": lambda: net((3, 3, 2), Flatten(), Dense(37, "relu"), Dense(130, "tanh"), Dense(7)),
    "frozen in the middle": lambda: net((6, 6, 3), Conv2D(4, 3, activation="relu", trainable=False), MaxPooling2D(2)),
    "frozen at the front": lambda: Sequential([
        Input((6, 6, 2)), Conv2D(3, 3, trainable=False), Subsampling2D(2, trainable=False), Flatten(),
        Dense(5, "relu"), Dense(4, "softmax")]),
}


@pytest.mark.parametrize("case", NETWORKS)
@pytest.mark.parametrize("count", [1, 21])
def test_networks(case, count, parts, rng):
    model = NETWORKS[case]()
    for layer in model.layers:  # no zeros where a mistake could hide
        for name, value in layer.params.items():
            if name in ("bias", "coefficient"):
                value[...] = rng.standard_normal(value.shape)
    x, y = images(rng, model, count), rng.integers(0, 4, count)
    same(planned(model, Sparse(), x, y), walked(model, Sparse(), x, y))


def test_a_layer_at_two_places_adds_its_gradients_up(parts, rng):
    x = Input((6, 6, 3))
    shared, twice = Conv2D(3, 3, padding="same", activation="relu"), Dense(8, "tanh")
    y = Dense(8)(Flatten()(shared(shared(x))))
    model = Model(x, Dense(4, "softmax")(twice(twice(y))))
    x, y = images(rng, model, 5), rng.integers(0, 4, 5)
    same(planned(model, Sparse(), x, y), walked(model, Sparse(), x, y))


def test_images_that_are_not_contiguous(rng):
    model = NETWORKS["ReLU before a pool"]()
    x, y = rng.standard_normal((3, 9, 8, 10)).astype(np.float32).T[:, ::1, :, :], rng.integers(0, 4, 10)
    x = x[:, :8]
    assert not x.flags.c_contiguous
    same(planned(model, Sparse(), x, y), walked(model, Sparse(), x, y))


# -- losses ----------------------------------------------------------------------------------------


def radial():
    return Sequential([Input((6, 6, 2)), Conv2D(3, 3), Flatten(), Dense(9, "scaled_tanh"),
                       RBF(np.where(np.arange(36).reshape(4, 9) % 5 < 2, -1, 1))])


@pytest.mark.parametrize(("make", "loss", "targets"), [
    (NETWORKS["dense"], Sparse(), "classes"), (NETWORKS["dense"], CategoricalCrossentropy(), "rows"),
    (NETWORKS["dense"], CategoricalCrossentropy(label_smoothing=0.1), "rows"),
    (NETWORKS["dense"], CategoricalCrossentropy(), "soft"), (radial, PenaltyMLE(), "classes"),
    (radial, PenaltyMAP(), "classes"), (radial, PenaltyMAP(2.0), "rows"), (radial, PenaltyMAP(0.0), "classes"),
], ids=str)
def test_losses(make, loss, targets, parts, rng):
    model = make()
    x, y = images(rng, model, 18), rng.integers(0, 4, 18)
    y = {"classes": y, "rows": np.eye(4)[y], "soft": rng.random((18, 4))}[targets]
    same(planned(model, loss, x, y), walked(model, loss, x, y))


def test_a_loss_of_logits(rng):
    model = Sequential([Input((5,)), Dense(4)])
    x, y, loss = images(rng, model, 6), rng.integers(0, 4, 6), Sparse(from_logits=True)
    same(planned(model, loss, x, y), walked(model, loss, x, y))


def test_large_logits_and_penalties_keep_their_digits(rng):
    model = Sequential([Input((4,)), Dense(4, "softmax", kernel_initializer="zeros")])
    model.layers[-1].kernel[...] = 300 * np.eye(4)
    x, y = np.eye(4, dtype=np.float32), np.array([0, 1, 3, 2])
    found = planned(model, Sparse(), x, y)
    assert found[1].tolist() == [0, 0, 300, 300]
    same(found, walked(model, Sparse(), x, y))


# -- dropout: the same random numbers --------------------------------------------------------------


def test_dropout_drops_what_the_layers_would(parts, rng):
    model = Sequential([Input((6, 6, 2)), Conv2D(8, 3, activation="relu"), Dropout(0.3, noise_shape=(None, 1, 1, None)),
                        MaxPooling2D(2), Dropout(0.25), Flatten(), Dense(12, "tanh"), Dropout(0.5),
                        Dense(4, "softmax")])
    x, y = images(rng, model, 20), rng.integers(0, 4, 20)
    found = planned(model, Sparse(), x, y, np.random.default_rng(7))
    expected = walked(model, Sparse(), x, y, np.random.default_rng(7))
    close({"losses": found[1]}, {"losses": expected[1]})
    close(found[2], expected[2])


def test_a_rate_may_change_between_steps(rng):
    model = Sequential([Input((6,)), Dense(12, "tanh"), Dropout(0.0), Dense(4, "softmax")])
    x, y = images(rng, model, 9), rng.integers(0, 4, 9)
    for rate in (0.0, 0.5, 0.0):
        model.layers[-2].rate = rate
        found = planned(model, Sparse(), x, y, np.random.default_rng(7))
        expected = walked(model, Sparse(), x, y, np.random.default_rng(7))
        close({"losses": found[1]}, {"losses": expected[1]})
        close(found[2], expected[2])


def test_images_and_targets_that_nobody_may_write_into(rng):
    model = NETWORKS["dense"]()
    x, y = images(rng, model, 6), np.repeat(rng.integers(0, 4, 6), 2)[::2]
    x.flags.writeable = y.flags.writeable = False
    same(planned(model, Sparse(), x, y), walked(model, Sparse(), x, y))


def test_and_nothing_in_predictions(rng):
    model = Sequential([Input((6,)), Dense(12, "relu"), Dropout(0.5), Dense(4, "softmax")])
    x = images(rng, model, 20)
    expected = model.activations(x)
    np.testing.assert_allclose(model.predict(x, verbose=0), expected[model.layers[-1].name], rtol=1e-5)


# -- the step in training --------------------------------------------------------------------------


def trained(name, optimizer, steps=3, weight=None, regularizer=None, metrics=()):
    """Losses and weights after some steps, from a fixed start."""
    rng = np.random.default_rng(3)
    model = Sequential([Input((8, 8, 2)), Conv2D(5, 3, activation="relu", kernel_regularizer=regularizer, name="conv"),
                        MaxPooling2D(2), Flatten(), Dense(4, "softmax", name="dense")])
    for value in model.weights:
        value[...] = 0.1 * rng.standard_normal(value.shape)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=list(metrics))
    x, y = images(rng, model, 40), rng.integers(0, 4, 40)
    with kernels.use(name):
        figures = [model.train_on_batch(x, y, sample_weight=weight) for _ in range(steps)]
        figures.append(model.evaluate(x, y, verbose=0))
    return np.array(figures), model


@pytest.mark.parametrize("options", [
    {"optimizer": "SGD"}, {"optimizer": "momentum"}, {"optimizer": "Adam"}, {"optimizer": "decay"},
    {"optimizer": "SGD", "regularizer": "l2"}, {"optimizer": "SGD", "weight": np.linspace(0, 2, 40)},
    {"optimizer": "SGD", "metrics": ["accuracy", "top_k_categorical_accuracy"]}], ids=str)
def test_training_is_the_same(options):
    make = {"SGD": lambda: SGD(0.1), "momentum": lambda: SGD(0.1, momentum=0.9), "Adam": lambda: Adam(0.01),
            "decay": lambda: SGD(0.1, weight_decay=0.1)}[options["optimizer"]]
    rest = {name: value for name, value in options.items() if name != "optimizer"}
    (found, model), (expected, other) = (trained(name, make(), **rest) for name in ("vector", "numpy"))
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    for one, two in zip(model.weights, other.weights, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-5)
    assert model.optimizer.iterations == other.optimizer.iterations == 3
    assert plan_of(model, Sparse(), bool(rest.get("metrics"))) is not None


def test_a_frozen_model_counts_its_steps_and_does_not_move():
    model = trained("vector", SGD(0.1), 0)[1]
    model.trainable = False
    before = model.get_weights()
    model.train_on_batch(np.ones((3, 8, 8, 2)), [0, 1, 2])
    assert model.optimizer.iterations == 1
    assert all(np.array_equal(one, two) for one, two in zip(before, model.weights, strict=True))


def test_layers_may_be_frozen_and_freed_between_steps():
    _, model = trained("vector", SGD(0.1), 1)
    conv, dense = model.get_layer("conv"), model.get_layer("dense")
    conv.trainable = False
    before = conv.kernel.copy(), dense.kernel.copy()
    model.train_on_batch(np.ones((3, 8, 8, 2)), [0, 1, 2])
    assert np.array_equal(conv.kernel, before[0])
    assert not np.array_equal(dense.kernel, before[1])
    conv.trainable = True
    model.train_on_batch(np.ones((3, 8, 8, 2)), [0, 1, 2])
    assert not np.array_equal(conv.kernel, before[0])


def test_the_same_bits_for_the_same_number_of_threads(monkeypatch):
    monkeypatch.setattr(threads, "WORTHWHILE", 1)
    bits = {}
    for count in (1, 2, 2, 5, 5):
        monkeypatch.setattr(threads, "_threads", count)
        _, model = trained("vector", SGD(0.1))
        weights = np.concatenate([value.reshape(-1) for value in model.weights])
        assert np.array_equal(weights, bits.setdefault(count, weights))
    assert np.abs(bits[1] - bits[5]).max() < 1e-5


# -- numbers that are none -------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("layer", ["conv", "dense"])
def test_a_parameter_that_is_no_number_is_told_and_nothing_moves(layer, bad):
    _, model = trained("vector", SGD(0.1), 1)
    model.get_layer(layer).kernel.reshape(-1)[0] = bad
    before = model.get_weights()
    with pytest.raises(training.NotFiniteError, match=f"the kernel of .* '{layer}' holds NaN or infinity"):
        model.train_on_batch(np.ones((3, 8, 8, 2)), [0, 1, 2])
    assert all(np.array_equal(one, two, equal_nan=True) for one, two in zip(before, model.weights, strict=True))


@pytest.mark.parametrize("case", ["ReLU before a pool", "subsampling", "table", "activations in a row", "dense"])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_comes_in_comes_out(case, bad, rng):
    """One image with a number that is none: its outputs are what the general walk makes of it, and no others'."""
    model = NETWORKS[case]()
    x = images(rng, model, 5)
    x[2, 1, 1, :] = bad
    with np.errstate(all="ignore"):
        graph = model.graph
        found = plans.value(graph, graph.outputs[0], [x])
        with kernels.use("numpy"):
            expected = push_forward(graph, [x])[0][graph.outputs[0]]
    assert np.isnan(expected[2]).all() or case == "activations in a row"
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("case", [*NETWORKS, *CONVOLUTIONS])
def test_an_image_that_is_no_number_reaches_its_loss_and_all_gradients(case, parts, rng):
    if case in NETWORKS:
        model = NETWORKS[case]()
    else:
        shape, arguments, options = CONVOLUTIONS[case]
        model = net(shape, Conv2D(*arguments, activation="tanh", **options))
    x = images(rng, model, 5)
    x[2, 0, 0, :] = np.nan
    outputs, losses, gradients = planned(model, Sparse(), x, rng.integers(0, 4, 5))
    assert np.isnan(losses).tolist() == np.isnan(outputs).any(axis=1).tolist() == [False, False, True, False, False]
    for name, gradient in gradients.items():
        assert np.isnan(gradient).any(), name


def test_a_signal_that_is_no_number_is_not_stopped_by_a_relu():
    model = Sequential([Input((2,)), Dense(3, "relu"), Dense(2, "softmax")])
    model.layers[-1].kernel[1] = np.nan
    model.layers[0].kernel[...] = -1  # all of them silent
    gradients = planned(model, Sparse(), np.ones((4, 2), np.float32), np.zeros(4, int))[2]
    assert np.isnan(gradients[f"{model.layers[0].name}/kernel"]).any()


# -- where there is no plan ------------------------------------------------------------------------


class Own(Dense):
    """A learner's layer."""


class Louder(SGD):
    """A learner's optimizer."""

    def move(self, key, parameter, gradient, rate):
        parameter -= 2 * rate * gradient


def test_networks_without_a_plan():
    x, y = Input((4, 4, 2)), Input((4, 4, 2))
    end = [Flatten(), Dense(3, "softmax")]
    no_chain = Model(x, Sequential(end)(Add()([Conv2D(2, 1)(x), x])))
    for model in (no_chain, Model([x, y], Dense(3, "softmax")(Flatten()(Add()([x, y])))),
                  net((4, 4, 2), AveragePooling2D(2)), net((4, 4, 2), BatchNormalization()),
                  Sequential([Input((3,)), Own(4, "softmax")]), net((4, 4, 2), Activation("gelu")),
                  net((4, 4, 2), MaxPooling2D(17, 1, "same")),
                  Sequential([Input((3,)), Dense(4, "tanh"), RBF(np.ones((2, 4)), trainable=True)])):
        assert plan_of(model, Sparse()) is None
    dense = NETWORKS["dense"]()
    assert plan_of(dense, MeanSquaredError()) is None
    assert plan_of(dense.astype("float64"), Sparse()) is None
    assert plans.value(dense.graph, dense.graph.outputs[0], [np.ones((2, 3, 3, 2))]) is None
    with kernels.record():
        assert plan_of(dense, Sparse()) is None
    with kernels.use("numba"):
        assert plan_of(dense, Sparse()) is None
    assert plan_of(dense, Sparse()) is not None


def test_they_are_trained_all_the_same(rng):
    x = Input((4, 4, 2))
    model = Model(x, Dense(3, "softmax")(Flatten()(Add()([Conv2D(2, 1)(x), x]))))
    model.compile(SGD(0.1), "sparse_categorical_crossentropy")
    losses = [model.train_on_batch(images(np.random.default_rng(1), model, 6), [0, 1, 2, 0, 1, 2]) for _ in range(3)]
    assert losses[0] > losses[1] > losses[2]


def test_a_model_may_change_its_type_and_come_back(rng):
    _, model = trained("vector", SGD(0.1), 1)
    x = images(rng, model, 3)
    single = model.predict(x, verbose=0)
    model.cast("float64")
    assert model.predict(x, verbose=0).dtype == np.float64
    model.cast("float32")
    np.testing.assert_array_equal(model.predict(x, verbose=0), single)


def test_an_optimizer_of_ones_own_is_asked():
    plain, louder = (trained("vector", optimizer, 1)[1] for optimizer in (SGD(0.2), Louder(0.1)))
    for one, two in zip(plain.weights, louder.weights, strict=True):
        np.testing.assert_allclose(one, two, atol=1e-7)


# -- memory ----------------------------------------------------------------------------------------


def test_batches_of_all_sizes_take_turns(rng):
    model = NETWORKS["ReLU before a pool"]()
    expected = {}
    for count in (1, 40, 7, 40, 1, 16, 7):
        x = images(np.random.default_rng(count), model, count)
        found = model.predict(x, batch_size=64, verbose=0)
        np.testing.assert_array_equal(found, expected.setdefault(count, found))
        np.testing.assert_allclose(found, model.activations(x)[model.layers[-1].name], rtol=1e-5, atol=1e-7)


def test_a_run_keeps_its_memory_until_it_is_done(rng):
    model = NETWORKS["dense"]()
    plan, x = plan_of(model, Sparse()), images(rng, model, 3)
    labels = plan.targets(Sparse(), np.array([0, 1, 2]))
    first, second = (plan.run(x, *labels, np.ones(3, np.float32))[2] for _ in range(2))
    assert first.floats is not second.floats
    plan.done(first)
    assert plan.run(x, *labels, np.ones(3, np.float32))[2].floats is first.floats


def test_a_plan_goes_with_its_model():
    import gc
    import weakref

    model = NETWORKS["dense"]()
    plan = weakref.ref(plan_of(model, Sparse()))
    assert plan() is not None
    del model
    gc.collect()
    assert plan() is None
