"""Progress lines, on a terminal and off it, with a clock that the tests turn."""

import sys

import numpy as np
import pytest

from minicnn import Input, Sequential, _progress
from minicnn.callbacks import ProgbarLogger, ProgressBar, duration, figure, step_time
from minicnn.layers import Dense

CELLS = "━" * 20
LOGS = {"loss": 0.43211, "accuracy": 0.81234}


@pytest.fixture
def clock(monkeypatch):
    """Seconds as the progress bar sees them: ``clock.now = 3``."""

    class Clock:
        now = 0.0

    monkeypatch.setattr(_progress.time, "perf_counter", lambda: Clock.now)
    return Clock


@pytest.fixture
def terminal(monkeypatch, capsys):
    # The class, since capsys gives the fixtures and the test an object each.
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda self: True)


def bold(text):
    return f"\x1b[1m{text}\x1b[0m"


def cells(done):
    return f"\x1b[32m{'━' * done}\x1b[0m\x1b[37m{'━' * (20 - done)}\x1b[0m"


def test_a_bar_that_is_redrawn_on_a_terminal(clock, terminal, capsys):
    bar = ProgressBar(469)
    clock.now = 0.04
    bar.update(1, LOGS)
    assert capsys.readouterr().out == ""  # too soon after the start
    clock.now = 0.4
    bar.update(200, LOGS)
    line = f"{bold('200/469')} {cells(8)} {bold('0s')} 2ms/step - accuracy: 0.8123 - loss: 0.4321"
    assert capsys.readouterr().out == "\r" + line
    clock.now = 0.449
    bar.update(220, LOGS)
    assert capsys.readouterr().out == ""  # too soon after the last drawing
    clock.now = 0.46
    bar.update(469, LOGS)
    assert capsys.readouterr().out == ""  # the last line is that of `finish`
    clock.now = 9.6
    bar.finish({"loss": 0.0001})
    line = f"{bold('469/469')} {cells(20)} {bold('10s')} 20ms/step - loss: 1.0000e-04"
    ended = capsys.readouterr().out
    assert ended.startswith("\r" + line)
    assert ended.endswith("\n")
    assert len(ended.strip("\r\n")) == len(f"{bold('200/469')} {cells(8)} {bold('0s')} 2ms/step"
                                           " - accuracy: 0.8123 - loss: 0.4321")  # wipes out the longer line


def test_the_time_is_what_is_left_until_it_is_what_it_took(clock, terminal, capsys):
    bar = ProgressBar(100)
    clock.now = 10.0
    bar.update(4, {})
    assert bold("4:00") + " 2s/step" in capsys.readouterr().out  # 96 steps of 2.5 s
    clock.now = 250.0
    bar.update(100, {})
    bar.finish({})
    assert bold("250s") + " 2s/step" in capsys.readouterr().out  # Keras counts the seconds here


def test_counts_are_aligned(clock, terminal, capsys):
    bar = ProgressBar(1000)
    clock.now = 1.0
    bar.update(7, {})
    assert bold("   7/1000") in capsys.readouterr().out


@pytest.mark.parametrize(("done", "filled"), [(1, 0), (5, 1), (50, 10), (99, 19)])
def test_cells_fill_up(clock, terminal, capsys, done, filled):
    bar = ProgressBar(100)
    clock.now = 1.0
    bar.update(done, {})
    assert f" {cells(filled)} " in capsys.readouterr().out


def test_off_a_terminal_only_the_end_is_printed(clock, capsys):
    bar = ProgressBar(469)
    for done in range(1, 470):
        clock.now = done * 0.1
        bar.update(done, LOGS)
    assert capsys.readouterr().out == ""
    bar.finish(LOGS)
    assert capsys.readouterr().out == f"469/469 {CELLS} 47s 100ms/step - accuracy: 0.8123 - loss: 0.4321\n"


@pytest.mark.parametrize("on_terminal", [True, False])
def test_one_line_with_verbose_2(clock, capsys, monkeypatch, on_terminal):
    monkeypatch.setattr("sys.stdout.isatty", lambda: on_terminal)
    bar = ProgressBar(469, verbose=2)
    clock.now = 1.5
    bar.update(469, LOGS)
    bar.finish({**LOGS, "val_loss": 0.1, "val_accuracy": 0.95})
    assert capsys.readouterr().out == ("469/469 - 2s - 3ms/step - accuracy: 0.8123 - loss: 0.4321 - "
                                       "val_accuracy: 0.9500 - val_loss: 0.1000\n")


def test_verbose_0_is_silent(clock, terminal, capsys):
    bar = ProgressBar(3, verbose=0)
    clock.now = 5.0
    bar.update(2, LOGS)
    bar.finish(LOGS)
    assert capsys.readouterr().out == ""


def test_a_patient_bar_says_nothing_of_what_is_over_soon(clock, terminal, capsys):
    bar = ProgressBar(4, patience=2.0)
    clock.now = 1.9
    bar.update(1, {})
    bar.finish({})
    assert capsys.readouterr().out == ""
    clock.now = 2.1
    bar.update(2, {})
    assert "2/4" in capsys.readouterr().out
    bar.finish({})
    assert capsys.readouterr().out.endswith("1s/step\n")


def test_an_unknown_number_of_steps(clock, capsys):
    bar = ProgressBar(None)
    bar.update(7, {})
    clock.now = 7.0
    bar.finish({"loss": 1.0})
    assert capsys.readouterr().out == f"      7/Unknown {CELLS} 7s 1s/step - loss: 1.0000\n"


@pytest.mark.parametrize(("value", "text"), [
    (0.9, "0.9000"), (12.34567, "12.3457"), (-0.5, "-0.5000"), (0.0010001, "0.0010"), (0.001, "1.0000e-03"),
    (0.00012, "1.2000e-04"), (0.0, "0.0000e+00"), (-0.0002, "-2.0000e-04"), (1e6, "1000000.0000")])
def test_figures(value, text):
    assert figure(value) == text


@pytest.mark.parametrize(("seconds", "text"), [
    (0, "0s"), (0.9, "0s"), (7.2, "7s"), (59.9, "59s"), (67, "1:07"), (600, "10:00"), (3599, "59:59"),
    (3667, "1:01:07"), (36_000, "10:00:00"), (360_000, "100:00:00")])
def test_durations(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(("seconds", "text"), [
    (0, "0s/step"), (14e-6, "14us/step"), (9.994e-4, "999us/step"), (1e-3, "1ms/step"), (0.0034, "3ms/step"),
    (0.154, "154ms/step"), (1.0, "1s/step"), (2.4, "2s/step")])
def test_step_times(seconds, text):
    assert step_time(seconds) == text


def test_keras_words_the_same(keras, clock, capsys, monkeypatch):
    """Its progress bar and ours, at the end, with the same figures and the same clock."""
    from keras.src.utils import progbar

    monkeypatch.setattr(progbar.time, "time", lambda: clock.now)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    for seconds in (0.0123, 3.7, 75.0, 4000.0):
        clock.now = 0.0
        ours, theirs = ProgressBar(8), progbar.Progbar(8, stateful_metrics=["loss", "accuracy"])
        clock.now = seconds
        ours.update(8, LOGS)
        ours.finish(LOGS)
        written = capsys.readouterr().out.strip("\r\n")
        theirs.update(8, sorted(LOGS.items()))
        assert written == capsys.readouterr().out.strip("\b\r\n")


# -- around fit, evaluate and predict ------------------------------------------------------------


@pytest.fixture
def model():
    network = Sequential([Input((3,)), Dense(2, kernel_initializer="zeros")])
    network.compile("sgd", "mse", metrics=["accuracy"])
    network.fit(np.zeros((1, 3)), np.zeros((1, 2)), verbose=0)  # kernels are compiled, and not spoken of below
    return network


X, Y = np.zeros((10, 3)), np.ones((10, 2))


def test_fit_prints_an_epoch_and_its_bar(model, clock, capsys):
    model.fit(X, Y, epochs=2, batch_size=4)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0::2] == ["Epoch 1/2", "Epoch 2/2"]
    assert lines[1].startswith(f"3/3 {CELLS} 0s 0s/step - accuracy: 1.0000 - loss: 0.9")


def test_one_epoch_has_no_headline(model, clock, capsys):
    model.fit(X, Y, verbose=2, validation_data=(X, Y))
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("1/1 - 0s - 0s/step - accuracy: 1.0000 - loss: 1.0000 - val_accuracy: 1.0000 - val_loss: 0")


def test_fit_is_silent_when_asked(model, capsys):
    model.fit(X, Y, epochs=2, verbose=0, validation_split=0.5)
    assert capsys.readouterr() == ("", "")


def test_evaluate_and_predict_print_a_bar(model, clock, capsys):
    model.evaluate(X, Y)
    model.predict(X, batch_size=4)
    assert capsys.readouterr().out == (f"1/1 {CELLS} 0s 0s/step - accuracy: 1.0000 - loss: 1.0000\n"
                                       f"3/3 {CELLS} 0s 0s/step\n")
    model.predict(X, verbose=2)
    assert capsys.readouterr().out == "1/1 - 0s - 0s/step\n"
    model.predict_classes(X)
    assert capsys.readouterr().out == ""


def test_the_logger_starts_a_bar_for_each_epoch(clock, capsys):
    logger = ProgbarLogger(2)
    logger.set_params({"epochs": 2, "steps": 5, "verbose": 2})
    for epoch, seconds in enumerate((1.0, 4.0)):
        logger.on_epoch_begin(epoch)
        clock.now = seconds
        for batch in range(5):
            logger.on_train_batch_end(batch, {"loss": 1.0})
        logger.on_epoch_end(epoch, {"loss": 2.0})
    assert capsys.readouterr().out.splitlines() == [
        "Epoch 1/2", "5/5 - 1s - 200ms/step - loss: 2.0000", "Epoch 2/2", "5/5 - 3s - 600ms/step - loss: 2.0000"]


def test_long_work_is_watched(clock, terminal, capsys):
    for part in _progress.watched(["a", "b", "c", "d"], "occlusion"):
        clock.now += 1.0
        assert capsys.readouterr().out.count("occlusion") == (part in "cd")  # after two seconds
    assert capsys.readouterr().out == f"\rocclusion: {bold('4/4')} {cells(20)} {bold('4s')} 1s/step\n"


def test_watching_can_be_switched_off(clock, terminal, capsys):
    for _ in _progress.watched(range(4), "occlusion", verbose=0):
        clock.now += 5
    assert capsys.readouterr().out == ""
