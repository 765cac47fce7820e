"""A run that is saved and goes on, or is stopped and resumed, ends with the bits of one that nothing stopped."""

import numpy as np
import pytest

import minicnn
from minicnn import layers, load_model, optimizers
from minicnn.callbacks import BackupAndRestore, Callback
from minicnn.datasets import digits
from minicnn.optimizers import SDLM, SGD, Adadelta, Adagrad, Adam, AdamW, RMSprop
from minicnn.optimizers.schedules import CosineDecay, ExponentialDecay

OPTIMIZERS = {
    "sgd": lambda: SGD(0.05, 0.9, True, weight_decay=0.01),
    "rmsprop": lambda: RMSprop(0.002, clipnorm=1.0),
    "rmsprop momentum centered": lambda: RMSprop(0.002, momentum=0.5, centered=True),
    "adagrad": lambda: Adagrad(ExponentialDecay(0.05, 4, 0.7)),
    "adadelta": lambda: Adadelta(0.5, weight_decay=0.01),
    "adam": lambda: Adam(CosineDecay(0.0, 12, warmup_target=0.01, warmup_steps=4)),
    "adam amsgrad": lambda: Adam(0.005, amsgrad=True, global_clipnorm=0.5),
    "adamw": lambda: AdamW(0.005, clipvalue=0.1),
    "sdlm": lambda: SDLM(ExponentialDecay(0.02, 4, 0.8), patterns=15, refresh=(10, 25))}

(X, Y), _ = digits.load_data()
X, Y = X[::40, ::2, ::2, None][:40] / np.float32(255), Y[::40][:40]


def network(name):
    """LeNet's kind of network, in small, for digits of 14x14."""
    minicnn.set_random_seed(3)
    model = minicnn.Sequential([
        layers.Conv2D(4, 3, activation="relu", input_shape=(14, 14, 1), name="conv1"), layers.MaxPooling2D(2),
        layers.Conv2D(6, 3, activation="relu", name="conv2"), layers.MaxPooling2D(2), layers.Flatten(),
        layers.Dropout(0.2), layers.Dense(12, "relu", name="dense"), layers.Dense(10, "softmax", name="out")])
    model.compile(OPTIMIZERS[name](), "sparse_categorical_crossentropy")
    return model


def train(model, epochs, *others):
    return model.fit(X, Y, batch_size=10, epochs=epochs, verbose=0, callbacks=others).history


def bits(model):
    """All that must be the same."""
    slots = {f"{slot}/{key}": array.tobytes() for slot, kept in model.optimizer.slots.items()
             for key, array in kept.items()}
    return [w.tobytes() for w in model.get_weights()], slots, model.optimizer.iterations


def test_all_optimizers_are_tried():
    assert {name.split()[0] for name in OPTIMIZERS} == set(optimizers._BY_NAME)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_saved_and_loaded_it_goes_on_with_the_same_bits(name, dtype, tmp_path):
    model = network(name).astype(dtype)
    first = train(model, 2)["loss"]
    model.save(tmp_path / "model.npz")
    twin = load_model(tmp_path / "model.npz")
    assert bits(twin) == bits(model)
    assert set(twin.optimizer.slots) == set(twin.optimizer.slot_names) != set()
    assert {array.dtype for kept in twin.optimizer.slots.values() for array in kept.values()} == {np.dtype(dtype)}
    assert twin.optimizer.get_config() == model.optimizer.get_config()
    twin.rng.bit_generator.state = model.rng.bit_generator.state  # the order of the images, and what drops out
    assert train(twin, 2) == train(model, 2)
    assert bits(twin) == bits(model)
    assert model.evaluate(X, Y, verbose=0) < first[0]  # it does learn


def test_slots_and_the_number_of_updates_matter(tmp_path):
    """That the test above can fail."""
    model = network("adam amsgrad")
    train(model, 2)
    model.save(tmp_path / "model.npz")
    ends = []
    for forget in (None, "momentum", "velocity", "velocity_hat", "iterations"):
        twin = load_model(tmp_path / "model.npz")
        twin.rng.bit_generator.state = model.rng.bit_generator.state
        if forget == "iterations":
            twin.optimizer.iterations = 0
        else:
            twin.optimizer.slots.pop(forget, None)
        train(twin, 1)
        ends.append(bits(twin)[0])
    assert all(end != ends[0] for end in ends[1:])


class StopAt(Callback):
    """Ctrl-C after a batch of an epoch."""

    def __init__(self, epoch, batch):
        self.at, self.epoch = (epoch, batch), 0

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch) == self.at:
            raise KeyboardInterrupt("stop")


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_stopped_and_resumed_from_a_backup_it_ends_with_the_same_bits(name, tmp_path, monkeypatch):
    monkeypatch.setattr("os.fsync", lambda file: None)  # no power fails
    straight = network(name)
    history = train(straight, 3)
    for epoch, batch in ((0, 1), (1, 0), (2, 2)):
        with pytest.raises(KeyboardInterrupt, match="stop"):
            train(network(name), 3, BackupAndRestore(tmp_path, 1), StopAt(epoch, batch))
    resumed = network(name)
    assert train(resumed, 3, BackupAndRestore(tmp_path, 1)) == history
    assert bits(resumed) == bits(straight)
