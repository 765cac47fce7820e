"""A network as boxes and arrows."""

import os
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from minicnn import _checks
from minicnn.graph import Graph
from minicnn.visualize import drawing
from minicnn.visualize.boxes import Words, counted, write
from minicnn.visualize.diagram import Arrange, Diagram, Item, Style, whole
from minicnn.visualize.drawing import MARGIN
from minicnn.visualize.layout import Point, in_columns, layered

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LONGEST = {"down": 11.0, "right": 16.0}  # inches along, from which a drawing is cut into columns (or rows)
SHAPE = 1.5  # width / height wanted then
HEAD, CORNER, WIDTH = (0.09, 0.07), 0.09, 1.0  # of an arrow: inches (long, wide); round corners; points
LINK = "0.3"  # gray


def architecture(model: Any, *, names: bool = True, types: bool = True, shapes: bool = True, parameters: bool = True,
                 activations: bool = False, dtypes: bool = False, trainable: bool = False, direction: str = "down",
                 nested: bool = False, wrap: bool = True, save: str | os.PathLike[str] | None = None) -> "Figure":
    """The layers of a model as boxes, and which goes into which as arrows.

    names, types, shapes, parameters, activations, dtypes, trainable: what is written in a box: the layer's name and
        class, its output shape without the batch axis, how many parameters it has, its activation function, its float
        type, whether training moves it.
    direction: in which the values go, "down" or "right".
    nested: draw a model that is a layer of this one with its inside, in a frame, instead of as one box.
    wrap: put long stretches beside each other in columns (or rows); otherwise the picture grows in one direction.
    save: a ``.png``, ``.svg`` or ``.pdf`` file to write.

    A layer that is used several times is one box with several arrows. Only where an arrow would then lead back, to a
    layer used on its own output, it has a box for each use.

    Raises MinicnnError for what is no model, a model without a graph, an unknown direction or file ending.
    """
    where = "visualize.architecture"
    words = Words(names, types, shapes, parameters, activations, dtypes, trainable)
    words.check(where)
    if direction not in ("down", "right"):
        raise _checks.error(where, "unknown direction", "'down' or 'right'", repr(direction))
    try:
        graph, name = model.graph, model.name
    except AttributeError:
        raise _checks.error(where, "this is no model", "a Model or Sequential", repr(model)) from None
    diagram = whole(graph, Style(words, bool(nested), direction == "down"), _arranger(wrap, direction))
    sheet, top = drawing.headed_sheet(drawing.shortened(name, 60), _remark(graph), diagram.size[0] + 2 * MARGIN,
                                      diagram.size[1] + 2 * MARGIN)
    axes = sheet.canvas(0, top, sheet.width, sheet.height - top, "architecture")
    _draw(axes, diagram, ((sheet.width - diagram.size[0]) / 2, MARGIN), direction == "down")
    return drawing.finish(sheet, save)


def _arranger(wrap: bool, direction: str) -> Arrange:
    """What gives boxes their places."""
    shape = SHAPE if direction == "down" else 1 / SHAPE
    return partial(in_columns, longest=LONGEST[direction], shape=shape) if wrap else layered


def _remark(graph: Graph) -> str:
    """How large the network is."""
    layers = [layer for layer in graph.layers if layer not in {node.call.layer for node in graph.inputs}]
    sizes = [(chain[-1].count_params(), path in graph.learning()) for path, chain in graph.leaves.items()]
    total, moved = sum(size for size, _ in sizes), sum(size for size, learns in sizes if learns)
    fixed = f", {moved:,} of them trainable" if moved < total else ""
    return f"{counted(len(layers), 'layer')}, {counted(total, 'parameter')}{fixed}"


def _draw(axes: "Axes", diagram: Diagram, at: Point, down: bool) -> None:
    """A diagram with its corner at a place of the axes: arrows, then boxes, then what is inside of them."""
    for points, head in diagram.arrows:
        _arrow(axes, [(at[0] + x, at[1] + y) for x, y in (point if down else point[::-1] for point in points)],
               head, down)
    for item, (x, y) in zip(diagram.items, diagram.places, strict=True):
        _box(axes, item, at[0] + x, at[1] + y)
        if item.inside:
            _draw(axes, item.inside, (at[0] + x + item.offset[0], at[1] + y + item.offset[1]), down)


def _box(axes: "Axes", item: Item, left: float, top: float) -> None:
    from matplotlib.patches import FancyBboxPatch

    frame = item.inside is not None
    axes.add_patch(FancyBboxPatch(
        (left, top), item.width, item.height, boxstyle=f"round,pad=0,rounding_size={CORNER * 2 / 3}", linewidth=0.8,
        facecolor="#F7F6FB" if frame else item.color, edgecolor="0.35", linestyle="--" if frame else "-",
        gid="frame" if frame else "box", label=item.name, zorder=2.0 if not frame else 1.0))
    write(axes, item.lines, left, top, 0 if frame else item.width)


def _arrow(axes: "Axes", points: list[Point], head: bool, down: bool) -> None:
    """A way with round corners, and its head at the end."""
    from matplotlib.patches import PathPatch, Polygon

    axis = 1 if down else 0
    tip = points[-1]
    if head:
        points = [*points[:-1], _along(tip, -HEAD[0] * 0.8, axis)]
    axes.add_patch(PathPatch(way(points, axis), facecolor="none", edgecolor=LINK, linewidth=WIDTH, gid="link",
                             capstyle="butt", zorder=1.5))
    if head:
        back = _along(tip, -HEAD[0], axis)
        wings = [_along(back, side * HEAD[1] / 2, 1 - axis) for side in (-1, 1)]
        axes.add_patch(Polygon([tip, *wings], facecolor=LINK, edgecolor="none", gid="head", zorder=1.6))


def way(points: Sequence[Point], axis: int) -> Any:
    """The Matplotlib path through points: lines with round corners, and where a stretch goes across and along at
    once, an S. axis: along which the links go, 0 or 1."""
    from matplotlib.path import Path

    corners, codes = [points[0]], [Path.MOVETO]
    for i in range(1, len(points)):
        a, b = points[i - 1], points[i]
        if abs(a[0] - b[0]) > 1e-6 and abs(a[1] - b[1]) > 1e-6:
            middle = (a[axis] + b[axis]) / 2
            corners += [_along(a, middle - a[axis], axis), _along(b, middle - b[axis], axis), b]
            codes += [Path.CURVE4] * 3
        elif i + 1 < len(points) and _turns(a, b, points[i + 1]):
            corners += [_toward(b, a), b, _toward(b, points[i + 1])]
            codes += [Path.LINETO, Path.CURVE3, Path.CURVE3]
        else:
            corners.append(b)
            codes.append(Path.LINETO)
    return Path(corners, codes)


def _along(point: Point, distance: float, axis: int) -> Point:
    x, y = point
    return (x + distance, y) if axis == 0 else (x, y + distance)


def _turns(a: Point, b: Point, c: Point) -> bool:
    """Whether two straight stretches meet at a right angle."""
    return any(abs(a[i] - b[i]) < 1e-6 and abs(b[1 - i] - c[1 - i]) < 1e-6 for i in (0, 1))


def _toward(start: Point, end: Point) -> Point:
    """The point at which the round corner begins."""
    length = abs(start[0] - end[0]) + abs(start[1] - end[1])
    part = min(CORNER, length / 2) / length
    return start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1])
