"""What a step of the walk back does at one node.

`graph.pull_back` knows the way; a rule knows the arithmetic. Training, input gradients, LeCun's diagonal
curvature, guided backpropagation and deconvnet are the same walk with another rule. A rule is a function

    rule(layer, signal, cache) -> (signals for the inputs, arrays for the parameters)
"""

from typing import Any

import numpy as np

from minicnn import activations
from minicnn._types import Array
from minicnn.layers.base import Cache, Gradients, Layer
from minicnn.layers.simple import Activation


def gradient(layer: Layer, dy: Array, cache: Cache) -> tuple[Any, Gradients]:
    """Backpropagation."""
    return layer.backward(dy, cache)


def parameters_only(layer: Layer, dy: Array, cache: Cache) -> tuple[Any, Gradients]:
    """Backpropagation where nobody asks for the gradient of the inputs: the first layer of a training step."""
    return None, layer.parameter_gradients(dy, cache)


def inputs_only(layer: Layer, dy: Array, cache: Cache) -> tuple[Any, Gradients]:
    """Backpropagation through a layer whose parameters nobody moves: a frozen one."""
    return layer.input_gradients(dy, cache), {}


def gauss_newton(layer: Layer, hy: Array, cache: Cache) -> tuple[Any, Gradients]:
    """The diagonal second derivative (LeCun et al. 1998, appendix C, eq. 25 and 27)."""
    return layer.curvature(hy, cache)


def guided(layer: Layer, dy: Array, cache: Cache) -> tuple[Any, Gradients]:
    """Guided backpropagation: at a ReLU, negative signals stop as well (Springenberg et al. 2015).

    Like `deconvnet` it is for pictures, and spares itself the arrays of the parameters.
    """
    return layer.input_gradients(np.maximum(dy, 0) if is_relu(layer) else dy, cache), {}


def deconvnet(layer: Layer, dy: Array, cache: Cache) -> tuple[Any, Gradients]:
    """Zeiler and Fergus 2014: at a ReLU, negative signals stop, whatever went forward."""
    return (np.maximum(dy, 0) if is_relu(layer) else layer.input_gradients(dy, cache)), {}


def is_relu(layer: Layer) -> bool:
    """Whether this step of arithmetic is a ReLU."""
    return isinstance(layer, Activation) and layer.function == activations.relu
