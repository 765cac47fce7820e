"""The page of a training, read back."""

import numpy as np
import pytest

from minicnn import MinicnnError
from minicnn.visualize import training_record
from minicnn.visualize.learning.histograms import rebinned
from minicnn.visualize.learning.record import Record

CELLS = ["weights of conv", "weights of dense", "gradients of conv", "gradients of dense", "update / weights of conv",
         "update / weights of dense", "dead or saturated units of relu", "dead or saturated units of dense"]


def shares(counts):
    return np.sqrt(counts / counts.sum())


def test_a_row_for_each_layer(record, axes_of, legible):
    figure = training_record(record)
    axes = axes_of(figure)
    assert list(axes) == ["loss", "accuracy", *CELLS]
    tops = [axes[f"weights of {name}"].get_position().y1 for name in ("conv", "dense")]
    assert tops[0] > axes["dead or saturated units of relu"].get_position().y1 > tops[1]
    legible(figure)


def test_the_numbers_are_those_of_the_record(record, axes_of):
    axes = axes_of(training_record(record))
    assert axes["loss"].lines[0].get_xydata().tolist() == [[1, 2.0], [2, 1.0]]
    for layer in ("conv", "dense"):
        heat = np.asarray(axes[f"gradients of {layer}"].collections[0].get_array())
        for moment, counts in enumerate(record.of("gradients", layer)):
            np.testing.assert_allclose(heat[:, moment], shares(counts))
        line = axes[f"update / weights of {layer}"].lines[0]
        np.testing.assert_array_equal(line.get_xydata(), np.c_[[0, 1, 2], record.of("update_ratios", layer)])
        assert set(axes[f"update / weights of {layer}"].lines[1].get_ydata()) == {1e-3}
    np.testing.assert_array_equal(axes["dead or saturated units of relu"].lines[0].get_ydata(), [0, 0.004, 0.008])


def test_weights_of_all_moments_stand_on_one_scale(record, axes_of):
    axes = axes_of(training_record(record))["weights of conv"]
    heat = np.asarray(axes.collections[0].get_array())
    limits, edges = [0.5, 1.5, 2.5], np.linspace(-2.5, 2.5, 8)
    for moment, counts in enumerate(record.of("weights", "conv")):
        own = np.linspace(-limits[moment], limits[moment], 8)
        np.testing.assert_allclose(heat[:, moment], shares(rebinned(counts, own, edges)))
    assert (heat[[0, 1, 5, 6], 0] == 0).all()  # at first all weights were near zero
    assert axes.get_ylim() == (-2.5, 2.5)


def test_it_says_how_much_is_dead_at_the_end(record, texts_of):
    texts = texts_of(training_record(record))
    assert {"1 % dead", "20 % saturated", "2 epochs; 3 moments were recorded"} <= set(texts)
    record.series["dead_units"]["relu"][-1] = np.array(0.001)
    assert "< 1 % dead" in texts_of(training_record(record))


def test_columns_of_what_was_kept_alone(axes_of, legible):
    record = Record("batch", order=["a"])
    record.add(0, {"weights": {"a": [1, 2, 1]}, "weight_limits": {"a": 1.0}, "kernels": {"a": np.ones((1, 1, 1, 1))}})
    figure = training_record(record)
    assert list(axes_of(figure)) == ["weights of a"]
    legible(figure)


@pytest.mark.parametrize("make", [
    {"unit": "batch", "moments": (0, 50, 100, 5000)}, {"moments": (7,)}, {"moments": range(200)}, {"logs": False}],
    ids=str)
def test_texts_are_legible(new_record, make, legible):
    legible(training_record(new_record(**make)))


def test_of_many_layers_the_first_and_the_last(axes_of, texts_of, legible):
    names = [f"layer_{i}" for i in range(60)]
    record = Record(order=names)
    for moment in range(2):
        record.add(moment, {"weights": {name: [1, 2, 1] for name in names},
                            "weight_limits": dict.fromkeys(names, 10.0 ** -moment)})
    figure = training_record(record)
    assert list(axes_of(figure)) == [f"weights of layer_{i}" for i in (*range(12), *range(48, 60))]
    assert any("the first 12 and the last 12 of 60 layers are drawn" in text for text in texts_of(figure))
    legible(figure)


def test_files_and_recorders_do_as_well(record, tmp_path, axes_of):
    class Keeper:
        pass

    keeper = Keeper()
    keeper.record = record
    record.write(tmp_path / "record.npz")
    for same in (keeper, tmp_path / "record.npz", str(tmp_path / "record.npz")):
        assert list(axes_of(training_record(same))) == ["loss", "accuracy", *CELLS]


def test_nothing_was_recorded():
    with pytest.raises(MinicnnError, match=r"visualize.training_record: nothing was recorded. .* Pass the Recorder to"):
        training_record(Record())
