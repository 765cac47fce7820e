"""Kernels take arrays as they come: transposed, strided, reversed, read-only; and never write into them."""

import numpy as np
import pytest

from minicnn import kernels


def typed(array, dtype="float64"):
    return array.astype(dtype) if array.dtype.kind == "f" else array


def transposed(array):
    return np.asfortranarray(typed(array))


def strided(array):
    room = np.full([2 * side for side in array.shape], 99).astype(typed(array).dtype)
    view = room[(slice(None, None, 2),) * array.ndim]
    view[...] = array
    return view


def reversed_axes(array):
    return np.flip(np.flip(typed(array)).copy())


def channels_first(array):
    # An image whose memory is (N, C, H, W), seen as (N, H, W, C).
    second = min(1, array.ndim - 1)
    return np.moveaxis(np.moveaxis(typed(array), -1, second).copy(), second, -1)


LAYOUTS = [transposed, strided, reversed_axes, channels_first]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_layouts_are_not_contiguous(layout):
    array = np.arange(2 * 3 * 4 * 5.0).reshape(2, 3, 4, 5)
    np.testing.assert_array_equal(layout(array), array)
    assert not layout(array).flags.c_contiguous


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("implementation", kernels.IMPLEMENTATIONS)
def test_any_layout_gives_the_same(typical, implementation, layout, close):
    with kernels.use(implementation):
        close(typical.run(layout), typical.run(typed), 1e-12)


@pytest.mark.parametrize("implementation", kernels.IMPLEMENTATIONS)
def test_read_only_arrays_are_fine_and_no_array_is_written_into(typical, implementation, close):
    handed_in = []

    def locked(array):
        array = typed(array).copy()
        array.flags.writeable = False
        handed_in.append((array, array.copy()))
        return array

    with kernels.use(implementation):
        close(typical.run(locked), typical.run(typed), 1e-12)
    assert len(handed_in) >= 3
    for array, before in handed_in:
        np.testing.assert_array_equal(array, before)


@pytest.mark.parametrize("implementation", kernels.IMPLEMENTATIONS)
def test_writable_arrays_are_not_written_into_either(typical, implementation):
    handed_in = []

    def watched(array):
        array = typed(array).copy()
        handed_in.append((array, array.copy()))
        return array

    with kernels.use(implementation):
        results = typical.run(watched)
    for array, before in handed_in:
        np.testing.assert_array_equal(array, before)
        for name, result in results.items():
            assert not np.shares_memory(result, array), name
