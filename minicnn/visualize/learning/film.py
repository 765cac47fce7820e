"""A record in motion: the kernels or the maps of a layer, moment by moment."""

import os
from typing import TYPE_CHECKING

import numpy as np

from minicnn import _checks
from minicnn._types import Array
from minicnn.visualize import drawing
from minicnn.visualize.animation import check_gif, write_gif
from minicnn.visualize.arrays import limits, size_text
from minicnn.visualize.drawing import Colors
from minicnn.visualize.learning.record import Record

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_TILES, MOST_MAPS, MOST_FILTERS = 64, 16, 32  # tiles in rows of eight; rows and columns of a table
A_ROW = 8
FINE = 32
LONGEST = 1.5  # seconds that the last frame stays, at least


def write_film(record: Record, save: str | os.PathLike[str], what: str, layer: str | None, image: int,
               seconds_per_frame: float) -> None:
    """See `Recorder.write_gif`."""
    check_gif(save)
    if what not in ("kernels", "maps"):
        raise _checks.unknown("write_gif: what", what, ("kernels", "maps"))
    if layer is None:
        kept = record.layers(what)
        if not kept:
            raise _checks.error("write_gif", f"no {what} were kept", cure=
                                "A Recorder keeps kernels of convolutions, and maps where it is given images.")
        layer = kept[0]
    values = record.of(what, layer)
    tiles = _kernel_tiles(values) if what == "kernels" else _map_tiles(values, layer, image)
    title = f"{drawing.shortened(layer)}: {_title(what, values)}"
    colors = _colors(values if what == "kernels" else values[:, image])
    moments = [_moment(record, t) for t in range(len(tiles))]
    room = max(map(drawing.text_width, moments)) + 2 * drawing.MARGIN  # all frames are of one size
    frames = (_frame(picture, title, moment, colors, room) for picture, moment in zip(tiles, moments, strict=True))
    write_gif(frames, save, seconds_per_frame, seconds_last=max(LONGEST, seconds_per_frame))


def _title(what: str, values: Array) -> str:
    """What is seen, and how much of it."""
    if what == "maps":
        maps = values.shape[-1]
        return f"what it makes of one image, {size_text(values.shape[2:])}" + _part(maps, MOST_TILES, "maps")
    maps, filters = values.shape[3:]
    links = int((~np.isnan(values[0, 0, 0])).sum())
    words = f"{links:,} kernel{'s' if links > 1 else ''} of {size_text(values.shape[1:3])}"
    if maps == 1:
        return words + _part(filters, MOST_TILES, "kernels")
    return f"{words}, a row for each input map" + _part(maps, MOST_MAPS, "maps") + _part(
        filters, MOST_FILTERS, "filters")


def _part(of: int, shown: int, what: str) -> str:
    return f", the first {shown} of {of} {what}" if of > shown else ""


def _kernel_tiles(values: Array) -> Array:
    """(T, rows, columns, kh, kw) from kernels (T, kh, kw, C, F): a row for each input map, or rows of eight of one."""
    if values.shape[3] == 1:
        return _in_rows(np.moveaxis(values[:, :, :, 0], 3, 1))
    return values[..., :MOST_MAPS, :MOST_FILTERS].transpose(0, 3, 4, 1, 2)


def _map_tiles(values: Array, layer: str, image: int) -> Array:
    """(T, rows, columns, H, W) from maps (T, N, H, W, C) of one of the images."""
    count = values.shape[1]
    if not 0 <= _checks.integer(image, "image", "write_gif", minimum=0) < count:
        raise _checks.error("write_gif", "no such image", f"0 to {count - 1}", image)
    if values.ndim != 5:
        raise _checks.error(f"write_gif: {layer!r}", "these are no maps", "outputs (H, W, C)",
                            f"shape {values.shape[2:]}")
    return _in_rows(np.moveaxis(values[:, image], 3, 1))


def _in_rows(tiles: Array) -> Array:
    """(T, rows, 8, h, w) from (T, K, h, w); NaN behind the last."""
    tiles = tiles[:, :MOST_TILES]
    columns = min(A_ROW, tiles.shape[1])
    rows = -(-tiles.shape[1] // columns)
    padded = np.full((len(tiles), rows * columns, *tiles.shape[2:]), np.nan)
    padded[:, :tiles.shape[1]] = tiles
    return padded.reshape(len(tiles), rows, columns, *tiles.shape[2:])


def mosaic(tiles: Array) -> Array:
    """One picture of (rows, columns, h, w) tiles, lines of NaN between them."""
    times = max(1, round(FINE / max(tiles.shape[2:])))  # small tiles are made larger, so that the line can be thin
    tiles = tiles.repeat(times, axis=2).repeat(times, axis=3)
    rows, columns, height, width = tiles.shape
    line = max(1, round(max(height, width) / 16))
    framed = np.full((rows, columns, height + line, width + line), np.nan)
    framed[:, :, :height, :width] = tiles
    whole = framed.transpose(0, 2, 1, 3).reshape(rows * (height + line), columns * (width + line))
    return whole[:-line, :-line]


def _colors(values: Array) -> Colors:
    """One scale for all moments."""
    low, high = limits(values)
    return drawing.color_scale(low, high, drawing.SIGNED if low < 0 else drawing.AMOUNT)


def _moment(record: Record, t: int) -> str:
    """``epoch 3 of 8: loss 0.2061, accuracy 0.94``."""
    moment = record.moments[t]
    words = f"{record.unit} {moment} of {record.moments[-1]}" if moment else "before training"
    if record.unit == "epoch" and moment - 1 in record.epochs:
        at = record.epochs.index(moment - 1)
        shown = [name for name in ("loss", "accuracy", "val_accuracy") if name in record.logs]
        words += "".join(f", {name} {record.logs[name][at]:.3f}" for name in shown)
    return words


def _frame(tiles: Array, title: str, moment: str, colors: Colors, room: float) -> "Figure":
    picture = mosaic(tiles)
    cell = min(4.5 / picture.shape[1], 4.0 / picture.shape[0], 0.03)
    width, height = picture.shape[1] * cell, picture.shape[0] * cell
    sheet, top = drawing.headed_sheet(title, moment, max(width + 1.0, room), max(height, 0.75) + drawing.MARGIN)
    axes = sheet.canvas(drawing.MARGIN, top, width, height, "tiles")
    axes.imshow(np.ma.masked_invalid(picture), cmap=colors.map.with_extremes(bad="0.85"), norm=colors.norm,
                extent=(0, width, height, 0), aspect="auto", interpolation="nearest")
    sheet.scale(colors, drawing.MARGIN + width + 0.15, top, max(min(height, 2.5), 0.75))
    return sheet.figure
