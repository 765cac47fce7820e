"""fit: what is trained on, in which order, and what History holds."""

import numpy as np
import pytest

from minicnn import Input, Sequential
from minicnn.callbacks import History, LambdaCallback
from minicnn.feeding import IterableFeed
from minicnn.layers import Dense
from minicnn.losses import CategoricalCrossentropy
from minicnn.optimizers import SGD
from minicnn.utils import to_categorical


class Seen:
    """A metric that writes down which labels came in which batch."""

    def __init__(self):
        self.batches = []
        self.__name__ = "seen"

    def __call__(self, y_true, scores):
        self.batches.append(y_true.reshape(-1).tolist())
        return np.zeros(len(y_true))


def rows(batches):
    return [row for batch in batches for row in batch]


@pytest.fixture
def numbered():
    """A network whose targets tell which row they belong to, and 10 such rows."""

    def make():
        model = Sequential([Input((2,)), Dense(1, kernel_initializer="zeros")])
        seen = Seen()
        model.compile(SGD(0.0), "mse", metrics=[seen])
        return model, seen

    return make, np.zeros((10, 2)), np.arange(10.0)[:, None]


@pytest.mark.parametrize(("size", "lengths"), [(None, [10]), (4, [4, 4, 2]), (10, [10]), (1, [1] * 10), (99, [10])])
def test_batches_in_order(numbered, size, lengths):
    make, x, y = numbered
    model, seen = make()
    history = model.fit(x, y, batch_size=size, shuffle=False, verbose=0)
    assert [len(batch) for batch in seen.batches] == lengths
    assert rows(seen.batches) == list(range(10))
    assert history.params["steps"] == len(lengths)


def test_shuffling_takes_every_row_once_in_a_new_order(numbered):
    make, x, y = numbered
    model, seen = make()
    model.fit(x, y, batch_size=4, epochs=3, verbose=0)
    epochs = [rows(seen.batches[i:i + 3]) for i in (0, 3, 6)]
    assert all(sorted(order) == list(range(10)) for order in epochs)
    assert len({tuple(order) for order in (*epochs, range(10))}) == 4


def test_shuffling_keeps_x_and_y_together(rng):
    x = rng.random((40, 3))
    y = x @ [[1.0], [2.0], [3.0]] + 4  # a line: fits to the last digit, unless rows are mixed up
    model = Sequential([Input((3,), dtype="float64"), Dense(1, dtype="float64")])
    model.compile(SGD(0.5), "mse")
    history = model.fit(x, y, epochs=300, batch_size=7, verbose=0)
    assert history.history["loss"][-1] < 1e-12


def test_the_last_rows_are_split_off(numbered):
    make, x, y = numbered
    model, seen = make()
    history = model.fit(x, y, validation_split=0.3, batch_size=5, verbose=0)
    assert sorted(rows(seen.batches[:2])) == [0, 1, 2, 3, 4, 5, 6]
    assert rows(seen.batches[2:]) == [7, 8, 9]
    assert history.params["steps"] == 2
    assert history.history["val_loss"] == [pytest.approx((49 + 64 + 81) / 3)]


def test_data_to_validate_on_win_over_a_split(numbered):
    make, x, y = numbered
    model, seen = make()
    model.fit(x, y, validation_split=0.3, validation_data=(x[:2], y[:2]), shuffle=False, verbose=0)
    assert seen.batches == [list(range(10)), [0, 1]]


def test_history(compiled, data):
    x, y = data
    model = compiled()
    history = model.fit(x, y, epochs=3, batch_size=8, verbose=0)
    assert isinstance(history, History)
    assert history is model.history
    assert history.epoch == [0, 1, 2]
    assert list(history.history) == ["accuracy", "loss"]
    assert all(len(values) == 3 and {type(v) for v in values} == {float} for values in history.history.values())
    assert history.params == {"verbose": 0, "epochs": 3, "steps": 3}
    again = model.fit(x, y, verbose=0, validation_data=(x, y))
    assert again is not history
    assert list(again.history) == ["accuracy", "loss", "val_accuracy", "val_loss"]


def test_validation_is_evaluated_after_the_epoch(compiled, data):
    x, y = data
    model = compiled()
    history = model.fit(x, y, epochs=2, verbose=0, validation_data=(x[:7], y[:7]), batch_size=3).history
    loss, accuracy = model.evaluate(x[:7], y[:7], batch_size=3, verbose=0)
    assert (history["val_loss"][-1], history["val_accuracy"][-1]) == (loss, accuracy)


def test_fit_is_a_row_of_train_on_batch(compiled, data):
    x, y = data
    model, other = compiled(), compiled()
    other.set_weights(model.get_weights())
    history = model.fit(x, y, epochs=2, batch_size=8, shuffle=False, verbose=0).history
    for epoch in range(2):
        figures = [(len(x[i:i + 8]), *other.train_on_batch(x[i:i + 8], y[i:i + 8])) for i in (0, 8, 16)]
        rows, losses, accuracies = np.array(figures).T
        assert history["loss"][epoch] == pytest.approx((rows * losses).sum() / 20, rel=1e-12)
        assert history["accuracy"][epoch] == pytest.approx((rows * accuracies).sum() / 20, rel=1e-12)
    assert all(map(np.array_equal, model.get_weights(), other.get_weights()))


def test_it_learns(compiled, data):
    x, y = data
    model = compiled(SGD(0.02, momentum=0.5))
    history = model.fit(x, y, epochs=80, batch_size=5, verbose=0).history
    assert history["loss"][-1] < 0.3 * history["loss"][0]
    assert history["accuracy"][-1] > 0.9


def test_penalties_learn(penalties, data):
    x, y = data
    model = penalties()
    model.compile(SGD(0.02), "penalty_map", metrics=["accuracy"])
    history = model.fit(x, y, epochs=80, batch_size=5, verbose=0).history
    assert history["loss"][-1] < 0.5 * history["loss"][0]
    assert history["accuracy"][-1] > 0.9


@pytest.mark.parametrize("labels", [
    lambda y: y.tolist(), lambda y: y.astype(np.uint8), lambda y: y.astype(float), lambda y: y[:, None]])
def test_labels_of_any_kind(compiled, data, labels):
    x, y = data
    model, other = compiled(), compiled()
    other.set_weights(model.get_weights())
    model.fit(x, y, shuffle=False, verbose=0)
    history = other.fit(x, labels(y), shuffle=False, verbose=0)
    assert all(map(np.array_equal, model.get_weights(), other.get_weights()))
    assert history.history == model.history.history


@pytest.mark.parametrize("loss", ["categorical_crossentropy", CategoricalCrossentropy()])
def test_one_hot_rows_are_class_numbers(compiled, data, loss):
    x, y = data
    model, other = compiled(), compiled(loss=loss)
    other.set_weights(model.get_weights())
    model.fit(x, y, shuffle=False, verbose=0)
    other.fit(x, to_categorical(y), shuffle=False, verbose=0)
    assert all(map(np.array_equal, model.get_weights(), other.get_weights()))


def test_integer_images_are_cast_and_not_scaled(compiled, rng):
    x, y = rng.integers(0, 256, (6, 8, 8, 1), dtype=np.uint8), np.arange(6) % 3
    model, other = compiled(SGD(1e-4)), compiled(SGD(1e-4))
    other.set_weights(model.get_weights())
    np.testing.assert_array_equal(model.predict(x, verbose=0), model.predict(x.astype(np.float32), verbose=0))
    model.fit(x, y, shuffle=False, verbose=0)
    other.fit(x.astype(np.float64), y, shuffle=False, verbose=0)
    assert all(map(np.array_equal, model.get_weights(), other.get_weights()))


def test_neither_x_nor_y_is_written_to(compiled, data):
    x, y = data
    x.flags.writeable = y.flags.writeable = False
    compiled().fit(x, y, epochs=2, verbose=0, validation_data=(x, y))


def test_non_contiguous_data(compiled, data):
    x, y = data
    model, other = compiled(), compiled()
    other.set_weights(model.get_weights())
    model.fit(x[::2], y[::2], shuffle=False, verbose=0)
    other.fit(x[::2].copy(), y[::2].copy(), shuffle=False, verbose=0)
    assert all(map(np.array_equal, model.get_weights(), other.get_weights()))


def test_no_epochs(compiled, data):
    model = compiled()
    before = model.get_weights()
    history = model.fit(*data, epochs=0, verbose=0)
    assert history.history == {}
    assert history.epoch == []
    assert all(map(np.array_equal, before, model.get_weights()))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", "mse"])
@pytest.mark.parametrize("target_type", ["float32", "float64", "int64"])
def test_gradients_have_the_type_of_the_network(compiled, data, monkeypatch, dtype, loss, target_type):
    types = set()
    move = SGD.move
    monkeypatch.setattr(SGD, "move", lambda self, key, parameter, gradient, rate: types.update(
        {str(parameter.dtype), str(gradient.dtype)}) or move(self, key, parameter, gradient, rate))
    y = (data[1] if loss.startswith("sparse") else to_categorical(data[1])).astype(target_type)
    compiled(SGD(0.1, momentum=0.5), loss, dtype=dtype).fit(data[0], y, verbose=0)
    assert types == {dtype}


def test_dropout_is_on_while_training_only(compiled, data):
    x, y = data
    model = compiled(SGD(0.0), dropout=0.5)
    losses = [model.train_on_batch(x, y)[0] for _ in range(3)]
    assert len(set(losses)) == 3
    assert model.evaluate(x, y, verbose=0) == model.evaluate(x, y, verbose=0)
    np.testing.assert_array_equal(model.predict(x, verbose=0), model.predict(x, verbose=0))


def test_fit_with_an_error_in_a_callback_leaves_a_usable_model(compiled, data):
    def stop(epoch, logs):
        raise KeyboardInterrupt("ctrl-c")

    model = compiled()
    with pytest.raises(KeyboardInterrupt, match="ctrl-c"):
        model.fit(*data, epochs=5, verbose=0, callbacks=[LambdaCallback(on_epoch_end=stop)])
    model.fit(*data, verbose=0)
    assert model.compiled.optimizer.iterations == 2


def test_batches_tell_a_model_the_shape_it_waits_for():
    model = Sequential([Dense(2, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    batches = [(np.ones((3, 4)), np.array([0, 1, 0]))] * 2
    history = model.fit(iter(batches), steps_per_epoch=2, verbose=0, validation_data=IterableFeed(batches))
    assert set(history.history) == {"loss", "val_loss"}
    assert model.get_weights()[0].shape == (4, 2)
    other = Sequential([Dense(2, "softmax")])
    other.compile("sgd", "sparse_categorical_crossentropy")
    assert other.evaluate(iter(batches), verbose=0) > 0
