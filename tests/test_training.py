"""The loop under `fit`: where the walk back starts, one step down the gradient, means, batches, splits."""


import numpy as np
import pytest

from minicnn import Input, Sequential, training
from minicnn.activations import softmax
from minicnn.layers import RBF, Activation, Conv2D, Dense, Flatten, MaxPooling2D, Subsampling2D, TableConv2D
from minicnn.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Hinge,
    Huber,
    MeanSquaredError,
    PenaltyMAP,
    PenaltyMLE,
    SparseCategoricalCrossentropy,
)
from minicnn.optimizers import SGD


def network(*layers, dtype="float64"):
    model = Sequential([Input((6, 6, 2), dtype=dtype), *layers])
    return model.astype(dtype)


def scores(activation):
    return network(Conv2D(3, 3, activation="tanh"), MaxPooling2D(2), Flatten(), Dense(4, activation))


def penalties():
    return network(TableConv2D([[1, 0, 1], [1, 1, 0]], 3, activation="scaled_tanh"), Subsampling2D(2), Flatten(),
                   Dense(5, "scaled_tanh"), RBF(np.linspace(-1, 1, 20).reshape(4, 5), trainable=True))


# -- where the walk starts -----------------------------------------------------------------------


@pytest.mark.parametrize("last", [[Dense(4, "softmax")], [Dense(4), Activation("softmax")]])
@pytest.mark.parametrize("loss", [CategoricalCrossentropy(), SparseCategoricalCrossentropy()])
def test_cross_entropy_starts_before_a_softmax(last, loss):
    graph = network(Flatten(), *last).graph
    start, seen = training.start_of_the_walk(graph.outputs[0], loss)
    assert start is graph.outputs[0].inputs[0]
    assert (type(seen), seen.from_logits) == (type(loss), True)


@pytest.mark.parametrize("last", [[Dense(4, "sigmoid")], [Dense(4), Activation("sigmoid")]])
def test_binary_cross_entropy_starts_before_a_sigmoid(last):
    graph = network(Flatten(), *last).graph
    start, seen = training.start_of_the_walk(graph, BinaryCrossentropy(label_smoothing=0.1))
    assert start is graph.outputs[0].inputs[0]
    assert (type(seen), seen.from_logits, seen.label_smoothing) == (BinaryCrossentropy, True, 0.1)


@pytest.mark.parametrize(("activation", "loss"), [
    ("softmax", BinaryCrossentropy()), ("linear", BinaryCrossentropy()), ("sigmoid", MeanSquaredError()),
    ("sigmoid", BinaryCrossentropy(from_logits=True)),
    ("linear", CategoricalCrossentropy()), ("sigmoid", CategoricalCrossentropy()), ("softmax", MeanSquaredError()),
    ("softmax", CategoricalCrossentropy(from_logits=True)), ("softmax", PenaltyMLE())])
def test_elsewhere_it_starts_at_the_output(activation, loss):
    graph = network(Flatten(), Dense(4, activation)).graph
    assert training.start_of_the_walk(graph.outputs[0], loss) == (graph.outputs[0], loss)


def test_probabilities_of_zero_still_teach():
    """The softmax gives exactly 0 for the right class; its gradient p - t is exact all the same."""
    model = Sequential([Input((1,)), Dense(2, "softmax", kernel_initializer="zeros")])
    model.set_weights([[[0, 0]], [0, 200]])
    assert model.predict([[1]], verbose=0).tolist() == [[0, 1]]
    model.compile(SGD(1.0), "sparse_categorical_crossentropy")
    assert model.train_on_batch([[1]], [0]) == 200
    np.testing.assert_allclose(model.get_weights()[0], [[1, -1]], rtol=1e-6)
    np.testing.assert_allclose(model.get_weights()[1], [1, 199], rtol=1e-6)


# -- one step ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("make", "loss", "targets"), [
    (lambda: scores("softmax"), SparseCategoricalCrossentropy(), "classes"),
    (lambda: scores("softmax"), CategoricalCrossentropy(), "rows"),
    (lambda: scores("sigmoid"), CategoricalCrossentropy(), "rows"),
    (lambda: scores("linear"), CategoricalCrossentropy(from_logits=True), "rows"),
    (lambda: scores("softmax"), CategoricalCrossentropy(label_smoothing=0.2), "rows"),
    (lambda: scores("sigmoid"), BinaryCrossentropy(), "rows"), (lambda: scores("gelu"), Huber(0.3), "rows"),
    (lambda: scores("linear"), BinaryCrossentropy(True, label_smoothing=0.1), "rows"),
    (lambda: scores("softsign"), Hinge(), "rows"),
    (lambda: scores("tanh"), MeanSquaredError(), "rows"), (lambda: scores("softmax"), MeanSquaredError(), "rows"),
    (penalties, PenaltyMLE(), "classes"), (penalties, PenaltyMAP(2.0), "rows")])
def test_a_step_goes_down_the_gradient_of_the_mean_loss(make, loss, targets, rng):
    """Every parameter moves by -rate * slope, the slope taken from differences of what evaluate reports."""
    model, x, y = make(), rng.standard_normal((5, 6, 6, 2)), rng.integers(0, 4, 5)
    y = np.eye(4)[y] if targets == "rows" else y
    model.compile(SGD(0.01), loss)
    before = model.get_weights()
    reported = model.train_on_batch(x, y)
    after = model.get_weights()

    def mean_loss(weights):
        model.set_weights(weights)
        return model.evaluate(x, y, verbose=0)

    assert reported == pytest.approx(mean_loss(before), rel=1e-12)
    for i, (old, new) in enumerate(zip(before, after, strict=True)):
        direction = rng.standard_normal(old.shape)
        slope = sum(sign * mean_loss([*before[:i], old + sign * 1e-6 * direction, *before[i + 1:]])
                    for sign in (1, -1)) / 2e-6
        moved = ((new - old) * direction).sum() / -0.01
        assert moved == pytest.approx(slope, rel=1e-5, abs=1e-8)


def test_frozen_layers_are_not_shown_to_the_optimizer(rng):
    model = network(Conv2D(3, 3, name="conv", trainable=False), Flatten(), Dense(4, name="dense"))
    model.compile("sgd", "mse")
    keys = []
    model.compiled.optimizer.move = lambda key, *rest: keys.append(key)
    model.train_on_batch(rng.random((2, 6, 6, 2)), np.ones((2, 4)))
    assert keys == ["dense/kernel", "dense/bias"]
    assert model.compiled.optimizer.iterations == 1


def test_a_network_without_parameters_trains_in_vain():
    model = Sequential([Input((2,)), Activation("tanh")])
    model.compile("sgd", "mse")
    assert model.fit(np.zeros((3, 2)), np.ones((3, 2)), verbose=0).history == {"loss": [1.0]}


def test_the_optimizer_counts_steps(rng):
    model = scores("softmax")
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(rng.random((7, 6, 6, 2)), np.arange(7) % 4, epochs=3, batch_size=3, verbose=0)
    assert model.compiled.optimizer.iterations == 9


@pytest.mark.parametrize("targets", ["float64", "int64", "uint8", "bool"])
def test_targets_do_not_change_the_type_of_a_loss(targets):
    y_pred, y_true = np.ones((2, 3), np.float32), np.ones((2, 3), targets)
    loss = MeanSquaredError()
    assert (loss.values(y_true, y_pred).dtype, loss.gradient(y_true, y_pred).dtype) == (np.float32, np.float32)


# -- means, batches, splits ----------------------------------------------------------------------


def test_means_weigh_by_rows():
    means = training.Means()
    means.add({"loss": np.array([1.0, 2.0, 3.0]), "accuracy": np.array([1.0, 0.0, 1.0])})
    assert means.logs() == {"accuracy": pytest.approx(2 / 3), "loss": 2.0}
    means.add({"loss": np.array([10.0]), "accuracy": np.array([0.0])})
    assert means.logs() == {"accuracy": 0.5, "loss": 4.0}
    assert list(means.logs()) == ["accuracy", "loss"]


def test_means_of_rows_that_are_images():
    means = training.Means()
    means.add({"loss": np.arange(12.0).reshape(2, 2, 3), "accuracy": np.array([1.0, 0.0])})
    means.add({"loss": np.full((1, 2, 3), 2.5), "accuracy": np.array([1.0])})
    assert means.logs() == {"accuracy": pytest.approx(2 / 3), "loss": pytest.approx((2.5 + 8.5 + 2.5) / 3)}


def test_means_add_up_in_float64():
    means = training.Means()
    for _ in range(1000):
        means.add({"loss": np.full(1000, 0.1, np.float32)})
    assert means.logs()["loss"] == pytest.approx(float(np.float32(0.1)), rel=1e-12)


def test_softmax_is_recognized_by_what_it_is():
    graph = network(Flatten(), Dense(4, softmax)).graph
    assert training.start_of_the_walk(graph.outputs[0], CategoricalCrossentropy())[1].from_logits
