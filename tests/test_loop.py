"""The loop: what fit takes, weighs, adds, clips and stops at; and that going on changes no bit."""

import gc
import tracemalloc
from contextlib import contextmanager

import numpy as np
import pytest

import minicnn
from minicnn import MinicnnError, layers, loop, losses, metrics, optimizers, regularizers
from minicnn.callbacks import Callback, LambdaCallback, TerminateOnNaN
from minicnn.feeding import ArrayFeed

RNG = np.random.default_rng(5)
X, Y = RNG.standard_normal((20, 4)).astype(np.float32), RNG.integers(0, 3, 20)


def network(optimizer=None, **dense):
    minicnn.set_random_seed(3)
    model = minicnn.Sequential([layers.Dense(5, "tanh", input_shape=(4,), name="a"), layers.Dropout(0.25, name="b"),
                                layers.Dense(3, "softmax", name="c", **dense)])
    model.compile(optimizer or optimizers.SGD(0.1, 0.9), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def weights(model):
    return np.concatenate([w.ravel() for w in model.get_weights()])


def equal(a, b):
    return np.array_equal(weights(a), weights(b))


@pytest.mark.parametrize(("verbose", "lines"), [(0, 0), (1, 1), (2, 1)])
def test_compiling_is_said_once(monkeypatch, capsys, verbose, lines):
    @contextmanager
    def compilations(say):
        say("conv2d")
        say("max_pool")
        yield

    monkeypatch.setattr(loop.kernels, "compilations", compilations)
    with loop.compiling_said(verbose):
        pass
    assert capsys.readouterr().out.count("Compiling kernels") == lines


def test_arrays_generators_and_batches_train_alike():
    pairs = [(X[i:i + 5], Y[i:i + 5]) for i in range(0, 20, 5)]
    forms = [((X, Y), {"batch_size": 5, "shuffle": False}), ((pairs * 2 and iter(pairs * 2),), {"steps_per_epoch": 4}),
             ((ArrayFeed(X, Y, batch_size=5, shuffle=False),), {}), ((_Again(pairs),), {})]
    models = []
    for data, options in forms:
        models.append(network())
        models[-1].fit(*data, epochs=2, verbose=0, **options)
    assert all(equal(models[0], other) for other in models[1:])


class _Again:
    def __init__(self, pairs):
        self.pairs = pairs

    def __iter__(self):
        return iter(self.pairs)

    def __len__(self):
        return len(self.pairs)


def test_a_weight_of_two_is_a_row_twice():
    weight = np.where(np.arange(20) < 10, 2.0, 1.0)
    twice = network(optimizers.SGD(0.1))
    once = network(optimizers.SGD(0.15))  # the mean is over rows: 30 rows of weight 1, or 20 that weigh 30
    for model in (twice, once):
        model.layers[1].rate = 0.0
    once.fit(np.r_[X, X[:10]], np.r_[Y, Y[:10]], batch_size=30, shuffle=False, verbose=0)
    twice.fit(X, Y, batch_size=20, shuffle=False, verbose=0, sample_weight=weight)
    np.testing.assert_allclose(weights(twice), weights(once), rtol=0, atol=1e-6)


def test_class_weights_are_sample_weights():
    by_class, by_row = network(), network()
    by_class.fit(X, Y, epochs=2, verbose=0, class_weight={0: 2.0, 2: 0.5})
    by_row.fit(X, Y, epochs=2, verbose=0, sample_weight=np.array([2.0, 1.0, 0.5])[Y])
    assert equal(by_class, by_row)


def test_weights_reach_the_reported_loss():
    model = network()
    plain = model.evaluate(X, Y, verbose=0)
    double = model.evaluate(X, Y, verbose=0, sample_weight=np.full(20, 2.0))
    assert double[0] == pytest.approx(2 * plain[0])
    assert double[1] == plain[1]  # metrics are not weighed
    model.fit(X, Y, verbose=0, epochs=0, validation_data=(X, Y, np.full(20, 2.0)))
    assert model.history.history == {}


@pytest.mark.parametrize(("regularizer", "value", "slope"), [
    (regularizers.L2(0.5), lambda w: 0.5 * (w ** 2).sum(), lambda w: w),
    (regularizers.L1(0.25), lambda w: 0.25 * abs(w).sum(), lambda w: 0.25 * np.sign(w)),
    (regularizers.L1L2(0.25, 0.5), lambda w: 0.25 * abs(w).sum() + 0.5 * (w ** 2).sum(),
     lambda w: 0.25 * np.sign(w) + w)])
def test_regularizers_add_to_loss_and_gradient(regularizer, value, slope):
    plain, extra = network(optimizers.SGD(0.1)), network(optimizers.SGD(0.1), kernel_regularizer=regularizer)
    start = plain.layers[2].get_weights()[0]
    assert extra.evaluate(X, Y, verbose=0)[0] - plain.evaluate(X, Y, verbose=0)[0] == pytest.approx(value(start), 1e-5)
    for model in (plain, extra):
        model.train_on_batch(X, Y)
    moved = [model.layers[2].get_weights() for model in (plain, extra)]
    np.testing.assert_allclose(moved[1][0] - moved[0][0], -0.1 * slope(start), atol=1e-6)
    np.testing.assert_array_equal(moved[1][1], moved[0][1])


def test_weights_of_rows_leave_the_regularizers_part_alone():
    model = network(kernel_regularizer=regularizers.L2(0.5))
    nothing = model.evaluate(X, Y, verbose=0, sample_weight=np.zeros(20))[0]
    assert nothing == pytest.approx(0.5 * np.square(model.layers[2].get_weights()[0]).sum(), 1e-5)


def test_a_frozen_layer_is_not_regularized():
    model = network(kernel_regularizer="l2")
    before = model.evaluate(X, Y, verbose=0)[0]
    model.layers[2].trainable = False
    assert model.evaluate(X, Y, verbose=0)[0] < before


def test_regularizers_travel_with_the_file(tmp_path):
    model = network(kernel_regularizer=regularizers.L1L2(0.1, 0.2), bias_regularizer="l1")
    model.save(tmp_path / "m.npz")
    layer = minicnn.load_model(tmp_path / "m.npz").layers[2]
    assert (layer.kernel_regularizer.l1, layer.kernel_regularizer.l2, layer.bias_regularizer.l1) == (0.1, 0.2, 0.01)


@pytest.mark.parametrize(("options", "expected"), [
    ({"clipvalue": 1.0}, ([1, -1], [0.5])), ({"clipnorm": 2.5}, ([1.5, -2], [0.5])),
    ({"global_clipnorm": 1.0}, (np.array([3, -4]) / np.sqrt(25.25), 0.5 / np.sqrt(25.25)))])
def test_clipping(options, expected):
    a, b = np.zeros(2), np.zeros(1)
    optimizers.SGD(1.0, **options).apply([("a", a, np.array([3.0, -4.0])), ("b", b, np.array([0.5]))])
    np.testing.assert_allclose(-a, expected[0])
    np.testing.assert_allclose(-b, expected[1])


def test_one_way_of_clipping():
    with pytest.raises(MinicnnError, match="SGD: gradients can be clipped in one way only"):
        optimizers.SGD(clipnorm=1.0, clipvalue=1.0)
    with pytest.raises(MinicnnError, match=r"SGD: clipnorm must be a number. Expected at least 0"):
        optimizers.SGD(clipnorm=-1.0)


def test_a_layer_without_super_init_is_told_so():
    class Bare(layers.Layer):
        def __init__(self):
            pass

    with pytest.raises(MinicnnError, match=r"Bare: the layer is not set up. Call super\(\).__init__\(\) first"):
        minicnn.Sequential([Bare()])


def test_top_k():
    scores = np.array([[0.1, 0.2, 0.3, 0.4], [0.4, 0.3, 0.2, 0.1]])
    assert [metrics.TopK(k)(np.array([1, 1]), scores).tolist() for k in (1, 2, 3)] == [[0, 0], [0, 1], [1, 1]]
    assert metrics.TopK(2)(np.eye(4)[[1, 1]], scores).tolist() == [0, 1]
    model = network()
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["top_k_categorical_accuracy"])
    assert model.evaluate(X, Y, verbose=0, return_dict=True)["top_k_categorical_accuracy"] == 1.0


def test_stopping_inside_an_epoch_and_between():
    seen = []

    class Stop(Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = len(seen) == 1 and batch == 1

    model = network()
    model.fit(X, Y, batch_size=5, epochs=9, verbose=0, callbacks=[
        Stop(), LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(epoch))])
    assert seen == [0, 1]
    assert model.optimizer.iterations == 6
    model.fit(X, Y, batch_size=5, epochs=1, verbose=0)  # an earlier stop does not last
    assert model.optimizer.iterations == 10


def test_stopping_when_an_epoch_begins_lets_one_batch_pass():
    model = network()  # as in Keras, which looks after each batch
    model.fit(X, Y, batch_size=5, epochs=3, verbose=0, callbacks=[
        LambdaCallback(on_epoch_begin=lambda epoch, logs: setattr(model, "stop_training", epoch == 1))])
    assert model.history.epoch == [0, 1]
    assert model.optimizer.iterations == 5


def test_initial_epoch_and_validation_frequency():
    model = network()
    history = model.fit(X, Y, verbose=0, initial_epoch=2, epochs=5, validation_data=(X, Y), validation_freq=2).history
    assert model.history.epoch == [2, 3, 4]
    assert len(history["loss"]) == 3
    assert len(history["val_loss"]) == 1


def test_a_loss_that_is_no_number():
    model = network(optimizers.SGD(0.1))
    model.layers[2].params["kernel"][0, 0] = np.inf
    before = weights(model)
    with pytest.raises(MinicnnError, match="the loss is not finite: the kernel of Dense"):
        model.fit(X, Y, verbose=0)
    model.fit(X, Y, verbose=0, epochs=3, callbacks=[TerminateOnNaN()])
    assert np.isnan(model.history.history["loss"][0])
    assert model.history.epoch == [0]
    np.testing.assert_array_equal(weights(model), before)  # the batch that broke it moved nothing


def test_going_on_from_any_step_ends_with_the_same_bits():
    def train(model, start=None):
        if start is not None:  # as a resumed run is set: weights, optimizer and progress as they were
            model.set_weights(start["weights"])
            model.optimizer.iterations = start["iterations"]
            model.optimizer.slots = start["slots"]

        class Resume(Callback):
            def on_train_begin(self, logs=None):
                if start is None:
                    self.model.progress = loop.Progress(77)
                else:
                    self.model.progress = start["progress"]

        kept = []

        class Keep(Callback):
            def on_train_batch_end(self, batch, logs=None):
                at, optimizer = self.model.progress, self.model.optimizer
                slots = {name: {k: v.copy() for k, v in s.items()} for name, s in optimizer.slots.items()}
                means = loop.Means(dict(at.means.sums), at.means.rows)
                kept.append({"weights": self.model.get_weights(), "iterations": optimizer.iterations, "slots": slots,
                             "progress": loop.Progress(at.seed, at.epoch, at.step, means)})

        model.fit(X, Y, batch_size=6, epochs=2, verbose=0, callbacks=[Resume(), Keep()])
        return kept

    straight = network()
    kept = train(straight)
    assert len(kept) == 8
    for start in kept:
        again = network()
        train(again, start)
        assert equal(straight, again)
        assert again.history.history["loss"][-1] == straight.history.history["loss"][-1]


@pytest.mark.parametrize(("data", "options", "told"), [
    ((X,), {}, "fit: targets are missing. Pass y, or batches"),
    ((iter([]),), {}, "fit, epoch 1: there is no data left. A generator must give steps_per_epoch batches"),
    ((iter([(X, Y)]),), {"epochs": 2, "steps_per_epoch": 1}, "fit, epoch 2: there is no data left"),
    ((iter([X]),), {}, "each batch must be a tuple"),
    ((iter([(X[:, :3], Y)]),), {}, r"fit, epoch 1, step 1: the data do not fit the model's input"),
    ((iter([(X, Y + 9)]),), {}, "a label is out of range"),
    ((X, Y), {"sample_weight": np.ones(3)}, r"one number per row. Expected \(20,\), received \(3,\)"),
    ((iter([(X, Y)]),), {"sample_weight": np.ones(3)}, "sample_weight goes with arrays"),
    ((X, Y), {"validation_data": iter([(X, Y)])}, "validation_data must be a pair.*again and again"),
    ((X, Y), {"class_weight": {7: 1.0}}, "no such class"),
    ((X, Y), {"steps_per_epoch": 0}, "steps_per_epoch must be an integer"),
    ((X, Y), {"validation_freq": 0}, "validation_freq must be an integer"),
    ((X, Y), {"initial_epoch": -1}, "initial_epoch must be an integer"),
])
def test_wrong_data(data, options, told):
    with pytest.raises(MinicnnError, match=told):
        network().fit(*data, verbose=0, **options)


def test_penalties_are_ranked_from_below():
    model = minicnn.Sequential([layers.RBF(np.eye(3)[:, :3], input_shape=(3,))])
    model.compile("sgd", losses.PenaltyMLE(), metrics=["accuracy"])
    assert model.evaluate(np.eye(3), np.arange(3), verbose=0) == [0.0, 1.0]


@pytest.mark.parametrize("epochs", [100, pytest.param(1000, marks=pytest.mark.long)])
def test_thousands_of_steps_grow_nothing(epochs):
    model = network()
    model.fit(X, Y, batch_size=2, epochs=5, verbose=0)
    tracemalloc.start()
    model.fit(X, Y, batch_size=2, epochs=5, verbose=0)
    gc.collect()
    before, _ = tracemalloc.get_traced_memory()
    model.fit(X, Y, batch_size=2, epochs=epochs, verbose=0)
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert model.optimizer.iterations == 10 * (epochs + 10)
    # The history of these epochs, three numbers each, and next to nothing else.
    assert after - before < epochs * 3 * 50 + 20_000
