"""The last step of many layers: the activation function."""

import numpy as np

from minicnn._types import Array
from minicnn.activations import ActivationFunction, Softmax
from minicnn.visualize.explaining.parts import Parts, Terms, number


def squashed(function: ActivationFunction, below: tuple[str, Array], unit: tuple[int, ...]) -> Parts:
    """A function of the number at ``unit`` of the value below, by itself."""
    name, x = below
    if isinstance(function, Softmax):
        terms = exponentials(function, below, unit)
        total, own = float(terms.products.sum()), float(np.exp(x[unit] - terms.inputs.max()))
        made = Parts([terms], "exp").then(f"sum of the {len(terms)} exponentials", total)
        return made.then(f"{number(own)} / that: the share of this one", own / total)
    value = x[unit].reshape(1)
    terms = Terms(name, np.array([unit]), value, np.ones(1, bool), value)
    return Parts([terms], "").then(function.name, float(function(value)[0]))


def after(made: Parts, function: ActivationFunction, below: tuple[str, Array], unit: tuple[int, ...]) -> Parts:
    """The parts of the number before an activation function, and the function as one more stage."""
    value = made.stages[-1].value
    if isinstance(function, Softmax):
        shares = exponentials(function, below, unit)
        own, total = float(np.exp(value - shares.inputs.max())), float(shares.products.sum())
        words = f"softmax: exp(this - largest) {number(own)} / sum over all {len(shares)} {number(total)}"
        return made.then(words, own / total)
    return made.then(function.name, float(function(np.array([value]))[0]))


def exponentials(function: Softmax, below: tuple[str, Array], unit: tuple[int, ...]) -> Terms:
    """exp(x - largest) of all numbers that the softmax compares."""
    name, x = below
    axis = function.axis if function.axis < 0 else function.axis - 1 - x.ndim  # counted without the batch axis
    places = np.repeat(np.array([unit]), x.shape[axis], axis=0)
    places[:, axis] = np.arange(x.shape[axis])
    inputs = x[tuple(places.T)]
    return Terms(name, places, inputs, np.ones(inputs.shape, bool), np.exp(inputs - inputs.max()))
