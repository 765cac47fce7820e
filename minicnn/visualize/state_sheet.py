"""Images side by side with all that they become in a network, in the manner of LeCun et al. 1998, Figure 13."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn import _checks
from minicnn._types import Array, Shape
from minicnn.layers.nodes import Node
from minicnn.visualize import drawing, scoring
from minicnn.visualize.arrays import feeders_of_codes, is_drawable, limits, picture, shown_nodes, value_range
from minicnn.visualize.drawing import LINE, MARGIN, SMALL, Colors
from minicnn.visualize.finding import short_name, values_at
from minicnn.visualize.map_rows import BITMAP
from minicnn.visualize.state_answers import answers
from minicnn.visualize.tiles import Box, draw_boxes, draw_tile, tile_size

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from minicnn.models import Model

WHERE = "visualize.states"
HIGH = 2.6  # inches that a panel's pictures may take
LARGEST, SMALLEST, GAP, APART = 0.5, 0.1, 0.02, 0.13  # inches: a map's side; between two maps, and between two layers
MOST_MAPS, MOST_NUMBERS, MOST_IMAGES = 16, 128, 30
STRIP, CODE = 0.1, (0.35, 0.6)  # inches: width of a vector's strip; width and height of a bitmap
BETWEEN = 0.3  # inches between two panels


@dataclass(frozen=True)
class Column:
    """What a panel shows of a layer: as many pictures of a size (inches), one below the other."""

    name: str
    node: Node
    cells: Shape
    count: int
    tile: tuple[float, float]
    colors: Colors

    @property
    def width(self) -> float:
        """Inches that it takes with its name."""
        return max(self.tile[0], drawing.text_width(self.name, SMALL))

    @property
    def height(self) -> float:
        return self.count * (self.tile[1] + GAP) - GAP

    def boxes(self, left: float) -> list[Box]:
        """Where its pictures stand in a panel, ``left`` being where its room begins."""
        left, top = left + (self.width - self.tile[0]) / 2, (HIGH - self.height) / 2
        tops = [top + i * (self.tile[1] + GAP) for i in range(self.count)]
        return [(left, left + self.tile[0], top + self.tile[1], top) for top in tops]


def states(model: "Model", x: Any, *, names: Sequence[str] | None = None, columns: int = 3,
           save: str | os.PathLike[str] | None = None) -> "Figure":
    """For each image a panel: the image, from left to right the states of all layers, and the answer.

    Maps stand one below the other, vectors as strips; a vector of 84 that feeds an `RBF` layer is drawn as the 7x12
    bitmap it is meant to be. Blue is below zero, white zero, red above (white to black where nothing is below zero),
    each layer on one scale in all panels. The answer is large, the next best one below it, each with its number; the
    surer, the darker: of penalties the smallest wins.
    `feature_maps` shows one image larger and with scales.

    x: images as the model wants them, at most 30 of which are drawn, or one without the batch axis. Of a layer at most
        16 maps or 128 numbers are drawn.
    names: of the classes, to be written instead of their numbers.
    columns: panels in a row. Each panel's axes carry the label "panel 0", "panel 1", ...
    save: a ``.png``, ``.svg`` or ``.pdf`` file to write.

    Raises MinicnnError for a model of several inputs, images of the wrong shape, outputs that are not one number per
    class, names that are not one for each, and an unknown file ending.
    """
    columns = _checks.integer(columns, "columns", WHERE)
    if len(model.graph.inputs) > 1:
        raise _checks.error(f"{WHERE}: {model}", "the model has several inputs", "one", len(model.graph.inputs),
                            "visualize.feature_maps draws it.")
    scoring.class_names(model, names, WHERE)
    images = scoring.images(model, x, WHERE)[0]
    if not len(images):
        raise _checks.error(WHERE, "there is no image", received=f"shape {images.shape}")
    nodes = [node for node in shown_nodes(model).values() if node not in model.graph.outputs]
    *values, outputs = values_at(model, [images[:MOST_IMAGES]], [*nodes, *model.graph.outputs])
    shown = [_column(model, node, value) for node, value in zip(nodes, values, strict=True)]
    _checks.finite(outputs, f"{WHERE}: outputs")
    count, given = len(outputs), answers(model, outputs, names, WHERE)
    wide = sum(column.width + APART for column in shown) + given.width
    across = min(count, columns)
    sheet, top = drawing.headed_sheet(f"{drawing.shortened(model.name)}: the states of all layers",
                                      _remark(shown, count, len(images)), across * (wide + BETWEEN) - BETWEEN
                                      + 2 * MARGIN, -(-count // columns) * (HIGH + LINE + BETWEEN))
    for i in range(count):
        left, down = MARGIN + i % columns * (wide + BETWEEN), top + i // columns * (HIGH + LINE + BETWEEN)
        axes = sheet.canvas(left, down + LINE, wide, HIGH, f"panel {i}")
        _draw(axes, shown, [value[i] for value in values])
        given.draw(axes, i, wide - given.width, HIGH)
    return drawing.finish(sheet, save)


def _remark(shown: Sequence[Column], count: int, images: int) -> str:
    signed = any(column.node.inputs and column.colors.norm.vmin for column in shown)
    parts = [f"{'blue: below zero, red: above' if signed else 'white: zero'}; each layer on one scale in all panels"]
    if count < images:
        parts.append(f"the first {count} of {images:,} images")
    cut = [column.name for column in shown if column.count * np.prod(column.cells) < np.prod(column.node.sample_shape)
           and column.node.inputs]
    if cut:
        parts.append(f"only the first maps or numbers of {', '.join(cut[:4])}{' and others' if len(cut) > 4 else ''}")
    return "; ".join(parts)


def _column(model: "Model", node: Node, value: Array) -> Column:
    """How the states (N, ...) of a layer are drawn."""
    name = short_name(model, node)
    _checks.finite(value, f"{WHERE}: {name}")
    low, high = limits(value)
    colors = drawing.color_scale(low, high, drawing.SIGNED if low < 0 else drawing.AMOUNT)
    if not node.inputs and is_drawable(node.sample_shape):
        colors = drawing.color_scale(*value_range(value), drawing.AMOUNT)
        return Column(name, node, node.sample_shape[:2], 1, tile_size(node.sample_shape[:2], (LARGEST, LARGEST)),
                      colors)
    if scoring.has_extent(node):
        count = min(node.sample_shape[-1], MOST_MAPS)
        return Column(name, node, node.sample_shape[:2], count,
                      _map_size(model, node.sample_shape[:2], count), colors)
    numbers = int(np.prod(node.sample_shape))
    if numbers == np.prod(BITMAP) and scoring.name_of(model, node) in feeders_of_codes(model):
        return Column(name, node, BITMAP, 1, CODE, colors)
    drawn = min(numbers, MOST_NUMBERS)
    return Column(name, node, (drawn, 1), 1, (STRIP, min(HIGH, drawn * STRIP)), colors)


def _map_size(model: "Model", cells: Shape, count: int) -> tuple[float, float]:
    """Width and height of a map: pixels as large as the image's, unless all maps would not go into the panel."""
    image = model.graph.inputs[0].sample_shape
    pixel = LARGEST / max(image[:2]) if len(image) > 1 else LARGEST / max(cells)
    room = (HIGH + GAP) / count - GAP
    return tile_size(cells, (min(LARGEST, room, max(SMALLEST, pixel * cells[1])),
                             min(LARGEST, room, max(SMALLEST, pixel * cells[0]))), 0.0)


def _draw(axes: "Axes", shown: Sequence[Column], values: Sequence[Array]) -> None:
    """The pictures of all layers, with their names above."""
    left = 0.0
    for column, value in zip(shown, values, strict=True):
        boxes = column.boxes(left)
        for box, image in zip(boxes, _pictures(column, value), strict=True):
            draw_tile(axes, image, box, column.colors)
        draw_boxes(axes, boxes, f"frames of {column.name}", facecolor="none", edgecolor=drawing.FRAME, linewidth=0.3)
        axes.text(left + column.width / 2, -0.05, column.name, ha="center", va="bottom", fontsize=SMALL,
                  color=drawing.QUIET, parse_math=False)
        left += column.width + APART


def _pictures(column: Column, value: Array) -> list[Array]:
    if column.count == 1 and is_drawable(value.shape) and not column.node.inputs:
        return [picture(value)]
    if scoring.has_extent(column.node):
        return [value[..., i] for i in range(column.count)]
    return [value.reshape(-1)[:int(np.prod(column.cells))].reshape(column.cells)]
