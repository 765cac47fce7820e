"""Batch and local response normalization, from their definitions; running statistics and who moves them."""

import numpy as np
import pytest

from minicnn import Input, MinicnnError, Model, Sequential, gradient_check, kernels, load_model
from minicnn.graph import push_forward
from minicnn.layers import BatchNormalization, Conv2D, Dense, Flatten, LocalResponseNormalization
from minicnn.optimizers import SGD

EPSILON = 1e-3  # Keras's


def built(layer, shape, dtype="float64"):
    layer.build(shape)
    layer.cast(dtype)
    return layer


# -- batch normalization ---------------------------------------------------------------------------


def test_the_batch_by_hand():
    # Channel 0: 1 and 3, mean 2, variance 1 (and not 2: 1/n). Channel 1: 10, 10; a variance of 0.
    layer = built(BatchNormalization(epsilon=0.5), (2,))
    layer.set_weights([[2, 3], [10, 20], [0, 0], [1, 1]])
    y, cache = layer.forward(np.array([[1.0, 10], [3, 10]]), training=True)
    away = 2 / np.sqrt(1.5)
    np.testing.assert_allclose(y, [[10 - away, 20], [10 + away, 20]], rtol=1e-15)
    layer.fold_in(cache)
    assert list(layer.params) == ["gamma", "beta", "moving_mean", "moving_variance"]
    np.testing.assert_allclose(layer.params["moving_mean"], [0.02, 0.1], rtol=1e-12)
    np.testing.assert_allclose(layer.params["moving_variance"], [0.99 + 0.01, 0.99], rtol=1e-12)


@pytest.mark.parametrize("implementation", kernels.IMPLEMENTATIONS)
def test_each_channel_by_loops(implementation, rng):
    x = rng.standard_normal((3, 4, 5, 2)) * [1, 30] + [0.1, -7]
    layer = built(BatchNormalization(), (4, 5, 2))
    layer.set_weights([[0.5, -2], [3, 0.25], [1, 2], [3, 4]])
    with kernels.use(implementation):
        (batch, cache), (moving, _) = layer.forward(x, training=True), layer.forward(x)
    layer.fold_in(cache)
    gamma, beta, mean_after, variance_after = layer.get_weights()
    for c in range(2):
        numbers = [float(v) for v in x[..., c].ravel()]
        mean = sum(numbers) / len(numbers)
        variance = sum((v - mean) ** 2 for v in numbers) / len(numbers)
        expected = [gamma[c] * (v - mean) / (variance + EPSILON) ** 0.5 + beta[c] for v in numbers]
        np.testing.assert_allclose(batch[..., c].ravel(), expected, rtol=1e-11, atol=1e-12)
        expected = [gamma[c] * (v - [1, 2][c]) / ([3, 4][c] + EPSILON) ** 0.5 + beta[c] for v in numbers]
        np.testing.assert_allclose(moving[..., c].ravel(), expected, rtol=1e-12)
        assert mean_after[c] == pytest.approx(0.99 * [1, 2][c] + 0.01 * mean, rel=1e-12)
        assert variance_after[c] == pytest.approx(0.99 * [3, 4][c] + 0.01 * variance, rel=1e-12)


@pytest.mark.parametrize("implementation", ["numpy", "numba"])
@pytest.mark.parametrize("shape", [(64, 20, 20, 3), (500, 3)])
def test_float32_far_from_zero_keeps_its_digits(implementation, shape, rng):
    # Around 10,000 float32 knows steps of 0.001: mean(x^2) - mean^2 would be off by whole units there.
    x = (1e4 + rng.standard_normal(shape)).astype(np.float32)
    layer = built(BatchNormalization(), shape[1:], "float32")
    with kernels.use(implementation):
        y, cache = layer.forward(x, training=True)
    exact = x.astype(np.float64).reshape(-1, 3)
    mean, variance = exact.mean(axis=0), exact.var(axis=0)
    np.testing.assert_allclose(y.reshape(-1, 3), (exact - mean) / np.sqrt(variance + EPSILON), atol=1e-6)
    np.testing.assert_allclose(cache[2], [mean, variance], rtol=2e-7)
    assert y.dtype == np.float32


def test_forward_writes_nothing_and_fold_in_only_the_moving_statistics(rng):
    layer = built(BatchNormalization(), (3,))
    before, arrays = layer.get_weights(), dict(layer.params)
    _, cache = layer.forward(rng.standard_normal((8, 3)) + 5, training=True)
    assert all(map(np.array_equal, layer.get_weights(), before))
    layer.fold_in(cache)
    changed = [not np.array_equal(*pair) for pair in zip(layer.get_weights(), before, strict=True)]
    assert changed == [False, False, True, True]
    assert all(layer.params[name] is array for name, array in arrays.items()), "written in place"


@pytest.mark.parametrize("frozen", [False, True])
def test_nothing_is_folded_in_where_the_moving_statistics_were_used(frozen, rng):
    layer = built(BatchNormalization(trainable=not frozen), (3,))
    before, x = layer.get_weights(), rng.standard_normal((8, 3)) + 5
    y, cache = layer.forward(x, training=frozen)
    np.testing.assert_array_equal(y, layer.forward(x)[0])
    layer.fold_in(cache)
    assert all(map(np.array_equal, layer.get_weights(), before))


def test_what_is_not_there_has_no_parameter():
    for center, scale, names in ((True, True, ["gamma", "beta"]), (True, False, ["beta"]), (False, True, ["gamma"]),
                                 (False, False, [])):
        layer = built(BatchNormalization(center=center, scale=scale, beta_regularizer="l2", gamma_regularizer="l1"),
                      (5,))
        assert list(layer.learned) == list(layer.regularizers) == names
        assert list(layer.params) == [*names, "moving_mean", "moving_variance"]
        assert (layer.count_params(), layer.count_params(learned=True)) == (5 * len(names) + 10, 5 * len(names))


def test_the_curvature_in_training_sees_the_statistics(rng):
    # Shifting all of a channel changes nothing, so with two numbers dy/dx is s/2 * (1 -1; -1 1) and smaller still:
    # the exact diagonal of a batch of two is far from that of an affine layer.
    layer, x = built(BatchNormalization(epsilon=0.5), (1,)), np.array([[1.0], [3.0]])
    y, cache = layer.forward(x, training=True)
    # normal = -+1/sqrt(1.5): dnormal_i/dx_j = slope * (+-1/2)(1 - 2/3) = +-slope/6, with slope^2 = 2/3; two i.
    np.testing.assert_allclose(layer.curvature(np.ones_like(y), cache)[0], np.full((2, 1), 2 * (2 / 3) / 36))


def test_an_axis_that_is_not_the_last():
    for axis in (-1, 3):
        assert BatchNormalization(axis).output_shape_for((4, 4, 2)) == (4, 4, 2)
    with pytest.raises(MinicnnError, match=r"'bn': the channels come last here. Expected axis -1 \(or 3\), received "
                                           r"axis 1"):
        BatchNormalization(1, name="bn").build((4, 4, 2))


@pytest.mark.parametrize(("options", "told"), [
    ({"momentum": 1.5}, r"momentum is a share. Expected 0 to 1, received 1\.5"), ({"momentum": -1}, "momentum must be"),
    ({"epsilon": -1e-3}, r"epsilon must be a number\. Expected at least 0"),
    ({"axis": (1, 2)}, "axis must be an integer"),
])
def test_arguments_that_make_no_sense(options, told):
    with pytest.raises(MinicnnError, match=told):
        BatchNormalization(**options)


# -- in a network ----------------------------------------------------------------------------------


def network(**options):
    model = Sequential([Input((6, 6, 1)), Conv2D(3, 3, use_bias=False), BatchNormalization(name="bn", **options),
                        Flatten(), Dense(2, "softmax")])
    model.compile(SGD(0.05), "sparse_categorical_crossentropy")
    return model


def data(rng, rows=24):
    x = rng.standard_normal((rows, 6, 6, 1)).astype(np.float32) + 2
    return x, (x.mean(axis=(1, 2, 3)) > 2).astype(int)


def test_a_network_with_it_has_the_right_gradients(rng):
    for training in (False, True):
        assert gradient_check(network(), data(rng)[0], training=training)


def test_each_training_step_folds_in_once_and_evaluation_never(rng):
    model, (x, y) = network(momentum=0.5), data(rng)
    conv, bn = model.layers[:2]
    mean, variance = np.zeros(3), np.ones(3)
    for _ in range(3):
        inside = conv(x)
        mean = 0.5 * mean + 0.5 * inside.mean(axis=(0, 1, 2))
        variance = 0.5 * variance + 0.5 * inside.var(axis=(0, 1, 2))
        model.train_on_batch(x, y)
        model.evaluate(x, y, verbose=0)
        model.predict(x, verbose=0)
        np.testing.assert_allclose(bn.params["moving_mean"], mean, rtol=1e-5)
        np.testing.assert_allclose(bn.params["moving_variance"], variance, rtol=1e-5)


def test_a_frozen_one_stays_as_it_is_while_the_others_learn(rng):
    model, (x, y) = network(trainable=False), data(rng)
    before = {name: value.copy() for name, value in model.params.items()}
    model.train_on_batch(x, y)
    same = {name for name, value in model.params.items() if np.array_equal(value, before[name])}
    assert same == {"bn/gamma", "bn/beta", "bn/moving_mean", "bn/moving_variance"}


def test_it_learns_and_is_saved_with_its_statistics(rng, tmp_path):
    model, (x, y) = network(momentum=0.9), data(rng)
    losses = model.fit(x, y, epochs=40, batch_size=8, verbose=0).history["loss"]
    assert losses[-1] < 0.3 * losses[0]
    assert model.evaluate(x, y, verbose=0) < 0.5 * losses[0]  # on the moving statistics
    model.save(tmp_path / "model.npz")
    loaded = load_model(tmp_path / "model.npz")
    for name, value in model.params.items():
        np.testing.assert_array_equal(loaded.params[name], value, name)
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))
    assert len(model.get_layer("bn").get_weights()) == 4
    assert (model.count_params() - model.count_params(learned=True)) == 6


def test_training_goes_on_from_a_file_with_the_same_bits(rng, tmp_path):
    model, (x, y) = network(), data(rng)
    model.compile(SGD(0.05, momentum=0.9), "sparse_categorical_crossentropy")
    model.train_on_batch(x, y)
    model.save(tmp_path / "model.npz")
    loaded = load_model(tmp_path / "model.npz")
    for _ in range(3):
        assert loaded.train_on_batch(x, y) == model.train_on_batch(x, y)
    for name, value in model.params.items():
        assert loaded.params[name].tobytes() == value.tobytes(), name


def test_a_layer_used_twice_folds_in_both_uses_one_after_the_other(rng):
    bn = BatchNormalization(momentum=0.5, dtype="float64")
    start = Input((4,), dtype="float64")
    x = rng.standard_normal((8, 4)) + 3
    _, caches = push_forward(Model(start, bn(bn(start))).graph, [x], training=True)
    for node, cache in caches.items():
        node.step.fold_in(cache)
    once = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + EPSILON)
    expected = 0.5 * (0.5 * 0 + 0.5 * x.mean(axis=0)) + 0.5 * once.mean(axis=0)
    np.testing.assert_allclose(bn.params["moving_mean"], expected, rtol=1e-12)
    expected = 0.5 * (0.5 * 1 + 0.5 * x.var(axis=0)) + 0.5 * once.var(axis=0)
    np.testing.assert_allclose(bn.params["moving_variance"], expected, rtol=1e-12)


def test_one_inside_a_model_that_is_a_layer(rng):
    model, (x, y) = network(), data(rng)
    outer = Sequential([Input((6, 6, 1)), model])
    outer.compile(SGD(0.0), "sparse_categorical_crossentropy")
    conv, bn = model.layers[:2]
    outer.train_on_batch(x, y)
    np.testing.assert_allclose(bn.params["moving_mean"], 0.01 * conv(x).mean(axis=(0, 1, 2)), rtol=1e-4, atol=1e-7)
    before, model.trainable = bn.get_weights(), False  # which reaches the layers inside, as in Keras
    outer.compile(SGD(0.0), "sparse_categorical_crossentropy")
    outer.train_on_batch(x, y)
    assert all(map(np.array_equal, bn.get_weights(), before))
    assert outer.count_params() - outer.count_params(learned=True) == 6


# -- local response normalization ------------------------------------------------------------------


def test_the_papers_formula_by_loops(rng):
    x = 20 * rng.standard_normal((2, 2, 3, 8))
    y, _ = LocalResponseNormalization().forward(x)
    for n, i, j, c in np.ndindex(x.shape):
        total = sum(x[n, i, j, d] ** 2 for d in range(max(0, c - 2), min(7, c + 2) + 1))
        assert y[n, i, j, c] == pytest.approx(x[n, i, j, c] / (2 + 1e-4 * total) ** 0.75, rel=1e-12)
    assert np.abs(y / x - 2**-0.75).max() > 0.01  # it does do something here


def test_the_sum_and_the_average_are_one_with_another_alpha(rng):
    x = 5 * rng.standard_normal((2, 3, 3, 7))
    paper, caffe = LocalResponseNormalization(3, 1, 0.02), LocalResponseNormalization(3, 1, 0.06, average=True)
    np.testing.assert_allclose(paper.forward(x)[0], caffe.forward(x)[0], rtol=1e-13)
    assert not np.allclose(paper.forward(x)[0], LocalResponseNormalization(3, 1, 0.06).forward(x)[0])


def test_neighbors_are_their_own_transpose(rng):
    for channels, size in ((7, 5), (2, 5), (1, 3), (6, 1)):
        layer, a, b = LocalResponseNormalization(size), *rng.standard_normal((2, 4, channels))
        assert (a * layer.neighbors(b)).sum() == pytest.approx((layer.neighbors(a) * b).sum())


@pytest.mark.parametrize(("options", "told"), [
    ({"size": 4}, "size must be odd.*received 4"), ({"k": 0}, "k must be greater than 0"),
    ({"alpha": -1}, "alpha must be a number"), ({"beta": "x"}, "beta must be a number"),
])
def test_arguments_out_of_range(options, told):
    with pytest.raises(MinicnnError, match=told.replace("received", "Received")):
        LocalResponseNormalization(**options)
