"""Why a map is blank."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from minicnn import rules
from minicnn._types import Array
from minicnn.activations import Softmax
from minicnn.graph import Rule
from minicnn.layers.nodes import Node
from minicnn.layers.simple import Activation
from minicnn.visualize.attribution.walk import nodes_before_scores, walk_back
from minicnn.visualize.scoring import class_scores, name_of

if TYPE_CHECKING:
    from minicnn.models import Model


def why_blank(model: "Model", image: Sequence[Array], classes: Array, step: Rule, node: Node, where: str) -> str:
    """In words, for one image and one class: why the sum of the maps of a node, weighted, has nothing above zero."""
    nodes = list(dict.fromkeys([node, *nodes_before_scores(model, where)]))
    walk = walk_back(model, image, class_scores(model, where), classes, step, nodes)
    value, signal, name = walk.values[node], walk.signals[node], name_of(model, node)
    if not value.any():
        return f"every map of {name!r} is 0 everywhere"
    if not signal.any():
        return f"no gradient arrives at {name!r}: {_where_it_ends(model, node, nodes, walk.signals, step)}"
    weights = signal.mean(axis=(1, 2))
    if not weights.any():
        return f"the gradients at {name!r} cancel out: over each map their mean is 0"
    if (np.einsum("nhwc,nc->nhw", value, weights) < 0).any():
        return f"negative sum: all that {name!r} sees speaks against class {classes[0]}; relu=False shows it"
    return f"the maps of {name!r}, weighted, sum to 0 everywhere; another layer may tell more"


def _where_it_ends(model: "Model", start: Node, nodes: Sequence[Node], signals: dict[Node, Array], step: Rule) -> str:
    """Of the nodes behind the start, the first that a signal reaches and does not leave on the way to the start."""
    behind = {start}
    for node in nodes:
        ways = [before for before in node.inputs if before in behind]
        if ways:
            behind.add(node)
            if signals[node].any() and not any(signals[before].any() for before in ways):
                return f"it ends at {name_of(model, node)!r}, {_way_of_ending(node, step)}"
    return "the score does not depend on it"


def _way_of_ending(node: Node, step: Rule) -> str:
    if rules.is_relu(node.step):
        return "where every ReLU it arrives at is off" if step is rules.gradient else (
            "a ReLU at which nothing positive arrives, or only where it is off")
    if isinstance(node.step, Activation):
        return "a saturated softmax" if isinstance(node.step.function, Softmax) else "which is saturated"
    return "whose weights for this class are 0"
