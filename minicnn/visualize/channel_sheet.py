"""The maps of one layer: all channels for one image, or one channel over many images."""

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn import _checks
from minicnn._progress import watched
from minicnn._types import Array
from minicnn.layers import Layer
from minicnn.visualize import drawing, scoring
from minicnn.visualize.arrays import is_drawable, limits, one_sample, picture, size_text, value_range
from minicnn.visualize.choosing import Choice, check_number, chosen, ranges_text
from minicnn.visualize.drawing import Colors
from minicnn.visualize.finding import find_maps, values_at
from minicnn.visualize.tiles import Grid, draw_tile, frames, tile_size

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from minicnn.models import Model

MOST_CHANNELS, MOST_IMAGES = 1024, 50  # drawn at most
WIDTH = 7.5  # inches that the tiles of a row take, about
INPUT = 0.9  # inches of the image beside its maps
IMAGES_A_ROW = 10
BATCH = 10  # images computed at once: maps of large networks take memory


def channel_maps(model: "Model", x: Any, layer: str | Layer, channels: Choice = None, *, own_scales: bool = False,
                 save: str | os.PathLike[str] | None = None) -> "Figure":
    """The channels of one layer for one image, in a near-square grid, each with its number underneath.

    Numbers of both signs go from blue over white (zero) to red, others from white (zero) to black, on the scale of the
    whole layer. The remark counts the channels that are zero everywhere.

    x: one image, with or without the batch axis; for several inputs a list or dict of them.
    layer: a name of `Network.activations`: "conv", or "conv/pre" for what comes before its activation.
    channels: an integer for the first so many (49 fill a square of 7x7), a list, range or slice for certain ones. At
        most 1,024 are drawn; the caption says so.
    own_scales: True gives each channel a scale of its own, which shows the weak ones; their colors cannot be compared.
    save: a ``.png``, ``.svg`` or ``.pdf`` file to write.

    Raises MinicnnError for an image of the wrong shape, an unknown layer or one without maps, channels out of range,
    and an unknown file ending.
    """
    where = "visualize.channel_maps"
    node = find_maps(model, layer, where)
    name = drawing.shortened(scoring.name_of(model, node))
    asked = chosen(channels, node.sample_shape[-1], "channels", where)
    own_scales = _checks.flag(own_scales, "own_scales", where)
    inputs = scoring.images(model, one_sample(model, x, where), where)
    maps = values_at(model, inputs, [node])[0][0]
    _checks.finite(maps, f"{where}: {name}")
    image = inputs[0][0] if len(inputs) == 1 and is_drawable(inputs[0].shape[1:]) else None
    return drawing.finish(_grid(name, maps, asked, own_scales, image), save)


def _grid(name: str, maps: Array, asked: list[int], own_scales: bool, image: Array | None) -> drawing.Sheet:
    """The image, where it can be drawn, and at its right the channels asked for."""
    shown, left = asked[:MOST_CHANNELS], drawing.MARGIN + (0.0 if image is None else INPUT + 0.25)
    tiles, scale = _near_square(len(shown), maps.shape[:2]), _scale(maps)
    title = f"{name}: {len(shown):,} map{'s' if len(shown) > 1 else ''} of {size_text(maps.shape[:2])}"
    remarks = [_part(shown, maps.shape[-1], len(asked)), _silent(maps[..., shown]),
               "each channel on its own scale" if own_scales else ""]
    sheet, top = drawing.headed_sheet(title, "; ".join(filter(None, remarks)),
                                      left + tiles.width + (drawing.MARGIN if own_scales else 0.85),
                                      max(tiles.height + 0.3, INPUT + 0.3))
    axes = sheet.canvas(left, top, tiles.width, tiles.height, "maps")
    for place, channel in enumerate(shown):
        draw_tile(axes, maps[..., channel], tiles.box(place), _scale(maps[..., channel]) if own_scales else scale)
    frames(axes, tiles, len(shown))
    _write_numbers(axes, tiles, shown)
    if not own_scales:
        sheet.scale(scale, left + tiles.width + 0.15, top, max(0.6, min(tiles.height, 2.5)))
    if image is not None:
        _draw_input(sheet, image, top)
    return sheet


def _draw_input(sheet: drawing.Sheet, image: Array, top: float) -> None:
    """The image itself, small, at the left of its maps."""
    drawn = picture(image)
    tile = Grid(1, 1, tile_size(drawn.shape[:2], (INPUT, INPUT)), (0.0, 0.0))
    axes = sheet.canvas(drawing.MARGIN, top, tile.width, tile.height, "input")
    draw_tile(axes, drawn, tile.box(0), drawing.color_scale(*value_range(image), drawing.AMOUNT))
    frames(axes, tile, 1)
    axes.text(tile.width / 2, tile.height + 0.04, "input", ha="center", va="top", fontsize=drawing.SMALL)


def channel_over_images(model: "Model", x: Any, layer: str | Layer, channel: int, *, verbose: int = 1,
                        save: str | os.PathLike[str] | None = None) -> "Figure":
    """One channel of a layer over many images: each map under its image, all maps on one scale.

    x: images as the model wants them; at most 50 are drawn, the caption says so.
    layer: a name of `Network.activations`: "conv", or "conv/pre" for what comes before its activation.
    channel: its number, from 0.
    verbose: 0 shows no progress.
    save: a ``.png``, ``.svg`` or ``.pdf`` file to write.

    Raises MinicnnError for images of the wrong shape, an unknown layer or one without maps, a channel out of range,
    and an unknown file ending.
    """
    where = "visualize.channel_over_images"
    node = find_maps(model, layer, where)
    name = drawing.shortened(scoring.name_of(model, node))
    channel = check_number(channel, node.sample_shape[-1], f"channels of {name}", where)
    inputs = scoring.images(model, x, where)
    images = [array[:MOST_IMAGES] for array in inputs]
    maps = np.concatenate([values_at(model, [array[i:i + BATCH] for array in images], [node])[0][..., channel]
                           for i in watched(range(0, len(images[0]), BATCH), "images", verbose)])
    _checks.finite(maps, f"{where}: {name}")
    pictures = images[0] if len(images) == 1 and is_drawable(images[0].shape[1:]) else None
    return drawing.finish(_pairs(pictures, maps, f"{name}, channel {channel}, over {_images(len(maps))}",
                                 f"the first {len(maps)} of {len(inputs[0]):,} images"
                                 if len(maps) < len(inputs[0]) else ""), save)


def _pairs(pictures: Array | None, maps: Array, title: str, part: str) -> drawing.Sheet:
    """Rows of ten: images, under them their maps, under these the images' numbers."""
    columns = min(len(maps), IMAGES_A_ROW)
    high = tile_size(maps.shape[1:], (0.7, 0.7))
    low = (0.0, 0.0) if pictures is None else tile_size(pictures.shape[1:3], (0.7, 0.7))
    width, between = max(high[0], low[0]), 0.0 if pictures is None else low[1] + 0.06
    tiles = Grid(len(maps), columns, (width, between + high[1]), (0.1, 0.3))
    remark = "; ".join(filter(None, [part, "the inputs are no pictures" if pictures is None else
                                     "above the image, below the map"]))
    sheet, top = drawing.headed_sheet(title, remark, 2 * drawing.MARGIN + tiles.width + 0.7,
                                      max(tiles.height + 0.3, 0.9))
    scale = _scale(maps)
    axes = sheet.canvas(drawing.MARGIN, top, tiles.width, tiles.height, "maps")
    above = sheet.canvas(drawing.MARGIN, top, tiles.width, tiles.height, "images")
    for place in range(len(maps)):
        (x, _), (_, _, lower, upper) = tiles.center(place), tiles.box(place)
        draw_tile(axes, maps[place], (x - high[0] / 2, x + high[0] / 2, lower, lower - high[1]), scale)
        if pictures is not None:
            gray = drawing.color_scale(*value_range(pictures), drawing.AMOUNT)
            draw_tile(above, picture(pictures[place]), (x - low[0] / 2, x + low[0] / 2, upper + low[1], upper), gray)
    _write_numbers(axes, tiles, list(range(len(maps))))
    sheet.scale(scale, drawing.MARGIN + tiles.width + 0.15, top, max(0.6, min(tiles.height, 2.5)))
    return sheet


def _near_square(count: int, size: tuple[int, ...]) -> Grid:
    """As many columns as rows, or one more."""
    columns = int(np.ceil(np.sqrt(count)))
    side = max(0.3, min(WIDTH / columns - 0.08, 1.3))
    return Grid(count, columns, tile_size(size, (side, side)), (0.08, 0.22))


def _write_numbers(axes: "Axes", tiles: Grid, numbers: list[int]) -> None:
    for place, number in enumerate(numbers):
        axes.text(tiles.center(place)[0], tiles.box(place)[2] + 0.04, str(number), ha="center", va="top",
                  fontsize=drawing.SMALL)


def _scale(values: Array) -> Colors:
    low, high = limits(values)
    return drawing.color_scale(low, high, drawing.SIGNED if low < 0 else drawing.AMOUNT)


def _part(shown: list[int], count: int, asked: int) -> str:
    if len(shown) == count:
        return ""
    others = "; channels=[...] draws others" if len(shown) < asked else ""
    return f"channels {ranges_text(shown)} of {count:,}{others}"


def _silent(maps: Array) -> str:
    """How many of the maps drawn are zero everywhere: behind a ReLU, what the image does not excite at all."""
    silent = int((maps == 0).all(axis=(0, 1)).sum())
    return f"{silent} of them zero everywhere" if silent else ""


def _images(count: int) -> str:
    return "one image" if count == 1 else f"{count} images"
