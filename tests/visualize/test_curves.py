"""Learning curves, read back."""

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.callbacks import History
from minicnn.visualize import learning_curves

FULL = {"accuracy": [0.5, 0.75, 0.8], "loss": [3.0, 2.0, 1.0], "val_accuracy": [0.4, 0.6, 0.7],
        "val_loss": [3.5, 2.5, 2.0]}


def lines(axes):
    return {line.get_label().split(",")[0]: line.get_xydata() for line in axes.lines}


def test_two_panels_with_training_and_validation():
    figure = learning_curves(FULL)
    assert [axes.get_label() for axes in figure.axes] == ["loss", "accuracy"]
    for axes in figure.axes:
        name = axes.get_label()
        assert axes.get_title() == name
        assert axes.get_xlabel() == "epoch"
        np.testing.assert_array_equal(lines(axes)["training"], np.c_[[1, 2, 3], FULL[name]])
        np.testing.assert_array_equal(lines(axes)["validation"], np.c_[[1, 2, 3], FULL[f"val_{name}"]])


def test_lines_differ_without_color():
    training, validation = learning_curves(FULL).axes[0].lines
    assert training.get_linestyle() != validation.get_linestyle()
    assert training.get_marker() != validation.get_marker()


def test_the_legend_tells_the_last_figures(texts_of):
    texts = texts_of(learning_curves({"loss": [3.0, 1.23456], "val_loss": [1.0, 2.5]}))
    assert "training, last 1.235" in texts
    assert "validation, last 2.5" in texts


def test_a_history_is_as_good_as_its_dict():
    history = History()
    for epoch in range(3):
        history.on_epoch_end(epoch, {name: values[epoch] for name, values in FULL.items()})
    np.testing.assert_array_equal(lines(learning_curves(history).axes[1])["training"][:, 1], FULL["accuracy"])


@pytest.mark.parametrize(("figures", "panels"), [
    ({"loss": [1.0]}, {"loss": {"training"}}),
    ({"loss": [1.0, 2.0], "val_loss": [3.0, 1.0]}, {"loss": {"training", "validation"}}),
    ({"val_accuracy": [0.1], "loss": [1.0]}, {"loss": {"training"}, "accuracy": {"validation"}}),
    ({"error": [1.0], "accuracy": [1.0], "loss": [1.0]},
     {"loss": {"training"}, "accuracy": {"training"}, "error": {"training"}}),
])
def test_missing_metrics_have_no_panel_or_line(figures, panels):
    axes = learning_curves(figures).axes
    assert [a.get_label() for a in axes] == [*panels]
    assert {a.get_label(): set(lines(a)) for a in axes} == panels


@pytest.mark.parametrize(("name", "values", "epoch"), [
    ("loss", [3.0, 1.0, 2.0], 2), ("accuracy", [0.5, 0.75, 0.7], 2), ("loss", [np.nan, 1.0, np.inf], 2)])
def test_the_best_validation_is_marked_where_it_is_not_the_last(name, values, epoch, texts_of):
    figure = learning_curves({name: [4.0, 3.0, 2.0], f"val_{name}": values})
    (ring,) = lines(figure.axes[0])[f"best validation {values[epoch - 1]:.4g}"]
    assert ring.tolist() == [epoch, values[epoch - 1]]
    assert f"best validation {values[epoch - 1]:.4g}, epoch {epoch}" in texts_of(figure)


@pytest.mark.parametrize("figures", [
    {"loss": [1.0, 3.0]}, {"loss": [1.0, 1.0], "val_loss": [3.0, 1.0]}, {"loss": [1.0], "val_loss": [np.nan]},
    {"depth": [1.0, 2.0], "val_depth": [1.0, 2.0]}, {"loss": [1.0, 1.0], "val_loss": [2.0, 2.0]}])
def test_nothing_is_marked_elsewhere(figures, texts_of):
    assert not [text for text in texts_of(learning_curves(figures)) if "best" in text]


@pytest.mark.parametrize("epochs", [1, 2, 3, 20, 1000])
def test_epochs_are_whole_numbers(epochs, texts_of):
    figure = learning_curves({"loss": [1.0] * epochs})
    ticks = [tick for tick in figure.axes[0].get_xticks() if 1 <= tick <= epochs]
    assert ticks
    assert all(tick == int(tick) for tick in ticks)
    assert len(ticks) <= 9


@pytest.mark.parametrize("figures", [
    FULL, {"loss": [1e-6]}, {"loss": np.geomspace(1e7, 10, 300)}, {"loss": [0.0, 0.0], "$x": [1, 2], 40 * "x": [1, 2]},
    {"loss": [123456.7, 123456.8], "accuracy": [0.98765, 0.98766]},
], ids=str)
def test_texts_are_legible(figures, legible):
    legible(learning_curves(figures))


@pytest.mark.parametrize("figures", [{}, {"loss": []}, {"loss": [1, 2], "accuracy": [1]}, {"loss": 3.0}, History()])
def test_no_history(figures):
    with pytest.raises(MinicnnError, match=r"this is no history of a training.*Pass what model.fit\(...\) returned"):
        learning_curves(figures)
