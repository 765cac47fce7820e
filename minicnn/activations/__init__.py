"""Activation functions, each with its derivative beside it.

An elementwise function knows its slope; backward multiplies by it, and the diagonal curvature by its square: this is
Gauss-Newton's, the function's own second derivative is left out. Softmax mixes numbers, so it writes both out.

A function is called on an array, ``activations.relu(x)``; a layer takes it by name, ``activation="relu"``, or itself,
with arguments where it has some: ``activation=activations.Relu(max_value=6)``. Names and defaults are Keras's.
"""

from minicnn import _checks
from minicnn.activations.base import ActivationFunction, Elementwise, Linear
from minicnn.activations.gated import Gelu, Silu
from minicnn.activations.mixing import Softmax
from minicnn.activations.rectifying import Elu, LeakyRelu, Relu, Selu, Softplus
from minicnn.activations.squashing import A, S, ScaledTanh, Sigmoid, Softsign, Tanh

__all__ = [
    "A", "ActivationFunction", "Elementwise", "Elu", "Gelu", "LeakyRelu", "Linear", "Relu", "S", "ScaledTanh", "Selu",
    "Sigmoid", "Silu", "Softmax", "Softplus", "Softsign", "Tanh", "elu", "gelu", "get", "leaky_relu", "linear", "relu",
    "scaled_tanh", "selu", "sigmoid", "silu", "softmax", "softplus", "softsign", "swish", "tanh",
]

linear, relu, leaky_relu, elu, selu, softplus = Linear(), Relu(), LeakyRelu(), Elu(), Selu(), Softplus()
sigmoid, tanh, scaled_tanh, softsign = Sigmoid(), Tanh(), ScaledTanh(), Softsign()
gelu, silu, softmax = Gelu(), Silu(), Softmax()
swish = silu
_BY_NAME: dict[str, ActivationFunction] = {
    f.name: f for f in (linear, relu, leaky_relu, elu, selu, softplus, sigmoid, tanh, scaled_tanh, softsign, gelu, silu,
                        softmax)
}
_BY_NAME["swish"] = silu


def get(identifier: str | ActivationFunction | None) -> ActivationFunction:
    """An activation function from its name or itself; None is linear."""
    if identifier is None:
        return linear
    if isinstance(identifier, ActivationFunction):
        return identifier
    return _checks.named("activation", identifier, _BY_NAME)
