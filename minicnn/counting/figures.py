"""What a rule of counting says of a layer, and how a rule is registered.

A rule is a function of a few lines::

    @register(Scale)                                 # y = scale * x, one factor per channel
    def scale(layer, input_shape, output_shape):
        return Figures(parameters=number(input_shape[-1]), macs=product(output_shape))

All figures are of one sample and one use of the layer; shapes are without the batch axis. What a rule leaves out is
zero, and each output sees no more of the picture than the input at its own place.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import singledispatch
from typing import Any, NamedTuple, TypeAlias

from minicnn import _checks
from minicnn._shapes import Window
from minicnn.counting.expressions import ZERO, Expression, number
from minicnn.layers import Layer


class Slide(NamedTuple):
    """What an output sees along one axis: ``kernel`` numbers ``dilation`` apart, the first output's first of them
    ``before`` places in front of the input; the next output's ``stride`` places further."""

    kernel: int = 1
    stride: int = 1
    before: int = 0
    dilation: int = 1


ALL = None
"""Along this axis every output sees all there is."""
Reach: TypeAlias = tuple[Slide | None, Slide | None] | str
"""What an output sees, along rows and columns; or the words why its place says nothing about that."""
SAME: Reach = (Slide(), Slide())
EVERYTHING: Reach = (ALL, ALL)


def sliding(window: Window) -> Reach:
    """The reach of a layer with such a window."""
    rows, columns = (Slide(window.size[axis], window.strides[axis], window.pads[2 * axis], window.dilation[axis])
                     for axis in (0, 1))
    return rows, columns


@dataclass(frozen=True)
class Figures:
    """What is counted.

    parameters, and those of them that are learned (all where not given); connections; macs: multiply-accumulates;
    flops (connections + macs where not given); neurons; the reach; words: the rule in words, by figure.
    """

    parameters: int = ZERO
    learned: int | None = None
    connections: int = ZERO
    macs: int = ZERO
    flops: int | None = None
    neurons: int = ZERO
    reach: Reach = SAME
    words: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, figure: str) -> Expression:
        """A figure by name, as an expression."""
        if figure == "learned" and self.learned is None:
            return number(self.parameters)
        if figure == "flops" and self.flops is None:
            return number(self.connections).plain + number(self.macs).plain
        value: int = getattr(self, figure)
        return number(value)


@singledispatch
def figures(layer: Layer, *shapes: Any) -> Figures:
    """The figures of one use of a layer, for its input shapes and, last, its output shape."""
    raise _checks.error(str(layer), "nobody has said how to count this layer", cure=
                        f"Register a rule: @minicnn.counting.register({type(layer).__name__}).")


def register(layer_class: type[Layer]) -> Callable[[Callable[..., Figures]], Callable[..., Figures]]:
    """Decorator: count layers of a class of yours by ``rule(layer, input_shape, output_shape) -> Figures``
    (one shape more in front for each further input)."""
    decorate: Callable[..., Any] = figures.register(layer_class)
    return decorate
