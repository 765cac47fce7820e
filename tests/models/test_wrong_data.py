"""Data that do not fit, labels that are none, NaN, and models that are not ready: each with its own words."""

import numpy as np
import pytest

from minicnn import Input, Sequential, losses
from minicnn.callbacks import Callback, History, LambdaCallback
from minicnn.layers import Conv2D, Dense, Flatten
from minicnn.losses import MeanSquaredError
from minicnn.optimizers import SGD
from minicnn.utils import to_categorical

X, Y = np.ones((6, 8, 8, 1), np.float32), np.array([0, 1, 2, 0, 1, 2])

USES = [
    ("fit", lambda model, x: model.fit(x, Y, verbose=0)),
    ("fit validation_data", lambda model, x: model.fit(X, Y, verbose=0, validation_data=(x, Y))),
    ("evaluate", lambda model, x: model.evaluate(x, Y, verbose=0)),
    ("train_on_batch", lambda model, x: model.train_on_batch(x, Y)),
    ("predict", lambda model, x: model.predict(x, verbose=0)),
    ("predict", lambda model, x: model.predict_classes(x)),
    ("activations", lambda model, x: model.activations(x)),
    ("input_gradient", lambda model, x: model.input_gradient(x, 0)),
]


@pytest.fixture(params=USES, ids=lambda pair: pair[0])
def use(request):
    return request.param


# -- x -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("x", "told"), [
    (X[..., 0], "shape (N, 8, 8, 1), received shape (6, 8, 8). The channel axis is missing: pass x[..., None]"),
    (X[0], "shape (N, 8, 8, 1), received shape (8, 8, 1). The batch axis is missing: pass x[None]"),
    (X[0, ..., 0], "received shape (8, 8). The batch and channel axes are missing: pass x[None, ..., None]"),
    (X.transpose(0, 3, 1, 2), "received shape (6, 1, 8, 8). Channels come last here: pass x.transpose(0, 2, 3, 1)"),
    (np.ones((6, 9, 8, 1)), "the data do not fit the model's input. Expected shape (N, 8, 8, 1), received shape (6, 9"),
    (np.ones((6, 64)), "Expected shape (N, 8, 8, 1), received shape (6, 64)"),
    ([], "there is no data. Received shape (0,)"), (X[:0], "there is no data. Received shape (0, 8, 8, 1)"),
    (5, "there is no data. Received shape ()"), ([[1, 2], [3]], "this is not an array. Expected rows of equal length"),
    ("image.png", "this is not an array of numbers ... <U9"), (None, "this is not an array of numbers ... object"),
    (X + 0j, "this is not an array of numbers ... complex64"),
    (np.where(np.arange(6)[:, None, None, None] == 2, np.nan, X), "x: 64 of 384 values are not finite ... nan at index "
     "(2, 0, 0, 0). Clean the data"),
    (np.where(X > 0, -np.inf, X), "x: 384 of 384 values are not finite ... -inf at index (0, 0, 0, 0)"),
])
def test_images(compiled, refuses, use, x, told):
    name, run = use
    refuses(lambda: run(compiled(), x), f"Sequential 'net'.{name}: ... {told}")


def test_numbers_too_large_for_float32(compiled, refuses, use):
    refuses(lambda: use[1](compiled(), np.full((6, 8, 8, 1), 1e300)),
            "'net': the data are too large for float32. Received 1e+300. Scale the data")


@pytest.mark.parametrize("lost", [X[0], X[..., 0]])
def test_a_lost_axis_of_the_first_data(refuses, lost):
    model = Sequential([Conv2D(2, 3, name="c"), Flatten(), Dense(3)])
    refuses(lambda: model.predict(lost, verbose=0),
            "Conv2D 'c': the input is not an image ... x[..., None] ... x[None]")


def test_first_data_that_do_not_fit_leave_the_model_unbuilt(refuses):
    model = Sequential([Conv2D(2, 3, name="c"), Conv2D(2, 7, name="big"), Flatten(), Dense(3)])
    refuses(lambda: model.predict(X, verbose=0), "Conv2D 'big' (input shape (6, 6, 2)): the kernel is larger")
    assert all(layer.built_shapes is None for layer in model.layers)
    assert model.predict(np.ones((2, 9, 9, 3)), verbose=0).shape == (2, 3)  # three channels now


# -- y -------------------------------------------------------------------------------------------

TARGET_USES = [
    ("fit", lambda model, y: model.fit(X, y, verbose=0)),
    ("fit validation_data", lambda model, y: model.fit(X, Y, verbose=0, validation_data=(X, y))),
    ("evaluate", lambda model, y: model.evaluate(X, y, verbose=0)),
    ("train_on_batch", lambda model, y: model.train_on_batch(X, y)),
]


@pytest.fixture(params=TARGET_USES, ids=lambda pair: pair[0])
def use_y(request):
    return request.param


@pytest.mark.parametrize(("y", "told"), [
    (Y[:4], "x and y are not of one length. Expected 6 targets, received shape (4,)"),
    (3, "x and y are not of one length. Expected 6 targets, received shape ()"),
    ("none", "y: this is not an array of numbers"), (list("abcdef"), "y: this is not an array of numbers"),
    ([[1], [1, 2]] * 3, "y: this is not an array. Expected rows of equal length"),
    (np.where(Y == 1, np.nan, Y), "y: 2 of 6 values are not finite ... nan at index (1,)"),
    (np.where(Y == 1, np.inf, Y), "y: 2 of 6 values are not finite ... inf at index (1,)"),
])
def test_targets(compiled, refuses, use_y, y, told):
    name, run = use_y
    refuses(lambda: run(compiled(), y), f"Sequential 'net'.{name}: {told}")


@pytest.mark.parametrize(("y", "told"), [
    (Y + 1, "a label is out of range. Expected class numbers from 0 to 2, received 3 at index 2"),
    (Y - 1, "a label is out of range. Expected class numbers from 0 to 2, received -1 at index 0"),
    ((Y + 1)[:, None], "a label is out of range ... received 3 at index 2"),
    (Y + 0.5, "labels must be whole numbers. Received 0.5"),
    (to_categorical(Y), "labels must be class numbers. Expected shape (N,), received (6, 3). "
     "One-hot rows go with 'categorical_crossentropy'"),
    (np.zeros((6, 2)), "labels must be class numbers. Expected shape (N,), received (6, 2)"),
])
def test_class_numbers(compiled, refuses, use_y, y, told):
    refuses(lambda: use_y[1](compiled(), y), f"loss 'sparse_categorical_crossentropy': {told}")


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "mse"])
def test_rows_where_class_numbers_came(compiled, refuses, loss):
    model = compiled(loss=loss)
    for y in (Y, Y[:, None]):
        refuses(lambda y=y: model.fit(X, y, verbose=0),
                f"{model.compiled.targets[0].loss.name}': targets do not fit the outputs. "
                f"Expected shape (N, 3), received {y.shape}. Class numbers become one-hot rows by ... to_categorical(")
    refuses(lambda: model.evaluate(X, np.ones((6, 4))), "Expected shape (N, 3), received (6, 4).")


@pytest.mark.parametrize("loss", ["penalty_mle", "penalty_map"])
@pytest.mark.parametrize(("y", "told"), [
    (Y + 1, "a label is out of range"), (np.ones((6, 3)), "a row of y is not one-hot. Expected one 1 and otherwise 0"),
    (to_categorical(Y) / 2, "a row of y is not one-hot"), (np.zeros((6, 4)), "labels must be class numbers"),
    (Y + 0.5, "labels must be whole numbers")])
def test_labels_of_penalties(penalties, refuses, loss, y, told):
    model = penalties()
    model.compile("sgd", loss)
    refuses(lambda: model.train_on_batch(X, y), f"loss '{loss}': {told}")


def test_a_column_of_targets(refuses):
    class Own(losses.Loss):
        name = "own"

        def values(self, y_true, y_pred):
            return np.square(y_pred - y_true).mean(axis=-1)  # of (N,) and (N, 1) this would make (N, N)

    model = Sequential([Input((8, 8, 1)), Flatten(), Dense(1)])
    model.compile("sgd", Own())
    refuses(lambda: model.fit(X, Y), "Expected shape (N, 1), received (6,). Pass y[:, None]")


@pytest.mark.parametrize("loss", ["mse", "mae", "huber", "hinge", "binary_crossentropy"])
def test_a_row_of_targets_is_taken_for_a_column(loss):
    y, figures = Y % 2, []
    for targets in (y, y[:, None]):
        model = Sequential([Input((8, 8, 1)), Flatten(), Dense(1, "sigmoid", kernel_initializer="ones")])
        model.compile("sgd", loss, metrics=["accuracy", "mae", "mse"])
        model.fit(X, targets, epochs=2, verbose=0)
        figures.append(model.history.history)
    assert figures[0] == figures[1]
    assert len(figures[0]) == 4


@pytest.mark.parametrize(("loss", "y", "told"), [
    ("binary_crossentropy", Y * 255, "Expected numbers from 0 to 1, received 255 at index (1,). Pictures of bytes"),
    ("binary_crossentropy", Y - 0.5, "a target is out of range. Expected numbers from 0 to 1, received -0.5 at index"),
    ("hinge", Y / 2, "a target is out of range. Expected 1 and -1, or 1 and 0, received 0.5 at index (1,)"),
    ("hinge", Y - 1, "there are targets -1 and targets 0. Expected 1 and -1, or 1 and 0"),
    ("huber", np.zeros((6, 2)), "targets do not fit the outputs. Expected shape (N, 1), received (6, 2)"),
    ("mae", np.zeros((6, 1, 1)), "targets do not fit the outputs. Expected shape (N, 1), received (6, 1, 1)")])
def test_targets_of_one_output(refuses, loss, y, told):
    model = Sequential([Input((8, 8, 1)), Flatten(), Dense(1)])
    model.compile("sgd", loss)
    refuses(lambda: model.fit(X, y), told)


@pytest.mark.parametrize(("loss", "y"), [
    ("sparse_categorical_crossentropy", Y), ("categorical_crossentropy", Y),
    ("categorical_crossentropy", to_categorical(Y)), ("penalty_mle", Y), ("mse", Y)])
def test_a_network_that_ends_in_images(refuses, loss, y):
    model = Sequential([Input((8, 8, 1)), Conv2D(3, 3, activation="softmax")])
    model.compile("sgd", loss, metrics=["accuracy"])
    refuses(lambda: model.fit(X, y), "(N, 6, 6, 3) ... The network ends in images: put a Flatten() and a Dense layer")


# -- the other arguments -------------------------------------------------------------------------


@pytest.mark.parametrize(("arguments", "told"), [
    ({"epochs": -1}, "epochs must be an integer. Expected at least 0, received -1"),
    ({"epochs": 1.5}, "epochs must be an integer"), ({"epochs": True}, "epochs must be an integer"),
    ({"batch_size": 0}, "batch_size must be an integer. Expected at least 1, received 0"),
    ({"batch_size": "32"}, "batch_size must be an integer"),
    ({"verbose": 3}, "unknown verbosity. Expected 'auto', 0, 1 or 2, received 3"),
    ({"verbose": "loud"}, "unknown verbosity"), ({"validation_split": 1}, "validation_split must be a number"),
    ({"validation_split": -0.5}, "validation_split must be a number. Expected at least 0 and below 1, received -0.5"),
    ({"validation_split": "half"}, "validation_split must be a number"),
    ({"validation_split": 0.99}, "validation_split leaves no data on one side. Received 0.99 of 6"),
    ({"validation_data": X}, "validation_data must be a pair. Expected (x, y), or batches that can be iterated again "
                             "and again, received ndarray"),
    ({"validation_data": (X,)}, "validation_data must be a pair"),
    ({"callbacks": History()}, "callbacks: they must be a list. Expected [...], received History"),
    ({"callbacks": [print]}, "callbacks: this is no callback ... received <built-in function print>"),
    ({"callbacks": [Callback]}, "callbacks: this is no callback ... received <class"),
])
def test_arguments_of_fit(compiled, refuses, arguments, told):
    refuses(lambda: compiled().fit(X, Y, **arguments), told)


@pytest.mark.parametrize("run", [lambda m, **a: m.predict(X, **a), lambda m, **a: m.evaluate(X, Y, **a)])
@pytest.mark.parametrize(("arguments", "told"), [
    ({"batch_size": 0}, "batch_size must be an integer"), ({"batch_size": 2.0}, "batch_size must be an integer"),
    ({"verbose": -1}, "unknown verbosity")])
def test_arguments_of_predict_and_evaluate(compiled, refuses, run, arguments, told):
    refuses(lambda: run(compiled(), **arguments), told)


def test_a_lambda_callback_of_no_function(refuses):
    refuses(lambda: LambdaCallback(on_epoch_end=3), "LambdaCallback: on_epoch_end must be a function. Received 3")


@pytest.mark.parametrize(("arguments", "told"), [
    (("sgd",), "'net'.compile: a loss is needed. For example loss='mse'"),
    (("sdg", "mse"), "optimizer 'sdg' ... Did you mean 'sgd'"), ((SGD, "mse"), "make an object of it: SGD("),
    (("sgd", "mes"), "loss 'mes' ... Did you mean 'mse'"),
    (("sgd", MeanSquaredError), "make an object of it: MeanSquaredError("),
    (("sgd", "mse", None, "accuracy"), "'net'.compile: metrics must be a list. Expected for example ['accuracy']"),
    (("sgd", "mse", None, ["acuracy"]), "metric 'acuracy' ... Did you mean 'accuracy'"),
    (("sgd", "mse", None, [["accuracy"]]), "metric ['accuracy']: no such name is known"),
])
def test_compile(make, refuses, arguments, told):
    refuses(lambda: make().compile(*arguments), told)


@pytest.mark.parametrize("run", ["fit", "evaluate", "train_on_batch"])
def test_not_compiled(make, refuses, run):
    refuses(lambda: getattr(make(), run)(X, Y),
            f"Sequential 'net'.{run}: the model is not compiled. Call model.compile(optimizer=..., loss=...) first")


@pytest.mark.parametrize(("dy", "told"), [
    (3, "class out of range. Expected 0 to 2, received 3"), (-1, "class out of range. Expected 0 to 2, received -1"),
    (True, "dy must be like the outputs, or a class number. Expected (6, 3), received ()"),
    (1.0, "dy must be like the outputs"), (np.ones((6, 4)), "Expected (6, 3), received (6, 4)"),
    (np.ones(3), "Expected (6, 3), received (3,)"), ("a", "not an array of numbers"),
    (np.full((6, 3), np.nan), "dy: 18 of 18 values are not finite")])
def test_signals_for_the_input_gradient(make, refuses, dy, told):
    refuses(lambda: make().input_gradient(X, dy), f"Sequential 'net'.input_gradient: ... {told}")


# -- a metric or loss of a user's own ------------------------------------------------------------


@pytest.mark.parametrize("wrong", [lambda y, s: 0.5, lambda y, s: None, lambda y, s: np.ones(3)])
def test_a_metric_gives_a_value_for_each_row(compiled, refuses, wrong):
    wrong.__name__ = "mine"
    refuses(lambda: compiled(metrics=[wrong]).evaluate(X, Y, verbose=0),
            "metric 'mine': it must give one value for each row. Expected shape (6,), received shape ")


class Total(MeanSquaredError):
    name = "total"

    def values(self, y_true, y_pred):
        return np.square(y_pred - y_true).mean()


def test_a_loss_gives_a_value_for_each_row(compiled, refuses):
    refuses(lambda: compiled(loss=Total()).train_on_batch(X, to_categorical(Y)),
            "loss 'total': it must give one value for each row. Expected shape (6,), received shape (). Take no mean")
