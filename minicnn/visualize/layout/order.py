"""Step 2: an order in each rank, so that few links cross."""

from bisect import bisect_right, insort
from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

Rows: TypeAlias = list[list[int]]
"""The slots of each rank, from one side to the other."""
SWEEPS = 24  # to and fro; networks need two or three


def ordered(rank: Sequence[int], links: Sequence[tuple[int, int]]) -> Rows:
    """The slots of each rank in an order with few crossings; every link goes to the next rank.

    The start is the order in which a walk along the links meets the slots. Then, rank by rank, to and fro, each slot
    goes to the mean place of its neighbors, and neighbors change places while this saves crossings. The best is kept.
    """
    up: Rows = [[] for _ in rank]
    down: Rows = [[] for _ in rank]
    for a, b in links:
        down[a].append(b)
        up[b].append(a)
    # Two walks: along the links; and to and fro, so that what belongs to one slot is met together.
    starts = [_as_met(rank, down, up, both_ways) for both_ways in (False, True)]
    return min((_improved(rows, down, up) for rows in starts), key=lambda rows: crossings(rows, down))


def _improved(rows: Rows, down: Rows, up: Rows) -> Rows:
    """The best order that the sweeps find from here."""
    best, least = rows, crossings(rows, down)
    for sweep in range(SWEEPS):
        if not least:
            break
        rows = _swept([row[:] for row in rows], *((up, 1) if sweep % 2 == 0 else (down, -1)))
        number = crossings(rows, down)
        if number < least:
            best, least = rows, number
    return best


def crossings(rows: Rows, down: Rows) -> int:
    """How many pairs of links cross."""
    total = 0
    for upper, lower in pairwise(rows):
        place = {slot: i for i, slot in enumerate(lower)}
        seen: list[int] = []
        for slot in upper:
            ends = sorted(place[other] for other in down[slot])
            total += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return total


def _as_met(rank: Sequence[int], down: Rows, up: Rows, both_ways: bool) -> Rows:
    """The slots of each rank in the order of a walk that goes along the first link first."""
    rows: Rows = [[] for _ in range(max(rank, default=-1) + 1)]
    met: set[int] = set()
    stack = [slot for slot in reversed(range(len(rank))) if not up[slot]]
    while stack:
        slot = stack.pop()
        if slot not in met:
            met.add(slot)
            rows[rank[slot]].append(slot)
            stack.extend(reversed(up[slot] if both_ways else []))
            stack.extend(reversed(down[slot]))
    return rows


def _swept(rows: Rows, fixed: Rows, step: int) -> Rows:
    """One sweep along the ranks: each is put in order by the one before it."""
    numbers = range(len(rows))[::step]
    for before, now in pairwise(numbers):
        place = {slot: float(i) for i, slot in enumerate(rows[before])}
        old = {slot: float(i) for i, slot in enumerate(rows[now])}
        mean = {slot: _mean([place[other] for other in fixed[slot]], old[slot]) for slot in rows[now]}
        rows[now].sort(key=lambda slot, mean=mean: mean[slot])  # type: ignore[misc]
        _exchange(rows[now], {slot: [place[other] for other in fixed[slot]] for slot in rows[now]})
    return rows


def _mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _exchange(row: list[int], ends: dict[int, list[float]]) -> None:
    """Exchange neighbors while this saves crossings."""
    better = True
    while better:
        better = False
        for i, (a, b) in enumerate(pairwise(row)):
            if _inversions(ends[a], ends[b]) > _inversions(ends[b], ends[a]):
                row[i], row[i + 1], better = b, a, True
                break


def _inversions(left: list[float], right: list[float]) -> int:
    return sum(a > b for a in left for b in right)
