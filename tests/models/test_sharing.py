"""One layer at several places: one set of weights, the sum of the gradients, one entry everywhere."""

import numpy as np
import pytest

from minicnn import Input, MinicnnError, Model, Sequential, gradient_check, kernels
from minicnn.layers import Add, BatchNormalization, Conv2D, Dense, Flatten
from minicnn.models import load_model
from minicnn.optimizers import SGD


def siamese():
    """Two images through the same layers, and their features added."""
    left, right = Input((6, 6, 1), name="left"), Input((6, 6, 1), name="right")
    conv, dense = Conv2D(2, 3, activation="tanh", name="conv"), Dense(3, name="dense")
    features = [dense(Flatten(name=f"flat_{x.owner.name}")(conv(x))) for x in (left, right)]
    return Model([left, right], Add(name="add")(features), name="siamese")


@pytest.fixture
def pairs(rng):
    return [rng.random((6, 6, 6, 1)).astype(np.float32) for _ in range(2)]


def test_a_shared_layer_is_counted_and_listed_once():
    model = siamese()
    names = [layer.name for layer in model.layers]
    assert names == ["left", "right", "conv", "flat_left", "flat_right", "dense", "add"]
    assert len(model.get_weights()) == 4
    assert model.count_params() == 20 + 99
    assert len(model.get_layer("conv").calls) == 2


def test_its_uses_have_numbers(pairs):
    inside = siamese().activations(pairs)
    assert {"conv/pre", "conv", "conv#2/pre", "conv#2", "dense", "dense#2"} < set(inside)
    np.testing.assert_array_equal(inside["dense"] + inside["dense#2"], inside["add"])


def test_gradients_add_up(pairs):
    assert gradient_check(siamese(), *pairs)


def test_swapping_the_images_gives_the_same(pairs):
    model = siamese()
    np.testing.assert_array_equal(model.predict(pairs, verbose=0), model.predict(pairs[::-1], verbose=0))


def test_one_step_is_that_of_the_layer_on_both_images_at_once(rng):
    # Of a sum of outputs, the gradient by the shared weights is that on both batches, one behind the other.
    a, b, y = rng.standard_normal((3, 4, 3))
    shared = Dense(3, name="d", dtype="float64")
    p, q = Input((3,), dtype="float64"), Input((3,), dtype="float64")
    model = Model([p, q], [shared(p), shared(q)])
    twin = Sequential([Input((3,), dtype="float64"), Dense(3, dtype="float64")])
    twin.set_weights(model.get_weights())
    model.compile(SGD(0.1), "mse")
    twin.compile(SGD(0.2), "mse")  # of eight rows the mean is half as large
    model.train_on_batch([a, b], [y, y])
    twin.train_on_batch(np.concatenate([a, b]), np.concatenate([y, y]))
    for mine, theirs in zip(model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-12)


def test_files_and_copies_share_as_well(pairs, tmp_path):
    model = siamese()
    model.compile("adam", "mse")
    y = np.ones((6, 3))
    model.train_on_batch(pairs, y)
    model.save(tmp_path / "m.npz")
    for twin in (load_model(tmp_path / "m.npz"), model.astype("float32")):
        assert len(twin.get_weights()) == 4
        assert list(twin.graph.names) == list(model.graph.names)
        np.testing.assert_array_equal(twin.predict(pairs, verbose=0), model.predict(pairs, verbose=0))
    twin = load_model(tmp_path / "m.npz")
    assert twin.train_on_batch(pairs, y) == model.train_on_batch(pairs, y)
    np.testing.assert_array_equal(twin.predict(pairs, verbose=0), model.predict(pairs, verbose=0))


def test_a_value_keeps_its_name_in_a_file_whatever_the_order_of_the_outputs(tmp_path, rng):
    p, q, shared = Input((3,), name="p"), Input((3,), name="q"), Dense(2, name="d")
    late = [shared(q), shared(p)]
    model = Model([p, q], late[::-1])
    model.save(tmp_path / "m.npz")
    data = rng.random((2, 4, 3)).astype(np.float32)
    inside, loaded = model.activations(list(data)), load_model(tmp_path / "m.npz").activations(list(data))
    np.testing.assert_array_equal(inside["d"], shared(data[1]))
    for name in ("d", "d#2"):
        np.testing.assert_array_equal(loaded[name], inside[name])


def test_a_layer_applied_again_and_again(rng):
    x, shared = Input((3,), name="x"), Dense(3, "tanh", name="d")
    node = x
    for _ in range(5):
        node = shared(node)
    model = Model(x, node)
    assert [name for name in model.graph.names if "pre" not in name] == ["x", "d", "d#2", "d#3", "d#4", "d#5"]
    data = rng.random((2, 3)).astype(np.float32)
    expected = data
    with kernels.use("numpy"):  # the same arithmetic in both, so the same bits; plans have their own
        for _ in range(5):
            expected = shared(expected)
        np.testing.assert_array_equal(model.predict(data, verbose=0), expected)
    assert gradient_check(model, data)


def test_running_statistics_take_up_each_use(rng):
    p, q = Input((3,)), Input((3,))
    norm = BatchNormalization(momentum=0.5, name="norm")
    model = Model([p, q], Add()([norm(p), norm(q)]))
    model.compile(SGD(0.0), "mse")
    a, b = rng.standard_normal((2, 8, 3)).astype(np.float32)
    model.train_on_batch([a, b], np.zeros((8, 3)))
    means = {tuple(np.round(0.5 * (0.5 * one.mean(axis=0)) + 0.5 * other.mean(axis=0), 5))
             for one, other in ((a, b), (b, a))}
    assert tuple(np.round(norm.params["moving_mean"], 5)) in means


def test_two_models_with_one_layer_move_it_both(data):
    x, y = data
    shared = Dense(3, "softmax", name="shared")
    models = [Sequential([Input((8, 8, 1)), Flatten(), shared]) for _ in range(2)]
    for model in models:
        model.compile("sgd", "sparse_categorical_crossentropy")
    before = shared.get_weights()
    for model in models:
        model.train_on_batch(x, y)
        assert not np.array_equal(shared.get_weights()[0], before[0])
        before = shared.get_weights()
    np.testing.assert_array_equal(*(model.predict(x, verbose=0) for model in models))


def test_inputs_of_two_shapes_cannot_share_weights():
    shared = Dense(3, name="d")
    shared(Input((4,)))
    with pytest.raises(MinicnnError, match=r"Dense 'd': the layer was built for another input. Expected shape \(4,\), "
                                           r"received \(5,\). Layers that share weights need inputs of one shape"):
        shared(Input((5,)))


def test_a_shared_convolution_takes_images_of_two_sizes(rng):
    conv = Conv2D(2, 3, name="conv")
    small, large = Input((5, 5, 1)), Input((8, 8, 1))
    model = Model([small, large], [conv(small), conv(large)])
    shapes = [y.shape for y in model.predict([rng.random((2, 5, 5, 1)), rng.random((2, 8, 8, 1))], verbose=0)]
    assert shapes == [(2, 3, 3, 2), (2, 6, 6, 2)]
