"""Which of many are drawn."""

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.visualize.choosing import check_number, chosen, ranges_text


@pytest.mark.parametrize(("choice", "expected"), [
    (None, [0, 1, 2, 3, 4]), (3, [0, 1, 2]), (np.int64(1), [0]), (range(4, 0, -2), [4, 2]), ((1, 1), [1, 1]),
    (slice(-2, None), [3, 4]), (np.array([2]), [2]),
])
def test_the_chosen(choice, expected):
    assert chosen(choice, 5, "maps", "here") == expected


@pytest.mark.parametrize(("choice", "message"), [
    (6, r"here: maps=6 asks for the first 6. Expected 1 to 5, received 6. A list asks for certain ones: maps=\[4\]"),
    ([0, 5], "no such one among the maps. Expected an integer from 0 to 4, received 5. They are counted from 0"),
    ([[1]], r"maps must be an integer, a list of them, a range or a slice. Received \[\[1\]\]"),
    (2.0, "maps must be an integer"), (range(0), "maps chooses nothing"),
])
def test_no_choice(choice, message):
    with pytest.raises(MinicnnError, match=message):
        chosen(choice, 5, "maps", "here")


@pytest.mark.parametrize("number", [-1, 3, 1.0, True, "1", None])
def test_a_number_that_is_none_of_them(number):
    with pytest.raises(MinicnnError, match=r"here: there is no such one among the maps\. Expected an integer from"):
        check_number(number, 3, "maps", "here")


def test_long_lists_in_words():
    assert ranges_text([*range(5), 7, 9, 11, 13, 15, 17, 19]) == "0 to 4, 7, 9, 11, 13, 15 and 2 more"
