"""trainable = False: of a layer, of a model, of a model in a model. Nothing moves, nothing is computed in vain."""

import numpy as np
import pytest

from minicnn import Input, Model, Sequential, kernels
from minicnn.layers import BatchNormalization, Conv2D, Dense, Flatten
from minicnn.models import load_model
from minicnn.optimizers import Adam, AdamW


def bits(model):
    return {name: value.tobytes() for name, value in model.params.items()}


def moved(model, x, y, steps=3):
    """The layers whose parameters are not the same bits after some steps."""
    before = bits(model)
    for _ in range(steps):
        model.train_on_batch(x, y)
    return {name.rpartition("/")[0] for name, value in bits(model).items() if value != before[name]}


def stack(**trainable):
    model = Sequential([
        Input((8, 8, 1)), Conv2D(2, 3, activation="relu", name="first"), Conv2D(2, 3, activation="relu", name="second"),
        Flatten(), Dense(4, "relu", name="third"), Dense(3, "softmax", name="end")])
    for name, value in trainable.items():
        model.get_layer(name).trainable = value
    model.compile(Adam(0.01), "sparse_categorical_crossentropy")
    return model


@pytest.mark.parametrize("frozen", [(), ("first",), ("second",), ("end",), ("first", "second"), ("third", "end")])
def test_frozen_layers_keep_their_bits_and_all_others_move(frozen, data):
    model = stack(**dict.fromkeys(frozen, False))
    assert moved(model, *data) == {"first", "second", "third", "end"} - set(frozen)


def test_a_layer_may_be_frozen_when_it_is_made():
    assert not Dense(2, trainable=False).trainable
    model = Sequential([Input((4,)), Dense(3, name="d", trainable=False), Dense(2, name="e")])
    model.compile("sgd", "mse")
    assert moved(model, np.ones((2, 4)), np.ones((2, 2))) == {"e"}


def test_a_frozen_layer_passes_the_gradient_on_as_ever(data):
    x, y = data
    free, frozen = stack(), stack(second=False)
    frozen.set_weights(free.get_weights())
    for model in (free, frozen):
        model.train_on_batch(x, y)
    np.testing.assert_array_equal(free.params["first/kernel"], frozen.params["first/kernel"])


def gradients_computed(model, data):
    with kernels.record() as calls:
        model.train_on_batch(*data)
    return sorted(kernel for _, kernel in calls if "gradient" in kernel and "conv2d" in kernel)


def test_gradients_nobody_needs_are_not_computed(data):
    everything = ["conv2d_input_gradient", "conv2d_kernel_gradient", "conv2d_kernel_gradient"]
    assert gradients_computed(stack(), data) == everything
    assert gradients_computed(stack(second=False), data) == ["conv2d_input_gradient", "conv2d_kernel_gradient"]
    assert gradients_computed(stack(first=False), data) == ["conv2d_kernel_gradient"]
    assert gradients_computed(stack(first=False, second=False), data) == []


def test_a_frozen_model_trains_nothing(data):
    model = stack()
    model.trainable = False
    assert not any(layer.trainable for layer in model.layers)
    assert moved(model, *data) == set()
    assert gradients_computed(model, data) == []
    model.trainable = True
    assert moved(model, *data) == {"first", "second", "third", "end"}


def test_a_frozen_model_trains_nothing_though_a_layer_in_it_is_trainable(data):
    # As in Keras: a model that is not trainable has no trainable weights.
    model = stack()
    model.trainable = False
    model.get_layer("end").trainable = True
    assert moved(model, *data) == set()
    before = bits(model)
    model.fit(*data, verbose=0)
    assert bits(model) == before


def test_a_sequential_made_frozen_freezes_what_is_in_it(data):
    model = Sequential([Input((8, 8, 1)), Flatten(), Dense(3, "softmax", name="d")], trainable=False)
    assert not model.get_layer("d").trainable
    model.compile("sgd", "sparse_categorical_crossentropy")
    assert moved(model, *data) == set()
    x = Input((3,))
    layer = Dense(2)
    assert not Model(x, layer(x), trainable=False).trainable
    assert not layer.trainable


def transfer():
    """A base, and a head to be trained on it."""
    base = Sequential([Input((8, 8, 1)), Conv2D(2, 3, name="conv"), BatchNormalization(name="norm"), Flatten()],
                      name="base")
    x = Input((8, 8, 1))
    model = Model(x, Dense(3, "softmax", name="head")(base(x)))
    model.compile(Adam(0.01), "sparse_categorical_crossentropy")
    return model, base


def test_a_frozen_base_keeps_its_bits_running_statistics_included(data):
    model, base = transfer()
    base.trainable = False
    assert moved(model, *data) == {"head"}
    assert gradients_computed(model, data) == []
    base.trainable = True
    assert moved(model, *data) == {"base/conv", "base/norm", "head"}


def test_one_layer_of_the_base_is_thawed(data):
    model, base = transfer()
    for layer in base.layers:
        layer.trainable = layer.name == "norm"
    assert moved(model, *data) == {"base/norm", "head"}


def test_a_layer_that_is_thawed_in_a_frozen_base_stays_frozen(data):
    # As in Keras: a model that is not trainable has no trainable weights.
    model, base = transfer()
    base.trainable = False
    base.get_layer("conv").trainable = True
    assert moved(model, *data) == {"head"}


def test_a_frozen_normalization_computes_as_in_prediction(data):
    x, _ = data
    _, base = transfer()
    base.get_layer("norm").params["moving_mean"][...] = 0.3
    base.trainable = False
    np.testing.assert_array_equal(base(x, training=True), base.predict(x, verbose=0))
    base.trainable = True
    assert not np.array_equal(base(x, training=True), base.predict(x, verbose=0))


def test_a_shared_layer_is_frozen_at_all_its_places(data):
    x, y = data
    shared = Dense(64, "relu", name="shared")
    model = Sequential([Input((8, 8, 1)), Flatten(), shared, Dense(3, "softmax", name="end")])
    other = Sequential([Input((64,)), shared])
    other.trainable = False
    model.compile("sgd", "sparse_categorical_crossentropy")
    assert moved(model, x, y) == {"end"}


def test_weight_decay_and_regularizers_leave_frozen_layers_alone(data):
    model = Sequential([Input((8, 8, 1)), Flatten(), Dense(4, "relu", name="d", kernel_regularizer="l2"),
                        Dense(3, "softmax", name="end")])
    model.compile(AdamW(0.01, weight_decay=0.1), "sparse_categorical_crossentropy")
    with_penalty = model.evaluate(*data, verbose=0)
    model.get_layer("d").trainable = False
    assert moved(model, *data) == {"end"}
    model.get_layer("end").trainable = False
    assert moved(model, *data) == set()
    assert model.evaluate(*data, verbose=0) != with_penalty


def test_an_optimizer_forgets_nothing_of_a_layer_that_is_frozen_for_a_while(data):
    model = stack()
    model.train_on_batch(*data)
    kept = {key: value.copy() for key, value in model.optimizer.slots["momentum"].items()}
    model.get_layer("second").trainable = False
    model.train_on_batch(*data)
    for key, value in model.optimizer.slots["momentum"].items():
        assert np.array_equal(value, kept[key]) == key.startswith("second"), key


def test_files_and_copies_know_what_is_frozen(data, tmp_path):
    model, base = transfer()
    base.trainable = False
    base.get_layer("norm").trainable = True
    model.save(tmp_path / "m.npz")
    for twin in (load_model(tmp_path / "m.npz"), model.astype("float32")):
        inner = twin.get_layer("base")
        assert [inner.trainable, *(layer.trainable for layer in inner.layers)] == [
            base.trainable, *(layer.trainable for layer in base.layers)]
        twin.compile("sgd", "sparse_categorical_crossentropy")
        assert "base/conv" not in moved(twin, *data)


def test_layers_added_to_a_frozen_sequential_are_trainable_themselves():
    # Keras as well: setting it speaks of the layers that are there.
    model = Sequential([Input((4,)), Dense(3)])
    model.trainable = False
    model.add(Dense(2))
    assert [layer.trainable for layer in model.layers] == [False, True]
