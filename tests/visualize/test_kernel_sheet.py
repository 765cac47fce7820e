"""The picture of a layer's kernels, read back."""

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.applications import LeNet5, LeNet5Modern
from minicnn.applications.lenet5 import TABLE_I
from minicnn.initializers import FanInUniform
from minicnn.layers import (
    Conv2D,
    Conv2DTranspose,
    Dense,
    DepthwiseConv2D,
    Flatten,
    Rescaling,
    TableConv2D,
    ZeroPadding2D,
)
from minicnn.models import Input, Model, Sequential
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
    """Let only 4 filters and 3 input maps be drawn, and 5 kernels in a grid."""
    monkeypatch.setattr(kernel_sheet, "MOST_TILES", 5)
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
    assert ("input maps 0 to 2 of 5 (maps=[...] draws others); filters 0 to 3 of 6 (filters=[...] draws others)"
            in texts_of(figure))
    assert "conv: 12 of 30 kernels of 1×1" in texts_of(figure)  # noqa: RUF001


@pytest.mark.usefixtures("drawn_at_most")
def test_of_a_long_row_a_part_is_drawn(axes_of, texts_of):
    figure = kernels(one_layer(6, 2, shape=(2, 2, 1)), "conv")
    assert len(axes_of(figure)["kernels"].images) == 5
    assert "filters 0 to 4 of 6 (filters=[...] draws others)" in texts_of(figure)


@pytest.mark.usefixtures("drawn_at_most")
def test_a_part_without_any_kernel_is_drawn_as_holes(axes_of, boxes_of):
    model = Sequential([TableConv2D([[0, 0]] * 3 + [[1, 1]], 1, name="conv", input_shape=(2, 2, 4))])
    axes = axes_of(kernels(model, "conv"))["kernels"]
    assert not axes.images
    assert len(boxes_of(axes, "holes")) == 6


# -- certain filters and maps ----------------------------------------------------------------------


def grid_of(axes):
    """What stands in a grid, by the numbers underneath; None for a hole."""
    texts = [text for text in axes.texts if text.get_text()]
    found = {int(text.get_text()): None for text in texts}
    for image in axes.images:
        left, right, bottom, _ = image.get_extent()
        (number,) = [text.get_text() for text in texts
                     if left < text.get_position()[0] < right and 0 < text.get_position()[1] - bottom < 0.1]
        found[int(number)] = np.asarray(image.get_array())
    return found


def test_filter_70_of_many(axes_of, texts_of):
    model = one_layer(80, 3, shape=(3, 3, 40))
    figure, grid = kernels(model, "conv", filters=[70]), kernel_grid(model.get_layer("conv"))
    found = grid_of(axes_of(figure)["kernels"])
    assert [*found] == [*range(40)]
    for c, kernel in found.items():
        np.testing.assert_array_equal(kernel, grid[:, :, c, 70])
    assert {"conv: 40 of 3,200 kernels of 3×3",  # noqa: RUF001
            "filter 70 of 80; the numbers are its input maps"} <= set(texts_of(figure))
    assert axes_of(figure)["kernels"].images[0].get_clim()[1] == pytest.approx(np.abs(grid).max())


@pytest.mark.parametrize(("filters", "maps", "expected_filters", "expected_maps"), [
    ([9, 3], [5, 0, 1], [9, 3], [5, 0, 1]), (2, range(1, 4), [0, 1], [1, 2, 3]),
    (slice(14, None), 2, [14, 15], [0, 1]), (np.array([7, 8]), slice(None, None, 3), [7, 8], [0, 3]),
])
def test_certain_filters_and_maps(filters, maps, expected_filters, expected_maps, axes_of):
    found = drawn_kernels(axes_of(kernels(MODERN, "conv2", filters=filters, maps=maps))["kernels"])
    assert {*found} == {(c, f) for c in expected_maps for f in expected_filters}
    grid = kernel_grid(MODERN.get_layer("conv2"))
    for (c, f), kernel in found.items():
        np.testing.assert_array_equal(kernel, grid[:, :, c, f])


def test_the_holes_of_one_filter(axes_of, boxes_of, texts_of):
    figure = kernels(LENET5, "C3", filters=[3])
    found = grid_of(axes_of(figure)["kernels"])
    assert [c for c, kernel in found.items() if kernel is None] == [0, 1, 2]
    assert len(boxes_of(axes_of(figure)["kernels"], "holes")) == 3
    assert "filter 3 of 16; the numbers are its input maps; hatched: no connection" in texts_of(figure)


def test_one_input_map(axes_of, texts_of):
    figure = kernels(LENET5, "C3", maps=[2])
    found = grid_of(axes_of(figure)["kernels"])
    assert [f for f, kernel in found.items() if kernel is not None] == np.flatnonzero(TABLE_I[2]).tolist()
    assert "over input map 2 of 6; hatched: no connection" in texts_of(figure)


@pytest.mark.parametrize(("choice", "message"), [
    ({"filters": [16]}, r"visualize.kernels: TableConv2D 'C3': there is no such one among the filters. "
                        r"Expected an integer from 0 to 15, received 16"),
    ({"filters": 17}, r"filters=17 asks for the first 17. Expected 1 to 16, received 17. A list asks for certain ones: "
                      r"filters=\[15\]"),
    ({"maps": 0}, "maps=0 asks for the first 0. Expected 1 to 6"),
    ({"maps": [-1]}, "no such one among the maps. Expected an integer from 0 to 5, received -1"),
    ({"maps": []}, r"maps chooses nothing. Expected some of 0 to 5, received \[\]"),
    ({"maps": slice(9, None)}, "maps chooses nothing"),
    ({"maps": "two"}, "maps must be an integer, a list of them, a range or a slice. Received 'two'"),
    ({"filters": [1.5]}, "filters must be an integer, a list of them"),
    ({"filters": True}, "filters must be an integer, a list of them"),
])
def test_a_choice_that_cannot_be(choice, message):
    with pytest.raises(MinicnnError, match=message):
        kernels(LENET5, "C3", **choice)


# -- colors ----------------------------------------------------------------------------------------

COLORED = one_layer(5, 3, shape=(6, 6, 3))


def test_kernels_over_the_colors_of_the_input_are_colored_pictures(axes_of, texts_of):
    kernel = COLORED.get_layer("conv").kernel
    figure = kernels(COLORED, "conv")
    found, largest = grid_of(axes_of(figure)["kernels"]), np.abs(kernel).max()
    assert [*found] == [*range(5)]
    for f, image in found.items():
        np.testing.assert_allclose((image - 0.5) * 2 * largest, kernel[..., f], atol=1e-7)
    shown = np.stack([*found.values()])
    assert shown.min() >= 0
    assert shown.max() <= 1
    assert np.abs(shown - 0.5).max() == pytest.approx(0.5)
    assert "conv: 5 filters of 3×3" in texts_of(figure)  # noqa: RUF001
    assert any("red, green, blue: the weights on channels 0, 1, 2; mid gray: zero" in text
               for text in texts_of(figure))
    bar = axes_of(figure)["scale"]
    assert bar.get_ylim() == pytest.approx((-largest, largest))


def test_a_weight_of_zero_is_mid_gray(axes_of):
    model = one_layer(1, 1, shape=(2, 2, 3), kernel_initializer="zeros")
    np.testing.assert_array_equal(grid_of(axes_of(kernels(model, "conv"))["kernels"])[0], np.full((1, 1, 3), 0.5))


def test_maps_in_another_order_are_other_colors(axes_of):
    rgb, bgr = (grid_of(axes_of(kernels(COLORED, "conv", maps=maps, filters=[1]))["kernels"])
                for maps in (None, [2, 1, 0]))
    np.testing.assert_array_equal(rgb[1], bgr[1][..., ::-1])


def test_each_channel_apart(axes_of):
    found = drawn_kernels(axes_of(kernels(COLORED, "conv", color=False))["kernels"])
    assert {*found} == {(c, f) for c in range(3) for f in range(5)}
    assert {image.get_cmap().name for image in axes_of(kernels(COLORED, "conv", color=False))["kernels"].images} == {
        "RdBu_r"}


def test_any_three_maps_as_colors(axes_of, texts_of):
    figure = kernels(MODERN, "conv2", maps=[1, 3, 5], color=True)
    grid = kernel_grid(MODERN.get_layer("conv2"))
    image = grid_of(axes_of(figure)["kernels"])[4]
    np.testing.assert_allclose((image - 0.5) * 2 * np.abs(grid).max(), grid[:, :, [1, 3, 5], 4], atol=1e-6)
    assert any("on channels 1, 3, 5;" in text for text in texts_of(figure))


def is_colored(figure, axes_of):
    return axes_of(figure)["kernels"].images[0].get_array().ndim == 3


def test_the_colors_of_the_input_are_known_behind_a_border_and_another_scale(axes_of):
    model = Sequential([Input((8, 8, 3)), Rescaling(1 / 255), ZeroPadding2D(1), Conv2D(3, 3, name="first"),
                        Conv2D(2, 3, name="second")])
    assert is_colored(kernels(model, "first"), axes_of)
    assert not is_colored(kernels(model, "second"), axes_of)  # three maps, but not colors


def test_groups_over_colors_are_holes(axes_of, boxes_of):
    figure = kernels(one_layer(3, 2, groups=3, shape=(3, 3, 3)), "conv")
    assert not is_colored(figure, axes_of)
    assert len(boxes_of(axes_of(figure)["kernels"], "holes")) == 6


@pytest.mark.parametrize(("model", "layer", "choice", "message"), [
    (MODERN, "conv2", {}, r"Conv2D 'conv2': color=True draws three input maps.* Expected three maps, without holes, "
                          r"received 6 maps of 6. maps=\[0, 1, 2\] chooses three; color=False draws"),
    (LENET5, "C3", {"maps": 3}, r"received 3 maps of 6, with holes"),
    (MODERN, "conv1", {}, "received 1 maps of 1"),
])
def test_colors_of_what_are_not_three_maps(model, layer, choice, message):
    with pytest.raises(MinicnnError, match=message):
        kernels(model, layer, color=True, **choice)


# -- other convolutions ----------------------------------------------------------------------------


@pytest.mark.parametrize(("multiplier", "words"), [(1, "every filter reads one map: that of its number"),
                                                   (2, "every filter reads one map: filter f reads f // 2")])
def test_depthwise_kernels_stand_in_a_grid(multiplier, words, axes_of, texts_of):
    model = Sequential([DepthwiseConv2D(2, depth_multiplier=multiplier, name="depth", input_shape=(4, 4, 3))])
    figure, kernel = kernels(model, "depth"), model.get_layer("depth").kernel
    found = grid_of(axes_of(figure)["kernels"])
    assert [*found] == [*range(3 * multiplier)]
    for f, image in found.items():
        np.testing.assert_array_equal(image, kernel[:, :, f // multiplier, f % multiplier])
    assert words in texts_of(figure)
    assert f"depth: {3 * multiplier} kernels of 2×2" in texts_of(figure)  # noqa: RUF001


def test_the_depthwise_kernels_of_one_map(axes_of):
    model = Sequential([DepthwiseConv2D(2, depth_multiplier=2, name="depth", input_shape=(4, 4, 3))])
    assert [*grid_of(axes_of(kernels(model, "depth", maps=[1]))["kernels"])] == [2, 3]
    assert [*grid_of(axes_of(kernels(model, "depth", maps=[2, 1], filters=[5, 2]))["kernels"])] == [5, 2]
    with pytest.raises(MinicnnError, match=r"none of the filters reads one of the maps. Expected filter f with map "
                                           r"f // 2, received filters \[0\], maps \[1\]"):
        kernels(model, "depth", maps=[1], filters=[0])


def test_transposed_kernels(axes_of, texts_of):
    model = Sequential([Conv2DTranspose(4, (2, 3), name="up", input_shape=(4, 4, 3))])
    figure, kernel = kernels(model, "up"), model.get_layer("up").kernel
    found = drawn_kernels(axes_of(figure)["kernels"])
    assert len(found) == 12
    for (c, f), image in found.items():
        np.testing.assert_array_equal(image, kernel[:, :, f, c])
    assert "3 input maps, 4 filters; a kernel is what one number of the input map paints" in texts_of(figure)


def nested():
    inner = Sequential([Conv2D(2, 2, name="conv", input_shape=(5, 5, 1)), Flatten(name="flat")], name="inner")
    x = Input((5, 5, 1))
    return Model(x, Dense(1, name="end")(inner(x)), name="outer")


def test_a_layer_inside_of_a_layer(axes_of):
    assert len(axes_of(kernels(nested(), "inner/conv"))["kernels"].images) == 2
    with pytest.raises(MinicnnError, match=r"'end'.* has no kernels. Expected one of 'inner/conv'"):
        kernels(nested(), "end")


@pytest.mark.parametrize(("model", "layer"), [
    (LENET5, "C1"), (LENET5, "C3"), (COLORED, "conv"), (one_layer(70, 7, shape=(9, 9, 3)), "conv"),
    (MODERN, "conv1"), (MODERN, "conv2"),
    (one_layer(1, 1, shape=(3, 3, 1)), "conv"),
    (one_layer(2, (1, 9), shape=(3, 9, 2)), "conv"),
    (one_layer(2, (9, 1), shape=(9, 3, 2)), "conv"),
    (one_layer(70, 3, shape=(3, 3, 1)), "conv"), (one_layer(300, 1, shape=(3, 3, 1)), "conv"),
    (Sequential([DepthwiseConv2D(2, name="conv", input_shape=(4, 4, 70))]), "conv"),
    (Sequential([Conv2DTranspose(4, 2, name="conv", input_shape=(4, 4, 3))]), "conv"),
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
