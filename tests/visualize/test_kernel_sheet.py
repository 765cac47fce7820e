"""The picture of a layer's kernels, read back."""

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.applications import LeNet5, LeNet5Modern
from minicnn.applications.lenet5 import TABLE_I
from minicnn.initializers import FanInUniform
from minicnn.layers import Conv2D, Dense, TableConv2D
from minicnn.models import Sequential
from minicnn.visualize import kernel_grid, kernel_sheet, kernels

LENET5, MODERN = LeNet5(), LeNet5Modern()


def one_layer(*layer, shape, **options):
    return Sequential([Conv2D(*layer, name="conv", input_shape=shape, **options)])


def numbered(axes, x, y):
    """(input map, filter) at a place of the axes, by the numbers on them."""
    columns, rows = axes.get_xticks(), axes.get_yticks()
    return (int(axes.get_yticklabels()[abs(rows - y).argmin()].get_text()),
            int(axes.get_xticklabels()[abs(columns - x).argmin()].get_text()))


def drawn_kernels(axes):
    """The drawn arrays, by (input map, filter)."""
    found = {}
    for image in axes.images:
        left, right, bottom, top = image.get_extent()
        found[numbered(axes, (left + right) / 2, (top + bottom) / 2)] = np.asarray(image.get_array())
    return found


@pytest.mark.parametrize(("model", "layer"), [(LENET5, "C3"), (MODERN, "conv2")])
def test_every_kernel_stands_at_its_input_map_and_filter(model, layer, axes_of):
    axes, grid = axes_of(kernels(model, layer))["kernels"], kernel_grid(model.get_layer(layer))
    found = drawn_kernels(axes)
    links = ~np.isnan(grid[0, 0])
    assert len(axes.images) == len(found) == links.sum()
    for (c, f), kernel in found.items():
        np.testing.assert_array_equal(kernel, grid[:, :, c, f])


def test_holes_are_exactly_where_the_table_says(axes_of, boxes_of):
    axes = axes_of(kernels(LENET5, "C3"))["kernels"]
    holes = [numbered(axes, x, y) for x, y in boxes_of(axes, "holes")]
    assert len(holes) == len(set(holes)) == 36
    assert set(holes) == {(int(c), int(f)) for c, f in np.argwhere(~TABLE_I)}
    (hatched,) = [collection for collection in axes.collections if collection.get_gid() == "holes"]
    assert hatched.get_hatch()


def test_a_full_layer_has_no_holes(axes_of, boxes_of, texts_of):
    figure = kernels(MODERN, "conv2")
    assert boxes_of(axes_of(figure)["kernels"], "holes") == []
    assert not any("hatched" in text for text in texts_of(figure))


def test_both_axes_are_labeled(axes_of):
    axes = axes_of(kernels(LENET5, "C3"))["kernels"]
    assert axes.get_xlabel() == "filter (output map)"
    assert axes.get_ylabel() == "input map"
    assert [label.get_text() for label in axes.get_xticklabels()] == [str(i) for i in range(16)]
    assert [label.get_text() for label in axes.get_yticklabels()] == [str(i) for i in range(6)]


def test_over_one_input_map_kernels_stand_in_a_row(axes_of):
    axes, grid = axes_of(kernels(LENET5, "C1"))["kernels"], kernel_grid(LENET5.get_layer("C1"))
    assert len(axes.images) == 6
    for f, image in enumerate(axes.images):
        np.testing.assert_array_equal(image.get_array(), grid[:, :, 0, f])
    assert len({tuple(image.get_extent()[2:]) for image in axes.images}) == 1
    lefts = [image.get_extent()[0] for image in axes.images]
    assert lefts == sorted(lefts)
    assert [text.get_text() for text in axes.texts] == list("012345")


@pytest.mark.parametrize("layer", ["C1", "C3"])
def test_all_kernels_share_one_symmetric_scale(layer, axes_of):
    axes = axes_of(kernels(LENET5, layer))["kernels"]
    largest = float(np.nanmax(np.abs(kernel_grid(LENET5.get_layer(layer)))))
    assert {image.get_clim() for image in axes.images} == {(-largest, largest)}
    assert {image.get_cmap().name for image in axes.images} == {"RdBu_r"}


def test_the_color_bar_is_labeled_with_its_ends(axes_of):
    model = one_layer(2, 1, shape=(3, 3, 1))
    model.set_weights([np.array([[[[-0.25, 0.125]]]]), np.zeros(2)])
    bar = axes_of(kernels(model, "conv"))["scale"]
    assert bar.get_ylabel() == "weight"
    assert [label.get_text() for label in bar.get_yticklabels()] == ["-0.25", "0", "0.25"]


def test_kernels_of_zeros_have_a_scale(axes_of):
    model = one_layer(2, 3, shape=(3, 3, 1), kernel_initializer="zeros")
    assert axes_of(kernels(model, "conv"))["kernels"].images[0].get_clim() == (-1, 1)


@pytest.mark.parametrize(("model", "layer", "title", "remark"), [
    (LENET5, "C1", "C1: 6 kernels of 5×5", None),  # noqa: RUF001
    (LENET5, "C3", "C3: 60 kernels of 5×5", "6 input maps, 16 filters; hatched: no connection"),  # noqa: RUF001
    (MODERN, "conv2", "conv2: 96 kernels of 5×5", "6 input maps, 16 filters"),  # noqa: RUF001
    (one_layer(1, (2, 3), shape=(4, 4, 1)), "conv", "conv: 1 kernel of 2×3", None),  # noqa: RUF001
])
def test_the_title_counts(model, layer, title, remark, texts_of):
    texts = texts_of(kernels(model, layer))
    assert title in texts
    assert remark is None or remark in texts


@pytest.fixture
def drawn_at_most(monkeypatch):
    """Let only 4 filters and 3 input maps be drawn."""
    monkeypatch.setattr(kernel_sheet, "MOST_FILTERS", 4)
    monkeypatch.setattr(kernel_sheet, "MOST_MAPS", 3)


@pytest.mark.usefixtures("drawn_at_most")
def test_of_a_large_layer_a_part_is_drawn_on_the_scale_of_the_whole(axes_of, texts_of):
    model, kernel = one_layer(6, 1, shape=(2, 2, 5)), np.arange(30.0).reshape(1, 1, 5, 6)
    model.set_weights([kernel, np.zeros(6)])
    figure = kernels(model, "conv")
    axes = axes_of(figure)["kernels"]
    assert {place: array.item() for place, array in drawn_kernels(axes).items()} == {
        (c, f): kernel[0, 0, c, f] for c in range(3) for f in range(4)}
    assert axes.images[0].get_clim() == (-29, 29)
    assert any("the first 3 of 5 input maps are drawn; the first 4 of 6 filters are drawn" in text
               for text in texts_of(figure))


@pytest.mark.usefixtures("drawn_at_most")
def test_of_a_long_row_a_part_is_drawn(axes_of, texts_of):
    figure = kernels(one_layer(6, 2, shape=(2, 2, 1)), "conv")
    assert len(axes_of(figure)["kernels"].images) == 4
    assert "the first 4 of 6 filters are drawn" in texts_of(figure)


@pytest.mark.usefixtures("drawn_at_most")
def test_a_part_without_any_kernel_is_drawn_as_holes(axes_of, boxes_of):
    model = Sequential([TableConv2D([[0, 0]] * 3 + [[1, 1]], 1, name="conv", input_shape=(2, 2, 4))])
    axes = axes_of(kernels(model, "conv"))["kernels"]
    assert not axes.images
    assert len(boxes_of(axes, "holes")) == 6


@pytest.mark.parametrize(("model", "layer"), [
    (LENET5, "C1"), (LENET5, "C3"), (MODERN, "conv1"), (MODERN, "conv2"),
    (one_layer(1, 1, shape=(3, 3, 1)), "conv"),
    (one_layer(2, (1, 9), shape=(3, 9, 2)), "conv"),
    (one_layer(2, (9, 1), shape=(9, 3, 2)), "conv"),
    (one_layer(70, 3, shape=(3, 3, 1)), "conv"),
    (one_layer(120, 2, shape=(3, 3, 2)), "conv"),
    (one_layer(2, 2, shape=(3, 3, 1), kernel_initializer=FanInUniform(1e-5, 1.0)), "conv"),
    (one_layer(2, 2, shape=(3, 3, 2), kernel_initializer=FanInUniform(1e9, 1.0)), "conv"),
    (one_layer(12, 3, groups=12, shape=(3, 3, 12)), "conv"),
    (Sequential([Conv2D(3, 2, name="$x_1$ " + 9 * "long name ", input_shape=(3, 3, 2))]), "$x_1$ " + 9 * "long name "),
], ids=lambda value: str(value)[:20])
def test_texts_are_legible(model, layer, legible):
    legible(kernels(model, layer))


def test_an_unknown_layer():
    with pytest.raises(MinicnnError, match=r"layer 'conv_1': no such name is known.*Did you mean 'conv1'"):
        kernels(MODERN, "conv_1")


def test_a_layer_without_kernels():
    with pytest.raises(MinicnnError, match=r"Subsampling2D 'S2': this layer has no kernels. "
                                           r"Expected one of 'C1', 'C3', 'C5'."):
        kernels(LENET5, "S2")


def test_a_network_without_kernels():
    model = Sequential([Dense(2, name="dense", input_shape=(3,))], name="small")
    with pytest.raises(MinicnnError, match=r"'dense'.* has no kernels. Sequential 'small' has no convolution"):
        kernels(model, "dense")
