"""A network that forgets what it learned, layer by layer."""

from typing import TYPE_CHECKING

import numpy as np

from minicnn import initializers
from minicnn.layers import Layer
from minicnn.visualize.attribution.walk import nodes_before_scores

if TYPE_CHECKING:
    from minicnn.models import Model


def layers_from_the_top(model: "Model", where: str) -> dict[str, Layer]:
    """The layers with parameters that the scores are computed with, by path, the one nearest to the scores first."""
    place = {node.step: i for i, node in enumerate(nodes_before_scores(model, where))}
    found = {path: chain[-1] for path, chain in model.graph.leaves.items() if chain[-1] in place}
    return {path: layer for path, layer in sorted(found.items(), key=lambda item: -place[item[1]])
            if layer.has_parameters}


def start_anew(layer: Layer, rng: np.random.Generator) -> bool:
    """Draw a layer's learned parameters again, by their own initializers; whether that changed any of them."""
    changed = False
    declared = layer.parameters(*layer.built_shapes) if layer.built_shapes else {}
    for name, parameter in declared.items():
        if parameter.learned:
            # Not by calling the initializer: one with a seed of its own would draw the same numbers again.
            start = initializers.get(parameter.initializer).draw(parameter.shape, parameter.fan_in, parameter.fan_out,
                                                                 rng)
            old = layer.params[name].copy()
            layer.params[name][...] = start
            changed = changed or not np.array_equal(old, layer.params[name])
    return changed
