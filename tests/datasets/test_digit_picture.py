"""A picture made to look like MNIST's digits, step by step, by hand."""

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.datasets import digits
from minicnn.datasets._digit_picture import (
    bounding_box,
    center_of_mass,
    centered,
    digit_picture,
    ink,
    light_paper,
    scaled,
    whole_thing,
)

BAR = np.zeros((9, 12), np.uint8)
BAR[3:7, 5:7] = 200  # four high, two wide


def test_the_border_tells_the_paper():
    assert not light_paper(BAR)
    assert light_paper(255 - BAR)
    touching = 255 - BAR
    touching[:, 4] = 0  # a stroke from edge to edge
    assert light_paper(touching)


def test_ink_is_the_distance_from_the_paper():
    sheet = np.array([[90, 90, 90, 90], [90, 190, 95, 90], [90, 140, 90, 90], [90, 90, 90, 90]], np.uint8)
    # From 90 to 190 is all there is; 95 is less than a tenth of it.
    expected = np.zeros((4, 4))
    expected[1, 1], expected[2, 1] = 1, 0.5
    np.testing.assert_array_equal(ink(sheet), expected)
    np.testing.assert_array_equal(ink(255 - sheet), expected)


def test_grain_of_the_paper_is_no_ink():
    sheet = np.full((6, 6), 100, np.uint8)
    sheet[::2] = 120  # grain: rows take turns, the border has both
    sheet[2, 2] = 0
    assert np.flatnonzero(ink(sheet)).tolist() == [2 * 6 + 2]


@pytest.mark.parametrize("gray", [np.full((5, 5), 130, np.uint8), np.array([[100, 100], [100, 105]], np.uint8)])
def test_an_empty_sheet(gray):
    with pytest.raises(MinicnnError, match=r"empty\.png: there is nothing to see"):
        digit_picture(gray, "empty.png")


def test_bounding_box():
    assert bounding_box(ink(BAR)).shape == (4, 2)
    assert (bounding_box(ink(BAR)) == 1).all()


@pytest.mark.parametrize(("shape", "expected"), [
    ((4, 2), (20, 10)), ((2, 4), (10, 20)), ((100, 33), (20, 7)), ((1, 90), (1, 20)), ((20, 20), (20, 20)),
])
def test_the_longer_side_becomes_20(shape, expected):
    assert scaled(np.ones(shape), 20).shape == expected


def test_what_has_the_size_already_stays_as_it_is(rng):
    amount = rng.random((20, 13))
    amount[4, 4] = 1
    np.testing.assert_allclose(scaled(amount, 20), amount, rtol=1e-6)


def test_center_of_mass():
    assert center_of_mass(np.array([[0, 0, 0], [1, 0, 3]])) == (1.0, 1.5)


def test_the_center_of_mass_comes_to_row_and_column_14():
    amount = np.zeros((20, 10))
    amount[4, 3] = 1
    field = centered(amount, by_mass=True)
    assert np.argwhere(field == 255).tolist() == [[12, 14]]  # 14 would need 10 rows above: more than 28 - 20 = 8
    amount[16, 3] = 1  # now it is balanced around row 10
    assert np.argwhere(centered(amount, by_mass=True) == 255).tolist() == [[8, 14], [20, 14]]


def test_a_thing_fills_the_field_and_is_in_its_middle():
    image = whole_thing(BAR)
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    assert (rows[0], rows[-1], columns[0], columns[-1]) == (0, 27, 7, 20)


def test_digits_of_mnist_come_out_as_they_went_in():
    """They are made this way already: the box is found again, and the center of mass with it."""
    _, (x, _) = digits.load_data()
    same = [np.abs(digit_picture(image).astype(int) - image).max() <= 26 for image in x[:200]]  # faint pixels are paper
    assert sum(same) >= 150


def test_a_digit_may_lie_anywhere_and_in_both_polarities():
    _, (x, _) = digits.load_data()
    sheet = np.zeros((70, 50), np.uint8)
    sheet[30:58, 2:30] = x[3]
    expected = digit_picture(x[3])
    np.testing.assert_array_equal(digit_picture(sheet), expected)
    np.testing.assert_array_equal(digit_picture(255 - sheet), expected)
    np.testing.assert_array_equal(digit_picture(255 - sheet // 2), digit_picture(sheet // 2))
