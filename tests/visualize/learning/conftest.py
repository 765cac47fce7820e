"""A record made by hand: three moments of a network of two layers, and a ReLU that stands between them."""

import numpy as np
import pytest

from minicnn.visualize.learning.record import Record


def make_record(unit="epoch", moments=(0, 1, 2), logs=True):
    rng = np.random.default_rng(7)
    record = Record(unit, order=["conv", "relu", "dense"], kinds={"relu": "dead", "dense": "saturated"})
    for i, moment in enumerate(moments):
        record.add(moment, {
            "kernels": {"conv": rng.normal(size=(3, 3, 1, 5)), "dense": rng.normal(size=(2, 2, 4, 3))},
            "maps": {"conv": rng.random((2, 6, 6, 5)), "dense": rng.normal(size=(2, 4))},
            "weights": {"conv": rng.integers(0, 9, 7), "dense": rng.integers(0, 9, 7)},
            "weight_limits": {"conv": 0.5 + i, "dense": 0.25},
            "gradients": {"conv": rng.integers(0, 9, 56), "dense": rng.integers(0, 9, 56)},
            "update_ratios": {"conv": 0.01 / (i or np.nan), "dense": 0.002 / (i or np.nan)},
            "dead_units": {"dense": 0.1 * i, "relu": 0.004 * i}})
    for epoch in range(2 if logs else 0):
        record.add_logs(epoch, {"loss": 2.0 - epoch, "accuracy": 0.5 + 0.1 * epoch, "val_loss": 3.0})
    return record


@pytest.fixture
def record():
    """Three moments, two epochs."""
    return make_record()


@pytest.fixture
def new_record():
    """`make_record`, for other units and moments."""
    return make_record
