"""A network as boxes and arrows with places: what `architecture` draws. Numbers and texts only, no figure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from minicnn.graph import Graph
from minicnn.layers.nodes import Call, Node
from minicnn.visualize.boxes import PAD, Words, color_of, head_size, size_of
from minicnn.visualize.layout import Box, Layout, Link, Point, layered
from minicnn.visualize.layout.ranks import has_circle

FRAME = 0.16  # inches around what is in a frame
PORTS = 0.6  # the part of a box's side that links leave from, where several values leave
Arrange = Callable[[Sequence[Box], Sequence[Link]], Layout]


@dataclass(frozen=True)
class Style:
    """What is written; whether models in models are drawn with their inside; whether values go down (or right)."""

    words: Words
    nested: bool
    down: bool

    def turned(self, point: Point) -> Point:
        """(across, along) as (x, y), and back."""
        return point if self.down else point[::-1]


@dataclass
class Item:
    """A box: text, color, and size in inches.

    inside: for a model drawn as a frame, what is in it, and at which place (x, y) of the frame. Then enters and
    leaves say where its values come in and go out, across, from the middle; depths, how far along its inputs begin.
    """

    name: str
    lines: list[tuple[str, str]]
    color: str
    width: float
    height: float
    inside: "Diagram | None" = None
    offset: Point = (0.0, 0.0)
    enters: list[float] = field(default_factory=list)
    leaves: list[float] = field(default_factory=list)
    depths: list[float] = field(default_factory=list)


@dataclass
class Diagram:
    """Boxes and their upper left corners; arrows as points (across, along), and whether each has a head; the size.
    Points but those of arrows, and sizes, are (x, y) in inches."""

    items: list[Item]
    places: list[Point]
    arrows: list[tuple[tuple[Point, ...], bool]]
    size: Point


def whole(graph: Graph, style: Style, arrange: Arrange) -> Diagram:
    """The diagram of a network."""
    return _Plan(graph, style).placed(arrange)


def boxes_of(graph: Graph) -> list[list[Call]]:
    """The calls that share a box: all uses of a layer, unless an arrow would then lead back."""
    groups: list[list[Call]] = [[call] for call in graph.calls]
    for layer in graph.layers:
        uses = graph.calls_of(layer)
        if len(uses) > 1:
            merged = [group for group in groups if group[0] not in uses]
            merged.insert(groups.index([uses[0]]), uses)
            if not has_circle(len(merged), _pairs(graph, merged)):
                groups = merged
    return groups


def _pairs(graph: Graph, groups: Sequence[Sequence[Call]]) -> list[tuple[int, int]]:
    number = {call: i for i, calls in enumerate(groups) for call in calls}
    return [(number[node.call], number[call]) for call in graph.calls for node in _inputs(graph, call)]


def _inputs(graph: Graph, call: Call) -> tuple[Node, ...]:
    """What a call is given, within this graph."""
    return () if any(node.call is call for node in graph.inputs) else call.inputs


class _Plan:
    """The boxes and links of a graph, before they have places."""

    def __init__(self, graph: Graph, style: Style) -> None:
        self.graph, self.style = graph, style
        self.groups = boxes_of(graph)
        self.number = {call: i for i, calls in enumerate(self.groups) for call in calls}
        self.items = [_item(calls, style) for calls in self.groups]
        _even(self.items)
        self.boxes = [Box(*style.turned((item.width, item.height))) for item in self.items]
        ends = [(call, i, node) for call in graph.calls for i, node in enumerate(_inputs(graph, call))]
        self.values: list[list[Node]] = [[] for _ in self.items]  # those that leave each box
        for node in [node for _, _, node in ends] + list(graph.outputs):
            if node not in self.values[self.number[node.call]]:
                self.values[self.number[node.call]].append(node)
        self.links, self.depths = [], []
        for call, i, node in ends:
            item = self.items[self.number[call]]
            self.links.append(Link(self.number[node.call], self.number[call], self.leaves(node),
                                   item.enters[i] if item.inside else None))
            self.depths.append(item.depths[i] if item.inside else 0.0)

    def leaves(self, node: Node) -> float:
        """Where a value leaves its box, across, from the middle."""
        i = self.number[node.call]
        if self.items[i].inside and node in node.call.outputs:
            return self.items[i].leaves[node.call.outputs.index(node)]
        place, count = self.values[i].index(node), len(self.values[i])
        return ((place + 0.5) / count - 0.5) * PORTS * self.boxes[i].across

    def placed(self, arrange: Arrange) -> Diagram:
        layout = arrange(self.boxes, self.links)
        arrows = [(_deeper(route.points, depth), True)
                  for route, depth in zip(layout.routes, self.depths, strict=True)]
        return self._diagram(layout, arrows)

    def inside(self) -> tuple[Diagram, Layout]:
        """The diagram for a frame. Behind the boxes of its layout stand those, without extent, where values go out."""
        count, graph = len(self.items), self.graph
        exits = range(count, count + len(graph.outputs))
        links = [Link(self.number[node.call], end, self.leaves(node))
                 for node, end in zip(graph.outputs, exits, strict=True)]
        layout = layered(self.boxes + [Box(0, 0)] * len(exits), self.links + links,
                         [self.number[node.call] for node in graph.inputs], exits)
        arrows = [(_deeper(route.points, depth), True)
                  for route, depth in zip(layout.routes, self.depths, strict=False)]
        arrows += [(route.points, False) for route in layout.routes[len(self.links):]]
        return self._diagram(layout, arrows), layout

    def _diagram(self, layout: Layout, arrows: list[tuple[tuple[Point, ...], bool]]) -> Diagram:
        places = [self.style.turned(place) for place in layout.places[:len(self.items)]]
        return Diagram(self.items, places, arrows, self.style.turned((layout.across, layout.along)))


def _deeper(points: tuple[Point, ...], depth: float) -> tuple[Point, ...]:
    """A way that goes on in its direction, from the edge of a frame to the box in it."""
    return (*points, (points[-1][0], points[-1][1] + depth)) if depth else points


def _even(items: list[Item]) -> None:
    """Make all boxes without an inside equally wide: they look tidier so."""
    width = max([item.width for item in items if item.inside is None], default=0.0)
    for item in items:
        if item.inside is None:
            item.width = width


def _item(calls: list[Call], style: Style) -> Item:
    layer = calls[0].layer
    lines, color = style.words.lines(calls), color_of(layer)
    if layer.inner is None or not style.nested:
        return Item(layer.name, lines, color, *size_of(lines))
    return _frame(Item(layer.name, head_lines(lines), color, 0, 0), layer.inner, style)


def head_lines(lines: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The lines of a box below each other, for the head of a frame."""
    return [(text, "") for half in (0, 1) for text in (line[half] for line in lines) if text]


def _frame(item: Item, graph: Graph, style: Style) -> Item:
    """A frame: its head beside the way of the values, so that they do not go through it; then what is inside."""
    plan = _Plan(graph, style)
    item.inside, layout = plan.inside()
    head = head_size(item.lines)
    width, height = item.inside.size
    if style.down:
        item.offset = head[0] + PAD + FRAME, FRAME
        item.width, item.height = item.offset[0] + width + FRAME, max(height + 2 * FRAME, head[1] + 2 * PAD)
    else:
        item.offset = FRAME, head[1] + PAD + FRAME
        item.width, item.height = max(width + 2 * FRAME, head[0] + 2 * PAD), item.offset[1] + height + FRAME
    across, along = style.turned(item.offset)
    middle = style.turned((item.width, item.height))[0] / 2
    boxes = [plan.number[node.call] for node in graph.inputs]
    exits = range(len(plan.items), len(plan.items) + len(graph.outputs))
    item.enters = [layout.places[i][0] + plan.boxes[i].across / 2 + across - middle for i in boxes]
    item.depths = [layout.places[i][1] + along for i in boxes]
    item.leaves = [layout.places[i][0] + across - middle for i in exits]
    # What goes out inside goes on to the edge of the frame.
    rest = style.turned((item.width, item.height))[1] - along - layout.along
    item.inside.arrows = [(points if head else _deeper(points, rest), head) for points, head in item.inside.arrows]
    return item
