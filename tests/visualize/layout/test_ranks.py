"""Ranks: every link goes to a higher one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn.visualize.layout.ranks import has_circle, longest_paths, ranks

PAIRS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda pair: pair[0] < pair[1]), max_size=25)


@given(PAIRS)
def test_every_link_goes_to_a_higher_rank(pairs):
    rank = ranks(10, pairs)
    assert all(rank[a] < rank[b] for a, b in pairs)
    assert set(rank) == set(range(max(rank) + 1))


@given(PAIRS)
def test_links_are_together_no_longer_than_from_the_top(pairs):
    top, rank = longest_paths(10, pairs), ranks(10, pairs)
    assert sum(rank[b] - rank[a] for a, b in set(pairs)) <= sum(top[b] - top[a] for a, b in set(pairs))
    assert max(rank) <= max(top)


def test_a_late_input_stands_where_it_is_used():
    #  0 - 1 - 2 - 3 - 4,  and 5 - 6 into 4
    pairs = [(0, 1), (1, 2), (2, 3), (3, 4), (5, 6), (6, 4)]
    assert ranks(7, pairs) == [0, 1, 2, 3, 4, 2, 3]
    assert ranks(7, pairs, first=[5]) == [0, 1, 2, 3, 4, 0, 3]


def test_an_early_output_stands_early_unless_it_has_to_be_last():
    pairs = [(0, 1), (1, 2), (2, 3), (0, 4)]
    assert ranks(5, pairs) == [0, 1, 2, 3, 1]
    assert ranks(5, pairs, last=[3, 4]) == [0, 1, 2, 3, 3]


def test_circles():
    assert has_circle(3, [(0, 1), (1, 2), (2, 0)])
    assert has_circle(1, [(0, 0)])
    assert not has_circle(3, [(0, 1), (1, 2), (0, 2)])
    with pytest.raises(ValueError, match="the links go around in a circle"):
        longest_paths(2, [(0, 1), (1, 0)])
