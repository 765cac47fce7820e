"""A network as stacks of planes, in the manner of LeCun et al. 1998, Figure 2."""

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from minicnn import _checks
from minicnn._types import Array, Pair
from minicnn.visualize import drawing
from minicnn.visualize.arrays import is_drawable, one_image, picture, value_range
from minicnn.visualize.boxes import color_of
from minicnn.visualize.drawing import LINE, MARGIN, SMALL
from minicnn.visualize.layout import Point
from minicnn.visualize.stages import Stage, stages
from minicnn.visualize.tiles import draw_boxes, draw_tile

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LARGEST, SMALLEST = 1.5, 0.22  # inches of a map's side
MOST_PLANES, STEP, DEPTH = 16, 0.075, 0.62  # planes drawn; inches from one to the next, and from first to last, at most
THICK, SLANT = 0.07, 0.45  # of a vector's strip: inches wide; inches sideways for each inch down
APART, WORDS_APART = 0.3, 0.14  # inches between two stages, and between two texts
SEEN = ((0.7, 0.15), (0.65, 0.9))  # where windows lie, by turns: the free width and height to the left and above
WIDEST = 13.0  # inches from which the drawing goes on in another row
WORDS_OVER, BESIDES = 2.2 * LINE, 5.4 * LINE  # inches over the drawings of a row, and over and under them
INK, RAY = "0.25", "0.45"


@dataclass(frozen=True)
class Stack:
    """A stage with its measures in inches: of one plane (or strip), how many are drawn, and the step between two."""

    stage: Stage
    width: float
    height: float
    count: int = 1
    step: float = 0.0

    @property
    def total(self) -> tuple[float, float]:
        """Width and height of it all."""
        lean = 0.0 if self.is_maps else SLANT * self.height
        return self.width + lean + (self.count - 1) * self.step, self.height + (self.count - 1) * self.step

    @property
    def is_maps(self) -> bool:
        return len(self.stage.shape) == 3

    @property
    def lines(self) -> tuple[str, str]:
        """What is written over it."""
        return self.stage.title, self.stage.size


def planes(model: Any, *, image: Any = None, save: str | os.PathLike[str] | None = None) -> "Figure":
    """The maps of a network as stacks of planes, its vectors as strips, in the manner of LeCun et al. 1998, Figure 2.

    Over each stage stands its layer's name and its size, ``6@28x28`` for six maps of 28x28; between two, below, how
    the one is made of the other, in the paper's words. A small rectangle is what one unit of the next stage sees.
    Larger maps are drawn larger, by a power law where else the smallest could not be seen; of many maps 16 are drawn.
    Layers that neither mix numbers nor change how many there are (activations, dropout, normalization, `Flatten`) make
    no stage; a line under the title names them.
    image: to be drawn on the input's plane, with or without the batch axis.
    save: a ``.png``, ``.svg`` or ``.pdf`` file to write.

    Raises MinicnnError for a network that is no chain (`architecture` draws it), and for an image of a wrong shape.
    """
    where = "visualize.planes"
    try:
        graph, name = model.graph, model.name
    except AttributeError:
        raise _checks.error(where, "this is no model", "a Model or Sequential", repr(model)) from None
    found, left_out = stages(graph, where)
    drawn = None if image is None else _image(model, image, where)
    rows = in_rows(measured(found))
    heights = [max(stack.total[1] for stack in row) + BESIDES for row in rows]
    width = max(row_width(row) for row in rows)
    sheet, top = drawing.headed_sheet(drawing.shortened(name, 60), _remark(left_out), width + 2 * MARGIN,
                                      sum(heights) + MARGIN)
    axes = sheet.canvas(0, top, sheet.width, sheet.height - top, "planes")
    at, number = 0.0, 0
    for row, height in zip(rows, heights, strict=True):
        _draw_row(axes, row, at, height, number)
        if drawn is not None and not number:
            _draw_image(axes, drawn, row[0], _corners(row, at, height)[0])
        at, number = at + height, number + len(row) - 1
    return drawing.finish(sheet, save)


def _image(model: Any, image: Any, where: str) -> Array:
    array: Array = one_image(model, image, where)[0]
    if not is_drawable(array.shape):
        raise _checks.error(where, "this input is no image", "shape (H, W, 1) or (H, W, 3)", f"shape {array.shape}")
    _checks.finite(array, where)
    return array


def _remark(left_out: Sequence[str]) -> str:
    names = [drawing.shortened(name) for name in left_out]
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return f"layers without a stage of their own: {', '.join(names[:4])}{more}" if names else ""


# -- measures ------------------------------------------------------------------------------------


def measured(found: Sequence[Stage]) -> list[Stack]:
    """How large each stage is drawn."""
    sides = [side for stage in found if len(stage.shape) == 3 for side in stage.shape[:2]]
    power, largest = 1.0, max(sides, default=1)
    if sides and min(sides) * LARGEST < largest * SMALLEST:
        power = math.log(LARGEST / SMALLEST) / math.log(largest / min(sides))
    return [_stack(stage, power, largest) for stage in found]


def _stack(stage: Stage, power: float, largest: int) -> Stack:
    if len(stage.shape) == 1:
        return Stack(stage, THICK, 0.25 + 0.12 * math.log2(1 + stage.shape[0]))
    height, width, maps = stage.shape
    count = min(maps, MOST_PLANES)
    if stage.title == "INPUT" and maps == 1:
        count = 1
    return Stack(stage, LARGEST * (width / largest) ** power, LARGEST * (height / largest) ** power, count,
                 min(STEP, DEPTH / max(count - 1, 1)))


def _room(stack: Stack) -> float:
    """Inches that a stage takes with what is written over it."""
    return max(stack.total[0], *(drawing.text_width(line, SMALL, bold=True) for line in stack.lines))


def spaced(stacks: Sequence[Stack]) -> list[float]:
    """The middle of each stage: neither drawings nor the words over and under them touch."""
    words = [_words(stack) for stack in stacks]
    middles = [_room(stacks[0]) / 2]
    for i in range(1, len(stacks)):
        least = middles[-1] + max(_room(stacks[i - 1]) / 2 + _room(stacks[i]) / 2 + WORDS_APART,
                                  stacks[i - 1].total[0] / 2 + stacks[i].total[0] / 2 + APART)
        if i > 1:  # words stand midway between two stages
            least = max(least, middles[-2] + words[i - 1] + words[i] + 2 * WORDS_APART)
        middles.append(least)
    sticks_out = words[1] / 2 - sum(middles[:2]) / 2 if len(stacks) > 1 else 0.0
    return [middle + max(sticks_out, 0.0) for middle in middles]


def _words(stack: Stack) -> float:
    """Inches that the words under what leads to a stage take."""
    return max(drawing.text_width(line, SMALL) for line in stack.stage.operation.split("\n"))


def row_width(stacks: Sequence[Stack]) -> float:
    """Inches that a row takes."""
    middles = spaced(stacks)
    return max(middles[-1] + _room(stacks[-1]) / 2, sum(middles[-2:]) / 2 + _words(stacks[-1]) / 2)


def in_rows(stacks: Sequence[Stack]) -> list[list[Stack]]:
    """The stages in rows that are not too wide; each row begins with the stage that the one before ends with."""
    rows = [[stacks[0]]]
    for stack in stacks[1:]:
        if len(rows[-1]) > 2 and row_width([*rows[-1], stack]) > WIDEST:
            rows.append([rows[-1][-1]])
        rows[-1].append(stack)
    return rows


# -- drawing -------------------------------------------------------------------------------------


def _draw_row(axes: "Axes", stacks: Sequence[Stack], top: float, height: float, number: int) -> None:
    """Stages beside each other, what leads from each to the next, and the words for it below. number: how many
    stages are left of the first one, in rows above."""
    middles, drawn = [MARGIN + middle for middle in spaced(stacks)], height - BESIDES
    corners = _corners(stacks, top, height)
    for stack, corner in zip(stacks, corners, strict=True):
        _draw(axes, stack, corner)
    for i in range(1, len(stacks)):
        _connect(axes, stacks[i - 1], corners[i - 1], stacks[i], corners[i], SEEN[(number + i) % 2])
        _under(axes, (middles[i - 1] + middles[i]) / 2, top + WORDS_OVER + drawn + 1.2 * LINE,
               stacks[i].stage.operation)


def _corners(stacks: Sequence[Stack], top: float, height: float) -> list[Point]:
    """Where the upper left corner of each stage is."""
    return [(MARGIN + middle - stack.total[0] / 2, top + WORDS_OVER + (height - BESIDES - stack.total[1]) / 2)
            for middle, stack in zip(spaced(stacks), stacks, strict=True)]


def _draw_image(axes: "Axes", image: Array, stack: Stack, corner: Point) -> None:
    """An image on the foremost plane of a stage, below the windows."""
    left, top = front(stack, corner)
    box = (left, left + stack.width, top + stack.height, top)
    draw_tile(axes, picture(image), box, drawing.color_scale(*value_range(image), drawing.AMOUNT))
    axes.images[-1].set_zorder(2.5)
    draw_boxes(axes, [box], "frame", facecolor="none", edgecolor=INK, linewidth=0.6, zorder=2.6)


def _under(axes: "Axes", middle: float, top: float, words: str) -> None:
    for i, line in enumerate(words.split("\n")):
        axes.text(middle, top + 0.75 * i * LINE, line, fontsize=SMALL, ha="center", va="center_baseline",
                  parse_math=False, gid="operation")


def _draw(axes: "Axes", stack: Stack, corner: Point) -> None:
    """The planes of a stage from the hindmost to the foremost, or its strip, and the words over it."""
    from matplotlib.patches import Polygon

    color = color_of(stack.stage.layer)
    for i in range(stack.count):
        left, top = corner[0] + i * stack.step, corner[1] + i * stack.step
        lean = 0.0 if stack.is_maps else SLANT * stack.height
        outline = [(left, top), (left + stack.width, top), (left + stack.width + lean, top + stack.height),
                   (left + lean, top + stack.height)]
        axes.add_patch(Polygon(outline, facecolor=color, edgecolor=INK, linewidth=0.6, gid="plane",
                               label=stack.stage.name, zorder=2))
    for line, weight, up in zip(stack.lines, ("bold", "normal"), (0.225, 0.09), strict=True):
        axes.text(corner[0] + stack.total[0] / 2, corner[1] - up, line, fontsize=SMALL, ha="center",
                  va="center_baseline", weight=weight, parse_math=False)


def front(stack: Stack, corner: Point) -> Point:
    """The upper left corner of the foremost plane."""
    back = (stack.count - 1) * stack.step
    return corner[0] + back, corner[1] + back


def _connect(axes: "Axes", source: Stack, at: Point, target: Stack, to: Point, place: Point) -> None:
    """What one unit of the target sees of the source, with rays to that unit; or that all goes to all."""
    from matplotlib.patches import Rectangle

    window = target.stage.window
    if window is None or not source.is_maps or not target.is_maps:
        _rays(axes, zip(_right_ends(source, at), _left_ends(target, to), strict=True))
        return
    seen, unit = window_on(source, at, window, place), window_on(target, to, (1, 1), place)
    for (left, top), (width, height) in (seen, unit):
        axes.add_patch(Rectangle((left, top), width, height, facecolor="white", edgecolor=INK, linewidth=0.6,
                                 gid="window", label=target.stage.name, zorder=3))
    (left, top), (width, height) = seen
    (x, y), (_, tall) = unit
    _rays(axes, [((left + width, top), (x, y)), ((left + width, top + height), (x, y + tall))])


def window_on(stack: Stack, corner: Point, window: Pair, place: Point) -> tuple[Point, tuple[float, float]]:
    """Corner and size of a window on the foremost plane. place: the free width to its left and height above it."""
    left, top = front(stack, corner)
    rows, columns = stack.stage.shape[:2]
    width, height = stack.width * min(window[1] / columns, 1), stack.height * min(window[0] / rows, 1)
    return (left + place[0] * (stack.width - width), top + place[1] * (stack.height - height)), (width, height)


def _right_ends(stack: Stack, corner: Point) -> list[Point]:
    left, top = front(stack, corner)
    lean = 0.0 if stack.is_maps else SLANT * stack.height
    return [(left + stack.width, top), (left + stack.width + lean, top + stack.height)]


def _left_ends(stack: Stack, corner: Point) -> list[Point]:
    lean = 0.0 if stack.is_maps else SLANT * stack.height
    return [corner, (corner[0] + lean, corner[1] + stack.height)]


def _rays(axes: "Axes", ends: Any) -> None:
    for start, end in ends:
        axes.plot(*zip(start, end, strict=True), color=RAY, linewidth=0.6, gid="ray", zorder=4)
