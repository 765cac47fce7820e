"""The compiled loop over single patterns against training step by step."""

import re

import numpy as np
import pytest

import minicnn
from minicnn import MinicnnError, kernels, layers, losses, optimizers, patterns, regularizers
from minicnn.applications import LeNet5
from minicnn.applications.lenet5 import lenet5_images
from minicnn.augmentation import lenet5_distortions
from minicnn.callbacks import BackupAndRestore, Callback, TerminateOnNaN
from minicnn.datasets import digits
from minicnn.feeding import ArrayFeed
from minicnn.initializers import FanInUniform
from minicnn.optimizers import SDLM, SGD
from minicnn.schedules import ExponentialDecay

(X, Y), _ = digits.load_data()
X, Y = lenet5_images(X[:60]), Y[:60]
START = FanInUniform(1.0, 0.5)


def lenet5():
    return LeNet5(START)


def small(size=20, channels=2, maps=(3, 10, 20, 12), kernels=(5, 3, 3), table=True, **of_c1):
    """The same kind in other sizes: 20x20x2 -> 16x16x3 -> 8x8 -> 6x6x10 -> 3x3 -> 20 -> 12 -> 4."""
    conv = {"activation": "scaled_tanh", "kernel_initializer": START, "bias_initializer": START}
    pool = {"coefficient_initializer": START, "bias_initializer": START}
    rng = np.random.default_rng(3)
    links = rng.random((maps[0], maps[1])) < 0.6
    links[0] = True
    c3 = layers.TableConv2D(links, kernels[1], name="c3", **conv) if table else layers.Conv2D(
        maps[1], kernels[1], name="c3", **conv)
    return minicnn.Sequential([
        layers.Conv2D(maps[0], kernels[0], name="c1", input_shape=(size, size, channels), **{**conv, **of_c1}),
        layers.Subsampling2D(2, name="s2", **pool), c3, layers.Subsampling2D(2, name="s4", **pool),
        layers.Conv2D(maps[2], kernels[2], name="c5", **conv), layers.Flatten(name="flat"),
        layers.Dense(maps[3], name="f6", **conv),
        layers.RBF(rng.choice([-1.0, 1.0], (4, maps[3])), name="rbf")])


def relative(function="scaled_tanh", largest=False, end="scores", table=True):
    """Later relatives of 20x20x2, and the earlier one without F6: C1, C3 and C5 with this function, S2 and S4 the
    largest of four numbers, and at the end "codes", "scores" or "no F6"."""
    conv = {"kernel_initializer": START, "bias_initializer": START}
    rng = np.random.default_rng(3)
    model = minicnn.Sequential([layers.Conv2D(3, 5, activation=function, name="c1", input_shape=(20, 20, 2), **conv)])

    def pool(name):
        for layer in ([layers.MaxPooling2D(2, name=name), layers.Activation("scaled_tanh", name=f"{name}_tanh")]
                      if largest else [layers.Subsampling2D(2, name=name, coefficient_initializer=START)]):
            model.add(layer)

    pool("s2")
    model.add(layers.TableConv2D(rng.random((3, 10)) < 0.7, 3, activation=function, name="c3", **conv) if table else
              layers.Conv2D(10, 3, activation=function, name="c3", **conv))
    pool("s4")
    if end != "no F6":
        model.add(layers.Conv2D(20, 3, activation=function, name="c5", **conv))
    model.add(layers.Flatten(name="flat"))
    model.add(layers.Dense(12, "scaled_tanh", name="f6", **conv))
    model.add(layers.Dense(4, "softmax", name="scores", **conv) if end == "scores" else
              layers.RBF(rng.choice([-1.0, 1.0], (4, 12)), name="rbf"))
    return model


def small_data(count=50):
    rng = np.random.default_rng(8)
    return rng.standard_normal((count, 20, 20, 2)).astype("float32"), rng.integers(0, 4, count)


def model_of(make, optimizer, loss=None, at_once=1, **options):
    minicnn.set_random_seed(4)
    model = make()
    model.compile(optimizer, loss or losses.PenaltyMAP(), steps_per_execution=at_once,
                  **{"metrics": ["accuracy"], **options})
    return model


def obstacle(model, feed=None):
    x, y = small_data(2)
    return patterns.obstacle(model.graph, model.compiled, feed or ArrayFeed(x, y, batch_size=1))


def assert_alike(model, other, start):
    """Weights agree to float32's rounding: far closer to each other than the way they went from the start."""
    for name, w in model.params.items():
        way = np.abs(w - start.params[name]).max()
        assert np.abs(w - other.params[name]).max() <= max(2e-7 * np.abs(w).max(), 2e-5 * way), name


RECIPES = [(lambda: SDLM(1e-4), losses.PenaltyMAP(10)), (lambda: SDLM(2e-5, patterns=60), losses.PenaltyMLE()),
           (lambda: SGD(ExponentialDecay(2e-3, 20, 0.7)), losses.PenaltyMAP(90)),
           (lambda: SGD(1e-3), losses.PenaltyMLE())]


@pytest.mark.parametrize(("optimizer", "loss"), RECIPES)
def test_fifty_patterns_of_lenet5(optimizer, loss):
    start = model_of(lenet5, "sgd")
    one_by_one, at_once = model_of(lenet5, optimizer(), loss), model_of(lenet5, optimizer(), loss, 500)
    assert patterns.obstacle(at_once.graph, at_once.compiled, ArrayFeed(X, Y, batch_size=1)) is None
    histories = [model.fit(X[:50], Y[:50], batch_size=1, verbose=0).history for model in (one_by_one, at_once)]
    assert_alike(one_by_one, at_once, start)
    assert histories[0]["accuracy"] == histories[1]["accuracy"]
    np.testing.assert_allclose(histories[0]["loss"], histories[1]["loss"], rtol=1e-6)
    assert one_by_one.optimizer.iterations == at_once.optimizer.iterations == 50
    moved = [not np.array_equal(w, start.params[name]) for name, w in at_once.params.items()]
    assert moved == [True] * 12 + [False]  # all but the centers


@pytest.mark.parametrize("table", [True, False])
@pytest.mark.parametrize("shape", [{}, {"maps": (8, 16, 64, 70)}, {"maps": (9, 20, 65, 3)}, {
    "size": 20, "channels": 2, "kernels": (3, 4, 3)}])
def test_other_sizes(shape, table):
    x, y = small_data()

    def make():
        return small(**shape, table=table)

    start = model_of(make, "sgd")
    models = [model_of(make, SDLM(3e-4, patterns=30), at_once=steps) for steps in (1, 20)]
    for model in models:
        model.fit(x, y, batch_size=1, epochs=2, verbose=0)
    assert obstacle(models[1]) is None
    assert_alike(*models, start)


RELATIVES = [{"end": "codes", "function": "relu"}, {"end": "codes", "largest": True}, {}, {"end": "no F6"},
             {"function": "relu", "largest": True, "table": False},
             {"function": "relu", "largest": True, "end": "no F6"}]


@pytest.mark.parametrize("kind", RELATIVES)
@pytest.mark.parametrize("optimizer", [lambda: SDLM(3e-4, patterns=30), lambda: SGD(3e-3)])
def test_relatives(kind, optimizer):
    x, y = small_data()
    loss = losses.SparseCategoricalCrossentropy() if kind.get("end", "scores") == "scores" else losses.PenaltyMAP()
    start = model_of(lambda: relative(**kind), "sgd", loss)
    models = [model_of(lambda: relative(**kind), optimizer(), loss, steps) for steps in (1, 20)]
    histories = [model.fit(x, y, batch_size=1, epochs=2, verbose=0).history for model in models]
    assert obstacle(models[1]) is None
    assert_alike(*models, start)
    assert histories[0]["accuracy"] == histories[1]["accuracy"]
    np.testing.assert_allclose(histories[0]["loss"], histories[1]["loss"], rtol=2e-6)
    assert all(np.abs(w - start.params[name]).max() > 0 for name, w in models[1].params.items() if name[:3] != "rbf")


def test_the_gradient_is_that_of_the_layers_in_double_precision():
    # The step of SGD is the gradient; of the graph in float64 it is checked against differences elsewhere.
    x, y = small_data(1)
    start, moved = model_of(small, "sgd"), model_of(small, SGD(1.0), at_once=2)
    moved.fit(x, y, batch_size=1, verbose=0)
    exact = model_of(small, SGD(1.0)).astype("float64")
    exact.compile(SGD(1.0), losses.PenaltyMAP())
    exact.fit(x.astype("float64"), y, batch_size=1, verbose=0)
    for name, w in start.params.items():
        gradient = w - exact.params[name]
        scale = max(1.0, np.abs(moved.params[name]).max()) * 2e-7 + 2e-5 * np.abs(gradient).max()
        np.testing.assert_allclose(w - moved.params[name], gradient, rtol=0, atol=scale, err_msg=name)


def test_what_is_frozen_stays():
    x, y = small_data()
    models = [model_of(small, SDLM(1e-3, patterns=30), at_once=steps) for steps in (1, 50)]
    start = model_of(small, "sgd")
    for model in models:
        model.get_layer("c3").trainable = model.get_layer("f6").trainable = False
        model.fit(x, y, batch_size=1, verbose=0)
    assert_alike(*models, start)
    for name, w in models[1].params.items():
        assert np.array_equal(w, start.params[name]) == name.startswith(("c3", "f6", "rbf")), name


def test_labels_may_be_one_hot():
    x, y = small_data()
    by_number, by_row = (model_of(small, SGD(1e-3), at_once=50) for _ in range(2))
    by_number.fit(x, y, batch_size=1, verbose=0)
    by_row.fit(x, np.eye(4)[y], batch_size=1, verbose=0)
    assert all(np.array_equal(w, by_row.params[name]) for name, w in by_number.params.items())


def test_it_is_saved_with_the_model(tmp_path):
    model = model_of(small, SDLM(1e-3), at_once=40)
    model.save(tmp_path / "model.npz")
    assert minicnn.load_model(tmp_path / "model.npz").compiled.steps_per_execution == 40


# -- how many at once changes nothing --------------------------------------------------------------


def bits(model):
    return [w.tobytes() for w in model.get_weights()]


@pytest.mark.parametrize(("refresh", "counts"), [((), (3, 50)), ((21,), (7, 21))])
def test_any_number_of_steps_at_once_gives_the_same_bits(refresh, counts):
    # Where it looks again behind 21 rows, both have a call that begins there.
    x, y = small_data()
    models = [model_of(small, SDLM(1e-3, patterns=20, refresh=refresh), at_once=steps) for steps in counts]
    histories = [model.fit(x, y, batch_size=1, epochs=2, verbose=0).history for model in models]
    assert bits(models[0]) == bits(models[1])
    np.testing.assert_allclose(histories[0]["loss"], histories[1]["loss"], rtol=1e-12)


class Steps(Callback):
    def __init__(self, stop_at=None):
        self.stop_at, self.ends = stop_at, []

    def on_train_batch_end(self, batch, logs=None):
        self.ends.append(batch)
        if self.stop_at == len(self.ends):
            raise KeyboardInterrupt("stop")


def test_callbacks_hear_of_several_steps_at_once():
    x, y = small_data(10)
    steps = Steps()
    model_of(small, SGD(1e-3), at_once=4).fit(x, y, batch_size=1, epochs=2, verbose=0, callbacks=[steps])
    assert steps.ends == [3, 7, 9] * 2


def test_stopped_and_resumed_it_ends_with_the_same_bits(tmp_path):
    def make():
        return model_of(lenet5, SDLM(1e-4, patterns=20), at_once=8)

    def feed():
        return ArrayFeed(X[:50], Y[:50], batch_size=1, transform=lenet5_distortions())

    straight = make()
    history = straight.fit(feed(), epochs=3, verbose=0).history
    for stop_at in (2, 9):
        with pytest.raises(KeyboardInterrupt, match="stop"):
            make().fit(feed(), epochs=3, verbose=0, callbacks=[BackupAndRestore(tmp_path, 1), Steps(stop_at)])
    resumed = make()
    assert resumed.fit(feed(), epochs=3, verbose=0, callbacks=[BackupAndRestore(tmp_path, 1)]).history == history
    assert bits(resumed) == bits(straight)


# -- what is not a number --------------------------------------------------------------------------


def test_a_loss_that_is_no_number_is_told():
    x, y = small_data()
    model = model_of(small, SGD(1e-3), at_once=10)
    model.get_layer("c3").params["kernel"][0, 0, 0] = np.nan
    told = "fit, epoch 1, step 1: the loss of image 1 from here on is not finite. Lower the learning rate"
    with pytest.raises(MinicnnError, match=re.escape(told)):
        model.fit(x, y, batch_size=1, verbose=0)
    history = model.fit(x, y, batch_size=1, epochs=3, verbose=0, callbacks=[TerminateOnNaN()]).history
    assert np.isnan(history["loss"]).all()
    assert len(history["loss"]) == 1


def test_the_squashing_function():
    from minicnn.kernels.vector.pattern_steps import squash

    a = np.linspace(-40, 40, 2_000_001).astype("float32")
    x = a.copy()
    squash(x)
    np.testing.assert_allclose(x, 1.7159 * np.tanh(2 / 3 * a.astype("float64")), rtol=0, atol=6e-7)
    near = np.abs(a) < 0.5
    np.testing.assert_allclose(x[near], 1.7159 * np.tanh(2 / 3 * a[near].astype("float64")), rtol=4e-7)
    special = np.array([np.nan, np.inf, -np.inf, 0, 1e30], "float32")
    squash(special)
    np.testing.assert_allclose(special, [np.nan, 1.7159, -1.7159, 0, 1.7159], rtol=4e-7)


@pytest.mark.parametrize("tall", [6, 14])
def test_blocks_of_any_height_give_the_same(tall):
    # Machines with fewer registers take lower ones.
    from minicnn.kernels.vector import widths
    from minicnn.kernels.vector.pattern_loop import _compile_pieces, rows_times

    rng = np.random.default_rng(2)
    x, kernel, bias = (rng.standard_normal(size).astype("float32") for size in (40, 9 * 24, 24))
    lists = np.arange(20), np.arange(9)
    ours, theirs = (np.zeros(20 * 24, np.float32) for _ in range(2))
    for function, y in ((_compile_pieces(widths.FINGERPRINT, tall)[0], ours), (rows_times, theirs)):
        function(x, *lists, kernel, 24, y, 24 * np.arange(20), bias)
    windows = np.stack([x[start:start + 9] for start in range(20)]).astype("float64")
    np.testing.assert_allclose(ours.reshape(20, 24), windows @ kernel.reshape(9, 24) + bias, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(ours, theirs)


# -- what stands in the way ------------------------------------------------------------------------


def changed(**of_compile):
    return lambda: model_of(small, **{"optimizer": "sgd", **of_compile})


@pytest.mark.parametrize(("make", "told"), [
    (changed(loss=losses.PenaltyMAP(exact_seed=True)), None),
    (changed(loss="mse"), "the loss is not that of eq. 8 or eq. 9"),
    (changed(loss_weights=[2.0]), "the loss is not that of eq. 8 or eq. 9"),
    (changed(metrics=["mse"]), "there are other metrics than 'accuracy'"),
    (changed(metrics=[lambda t, y: t * 1.0]), "there are other metrics than 'accuracy'"),
    (changed(optimizer="adam"), "the optimizer is neither SDLM nor SGD without momentum"),
    (changed(optimizer=SGD(0.1, 0.9)), "the optimizer is neither SDLM nor SGD without momentum"),
    (changed(optimizer=SDLM(weight_decay=0.1)), "the optimizer decays weights or clips gradients"),
    (changed(optimizer=SGD(clipnorm=1)), "the optimizer decays weights or clips gradients"),
    (lambda: model_of(lambda: small(activation="tanh"), "sgd"), "Conv2D 'c1': its activation is not scaled_tanh"),
    (lambda: model_of(lambda: small(use_bias=False), "sgd"), "Conv2D 'c1': it has no bias"),
    (lambda: model_of(lambda: small(padding="same", kernels=(5, 3, 4)), "sgd"),
     "Conv2D 'c1': it is not a plain convolution of a square, without padding"),
    (lambda: model_of(lambda: small(kernel_regularizer=regularizers.L2()), "sgd"), "Conv2D 'c1': it has a regularizer"),
    (lambda: model_of(lambda: small(kernels=(4, 3, 3)), "sgd"),
     "Subsampling2D 's2': its windows are not 2x2 on a square of even size"),
    (lambda: model_of(lambda: small(kernels=(5, 3, 2), maps=(3, 10, 5, 12)), "sgd"),
     "Conv2D 'c5': it does not see its whole input"),
])
def test_obstacles(make, told):
    assert obstacle(make()) == told


@pytest.mark.parametrize(("make", "loss", "told"), [
    (relative, "mse", "the loss is not the cross-entropy of class numbers"),
    (relative, losses.SparseCategoricalCrossentropy(from_logits=True),
     "the loss is not the cross-entropy of class numbers"),
    (lambda: relative("tanh"), "sparse_categorical_crossentropy", "Conv2D 'c1': its activation is not scaled_tanh"),
    (lambda: relative(end="no F6"), "mse", "the loss is not that of eq. 8 or eq. 9"),
])
def test_obstacles_of_relatives(make, loss, told):
    assert obstacle(model_of(make, "sgd", loss)) == told


def test_more_obstacles():
    x, y = small_data(4)
    other = minicnn.Sequential([layers.Flatten(input_shape=(3, 3)), layers.Dense(2)])
    other.compile("sgd", "mse")
    assert obstacle(other) == "the layers are not those of LeNet-5: InputLayer, Flatten, Dense"
    model = model_of(small, "sgd")
    model.get_layer("rbf").trainable = True
    assert obstacle(model) == "RBF 'rbf': its centers learn"
    model = model_of(small, "sgd")
    assert obstacle(model, ArrayFeed(x, y, batch_size=2)) == "the data are not arrays in batches of 1"
    assert obstacle(model, ArrayFeed(x, y, np.ones(4), batch_size=1)) == "rows have weights of their own"
    with kernels.use("numpy"):
        assert obstacle(model) == "the kernels are those of 'numpy'"
    assert obstacle(model.astype("float64")) .endswith("the loop computes in float32")


def test_where_something_is_in_the_way_it_goes_step_by_step():
    x, y = small_data(10)
    steps = Steps()
    models = [model_of(small, optimizers.Adam(1e-3), at_once=count) for count in (1, 5)]
    for model in models:
        model.fit(x, y, batch_size=1, verbose=0, callbacks=[steps])
    assert steps.ends == list(range(10)) * 2
    assert bits(models[0]) == bits(models[1])


def test_steps_per_execution_is_a_count():
    with pytest.raises(MinicnnError, match="steps_per_execution must be an integer"):
        model_of(small, "sgd", at_once=0)
