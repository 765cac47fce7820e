"""A Recorder sees what is there, changes nothing, and goes on in a run that was stopped."""

import numpy as np
import pytest

import minicnn
from minicnn import MinicnnError, layers
from minicnn.callbacks import BackupAndRestore, Callback, LambdaCallback, Recorder, TerminateOnNaN
from minicnn.models import Model, Sequential
from minicnn.optimizers import SGD, Adam
from minicnn.visualize import dead_units, gradient_histograms, training_record, update_ratios, weight_histograms
from minicnn.visualize.kernel_arrays import kernel_grid
from minicnn.visualize.learning.record import read_record

RNG = np.random.default_rng(9)
X, Y = RNG.random((20, 8, 8, 1)).astype(np.float32), RNG.integers(0, 3, 20)
PROBE = {"images": X[:2], "x": X[:5], "y": Y[:5]}
EPOCHS, STEPS = 3, 4


@pytest.fixture(autouse=True)
def no_power_fails(monkeypatch):
    monkeypatch.setattr("os.fsync", lambda file: None)


def network(optimizer=None):
    minicnn.set_random_seed(6)
    model = Sequential([
        layers.Conv2D(3, 3, activation="relu", name="conv", input_shape=(8, 8, 1)),
        layers.BatchNormalization(name="norm"), layers.MaxPooling2D(2, name="pool"),
        layers.Conv2D(4, 2, activation="tanh", name="conv2"), layers.Flatten(name="flat"),
        layers.Dropout(0.3, name="drop"), layers.Dense(3, "softmax", name="out")], name="net")
    model.compile(optimizer or Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def fit(model, *callbacks, epochs=EPOCHS):
    model.fit(X, Y, batch_size=5, epochs=epochs, verbose=0, validation_data=(X[:7], Y[:7]), callbacks=[*callbacks])
    return model


@pytest.mark.parametrize("every", ["epoch", 1, 3])
def test_the_training_ends_with_the_same_bits(every, tmp_path):
    def end(*callbacks):
        model = fit(network(), *callbacks)
        model.save(tmp_path / "model.npz")
        return (tmp_path / "model.npz").read_bytes(), model.history.history, model.rng.bit_generator.state, \
            np.random.default_rng(minicnn._random.new_seed()).random()

    assert end(Recorder(tmp_path / "record.npz", maps=["conv", "conv2"], every=every, **PROBE)) == end()


def test_it_keeps_what_the_functions_of_visualize_give():
    recorder = Recorder(kernels=["conv", "conv2"], maps=["conv", "out"], **PROBE)
    model = fit(network(), recorder)
    record = recorder.record
    assert (record.unit, record.moments, record.epochs) == ("epoch", [0, 1, 2, 3], [0, 1, 2])
    assert record.order == ["conv", "norm", "conv2", "out"]
    assert record.kinds == {"conv": "dead", "conv2": "saturated"}
    assert record.logs == model.history.history
    for name in ("conv", "conv2"):
        np.testing.assert_array_equal(record.of("kernels", name)[-1], kernel_grid(model.get_layer(name)))
        np.testing.assert_array_equal(record.of("kernels", name)[0], kernel_grid(network().get_layer(name)))
    for name in ("conv", "out"):
        np.testing.assert_array_equal(record.of("maps", name)[-1], model.activations(X[:2])[name])
    for name, histogram in weight_histograms(model).items():
        np.testing.assert_array_equal(record.of("weights", name)[-1], histogram.counts)
        assert record.of("weight_limits", name)[-1] == histogram.edges[-1]
    for name, histogram in gradient_histograms(model, X[:5], Y[:5]).items():
        np.testing.assert_array_equal(record.of("gradients", name)[-1], histogram.counts)
    for name, units in dead_units(model, X[:5]).items():
        assert record.of("dead_units", name)[-1] == units.share


def test_the_ratio_of_a_moment_is_the_mean_of_its_steps():
    class Steps(Callback):
        def __init__(self):
            self.ratios = []

        def on_train_batch_begin(self, batch, logs=None):
            self.before = {name: value.copy() for name, value in self.model.params.items() if "moving" not in name}

        def on_train_batch_end(self, batch, logs=None):
            self.ratios.append(update_ratios(self.before, {name: self.model.params[name] for name in self.before}))

    for every, expected in (("epoch", STEPS), (1, 1), (3, 3)):
        steps, recorder = Steps(), Recorder(every=every)
        fit(network(), steps, recorder)
        for layer in ("conv", "norm", "conv2", "out"):
            kept = recorder.record.of("update_ratios", layer)
            assert np.isnan(kept[0])
            means = [np.mean([step[layer] for step in steps.ratios[i:i + expected]])
                     for i in range(0, EPOCHS * STEPS, expected)]
            np.testing.assert_allclose(kept[1:], means, rtol=1e-6)


def test_after_every_so_many_batches():
    recorder = Recorder(every=5)
    fit(network(), recorder)
    assert (recorder.record.unit, recorder.record.moments) == ("batch", [0, 5, 10])
    assert len(recorder.record.logs["loss"]) == EPOCHS


def test_by_default_the_first_convolution():
    recorder = Recorder(images=X[:3])
    fit(network(), recorder)
    assert {kind: list(layers) for kind, layers in recorder.record.series.items() if kind in ("kernels", "maps")} == {
        "kernels": ["conv"], "maps": ["conv"]}
    assert recorder.record.of("maps", "conv").shape == (4, 3, 6, 6, 3)
    assert not recorder.record.layers("gradients")
    assert not recorder.record.layers("dead_units")


def test_each_epoch_is_in_the_file(tmp_path):
    seen = []
    path = tmp_path / "record.npz"
    look = LambdaCallback(on_epoch_begin=lambda epoch, logs: seen.append(read_record(path).moments))
    recorder = Recorder(path, **PROBE)
    fit(network(), recorder, look)
    assert seen == [[0], [0, 1], [0, 1, 2]]
    assert read_record(path).logs == recorder.record.logs
    training_record(path)


def test_a_second_training_is_another_record():
    recorder = Recorder()
    fit(fit(network(), recorder), recorder, epochs=1)
    assert recorder.record.moments == [0, 1]


def test_an_initial_epoch_counts():
    recorder = Recorder()
    network().fit(X, Y, epochs=5, initial_epoch=3, verbose=0, callbacks=[recorder])
    assert recorder.record.moments == [3, 4, 5]
    assert recorder.record.epochs == [3, 4]


# -- runs that are stopped -----------------------------------------------------------------------


class StopAt(Callback):
    def __init__(self, epoch, batch):
        self.at = (epoch, batch)

    def on_train_batch_end(self, batch, logs=None):
        if (self.model.progress.epoch, batch) == self.at:
            raise KeyboardInterrupt("stop")

    def on_epoch_end(self, epoch, logs=None):
        if (epoch, None) == self.at:
            raise KeyboardInterrupt("stop")


@pytest.mark.parametrize("every", ["epoch", 3])
@pytest.mark.parametrize("save_freq", ["epoch", 2])
def test_stopped_anywhere_it_ends_with_the_same_record(every, save_freq, tmp_path):
    fit(network(), Recorder(tmp_path / "whole.npz", every=every, **PROBE))
    whole = (tmp_path / "whole.npz").read_bytes()
    for place in [(0, 0), (0, 3), (0, None), (1, 2), (2, 1), (2, None)]:
        path, folder = tmp_path / f"{place}.npz", tmp_path / f"{place}"

        def run(*more, path=path, folder=folder):
            fit(network(), Recorder(path, every=every, **PROBE), BackupAndRestore(folder, save_freq), *more)

        with pytest.raises(KeyboardInterrupt, match="stop"):
            run(StopAt(*place))
        run()
        assert path.read_bytes() == whole, place


def test_the_state_of_another_callback_is_refused():
    with pytest.raises(KeyError, match="series"):
        Recorder().set_state({"record": {"moments": [], "epochs": []}, "batches": 0, "sums": {}, "counts": {}})


# -- what may come -------------------------------------------------------------------------------


def test_where_numbers_are_not_finite_there_is_nothing_to_see():
    minicnn.set_random_seed(0)
    model = Sequential([layers.Dense(3, "relu", name="a", input_shape=(4,)), layers.Dense(1, name="b")])
    model.compile(SGD(1e30), "mse")
    recorder = Recorder(x=X[:5, 0, :4, 0], y=np.ones((5, 1)))
    with np.errstate(all="ignore"):
        model.fit(X[:, 0, :4, 0], np.ones((20, 1)), epochs=2, verbose=0, callbacks=[recorder, TerminateOnNaN()])
    assert recorder.record.moments == [0]
    np.testing.assert_array_equal(np.isfinite(recorder.record.logs["loss"]), [True, False])


def test_a_model_that_learns_its_shape_from_the_first_batch():
    minicnn.set_random_seed(2)
    model = Sequential([layers.Conv2D(2, 3, name="conv"), layers.Flatten(), layers.Dense(3, "softmax", name="out")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    recorder = Recorder(every=2)
    batches = [(X[:5], Y[:5]), (X[5:10], Y[5:10])]
    model.fit(iter(batches * 2), steps_per_epoch=2, epochs=2, verbose=0, callbacks=[recorder])
    assert recorder.record.moments == [2, 4]
    assert recorder.record.of("kernels", "conv").shape == (2, 3, 3, 1, 2)


def test_frozen_layers_have_weights_but_do_not_move():
    model = network()
    model.get_layer("conv").trainable = False
    recorder = Recorder(**PROBE)
    fit(model, recorder)
    assert recorder.record.layers("weights") == ["conv", "norm", "conv2", "out"]
    assert recorder.record.layers("update_ratios") == ["norm", "conv2", "out"]
    assert recorder.record.layers("gradients") == ["norm", "conv2", "out"]


def test_a_model_without_anything_to_keep():
    model = Sequential([layers.Activation("tanh", input_shape=(2,), name="act")])
    model.compile("sgd", "mse")
    recorder = Recorder(x=np.ones((2, 2)))
    model.fit(np.ones((3, 2)), np.ones((3, 2)), verbose=0, callbacks=[recorder])
    assert recorder.record.moments == [0, 1]
    assert recorder.record.layers("dead_units") == ["act"]


def test_a_model_in_a_model():
    inner = Sequential([layers.Dense(4, "relu", name="first", input_shape=(3,))], name="inner")
    x = layers.Input((3,))
    model = Model(x, layers.Dense(2, "softmax", name="last")(inner(x)))
    model.compile("sgd", "sparse_categorical_crossentropy")
    recorder = Recorder(x=np.ones((2, 3)), y=[0, 1])
    model.fit(np.ones((4, 3)), [0, 1, 0, 1], verbose=0, callbacks=[recorder])
    assert set(recorder.record.layers("weights")) == {"inner/first", "last"}
    assert set(recorder.record.layers("update_ratios")) == {"inner/first", "last"}


def test_a_gif_of_the_kernels(tmp_path):
    recorder = Recorder(images=X[:1])
    fit(network(), recorder)
    recorder.write_gif(tmp_path / "kernels.gif")
    recorder.write_gif(tmp_path / "maps.gif", what="maps", layer="conv")
    assert (tmp_path / "kernels.gif").read_bytes()[:4] == (tmp_path / "maps.gif").read_bytes()[:4] == b"GIF8"


@pytest.mark.parametrize(("options", "message"), [
    ({"path": "record.txt"}, r"Recorder: a record is an \.npz file"),
    ({"every": 0}, "Recorder: every, when not 'epoch', must be an integer"),
    ({"every": "batch"}, "Recorder: every, when not 'epoch', must be an integer"),
    ({"maps": "conv"}, r"Recorder: maps are those of images. Pass images=x\[:2\], say"),
    ({"y": Y}, "Recorder: y goes with x"), ({"kernels": 3}, "Recorder: kernels must be names of layers")])
def test_wrong_options(options, message):
    with pytest.raises(MinicnnError, match=message):
        Recorder(**options)


@pytest.mark.parametrize(("options", "message"), [
    ({"kernels": "conv9"}, "layer 'conv9'.*Did you mean 'conv'"), ({"kernels": ["out"]}, "this layer has no kernels"),
    ({"images": X[:2], "maps": ["cnv"]}, "Recorder: maps: layer 'cnv'"),
    ({"images": X[0, 0]}, "Recorder: images: the data do not fit the model's input"),
    ({"x": X[0, 0]}, "dead_units: the data do not fit"), ({"x": X[:2], "y": Y[:3]}, "x and y are not of one length")])
def test_what_does_not_fit_the_model_is_told_before_the_first_batch(options, message):
    model = network()
    with pytest.raises(MinicnnError, match=message):
        fit(model, Recorder(**options))
    assert model.optimizer.iterations == 0


def test_a_folder_that_is_not_there_is_told_before_the_first_batch(tmp_path):
    model = network()
    with pytest.raises(MinicnnError, match="the folder cannot be written"):
        fit(model, Recorder(tmp_path / "none" / "record.npz"))
    assert model.optimizer.iterations == 0
