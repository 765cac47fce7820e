"""Layers of several inputs against loops written from their definition, and what they refuse."""

import itertools
import math

import numpy as np
import pytest

from minicnn import MinicnnError, layers

PAIRS = [((2, 3, 4), (2, 3, 4)), ((2, 3, 4), (1, 1, 4)), ((2, 1, 4), (1, 3, 1)), ((1,), (5,)), ((1, 1), (1, 1))]
MERGES = {"Add": sum, "Average": lambda terms: sum(terms) / len(terms), "Multiply": math.prod}


def inputs(shapes, rows=2):
    rng = np.random.default_rng(21)
    return [rng.integers(-3, 4, (rows, *shape)).astype(float) for shape in shapes]  # with zeros among them


def place(index, shape):
    """Where an input of this shape is read for a number of the output: at 0 along the axes that are repeated."""
    return tuple(0 if size == 1 else i for i, size in zip(index, shape, strict=True))


@pytest.mark.parametrize("name", MERGES)
@pytest.mark.parametrize("shapes", [*PAIRS, ((3, 1), (1, 2), (3, 2)), ((4,), (4,), (1,), (4,))])
def test_forward_number_by_number(name, shapes):
    x = inputs(shapes)
    y, _ = getattr(layers, name)().forward(*x)
    assert y.shape == np.broadcast_shapes(*(value.shape for value in x))
    for index in np.ndindex(y.shape):
        assert y[index] == pytest.approx(MERGES[name]([value[place(index, value.shape)] for value in x]), abs=1e-12)


@pytest.mark.parametrize("shapes", [*PAIRS, ((3, 1), (1, 2), (3, 2)), ((4,), (4,), (1,), (4,))])
def test_the_gradient_of_a_product_number_by_number(shapes):
    layer, x = layers.Multiply(), inputs(shapes)
    x[0].flat[0] = 0  # a division by the input would be seen
    y, cache = layer.forward(*x)
    dy = np.random.default_rng(2).standard_normal(y.shape)
    dx, hx = layer.backward(dy, cache)[0], layer.curvature(dy, cache)[0]
    for i, value in enumerate(x):
        first, second = np.zeros_like(value), np.zeros_like(value)
        for index in np.ndindex(y.shape):
            others = math.prod(v[place(index, v.shape)] for k, v in enumerate(x) if k != i)
            first[place(index, value.shape)] += dy[index] * others
            second[place(index, value.shape)] += dy[index] * others**2
        np.testing.assert_allclose(dx[i], first, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(hx[i], second, rtol=1e-12, atol=1e-12)


def test_two_zeros_in_a_product_leave_no_gradient_and_one_leaves_its_own():
    x = [np.array([[0.0, 0, 3]]), np.array([[2.0, 0, 5]])]
    layer = layers.Multiply()
    y, cache = layer.forward(*x)
    assert y.tolist() == [[0, 0, 15]]
    assert [dx.tolist() for dx in layer.backward(np.ones_like(y), cache)[0]] == [[[2, 0, 5]], [[0, 0, 3]]]


def test_what_is_repeated_gets_the_sum_of_its_uses():
    layer = layers.Add()
    y, cache = layer.forward(np.zeros((1, 2, 3)), np.zeros((1, 1, 3)))
    dy = np.arange(6.0).reshape(y.shape)
    assert layer.backward(dy, cache)[0][1].tolist() == [[[0 + 3, 1 + 4, 2 + 5]]]


@pytest.mark.parametrize("axis", [1, 2, 3, -1, -2, -3])
def test_concatenation_number_by_number(axis):
    shapes = [[2, 3, 2], [2, 3, 2], [2, 3, 2]]
    for i, shape in enumerate(shapes):
        shape[axis - 1 if axis > 0 else axis] = i + 1
    x = [10 ** i * value for i, value in enumerate(inputs(shapes))]
    layer = layers.Concatenate(axis)
    y, cache = layer.forward(*x)
    assert layer.output_shape_for(*map(tuple, shapes)) == y.shape[1:]
    dy = np.random.default_rng(2).standard_normal(y.shape)
    dx, _ = layer.backward(dy, cache)
    start = 0
    for value, d in zip(x, dx, strict=True):
        for index in np.ndindex(value.shape):
            moved = list(index)
            moved[axis] += start
            assert y[tuple(moved)] == value[index]
            assert dy[tuple(moved)] == d[index]
        start += value.shape[axis]
    assert start == y.shape[axis]


@pytest.mark.parametrize("name", [*MERGES, "Concatenate"])
def test_one_input_is_nothing_to_merge(name):
    with pytest.raises(MinicnnError, match=f"{name} 'm': the layer merges several inputs. Expected two or "
                                           "more, received 1"):
        getattr(layers, name)(name="m").output_shape_for((2, 3))


@pytest.mark.parametrize("name", MERGES)
def test_shapes_that_do_not_fit(name):
    layer = getattr(layers, name)(name="m")
    with pytest.raises(MinicnnError, match=rf"{name} 'm': inputs do not fit. Expected one shape, or 1 in place "
                                           r"of a size, received shapes \(2, 3\), \(3, 2\)\.$"):
        layer.output_shape_for((2, 3), (3, 2))
    with pytest.raises(MinicnnError, match=r"received shapes \(1, 4\), \(4,\). Put a Reshape\(\) before the one "
                                           "with fewer axes"):
        layer.output_shape_for((1, 4), (4,))
    for shapes in itertools.permutations([(2, 3), (1, 3), (4, 3)]):  # none of the pairs is the only one looked at
        with pytest.raises(MinicnnError, match="inputs do not fit"):
            layer.output_shape_for(*shapes)


def test_shapes_that_cannot_be_concatenated():
    with pytest.raises(MinicnnError, match=r"Concatenate 'm': inputs do not fit. Expected one shape but for axis "
                                           r"3 \(the batch is axis 0\), received shapes \(2, 3, 4\), \(2, 1, 4\)"):
        layers.Concatenate(name="m").output_shape_for((2, 3, 4), (2, 1, 4))
    with pytest.raises(MinicnnError, match=r"received shapes \(2, 3\), \(2, 3, 1\). Put a Reshape\(\)"):
        layers.Concatenate().output_shape_for((2, 3), (2, 3, 1))
    with pytest.raises(MinicnnError, match=r"the input has no axis 3. Expected 1 to 2, or -2 to -1, received "
                                           r"input shape \(2, 3\). The batch is axis 0"):
        layers.Concatenate(3).output_shape_for((2, 3), (2, 3))
    with pytest.raises(MinicnnError, match="the input has no axis -3"):
        layers.Concatenate(-3).output_shape_for((2, 3), (2, 3))  # the batch, from the back


@pytest.mark.parametrize("axis", [0, 1.5, "last", None, True])
def test_an_axis_is_an_integer_and_not_the_batch(axis):
    with pytest.raises(MinicnnError, match=r"axis must be an integer. Expected 1 or more, or -1 or less"):
        layers.Concatenate(axis)


@pytest.mark.parametrize("name", [*MERGES, "Concatenate"])
def test_batches_of_different_sizes_are_not_repeated(name):
    with pytest.raises(MinicnnError, match=r"the inputs differ in rows. Expected batches of one size, received "
                                           r"\[4, 1\]"):
        getattr(layers, name)().forward(np.zeros((4, 3)), np.zeros((1, 3)))


# -- the functions -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("function", "layer"), [
    (layers.add, layers.Add), (layers.average, layers.Average), (layers.multiply, layers.Multiply),
    (layers.concatenate, layers.Concatenate)], ids=lambda thing: thing.__name__)
def test_a_function_is_its_layer_called_at_once(function, layer, rng):
    arrays = [rng.random((2, 3, 4)), rng.random((2, 3, 4))]
    np.testing.assert_array_equal(function(arrays), layer()(arrays))
    symbols = [layers.Input((3, 4)), layers.Input((3, 4))]
    node = function(symbols, name="merged")
    assert (type(node.owner), node.owner.name, node.call.inputs) == (layer, "merged", tuple(symbols))


def test_concatenate_takes_an_axis(rng):
    arrays = [rng.random((2, 3, 4)), rng.random((2, 5, 4))]
    np.testing.assert_array_equal(layers.concatenate(arrays, axis=1), np.concatenate(arrays, axis=1))
