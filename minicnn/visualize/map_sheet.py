"""One image on its way through a network, layer by layer, as a picture."""

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn import _checks
from minicnn._types import Array
from minicnn.layers.nodes import Node
from minicnn.visualize import drawing
from minicnn.visualize.arrays import (
    feeders_of_codes,
    hands_on,
    is_drawable,
    one_sample,
    shown_nodes,
)
from minicnn.visualize.drawing import Sheet
from minicnn.visualize.map_rows import BITMAP, Row, code_row, image_row, map_row, output_row, vector_row

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from minicnn.models import Model

WHERE = "visualize.feature_maps"
BETWEEN = 0.22  # inches from one layer to the next


def feature_maps(model: "Model", x: Any, layers: Sequence[str] | None = None, *,
                 save: str | os.PathLike[str] | None = None) -> "Figure":
    """One image through all layers: the input, maps as small pictures, vectors as strips, the outputs.

    x: one image, with or without the batch axis; for several inputs a list or dict of them. The numbers drawn are
        those of `layer_outputs`.
    layers: which to draw, by the names of `Network.activations`, ["pool1", "conv2/pre"] say; all where not given.
    Numbers of both signs go from blue over white (zero) to red, others from white (zero) to black, each layer on
    the scale at its right. A vector of 84 that feeds an `RBF` layer is drawn as the 7x12 bitmap it is meant to
    be, beside the code it comes nearest to. Among the outputs the winner is framed; penalties are the lighter the
    larger, as in the figures of LeCun et al. 1998. Of a layer at most 64 maps or 1,024 numbers are drawn; the
    caption says so. Each layer's axes carry its name as their label, those of the image "input".
    save: a ``.png``, ``.svg`` or ``.pdf`` file to write.

    Raises MinicnnError for an image of the wrong shape, for several, an unknown layer, and an unknown file ending.
    """
    nodes = shown_nodes(model) if layers is None else _asked(model, layers)
    rows = _rows(model, model.activations(one_sample(model, x, WHERE)), nodes)
    through = "all layers" if layers is None else _listed([name for name, node in nodes.items() if node.inputs])
    title, remark = f"{drawing.shortened(model.name)}: one image through {through}", _left_out(model, layers)
    left = 2 * drawing.MARGIN + max(drawing.text_width(line, bold=True) for row in rows for line in row.lines)
    sheet, top = drawing.headed_sheet(title, remark, left + max(row.width for row in rows) + 0.9,
                                      sum(row.height + BETWEEN for row in rows))
    for row in rows:
        _draw(row, sheet, left, top)
        top += row.height + BETWEEN
    return drawing.finish(sheet, save)


def _draw(row: Row, sheet: Sheet, left: float, top: float) -> None:
    """The layer's lines of text at the margin, its pictures beside them."""
    for i, line in enumerate(row.lines):
        sheet.text(drawing.MARGIN, top + i * 0.8 * drawing.LINE, line, weight="normal" if i else "bold",
                   color=drawing.QUIET if i else "black")
    row.draw(sheet, left, top)


def _asked(model: "Model", layers: Sequence[str]) -> dict[str, Node]:
    """The input and the values of these names, in the network's order."""
    if isinstance(layers, str) or not isinstance(layers, Sequence) or not layers:
        raise _checks.error(WHERE, "layers must be a list of names", "for example ['conv1', 'conv2/pre']",
                            repr(layers))
    for name in layers:
        _checks.named(f"{WHERE}: layer", name, model.graph.names)
    return {name: node for name, node in model.graph.names.items() if name in layers or node in model.graph.inputs}


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return ", ".join(map(drawing.shortened, names[:4])) + more


def _rows(model: "Model", values: Mapping[str, Array], nodes: Mapping[str, Node]) -> list[Row]:
    """What to draw for each layer."""
    codes, the_input = feeders_of_codes(model), model.graph.inputs[0] if len(model.graph.inputs) == 1 else None
    return [_row("input" if node is the_input else name, values[name][0], node, node in model.graph.outputs,
                 codes.get(name)) for name, node in nodes.items()]


def _row(name: str, value: Array, node: Node, is_output: bool, codes: Array | None) -> Row:
    _checks.finite(value, f"{WHERE}: {name}")
    if not node.inputs and is_drawable(value.shape):
        return image_row(name, value)
    if value.ndim == 2:
        value = value[..., None]
    is_vector = value.ndim != 3 or value.size == value.shape[-1]
    if is_vector and is_output:
        return output_row(name, value, node.owner)
    if is_vector and codes is not None and value.size == np.prod(BITMAP):
        return code_row(name, value, codes)
    return vector_row(name, value) if is_vector else map_row(name, value)


def _left_out(model: "Model", layers: Sequence[str] | None) -> str:
    """What the picture says of the layers that are not in it, where all were asked for."""
    if layers is not None:
        return ""
    shown = shown_nodes(model).values()
    names = [name for name, node in model.graph.names.items()
             if hands_on(node) and node not in shown]
    return f"not drawn, for the numbers stay the same: {_listed(names)}" if names else ""
