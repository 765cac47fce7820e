"""What convolution, table convolution and dense layers share: a product of input and kernel, plus a bias.

Such a layer is linear in its input and linear in its kernel, so it is known by three functions, each
the transpose of the others: ``<dy, product(x, k)> = <input_gradient(dy, k), x> = <kernel_gradient(x, dy), k>``.
Forward, backward and curvature are the same three, written once below: the curvature is the backward
with the kernel and the input squared.
"""

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np

from minicnn import _checks, activations, initializers, kernels, regularizers
from minicnn._types import Array, Shape
from minicnn.activations import ActivationFunction
from minicnn.initializers import Fan, Initializer
from minicnn.layers.base import Cache, Gradients, Layer, Parameter, Rng
from minicnn.regularizers import L1L2


class Linear(Layer):
    """Base class of `Conv2D`, `Conv2DTranspose`, `DepthwiseConv2D`, `TableConv2D` and `Dense`.

    activation: a name of `minicnn.activations`, a function of it, or None; in a graph it is a step of its
        own behind the product.
    use_bias: whether one number per output map is added.
    kernel_initializer, bias_initializer: names or objects of `minicnn.initializers`.
    kernel_regularizer, bias_regularizer: names or objects of `minicnn.regularizers`, or None.
    """

    def __init__(self, *, activation: str | ActivationFunction | None, use_bias: bool,
                 kernel_initializer: str | Initializer, bias_initializer: str | Initializer,
                 kernel_regularizer: str | L1L2 | None, bias_regularizer: str | L1L2 | None, name: str | None,
                 trainable: bool, dtype: str, input_shape: Sequence[int] | None) -> None:
        super().__init__(name=name, trainable=trainable, dtype=dtype, input_shape=input_shape)
        self.activation = activations.get(activation)
        self.use_bias = _checks.flag(use_bias, "use_bias", str(self))
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)

    @property
    def kernel(self) -> Array:
        """The parameter of this name: the array itself."""
        return self.params["kernel"]

    @property
    def bias(self) -> Array | None:
        """The parameter of this name, or None."""
        return self.params["bias"] if self.use_bias else None

    @abstractmethod
    def product(self, x: Array, kernel: Array, bias: Array | None) -> Array:
        """y, before the activation."""

    @abstractmethod
    def input_gradient(self, dy: Array, kernel: Array, input_shape: Shape) -> Array:
        """dx: the transpose of `product` in x."""

    @abstractmethod
    def kernel_gradient(self, x: Array, dy: Array) -> Array:
        """dkernel: the transpose of `product` in the kernel."""

    @property
    def regularizers(self) -> dict[str, L1L2]:
        if self.kernel_regularizer is None and self.bias_regularizer is None:
            return {}
        both = {"kernel": self.kernel_regularizer, "bias": self.bias_regularizer if self.use_bias else None}
        return {name: regularizer for name, regularizer in both.items() if regularizer is not None}

    def forward(self, x: Array, training: bool = False, rng: Rng = None) -> tuple[Array, Cache]:
        bias = self.param("bias", x) if self.use_bias else None
        return self.product(x, self.param("kernel", x), bias), (x,)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Gradients]:
        return self.input_gradients(dy, cache), self.parameter_gradients(dy, cache)

    def input_gradients(self, dy: Array, cache: Cache) -> Array:
        (x,) = cache
        return self.input_gradient(dy, self.param("kernel", dy), x.shape[1:])

    def parameter_gradients(self, dy: Array, cache: Cache) -> Gradients:
        (x,) = cache
        return self._kernel_and_bias(self.kernel_gradient(x, dy), dy)

    def curvature(self, hy: Array, cache: Cache) -> tuple[Array, Gradients]:
        (x,) = cache
        hx = self.input_gradient(hy, np.square(self.param("kernel", hy)), x.shape[1:])
        return hx, self._kernel_and_bias(self.kernel_gradient(np.square(x), hy), hy)

    def _kernel_and_bias(self, dkernel: Array, dy: Array) -> Gradients:
        return {"kernel": dkernel, "bias": kernels.bias_gradient(dy)} if self.use_bias else {"kernel": dkernel}

    def _declare(self, kernel: Shape, filters: int, fan_in: Fan, fan_out: Fan,
                 bias_fan_in: Fan | None = None) -> dict[str, Parameter]:
        """The parameters of such a layer. A bias belongs to a unit, and starts by that unit's fan-in."""
        declared = {"kernel": Parameter(kernel, self.kernel_initializer, fan_in, fan_out)}
        if self.use_bias:
            bias_fan_in = fan_in if bias_fan_in is None else bias_fan_in
            declared["bias"] = Parameter((filters,), self.bias_initializer, bias_fan_in)
        return declared
