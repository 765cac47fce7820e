"""What one unit sees of a picture: against the pixels that change it."""

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.graph import Graph, push_forward
from minicnn.layers import Add, Conv2D, Flatten, Layer, MaxPooling2D
from minicnn.models import Input, Model, Sequential
from minicnn.visualize.unit_fields import Rectangle, cut, field_of, seen_by

RNG = np.random.default_rng(8)


def field(model, name):
    node = model.graph.names[name]
    return field_of(Graph(model.graph.inputs, [node]), node)


PLAIN = Sequential([Input((12, 13, 1)), Conv2D(2, 3, activation="relu", name="a"), MaxPooling2D(2, name="pool"),
                    Conv2D(3, 2, padding="same", name="b")])


@pytest.mark.parametrize(("name", "unit"), [("a", (0, 0)), ("a/pre", (2, 5)), ("pool", (1, 3)), ("b", (2, 2)),
                                            ("b", (4, 4))])
def test_a_unit_changes_with_the_pixels_it_sees_and_with_no_other(name, unit):
    model = PLAIN.astype("float64")
    node = model.graph.names[name]
    x = RNG.random((1, 12, 13, 1))
    changed = np.repeat(x, 12 * 13, axis=0)
    changed.reshape(12 * 13, -1)[np.arange(12 * 13), np.arange(12 * 13)] += 5
    graph = Graph(model.graph.inputs, [node])
    (before,), (after,) = (push_forward(graph, [images])[0].values() for images in (x, changed))
    felt = (after[:, *unit] != before[0, *unit]).any(axis=-1).reshape(12, 13)
    rectangle = seen_by(field(model, name), *unit, (12, 13, 1)).inside((12, 13, 1))
    top, left, height, width = rectangle
    assert not felt[:top].any()
    assert not felt[top + height:].any()
    assert not felt[:, :left].any()
    assert not felt[:, left + width:].any()
    if name == "a/pre":  # without pools and ReLUs, which do not feel all that they see
        assert felt[top:top + height, left:left + width].all()
    assert felt.any()
    assert height * width < 12 * 13


def test_a_field_that_begins_in_the_padding():
    model = Sequential([Input((6, 6, 1)), Conv2D(1, 3, padding="same", name="a")])
    assert seen_by(field(model, "a"), 0, 5, (6, 6, 1)) == (-1, 4, 3, 3)
    assert Rectangle(-1, 4, 3, 3).inside((6, 6, 1)) == (0, 4, 2, 2)
    assert not Rectangle(-1, 4, 3, 3).lies_in((6, 6, 1))
    assert Rectangle(3, 3, 3, 3).lies_in((6, 6, 1))
    assert str(Rectangle(0, 4, 2, 2)) == "rows 0 to 1, columns 4 to 5"


def test_of_a_layer_used_twice_it_is_the_use_that_is_meant():
    conv, x = Conv2D(1, 3, padding="same", name="conv"), Input((9, 9, 1))
    model = Model(x, conv(conv(x)))
    assert field(model, "conv").size == (3, 3)
    assert field(model, "conv#2").size == (5, 5)


def test_in_the_middle_of_a_model_that_is_a_layer():
    inner = Sequential([Input((9, 9, 1)), Conv2D(1, 3, name="conv"), MaxPooling2D(2), Conv2D(1, 3)], name="inner")
    x = Input((9, 9, 1))
    model = Model(x, inner(x))
    assert field(model, "inner/conv").size == (3, 3)


def test_what_has_no_field_sees_the_whole_picture():
    model = Sequential([Input((4, 6, 1)), Flatten(name="flat")])
    assert field(model, "flat") is None
    assert seen_by(None, 0, 0, (4, 6, 1)) == (0, 0, 4, 6)
    assert seen_by(None, 0, 0, (4, 6, 1)).is_whole((4, 6, 1))


def test_branches_whose_fields_move_apart_have_none():
    x = Input((8, 8, 1))
    model = Model(x, Add(name="sum")([Conv2D(1, 1, strides=2)(x), Conv2D(1, 5)(x)]))
    assert field(model, "sum") is None


def test_a_layer_nobody_can_count():
    class Double(Layer):
        def forward(self, x, training=False, rng=None):
            return 2 * x, ()

    model = Sequential([Input((4, 4, 1)), Double(name="double")])
    with pytest.raises(MinicnnError, match="nobody has said how to count this layer"):
        field(model, "double")


def test_what_is_cut_beyond_the_border_is_zero():
    image = RNG.random((4, 5, 2)) + 1
    padded = np.pad(image, ((3, 3), (3, 3), (0, 0)))
    for top, left, height, width in ((-2, -1, 3, 3), (1, 2, 2, 2), (2, 3, 5, 4), (-3, -3, 10, 11)):
        expected = padded[top + 3:top + 3 + height, left + 3:left + 3 + width]
        np.testing.assert_array_equal(cut(image, Rectangle(top, left, height, width)), expected)
