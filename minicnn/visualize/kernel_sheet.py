"""The kernels of a layer as a picture."""

import os
from typing import TYPE_CHECKING

import numpy as np

from minicnn import _checks
from minicnn.layers import (
    BatchNormalization,
    Conv2DTranspose,
    Cropping2D,
    DepthwiseConv2D,
    Dropout,
    Layer,
    Rescaling,
    ZeroPadding2D,
)
from minicnn.visualize import drawing
from minicnn.visualize.choosing import Choice, chosen
from minicnn.visualize.finding import find_convolution, first_node
from minicnn.visualize.kernel_arrays import Convolution, kernel_grid
from minicnn.visualize.kernel_tiles import Picked, color_sheet, grid_sheet, table_sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from minicnn.models import Model

MOST_FILTERS, MOST_MAPS, MOST_TILES = 48, 24, 1024  # columns and rows of a table, tiles of a grid; beyond are specks
_KEEP_COLORS = (BatchNormalization, Cropping2D, Dropout, Rescaling, ZeroPadding2D)


def kernels(model: "Model", layer: str, *, filters: Choice = None, maps: Choice = None, color: bool | None = None,
            save: str | os.PathLike[str] | None = None) -> "Figure":
    """The kernels of a convolution, by the layer's name: blue negative, white zero, red positive weights.

    Rows are input maps and columns filters. Over one input map, or of one filter, the kernels stand in a grid with
    their numbers underneath, and so do those of a `DepthwiseConv2D`. Links that a connection table or groups leave out
    are hatched. Filters over the three colors of the input are drawn as colored pictures: mid gray is zero, a lighter
    cell counts for the filter and a darker one against it. All is on the scale of the whole layer; the numbers are
    those of `kernel_grid`.

    layer: a name; "inner/conv" lies in the model "inner", which is a layer of this one.
    filters, maps: the filters (output maps) and input maps to draw: an integer for the first so many, a list, range
        or slice for certain ones; filters=[70] is filter 70 alone. Of a table at most 48 filters and 24 maps are
        drawn, of a grid 1,024 kernels; the caption says so.
    color: True for colored pictures of any three maps, taken as red, green, blue; False for each map's own weights.
        A network that was trained on blue, green, red shows its true colors with ``maps=[2, 1, 0]``.
    save: a ``.png``, ``.svg`` or ``.pdf`` file to write.

    Raises MinicnnError for an unknown layer, one without kernels, numbers out of range, colors of other than three
    input maps, and an unknown file ending.
    """
    source = find_convolution(model, layer, "visualize.kernels")
    picked = _pick(source, maps, filters)
    name = drawing.shortened(layer)
    if isinstance(source, DepthwiseConv2D):
        return drawing.finish(grid_sheet(_own_kernels(picked, source.depth_multiplier), name, MOST_TILES), save)
    colors = _reads_colors(model, source) and picked.can_be_colors if color is None else _asked(color, picked, source)
    if colors:
        sheet = color_sheet(picked, name, MOST_TILES)
    elif 1 in picked.shape:
        sheet = grid_sheet(picked, name, MOST_TILES)
    else:
        sheet = table_sheet(picked, name, MOST_MAPS, MOST_FILTERS, isinstance(source, Conv2DTranspose))
    return drawing.finish(sheet, save)


def _pick(layer: Convolution, maps: Choice, filters: Choice) -> Picked:
    grid = kernel_grid(layer)
    of_maps = chosen(maps, grid.shape[2], "maps", f"visualize.kernels: {layer}")
    of_filters = chosen(filters, grid.shape[3], "filters", f"visualize.kernels: {layer}")
    links = int((~np.isnan(grid[0, 0])).sum())
    largest = float(np.nanmax(np.abs(grid))) or 1.0
    return Picked(grid[:, :, of_maps][..., of_filters], of_maps, of_filters, grid.shape[2:], links, largest)


def _own_kernels(picked: Picked, multiplier: int) -> Picked:
    """Of a depthwise layer: the one kernel of each filter that reads a chosen map."""
    place = {c: i for i, c in enumerate(picked.maps)}
    kept = [(place[f // multiplier], i) for i, f in enumerate(picked.filters) if f // multiplier in place]
    if not kept:
        raise _checks.error("visualize.kernels", "none of the filters reads one of the maps",
                            f"filter f with map f // {multiplier}", f"filters {picked.filters}, maps {picked.maps}",
                            "Choose filters or maps alone.")
    rows, columns = np.transpose(kept)
    return Picked(picked.kernels[:, :, rows, columns][:, :, None], [], [picked.filters[i] for i in columns],
                  picked.of, picked.links, picked.largest, multiplier)


def _asked(color: bool, picked: Picked, layer: Layer) -> bool:
    if _checks.flag(color, "color", "visualize.kernels") and not picked.can_be_colors:
        raise _checks.error(f"visualize.kernels: {layer}", "color=True draws three input maps that feed every filter "
                            "drawn, as red, green and blue", "three maps, without holes",
                            f"{len(picked.maps)} maps of {picked.of[0]}{'' if picked.is_full else ', with holes'}",
                            "maps=[0, 1, 2] chooses three; color=False draws each map's own weights.")
    return bool(color)


def _reads_colors(model: "Model", layer: Convolution) -> bool:
    """Whether the layer's input is the model's, of three channels; or that with a border, on another scale, ..."""
    if isinstance(layer, Conv2DTranspose) or not model.built:
        return False
    node = first_node(model, layer).inputs[0]
    while node not in model.graph.inputs and isinstance(node.step, _KEEP_COLORS):
        node = node.inputs[0]
    return node in model.graph.inputs and len(node.sample_shape) == 3 and node.sample_shape[-1] == 3
