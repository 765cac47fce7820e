"""A record in motion: the kernels or the maps of a layer, moment by moment."""

import os
from typing import TYPE_CHECKING

import numpy as np

from minicnn import _checks
from minicnn._progress import watched as with_bar
from minicnn._types import Array
from minicnn.visualize import drawing
from minicnn.visualize.animation import DPI, check_gif, write_gif
from minicnn.visualize.arrays import limits, size_text
from minicnn.visualize.drawing import Colors
from minicnn.visualize.learning.record import Record, read_record

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_TILES, MOST_MAPS, MOST_FILTERS = 64, 16, 32  # tiles in rows of eight; rows and columns of a table
A_ROW = 8
WIDEST, HIGHEST, LARGEST, GAP = 480, 420, 12, 0.14  # pixels of a picture, and of a number; from tile to tile, in tiles
LONGEST = 1.5  # seconds that the last frame stays, at least


def record_gif(record: Record | str | os.PathLike[str], save: str | os.PathLike[str], what: str = "kernels",
               layer: str | None = None, image: int = 0, seconds_per_frame: float = 0.5, verbose: int = 1) -> None:
    """The kernels or the maps of a layer over a training, a frame for each moment, as an animated GIF.

    record: of a `Recorder`, or the file it wrote. save: a ``.gif`` file. what: "kernels" or "maps".
    layer: which of those that were kept; the first where not given. image: of which image the maps are.
    verbose: 0 for no progress bar; with 1 it appears after two seconds.

    All frames have one scale. A row of a table of kernels is an input map; where a connection table leaves out a link
    there is a hole. At most 64 kernels or maps, or 16 rows of 32, are drawn; the title says so.

    Raises MinicnnError where this was not kept, and for another ending.
    """
    check_gif(save)
    if what not in ("kernels", "maps"):
        raise _checks.unknown("record_gif: what", what, ("kernels", "maps"))
    record = record if isinstance(record, Record) else read_record(record)
    if layer is None:
        kept = record.layers(what)
        if not kept:
            raise _checks.error("record_gif", f"no {what} were kept", cure=
                                "A Recorder keeps kernels of convolutions, and maps where it is given images.")
        layer = kept[0]
    values = record.of(what, layer)
    tiles = _kernel_tiles(values) if what == "kernels" else _map_tiles(values, layer, image)
    title = f"{drawing.shortened(layer)}: {_title(what, values)}"
    colors = _colors(values if what == "kernels" else values[:, image])
    moments = [_moment(record, t) for t in range(len(tiles))]
    # All frames are of one size.
    room = max(drawing.text_width(title, drawing.TITLE, bold=True), *map(drawing.text_width, moments)) + 0.5
    frames = (_frame(picture, title, moment, colors, room) for picture, moment in
              with_bar(list(zip(tiles, moments, strict=True)), "record_gif", verbose))
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
    if not 0 <= _checks.integer(image, "image", "record_gif", minimum=0) < count:
        raise _checks.error("record_gif", "no such image", f"0 to {count - 1}", image)
    if values.ndim != 5:
        raise _checks.error(f"record_gif: {layer!r}", "these are no maps", "outputs (H, W, C)",
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


def mosaic(tiles: Array, times: int, line: int) -> Array:
    """One picture of (rows, columns, h, w) tiles, each number a square of ``times`` pixels, lines of NaN between tiles.
    """
    tiles = tiles.repeat(times, axis=2).repeat(times, axis=3)
    rows, columns, height, width = tiles.shape
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
    rows, columns, h, w = tiles.shape
    across, down = columns * w * (1 + GAP), rows * h * (1 + GAP)
    times = max(1, min(int(WIDEST / across), int(HIGHEST / down), LARGEST))
    picture = mosaic(tiles, times, max(1, round(GAP * times * max(h, w))))
    # A pixel of the picture is a pixel of the GIF, so that all tiles and lines are of one size.
    height, width = (size / DPI for size in picture.shape)
    sheet, top = drawing.headed_sheet(title, moment, max(width + 1.0, room), max(height, 0.75) + drawing.MARGIN)
    axes = sheet.canvas(drawing.MARGIN, top, width, height, "tiles")
    axes.imshow(np.ma.masked_invalid(picture), cmap=colors.map.with_extremes(bad="0.85"), norm=colors.norm,
                extent=(0, width, height, 0), aspect="auto", interpolation="nearest")
    sheet.scale(colors, drawing.MARGIN + width + 0.15, top, max(min(height, 2.5), 0.75))
    return sheet.figure
