"""The parameters of a layer: declared by their shapes, made when first asked for, read and written."""

import copy
from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np

from minicnn import _checks, _random, initializers
from minicnn._config import Configurable
from minicnn._types import Array, Shape
from minicnn.initializers import Fan, Initializer


class Parameter(NamedTuple):
    """One parameter a layer needs: its shape, how it starts, and the fans of the units it belongs to.

    learned: False for running statistics, which are counted and saved but have no gradient.
    """

    shape: Shape
    initializer: str | Initializer
    fan_in: Fan = 1
    fan_out: Fan = 1
    learned: bool = True


class Parametrized(Configurable):
    """What has parameters; `minicnn.layers.base.Layer` adds the arithmetic."""

    name: str
    trainable: bool
    dtype: str
    input_shape: Any = None
    """What the constructor was given."""

    def __init__(self) -> None:
        self.built_shapes: tuple[Shape, ...] | None = None
        self._declared: dict[str, Parameter] = {}
        self._seed = 0
        self._params: dict[str, Array] | None = None

    def __str__(self) -> str:
        return f"{type(self).__name__} {self.name!r}"

    def _check_dtype(self, dtype: str) -> str:
        if str(dtype) not in ("float32", "float64"):
            raise _checks.error(str(self), "unknown dtype", "'float32' or 'float64'", repr(dtype))
        return str(dtype)

    def parameters(self, *input_shapes: Any) -> dict[str, Parameter]:
        """The parameters needed for inputs of this shape; none unless a layer says so."""
        return {}

    def build(self, *input_shapes: Shape) -> None:
        """Declare the parameters for inputs of this shape, once."""
        if self.built_shapes is None:
            self._declared = self.parameters(*input_shapes)
            self._seed = _random.new_seed()
            self.built_shapes = input_shapes
        elif self.parameters(*input_shapes) and self.shapes() != self.shapes(*input_shapes):
            raise _checks.error(str(self), "the layer was built for another input", f"shape {self.built_shapes[0]}",
                                f"{input_shapes[0]}", "Layers that share weights need inputs of one shape.")

    def shapes(self, *input_shapes: Shape) -> dict[str, Shape]:
        """The shape of each parameter, without making it."""
        declared = self.parameters(*input_shapes) if input_shapes else self._of_built()
        return {name: p.shape for name, p in declared.items()}

    def dtypes(self) -> dict[str, str]:
        """The type of each parameter."""
        return dict.fromkeys(self.shapes(), self.dtype)

    @property
    def params(self) -> dict[str, Array]:
        """The parameters by name. Optimizers write into these arrays; nobody replaces them."""
        if self._params is None:
            rng = np.random.default_rng(self._seed)
            self._params = {
                name: initializers.get(p.initializer)(p.shape, p.fan_in, p.fan_out, rng).astype(self.dtype)
                for name, p in self._of_built().items()
            }
        return self._params

    def expect_weights(self) -> None:
        """Make the parameters without drawing their numbers, because others are about to be written into them."""
        if self._params is None:
            self._params = {name: np.zeros(p.shape, self.dtype) for name, p in self._of_built().items()}

    def _of_built(self) -> dict[str, Parameter]:
        """The parameters of the layer as it was built; it is built now where ``input_shape`` was given."""
        if self.built_shapes is None and self.input_shape is not None:
            self.build(self.input_shape)
        if self.built_shapes is None:
            raise _checks.error(str(self), "the layer has no weights yet", cure=
                                "Give input_shape, or call the layer or its model on data first.")
        return self._declared

    @property
    def learned(self) -> dict[str, Array]:
        """The parameters that have a gradient: all but running statistics."""
        return {name: value for name, value in self.params.items() if self._declared[name].learned}

    @property
    def weights(self) -> list[Array]:
        """The parameters in order: the arrays themselves, in which training writes."""
        return list(self.params.values())

    @property
    def trainable_weights(self) -> list[Array]:
        """Those of `weights` that training moves: none of a frozen layer, and no running statistics."""
        return list(self.learned.values()) if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Array]:
        """Those of `weights` that training does not move."""
        moved = {id(value) for value in self.trainable_weights}
        return [value for value in self.weights if id(value) not in moved]

    def param(self, name: str, like: Array) -> Array:
        """A parameter in the type of ``like``."""
        return self.params[name].astype(like.dtype, copy=False)

    @property
    def built(self) -> bool:
        """Whether the shape of the input is known, and with it the parameters."""
        return self.built_shapes is not None

    @property
    def has_parameters(self) -> bool:
        """Whether the layer has any parameters, made or not."""
        return bool(self._declared)

    def count_params(self, learned: bool = False) -> int:
        """How many numbers the parameters hold; with ``learned``, those that have a gradient alone."""
        return sum(int(np.prod(p.shape)) for p in self._of_built().values() if p.learned or not learned)

    def get_weights(self) -> list[Array]:
        """Copies of the parameters, in order."""
        return [value.copy() for value in self.params.values()]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Write ``weights`` into the parameters, in order; shapes must agree."""
        set_arrays(list(self.params.items()), weights, str(self))

    def astype(self, dtype: str) -> Self:
        """A copy of the layer that has its parameters in another type ("float32" or "float64")."""
        twin = copy.deepcopy(self)
        twin.cast(dtype)
        return twin

    def cast(self, dtype: str) -> None:
        """Keep the parameters in another type from now on."""
        self._check_dtype(dtype)
        if self.built_shapes is not None:
            self._params = {name: value.astype(dtype) for name, value in self.params.items()}
        self.dtype = dtype


def set_arrays(targets: Sequence[tuple[str, Array]], values: Sequence[Any], where: str) -> None:
    """Copy ``values`` into named arrays, all or none; one error lists everything that does not fit."""
    if not isinstance(values, (list, tuple)):
        raise _checks.error(where, "weights must be a list of arrays", received=type(values).__name__)
    if len(values) != len(targets):
        raise _checks.error(where, "the number of weight arrays does not fit", len(targets), len(values))
    arrays = [_checks.numeric(value, f"{where}: weights for {name}")
              for (name, _), value in zip(targets, values, strict=True)]
    wrong = [f"{name}: expected {target.shape}, received {array.shape}"
             for (name, target), array in zip(targets, arrays, strict=True) if target.shape != array.shape]
    if wrong:
        raise _checks.error(where, "weights of the wrong shape: " + "; ".join(wrong))
    for (_, target), array in zip(targets, arrays, strict=True):
        target[...] = array
