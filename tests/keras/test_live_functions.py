"""Names, accuracies and the start of training at the logits, against Keras where it is installed."""

import numpy as np
import pytest

from minicnn import Input, Sequential, activations, layers, losses, metrics, optimizers, training

# Keras 3.15 hands out its numbers in a way that NumPy 2 warns of.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def test_every_activation_of_ours_is_known_to_keras_by_name_but_the_paper_s(keras):
    ours = set(activations._BY_NAME)
    assert {name for name in ours if not hasattr(keras.activations, name)} == {"scaled_tanh"}


def test_every_name_of_a_loss_is_one_of_keras(keras):
    for name in [*losses._BY_NAME, *losses._ALIASES]:
        if not name.lower().startswith("penalty"):
            assert callable(keras.losses.get(name))
            assert callable(getattr(keras.losses, type(losses.get(name)).__name__))


def test_every_name_of_a_metric_is_one_of_keras(keras):
    for name in {*metrics._BY_NAME, *metrics._ALIASES} - {"accuracy", "acc"}:  # those two `compile` knows
        assert callable(keras.metrics.get(name))


# -- accuracy --------------------------------------------------------------------------------------

RNG = np.random.RandomState(0)
ONE, TWO, FIVE = (RNG.rand(12, units).astype("float32") for units in (1, 2, 5))
PIXELS = RNG.rand(12, 3, 4, 4).astype("float32")
ANSWERS = {"outputs (N, 1)": (ONE, 2), "outputs (N, 2)": (TWO, 2), "outputs (N, 5)": (FIVE, 5)}
CASES = [(name, scores, labels) for name, (scores, classes) in ANSWERS.items()
         for labels in (RNG.randint(0, classes, 12), RNG.randint(0, classes, (12, 1)))]
CASES += [("one-hot", TWO, np.eye(2)[RNG.randint(0, 2, 12)]), ("one-hot", FIVE, np.eye(5)[RNG.randint(0, 5, 12)]),
          ("soft rows", FIVE, RNG.rand(12, 5)), ("soft", ONE, RNG.rand(12, 1)), ("-1 or 1", ONE, 2 * (ONE > 0.7) - 1),
          ("pixels", PIXELS, RNG.randint(0, 4, (12, 3, 4))), ("pixels, one-hot", PIXELS, np.eye(4)[RNG.randint(
              0, 4, (12, 3, 4))]), ("pixels, one output", PIXELS[..., :1], RNG.randint(0, 2, (12, 3, 4, 1)))]


@pytest.mark.parametrize(("scores", "targets"), [case[1:] for case in CASES],
                         ids=[f"{name}, targets {targets.shape}" for name, _, targets in CASES])
@pytest.mark.parametrize("name", ["accuracy", "acc"])
def test_accuracy_is_resolved_as_keras_does(keras, name, scores, targets):
    x = np.arange(12, dtype="float32")[:, None]
    inputs = keras.Input((1,))
    # A model that gives the scores of row x, so that Keras chooses by its own shapes.
    table = keras.layers.Embedding(12, scores[0].size, weights=[scores.reshape(12, -1)])
    outputs = keras.layers.Reshape(scores.shape[1:])(table(inputs))
    model = keras.Model(inputs, outputs)
    model.compile(loss=lambda y_true, y_pred: keras.ops.mean(y_pred), metrics=[name])
    expected = model.evaluate(x, targets, verbose=0, return_dict=True)[name]
    found_name, metric = metrics.get(name)
    assert found_name == name
    assert metric(targets, scores).mean() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("name", "scores", "targets"), [
    ("binary_accuracy", ONE, RNG.randint(0, 2, (12, 1))), ("binary_accuracy", ONE, RNG.randint(0, 2, 12)),
    ("binary_accuracy", FIVE, RNG.randint(0, 2, (12, 5))), ("categorical_accuracy", FIVE, np.eye(5)),
    ("sparse_categorical_accuracy", FIVE, RNG.randint(0, 5, 12)), ("mse", FIVE, RNG.rand(12, 5)),
    ("mean_squared_error", ONE, RNG.rand(12)), ("mae", FIVE, RNG.rand(12, 5)), ("MAE", ONE, RNG.rand(12, 1)),
    ("BinaryAccuracy", ONE, RNG.randint(0, 2, (12, 1))), ("MeanSquaredError", FIVE, RNG.rand(12, 5))])
def test_metrics_by_name(keras, name, scores, targets):
    scores = scores[:len(targets)]
    metric = keras.metrics.get(name)
    expected = np.mean(keras.ops.convert_to_numpy(metric(targets.astype("float32"), scores)))
    assert metrics.get(name)[1](targets, scores).mean() == pytest.approx(expected, rel=1e-5)


# -- probabilities of 0 and 1 ----------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_binary_cross_entropy_at_0_and_1(keras, dtype):
    import keras_side

    y = np.array([0, 1, 1e-7, 1 - 1e-7, 1e-8, 1 - 1e-8, 1e-6, 1 - 1e-6], dtype)[:, None]
    with keras_side.float_type(dtype):
        for t in (np.zeros_like(y), np.ones_like(y), np.full_like(y, 0.3)):
            expected = keras_side._loss(keras.losses.BinaryCrossentropy(reduction=None), t, y, dtype)
            loss = losses.BinaryCrossentropy()
            np.testing.assert_allclose(loss.values(t, y), expected["values"], rtol=1e-6)
            np.testing.assert_allclose(loss.gradient(t, y), expected["dy"], rtol=1e-6)


# -- the start at the logits -----------------------------------------------------------------------


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize(("activation", "loss"), [("sigmoid", "BinaryCrossentropy"),
                                                  ("softmax", "CategoricalCrossentropy")])
def test_a_step_is_that_of_keras_where_nothing_is_saturated(keras, activation, loss, smoothing):
    x, kernel = RNG.rand(8, 3).astype("float32"), RNG.rand(3, 4).astype("float32")
    y = np.eye(4, dtype="float32")[RNG.randint(0, 4, 8)]
    theirs = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, activation)])
    ours = Sequential([Input((3,)), layers.Dense(4, activation)])
    theirs.compile(keras.optimizers.SGD(1.0), getattr(keras.losses, loss)(label_smoothing=smoothing))
    ours.compile(optimizers.SGD(1.0), getattr(losses, loss)(label_smoothing=smoothing))
    for model in (theirs, ours):
        model.set_weights([kernel, np.zeros(4, "float32")])
    for _ in range(5):
        assert ours.train_on_batch(x, y) == pytest.approx(float(theirs.train_on_batch(x, y)), rel=1e-5)
    for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
def test_saturated_in_float32_the_gradient_here_is_the_exact_one(keras, activation):
    """Through a probability of 0 Keras on torch has no gradient; its own loss of the logits in float64 has."""
    import torch

    logits, y = np.array([[0.0, 200.0], [-90.0, 150.0]]), np.array([[1.0, 0.0], [1.0, 0.0]])
    name = {"sigmoid": "BinaryCrossentropy", "softmax": "CategoricalCrossentropy"}[activation]

    def of_keras(dtype, **options):
        tensor = torch.tensor(logits.astype(dtype), requires_grad=True)
        outputs = tensor if options else getattr(keras.activations, activation)(tensor)
        loss = getattr(keras.losses, name)(**options, dtype=dtype)
        loss(torch.tensor(y.astype(dtype)), outputs).backward()
        return tensor.grad.numpy()

    model = Sequential([Input((2,)), layers.Activation(activation)])
    model.compile("sgd", name)
    start, loss = training.start_of_the_walk(model.graph.outputs[0], model.compiled.targets[0].loss)
    assert start is model.graph.inputs[0]
    exact = of_keras("float64", from_logits=True)
    found = loss.gradient(y, logits.astype("float32")) / len(y)
    np.testing.assert_allclose(found, exact, rtol=1e-6, atol=1e-30)
    assert np.abs(exact[1]).max() > 0.2
    assert of_keras("float32")[1].tolist() == [0, 0]  # saturated on both sides
