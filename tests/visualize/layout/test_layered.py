"""Boxes do not overlap, ways do not lead through boxes, what goes straight on is straight."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicnn.visualize.layout import Box, Link, layered
from minicnn.visualize.layout.routes import PORT, bend, spread

BOX = Box(2.0, 0.5)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_what_holds_for_every_network(data, networks, holds):
    boxes, links = data.draw(networks)
    layout = layered(boxes, links)
    holds.boxes_apart(boxes, layout)
    holds.ways_free(boxes, layout)
    holds.ends_meet(boxes, links, layout)
    holds.on_the_page(boxes, layout)
    for link, route in zip(links, layout.routes, strict=True):
        assert layout.places[link.source][1] + boxes[link.source].along < layout.places[link.target][1]
        alongs = [along for _, along in route.points]
        assert alongs == sorted(alongs)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_arrows_enter_a_box_apart_and_in_the_order_in_which_they_come(data, networks):
    boxes, links = data.draw(networks)
    routes = layered(boxes, links).routes
    for target in range(len(boxes)):
        ends = sorted((routes[i].points[-3:], routes[i].points[-1][0]) for i, link in enumerate(links)
                      if link.target == target and link.enters is None)
        places = sorted(across for _, across in ends)
        room = min(PORT, (boxes[target].across - 0.2) / max(len(ends) - 1, 1))
        assert all(b - a >= room - 1e-6 for a, b in itertools.pairwise(places))


def middles(layout, boxes):
    return [left + box.across / 2 for (left, _), box in zip(layout.places, boxes, strict=True)]


def test_a_chain_is_one_straight_line():
    boxes = [Box(width, 0.5) for width in (1, 3, 2, 0.5)]
    layout = layered(boxes, [Link(0, 1), Link(1, 2), Link(2, 3)])
    assert middles(layout, boxes) == pytest.approx([1.5] * 4)
    assert all(len(route.points) == 2 for route in layout.routes)


def test_a_residual_block_is_straight_and_its_skip_passes_at_the_side():
    boxes = [BOX] * 5  # 0 - 1 - 2 - 3 - 4, and 0 into 3
    links = [Link(0, 3), Link(0, 1), Link(1, 2), Link(2, 3), Link(3, 4)]
    layout = layered(boxes, links)
    assert middles(layout, boxes) == pytest.approx([1.0] * 5)
    skip, *others = layout.routes
    assert all(len(route.points) == 2 for route in others)
    side = max(across for across, _ in skip.points)
    assert side == layout.across > 2.0
    assert skip.points[-1][0] == pytest.approx(1.9)  # at the end of the box's side, where it comes from
    assert others[2].points[-1][0] == pytest.approx(1.0)


def test_branches_stand_in_order_around_their_middle():
    boxes = [BOX] * 6
    layout = layered(boxes, [Link(0, i) for i in range(1, 5)] + [Link(i, 5) for i in range(1, 5)])
    middle = middles(layout, boxes)
    assert middle[1:5] == sorted(middle[1:5])
    assert middle[0] == middle[5] == pytest.approx(sum(middle[1:5]) / 4)


def test_nothing_at_all_and_one_box():
    assert layered([], []).places == []
    one = layered([BOX], [])
    assert (one.across, one.along, one.places) == (2.0, 0.5, [(0.0, 0.0)])


def test_ports_are_kept():
    layout = layered([BOX, BOX], [Link(0, 1, leaves=0.5, enters=-0.25)])
    (start, *_, end) = layout.routes[0].points
    left0, left1 = layout.places[0][0], layout.places[1][0]
    assert (start[0] - left0, end[0] - left1) == pytest.approx((1.5, 0.75))
    assert start[0] == pytest.approx(end[0])


def test_two_links_to_one_port_are_seen_as_two():
    layout = layered([BOX] * 3, [Link(0, 2, enters=0.0), Link(1, 2, enters=0.0)])
    ends = [route.points[-1][0] - layout.places[2][0] for route in layout.routes]
    assert ends == pytest.approx([1 - PORT / 2, 1 + PORT / 2])


def test_links_in_a_circle():
    with pytest.raises(ValueError, match="in a circle"):
        layered([BOX, BOX], [Link(0, 1), Link(1, 0)])


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=9).map(sorted), st.floats(0.01, 2))
def test_entries_are_spread(wanted, half):
    places = spread(wanted, half)
    gap = min(PORT, 2 * half / max(len(wanted) - 1, 1))
    assert all(-half - 1e-9 <= place <= half + 1e-9 for place in places)
    assert all(b - a >= gap - 1e-9 for a, b in itertools.pairwise(places))
    if all(b - a >= gap for a, b in itertools.pairwise(wanted)) and max(map(abs, wanted)) <= half:
        assert places == pytest.approx(wanted)


def test_a_way_has_no_points_in_the_middle_of_a_line():
    assert bend([(0, 0), (0, 1), (0, 1), (0, 2), (1, 3), (1, 4)]).points == ((0, 0), (0, 2), (1, 3), (1, 4))
