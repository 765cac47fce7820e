"""Histograms of weights and gradients: every number counted, in the right bin."""

import numpy as np
import pytest

from minicnn import MinicnnError
from minicnn.layers import BatchNormalization, Conv2D, Dense, Flatten, MaxPooling2D
from minicnn.models import Sequential
from minicnn.visualize import gradient_histograms, histograms, weight_histograms
from minicnn.visualize.learning.histogram_sheet import median
from minicnn.visualize.learning.histograms import GRADIENT_EDGES, Histogram, rebinned

RNG = np.random.default_rng(3)
X, Y = RNG.random((8, 6, 6, 1)), RNG.integers(0, 3, 8)


def network():
    model = Sequential([Conv2D(4, 3, activation="relu", name="conv", input_shape=(6, 6, 1)), MaxPooling2D(2),
                        BatchNormalization(name="norm"), Flatten(), Dense(3, "softmax", name="out")], name="net")
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def test_all_learned_numbers_of_a_layer_are_counted():
    model = network()
    found = weight_histograms(model, bins=7)
    assert list(found) == ["conv", "norm", "out"]
    for name, histogram in found.items():
        numbers = np.concatenate([array.ravel() for array in model.get_layer(name).learned.values()])
        assert len(histogram.counts) == 7
        assert histogram.counts.sum() == numbers.size
        assert histogram.edges[-1] == -histogram.edges[0] == np.abs(numbers).max()
        for count, low, high in zip(histogram.counts, histogram.edges[:-1], histogram.edges[1:], strict=True):
            inside = (numbers >= low) & ((numbers < high) | (high == histogram.edges[-1]))
            assert inside.sum() == count
    # Running statistics are not learned: the layer has four numbers of gamma at 1, and four of beta at 0.
    assert found["norm"].counts.tolist() == [0, 0, 0, 4, 0, 0, 4]


def test_weights_that_are_all_zero():
    model = Sequential([Dense(2, kernel_initializer="zeros", input_shape=(3,), name="a")])
    histogram = weight_histograms(model)["a"]
    assert (histogram.edges[0], histogram.edges[-1]) == (-1, 1)
    assert histogram.counts[30] == histogram.counts.sum() == 8


def test_gradients_are_counted_by_their_power_of_ten():
    model = network()
    gradients = model.loss_gradients(X, Y)
    found = gradient_histograms(model, X, Y)
    assert list(found) == ["conv", "norm", "out"]
    for name, histogram in found.items():
        numbers = np.concatenate([g.ravel() for key, g in gradients.items() if key.startswith(f"{name}/")])
        np.testing.assert_array_equal(histogram.edges, GRADIENT_EDGES)
        assert histogram.counts.sum() == numbers.size
        above = np.abs(numbers) >= 1e-4
        assert histogram.counts[GRADIENT_EDGES[:-1] >= -4].sum() == above.sum()
    assert GRADIENT_EDGES.tolist()[:5] == [-12, -11.75, -11.5, -11.25, -11]


def test_zeros_are_in_the_first_bin_and_large_ones_in_the_last():
    model = Sequential([Dense(2, input_shape=(2,), name="a")])
    model.compile("sgd", "mse")
    counts = gradient_histograms(model, [[0.0, 1e6]], [[5e6, 5e6]])["a"].counts
    assert (counts[0], counts[-1], counts.sum()) == (2, 4, 6)  # the kernel's first row has no input


def test_bad_input():
    model = network()
    with pytest.raises(MinicnnError, match=r"weight_histograms: bins must be an integer"):
        weight_histograms(model, bins=0)
    with pytest.raises(MinicnnError, match=r"visualize.histograms: gradients need images and targets"):
        histograms(model, X)
    with pytest.raises(MinicnnError, match=r"weight_histograms: Sequential .*: no layer has weights"):
        weight_histograms(Sequential([Flatten(input_shape=(2, 2))]))
    model.trainable = False
    with pytest.raises(MinicnnError, match=r"gradient_histograms: Sequential 'net': no layer learns"):
        gradient_histograms(model, X, Y)
    model.get_layer("conv").params["bias"][2] = np.nan
    with pytest.raises(MinicnnError, match=r"weight_histograms: weights of 'conv': 1 of 40 values are not finite"):
        weight_histograms(model)


def test_rebinning_keeps_all_that_lies_within():
    counts, edges = RNG.integers(0, 9, 10), np.linspace(-1, 1, 11)
    np.testing.assert_allclose(rebinned(counts, edges, edges), counts)
    wide = rebinned(counts, edges, np.linspace(-3, 3, 62))
    assert wide.sum() == pytest.approx(counts.sum())
    assert (wide[np.abs(np.linspace(-3, 3, 62)[:-1] + 3 / 61) > 1.1] == 0).all()


# -- the figure ----------------------------------------------------------------------------------


def test_the_figure_holds_the_numbers(axes_of, legible):
    model = network()
    figure = histograms(model, X, Y, bins=9)
    axes = axes_of(figure)
    assert list(axes) == [f"weights of {n}" for n in ("conv", "norm", "out")] + [
        f"gradients of {n}" for n in ("conv", "norm", "out")]
    expected = [*weight_histograms(model, 9).values(), *gradient_histograms(model, X, Y).values()]
    for one, histogram in zip(axes.values(), expected, strict=True):
        values, edges, _ = one.patches[0].get_data()
        np.testing.assert_array_equal(values, histogram.counts)
        np.testing.assert_array_equal(edges, histogram.edges)
    assert axes["gradients of conv"].lines[0].get_xdata()[0] == median(expected[3])
    legible(figure)


def test_without_a_batch_there_are_weights_alone(axes_of, legible):
    figure = histograms(network())
    assert list(axes_of(figure)) == [f"weights of {name}" for name in ("conv", "norm", "out")]
    legible(figure)


def test_of_many_layers_the_first_and_the_last(axes_of, texts_of, legible):
    model = Sequential([Dense(2, input_shape=(2,), name="d0"), *(Dense(2, name=f"d{i}") for i in range(1, 30))])
    figure = histograms(model)
    assert list(axes_of(figure)) == [f"weights of d{i}" for i in (*range(12), *range(18, 30))]
    assert "the first 12 and the last 12 of 30 layers are drawn" in texts_of(figure)
    legible(figure)


def test_the_median():
    assert median(Histogram(np.array([1, 2, 1]), np.array([0.0, 1, 2, 3]))) == 1.5
