"""The facts of LeCun et al. 1998, Figure 3, that were established outside this package."""

import itertools

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.datasets import rbf_codes
from minicnn.datasets.rbf_codes import CHARACTERS, bitmap, prototypes


def hamming(first: str, second: str) -> int:
    return int((prototypes(first) != prototypes(second)).sum())


def test_there_are_96_characters_in_ascii_order():
    assert [ord(character) for character in CHARACTERS] == list(range(32, 128))


def test_every_bitmap_is_7_wide_and_12_high():
    for character in CHARACTERS:
        assert [len(row) for row in bitmap(character)] == [7] * 12
        assert set("".join(bitmap(character))) <= {"#", "."}


def test_prototypes_are_plus_and_minus_one_in_float32():
    codes = prototypes(CHARACTERS)
    assert codes.shape == (96, 84)
    assert codes.dtype == np.float32
    assert set(np.unique(codes)) == {-1, 1}


def test_components_run_in_reading_order():
    assert bitmap("4") == (
        ".#####.", ".......", ".......", ".##..##", ".##..##", "###..##",
        "##...##", "##...##", "##..###", ".######", ".....##", ".....##")  # fmt: skip
    image = prototypes("4").reshape(12, 7)
    assert image[0].tolist() == [-1, 1, 1, 1, 1, 1, -1]
    assert image[5].tolist() == [1, 1, 1, -1, -1, 1, 1]
    assert image[11].tolist() == [-1, -1, -1, -1, -1, 1, 1]


def test_the_ten_digits_are_the_default_and_rows_follow_the_request():
    np.testing.assert_array_equal(prototypes(), prototypes("0123456789"))
    np.testing.assert_array_equal(prototypes("31"), prototypes()[[3, 1]])
    np.testing.assert_array_equal(prototypes(["7", "7"]), prototypes()[[7, 7]])


def test_every_call_gives_a_new_array():
    first = prototypes()
    first[:] = 0
    assert abs(prototypes()).min() == 1


def test_ink_of_the_digits():
    assert (prototypes() > 0).sum(axis=1).tolist() == [35, 27, 33, 32, 41, 35, 39, 25, 43, 39]


def test_distances_between_the_digits():
    distances = {pair: hamming(*pair) for pair in itertools.combinations("0123456789", 2)}
    assert {pair for pair, distance in distances.items() if distance < 18} == {("6", "8")}
    assert distances["6", "8"] == 12
    assert {pair for pair, distance in distances.items() if distance == 18} == {("0", "4"), ("8", "9")}
    assert max(distances.values()) == 50


def test_14_of_84_cells_are_the_same_in_all_digits():
    codes = prototypes()
    assert int((codes == codes[0]).all(axis=0).sum()) == 14


@pytest.mark.parametrize(
    ("pair", "distance"), [("Oo", 5), ("1l", 6), ("1I", 7), ("lI", 1), ("[I", 8), ("Cc", 5)]
)
def test_distances_between_characters_that_look_alike(pair, distance):
    assert hamming(*pair) == distance


def test_upper_case_o_carries_a_bar_and_lower_case_o_does_not():
    assert bitmap("O")[:4] == (".#####.", ".......", ".......", ".#####.")
    assert bitmap("o")[:4] == (".......", ".......", ".......", ".#####.")
    assert bitmap("O")[1:] == bitmap("o")[1:]
    bars = [character for character in CHARACTERS if bitmap(character)[:2] == (".#####.", ".......")]
    assert "".join(bars) == "0245CGMNOPQSUVWXYZ"


def test_only_space_and_127_share_a_code():
    alike = [pair for pair in itertools.combinations(CHARACTERS, 2) if bitmap(pair[0]) == bitmap(pair[1])]
    assert alike == [(" ", "\x7f")]
    assert set("".join(bitmap(" "))) == {"."}


@pytest.mark.parametrize("character", ["é", "\n", ""])
def test_unknown_character(character):
    with pytest.raises(MinicnnError, match=r"rbf_codes: .*Expected one of the 96 characters.*received '.*'"):
        bitmap(character)


def test_text_instead_of_a_character():
    with pytest.raises(MinicnnError, match=r"received '12'\. Pass a text of several characters to proto"):
        bitmap("12")


@pytest.mark.parametrize("characters", [range(10), 0])
def test_numbers_instead_of_characters(characters):
    with pytest.raises(MinicnnError, match=r"received 0\. Pass characters, for example '5' and not 5\."):
        prototypes(characters)


def test_unknown_character_among_known_ones():
    with pytest.raises(MinicnnError, match="received 'ß'"):
        prototypes("0ß1")


def test_no_character():
    with pytest.raises(MinicnnError, match=r"no character .* for\. Expected at least one, received ''"):
        prototypes("")


def test_the_file_holds_the_characters_in_order_one_per_line():
    lines = rbf_codes.FILE.read_text("ascii").splitlines()
    assert len(lines) == 98
    assert "".join(rbf_codes._bitmaps()) == CHARACTERS
