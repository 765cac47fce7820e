"""Which parts of many images excite a channel most."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn import _checks
from minicnn._progress import ProgressBar
from minicnn._types import Array
from minicnn.counting import Field
from minicnn.graph import Graph, push_forward
from minicnn.layers import Layer
from minicnn.layers.nodes import Node
from minicnn.visualize.scoring import has_extent, images, name_of, value_node
from minicnn.visualize.unit_fields import Rectangle, cut, field_of, seen_by

if TYPE_CHECKING:
    from minicnn.models import Model

PATIENCE = 2.0
"""Seconds before a progress bar is drawn."""


@dataclass(frozen=True)
class Patches:
    """The K parts of images that excite one channel most, the strongest first; each from another image.

    patches: (K, height, width, C). values: (K,) what the channel answers to them.
    which: (K,) the images' numbers. where: (K, 2) rows and columns of the units in the layer; (0, 0) where it has no
        extent. rectangles: (K) the pixels they see, which may lie partly in the padding: there patches are 0.
    same: whether the channel answers all images alike, so that these are no better than others; a dead ReLU does.
    """

    channel: int
    patches: Array
    values: Array
    which: Array
    where: Array
    rectangles: list[Rectangle]
    same: bool


def exciting_patches(model: "Model", layer: str | Layer, channel: int, x: Any, count: int = 9, *,
                     batch_size: int = 128, verbose: int = 1) -> Patches:
    """The patches of a data set to which a channel answers most, cut to the receptive field of the unit that did.

    Of each image the strongest place counts, the first of several equal ones; so the patches are of ``count`` images.
    Where the layer has no extent, or its units no receptive field that is known, the patches are whole images. Of
    penalties the smallest count.

    layer: a name of ``model.activations`` ("conv2", or "conv2/pre" before its activation) or the layer itself.
    channel: its number, from 0. x: the images (N, H, W, C). count: how many patches; no more than there are images.
    batch_size: images at a time. verbose: 1 draws a progress bar on what takes over two seconds, 0 does not.

    Returns `Patches`. Raises MinicnnError for a layer or channel that is not there, for images of the wrong shape, and
    for a model that does not take one picture.

    Source: Zeiler and Fergus, "Visualizing and understanding convolutional networks" (2014), figure 2; Girshick,
    Donahue, Darrell, Malik, "Rich feature hierarchies" (2014), section 3.1.
    """
    return search(model, layer, [channel], x, count, batch_size, verbose, "visualize.exciting_patches")[0]


def search(model: "Model", layer: str | Layer, channels: Sequence[int] | None, x: Any, count: int, batch_size: int,
           verbose: int, where: str) -> list[Patches]:
    """`Patches` of several channels, None being all, in one run over the images."""
    node = value_node(model, layer, where)
    if len(model.graph.inputs) > 1 or len(model.graph.inputs[0].sample_shape) != 3:
        raise _checks.error(f"{where}: {model}", "the model does not take one picture", "one input (N, H, W, C)",
                            ", ".join(str(other.shape) for other in model.graph.inputs))
    if node in model.graph.inputs:
        raise _checks.error(where, "this is the input itself", "a layer behind it", repr(name_of(model, node)))
    units = node.sample_shape[-1]
    chosen = list(range(units)) if channels is None else [
        _channel(one, units, f"{where}: layer {name_of(model, node)!r}") for one in channels]
    (pictures,) = images(model, x, where)
    most = min(_checks.integer(count, "count", where), len(pictures))
    graph, size = Graph(model.graph.inputs, [node]), _checks.integer(batch_size, "batch_size", where)
    verbose = _checks.integer(verbose, "verbose", where, minimum=0)
    strongest, places, weakest = _answers(graph, node, chosen, pictures, size, verbose)
    field = field_of(graph, node) if has_extent(node) else None
    return [_found(channel, pictures, strongest[:, i], places[:, i], bool(weakest[i] == strongest[:, i].max()), most,
                   node, field) for i, channel in enumerate(chosen)]


def _channel(value: Any, count: int, where: str) -> int:
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)) or not 0 <= value < count:
        raise _checks.error(where, "there is no such channel", f"0 to {count - 1}", repr(value))
    return int(value)


def _answers(graph: Graph, node: Node, channels: Sequence[int], pictures: Array, size: int,
             verbose: int) -> tuple[Array, Array, Array]:
    """(the strongest answer (N, F) to each image, its place (N, F) counted through the rows, the weakest of all (F,)).

    Answers are turned where the value holds penalties: the largest is the strongest.
    """
    sign = -1 if node.owner.penalties else 1
    strongest, places, weakest = [], [], []
    bar = ProgressBar(-(-len(pictures) // size), verbose, PATIENCE)
    for start in range(0, len(pictures), size):
        values, _ = push_forward(graph, [pictures[start:start + size]], remember=False)
        value = sign * values[node][..., channels]
        flat = value.reshape(len(value), -1, len(channels))
        strongest.append(flat.max(axis=1))
        places.append(flat.argmax(axis=1))
        weakest.append(flat.min(axis=(0, 1)))
        bar.update(bar.done + 1, {})
    bar.finish({})
    return np.concatenate(strongest), np.concatenate(places), np.min(weakest, axis=0)


def _found(channel: int, pictures: Array, strongest: Array, places: Array, same: bool, count: int, node: Node,
           field: Field | None) -> Patches:
    which = np.argsort(-strongest, kind="stable")[:count]
    columns = node.sample_shape[1] if len(node.sample_shape) == 3 else 1
    where = np.stack([places[which] // columns, places[which] % columns], axis=1)
    rectangles = [seen_by(field, row, column, pictures.shape[1:]) for row, column in where.tolist()]
    patches = np.stack([cut(pictures[i], rectangle) for i, rectangle in zip(which, rectangles, strict=True)])
    values = -strongest[which] if node.owner.penalties else strongest[which]
    return Patches(channel, patches, values, which, where, rectangles, same)
