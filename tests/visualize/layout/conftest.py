"""Random networks of boxes, and what must hold wherever they are placed."""

import itertools
from dataclasses import dataclass

import pytest
from hypothesis import strategies as st

from minicnn.visualize.layout import Box, Link

HAIR = 1e-6


@st.composite
def graphs(draw, most=12):
    """Boxes of all sizes and links between them, without a circle; in any order, some doubled, some at ports."""
    count = draw(st.integers(1, most))
    size = st.floats(0.1, 3)
    boxes = [Box(draw(size), draw(size)) for _ in range(count)]
    pairs = draw(st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=2 * count))
    order = draw(st.permutations(range(count)))
    links = []
    for a, b in pairs:
        if a != b:
            source, target = order[min(a, b)], order[max(a, b)]
            leaves = draw(st.sampled_from([0.0, 0.0, 0.3, -0.3])) * boxes[source].across
            enters = draw(st.sampled_from([None, None, None, 0.25]))
            links.append(Link(source, target, leaves, None if enters is None else enters * boxes[target].across))
    return boxes, links


def points_on(route):
    """Points along a way, close to each other: on its lines, and on its S-shaped curves (cubic, bent in the middle)."""
    for (x0, y0), (x1, y1) in itertools.pairwise(route.points):
        middle = (y0 + y1) / 2
        for i in range(41):
            t = i / 40
            if x0 == x1 or y0 == y1:
                yield x0 + t * (x1 - x0), y0 + t * (y1 - y0)
            else:
                yield (x0 + (x1 - x0) * t * t * (3 - 2 * t),
                       (1 - t) ** 3 * y0 + 3 * t * (1 - t) * middle + t**3 * y1)


def inside(point, box, place):
    """Whether a point is truly inside a box."""
    return all(low + HAIR < at < low + size - HAIR
               for at, low, size in zip(point, place, (box.across, box.along), strict=True))


@dataclass
class Checks:
    """What holds for every layout."""

    def boxes_apart(self, boxes, layout):
        for (a, at), (b, to) in itertools.combinations(zip(boxes, layout.places, strict=True), 2):
            assert (at[0] + a.across < to[0] - 0.05 or to[0] + b.across < at[0] - 0.05
                    or at[1] + a.along < to[1] - 0.05 or to[1] + b.along < at[1] - 0.05)

    def ways_free(self, boxes, layout):
        for route in layout.routes:
            for point in points_on(route):
                for box, place in zip(boxes, layout.places, strict=True):
                    assert not inside(point, box, place)

    def ends_meet(self, boxes, links, layout):
        """Every way leads from the end of its first box, at the port, to the beginning of its second."""
        for link, route in zip(links, layout.routes, strict=True):
            (left, top), box = layout.places[link.source], boxes[link.source]
            assert route.points[0] == pytest.approx((left + box.across / 2 + link.leaves, top + box.along))
            (left, top), box = layout.places[link.target], boxes[link.target]
            across, along = route.points[-1]
            assert along == pytest.approx(top)
            if link.enters is None:
                assert left - HAIR <= across <= left + box.across + HAIR

    def on_the_page(self, boxes, layout):
        for box, (left, top) in zip(boxes, layout.places, strict=True):
            assert -HAIR <= left <= layout.across - box.across + HAIR
            assert -HAIR <= top <= layout.along - box.along + HAIR
        for route in layout.routes:
            for across, along in route.points:
                assert -HAIR <= across <= layout.across + HAIR
                assert -HAIR <= along <= layout.along + HAIR


@pytest.fixture(scope="session")
def holds():
    """Checks of a layout."""
    return Checks()


@pytest.fixture(scope="session")
def networks():
    """The strategy that draws boxes and links."""
    return graphs()
