"""Which terms made the gradient of one weight."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn import _checks, losses
from minicnn._types import Array
from minicnn.graph import pull_back, push_forward
from minicnn.layers import Layer
from minicnn.layers.nodes import Node
from minicnn.layers.simple import Activation
from minicnn.losses import Loss
from minicnn.visualize import scoring
from minicnn.visualize.arrays import one_image
from minicnn.visualize.explaining import words
from minicnn.visualize.explaining.deltas import terms
from minicnn.visualize.explaining.parts import Parts, number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from minicnn.models import Model


@dataclass(frozen=True)
class GradientExplanation:
    """What the derivative of the loss by one parameter is made of; ``print`` tells it, and `figure` draws it.

    model: its name. layer, parameter, index: which number it is the derivative by. loss: of the image. gradient: the
    derivative as the model computes it. parts: at each place at which the weight was used, the number it met times
    delta, the derivative of the loss by what came out there; and their sum.
    """

    model: str
    layer: str
    parameter: str
    index: tuple[int, ...]
    loss: float
    gradient: float
    parts: Parts

    @property
    def total(self) -> float:
        """What the terms add up to: the gradient, computed from its parts in float64."""
        return self.parts.stages[-1].value

    @property
    def title(self) -> str:
        """``dL / d kernel[0, 2, 0, 3] of conv1 in LeNet5Modern``"""
        return f"dL / d {words.placed(self.parameter, self.index)} of {self.layer} in {self.model}"

    @property
    def remark(self) -> str:
        """What delta is, and the loss."""
        return f"L = {number(self.loss)}; delta: the derivative of L by what the layer gives, before its activation"

    def __str__(self) -> str:
        return words.told(self.title, [self.remark], self.parts, self.gradient)

    def figure(self, *, save: str | os.PathLike[str] | None = None) -> "Figure":
        """What the weight met at each place, delta there, their products, and the sum.

        save: a ``.png``, ``.svg`` or ``.pdf`` file to write.
        """
        from minicnn.visualize.explaining import sheet

        return sheet.gradient_drawn(self.title, self.remark, self.parts, save)


def explain_gradient(model: "Model", layer: str | Layer, index: int | Sequence[int], x: Any, y: Any, *,
                     loss: str | Loss | None = None, parameter: str = "kernel") -> GradientExplanation:
    """Which terms made the gradient of one weight: a weight that is shared gets a term from each place where it was
    used, delta(place) * input(place), and its gradient is their sum.

    layer: itself, or its name, a path such as "inner/conv" where it lies in a model that is a layer.
    index: of the number in the parameter, such as (p, q, c, f) in the kernel of a `Conv2D`.
    x: one image, with or without the batch axis. y: what the loss wants of it: a class number, or a row.
    loss: a name or an object of `minicnn.losses`; that with which the model was compiled where not given.
    parameter: "kernel", "bias", or LeCun's "coefficient".

    Everything is as in a prediction: dropout does nothing, batch normalization uses its moving statistics. What
    regularizers add is left out.

    Raises MinicnnError for an unknown layer or parameter, an index outside of it, a wrong image or target, and layers
    whose weights nobody has explained.
    """
    where = f"explain_gradient: {model}"
    if len(model.graph.inputs) != 1 or len(model.graph.outputs) != 1:
        raise _checks.error(where, "the model must have one input and one output", received=
                            f"{len(model.graph.inputs)} and {len(model.graph.outputs)}")
    layer = layer.name if isinstance(layer, Layer) else layer
    asked = _checks.named(f"{where}: layer", layer, model.graph.leaves)[-1]
    place = _index(asked, parameter, index, where)
    (image,) = scoring.images(model, one_image(model, x, "explain_gradient"), "explain_gradient")
    chosen, target = _loss(model, loss, where), np.asarray(y)
    target = target if target.ndim and len(target) == 1 else target[None]
    uses = [node for node in model.graph.nodes if node.step is asked]
    value, deltas, below, own = _walk(model, asked, uses, image, target, chosen, where)
    found = [terms(asked, parameter, place, below[node], deltas[node]) for node in uses]
    made = Parts(found, "*" if found[0].weights is not None else "")
    what = ("product" if made.sign else "delta") + ("s" if made.count > 1 else "")
    made = made.then(f"sum of the {made.count:,} {what}", made.products.sum())
    return GradientExplanation(model.name, layer, parameter, place, value, float(own[parameter][place]), made)


def _index(layer: Layer, parameter: str, index: int | Sequence[int], where: str) -> tuple[int, ...]:
    array = _checks.named(f"{where}: parameter of {layer.name}", parameter, layer.learned)
    numbers = [index] if isinstance(index, (int, np.integer)) else list(index)
    fits = len(numbers) == array.ndim and all(isinstance(i, (int, np.integer)) for i in numbers)
    if not fits or not all(0 <= i < size for i, size in zip(numbers, array.shape, strict=True)):
        raise _checks.error(where, f"there is no such number in the {parameter} of {layer}",
                            f"an index within shape {array.shape}", repr(index))
    return tuple(int(i) for i in numbers)


def _loss(model: "Model", loss: str | Loss | None, where: str) -> Loss:
    if loss is not None:
        return losses.get(loss)
    compiled = None if model.compiled is None else model.compiled.targets[0].loss
    if compiled is None:
        raise _checks.error(where, "no loss is known", cure="Compile the model, or pass loss='mean_squared_error'.")
    return compiled


def _walk(model: "Model", layer: Layer, uses: list[Node], image: Array, y: Array, loss: Loss,
          where: str) -> tuple[float, dict[Node, Array], dict[Node, tuple[str, Array]], dict[str, Array]]:
    """Forward and back: the loss, and by use of the layer delta and (name, value) of what went in; and the layer's
    gradients as the model computes them."""
    graph, output = model.graph, model.graph.outputs[0]
    loss.check_target(y, output.sample_shape)
    names = {node: name for name, node in graph.names.items()} | {graph.inputs[0]: "input"}
    values, caches = push_forward(graph, [image], keep=graph.nodes)
    start, of_start = output, loss
    if isinstance(output.step, Activation):  # from the logits, as in training
        of_logits = loss.of_logits(output.step.function)
        start, of_start = (output, loss) if of_logits is None else (output.inputs[0], of_logits)
    rows = of_start.values(y, values[start])
    signal = of_start.gradient(y, values[start]) / values[start].dtype.type(rows.size)
    back = pull_back(graph, {start: signal}, caches, keep=uses, inputs=False, learning=[layer])
    reached = [node for node in uses if node in back.kept]
    if not reached:
        raise _checks.error(where, f"the loss does not depend on {layer}")
    deltas = {node: back.kept.get(node, np.zeros_like(values[node]))[0].astype(np.float64) for node in uses}
    below = {node: (names[node.inputs[0]], values[node.inputs[0]][0].astype(np.float64)) for node in uses}
    return float(rows.mean()), deltas, below, back.parameters[layer]
