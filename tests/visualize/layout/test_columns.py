"""Columns: as true as one long drawing, and shorter."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicnn.visualize.layout import Box, Link, in_columns, layered
from minicnn.visualize.layout.columns import parted, runs

BOX = Box(2.0, 0.5)


def chain(count):
    return [BOX] * count, [Link(i, i + 1) for i in range(count - 1)]


@settings(max_examples=100, deadline=None)
@given(data=st.data(), shape=st.floats(0.3, 3), tail=st.integers(0, 6))
def test_what_holds_for_every_network(data, networks, holds, shape, tail):
    boxes, links = data.draw(networks)
    # A tail, so that there is something to cut.
    links = links + [Link(len(boxes) + i - 1, len(boxes) + i) for i in range(tail)]
    boxes = boxes + [BOX] * tail
    layout = in_columns(boxes, links, 2.0, shape)
    holds.boxes_apart(boxes, layout)
    holds.ways_free(boxes, layout)
    holds.ends_meet(boxes, links, layout)
    holds.on_the_page(boxes, layout)


def test_short_drawings_stay_whole():
    boxes, links = chain(5)
    whole = layered(boxes, links)
    assert in_columns(boxes, links, whole.along, 1.5) == whole
    assert in_columns(boxes, links, whole.along - 0.1, 1.5) != whole


def test_a_long_chain_has_about_the_wanted_shape():
    boxes, links = chain(60)
    for shape in (0.7, 1.5, 3.0):
        layout = in_columns(boxes, links, 5.0, shape)
        assert shape / 1.5 < layout.across / layout.along < 1.5 * shape


def test_the_way_from_column_to_column_goes_through_the_gutter():
    boxes, links = chain(12)
    layout = in_columns(boxes, links, 5.0, 1.0)
    lefts = sorted({place[0] for place in layout.places})
    assert len(lefts) == 2
    over = [route.points for route in layout.routes if len(route.points) > 2]
    assert len(over) == 1
    gutter = {across for across, _ in over[0]} - {lefts[0] + 1, lefts[1] + 1}
    assert list(gutter) == [pytest.approx((lefts[0] + 2 + lefts[1]) / 2)]


def test_cuts_are_where_one_value_goes_on():
    #  0 - 1 - 2 - 3 - 4 - 5, and 1 into 3. Behind 1 its value alone goes on, to 2 and to 3; behind 2, two values do.
    links = [Link(0, 1), Link(1, 2), Link(2, 3), Link(1, 3), Link(3, 4), Link(4, 5)]
    assert parted(6, links) == [[0], [1], [2, 3], [4], [5]]
    # Two values of one box are two.
    assert parted(2, [Link(0, 1, leaves=-0.2), Link(0, 1, leaves=0.2)]) == [[0, 1]]


def test_where_nothing_can_be_cut_the_drawing_stays_long():
    boxes, links = chain(12)
    links = [*links, Link(0, 11)]
    assert in_columns(boxes, links, 5.0, 1.0) == layered(boxes, links)


@given(st.lists(st.floats(0.1, 5), min_size=1, max_size=8), st.integers(1, 5))
def test_runs_are_as_even_as_can_be(lengths, most):
    found = runs(lengths, most)
    assert [i for start, stop in found for i in range(start, stop)] == list(range(len(lengths)))
    assert len(found) <= most
    cuts = range(1, len(lengths))
    best = min(max(sum(lengths[a:b]) for a, b in itertools.pairwise([0, *inner, len(lengths)]))
               for number in range(min(most, len(lengths))) for inner in itertools.combinations(cuts, number))
    assert max(sum(lengths[a:b]) for a, b in found) == pytest.approx(best, rel=1e-6)
