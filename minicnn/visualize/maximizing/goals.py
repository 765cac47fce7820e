"""What is to be maximized: a class's score, a channel's mean, or one unit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from minicnn import _checks
from minicnn._types import Array, Shape
from minicnn.counting import Field
from minicnn.graph import Graph, pull_back, push_forward
from minicnn.layers import Layer
from minicnn.layers.nodes import Node
from minicnn.layers.simple import Activation, InputLayer
from minicnn.visualize.scoring import class_scores, has_extent, name_of, value_node
from minicnn.visualize.unit_fields import Rectangle, field_of, seen_by

if TYPE_CHECKING:
    from minicnn.models import Model

Target: TypeAlias = int | tuple[int, ...] | Iterable[int | tuple[int, ...]] | None
"""The number of a class or channel; the place of a unit, (row, column, channel); several of them in a list; None is all
classes or channels."""


@dataclass(frozen=True)
class Goal:
    """One number to maximize: the mean of ``value[index]``, for the value of one image."""

    name: str
    index: tuple[int | slice, ...]
    unit: tuple[int, int] | None = None


@dataclass(frozen=True)
class Goals:
    """Numbers of one layer to maximize, and the part of the network that leads to them.

    sign: -1 where the value holds penalties. layer: the layer's name, or "" for class scores.
    before: the name of the value before the activation function that makes this one, or "".
    field: the receptive field of its units; None where they see all of the picture.
    """

    graph: Graph
    node: Node
    sign: int
    layer: str
    before: str
    field: Field | None
    goals: list[Goal]

    @property
    def shape(self) -> Shape:
        """(H, W, C) of a picture."""
        return self.graph.inputs[0].sample_shape

    @property
    def dtype(self) -> str:
        """The type of its numbers."""
        return self.graph.inputs[0].owner.dtype

    def scores(self, x: Array, goals: Sequence[Goal]) -> Array:
        """(N,) what the pictures x (N, H, W, C) reach, each of its own goal."""
        values, _ = push_forward(self.graph, [x], remember=False)
        return self._scores(values[self.node], goals)

    def slope(self, x: Array, goals: Sequence[Goal]) -> tuple[Array, Array]:
        """(`scores`, their gradients (N, H, W, C) with respect to x)."""
        values, caches = push_forward(self.graph, [x])
        signal = np.zeros_like(values[self.node])
        for row, goal in zip(signal, goals, strict=True):
            row[goal.index] = self.sign / row[goal.index].size
        (gradient,) = pull_back(self.graph, {self.node: signal}, caches, learning=()).inputs
        scores = self._scores(values[self.node], goals)
        _checks.finite(scores, "visualize.maximize_activation: scores")
        return scores, gradient

    def _scores(self, value: Array, goals: Sequence[Goal]) -> Array:
        return np.array([self.sign * row[goal.index].mean() for row, goal in zip(value, goals, strict=True)])

    def rectangle(self, goal: Goal) -> Rectangle:
        """What a unit sees of the picture, the part within it; of a channel, what its middle unit sees."""
        middle = [(size - 1) // 2 for size in self.node.sample_shape[:2]] if self.field else [0, 0]
        row, column = goal.unit or middle
        return seen_by(self.field, row, column, self.shape).inside(self.shape)


def goals_of(model: "Model", target: Target, layer: str | Layer | None, where: str) -> Goals:
    """The goals a caller names, checked; raises MinicnnError for what is not there."""
    _check_input(model, where)
    if layer is None:
        scores = class_scores(model, where)
        node, sign, name = scores.node, scores.sign, ""
    else:
        node = value_node(model, layer, where)
        sign, name = -1 if node.owner.penalties else 1, name_of(model, node)
    if node in model.graph.inputs:
        raise _checks.error(where, "this is the input itself", "a layer behind it", repr(name), _layers(model))
    targets = _several(target, node.sample_shape, where)
    graph = Graph(model.graph.inputs, [node])
    goals = [_goal(one, node.sample_shape, name, where) for one in targets]
    before = name_of(model, node.inputs[0]) if isinstance(node.step, Activation) else ""
    return Goals(graph, node, sign, name, before, field_of(graph, node) if has_extent(node) else None, goals)


def _check_input(model: "Model", where: str) -> None:
    if len(model.graph.inputs) > 1 or len(model.graph.inputs[0].sample_shape) != 3:
        shapes = ", ".join(str(node.shape) for node in model.graph.inputs)
        raise _checks.error(f"{where}: {model}", "the model does not take one picture", "one input (N, H, W, C)",
                            shapes)


def _layers(model: "Model") -> str:
    return f"There are {', '.join(layer.name for layer in model.layers if not isinstance(layer, InputLayer))}."


def _several(target: Target, shape: Shape, where: str) -> list[Any]:
    if target is None:
        return list(range(shape[-1]))
    if isinstance(target, np.ndarray):
        target = target.tolist()
    if isinstance(target, (tuple, int, np.integer, str)) or not isinstance(target, Iterable):
        return [target]
    targets = list(target)
    if not targets:
        raise _checks.error(where, "there is no target", "a number, a place, or a list of them", repr(target))
    return targets


def _goal(target: Any, shape: Shape, layer: str, where: str) -> Goal:
    if isinstance(target, tuple):
        return _unit(target, shape, layer, where)
    kind = "channel" if len(shape) > 1 else "unit" if layer else "class"
    number = _number(target, kind, shape[-1], f"{where}: layer {layer!r}" if layer else where)
    everywhere = (slice(None),) * (len(shape) - 1)
    return Goal(f"{kind} {number}", (*everywhere, number))


def _unit(place: tuple[Any, ...], shape: Shape, layer: str, where: str) -> Goal:
    """The unit at (row, column, channel)."""
    if len(shape) != 3 or len(place) != 3:
        cure = ("Several of them stand in a list." if len(shape) == 1 else
                "Several channels stand in a list; a tuple is one unit's place.")
        raise _checks.error(f"{where}: layer {layer!r}" if layer else where, "this is not the place of a unit",
                            "(row, column, channel)" if len(shape) == 3 else "a number", repr(place), cure)
    names = zip(("row", "column", "channel"), place, shape, strict=True)
    row, column, channel = (_number(value, name, size, f"{where}: layer {layer!r}: unit {place}")
                            for name, value, size in names)
    return Goal(f"unit ({row}, {column}, {channel})", (row, column, channel), (row, column))


def _number(value: Any, kind: str, count: int, where: str) -> int:
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise _checks.error(where, f"the {kind} is told by a number", f"0 to {count - 1}", repr(value))
    if not 0 <= value < count:
        raise _checks.error(where, f"there is no such {kind}", f"0 to {count - 1}", int(value))
    return int(value)
