"""The numbers behind one map of a convolution: which input maps it reads, by which kernels, and what they add up to."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn import _checks, activations, kernels
from minicnn._types import Array
from minicnn.activations import ActivationFunction
from minicnn.layers import Conv2DTranspose
from minicnn.layers.nodes import Node
from minicnn.visualize import scoring
from minicnn.visualize.arrays import one_sample
from minicnn.visualize.choosing import check_number
from minicnn.visualize.finding import find_convolution, first_node, short_name, values_at
from minicnn.visualize.kernel_arrays import Convolution, kernel_grid

if TYPE_CHECKING:
    from minicnn.models import Model

WHERE = "visualize.connection_wiring"


@dataclass(frozen=True)
class Values:
    """What an image becomes on the way into one map: the input maps read (H, W, K), each convolved with its kernel
    (oh, ow, K), their sum and the bias (oh, ow), and what the activation makes of it (oh, ow)."""

    inputs: Array
    products: Array
    sum: Array
    output: Array


@dataclass(frozen=True)
class Wiring:
    """One map of a layer: the names of what it reads and of itself, the numbers of the ``of`` input maps that it
    reads, its kernels (kh, kw, K), its bias, None where there is none; and the values of one image, if one is given."""

    before: str
    layer: str
    map: int
    maps: list[int]
    of: int
    kernels: Array
    bias: float | None
    activation: ActivationFunction
    values: Values | None

    @property
    def is_linear(self) -> bool:
        """Whether nothing follows the sum."""
        return bool(self.activation == activations.linear)


def wiring(model: "Model", layer: str, number: int, x: Any = None) -> Wiring:
    """How one map of a layer comes about. x: one image, or None."""
    source = find_convolution(model, layer, WHERE)
    if isinstance(source, Conv2DTranspose):
        raise _checks.error(f"{WHERE}: {source}", "a transposed convolution paints, it does not read through windows",
                            "a Conv2D, TableConv2D or DepthwiseConv2D", type(source).__name__,
                            "visualize.kernels draws its kernels.")
    grid = kernel_grid(source)
    number = check_number(number, grid.shape[3], f"maps of {layer}", WHERE)
    maps = np.flatnonzero(~np.isnan(grid[0, 0, :, number])).tolist()
    before = first_node(model, source)
    bias = None if source.bias is None else float(source.bias[number])
    own = grid[:, :, maps, number]
    values = None if x is None else _values(model, before, source, number, maps, own, x)
    return Wiring(short_name(model, before.inputs[0]), layer, number, maps, grid.shape[2], own, bias,
                  source.activation, values)


def _values(model: "Model", node: Node, layer: Convolution, number: int, maps: list[int], own: Array,
            x: Any) -> Values:
    behind = next((other for other in model.graph.nodes if other.owner is layer and node in other.inputs), node)
    inputs = scoring.images(model, one_sample(model, x, WHERE), WHERE)
    read, summed, output = values_at(model, inputs, [node.inputs[0], node, behind])
    for name, value in (("input", read), ("output", output)):
        _checks.finite(value, f"{WHERE}: {name} of {layer}")
    assert not isinstance(layer, Conv2DTranspose)
    window = layer.window(read.shape[1:])
    products = [kernels.conv2d(read[..., c:c + 1], own[:, :, i, None, None].astype(read.dtype), None, window)[0, ..., 0]
                for i, c in enumerate(maps)]
    return Values(read[0][..., maps], np.stack(products, axis=-1), summed[0, ..., number], output[0, ..., number])
