"""Receptive fields: the part of the picture that each unit sees.

Along one axis, a unit of the first layer sees the picture through a window; a unit of the next layer sees it through
the windows of all the units in its own window. If those move by ``jump`` pixels from one to the next, then a kernel of
k numbers, ``dilation`` apart, in front of which ``before`` are padded, makes of them ::

    size  = size + (k - 1) * dilation * jump         first = first - before * jump        jump = jump * stride

Where branches meet, a unit sees the union: from the first to the last pixel of any. Pixels are counted from 0; a field
may reach into the padding around the picture, so ``first`` may be negative. The field has no holes that are told of: a
dilated kernel sees every second pixel or so of its field.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from minicnn._types import Shape
from minicnn.counting.expressions import ZERO, Expression, largest, number, smallest
from minicnn.counting.figures import EVERYTHING, SAME, Reach, Slide


class Undefined(Exception):
    """There is no one size and jump for all units of a layer; the message says why."""


@dataclass(frozen=True)
class Axis:
    """What the units of one row (or column) see: the first unit ``size`` pixels from ``first`` on, and each of the
    others ``jump`` pixels further. 0 is the jump where all see the same."""

    first: Expression
    size: Expression
    jump: Expression
    units: int

    @property
    def center(self) -> float:
        """The middle of what the first unit sees; the middle of pixel 0 is at 0."""
        return int(self.first) + (int(self.size) - 1) / 2

    @property
    def whole(self) -> "Axis":
        """What all units together see."""
        size = self.size.plain + (number(self.units) - 1) * self.jump.plain if self.spread else self.size.plain
        return Axis(self.first.plain, size, ZERO, 1)

    @property
    def spread(self) -> bool:
        """Whether there are units that see different pixels."""
        return self.units > 1 and self.jump != 0

    def through(self, slide: Slide | None, units: int) -> "Axis":
        """The axis of a layer behind this one."""
        if slide is None:
            whole = self.whole
            return Axis(whole.first, whole.size, ZERO, units)
        if slide == Slide():
            return Axis(self.first, self.size, self.jump, units)
        first, size, jump = self.first.plain, self.size.plain, self.jump.plain
        if slide.kernel > 1:
            steps = number(slide.kernel) - 1
            size = size + (steps * slide.dilation if slide.dilation > 1 else steps) * jump
        first = first - number(slide.before) * jump if slide.before else first
        return Axis(first, size, jump * slide.stride if slide.stride > 1 else jump, units)


def union(axes: Sequence[Axis], units: int) -> Axis:
    """What units see that see all that the units at their place of several layers see."""
    jump = _common_jump(axes)
    if len({(int(axis.first), int(axis.size)) for axis in axes}) == 1:
        return Axis(axes[0].first.plain, axes[0].size.plain, jump, units)
    first = smallest(axis.first.plain for axis in axes)
    return Axis(first, largest(axis.first.plain + axis.size.plain for axis in axes) - first, jump, units)


def _common_jump(axes: Sequence[Axis]) -> Expression:
    """The jump that all share. Where some stand still, they must see all that the others move over."""
    moving, still = [axis for axis in axes if axis.spread], [axis for axis in axes if not axis.spread]
    jumps = {int(axis.jump) for axis in moving or still}
    if len(jumps) > 1 and moving:
        raise Undefined(f"branches meet whose fields move by {' and '.join(map(str, sorted(jumps)))} pixels")
    if not (moving and still):
        return axes[0].jump.plain if len(jumps) == 1 else ZERO
    first, end = min(axis.first for axis in still), max(axis.first + axis.size for axis in still)
    for whole in (axis.whole for axis in moving):
        if whole.first < first or whole.first + whole.size > end:
            raise Undefined("a branch that sees one part of the picture meets one that moves over more")
    return ZERO


@dataclass(frozen=True)
class Field:
    """The receptive field of a layer's units, along rows (downwards) and columns.

    undefined: why there is none, where there is none: then rows and columns are what all units together see, unless
        that is ``lost`` as well.
    """

    rows: Axis
    columns: Axis
    undefined: str = ""
    lost: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """(height, width), in pixels."""
        return int(self.rows.size), int(self.columns.size)

    @property
    def jump(self) -> tuple[int, int]:
        """How many pixels (down, right) from one unit's field to the next one's."""
        return int(self.rows.jump), int(self.columns.jump)

    @property
    def first_center(self) -> tuple[float, float]:
        """(row, column) of the middle of what the first unit sees; the middle of pixel (0, 0) is (0, 0)."""
        return self.rows.center, self.columns.center

    def __str__(self) -> str:
        return "undefined" if self.undefined else f"{self.size[0]}x{self.size[1]}"


def start(shape: Shape) -> Field:
    """The field of an input: each number sees itself."""
    if len(shape) != 3:
        nothing = Axis(ZERO, ZERO, ZERO, 1)
        return Field(nothing, nothing, "the input is no picture", True)
    rows, columns = (Axis(ZERO, number(1), number(1), units) for units in shape[:2])
    return Field(rows, columns)


def behind(fields: Sequence[Field], reach: Reach, shape: Shape, where: str) -> Field:
    """The field of a layer of output ``shape`` behind layers that have these fields."""
    lost = any(field.lost for field in fields)
    why = next((field.undefined for field in fields if field.undefined), "")
    if not why or (reach == EVERYTHING and not lost):
        try:
            rows, columns = (_axis(fields, axis, reach, shape, where) for axis in (0, 1))
            return Field(rows, columns)
        except Undefined as problem:
            why = str(problem)
    # Each by itself they are not known; what all of them see together is still that of the layers before.
    rows, columns = (union([axis.whole for axis in axes], 1) for axes in (
        [field.rows for field in fields], [field.columns for field in fields]))
    return Field(rows, columns, why, lost or not (isinstance(reach, str) or reach == SAME))


def _axis(fields: Sequence[Field], axis: int, reach: Reach, shape: Shape, where: str) -> Axis:
    if isinstance(reach, str) and any(one.spread for field in fields for one in (field.rows, field.columns)):
        raise Undefined(f"{where}: {reach}")
    axes = [field.columns if axis else field.rows for field in fields]
    units = shape[axis] if len(shape) == 3 else max(one.units for one in axes)
    return union(axes, units).through(Slide() if isinstance(reach, str) else reach[axis], units)
