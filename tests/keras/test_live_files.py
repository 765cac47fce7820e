"""Models in files, and living ones, between minicnn and Keras."""

import keras_whole_models as whole
import numpy as np
import pytest

from minicnn import layers, optimizers, schedules
from minicnn.models import load_model

ENDINGS = ("keras", "h5")
# Keras on torch, in its predict.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning")


@pytest.fixture(autouse=True)
def _quiet(caplog, monkeypatch):
    """Keras says of each .h5 file that the format is an old one."""
    from absl import logging

    monkeypatch.setattr(logging, "warning", lambda *told: None)


def close(found, expected, tolerance=1e-5):
    assert len(found) == len(expected)
    for mine, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, other, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("name", whole.MODELS)
def test_a_model_of_ours_opens_in_keras_and_comes_back(keras, tmp_path, name, ending):
    model = whole.model(name)
    x, there, back = whole.inputs(model), tmp_path / f"there.{ending}", tmp_path / f"back.{ending}"
    expected = whole.outputs(model, x)
    model.save(there)
    theirs = keras.saving.load_model(there)
    close(whole.outputs(theirs, x), expected)
    theirs.save(back)
    for path in (there, back):
        again = load_model(path)
        close(whole.outputs(again, x), expected)
        kinds = [type(layer).__name__ for layer in model.layers]
        if name == "lacking":  # the Activation of a ReLU with arguments is a layer ReLU
            kinds[7] = "ReLU"
        assert [type(layer).__name__ for layer in again.layers] == kinds
        assert {key: value.shape for key, value in again.params.items()} == {
            key: value.shape for key, value in model.params.items()}


def test_lenet5_has_60000_trainable_parameters_in_keras(keras):
    theirs = whole.model("lenet5").to_keras()
    count = {layer.name: sum(int(np.prod(w.shape)) for w in layer.trainable_weights) for layer in theirs.layers}
    assert count == {"C1": 156, "S2": 12, "C3": 1_516, "S4": 32, "C5": 48_120, "flatten": 0, "F6": 10_164, "RBF": 0}
    assert sum(count.values()) == 60_000


SETTINGS = {
    "sgd": lambda: optimizers.SGD(0.01),
    "momentum": lambda: optimizers.SGD(0.01, momentum=0.9, nesterov=True),
    "rmsprop": lambda: optimizers.RMSprop(0.001, momentum=0.5, centered=True),
    "adam": lambda: optimizers.Adam(schedules.ExponentialDecay(0.002, 2, 0.8, staircase=True)),
    "amsgrad": lambda: optimizers.Adam(0.002, amsgrad=True, clipnorm=0.5),
    "adamw": lambda: optimizers.AdamW(schedules.CosineDecay(0.002, 5)),
    "adagrad": lambda: optimizers.Adagrad(schedules.PiecewiseConstantDecay([2, 4], [0.01, 0.005, 0.001])),
    "adadelta": lambda: optimizers.Adadelta(1.0),
}


def compiled(name, optimizer):
    model = whole.model(name)
    if len(model.outputs) > 1:
        model.compile(SETTINGS[optimizer](), ["categorical_crossentropy", "huber"], [0.7, 2.0],
                      [["accuracy"], ["mean_absolute_error"]])
    else:
        model.compile(SETTINGS[optimizer](), "mean_squared_error", metrics=["mean_absolute_error"])
    return model


def steps(model, seeds):
    for seed in seeds:
        model.train_on_batch(whole.inputs(model, seed), whole.targets(model, seed + 100))


# Each optimizer with one of the models, and each model but that of random numbers with one of the optimizers.
TRAINED = [("two_inputs_and_outputs", name) for name in SETTINGS] + [
    (name, "momentum") for name in whole.MODELS if name not in ("mnist_cnn", "two_inputs_and_outputs")]


@pytest.mark.parametrize(("name", "optimizer"), TRAINED)
def test_three_steps_here_and_three_there_are_six(keras, tmp_path, name, optimizer):
    path = tmp_path / "model.keras"
    ours, x = compiled(name, optimizer), whole.inputs(whole.model(name))
    steps(ours, range(3))
    ours.save(path)
    theirs, live = keras.saving.load_model(path), ours.to_keras()
    for other in (theirs, live):
        for seed in range(3, 6):
            other.train_on_batch(*_of_batch(ours, seed))
    steps(ours, range(3, 6))
    expected = whole.outputs(ours, x)
    scale = max(1.0, *(float(np.abs(y).max()) for y in expected))
    for other in (theirs, live):
        close([y / scale for y in whole.outputs(other, x)], [y / scale for y in expected], 2e-5)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(("name", "optimizer"), TRAINED)
def test_three_steps_there_and_three_here_are_six(keras, tmp_path, name, optimizer, ending):
    path = tmp_path / f"model.{ending}"
    start, x = compiled(name, optimizer), whole.inputs(whole.model(name))
    theirs = start.to_keras()
    for seed in range(3):
        theirs.train_on_batch(*_of_batch(start, seed))
    theirs.save(path)
    ours = load_model(path)
    assert ours.optimizer.iterations == 3
    steps(ours, range(3, 6))
    if ending == "h5":  # Keras cannot go on from this file, nor with a model that it has written to one
        theirs = start.to_keras()
        for seed in range(3):
            theirs.train_on_batch(*_of_batch(start, seed))
    for seed in range(3, 6):
        theirs.train_on_batch(*_of_batch(start, seed))
    expected = whole.outputs(theirs, x)
    scale = max(1.0, *(float(np.abs(y).max()) for y in expected))
    close([y / scale for y in whole.outputs(ours, x)], [y / scale for y in expected], 2e-5)


def _of_batch(model, seed):
    return whole.inputs(model, seed), whole.targets(model, seed + 100)


def test_settings_and_figures_are_the_same_there(keras, tmp_path):
    ours = compiled("two_inputs_and_outputs", "adam")
    x, y = _of_batch(ours, 0)
    theirs = ours.to_keras()
    mine, other = ours.evaluate(x, y, verbose=0, return_dict=True), theirs.evaluate(x, y, verbose=0, return_dict=True)
    assert mine.keys() == other.keys()
    for name, value in mine.items():
        assert value == pytest.approx(other[name], rel=1e-5, abs=1e-6), name
    theirs.save(tmp_path / "model.keras")
    back = load_model(tmp_path / "model.keras")
    assert back.evaluate(x, y, verbose=0, return_dict=True) == pytest.approx(mine, rel=1e-6)
    assert back.optimizer.get_config() == ours.optimizer.get_config() | {
        "learning_rate": back.optimizer.get_config()["learning_rate"]}


LAYERS = {
    "conv": (lambda k: k.Conv2D(4, (3, 2), (2, 1), "same", groups=2, use_bias=False, activation="gelu"), (6, 5, 2)),
    "dilated": (lambda k: k.Conv2D(2, 2, dilation_rate=(2, 1), kernel_initializer="he_uniform"), (6, 5, 2)),
    "swish": (lambda k: k.Conv2D(2, 1, activation="swish"), (3, 3, 1)),
    "function": (lambda k: k.Dense(3, activation=k.ReLU(max_value=1.5, negative_slope=0.1)), (4,)),
    "relu6": (lambda k: k.Dense(3, "relu6", bias_initializer="ones"), (4,)),
    "depthwise": (lambda k: k.DepthwiseConv2D((2, 3), 2, "same", 2, depthwise_regularizer="l1"), (6, 5, 2)),
    "transposed": (lambda k: k.Conv2DTranspose(3, 3, 2, "same", output_padding=(1, 0)), (3, 4, 2)),
    "max": (lambda k: k.MaxPooling2D((3, 2), (2, 1), "same"), (6, 5, 2)),
    "average": (lambda k: k.AveragePooling2D(2, 1), (6, 5, 2)),
    "global max": (lambda k: k.GlobalMaxPooling2D(keepdims=True), (4, 3, 2)),
    "global average": (lambda k: k.GlobalAveragePooling2D(), (4, 3, 2)),
    "dense": (lambda k: k.Dense(3, "softplus", use_bias=False), (4,)),
    "normal": (lambda k: k.BatchNormalization(momentum=0.5, epsilon=0.1, center=False), (4, 3, 2)),
    "vectors": (lambda k: k.BatchNormalization(axis=1, scale=False), (4,)),
    "padded": (lambda k: k.ZeroPadding2D(((1, 0), (2, 3))), (4, 3, 2)),
    "cropped": (lambda k: k.Cropping2D(((1, 0), (0, 2))), (4, 3, 2)),
    "reshape": (lambda k: k.Reshape((2, -1)), (4, 3)),
    "dropout": (lambda k: k.Dropout(0.3, noise_shape=(None, 1, 1, None), seed=4), (4, 3, 2)),
    "rescaled": (lambda k: k.Rescaling([0.5, 2.0], -1), (4, 3, 2)),
    "array": (lambda k: k.Rescaling(np.array([0.5, 2.0]), 1), (4, 3, 2)),
    "selu": (lambda k: k.Activation("selu"), (4,)),
    "leaky": (lambda k: k.LeakyReLU(0.4), (4,)),
    "elu": (lambda k: k.ELU(0.7), (4,)),
    "softmax": (lambda k: k.Softmax(axis=1), (4, 3)),
}


@pytest.mark.parametrize(("name", "ending"), [
    # Keras itself does not write an array into the older format.
    (name, ending) for name in LAYERS for ending in ENDINGS if (name, ending) != ("array", "h5")])
def test_a_layer_of_keras_is_read_and_written_again(keras, tmp_path, name, ending):
    make, shape = LAYERS[name]
    theirs = keras.Sequential([keras.Input(shape), make(keras.layers)])
    rng = np.random.default_rng(3)
    theirs.set_weights([rng.random(w.shape) for w in theirs.get_weights()])
    x = rng.standard_normal((5, *shape)).astype(np.float32)
    theirs.save(tmp_path / f"theirs.{ending}")
    ours = load_model(tmp_path / f"theirs.{ending}")
    expected = whole.outputs(theirs, x)
    close(whole.outputs(ours, x), expected)
    ours.save(tmp_path / f"ours.{ending}")
    close(whole.outputs(keras.saving.load_model(tmp_path / f"ours.{ending}"), x), expected)


def test_every_layer_of_the_table_is_tried_here(keras):
    from minicnn.models.keras.table import LAYERS as TABLE

    tried = {type(make(keras.layers)).__name__ for make, _ in LAYERS.values()}
    tried |= {type(layer).__name__ for name in whole.MODELS for layer in whole.model(name).layers}
    assert TABLE.keys() - tried == {"Average", "Multiply"}  # below
    assert all(row.ours is getattr(layers, name) for name, row in TABLE.items())


@pytest.mark.parametrize("kind", ["Average", "Multiply"])
def test_layers_of_several_inputs(keras, tmp_path, kind):
    starts = [keras.Input((3, 2), name=name) for name in ("a", "b")]
    theirs = keras.Model(starts, getattr(keras.layers, kind)()(starts))
    theirs.save(tmp_path / "model.keras")
    x = [np.random.default_rng(seed).random((4, 3, 2)) for seed in (0, 1)]
    close(whole.outputs(load_model(tmp_path / "model.keras"), x), whole.outputs(theirs, x))


def test_sums_and_products_of_symbols_are_understood(keras, tmp_path):
    x = keras.Input((3,))
    y = keras.layers.Dense(3)(x)
    theirs = keras.Model(x, (x + y) * y)
    theirs.save(tmp_path / "model.keras")
    data = np.random.default_rng(0).random((4, 3))
    close(whole.outputs(load_model(tmp_path / "model.keras"), data), whole.outputs(theirs, data))
