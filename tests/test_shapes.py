"""Output sizes and paddings against a count of the positions themselves."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import _checks, _shapes
from minicnn.layers import AveragePooling2D, Conv2D, MaxPooling2D, Subsampling2D, TableConv2D

side, rate = st.integers(1, 40), st.integers(1, 5)


def positions(size, kernel, stride, before, after, dilation):
    """Where the window may start so that all its cells lie in the padded axis, tried one by one."""
    cells = [k * dilation for k in range(kernel)]
    return [s for s in range(-before, size + after, stride) if s + cells[-1] < size + after]


@given(side, st.integers(1, 11), rate, st.integers(0, 4), st.integers(0, 4), rate)
def test_output_size_counts_the_positions(size, kernel, stride, before, after, dilation):
    found = _shapes.output_size(size, kernel, stride, before, after, dilation)
    assert max(found, 0) == len(positions(size, kernel, stride, before, after, dilation))


@given(side, st.integers(1, 11), rate, rate)
def test_same_gives_one_output_per_stride_and_pads_no_more_than_needed(size, kernel, stride, dilation):
    before, after = _shapes.same_pads(size, kernel, stride, dilation)
    wanted = -(-size // stride)
    assert _shapes.output_size(size, kernel, stride, before, after, dilation) == wanted
    assert 0 <= after - before <= 1, "the odd cell goes after"
    if before + after:
        assert _shapes.output_size(size, kernel, stride, before + after - 1, 0, dilation) == wanted - 1


@given(side, st.integers(1, 11), rate)
def test_every_window_of_same_touches_the_image(size, kernel, stride):
    before, after = _shapes.same_pads(size, kernel, stride)
    for start in positions(size, kernel, stride, before, after, 1):
        assert start < size
        assert start + kernel > 0


@pytest.mark.parametrize(("size", "kernel", "stride", "pads"), [
    # By hand; first ResNet's 7x7 in steps of 2, VGG's 3x3 and AlexNet's 11x11 in steps of 4 over 224 pixels.
    (224, 7, 2, (2, 3)), (224, 3, 1, (1, 1)), (224, 11, 4, (3, 4)), (5, 2, 2, (0, 1)), (4, 2, 2, (0, 0)),
    (3, 1, 2, (0, 0)), (1, 5, 1, (2, 2)), (5, 1, 3, (0, 0)), (6, 2, 3, (0, 0)),
])
def test_same_pads_of_known_layers(size, kernel, stride, pads):
    assert _shapes.same_pads(size, kernel, stride) == pads


@given(side, st.integers(1, 11), rate, st.sampled_from(["valid", "same"]), st.none() | st.integers(0, 4), rate)
def test_a_transposed_convolution_is_led_back_by_a_convolution(size, kernel, stride, padding, more, dilation):
    more = None if more is None else min(more, stride - 1)  # as much as is allowed
    output, before, after = _shapes.transposed(size, kernel, stride, padding, more, dilation)
    if output >= 1:
        assert _shapes.output_size(output, kernel, stride, before, after, dilation) == size
    assert 0 <= after - before <= 1, "the odd cell goes after"
    if padding == "same" and more is None:
        assert output == size * stride
        assert (before, after) == _shapes.same_pads(output, kernel, stride, dilation)


@pytest.mark.parametrize(("padding", "expected"), [
    ("valid", "valid"), ("SAME", "same"), (2, ((2, 2), (2, 2))), ((1, 2), ((1, 1), (2, 2))), ([1, 2], ((1, 1), (2, 2))),
    (((1, 0), (2, 3)), ((1, 0), (2, 3))), ([[1, 0], [2, 3]], ((1, 0), (2, 3))), (0, ((0, 0), (0, 0))),
])
def test_paddings_are_written_in_several_ways(padding, expected):
    assert _shapes.check_padding(padding, "here") == expected


@pytest.mark.parametrize("padding", ["full", -1, (1, -1), (1, 2, 3), 1.5, ((1, 2), (3, "a")), None, True])
def test_a_padding_that_is_none(padding):
    with pytest.raises(_checks.MinicnnError, match=r"here: (unknown padding|padding must be)"):
        _shapes.check_padding(padding, "here")


def test_a_window_knows_all_about_itself():
    window = _shapes.window((5, 7), (3, 2), (2, 1), ((1, 0), (2, 3)), (1, 2), "here")
    assert window == _shapes.Window((3, 2), (2, 1), (1, 0, 2, 3), (1, 2), (2, 10))


@pytest.mark.parametrize("layer", [
    Conv2D(1, (6, 2), name="k"), MaxPooling2D((6, 2), name="k"), AveragePooling2D((6, 2), name="k"),
    Subsampling2D((6, 2), name="k"), TableConv2D([[1]], (6, 2), name="k"),
], ids=lambda layer: type(layer).__name__)
def test_a_kernel_larger_than_its_input(layer):
    where = rf"{type(layer).__name__} 'k' \(input shape \(5, 9, 1\)\)"
    what = r"the kernel is larger than its \(padded\) input. Expected at least 6x2, received 5x9.*padding='same'"
    with pytest.raises(_checks.MinicnnError, match=f"{where}: {what}"):
        layer.output_shape_for((5, 9, 1))


def test_dilation_and_padding_count_in_what_fits():
    with pytest.raises(_checks.MinicnnError, match="Expected at least 5x5, received 4x4"):
        Conv2D(1, 3, dilation_rate=2).output_shape_for((4, 4, 1))
    assert Conv2D(1, 3, dilation_rate=2, padding=1).output_shape_for((4, 4, 1)) == (2, 2, 1)


def test_shapes_of_many_convolutions_agree_with_the_count():
    few = (1, 2, 3)
    for size, kernel, stride, dilation, padding in itertools.product((1, 6, 9), few, few, (1, 2), ("same", 3)):
        layer = Conv2D(4, kernel, stride, padding, dilation_rate=dilation)
        pads = _shapes.same_pads(size, kernel, stride, dilation) if padding == "same" else (3, 3)
        count = len(positions(size, kernel, stride, *pads, dilation))
        assert layer.output_shape_for((size, size, 2)) == (count, count, 4)
