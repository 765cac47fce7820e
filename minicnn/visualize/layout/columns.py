"""A long drawing in columns, side by side."""

import math
from collections.abc import Sequence
from itertools import pairwise

from minicnn.visualize.layout.layered import Box, Layout, Link, layered
from minicnn.visualize.layout.ranks import ranks
from minicnn.visualize.layout.routes import Point, Route, bend

WORTH = 0.75  # columns have to make the drawing shorter than this part of its length
GUTTER, TURN = 0.45, 0.16  # inches: between two columns; what the link between them takes above and below them


def in_columns(boxes: Sequence[Box], links: Sequence[Link], longest: float, shape: float) -> Layout:
    """`layered`, and where that is longer than ``longest``, in as many columns as bring across / along near to
    ``shape``; where this does not make it much shorter, in one.

    A column ends where one value alone goes on. It goes on to the next column through the gutter between them.
    """
    whole = layered(boxes, links)
    if whole.along <= longest:
        return whole
    parts = parted(len(boxes), links)
    tops = [min(whole.places[box][1] for box in part) for part in parts]
    lengths = [stop - start for start, stop in pairwise([*tops, whole.along])]
    wanted = max(2, round(math.sqrt(shape * whole.along / (whole.across + GUTTER))))
    boxes_of = [[box for part in parts[start:stop] for box in part] for start, stop in runs(lengths, wanted)]
    wrapped = _beside([_Column(boxes, links, boxes_of, i) for i in range(len(boxes_of))], links)
    return wrapped if wrapped.along < WORTH * whole.along else whole


def parted(count: int, links: Sequence[Link]) -> list[list[int]]:
    """The boxes in parts, one behind the other: from one to the next, one value alone goes on."""
    rank = ranks(count, [(link.source, link.target) for link in links])
    parts: list[list[int]] = []
    for r in range(max(rank, default=-1) + 1):
        passing = {(link.source, link.leaves) for link in links if rank[link.source] < r <= rank[link.target]}
        if len(passing) == 1 or not parts:
            parts.append([])
        parts[-1] += [box for box in range(count) if rank[box] == r]
    return parts


def runs(lengths: Sequence[float], most: int) -> list[tuple[int, int]]:
    """(start, stop) of at most so many runs of neighbors, the longest as short as can be.

    >>> runs([2, 2, 2, 3, 4], 3)
    [(0, 2), (2, 4), (4, 5)]
    """
    low, high = max(lengths, default=0.0), sum(lengths)
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if len(_filled(lengths, middle)) <= most else (middle, high)
    return _filled(lengths, high)


def _filled(lengths: Sequence[float], limit: float) -> list[tuple[int, int]]:
    """As few runs as do with this limit."""
    starts, length = [0], 0.0
    for i, more in enumerate(lengths):
        if i > starts[-1] and length + more > limit:
            starts.append(i)
            length = 0.0
        length += more
    return list(zip(starts, [*starts[1:], len(lengths)], strict=True))


class _Column:
    """A column, drawn by itself: where a value comes in or goes on stands a box without extent."""

    def __init__(self, boxes: Sequence[Box], links: Sequence[Link], columns: Sequence[list[int]], number: int) -> None:
        here = columns[number]
        self.local = {box: i for i, box in enumerate(here)}
        self.comes_in, self.goes_on = number > 0, number + 1 < len(columns)
        entry = len(here)
        end = entry + self.comes_in
        later = {box for column in columns[number + 1:] for box in column}
        self.links: list[Link] = []
        self.number_of: dict[int, int] = {}  # of the links that end here
        onward: Link | None = None
        for i, link in enumerate(links):
            source = self.local.get(link.source, entry)
            leaves = link.leaves if link.source in self.local else 0.0
            if link.target in self.local:
                self.number_of[i] = len(self.links)
                self.links.append(Link(source, self.local[link.target], leaves, link.enters))
            elif link.target in later and link.source not in later:
                onward = Link(source, end, leaves)
        if onward is not None:
            self.links.append(onward)
        extra = [Box(0, 0)] * (self.comes_in + self.goes_on)
        self.layout = layered([*(boxes[box] for box in here), *extra], self.links,
                              [entry] if self.comes_in else [], [end] if self.goes_on else [])

    @property
    def onward(self) -> Route:
        """The way of the value that goes on."""
        return self.layout.routes[-1]


def _beside(columns: Sequence[_Column], links: Sequence[Link]) -> Layout:
    """Columns side by side, and the ways from one to the next."""
    lefts, at = [], 0.0
    for column in columns:
        lefts.append(at)
        at += column.layout.across + GUTTER
    places: dict[int, Point] = {}
    routes: dict[int, Route] = {}
    for number, (left, column) in enumerate(zip(lefts, columns, strict=True)):
        for box, i in column.local.items():
            across, along = column.layout.places[i]
            places[box] = left + across, TURN + along
        for link, i in column.number_of.items():
            points = list(column.layout.routes[i].moved(left, TURN).points)
            before = number
            while links[link].source not in columns[before].local:
                before -= 1
                way = columns[before].onward.moved(lefts[before], TURN)
                points = [*way.points, *_around(way.points[-1], points[0], lefts[before + 1] - GUTTER / 2), *points]
            routes[link] = bend(points)
    along = max(column.layout.along + TURN * (1 + column.goes_on) for column in columns)
    return Layout(at - GUTTER, along, [places[i] for i in range(len(places))], [routes[i] for i in range(len(links))])


def _around(end: Point, start: Point, gutter: float) -> list[Point]:
    """From the end of one column through the gutter to the start of the next."""
    below, above = end[1] + TURN, start[1] - TURN
    return [(end[0], below), (gutter, below), (gutter, above), (start[0], above)]
