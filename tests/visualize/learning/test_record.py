"""The record of a training as arrays and as a file."""

import numpy as np
import pytest

from minicnn import MinicnnError, saving
from minicnn.layers import Dense
from minicnn.models import Sequential
from minicnn.visualize.learning.record import Record, read_record, record_from


def test_arrays_have_a_time_axis(record):
    assert record.moments == [0, 1, 2]
    assert record.of("kernels", "conv").shape == (3, 3, 3, 1, 5)
    assert record.of("weight_limits", "conv").tolist() == [0.5, 1.5, 2.5]
    assert record.of("dead_units", "relu").tolist() == [0, 0.004, 0.008]
    assert record.layers("dead_units") == ["relu", "dense"]  # in the order of the network
    assert Record().layers("maps") == []


def test_what_was_not_kept(record):
    with pytest.raises(MinicnnError, match=r"record: maps of 'relu': this was not kept. .*maps of conv, dense; w"):
        record.of("maps", "relu")
    with pytest.raises(MinicnnError, match=r"record: kind 'kernel': no such name .* Did you mean 'kernels'"):
        record.layers("kernel")


def test_a_kept_array_is_a_copy():
    record, array = Record(), np.ones(2)
    record.add(0, {"maps": {"a": array}})
    array[:] = 5
    assert record.of("maps", "a").tolist() == [[1, 1]]


def test_figures_of_epochs_have_one_length():
    record = Record()
    record.add_logs(3, {"loss": 1.0})
    record.add_logs(4, {"loss": 0.5, "val_loss": 2.0})
    record.add_logs(5, {"val_loss": 3.0})
    assert record.epochs == [3, 4, 5]
    np.testing.assert_array_equal(record.logs["loss"], [1.0, 0.5, np.nan])
    np.testing.assert_array_equal(record.logs["val_loss"], [np.nan, 2.0, 3.0])


def test_a_file_gives_it_back(record, tmp_path):
    record.write(tmp_path / "record.npz")
    again = read_record(tmp_path / "record.npz")
    assert (again.unit, again.moments, again.logs, again.epochs, again.order, again.kinds) == (
        record.unit, record.moments, record.logs, record.epochs, record.order, record.kinds)
    assert {kind: list(layers) for kind, layers in again.series.items()} == {
        kind: list(layers) for kind, layers in record.series.items()}
    for kind, layers in record.series.items():
        for layer in layers:
            np.testing.assert_array_equal(again.of(kind, layer), record.of(kind, layer))
            assert again.of(kind, layer).dtype == record.of(kind, layer).dtype
    again.add(3, {kind: {layer: again.of(kind, layer)[0] for layer in layers} for kind, layers in again.series.items()})
    assert again.of("maps", "conv").shape == (4, 2, 6, 6, 5)  # it goes on
    with np.load(tmp_path / "record.npz", allow_pickle=False) as arrays:
        assert all(array.dtype != object for array in arrays.values())


def test_an_empty_record_is_one(tmp_path):
    Record("batch").write(tmp_path / "record.npz")
    assert read_record(tmp_path / "record.npz") == Record("batch")


@pytest.mark.parametrize("change", [
    {"unit": "year"}, {"moments": [0]}, {"moments": "abc"}, {"series": {"pictures": {}}}, {"logs": {"loss": [1.0]}},
    {"kinds": 3}, {"order": None}, {"series": {"maps": [1, 2]}}], ids=str)
def test_a_damaged_state(record, change):
    with pytest.raises((KeyError, TypeError, ValueError, AttributeError), match=r"."):
        record_from(record.state() | change)


def test_a_file_that_is_no_record(record, tmp_path):
    model = tmp_path / "model.npz"
    Sequential([Dense(2, input_shape=(2,))]).save(model)
    with pytest.raises(MinicnnError, match=r"model.npz': this is no record of a training. Expected a file that a Rec"):
        read_record(model)
    saving.write(model, {"record": {"dict": {"unit": "epoch"}}}, {})
    with pytest.raises(MinicnnError, match=r"this is no record of a training.*KeyError"):
        read_record(model)
    with pytest.raises(MinicnnError, match="there is no such file"):
        read_record(tmp_path / "other.npz")
