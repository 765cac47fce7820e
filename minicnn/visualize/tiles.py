"""Small pictures in rows: where each stands, and how it is drawn."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from minicnn._types import Array, Shape
from minicnn.visualize import drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Size: TypeAlias = tuple[float, float]
"""(width, height) in inches."""
Box: TypeAlias = tuple[float, float, float, float]
"""(left, right, bottom, top) in inches, as `imshow` wants its extent; tops are smaller than bottoms."""


class Grid:
    """Tiles of one size in rows, placed in inches: tile ``i`` stands in row i // columns, column i % columns."""

    def __init__(self, count: int, columns: int, tile: Size, gap: Size) -> None:
        self.columns = min(count, columns)
        self.rows = -(-count // self.columns)
        self.tile, self.gap = tile, gap
        self.pitch = tile[0] + gap[0], tile[1] + gap[1]
        self.width = self.columns * self.pitch[0] - gap[0]
        self.height = self.rows * self.pitch[1] - gap[1]

    def box(self, place: int) -> Box:
        """Where a tile stands."""
        left, top = place % self.columns * self.pitch[0], place // self.columns * self.pitch[1]
        return left, left + self.tile[0], top + self.tile[1], top

    def center(self, place: int) -> Size:
        """(x, y) of the middle of a tile."""
        left, right, bottom, top = self.box(place)
        return (left + right) / 2, (bottom + top) / 2


def tile_size(cells: Shape, most: Size, least: float = 0.1) -> Size:
    """(width, height) in inches for (rows, columns) of cells: square cells, unless too thin to be seen."""
    height, width = cells
    cell = min(most[0] / width, most[1] / height)
    return max(width * cell, min(least, most[0])), max(height * cell, min(least, most[1]))


def draw_tile(axes: "Axes", image: Array, box: Box, colors: drawing.Colors) -> None:
    """One picture at a place of the axes, its cells sharp-edged; three channels are its own colors."""
    axes.imshow(image, cmap=colors.map, norm=colors.norm, extent=box, aspect="auto", interpolation="nearest")


def draw_boxes(axes: "Axes", boxes: Sequence[Box], name: str, **style: Any) -> None:
    """Rectangles as one collection, which its ``gid`` names."""
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Rectangle

    rectangles = [Rectangle((left, top), right - left, bottom - top) for left, right, bottom, top in boxes]
    collection = PatchCollection(rectangles, **style)
    collection.set_gid(name)
    collection.set_clip_on(False)  # half of a line at the edge lies outside
    axes.add_collection(collection)


def frames(axes: "Axes", grid: Grid, count: int) -> None:
    """A thin line around each tile, so that a white one is seen on white paper."""
    width = 0.5 if min(grid.tile) > 0.2 else 0.25
    draw_boxes(axes, [grid.box(i) for i in range(count)], "frames", facecolor="none", edgecolor=drawing.FRAME,
               linewidth=width)
