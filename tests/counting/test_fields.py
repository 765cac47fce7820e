"""Receptive fields against what comes back to the picture from one unit, on random networks; and known ones."""

import numpy as np
import pytest
from random_networks import network, pick

from minicnn import Input, Model, Sequential, kernels, rules
from minicnn.applications import LeNet5
from minicnn.counting import count
from minicnn.graph import Graph, pull_back, push_forward
from minicnn.layers import (
    Add,
    Concatenate,
    Conv2D,
    Conv2DTranspose,
    Cropping2D,
    Dense,
    Flatten,
    GlobalAveragePooling2D,
    MaxPooling2D,
    Multiply,
    Reshape,
    Softmax,
)


def through_all(layer, signal, cache):
    """Squared derivatives, so that nothing cancels; a maximum pool hands on to its whole window, not to the winner."""
    if isinstance(layer, MaxPooling2D):
        shape, _ = cache
        return kernels.average_pool_input_gradient(signal, shape[:2], layer.window(shape)), {}
    return rules.gauss_newton(layer, signal, cache)


def seen(graph, node, caches, place):
    """The pixels (rows, columns) that reach one unit of a node."""
    signal = np.zeros((1, *node.sample_shape))
    signal[(0, *place)] = 1
    back = pull_back(graph, {node: signal}, caches, step=through_all, learning=()).inputs[0]
    reached = (back != 0).any(axis=(0, 3))
    return np.flatnonzero(reached.any(axis=1)), np.flatnonzero(reached.any(axis=0))


def positive(model, rng):
    """All weights positive, so that every ReLU is open; of a size that lets no tanh go flat."""
    model.cast("float64")
    model.set_weights([rng.uniform(0.5, 1.0, w.shape) / max(w[..., 0].size, 1) for w in model.get_weights()])


@pytest.mark.parametrize("tens", range(12))
def test_the_field_is_what_comes_back(tens):
    assert sum(exact_borders(10 * tens + seed) for seed in range(10)) > 50  # not in the padding


def exact_borders(seed):
    """Check one network; returns for how many fields both borders were found at the pixel."""
    rng = np.random.default_rng(seed + 1000)
    model = network(seed, dense=bool(seed % 3 == 0))
    positive(model, rng)
    graph, counted, exact = model.graph, count(model), 0
    _, caches = push_forward(graph, [rng.uniform(0.5, 1.0, (1, *graph.inputs[0].sample_shape))], keep=graph.nodes)
    image = graph.inputs[0].sample_shape[:2]
    for row in counted.rows:
        (field,) = row.fields.values()
        if field.undefined or row.kind == "Flatten":  # a number of a flat picture sees what its place saw
            continue
        node = [node for node in graph.nodes if node.step is row.layer][-1]
        units = node.sample_shape[:2] if len(node.sample_shape) == 3 else (1, 1)
        for place in {(0, 0), (units[0] - 1, units[1] - 1), tuple(rng.integers(units))}:
            at = (*place,) if len(node.sample_shape) == 3 else (0,)
            reached = seen(graph, node, caches, at)
            inside = []
            for axis, size, i, pixels in zip((field.rows, field.columns), image, place, reached, strict=True):
                first = int(axis.first + i * axis.jump)
                last = first + int(axis.size) - 1
                assert all(first <= pixel <= last for pixel in pixels), row
                inside.append(first >= 0 and last < size)  # nothing of it lies in the padding
                if inside[-1] and len(pixels):
                    assert (pixels[0], pixels[-1]) == (first, last), row
                    exact += 1
            assert len(reached[0]) or not all(inside)
    return exact


def test_few_of_the_random_fields_are_undefined():
    fields = [field for seed in range(120) for row in count(network(seed)).rows for field in row.fields.values()]
    assert sum(bool(field.undefined) for field in fields) < len(fields) / 10
    assert {field.jump for field in fields} >= {(1, 1), (2, 2), (1, 2), (0, 0)}
    assert pick(np.random.default_rng(0), 1) == 1


def field_of(model, name):
    (field,) = count(model)[name].fields.values()
    return field


def test_lenet5():
    counted = count(LeNet5())
    fields = {row.name: (row.receptive_field, field.jump, field.first_center)
              for row in counted.rows for field in row.fields.values()}
    assert fields == {
        "C1": ("5x5", (1, 1), (2, 2)), "S2": ("6x6", (2, 2), (2.5, 2.5)), "C3": ("14x14", (2, 2), (6.5, 6.5)),
        "S4": ("16x16", (4, 4), (7.5, 7.5)), "C5": ("32x32", (4, 4), (15.5, 15.5)),
        "flatten": ("32x32", (4, 4), (15.5, 15.5)), "F6": ("32x32", (0, 0), (15.5, 15.5)),
        "RBF": ("32x32", (0, 0), (15.5, 15.5))}
    assert counted.explain("C3", "receptive_field").startswith(
        "rows and columns: size 6 + (5-1)*2 = 14; jump 2; first pixel 0, center 6.5\nsize = size before + ")


@pytest.mark.parametrize(("layers", "size"), [(2, 5), (3, 7)])
def test_small_kernels_in_a_row_see_as_much_as_a_large_one(layers, size):
    """Simonyan and Zisserman 2015, section 2.3: two 3x3 see 5x5, three see 7x7."""
    model = Sequential([Input((12, 12, 1)), *(Conv2D(1, 3, name=f"conv{i}") for i in range(layers))])
    assert field_of(model, f"conv{layers - 1}").size == (size, size)


def test_rows_and_columns_each_have_their_own():
    model = Sequential([Input((20, 20, 1)), Conv2D(1, (3, 1), (2, 1), dilation_rate=(2, 1), name="conv"),
                        Conv2D(1, (1, 5), padding="same", name="wide")])
    field = field_of(model, "wide")
    assert (field.size, field.jump, field.first_center) == ((5, 5), (2, 1), (2.0, 0.0))
    assert count(model).explain("wide", "receptive_field").split("\n")[:2] == [
        "rows: size 5; jump 2; first pixel 0, center 2",
        "columns: size 1 + (5-1)*1 = 5; jump 1; first pixel 0 - 2*1 = -2, center 0"]


def test_where_branches_meet_it_is_the_union():
    start = Input((12, 12, 1))
    left = Conv2D(2, 3, padding=((0, 2), (1, 1)))(start)
    right = Conv2D(2, 3, padding=((2, 0), (0, 2)))(start)
    model = Model(start, Add(name="add")([left, right]))
    assert field_of(model, "add").size == (5, 4)
    assert "rows: size max(3, (-2) + 3) - min(0, (-2)) = 5; jump 1; first pixel min(0, (-2)) = -2" in count(
        model).explain("add", "receptive_field")


def test_branches_that_move_differently_have_no_common_field_but_see_a_picture_together():
    start = Input((9, 9, 1))
    fine = Conv2D(2, 1, name="fine")(start)
    coarse = Conv2DTranspose(2, 2, 2, padding="same", name="up")(Conv2D(2, 1, strides=2)(start))
    rough = Flatten()(Conv2D(2, 3, strides=2)(start))
    joined = Concatenate(name="joined")([Flatten()(fine), rough])
    model = Model(start, [Dense(2, name="dense")(joined), coarse])
    assert field_of(model, "joined").undefined == "branches meet whose fields move by 1 and 2 pixels"
    assert field_of(model, "dense").size == (9, 9)
    assert count(model)["joined"].receptive_field == "undefined"


def test_transposed_convolutions_with_strides_have_none():
    model = Sequential([Input((8, 8, 1)), Conv2D(2, 3, name="conv"), Conv2DTranspose(2, 3, 2, name="up"),
                        Conv2D(1, 3, name="behind"), GlobalAveragePooling2D(name="pool")])
    assert field_of(model, "up").undefined == (
        "Conv2DTranspose 'up': neighbors see different parts of the input, in turn, where a transposed convolution has "
        "strides")
    assert field_of(model, "behind").undefined == field_of(model, "pool").undefined == field_of(model, "up").undefined
    assert count(model).explain("up", "receptive_field").startswith("undefined: Conv2DTranspose 'up': neighbors see")
    short = Sequential([Input((8, 8, 1)), Conv2DTranspose(2, 3, 2), GlobalAveragePooling2D(name="pool")])
    assert field_of(short, "pool").size == (8, 8)


def test_a_factor_of_the_whole_picture_makes_all_units_see_it():
    start = Input((6, 6, 2))
    factor = GlobalAveragePooling2D(keepdims=True)(start)
    model = Model(start, Multiply(name="times")([Conv2D(2, 3, padding="same")(start), factor]))
    assert field_of(model, "times").undefined == "a branch that sees one part of the picture meets one that moves " \
                                                 "over more"
    inside = Model(start, Multiply(name="times")([Conv2D(2, 1)(start), factor]))
    assert (field_of(inside, "times").size, field_of(inside, "times").jump) == ((6, 6), (0, 0))


def test_reshaping_and_softmax_over_places():
    model = Sequential([Input((4, 6, 2)), Softmax(axis=1, name="down"), Reshape((12, 2, 2), name="other"),
                        Reshape((48,), name="flat"), Dense(3, name="dense")])
    assert field_of(model, "down").size == (4, 1)
    assert "numbers of different places are put beside one another" in field_of(model, "other").undefined
    assert field_of(model, "flat").undefined == field_of(model, "other").undefined
    assert field_of(model, "dense").size == (4, 6)


def test_cropping_moves_the_first_unit():
    model = Sequential([Input((12, 12, 1)), Conv2D(1, 3, strides=2, name="conv"),
                        Cropping2D(((1, 0), (2, 1)), name="crop")])
    field = field_of(model, "crop")
    assert (field.size, field.jump, field.first_center) == ((3, 3), (2, 2), (3.0, 5.0))
    assert "rows: size 3; jump 2; first pixel 0 - (-1)*2 = 2" in count(model).explain("crop", "receptive_field")


def test_several_inputs_have_a_field_each():
    a, b, figures = Input((8, 8, 1), name="a"), Input((8, 8, 1), name="b"), Input((3,), name="figures")
    joined = Add(name="add")([Conv2D(1, 3, padding="same")(a), Conv2D(1, 5, padding="same")(b)])
    model = Model([a, b, figures], Concatenate(name="all")([Flatten()(joined), figures]))
    counted = count(model)
    assert counted["add"].receptive_field == "a 3x3, b 5x5"
    assert counted["all"].receptive_field == "a 3x3, b 5x5, figures undefined"
    assert "from b:\n  rows and columns: size 5;" in counted.explain("all", "receptive_field")
    assert "from figures:\n  undefined: the input is no picture" in counted.explain("all", "receptive_field")


def test_of_a_shared_layer_it_is_that_of_the_last_use():
    start, conv = Input((9, 9, 1)), Conv2D(1, 3, name="conv")
    assert field_of(Graph([start], [conv(conv(start))]), "conv").size == (5, 5)
