"""What is saved comes back to the bit: weights, configuration, the way it was compiled, the optimizer's memory."""

import os

import numpy as np
import pytest

from minicnn import Input, Sequential, load_model
from minicnn.activations import scaled_tanh
from minicnn.applications import LeNet5, LeNet5Modern
from minicnn.initializers import FanInUniform
from minicnn.layers import (
    ELU,
    RBF,
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Conv2DTranspose,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    LeakyReLU,
    LocalResponseNormalization,
    MaxPooling2D,
    ReLU,
    Rescaling,
    Reshape,
    Softmax,
    Subsampling2D,
    TableConv2D,
    ZeroPadding2D,
)
from minicnn.losses import CategoricalCrossentropy, PenaltyMAP
from minicnn.optimizers import SGD
from minicnn.schedules import PiecewiseConstantDecay


def everything():
    """A network that has every kind of layer and of argument."""
    return Sequential([
        Input((12, 12, 2)),
        Rescaling([0.5, 2], 1),
        Conv2D(4, (3, 2), (1, 2), "same", dilation_rate=(2, 1), groups=2, activation="relu", name="conv"),
        Conv2D(4, 3, padding=((1, 0), (2, 1)), use_bias=False, kernel_initializer=FanInUniform(2.0, 0.5, seed=3)),
        TableConv2D(np.eye(4, 5) + np.eye(4, 5, 1) > 0, 3, padding=1, activation=scaled_tanh, name="table"),
        AveragePooling2D(2, strides=1, padding="same"),
        Subsampling2D(2, activation="tanh", trainable=False),
        MaxPooling2D((1, 2), padding="same"),
        ReLU(6, 0.1, 0.2),
        LeakyReLU(),
        ELU(0.5),
        Reshape((-1, 2)),
        Softmax(axis=1),
        Flatten(),
        Dropout(0.25, (None, 1)),
        Dense(6, use_bias=False, bias_initializer="ones", name="with spaces, ünï and #2"),
        Activation("sigmoid"),
        RBF(np.linspace(-1, 1, 24).reshape(4, 6)),
    ], name="everything")


def normalized():
    """A network that has the layers of depthwise and transposed convolution, padding and normalization."""
    return Sequential([
        Input((6, 5, 2)),
        ZeroPadding2D(((1, 0), (2, 1))),
        DepthwiseConv2D((3, 2), 2, "same", 2, depthwise_initializer="he_normal", depthwise_regularizer="l2"),
        BatchNormalization(3, 0.9, 0.01, beta_initializer="uniform", moving_mean_initializer="normal",
                           gamma_regularizer="l1"),
        Conv2DTranspose(3, 2, (2, 3), "same", (1, 2), activation="relu"),
        BatchNormalization(center=False, trainable=False),
        LocalResponseNormalization(3, 1.0, 0.1, 0.5, average=True),
    ], name="normalized")


def same(one, other, x):
    assert [type(layer) for layer in one.layers] == [type(layer) for layer in other.layers]
    assert one.get_config() == other.get_config()
    assert one.params.keys() == other.params.keys()
    for name, value in one.params.items():
        assert value.dtype == other.params[name].dtype
        assert value.tobytes() == other.params[name].tobytes(), name
    np.testing.assert_array_equal(one.predict(x, verbose=0), other.predict(x, verbose=0))


@pytest.mark.parametrize(("make", "shape"), [
    (everything, (12, 12, 2)), (normalized, (6, 5, 2)), (LeNet5, (32, 32, 1)), (LeNet5Modern, (28, 28, 1))])
def test_models_come_back(make, shape, rng, tmp_path):
    model = make()
    model.save(tmp_path / "model.npz")
    same(model, load_model(tmp_path / "model.npz"), rng.random((3, *shape)))


@pytest.mark.parametrize("inputs", ["float32", "float64"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_types_come_back(inputs, dtype, rng, tmp_path):
    model = Sequential([Input((5,), dtype=inputs), Dense(3, dtype=dtype)])
    model.save(tmp_path / "model.npz")
    twin = load_model(tmp_path / "model.npz")
    same(model, twin, rng.random((2, 5)))
    assert twin.predict(np.ones((2, 5)), verbose=0).dtype == inputs


def test_a_copy_in_another_type_comes_back(model, data, tmp_path):
    twin = model.astype("float64")
    twin.fit(*data, verbose=0)
    twin.save(tmp_path / "twin.npz")
    loaded = load_model(tmp_path / "twin.npz")
    same(twin, loaded, data[0])
    assert loaded.compiled.optimizer.slots["momentum"]["dense/kernel"].dtype == np.float64


def test_special_numbers_come_back(model, file):
    odd = np.array([np.nan, -0.0, np.inf], np.float32)
    model.get_layer("dense").params["bias"][:] = odd
    model.save(file)
    assert load_model(file).get_layer("dense").get_weights()[1].tobytes() == odd.tobytes()


def test_the_compile_settings_come_back(model, file):
    compiled, loaded = model.compiled, load_model(file).compiled
    assert (type(loaded.optimizer), type(loaded.targets[0].loss)) == (
        type(compiled.optimizer), type(compiled.targets[0].loss))
    assert loaded.optimizer.get_config() == compiled.optimizer.get_config()
    assert loaded.optimizer.iterations == compiled.optimizer.iterations == 2
    assert loaded.targets[0].metrics == compiled.targets[0].metrics
    slots = compiled.optimizer.slots["momentum"]
    assert list(slots) == ["conv/kernel", "conv/bias", "dense/kernel", "dense/bias"]
    for key, value in slots.items():
        assert value.any()
        assert loaded.optimizer.slots["momentum"][key].tobytes() == value.tobytes()


@pytest.mark.parametrize(("optimizer", "loss"), [
    (SGD(PiecewiseConstantDecay([1, 3], [0.1, 0.01, 0.001]), momentum=0.5, nesterov=True), PenaltyMAP(j=5)),
    (SGD(0.0), CategoricalCrossentropy(from_logits=True)), ("sgd", "mse")])
def test_arguments_of_optimizers_and_losses_come_back(optimizer, loss, tmp_path):
    model = Sequential([Input((4,)), Dense(3)])
    model.compile(optimizer, loss)
    model.save(tmp_path / "model.npz")
    loaded = load_model(tmp_path / "model.npz").compiled
    assert loaded.optimizer.get_config() == model.compiled.optimizer.get_config()
    assert loaded.targets[0].loss.get_config() == model.compiled.targets[0].loss.get_config()
    assert [loaded.optimizer.rate() for _ in range(3)] == [model.compiled.optimizer.rate() for _ in range(3)]


def test_training_goes_on_as_if_it_had_not_stopped(model, file, data):
    twin = load_model(file)
    histories = [each.fit(*data, batch_size=5, epochs=3, shuffle=False, verbose=0).history for each in (model, twin)]
    assert histories[0] == histories[1]
    assert all(a.tobytes() == b.tobytes() for a, b in zip(model.get_weights(), twin.get_weights(), strict=True))
    assert model.compiled.optimizer.iterations == twin.compiled.optimizer.iterations == 11


def test_without_momentum_it_would_not(model, file, data):
    """That the test above can fail."""
    twin = load_model(file)
    twin.compiled.optimizer.slots.clear()
    for each in (model, twin):
        each.fit(*data, batch_size=5, shuffle=False, verbose=0)
    assert model.get_weights()[0].tobytes() != twin.get_weights()[0].tobytes()


def test_a_model_that_is_not_compiled(tmp_path, data):
    model = Sequential([Input((6, 6, 1)), Flatten(), Dense(3)])
    model.save(tmp_path / "model.npz")
    assert load_model(tmp_path / "model.npz").compiled is None


def test_metrics_of_ones_own_are_left_out(model, file):
    def mine(y_true, scores):
        return np.zeros(len(y_true))

    model.compile("sgd", "mse", metrics=["acc", mine])
    model.save(file)
    assert list(load_model(file).compiled.targets[0].metrics) == ["acc"]


def test_slots_of_another_model_are_left_out(model, data, tmp_path):
    other = Sequential([Input((6, 6, 1)), Flatten(), Dense(3, "softmax", name="other")])
    other.compile(model.compiled.optimizer, "sparse_categorical_crossentropy")
    other.fit(*data, verbose=0)
    other.save(tmp_path / "other.npz")
    loaded = load_model(tmp_path / "other.npz")
    assert list(loaded.compiled.optimizer.slots["momentum"]) == ["other/kernel", "other/bias"]


def test_the_same_contents_give_the_same_bytes(model, file, tmp_path):
    first = file.read_bytes()
    model.save(tmp_path / "again.npz")
    load_model(file).save(tmp_path / "copy.npz")
    assert first == (tmp_path / "again.npz").read_bytes() == (tmp_path / "copy.npz").read_bytes()
    model.get_layer("conv").params["bias"][0] += 1
    model.save(file)
    assert file.read_bytes() != first


def test_loading_changes_nothing(file):
    before = file.read_bytes()
    load_model(file)
    assert (file.read_bytes(), os.listdir(file.parent)) == (before, [file.name])


def test_names_of_files(model, file, monkeypatch):
    """A string, a path, a name without a folder."""
    assert load_model(str(file)).name == load_model(file).name == "net"
    monkeypatch.chdir(file.parent)
    model.save("plain.npz")
    assert load_model("plain.npz").name == "net"


def test_other_programs_can_read_the_arrays(model, file):
    with np.load(file) as stored:
        assert sorted(stored.files) == sorted(["minicnn.json"] + [
            f"{room}/{name}" for room in ("weights", "optimizer/momentum") for name in model.params])
        np.testing.assert_array_equal(stored["weights/conv/kernel"], model.get_weights()[0])


def test_the_file_may_be_read_by_whom_the_umask_allows(model, tmp_path):
    before = os.umask(0o027)
    try:
        model.save(tmp_path / "model.npz")
    finally:
        os.umask(before)
    assert (tmp_path / "model.npz").stat().st_mode & 0o777 == 0o640
