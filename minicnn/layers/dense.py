"""Layers in which every unit sees every input: dense, and radial basis functions."""

from collections.abc import Sequence

import numpy as np

from minicnn import _checks, kernels
from minicnn._types import Array, Shape
from minicnn.activations import ActivationFunction
from minicnn.initializers import Initializer
from minicnn.layers.base import Cache, Gradients, Layer, Parameter, Rng
from minicnn.layers.linear import Linear
from minicnn.regularizers import L1L2


def vector_shape(shape: Shape, where: str) -> Shape:
    """The shape, known to be (D,)."""
    if len(shape) != 1:
        cure = "Put a Flatten() before this layer." if shape else "The batch axis is missing: pass x[None]."
        raise _checks.error(where, "the input is not a vector", "shape (D,)", f"shape {shape}", cure)
    return shape


class Dense(Linear):
    """``y = x @ kernel + bias``: (N, D) -> (N, U), kernel (D, U). Defaults as in Keras.

    units: U. Other arguments, forward, backward and curvature: see `Linear`.
    """

    def __init__(self, units: int, activation: str | ActivationFunction | None = None, use_bias: bool = True,
                 kernel_initializer: str | Initializer = "glorot_uniform",
                 bias_initializer: str | Initializer = "zeros", *, kernel_regularizer: str | L1L2 | None = None,
                 bias_regularizer: str | L1L2 | None = None, name: str | None = None, trainable: bool = True,
                 dtype: str = "float32", input_shape: Sequence[int] | None = None) -> None:
        super().__init__(activation=activation, use_bias=use_bias, kernel_initializer=kernel_initializer,
                         bias_initializer=bias_initializer, kernel_regularizer=kernel_regularizer,
                         bias_regularizer=bias_regularizer, name=name, trainable=trainable, dtype=dtype,
                         input_shape=input_shape)
        self.units = _checks.integer(units, "units", str(self))

    def output_shape_for(self, input_shape: Shape) -> Shape:
        vector_shape(input_shape, str(self))
        return (self.units,)

    def parameters(self, input_shape: Shape) -> dict[str, Parameter]:
        (inputs,) = vector_shape(input_shape, str(self))
        return self._declare((inputs, self.units), self.units, inputs, self.units)

    def product(self, x: Array, kernel: Array, bias: Array | None) -> Array:
        return kernels.dense(x, kernel, bias)

    def input_gradient(self, dy: Array, kernel: Array, input_shape: Shape) -> Array:
        return kernels.dense_input_gradient(dy, kernel)

    def kernel_gradient(self, x: Array, dy: Array) -> Array:
        return kernels.dense_kernel_gradient(x, dy)


class RBF(Layer):
    """Euclidean radial basis functions: ``y[n, u] = sum over j of (x[n, j] - prototypes[u, j])^2``.

    (N, D) -> (N, U); LeCun et al. 1998, eq. 7: no one-half, no square root. The outputs are penalties:
    the smallest wins.

    prototypes: (U, D), the centers. They are fixed unless ``trainable=True``; under the loss of eq. 8 a
        network whose centers may move collapses (all of them meet, every penalty is zero).
    """

    penalties = True

    def __init__(self, prototypes: Sequence[Sequence[float]] | Array, *, name: str | None = None,
                 trainable: bool = False, dtype: str = "float32", input_shape: Sequence[int] | None = None) -> None:
        super().__init__(name=name, trainable=trainable, dtype=dtype, input_shape=input_shape)
        self._prototypes = _checks.numeric(prototypes, f"{self} prototypes").astype(dtype)
        if self._prototypes.ndim != 2 or not self._prototypes.size:
            raise _checks.error(str(self), "prototypes must be a matrix (units, inputs)",
                                received=f"shape {self._prototypes.shape}")
        _checks.finite(self._prototypes, f"{self} prototypes")

    @property
    def prototypes(self) -> Array:
        """The centers as they are now."""
        return self._prototypes if self.built_shapes is None else self.params["prototypes"]

    def output_shape_for(self, input_shape: Shape) -> Shape:
        (inputs,) = vector_shape(input_shape, str(self))
        if inputs != self._prototypes.shape[1]:
            raise _checks.error(str(self), "the prototypes are not as long as the input",
                                f"{inputs} numbers each", self._prototypes.shape[1])
        return (len(self._prototypes),)

    def parameters(self, input_shape: Shape) -> dict[str, Parameter]:
        return {"prototypes": Parameter(self._prototypes.shape, _Given(self._prototypes))}

    def forward(self, x: Array, training: bool = False, rng: Rng = None) -> tuple[Array, Cache]:
        return kernels.rbf(x, self.param("prototypes", x)), (x,)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Gradients]:
        return self.input_gradients(dy, cache), self.parameter_gradients(dy, cache)

    def input_gradients(self, dy: Array, cache: Cache) -> Array:
        (x,) = cache
        return kernels.rbf_input_gradient(dy, x, self.param("prototypes", dy))

    def parameter_gradients(self, dy: Array, cache: Cache) -> Gradients:
        (x,) = cache
        return {"prototypes": kernels.rbf_prototype_gradient(dy, x, self.param("prototypes", dy))}

    def curvature(self, hy: Array, cache: Cache) -> tuple[Array, Gradients]:
        (x,) = cache
        slopes = np.square(2 * (x[:, None] - self.param("prototypes", hy)))  # (N, U, D)
        terms = hy[:, :, None] * slopes
        return terms.sum(axis=1), {"prototypes": terms.sum(axis=0)}


class _Given(Initializer):
    """Numbers that are known beforehand."""

    def __init__(self, values: Array) -> None:
        super().__init__()
        self.values = values

    def draw(self, shape: Shape, fan_in: object, fan_out: object, rng: np.random.Generator) -> Array:
        return self.values.copy()
