"""Step 3: a position for each slot, so that what goes straight on is drawn straight.

Slots in one line are a *block*: the slots of one long link, and a box with the one neighbor in the next rank that most
of the network hangs on. So the main way is one straight line; side ways bend. Blocks never cross, so they have an
order from side to side. Each goes to the mean of the places to which its other links pull it, as far as its
neighbors let it; neighbors that touch go together.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from minicnn.visualize.layout.order import Rows

SWEEPS = 40


@dataclass(frozen=True)
class Segment:
    """A piece of a link, from a slot to one in the next rank. start, end: where it leaves and enters them, from their
    middles. weight_above, weight_below: how much of the network hangs on it, seen from below and from above."""

    above: int
    below: int
    start: float = 0.0
    end: float = 0.0
    weight_above: float = 0.0
    weight_below: float = 0.0


@dataclass
class _Block:
    """Slots in one line: each with its middle's distance from the block's position; the blocks beside it, with the
    least distance of the positions; and (mine, other block, its) where links pull."""

    slots: dict[int, float]
    position: float = 0.0
    left: dict[int, float] = field(default_factory=dict)
    right: dict[int, float] = field(default_factory=dict)
    pulls: list[tuple[float, int, float]] = field(default_factory=list)


def positions(rows: Rows, segments: Sequence[Segment], is_box: Sequence[bool],
              apart: Callable[[int, int], float]) -> list[float]:
    """The middle of each slot, across; the leftmost positions are not at zero in particular.

    apart: the least distance of the middles of two slots that are neighbors in a rank.
    """
    blocks, block_of = _blocks(len(is_box), straight(rows, segments, is_box))
    for row in rows:
        for a, b in pairwise(row):
            one, other = blocks[block_of[a]], blocks[block_of[b]]
            distance = apart(a, b) + one.slots[a] - other.slots[b]
            one.right[block_of[b]] = max(distance, one.right.get(block_of[b], distance))
            other.left[block_of[a]] = one.right[block_of[b]]
    for s in segments:
        a, b = block_of[s.above], block_of[s.below]
        if a != b:
            mine, its = blocks[a].slots[s.above] + s.start, blocks[b].slots[s.below] + s.end
            blocks[a].pulls.append((mine, b, its))
            blocks[b].pulls.append((its, a, mine))
    _spread(blocks)
    _settle(blocks)
    return [blocks[block_of[slot]].position + blocks[block_of[slot]].slots[slot] for slot in range(len(is_box))]


def straight(rows: Rows, segments: Sequence[Segment], is_box: Sequence[bool]) -> list[Segment]:
    """The segments to be drawn straight: at most one into and one out of each slot, and no two that cross."""
    above: dict[int, list[Segment]] = {}
    below: dict[int, list[Segment]] = {}
    for s in segments:
        above.setdefault(s.below, []).append(s)
        below.setdefault(s.above, []).append(s)
    wanted = [s for s in segments if s is _heaviest(below[s.above], lambda s: s.weight_below)
              and s is _heaviest(above[s.below], lambda s: s.weight_above)]
    # Long links first, for a bend in the middle of one looks like a mistake.
    wanted.sort(key=lambda s: is_box[s.above] + is_box[s.below])
    place = {slot: (r, i) for r, row in enumerate(rows) for i, slot in enumerate(row)}
    chosen: list[list[Segment]] = [[] for _ in rows]
    for s in wanted:
        rank, i = place[s.above]
        if all((place[t.above][1] - i) * (place[t.below][1] - place[s.below][1]) > 0 for t in chosen[rank]):
            chosen[rank].append(s)
    return [s for row in chosen for s in row]


def _heaviest(segments: list[Segment], weight: Callable[[Segment], float]) -> Segment | None:
    """The one with the largest weight, if there is one."""
    most = max(map(weight, segments))
    heaviest = [s for s in segments if weight(s) == most]
    return heaviest[0] if len(heaviest) == 1 else None


def _blocks(count: int, chosen: Sequence[Segment]) -> tuple[list[_Block], list[int]]:
    """The blocks that the chosen segments make, and which of them each slot is in."""
    down = {s.above: s for s in chosen}
    blocks: list[_Block] = []
    block_of = [-1] * count
    inside = {s.below for s in chosen}
    for slot in (slot for slot in range(count) if slot not in inside):
        line, offset = {slot: 0.0}, 0.0
        while slot in down:
            s = down[slot]
            slot, offset = s.below, offset + s.start - s.end
            line[slot] = offset
        for member in line:
            block_of[member] = len(blocks)
        blocks.append(_Block(line))
    return blocks, block_of


def _spread(blocks: list[_Block]) -> None:
    """Positions that keep all distances: midway between as far left and as far right as possible."""
    order: list[int] = []
    waiting = [len(block.left) for block in blocks]
    ready = [i for i, number in enumerate(waiting) if not number]
    while ready:
        i = ready.pop()
        order.append(i)
        for other in blocks[i].right:
            waiting[other] -= 1
            if not waiting[other]:
                ready.append(other)
    low, high = [0.0] * len(blocks), [0.0] * len(blocks)
    for i in order:
        low[i] = max([low[j] + distance for j, distance in blocks[i].left.items()], default=0.0)
    for i in reversed(order):
        high[i] = min([high[j] - distance for j, distance in blocks[i].right.items()], default=max(low))
    for i, block in enumerate(blocks):
        block.position = (low[i] + high[i]) / 2


def _settle(blocks: list[_Block]) -> None:
    """Let every block go where its links pull it; to and fro, so that no side is preferred."""
    for sweep in range(SWEEPS):
        for i in range(len(blocks))[::1 if sweep % 2 == 0 else -1]:
            _go(blocks, {i})
        for i in range(len(blocks)):
            _go(blocks, _touching(blocks, i))


def _go(blocks: list[_Block], group: set[int]) -> None:
    """Move some blocks together by the mean of what their links pull, as far as the others let them."""
    pulls = [blocks[j].position + its - blocks[i].position - mine
             for i in group for mine, j, its in blocks[i].pulls if j not in group]
    if not pulls:
        return
    low = max([blocks[j].position + distance - blocks[i].position
               for i in group for j, distance in blocks[i].left.items() if j not in group], default=float("-inf"))
    high = min([blocks[j].position - distance - blocks[i].position
                for i in group for j, distance in blocks[i].right.items() if j not in group], default=float("inf"))
    step = min(max(sum(pulls) / len(pulls), low), high)
    for i in group:
        blocks[i].position += step


def _touching(blocks: list[_Block], start: int) -> set[int]:
    """A block, and all that touch it, and all that touch those."""
    group, stack = {start}, [start]
    while stack:
        i = stack.pop()
        beside = [(j, blocks[i].position - blocks[j].position - d) for j, d in blocks[i].left.items()]
        beside += [(j, blocks[j].position - blocks[i].position - d) for j, d in blocks[i].right.items()]
        for j, room in beside:
            if j not in group and room < 1e-6:
                group.add(j)
                stack.append(j)
    return group
