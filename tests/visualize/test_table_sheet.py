"""The picture of a connection table, read back."""

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.applications import LeNet1, LeNet5, LeNet5Modern
from minicnn.applications.lenet5 import TABLE_I
from minicnn.layers import Conv2D, Conv2DTranspose, Dense, DepthwiseConv2D, TableConv2D
from minicnn.models import Input, Model, Sequential
from minicnn.visualize import connection_table

LENET5 = LeNet5()
GROUPED = Sequential([Input((6, 6, 4)), Conv2D(6, (2, 3), groups=2, use_bias=False, name="grouped"),
                      DepthwiseConv2D(2, depth_multiplier=2, name="depth"), Conv2D(2, 1, name="full")])


@pytest.fixture(scope="module")
def table_i():
    return connection_table(LENET5, "C3")


def texts(axes, gid):
    return [text for text in axes.texts if text.get_gid() == gid]


def test_table_i_of_the_paper(table_i, axes_of):
    axes = axes_of(table_i)["table"]
    np.testing.assert_array_equal(axes.images[0].get_array(), TABLE_I)
    crosses = {tuple(map(int, reversed(text.get_position()))) for text in texts(axes, "link")}
    assert crosses == set(map(tuple, np.argwhere(TABLE_I).tolist()))
    assert {text.get_text() for text in texts(axes, "link")} == {"X"}


def test_links_and_parameters_are_counted(table_i, axes_of, texts_of):
    axes = axes_of(table_i)["table"]
    assert [text.get_text() for text in texts(axes, "links of a map")] == 6 * ["10"]
    assert [text.get_text() for text in texts(axes, "links of a filter")] == 6 * ["3"] + 9 * ["4"] + ["6"]
    parameters = [int(text.get_text()) for text in texts(axes, "parameters of a filter")]
    assert parameters == 6 * [76] + 9 * [101] + [151]
    assert sum(parameters) == LENET5.get_layer("C3").count_params() == 1516
    assert {"C3: 60 of 96 links", "60 kernels of 5×5 + 16 biases: 1,516 parameters; "  # noqa: RUF001
            "with all 96 links 2,416"} <= set(texts_of(table_i))


def test_rows_and_columns_say_what_they_are(table_i, axes_of, texts_of):
    axes = axes_of(table_i)["table"]
    assert [label.get_text() for label in axes.get_xticklabels()] == [str(i) for i in range(16)]
    assert [label.get_text() for label in axes.get_yticklabels()] == [str(i) for i in range(6)]
    assert axes.get_xlabel() == "filter (map of C3)"
    assert "input map (S2)" in texts_of(table_i)


@pytest.mark.parametrize(("layer", "table", "words"), [
    ("grouped", np.kron(np.eye(2), np.ones((2, 3))), "12 kernels of 2×3: 72 parameters; "  # noqa: RUF001
                                                     "with all 24 links 144"),
    ("depth", np.kron(np.eye(6), np.ones((1, 2))), "12 kernels of 2×2 + 12 biases: 60 parameters; "  # noqa: RUF001
                                                   "with all 72 links 300"),
])
def test_groups_have_a_table(layer, table, words, axes_of, texts_of):
    figure = connection_table(GROUPED, layer)
    np.testing.assert_array_equal(axes_of(figure)["table"].images[0].get_array(), table)
    assert words in texts_of(figure)
    source = GROUPED.get_layer(layer)
    assert sum(int(text.get_text()) for text in texts(axes_of(figure)["table"], "parameters of a filter")) == \
        source.count_params()


def test_a_layer_alone(axes_of, texts_of):
    figure = connection_table(TableConv2D([[1, 0], [1, 1]], 3, name="alone"))  # its table is known before its weights
    np.testing.assert_array_equal(axes_of(figure)["table"].images[0].get_array(), [[1, 0], [1, 1]])
    assert {"input map", "filter (map of alone)"} <= set(texts_of(figure))


def test_a_large_table_is_tinted_and_counted_in_words(axes_of, texts_of):
    model = Sequential([Conv2D(256, 5, groups=2, name="conv2", input_shape=(5, 5, 96))])  # as in AlexNet
    figure = connection_table(model, "conv2")
    axes = axes_of(figure)["table"]
    np.testing.assert_array_equal(axes.images[0].get_array(), np.kron(np.eye(2), np.ones((48, 128))))
    assert not texts(axes, "link")
    assert any(text.endswith("a filter reads 48, a map feeds 128") for text in texts_of(figure))


@pytest.mark.parametrize("arguments", [
    (LENET5, "C3"), (LeNet1(), "H3"), (GROUPED, "grouped"), (GROUPED, "depth"),
    (TableConv2D([[1]], 2, name="one"),), (TableConv2D(np.ones((1, 40)), 20, name="a" * 60),),
    (TableConv2D(np.ones((40, 2)), 2, name="$x$"),),
    (TableConv2D(np.eye(41) + np.eye(41)[::-1] > 0, 2, name="x"),),
    (Conv2D(1024, 1, groups=2, input_shape=(1, 1, 4), name="wide"),),
], ids=str)
def test_texts_are_legible(arguments, legible):
    legible(connection_table(*arguments))


def test_a_model_in_a_model(axes_of):
    inner = Sequential([TableConv2D([[1, 1]], 2, name="table", input_shape=(4, 4, 1))], name="inner")
    x = Input((4, 4, 1))
    assert axes_of(connection_table(Model(x, inner(x)), "inner/table"))["table"].images[0].get_array().shape == (1, 2)


@pytest.mark.parametrize(("arguments", "message"), [
    ((LENET5, "C1"), r"Conv2D 'C1': every filter reads every input map, so there is no table. Expected a TableConv2D, "
                     r"a Conv2D with groups, or a DepthwiseConv2D, received Conv2D. Layers with a table: 'C3'"),
    ((LENET5, "F6"), "Dense 'F6': this layer has no connection table.* Layers with a table: 'C3'"),
    ((LENET5, "C33"), "layer 'C33': no such name is known"),
    ((LENET5,), "which layer is meant. Expected the name of a layer. Layers with a table: 'C3'"),
    ((LeNet5Modern(), "conv2"), "so there is no table.* visualize.kernels draws its kernels"),
    ((LeNet5Modern(), "output"), "no connection table.* None of its layers has a table"),
    ((Conv2DTranspose(2, 2, name="up"),), "Conv2DTranspose 'up': this layer has no connection table"),
    ((Dense(2, name="d"), "d"), "Dense 'd': this is a layer, not a model.* Pass the layer alone"),
    ((DepthwiseConv2D(2, name="d"),), "DepthwiseConv2D 'd': the layer has no weights yet"),
], ids=str)
def test_no_table(arguments, message):
    with pytest.raises(MinicnnError, match=message):
        connection_table(*arguments)
