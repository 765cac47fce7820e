"""Setting the learning rate: what the comparison with Keras does not show."""

import functools
import inspect

import numpy as np
import pytest
from callback_cases import PLATEAU, WITHOUT
from callback_driver import StandIn, moments, new_record, play

from minicnn import MinicnnError
from minicnn.callbacks import LearningRateScheduler, ReduceLROnPlateau
from minicnn.schedules import PiecewiseConstantDecay

SCHEDULED = [LearningRateScheduler(lambda epoch: 0.1), ReduceLROnPlateau()]


def run(callback, history, rate=0.5):
    model = StandIn(rate)
    callback.set_model(model)
    record = new_record()
    play(model, [callback], list(moments(0, history, 0)), record)
    return record


def test_the_rate_is_set_before_the_epoch_and_told_after_it():
    record = run(LearningRateScheduler(lambda epoch, rate: rate / 2), WITHOUT)
    assert record["rates"] == [0.25, 0.125, 0.0625]
    assert record["added"] == [{"learning_rate": 0.25}, {"learning_rate": 0.125}, {"learning_rate": 0.0625}]


def test_a_second_run_sets_the_rate_of_the_same_epoch_again():
    callback = LearningRateScheduler(lambda epoch, rate: rate / 2)
    assert run(callback, WITHOUT[:1])["rates"] == run(callback, WITHOUT[:1])["rates"] == [0.25]


def test_the_rate_told_by_a_reduction_is_that_of_the_epoch():
    record = run(ReduceLROnPlateau(monitor="loss", patience=1, factor=0.5), [{"loss": 1.0}] * 3)
    assert [logs["learning_rate"] for logs in record["added"]] == [0.5, 0.5, 0.25]
    assert record["rates"] == [0.5, 0.25, 0.125]


class Method:
    def schedule(self, epoch):
        return 0.5 ** (epoch + 1)


@pytest.mark.parametrize(("schedule", "rates"), [
    (Method().schedule, [0.5, 0.25, 0.125]), (lambda *args: 0.5 / len(args), [0.25, 0.25, 0.25]),
    (lambda epoch, rate=0.0: rate / 2, [0.25, 0.125, 0.0625]),
    (functools.partial(lambda rate, epoch: rate / (epoch + 1), 0.5), [0.5, 0.25, 0.5 / 3]),
    (PiecewiseConstantDecay([0, 1], [0.5, 0.25, 0.125]), [0.5, 0.25, 0.125])])
def test_functions_of_one_argument_and_of_two(schedule, rates):
    assert run(LearningRateScheduler(schedule), WITHOUT)["rates"] == pytest.approx(rates, rel=1e-7)


def test_functions_that_do_not_tell_what_they_take_are_given_both():
    with pytest.raises(ValueError, match="no signature found"):
        inspect.signature(max)
    with pytest.raises(MinicnnError, match=r"epoch 2: schedule must return a float\. Received 1"):  # max(1, rate)
        run(LearningRateScheduler(max), WITHOUT)


def test_an_error_in_the_schedule_is_not_taken_for_one_of_its_arguments():
    def schedule(epoch, rate=None):
        return "a" + 1

    with pytest.raises(TypeError, match="can only concatenate str"):
        run(LearningRateScheduler(schedule), WITHOUT)


@pytest.mark.parametrize(("rate", "match"), [
    (1, "schedule must return a float. Received 1"), (None, "schedule must return a float. Received None"),
    (True, "schedule must return a float. Received True"), (-0.1, "the learning rate must be a number"),
    (np.nan, "the learning rate must be a number"), (np.inf, "the learning rate must be a number")])
def test_what_is_no_rate(rate, match):
    with pytest.raises(MinicnnError, match=f"LearningRateScheduler, epoch 1: {match}"):
        run(LearningRateScheduler(lambda epoch: rate), WITHOUT)


@pytest.mark.parametrize("callback", SCHEDULED, ids=lambda callback: type(callback).__name__)
def test_a_schedule_in_the_optimizer_is_refused_before_the_first_epoch(callback):
    callback.set_model(StandIn(PiecewiseConstantDecay([1], [0.1, 0.01])))
    with pytest.raises(MinicnnError, match=f"{type(callback).__name__}: the learning rate of the optimizer cannot be "
                                           "set. Expected a number, received PiecewiseConstantDecay. Compile with"):
        callback.on_train_begin()


@pytest.mark.parametrize(("options", "match"), [
    ({"factor": 1.0}, "factor must be a number"), ({"factor": -0.5}, "factor must be a number"),
    ({"min_lr": -1}, "min_lr must be a number"), ({"cooldown": -1}, "cooldown must be an integer")])
def test_wrong_arguments_of_a_reduction(options, match):
    with pytest.raises(MinicnnError, match=f"ReduceLROnPlateau: {match}"):
        ReduceLROnPlateau(**options)


def test_wrong_arguments_of_a_scheduler():
    with pytest.raises(MinicnnError, match="LearningRateScheduler: schedule must be a function"):
        LearningRateScheduler(0.1)
    with pytest.raises(MinicnnError, match="LearningRateScheduler: unknown verbosity"):
        LearningRateScheduler(lambda epoch: 0.1, verbose="auto")


def test_a_reduction_forgets_earlier_runs():
    callback = ReduceLROnPlateau(patience=2, factor=0.5, cooldown=1)
    assert run(callback, PLATEAU)["rates"] == run(callback, PLATEAU)["rates"]
    assert callback.in_cooldown() is False


def test_the_rates_are_read_in_single_precision():
    """So that what is printed and decided is what Keras prints and decides."""
    record = run(LearningRateScheduler(lambda epoch, rate: rate, verbose=1), WITHOUT[:1], rate=0.001)
    assert record["printed"] == ("\nEpoch 1: LearningRateScheduler setting learning rate to "
                                 "0.0010000000474974513.\n")
