"""The interpolation: by hand, against loops over the definition, and the jitted version against the readable one."""

import itertools
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from minicnn.augmentation import reference, with_numba
from minicnn.augmentation.maps import inverse_maps

DTYPES = ("uint8", "float32", "float64")


def images_of(shape, dtype, rng):
    return rng.integers(0, 256, shape, np.uint8) if dtype == "uint8" else rng.normal(size=shape).astype(dtype)


def by_definition(images, maps, fields, fill):
    """Value by value, the background wherever a neighbor is outside; float64, not rounded."""
    count, height, width, channels = images.shape
    out = np.empty(images.shape)

    def pixel(n, row, column, c):
        return float(images[n, row, column, c]) if 0 <= row < height and 0 <= column < width else fill

    for n, i, j, c in np.ndindex(count, height, width, channels):
        dx, dy = (0, 0) if fields is None else fields[n, :, i, j].tolist()
        x, y = maps[n] @ [j + dx, i + dy, 1]
        column, row = int(np.floor(x)), int(np.floor(y))
        out[n, i, j, c] = sum(
            (1 - abs(x - q)) * (1 - abs(y - p)) * pixel(n, p, q, c)
            for p in (row, row + 1) for q in (column, column + 1))
    return out


@pytest.fixture
def grid():
    return np.arange(1.0, 16.0).reshape(1, 3, 5, 1)


def test_whole_pixels_are_moved_and_the_background_comes_in(resample, steps, grid):
    moved = resample(grid, inverse_maps(steps(translate_x=2.0, translate_y=-1.0), (3, 5)), None, -7.0)
    np.testing.assert_array_equal(moved[0, :, :, 0], [[-7, -7, 6, 7, 8], [-7, -7, 11, 12, 13], [-7] * 5])


def test_half_a_pixel_is_the_mean_of_two(resample, steps):
    row = np.array([1.0, 2.0, 5.0]).reshape(1, 1, 3, 1)
    moved = resample(row, inverse_maps(steps(translate_x=0.5), (1, 3)), None, 9.0)
    np.testing.assert_array_equal(moved.ravel(), [5.0, 1.5, 3.5])


def test_a_quarter_down_and_half_right_weighs_four(resample, steps):
    corner = np.array([[1.0, 3.0], [5.0, 9.0]]).reshape(1, 2, 2, 1)
    moved = resample(corner, inverse_maps(steps(translate_x=-0.5, translate_y=-0.25), (2, 2)), None, 0.0)
    assert moved[0, 0, 0, 0] == 0.75 * 2 + 0.25 * 7


def test_mirror(resample, steps, grid):
    moved = resample(grid, inverse_maps(steps(mirror=True), (3, 5)), None, 0.0)
    np.testing.assert_array_equal(moved, grid[:, :, ::-1])


@pytest.mark.parametrize("size", [1, 4, 5])
def test_90_degrees_turn_counterclockwise(resample, steps, size, rng):
    square = rng.random((1, size, size, 2))
    for quarter in (1, 2, 3):
        turned = resample(square, inverse_maps(steps(rotate=90.0 * quarter), (size, size)), None, 0.0)
        np.testing.assert_allclose(turned, np.rot90(square, quarter, axes=(1, 2)), atol=1e-14)


def test_a_ramp_enlarged_twice_is_half_as_steep(resample, steps):
    ramp = np.broadcast_to(10.0 * np.arange(8), (1, 6, 8))[..., None]
    larger = resample(ramp, inverse_maps(steps(scale=2.0), (6, 8)), None, 0.0)
    np.testing.assert_allclose(larger[0, :, :, 0], np.broadcast_to(35 + 5 * (np.arange(8) - 3.5), (6, 8)), rtol=1e-15)


def test_squeeze_makes_wide_and_low(resample, steps):
    bar = np.zeros((1, 9, 9, 1))
    bar[0, 2:7, 4] = 1  # 5 high, 1 wide
    wide = resample(bar, inverse_maps(steps(squeeze=2.0), (9, 9)), None, 0.0)[0, :, :, 0]
    np.testing.assert_array_equal(wide[4], [0, 0, 0, 0.5, 1, 0.5, 0, 0, 0])
    np.testing.assert_array_equal(wide[:, 4], [0, 0, 0, 1, 1, 1, 0, 0, 0])


def test_shear_shifts_each_row_by_as_many_pixels_as_it_is_below_the_middle(resample, steps):
    line = np.zeros((1, 5, 5, 1))
    line[:, :, 2] = 1
    slanted = resample(line, inverse_maps(steps(shear=1.0), (5, 5)), None, 0.0)
    np.testing.assert_array_equal(slanted[0, :, :, 0], np.eye(5))


def test_a_displacement_says_where_a_pixel_is_read(resample, steps, grid):
    field = np.zeros((1, 2, 3, 5), np.float32)
    field[0, :, 1, 2] = 1.75, -0.5  # right, and up
    moved = resample(grid, inverse_maps(steps(), (3, 5)), field, 0.0)
    expected = grid.copy()
    expected[0, 1, 2, 0] = (4.75 + 9.75) / 2
    np.testing.assert_array_equal(moved, expected)


def test_displacements_are_made_in_the_distorted_image(resample, steps, grid):
    # The map first turns by 180 degrees: one to the right there is one to the left here.
    field = np.zeros((1, 2, 3, 5), np.float32)
    field[0, 0] = 1
    moved = resample(grid, inverse_maps(steps(rotate=180.0), (3, 5)), field, 0.0)
    turned = grid[0, ::-1, ::-1, 0]
    np.testing.assert_allclose(moved[0, :, :4, 0], turned[:, 1:], rtol=1e-14)
    np.testing.assert_allclose(moved[0, :, 4, 0], 0, atol=1e-14)


@pytest.mark.parametrize(("step", "expected"), [(0.5, [1, 2, 3]), (0.25, [0, 2, 3]), (0.75, [1, 2, 3])])
def test_bytes_are_rounded_to_the_nearest_half_up(resample, steps, step, expected):
    row = np.array([1, 2, 3], np.uint8).reshape(1, 1, 3, 1)
    moved = resample(row, inverse_maps(steps(translate_x=step), (1, 3)), None, 0)
    assert moved.dtype == np.uint8
    by_hand = np.floor(np.array([0, 1, 2]) * step + np.array([1, 2, 3]) * (1 - step) + 0.5)
    np.testing.assert_array_equal(moved.ravel(), by_hand)


def test_far_away_is_background_only(resample, steps, grid):
    for move in ({"translate_x": 1e30}, {"translate_y": -1e6}, {"translate_x": -5.0}, {"translate_y": 3.0}):
        assert (resample(grid, inverse_maps(steps(**move), (3, 5)), None, 0.25) == 0.25).all()


@pytest.mark.parametrize("shape", [(3, 1, 1, 1), (2, 5, 7, 3), (3, 8, 8, 1), (2, 1, 6, 2)], ids=str)
@pytest.mark.parametrize("bent", [False, True])
def test_against_loops_over_the_definition(resample, random_steps, rng, shape, bent):
    maps = inverse_maps(random_steps(shape[0], rng), shape[1:3])
    fields = rng.normal(0, 2, (shape[0], 2, *shape[1:3])).astype(np.float32) if bent else None
    for dtype in DTYPES:
        images = images_of(shape, dtype, rng)
        truth = by_definition(images, maps, fields, 3.0)
        result = resample(images, maps, fields, 3.0)
        assert result.dtype == images.dtype
        # Rounding to the type it is stored in, and nothing else.
        tolerance = {"uint8": 0.5 + 1e-9, "float32": 1e-6, "float64": 1e-13}[dtype]
        np.testing.assert_allclose(result, truth, rtol=0, atol=tolerance)


LAYOUTS = {
    "plain": lambda x: x,
    "read-only": lambda x: np.frombuffer(x.tobytes(), x.dtype).reshape(x.shape),
    "Fortran": np.asfortranarray,
    "reversed": lambda x: x[::-1].copy()[::-1],
    "sliced": lambda x: np.repeat(x, 2, axis=2)[:, :, ::2],
}


@pytest.mark.parametrize("shape", [(1, 28, 28, 1), (3, 9, 5, 3), (5, 1, 1, 2), (2, 33, 40, 4), (0, 6, 6, 1)], ids=str)
def test_both_versions_give_the_same_bits(random_steps, rng, shape):
    for dtype, bent, fill in itertools.product(DTYPES, (False, True), (0, 7)):
        maps = inverse_maps(random_steps(shape[0], rng), shape[1:3])
        fields = rng.normal(0, 3, (shape[0], 2, *shape[1:3])).astype(np.float32) if bent else None
        images = images_of(shape, dtype, rng)
        expected = reference.resample(images, maps, fields, fill)
        assert with_numba.resample(images, maps, fields, fill).tobytes() == expected.tobytes()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_memory_layout_changes_neither_the_result_nor_the_compiled_code(random_steps, rng, layout):
    maps = inverse_maps(random_steps(3, rng), (6, 7))
    for dtype in DTYPES:
        images = images_of((3, 6, 7, 2), dtype, rng)
        expected = with_numba.resample(images, maps, None, 1.0)
        compiled = list(with_numba.resample_images.signatures)
        laid_out = LAYOUTS[layout](images)
        before = laid_out.copy()
        result = with_numba.resample(laid_out, maps, None, 1.0)
        np.testing.assert_array_equal(result, expected)
        np.testing.assert_array_equal(laid_out, before)
        assert with_numba.resample_images.signatures == compiled


def test_cut_among_threads_the_bits_stay(random_steps, rng):
    maps = inverse_maps(random_steps(12, rng), (28, 28))
    fields = rng.normal(0, 2, (12, 2, 28, 28)).astype(np.float32)
    images = images_of((12, 28, 28, 1), "float32", rng)
    whole = with_numba.resample(images, maps, fields, 0.0)
    with ThreadPoolExecutor(3) as pool:
        cuts = [slice(0, 1), slice(1, 6), slice(6, 12)]
        parts = list(pool.map(lambda s: with_numba.resample(images[s], maps[s], fields[s], 0.0), cuts))
    assert np.concatenate(parts).tobytes() == whole.tobytes()


def test_the_loops_are_compiled_with_the_options_of_the_house():
    for function in (with_numba.resample_images, with_numba.put_in_frame, with_numba.find_places):
        assert function.targetoptions["nogil"]
        assert function.targetoptions["error_model"] == "numpy"
        assert not function.targetoptions.get("fastmath")
        assert not function.targetoptions.get("parallel")
