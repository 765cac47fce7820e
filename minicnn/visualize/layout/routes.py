"""The ways of links: lines and curves, and where they enter a box."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

Point: TypeAlias = tuple[float, float]
"""(across, along)"""
PORT, EDGE = 0.15, 0.1  # inches: from one entry to the next; from the outermost to the side of the box
NEAR = 1e-6


@dataclass(frozen=True)
class Route:
    """From point to point: each stretch a straight line, or, where it goes across and along at once, an S that begins
    and ends in the direction of the links."""

    points: tuple[Point, ...]

    def moved(self, across: float, along: float) -> "Route":
        return Route(tuple((x + across, y + along) for x, y in self.points))


def bend(points: Sequence[Point]) -> Route:
    """A route through points, without those that lie on a straight line between others."""
    kept: list[Point] = []
    for point in points:
        if kept and _near(kept[-1], point, 0) and _near(kept[-1], point, 1):
            continue
        if len(kept) > 1 and any(_near(kept[-2], kept[-1], axis) and _near(kept[-1], point, axis) for axis in (0, 1)):
            kept.pop()
        kept.append(point)
    return Route(tuple(kept))


def _near(a: Point, b: Point, axis: int) -> bool:
    return abs(a[axis] - b[axis]) < NEAR


def entries(widths: Sequence[float], middle: Sequence[float], ends: Sequence[tuple[int, float | None]],
            comes_from: Sequence[float]) -> list[float]:
    """Where each link enters its box, across: as near as possible to where it comes from, a little apart from others.

    ends: of each link the box, and how far from its middle it has to enter (None: anywhere).
    """
    of_box: dict[int, list[int]] = {}
    for i, (box, _) in enumerate(ends):
        of_box.setdefault(box, []).append(i)
    result = list(comes_from)
    for box, links in of_box.items():
        groups: dict[float | None, list[int]] = {}
        for i in sorted(links, key=lambda i: comes_from[i]):
            groups.setdefault(ends[i][1], []).append(i)
        for port, group in groups.items():
            places = _places(port, [comes_from[i] - middle[box] for i in group], widths[box] / 2 - EDGE)
            for i, at in zip(group, places, strict=True):
                result[i] = middle[box] + at
    return result


def _places(port: float | None, comes_from: Sequence[float], half: float) -> list[float]:
    if len(comes_from) == 1:
        return [port or 0.0]
    if port is not None:
        return [port + (i - (len(comes_from) - 1) / 2) * PORT for i in range(len(comes_from))]
    return spread(comes_from, max(half, 0.0))


def spread(wanted: Sequence[float], half: float) -> list[float]:
    """Ascending numbers within -half .. half, moved as little as this takes, `PORT` apart where there is room.

    >>> spread([-3, 0, 2], 1), spread([0, 0], 1)
    ([-1.0, 0.0, 1.0], [-0.075, 0.075])
    """
    gap = min(PORT, 2 * half / max(len(wanted) - 1, 1))
    # Without the gaps the places only have to ascend. Where wishes do not, neighbors share their mean.
    runs: list[list[float]] = []
    for i, at in enumerate(wanted):
        runs.append([at - i * gap])
        while len(runs) > 1 and _mean(runs[-2]) > _mean(runs[-1]):
            runs[-2:] = [runs[-2] + runs[-1]]
    places = [_mean(run) for run in runs for _ in run]
    return [min(max(at, -half), half - (len(wanted) - 1) * gap) + i * gap for i, at in enumerate(places)]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
