"""Where occluders stand in both conventions, and how values are painted."""

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.visualize.occluding.windows import windows


def drawn(length, patch, stride, average, border="cut"):
    """Each place along a row: # hidden, = painted on."""
    over = windows((1, length), (1, patch), (1, stride), average, border, "here")
    rows = []
    for boxes in zip(over.hidden, over.painted, strict=True):
        for mark, (_, columns) in zip("#=", boxes, strict=True):
            rows.append("".join(mark if i in range(columns.start, columns.stop) else "." for i in range(length)))
    return rows


def test_a_large_occluder_around_a_small_cell():
    assert drawn(6, 4, 2, False) == ["###...", "==....", ".####.", "..==..", "...###", "....=="]


def test_windows_that_overlap():
    assert drawn(6, 4, 2, True) == ["####..", "====..", "..####", "..===="]


def test_cells_as_large_as_the_patch():
    assert drawn(7, 3, 3, False) == ["###....", "===....", "...###.", "...===.", "......#", "......="]


def test_the_last_window_is_cut_off_or_left_out():
    assert drawn(6, 3, 2, True) == ["###...", "===...", "..###.", "..===.", "....##", "....=="]
    assert drawn(6, 3, 2, True, "skip") == ["###...", "===...", "..###.", "..===."]
    assert drawn(6, 4, 2, False, "skip") == [".####.", "..==.."]


def test_what_is_left_over_hides_one_more_at_the_low_side():
    assert drawn(5, 4, 1, False)[4:6] == ["####.", "..=.."]


def test_rows_and_columns_apart():
    over = windows((5, 4), (2, 3), (1, 2), True, "cut", "here")
    assert [tuple((along.start, along.stop) for along in box) for box in over.hidden] == [
        (row, column) for row in ((0, 2), (1, 3), (2, 4), (3, 5)) for column in ((0, 3), (2, 4))]


def test_a_quarter_is_what_is_taken_by_default():
    over = windows((28, 40), None, None, True, "cut", "here")
    assert over.hidden[0] == (slice(0, 7), slice(0, 7))
    assert over.hidden[1] == (slice(0, 7), slice(1, 8))
    assert windows((3, 3), None, None, True, "cut", "here").hidden[0] == (slice(0, 1), slice(0, 1))


def test_painting_takes_the_mean_of_what_lies_over_a_pixel():
    over = windows((1, 6), (1, 3), (1, 2), True, "skip", "here")
    np.testing.assert_array_equal(over.paint(np.array([[1.0, 3.0]])), [[[1, 1, 2, 3, 3, np.nan]]])


def test_the_class_of_most_windows_wins():
    over = windows((1, 6), (1, 3), (1, 1), True, "skip", "here")  # over the third pixel lie three
    votes = over.vote(np.array([[4, 2, 2, 7], [4, 2, 7, 7]]))
    assert votes.tolist() == [[[4, 2, 2, 2, 2, 7]], [[4, 2, 2, 7, 7, 7]]]
    assert windows((1, 3), 1, 1, False, "cut", "here").vote(np.array([[9, 8, 9]])).tolist() == [[[9, 8, 9]]]


def test_where_nothing_is_painted_no_class_is_named():
    assert windows((1, 6), (1, 4), (1, 2), False, "skip", "here").vote(np.array([[5]])).tolist() == [
        [[-1, -1, 5, 5, -1, -1]]]


@pytest.mark.parametrize(("options", "message"), [
    ((7, 1), r"here: patch is larger than the image\. Expected at most \(6, 8\), received \(7, 7\)"),
    (((2, 9), 1), r"larger than the image.*received \(2, 9\)"),
    ((0, 1), r"here: patch must be an integer\. Expected at least 1, received 0"),
    ((2, 0), r"here: stride must be an integer\. Expected at least 1, received 0"),
    ((2, 3), r"stride is larger than the patch.*never be hidden\. Expected at most \(2, 2\), received \(3, 3\)"),
    ((2.5, 1), r"patch must be an integer.*received 2\.5"),
    (((1, 2, 3), 1), r"patch must be one integer or two \(height, width\)"),
])
def test_wrong_patches_and_strides(options, message):
    with pytest.raises(MinicnnError, match=message):
        windows((6, 8), *options, False, "cut", "here")


def test_wrong_borders():
    with pytest.raises(MinicnnError, match=r"here: border 'cutt'.*one of cut, skip\. Did you mean 'cut'"):
        windows((6, 8), 2, 1, False, "cutt", "here")
    with pytest.raises(MinicnnError, match=r"no patch stands wholly inside.*border='cut'"):
        windows((8, 8), 8, 4, False, "skip", "here")
