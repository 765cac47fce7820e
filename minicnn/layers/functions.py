"""Activation functions with arguments, as layers by their Keras names.

Each is an `Activation` of the function in `minicnn.activations` that has these arguments: a plain ``ReLU()`` is a ReLU
to every rule, and behind a last ``Softmax()`` cross-entropy starts at the logits.
"""

from collections.abc import Sequence

from minicnn import _checks, activations
from minicnn._types import Shape
from minicnn.layers.base import Layer
from minicnn.layers.simple import Activation


class ReLU(Activation):
    """y = x between ``threshold`` and ``max_value``; max_value above, negative_slope (x - threshold) below.

    All three are 0 or more; ``max_value=None`` is no limit. ``ReLU()`` is max(x, 0).
    """

    def __init__(self, max_value: float | None = None, negative_slope: float = 0.0, threshold: float = 0.0, *,
                 name: str | None = None, trainable: bool = True, dtype: str = "float32",
                 input_shape: Sequence[int] | None = None) -> None:
        super().__init__(activations.Relu(negative_slope, max_value, threshold), name=name, trainable=trainable,
                         dtype=dtype, input_shape=input_shape)
        self.max_value, self.negative_slope, self.threshold = max_value, negative_slope, threshold

    get_config = Layer.get_config  # its own arguments, not the function


class LeakyReLU(Activation):
    """y = x above 0, negative_slope x below (Maas et al. 2013).

    The slope is 0.3 unless told, as in Keras, where ``activation="leaky_relu"`` has 0.2.
    """

    def __init__(self, negative_slope: float = 0.3, *, name: str | None = None, trainable: bool = True,
                 dtype: str = "float32", input_shape: Sequence[int] | None = None) -> None:
        super().__init__(activations.LeakyRelu(negative_slope), name=name, trainable=trainable, dtype=dtype,
                         input_shape=input_shape)
        self.negative_slope = negative_slope

    get_config = Layer.get_config


class ELU(Activation):
    """y = x above 0, alpha (exp(x) - 1) below (Clevert et al. 2016)."""

    def __init__(self, alpha: float = 1.0, *, name: str | None = None, trainable: bool = True, dtype: str = "float32",
                 input_shape: Sequence[int] | None = None) -> None:
        super().__init__(activations.Elu(alpha), name=name, trainable=trainable, dtype=dtype, input_shape=input_shape)
        self.alpha = alpha

    get_config = Layer.get_config


class Softmax(Activation):
    """y_i = exp(x_i) / sum_k exp(x_k) along one axis.

    axis: counted with the batch axis, as in Keras: -1 is the last, the channels; 1 the rows of an image. Not 0:
        what is computed of one row of a batch never depends on the others.
    """

    def __init__(self, axis: int = -1, *, name: str | None = None, trainable: bool = True, dtype: str = "float32",
                 input_shape: Sequence[int] | None = None) -> None:
        super().__init__(activations.Softmax(), name=name, trainable=trainable, dtype=dtype, input_shape=input_shape)
        self.axis = _checks.axis(axis, "axis", str(self))
        self.function = activations.Softmax(self.axis)

    get_config = Layer.get_config

    def output_shape_for(self, input_shape: Shape) -> Shape:
        _checks.axis_of(self.axis, input_shape, str(self))
        return input_shape
