"""CAM and Grad-CAM: the maps of a layer, weighted by what they mean to a class."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn import _checks, rules
from minicnn._types import Array
from minicnn.layers import Dense, Dropout, Flatten, GlobalAveragePooling2D, Layer
from minicnn.layers.nodes import Node
from minicnn.visualize.attribution.walk import rule_step, walks
from minicnn.visualize.cams.blank import why_blank
from minicnn.visualize.scoring import Target, class_scores, images, map_node, name_of

if TYPE_CHECKING:
    from minicnn.models import Model


@dataclass(frozen=True, eq=False)
class ClassMaps:
    """maps: (N, h, w), as large as the maps of the layer; `upsample` makes them as large as the image.

    classes: (N,), the class of each map. layer: the name of the value the maps were made of.
    reasons: for each map "", or why it is blank.
    """

    maps: Any
    classes: Array
    layer: str
    reasons: tuple[str, ...]


def grad_cam(model: "Model", x: Any, target: Target = None, layer: str | Layer | None = None, rule: str = "vanilla", *,
             relu: bool = True, batch_size: int = 32, verbose: int = 1) -> ClassMaps:
    """Where a class is seen, by a layer's maps weighted by gradients: for maps A (h, w, C) and the score s of the class

        weight[c] = mean over i, j of d s / d A[i, j, c]        map = relu(sum over c of weight[c] A[:, :, c])

    Selvaraju et al. 2017, eq. 1 and 2. The score is read before the softmax; of penalties it is minus the penalty.

    x: a batch (N, H, W, C), or one image, which is a batch of one; for a model of several inputs a list of batches.
    target: a class number for all images, or one for each, or None: the class the model answers.
    layer: a layer or its name: the maps that leave it, "conv2", or those before its activation, "conv2/pre". None is
        the last layer with maps before the scores, poolings left out, after its activation, as the paper has it. Captum
        takes a layer that stands before its activation at its word, and its map then is another one.
    rule: how the gradient goes back at the ReLUs between the score and the layer, see `saliency`; vanilla in the paper.
        Where no ReLU lies between them (global average pooling and one dense layer behind the maps) all rules agree.
    relu: whether what speaks against the class is cut off, as in the paper.
    batch_size: images at a time; it changes the memory taken, not the numbers.
    verbose: 0 for no progress bar; with 1 it appears after two seconds.

    Raises MinicnnError for an unknown layer, for one that has no maps of several positions, and where `saliency` does.
    """
    where = "visualize.grad_cam"
    inputs, step = images(model, x, where), rule_step(model, rule, where)
    node = map_node(model, layer, where)
    found = [(np.einsum("nhwc,nc->nhw", walk.values[node], walk.signals[node].mean(axis=(1, 2))), walk.classes)
             for walk in walks(model, inputs, target, step, [node], where, batch_size, verbose)]
    maps, classes = (np.concatenate(parts) for parts in zip(*found, strict=True))
    maps = np.maximum(maps, 0) if relu else maps
    reasons = ["" if maps[i].any() else why_blank(model, [one[i:i + 1] for one in inputs], classes[i:i + 1], step, node,
                                                  where) for i in range(len(maps))]
    return ClassMaps(maps, classes, name_of(model, node), tuple(reasons))


def cam(model: "Model", x: Any, target: Target = None, *, batch_size: int = 32, verbose: int = 1) -> ClassMaps:
    """Where a class is seen, by the weights of the last layer: the maps A before global average pooling, and W behind,

        map = sum over c of W[c, class] A[:, :, c]

    Zhou et al. 2016, "Learning deep features for discriminative localization". The mean of a map, plus the class's
    bias, is the score: so nothing is cut off below zero. Only for networks that end in `GlobalAveragePooling2D` and one
    `Dense` layer (a softmax may follow); there Grad-CAM without its ReLU is this map divided by h w.

    Arguments are those of `grad_cam`. Raises MinicnnError for other networks, naming `grad_cam`; for a class out of
    range, and images that do not fit.
    """
    where = "visualize.cam"
    inputs = images(model, x, where)
    dense, node = _pooled_maps(model, where)
    weights = dense.param("kernel", inputs[0])
    found = [(np.einsum("nhwc,cn->nhw", walk.values[node], weights[:, walk.classes]), walk.classes)
             for walk in walks(model, inputs, target, rules.gradient, [node], where, batch_size, verbose)]
    maps, classes = (np.concatenate(parts) for parts in zip(*found, strict=True))
    reasons = tuple("" if one.any() else "the maps of the layer, weighted, sum to 0 everywhere" for one in maps)
    return ClassMaps(maps, classes, name_of(model, node), reasons)


def _pooled_maps(model: "Model", where: str) -> tuple[Dense, Node]:
    """The dense layer that makes the scores, and the maps whose means it is given."""
    node, inputs = class_scores(model, where).node, model.graph.inputs
    dense = node.step
    if isinstance(dense, Dense) and node not in inputs:
        node = node.inputs[0]
        while node not in inputs and isinstance(node.step, (Dropout, Flatten)):
            node = node.inputs[0]
        if node not in inputs and isinstance(node.step, GlobalAveragePooling2D):
            return dense, node.inputs[0]
    raise _checks.error(f"{where}: {model}", "the scores are not made by GlobalAveragePooling2D and one Dense layer",
                        "a network that ends in both", str(dense), "Use visualize.grad_cam: it is for any network with "
                        "maps, and agrees with CAM where CAM is defined.")
