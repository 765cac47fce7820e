"""Step 4, and all four in a row: boxes and links as places and routes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from minicnn.visualize.layout.order import Rows, ordered
from minicnn.visualize.layout.place import Segment, positions
from minicnn.visualize.layout.ranks import longest_paths, neighbors, ranks
from minicnn.visualize.layout.routes import Route, bend, entries

# Inches.
BESIDE, LANE, TIGHT = 0.3, 0.18, 0.12  # between boxes of one rank; box and passing link; two passing links
BETWEEN, MOST_BETWEEN, SLANT = 0.27, 0.75, 0.1  # between ranks: at least, at most, and more for each inch sideways


@dataclass(frozen=True)
class Box:
    """Something to be placed, and its size."""

    across: float
    along: float


@dataclass(frozen=True)
class Link:
    """A link between two boxes, by their numbers. leaves, enters: how far from the middle of a box, across;
    None: wherever it comes from."""

    source: int
    target: int
    leaves: float = 0.0
    enters: float | None = None


@dataclass
class Layout:
    """Size of the drawing; for each box the corner nearest to (0, 0), as (across, along); for each link its route."""

    across: float
    along: float
    places: list[tuple[float, float]]
    routes: list[Route]


def layered(boxes: Sequence[Box], links: Sequence[Link], first: Collection[int] = (), last: Collection[int] = ()
            ) -> Layout:
    """Place boxes so that every link goes along, none passes through a box, and few cross.

    first, last: boxes that stand in the first rank, or in the last. Raises ValueError for links in a circle.
    """
    pairs = [(link.source, link.target) for link in links]
    rank = ranks(len(boxes), pairs, first, last)
    slots = _Slots(boxes, links, rank)
    rows = ordered(slots.rank, [(s.above, s.below) for chain in slots.in_order() for s in chain])
    middle = positions(rows, slots.segments, [slot < len(boxes) for slot in range(len(slots.rank))], slots.apart)
    left = min([middle[slot] - slots.width(slot) / 2 for slot in range(len(middle))], default=0.0)
    middle = [x - left for x in middle]
    width = max([middle[slot] + slots.width(slot) / 2 for slot in range(len(middle))], default=0.0)
    tops, bottoms = _bands(boxes, rows, slots, middle)
    places = [(middle[i] - box.across / 2, (tops[rank[i]] + bottoms[rank[i]] - box.along) / 2)
              for i, box in enumerate(boxes)]
    return Layout(width, max(bottoms, default=0.0), places, _routes(boxes, links, slots, middle, places, tops, bottoms))


class _Slots:
    """One slot for each box, then one for each rank that a link passes; and the links in pieces between them."""

    def __init__(self, boxes: Sequence[Box], links: Sequence[Link], rank: Sequence[int]) -> None:
        self.boxes, self.links, self.rank = boxes, links, list(rank)
        pairs = [(link.source, link.target) for link in links]
        depth = longest_paths(len(boxes), pairs)
        height = longest_paths(len(boxes), [(b, a) for a, b in pairs])
        self.chains: list[list[Segment]] = []
        for link in links:
            way = [link.source]
            for r in range(rank[link.source] + 1, rank[link.target]):
                way.append(len(self.rank))
                self.rank.append(r)
            way.append(link.target)
            ends = [0.0] * (len(way) - 2)
            self.chains.append([
                Segment(a, b, start, end, depth[link.source], height[link.target])
                for a, b, start, end in zip(way, way[1:], [link.leaves, *ends], [*ends, link.enters or 0.0],
                                            strict=False)])
        self.segments = [segment for chain in self.chains for segment in chain]

    def in_order(self) -> list[list[Segment]]:
        """The chains, those that only skip something last: so they stand at one side of what they skip."""
        skips = self._skips()
        return [chain for late in (False, True) for chain, skip in zip(self.chains, skips, strict=True) if skip is late]

    def _skips(self) -> list[bool]:
        """Of each link whether there is another way from its source to its target, past other boxes."""
        behind = neighbors(len(self.boxes), [(link.source, link.target) for link in self.links])
        reach = [0] * len(self.boxes)  # as bits: which boxes lie behind a box
        for box in sorted(range(len(self.boxes)), key=lambda box: -self.rank[box]):
            for other in behind[box]:
                reach[box] |= reach[other] | 1 << other
        return [any(reach[other] >> link.target & 1 for other in behind[link.source]) for link in self.links]

    def width(self, slot: int) -> float:
        return self.boxes[slot].across if slot < len(self.boxes) else 0.0

    def apart(self, a: int, b: int) -> float:
        """The least distance of the middles of two neighbors."""
        number = (a < len(self.boxes)) + (b < len(self.boxes))
        return (self.width(a) + self.width(b)) / 2 + (TIGHT, LANE, BESIDE)[number]


def _bands(boxes: Sequence[Box], rows: Rows, slots: _Slots, middle: Sequence[float]
           ) -> tuple[list[float], list[float]]:
    """Where each rank begins and ends, along. The farther links go sideways, the more room is between ranks."""
    sideways = [0.0] * len(rows)
    for s in slots.segments:
        way = abs(middle[s.above] + s.start - middle[s.below] - s.end)
        sideways[slots.rank[s.below]] = max(sideways[slots.rank[s.below]], way)
    tops, bottoms, at = [], [], 0.0
    for r, row in enumerate(rows):
        if r:
            at += min(BETWEEN + SLANT * sideways[r], MOST_BETWEEN)
        tops.append(at)
        at += max([boxes[slot].along for slot in row if slot < len(boxes)], default=0.0)
        bottoms.append(at)
    return tops, bottoms


def _routes(boxes: Sequence[Box], links: Sequence[Link], slots: _Slots, middle: Sequence[float],
            places: Sequence[tuple[float, float]], tops: Sequence[float], bottoms: Sequence[float]) -> list[Route]:
    """The way of each link: straight past boxes, bent only between two ranks."""
    starts = [middle[link.source] + link.leaves for link in links]
    comes_from = [start if len(chain) == 1 else middle[chain[-1].above]
                  for start, chain in zip(starts, slots.chains, strict=True)]
    enters = entries([box.across for box in boxes], middle, [(link.target, link.enters) for link in links], comes_from)
    routes = []
    for link, chain, start, end in zip(links, slots.chains, starts, enters, strict=True):
        source, target = slots.rank[link.source], slots.rank[link.target]
        points = [(start, places[link.source][1] + boxes[link.source].along), (start, bottoms[source])]
        for s in chain[:-1]:
            r = slots.rank[s.below]
            points += [(middle[s.below], tops[r]), (middle[s.below], bottoms[r])]
        points += [(end, tops[target]), (end, places[link.target][1])]
        routes.append(bend(points))
    return routes
