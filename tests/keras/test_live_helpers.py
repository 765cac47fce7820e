"""The small things that minicnn does as Keras does: one-hot rows, the validation cut, figures in progress lines."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from minicnn import callbacks, utils
from minicnn.feeding import split


@pytest.mark.parametrize(("labels", "classes"), [
    ([0, 2, 1], None), ([0, 2, 1], 5), ([[1], [0]], None), ([[1, 2], [0, 1]], 3), (np.arange(10, dtype=np.uint8), 10),
])
def test_to_categorical(keras, labels, classes):
    ours, theirs = utils.to_categorical(labels, classes), keras.utils.to_categorical(labels, classes)
    assert ours.dtype == theirs.dtype
    np.testing.assert_array_equal(ours, theirs)


# In the last three n * (1 - fraction) is a whole number, but a rounding error below it in floating point.
@pytest.mark.parametrize(("rows", "fraction"), [(10, 0.1), (10, 0.25), (11, 0.5), (7, 0.3), (3, 0.34), (20, 0.05),
                                                (29, 0.9), (10, 0.8), (25, 0.56), (50, 0.34)])
def test_the_validation_split_is_cut_where_keras_cuts(keras, rows, fraction):
    x = np.arange(rows, dtype=np.float32)[:, None]
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    # The outputs are and stay zero, so the losses are the means of y on either side: they tell where the cut is.
    model.compile(keras.optimizers.SGD(0.0), "mean_absolute_error")
    history = model.fit(x, x, epochs=1, verbose=0, validation_split=fraction, batch_size=rows).history
    (train,), (valid,) = split((x,), fraction)
    assert history["loss"][0] == pytest.approx(train.mean())
    assert history["val_loss"][0] == pytest.approx(valid.mean())


# -- the progress line ---------------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch, keras):
    """The time for both libraries' progress bars: a list of one number of seconds."""
    now = [1000.0]
    fake = SimpleNamespace(time=lambda: now[0], perf_counter=lambda: now[0])
    for bar in (keras.utils.Progbar, callbacks.ProgressBar):
        monkeypatch.setattr(sys.modules[bar.__module__], "time", fake)
    return now


@pytest.fixture
def keras_line(keras, clock, capsys):
    """What Keras prints when ``done`` of so many steps took so many seconds."""
    def line(*, done, steps, seconds, verbose=2, **figures):
        bar = keras.utils.Progbar(steps, verbose=verbose, stateful_metrics=list(figures))
        clock[0] += seconds
        bar.update(done, list(figures.items()))
        return capsys.readouterr().out

    return line


VALUES = [0.0, 1.0, 0.98765, 2.302585, 0.5, 0.0011, 0.001, 0.00099, 1.2345e-5, 12345.678, 1e-3 + 1e-9]


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("verbose", [1, 2])
def test_a_figure(keras_line, value, verbose):
    line = keras_line(done=9, steps=9, seconds=1, verbose=verbose, loss=value)
    assert line.rstrip().endswith(f" - loss: {callbacks.figure(value)}")


@pytest.mark.parametrize("seconds", [0.0, 2.6e-05, 4.3e-4, 0.0014, 0.0272, 0.8493, 1.2, 17.3])
def test_the_time_of_a_step(keras_line, seconds):
    line = keras_line(done=8, steps=8, seconds=8 * seconds)
    assert f" - {callbacks.step_time(seconds)}" in line


@pytest.mark.parametrize("seconds", [0.4, 7.5, 59.5, 61.5, 754.5, 3599.5, 3601.5, 40000.5])
def test_the_time_that_is_left(keras_line, seconds):
    # Half of the steps took as long as the other half will.
    line = keras_line(done=4, steps=8, seconds=seconds, verbose=1)
    assert f"\x1b[1m{callbacks.duration(seconds)}\x1b[0m" in line


@pytest.mark.parametrize("seconds", [0.2, 1.2, 17.7, 75.6])
def test_the_line_of_an_epoch(keras_line, clock, capsys, seconds):
    figures = {"accuracy": 0.9, "loss": 0.3, "val_accuracy": 0.95, "val_loss": 0.1}
    theirs = keras_line(done=469, steps=469, seconds=seconds, **figures)
    ours = callbacks.ProgressBar(469, verbose=2)
    clock[0] += seconds
    ours.update(469, figures)
    ours.finish(figures)
    assert capsys.readouterr().out == theirs
