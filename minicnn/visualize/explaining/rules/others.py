"""Distances, scales, merges, activations, and numbers that are only handed on."""

import numpy as np

from minicnn.layers import (
    RBF,
    Activation,
    Add,
    Average,
    BatchNormalization,
    Concatenate,
    Cropping2D,
    Dropout,
    Flatten,
    Layer,
    Multiply,
    Rescaling,
    Reshape,
    ZeroPadding2D,
)
from minicnn.visualize.explaining.parts import Parts, Terms, number
from minicnn.visualize.explaining.rules.below import all_of, channel_values, one_of
from minicnn.visualize.explaining.rules.registry import Below, Unit, parts
from minicnn.visualize.explaining.squashing import squashed


@parts.register
def rbf(layer: RBF, below: Below, unit: Unit) -> Parts:
    """The squared distance from a prototype."""
    terms, (u,) = all_of(below[0]), unit
    weights = layer.prototypes[u].astype(np.float64)
    rows = np.arange(len(weights))
    squares = Terms(terms.source, terms.places, terms.inputs, terms.inside, np.square(terms.inputs - weights), weights,
                    "prototypes", np.stack([np.full(len(rows), u), rows], axis=-1))
    return Parts([squares], "-").then(f"sum of the {len(rows)} squared differences", squares.products.sum())


@parts.register
def batch_normalization(layer: BatchNormalization, below: Below, unit: Unit) -> Parts:
    """By the moving statistics, as outside training."""
    terms, channel = one_of(below[0], unit), unit[-1]
    mean, variance = channel_values(layer, ("moving_mean", "moving_variance"), channel)
    value = float(terms.inputs.reshape(-1)[0]) - mean
    made = Parts([terms], "").then(f"- moving_mean[{channel}] {number(mean)}", value)
    value /= np.sqrt(variance + layer.epsilon)
    made = made.then(f"/ sqrt(moving_variance[{channel}] {number(variance)} + {number(layer.epsilon)})", value)
    if layer.scale:
        (gamma,) = channel_values(layer, ("gamma",), channel)
        value *= gamma
        made = made.then(f"* gamma[{channel}] {number(gamma)}", value)
    if layer.center:
        (beta,) = channel_values(layer, ("beta",), channel)
        made = made.then(f"+ beta[{channel}] {number(beta)}", value + beta)
    return made


@parts.register
def rescaling(layer: Rescaling, below: Below, unit: Unit) -> Parts:
    """Times a number, plus a number."""
    terms = one_of(below[0], unit)
    scale, offset = (float(np.broadcast_to(part, below[0][1].shape)[unit]) for part in (layer.scale, layer.offset))
    value = float(terms.inputs.reshape(-1)[0]) * scale
    return Parts([terms], "").then(f"* {number(scale)}", value).then(f"+ {number(offset)}", value + offset)


@parts.register
def add(layer: Add, below: Below, unit: Unit) -> Parts:
    """One number of each input."""
    made = Parts([one_of(one, unit) for one in below], "")
    return made.then(f"sum of the {len(below)} numbers", made.products.sum())


@parts.register
def average(layer: Average, below: Below, unit: Unit) -> Parts:
    """One number of each input."""
    made = Parts([one_of(one, unit) for one in below], "")
    total = float(made.products.sum())
    return made.then(f"sum of the {len(below)} numbers", total).then(f"/ {len(below)}", total / len(below))


@parts.register
def multiply(layer: Multiply, below: Below, unit: Unit) -> Parts:
    """One number of each input."""
    made = Parts([one_of(one, unit) for one in below], "")
    return made.then(f"product of the {len(below)} numbers", made.products.prod())


@parts.register
def activation(layer: Activation, below: Below, unit: Unit) -> Parts:
    """A function of the number at the same place, or, for a softmax, of all along its axis."""
    return squashed(layer.function, below[0], unit)


@parts.register(Flatten)
@parts.register(Reshape)
@parts.register(Dropout)
@parts.register(ZeroPadding2D)
@parts.register(Cropping2D)
@parts.register(Concatenate)
def handed_on(layer: Layer, below: Below, unit: Unit) -> Parts:
    """The number that the layer puts at this place: all numbers below are numbered, and the layer hands on those."""
    starts = np.cumsum([1, *(value.size for _, value in below)])
    counted = [np.arange(start, start + value.size, dtype=np.float64).reshape(1, *value.shape)
               for start, (_, value) in zip(starts, below, strict=False)]
    came = int(layer.forward(*counted)[0][0][unit])
    if came == 0:
        return Parts([], "").then("padding", 0.0)
    source = int(np.searchsorted(starts, came, side="right")) - 1
    name, value = below[source]
    place = tuple(int(i) for i in np.unravel_index(came - int(starts[source]), value.shape))
    return Parts([one_of((name, value), place)], "").then("handed on", value[place])
