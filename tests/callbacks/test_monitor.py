"""Which way a figure is better, and when it has become better."""

import numpy as np
import pytest

from minicnn import MinicnnError
from minicnn.callbacks import EarlyStopping, ModelCheckpoint, ReduceLROnPlateau
from minicnn.callbacks.monitor import MonitorCallback, better

BOTH_DECIDE = (EarlyStopping, ReduceLROnPlateau)


@pytest.mark.parametrize("name", ["acc", "accuracy", "val_accuracy", "binary_accuracy", "top_5_accuracy", "auc",
                                  "auc_2", "val_precision_1", "recall", "f1_score", "mean_io_u", "cosine_similarity"])
def test_better_large(name):
    assert better(name) == "max"


@pytest.mark.parametrize("name", ["loss", "val_loss", "decoder_loss", "mse", "val_mae", "mean_squared_error",
                                  "sparse_categorical_crossentropy", "squared_hinge", "kl_divergence"])
def test_better_small(name):
    assert better(name) == "min"


@pytest.mark.parametrize("name", ["", "val_", "gloss", "brier_score", "learning_rate", "false_positives",
                                  "accuracy_rate"])
def test_not_known(name):
    assert better(name) is None


@pytest.mark.parametrize("kind", BOTH_DECIDE)
def test_an_unknown_way_is_refused_at_once(kind):
    with pytest.raises(MinicnnError, match=rf"{kind.__name__}: whether 'depth' is better .* Pass mode='min' or 'max'|"
                                           r"Pass mode='min' or mode='max'"):
        kind(monitor="depth")
    assert kind(monitor="depth", mode="max").direction() == "max"


def test_a_checkpoint_needs_no_way_unless_it_keeps_the_best():
    assert ModelCheckpoint("m.npz", monitor="depth").monitor == "depth"
    with pytest.raises(MinicnnError, match="ModelCheckpoint: whether 'depth' is better"):
        ModelCheckpoint("m.npz", monitor="depth", save_best_only=True)


@pytest.mark.parametrize("kind", BOTH_DECIDE)
def test_wrong_arguments(kind):
    where = kind.__name__
    with pytest.raises(MinicnnError, match=f"{where}: unknown mode. Expected 'auto', 'min' or 'max', received 'up'"):
        kind(mode="up")
    with pytest.raises(MinicnnError, match=f"{where}: monitor must be the name of a figure"):
        kind(monitor=None)
    with pytest.raises(MinicnnError, match=f"{where}: min_delta must be a number"):
        kind(min_delta="0.1")
    with pytest.raises(MinicnnError, match=f"{where}: patience must be an integer"):
        kind(patience=1.5)
    with pytest.raises(MinicnnError, match=f"{where}: unknown verbosity"):
        kind(verbose=3)


@pytest.mark.parametrize(("mode", "value", "improved"), [
    ("min", 0.8, False), ("min", 0.79, True), ("min", 0.85, False), ("max", 1.0, False), ("max", 1.01, True),
    ("max", 0.95, False)])
def test_by_more_than_min_delta(mode, value, improved):
    assert MonitorCallback("figure", mode, min_delta=0.1).is_improvement(value, 0.9) is improved


def test_single_precision_decides():
    watching = MonitorCallback("loss", "auto", min_delta=0.1)
    assert 0.7 + 0.1 < 0.8
    assert not watching.is_improvement(0.7, 0.8)
    assert not MonitorCallback("loss", "auto").is_improvement(1 - 1e-9, 1.0)
    assert MonitorCallback("loss", "auto").is_improvement(1 - 1e-7, 1.0)


def test_no_number_is_an_improvement_but_the_first():
    watching = MonitorCallback("loss", "auto")
    assert watching.is_improvement(np.nan, None)
    assert not watching.is_improvement(np.nan, 1.0)
    assert not watching.is_improvement(1.0, np.nan)
    assert watching.is_improvement(1.0, np.inf)
    assert not watching.is_improvement(1e300, 1e200), "both are infinite in single precision"
