"""Where the rules are entered, and what they are given."""

from functools import singledispatch
from typing import TypeAlias

from minicnn import _checks
from minicnn._types import Array
from minicnn.layers import Layer
from minicnn.visualize.explaining.parts import Parts

Below: TypeAlias = list[tuple[str, Array]]
Unit: TypeAlias = tuple[int, ...]


@singledispatch
def parts(layer: Layer, below: Below, unit: Unit) -> Parts:
    """What the layer makes its number at ``unit`` of."""
    known = sorted(rule.__name__ for rule in parts.registry if rule is not Layer and rule is not object)
    name, value = below[0]
    place = ", ".join("0" for _ in value.shape)
    raise _checks.error(f"explain: {layer}", "nobody has said how to explain this layer", f"one of {', '.join(known)}",
                        type(layer).__name__, f"What goes into it: explain(model, {name!r}, ({place}), x).")
