"""The hooks: their order and arguments are Keras's."""

import re

import numpy as np
import pytest

from minicnn import Input, MinicnnError, Sequential
from minicnn.callbacks import Callback, CallbackList, History, LambdaCallback
from minicnn.layers import Dense

X, Y = np.linspace(0, 1, 30).reshape(10, 3).astype(np.float32), np.ones((10, 2), np.float32)

# What a callback hears of fit(epochs=2, batch_size=6) with validation data: as Keras 3.15.1 calls it, but for its hooks
# around validation, which minicnn has not.
EPOCH = ["on_train_batch_begin 0 []", "on_train_batch_end 0 ['loss']", "on_train_batch_begin 1 []",
         "on_train_batch_end 1 ['loss']"]
HEARD = ["set_model", "set_params {'verbose': 0, 'epochs': 2, 'steps': 2}", "on_train_begin []",
         "on_epoch_begin 0 []", *EPOCH, "on_epoch_end 0 ['loss', 'val_loss']",
         "on_epoch_begin 1 []", *EPOCH, "on_epoch_end 1 ['loss', 'val_loss']",
         "on_train_end ['loss', 'val_loss']"]


def listener(base, heard):
    """A callback of minicnn or of Keras that writes down what it hears."""
    class Listener(base):
        def set_model(self, model):
            heard.append("set_model")
            super().set_model(model)

        def set_params(self, params):
            heard.append(f"set_params {params}")
            super().set_params(params)

    def hook(name):
        def hear(self, *arguments, logs=None):
            *place, logs = arguments if logs is None else (*arguments, logs)
            heard.append(" ".join([name, *map(str, place), str(sorted(logs))]))
        return hear

    for name in ("train_begin", "train_end", "epoch_begin", "epoch_end", "train_batch_begin", "train_batch_end"):
        setattr(Listener, f"on_{name}", hook(f"on_{name}"))
    return Listener()


def small():
    model = Sequential([Input((3,)), Dense(2)])
    model.compile("sgd", "mse")
    return model


def fit(model, *callbacks, **arguments):
    return model.fit(X, Y, epochs=2, batch_size=6, verbose=0, callbacks=list(callbacks), **arguments)


def test_the_order_of_the_hooks():
    heard = []
    fit(small(), listener(Callback, heard), validation_data=(X, Y))
    assert heard == HEARD


def test_keras_calls_the_same(keras):
    heard = []
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile("sgd", "mse")
    fit(model, listener(keras.callbacks.Callback, heard), validation_data=(X, Y))
    assert heard == HEARD


def test_callbacks_are_called_in_order_and_before_history():
    calls, model = [], small()

    def say(name):
        return LambdaCallback(on_epoch_end=lambda epoch, logs: calls.append((name, epoch, list(model.history.epoch))))

    fit(model, say("first"), say("second"))
    assert calls == [("first", 0, []), ("second", 0, []), ("first", 1, [0]), ("second", 1, [0])]


def test_what_a_callback_adds_to_the_logs_reaches_history():
    history = fit(small(), LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(extra=epoch * 10.0)))
    assert history.history["extra"] == [0.0, 10.0]


def test_batch_logs_are_running_means():
    seen, model = [], small()
    first = model.evaluate(X[:6], Y[:6], verbose=0)
    listening = LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(logs["loss"]))
    history = fit(model, listening, shuffle=False)
    assert seen[0] == pytest.approx(first, rel=1e-6)
    assert history.history["loss"] == [seen[1], seen[3]]


def test_a_callback_knows_its_model_and_the_parameters():
    callback, model = Callback(), small()
    fit(model, callback)
    assert callback.model is model
    assert callback.params == {"verbose": 0, "epochs": 2, "steps": 2}
    assert Callback().params == {}  # one of its own, not that of the class


def test_callbacks_may_change_weights():
    model = small()
    fit(model, LambdaCallback(on_train_end=lambda logs: model.set_weights([np.zeros((3, 2)), np.zeros(2)])))
    assert not model.predict(X, verbose=0).any()


def test_the_base_class_does_nothing():
    callback = Callback()
    for name in ("on_train_begin", "on_train_end"):
        assert getattr(callback, name)() is None
    for name in ("on_epoch_begin", "on_epoch_end", "on_train_batch_begin", "on_train_batch_end"):
        assert getattr(callback, name)(0) is None


def test_lambda_callbacks():
    heard = []
    names = ["on_train_begin", "on_epoch_begin", "on_train_batch_begin", "on_train_batch_end", "on_epoch_end",
             "on_train_end"]
    fit(small(), LambdaCallback(**{name: lambda *rest, name=name: heard.append((name, len(rest))) for name in names}))
    once = [("on_epoch_begin", 2), *[("on_train_batch_begin", 2), ("on_train_batch_end", 2)] * 2, ("on_epoch_end", 2)]
    assert heard == [("on_train_begin", 1), *once, *once, ("on_train_end", 1)]


@pytest.mark.parametrize("wrong", [3, "print", [print]])
def test_a_lambda_callback_is_made_of_functions(wrong):
    with pytest.raises(MinicnnError, match=r"LambdaCallback: on_train_end must be a function. Received"):
        LambdaCallback(on_train_end=wrong)


def test_history_keeps_what_it_hears():
    history = History()
    history.on_epoch_end(0, {"loss": 2.0})
    history.on_epoch_end(1, {"loss": 1.0, "val_loss": 3.0})
    history.on_epoch_end(2)
    assert (history.epoch, history.history) == ([0, 1, 2], {"loss": [2.0, 1.0], "val_loss": [3.0]})


@pytest.mark.parametrize(("wrong", "told"), [
    (History(), "callbacks: they must be a list. Expected [...], received History"),
    ([History()] * 2 + [print], "callbacks: this is no callback"), ([History], "callbacks: this is no callback")])
def test_what_is_no_list_of_callbacks(wrong, told):
    with pytest.raises(MinicnnError, match=re.escape(told)):
        CallbackList(wrong, None, {})
