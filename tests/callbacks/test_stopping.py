"""Ending early: what the comparison with Keras does not show."""

import numpy as np
import pytest
from callback_cases import FALL_AND_RISE
from callback_driver import StandIn, moments, new_record, play

from minicnn import MinicnnError
from minicnn.callbacks import Callback, CallbackList, EarlyStopping, TerminateOnNaN


def run(callback, history, model=None, batches=0):
    model = model or StandIn()
    callback.set_model(model)
    record = new_record()
    play(model, [callback], list(moments(0, history, batches)), record)
    return model, record


def test_the_weights_kept_are_copies():
    model, _ = run(EarlyStopping(patience=10, restore_best_weights=True), FALL_AND_RISE)
    assert model.weights == 8
    callback = EarlyStopping(patience=3, restore_best_weights=True)
    model, record = run(callback, FALL_AND_RISE)
    assert (len(record["epochs"]), model.weights) == (8, 4)
    model.weights[...] = 99
    np.testing.assert_array_equal(callback.best_weights[0], [4])


def test_weights_are_kept_only_when_asked_for():
    callback = EarlyStopping(patience=3)
    run(callback, FALL_AND_RISE)
    assert callback.best_weights is None


@pytest.mark.parametrize(("options", "match"), [
    ({"baseline": "low"}, "baseline must be a number or None"), ({"baseline": np.nan}, "baseline must be a number or"),
    ({"start_from_epoch": -1}, "start_from_epoch must be an integer"),
    ({"patience": -1}, "patience must be an integer")])
def test_wrong_arguments(options, match):
    with pytest.raises(MinicnnError, match=f"EarlyStopping: {match}"):
        EarlyStopping(**options)


def test_a_baseline_may_be_infinite():
    _, record = run(EarlyStopping(patience=1, baseline=np.inf), FALL_AND_RISE)
    assert len(record["epochs"]) == 4


def test_no_figures_at_all():
    _, record = run(EarlyStopping(), [{}])
    assert record["warned"] == ["Early stopping conditioned on metric `val_loss` which is not available. "
                                "Available metrics are: "]
    with pytest.warns(UserWarning, match="Early stopping conditioned on metric `val_loss`"):
        EarlyStopping().on_epoch_end(0)


# -- not a number -------------------------------------------------------------------------------------

def test_it_stops_within_the_epoch():
    model, record = run(TerminateOnNaN(), [{"loss": 1.0}, {"loss": np.nan}, {"loss": 1.0}], batches=5)
    assert model.stop_training
    assert record["epochs"] == [0, 1]
    assert record["printed"] == "Batch 1: Invalid loss, terminating training\n"


@pytest.mark.parametrize("loss", [np.nan, np.inf, -np.inf, np.float32("nan")])
def test_what_is_no_number(loss):
    with pytest.raises(RuntimeError, match=r"NaN or Inf loss encountered at batch 7. Loss value: -?(nan|inf)\."):
        TerminateOnNaN(raise_error=True).on_train_batch_end(7, {"loss": loss})


def test_other_figures_may_be_no_numbers():
    for logs in ({"loss": 1e300, "accuracy": np.nan}, {"accuracy": np.nan}, {}, None):
        TerminateOnNaN(raise_error=True).on_train_batch_end(0, logs)


def test_the_list_knows_whether_a_loss_may_be_no_number():
    assert not CallbackList([Callback(), EarlyStopping()], None, {}).tolerates_nan
    hooks = CallbackList([Callback()], None, {})
    hooks.add(TerminateOnNaN(), Callback())
    assert hooks.tolerates_nan
    assert not Callback.tolerates_nan
