"""The order of each rank: few crossings."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from minicnn.visualize.layout.order import crossings, ordered

ROWS = st.lists(st.integers(1, 5), min_size=2, max_size=4)


@st.composite
def ranked(draw):
    """The rank of each slot, and links to the next rank."""
    rank = [r for r, size in enumerate(draw(ROWS)) for _ in range(size)]
    possible = [(a, b) for a in range(len(rank)) for b in range(len(rank)) if rank[b] == rank[a] + 1]
    return rank, draw(st.lists(st.sampled_from(possible), max_size=2 * len(possible)))


def down(count, links):
    return [[b for a, b in links if a == slot] for slot in range(count)]


def counted_one_by_one(rows, links):
    place = {slot: i for row in rows for i, slot in enumerate(row)}
    rank = {slot: r for r, row in enumerate(rows) for slot in row}
    return sum(rank[a] == rank[c] and (place[a] - place[c]) * (place[b] - place[d]) < 0
               for (a, b), (c, d) in itertools.combinations(links, 2))


@given(ranked())
def test_crossings_are_counted(graph):
    rank, links = graph
    rows = [[slot for slot in range(len(rank)) if rank[slot] == r] for r in range(max(rank) + 1)]
    assert crossings(rows, down(len(rank), links)) == counted_one_by_one(rows, links)


@given(ranked())
def test_every_slot_is_in_its_rank_once(graph):
    rank, links = graph
    rows = ordered(rank, links)
    assert sorted(slot for row in rows for slot in row) == list(range(len(rank)))
    assert all(rank[slot] == r for r, row in enumerate(rows) for slot in row)


def test_crossings_are_removed():
    # 0 and 2 belong together; 1 stands between them.
    rank, links = [0, 0, 0, 1, 1, 1], [(0, 3), (1, 4), (2, 3), (2, 5)]
    assert crossings([[0, 1, 2], [3, 4, 5]], down(6, links)) == 1
    assert crossings(ordered(rank, links), down(6, links)) == 0
    # Three pairs, each written in another order.
    rank, links = [0, 0, 0, 1, 1, 1, 2, 2, 2], [(0, 5), (1, 3), (2, 4), (3, 8), (4, 6), (5, 7)]
    assert crossings(ordered(rank, links), down(9, links)) == 0


def test_what_cannot_be_drawn_without_has_the_fewest():
    # Each of two feeds each of two: one crossing; each of three, nine pairs of pairs.
    assert crossings(ordered([0, 0, 1, 1], [(0, 2), (0, 3), (1, 2), (1, 3)]), [[2, 3], [2, 3], [], []]) == 1
    links = [(a, b) for a in range(3) for b in range(3, 6)]
    assert crossings(ordered([0] * 3 + [1] * 3, links), down(6, links)) == 9


@given(st.lists(st.integers(0, 100), min_size=1, max_size=30))
def test_trees_are_drawn_without_a_crossing(parents):
    links, rank = [], [0]
    for child, number in enumerate(parents, 1):
        links.append((number % child, child))
        rank.append(rank[number % child] + 1)
    assert crossings(ordered(rank, links), down(len(rank), links)) == 0


def test_the_walk_decides_where_nothing_crosses():
    assert ordered([0, 1, 1, 1, 2], [(0, 1), (0, 2), (0, 3), (1, 4), (2, 4), (3, 4)]) == [[0], [1, 2, 3], [4]]
    assert ordered([0, 1, 1, 1, 2], [(0, 3), (0, 1), (0, 2), (1, 4), (2, 4), (3, 4)]) == [[0], [3, 1, 2], [4]]
    assert ordered([], []) == []
