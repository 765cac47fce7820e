"""Step 1: a rank for every box, so that every link goes to a higher one."""

from collections.abc import Collection, Sequence
from typing import TypeAlias

Pair: TypeAlias = tuple[int, int]
"""A link, from one box to another."""


def longest_paths(count: int, links: Collection[Pair]) -> list[int]:
    """How many links the longest way to each of ``count`` boxes has.

    >>> longest_paths(4, [(0, 1), (1, 2), (0, 2), (2, 3)])
    [0, 1, 2, 3]
    """
    behind = neighbors(count, links)
    waiting = [0] * count
    for _, target in links:
        waiting[target] += 1
    length, ready = [0] * count, [box for box in range(count) if not waiting[box]]
    done = 0
    while ready:
        box, done = ready.pop(), done + 1
        for target in behind[box]:
            length[target] = max(length[target], length[box] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    if done < count:
        raise ValueError("the links go around in a circle")
    return length


def has_circle(count: int, links: Collection[Pair]) -> bool:
    """Whether some links lead back to where they began."""
    try:
        longest_paths(count, links)
    except ValueError:
        return True
    return False


def neighbors(count: int, links: Collection[Pair]) -> list[list[int]]:
    """The targets of the links of each box, in the order of the links."""
    behind: list[list[int]] = [[] for _ in range(count)]
    for source, target in links:
        behind[source].append(target)
    return behind


def ranks(count: int, links: Sequence[Pair], first: Collection[int] = (), last: Collection[int] = ()) -> list[int]:
    """The rank of each box: as far up as its links allow, then down again where this makes no more links longer than
    it makes shorter. So an input that is used late stands where it is used, and a side branch where it ends.

    first, last: boxes that stand in the first rank or in the last; nothing comes before the ones or behind the others.
    """
    rank, depth = longest_paths(count, links), longest_paths(count, links)
    behind, before = neighbors(count, links), neighbors(count, [(b, a) for a, b in links])
    for box in sorted(range(count), key=lambda box: -depth[box]):
        if behind[box] and box not in first and len(set(before[box])) <= len(set(behind[box])):
            rank[box] = min(rank[other] for other in behind[box]) - 1
    for box in last:
        rank[box] = max(rank)
    return _without_gaps(rank)


def _without_gaps(rank: list[int]) -> list[int]:
    numbers = {old: new for new, old in enumerate(sorted(set(rank)))}
    return [numbers[old] for old in rank]
