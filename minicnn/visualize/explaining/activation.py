"""Where one activation comes from."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn import _checks, counting
from minicnn._types import Array
from minicnn.graph import Graph
from minicnn.layers import Layer
from minicnn.layers.nodes import Node
from minicnn.layers.simple import Activation
from minicnn.visualize import scoring
from minicnn.visualize.arrays import one_image
from minicnn.visualize.explaining import rules, squashing, words
from minicnn.visualize.explaining.parts import Parts
from minicnn.visualize.unit_fields import Rectangle, seen_by

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from minicnn.models import Model


@dataclass(frozen=True)
class Explanation:
    """What one number of a network is made of; ``print`` tells it, and `figure` draws it.

    model: its name. name: of the value, "conv1" or "conv1/pre". unit: the place in it. value: the number as the model
    computed it. parts: the terms, and the stages from their sum to the value. image: the input, without the batch axis.
    rectangle: the pixels (top, left, height, width) of the input that the number sees, some of which may lie in its
    padding; None where there is no such rectangle, and ``why`` says why. below: the values that the terms are of, by
    name.
    """

    model: str
    name: str
    unit: tuple[int, ...]
    value: float
    parts: Parts
    image: Array
    rectangle: Rectangle | None
    why: str
    below: dict[str, Array]

    @property
    def total(self) -> float:
        """The value that the stages end with: the same number, computed from its parts in float64."""
        return self.parts.stages[-1].value

    def __str__(self) -> str:
        return words.told(self.title, [self.seen], self.parts, self.value)

    @property
    def title(self) -> str:
        """``conv1[2, 3, 0] of LeNet5Modern``"""
        return f"{words.placed(self.name, self.unit)} of {self.model}"

    @property
    def seen(self) -> str:
        """The rectangle in words."""
        if self.rectangle is None:
            return f"what it sees of the input is no rectangle: {self.why}"
        height, width = self.rectangle.height, self.rectangle.width
        beyond = self.rectangle.inside(self.image.shape) != self.rectangle
        return (f"sees {self.rectangle} of the input ({height}×{width} of"  # noqa: RUF001
                f" {self.image.shape[0]}×{self.image.shape[1]})" + (", padding among them" if beyond else ""))  # noqa: RUF001

    def figure(self, *, save: str | os.PathLike[str] | None = None) -> "Figure":
        """The input with the rectangle that the number sees, the window on the layer below, the kernel, the products,
        and the stages from their sum to the value.

        Of many maps those with the largest terms are drawn. save: a ``.png``, ``.svg`` or ``.pdf`` file to write.
        """
        from minicnn.visualize.explaining import sheet

        return sheet.drawn(self.title, self.seen, self.parts, self.image, self.rectangle, self.below, save)


def explain(model: "Model", layer: str | Layer, unit: Any, x: Any) -> Explanation:
    """Where one activation comes from: what it sees of the input, each number of the layer below that takes part, its
    weight and their product, the sum, the bias, the activation function.

    layer: the name of a value, as in ``model.activations(x)``: a layer's name is its output, "conv1/pre" what it is
        before its activation; or the layer itself.
    unit: (row, column, channel) of a map, the number of a unit in a vector.
    x: one image, with or without the batch axis.

    What the parts add up to, `Explanation.total`, is the activation up to rounding. Everything is as in a prediction:
    dropout does nothing, batch normalization uses its moving statistics. ::

        told = explain(model, "conv1", (12, 7, 0), x)
        print(told)                      # the largest terms, and the sum of the others
        told.figure(save="told.png")

    Raises MinicnnError for an unknown layer, a unit outside of it, a wrong image, and layers that are no such sum.
    """
    where = f"explain: {model}"
    if len(model.graph.inputs) != 1:
        raise _checks.error(where, "the model has several inputs", "one", len(model.graph.inputs))
    node = scoring.value_node(model, layer, where)
    layer = scoring.name_of(model, node)
    if node in model.graph.inputs:
        raise _checks.error(where, f"{layer!r} is the input", cure="Its numbers are those of x itself.")
    place = _place(unit, node, layer, where)
    (image,) = scoring.images(model, one_image(model, x, "explain"), "explain")
    values = model.activations(image)
    by_node = {other: values[name] for name, other in model.graph.names.items()}
    names = {other: name for name, other in model.graph.names.items()} | {model.graph.inputs[0]: "input"}
    below, made = _parts(node, place, by_node, names)
    rectangle, why = _rectangle(model.graph, node, place)
    return Explanation(model.name, layer, place, float(values[layer][0][place]), made, image[0], rectangle, why, below)


def _place(unit: Any, node: Node, layer: str, where: str) -> tuple[int, ...]:
    """The unit as a place in the value of the node."""
    shape = node.sample_shape
    axes = "(row, column, channel)" if len(shape) == 3 else "one number" if len(shape) == 1 else f"{len(shape)} numbers"
    numbers = list(unit) if isinstance(unit, (list, tuple, np.ndarray)) else [unit]
    if len(numbers) != len(shape) or not all(isinstance(i, (int, np.integer)) for i in numbers):
        raise _checks.error(where, f"the unit is no place in {layer!r}", f"{axes} within shape {shape}", repr(unit))
    if not all(0 <= i < size for i, size in zip(numbers, shape, strict=True)):
        last = ", ".join(str(size - 1) for size in shape)
        raise _checks.error(where, f"the unit lies outside of {layer!r}", f"0 to {last} on each axis" if len(shape) == 1
                            else f"at most ({last})", repr(unit))
    return tuple(int(i) for i in numbers)


def _parts(node: Node, place: tuple[int, ...], values: dict[Node, Array],
           names: dict[Node, str]) -> tuple[dict[str, Array], Parts]:
    """What the number is made of, through the activation of a layer to the arithmetic before it; and the values that
    its terms are of."""
    start = node.inputs[0] if isinstance(node.step, Activation) and node.step is not node.owner else node
    below = [(names[before], values[before][0].astype(np.float64)) for before in start.inputs]
    made = rules.parts(start.step, below, place)
    if start is not node and isinstance(node.step, Activation):
        pre = names[start], values[start][0].astype(np.float64)
        made = squashing.after(made, node.step.function, pre, place)
    return dict(below), made


def _rectangle(graph: Graph, node: Node, place: tuple[int, ...]) -> tuple[Rectangle | None, str]:
    """(top, left, height, width) of the input that a unit sees; or None, and why."""
    try:
        fields = counting.node_fields(Graph(graph.inputs, [node]))[node]
    except _checks.MinicnnError as problem:  # a layer that nobody said how to count
        return None, str(problem)
    if not fields:
        return None, "the layer does not depend on the input"
    (field,) = fields.values()
    if field.undefined:
        return None, field.undefined
    while len(place) == 1 and any(field.jump):  # maps that were flattened: the unit is where it was before
        node = node.inputs[0]
        place = tuple(int(i) for i in np.unravel_index(place[0], node.sample_shape))
    row, column = place[:2] if len(place) == 3 else (0, 0)
    return seen_by(field, row, column, graph.inputs[0].sample_shape), ""
