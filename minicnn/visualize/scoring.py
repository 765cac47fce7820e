"""What a picture of a decision asks of a model: the scores of the classes, a class, a layer, images.

Scores are read before the softmax. Behind it every class's probability depends on all scores, and where the network is
sure its gradients vanish: maps of a probability show what speaks against the others, or nothing. Of a network that ends
in penalties (LeNet-5's distances to its codes) the score is minus the penalty, so that the largest wins everywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from minicnn import _checks, activations
from minicnn._data import is_several
from minicnn._types import Array
from minicnn.graph import push_forward
from minicnn.layers import (
    AveragePooling2D,
    Dropout,
    Layer,
    MaxPooling2D,
    Rescaling,
    Subsampling2D,
    ZeroPadding2D,
)
from minicnn.layers.nodes import Node, in_order
from minicnn.layers.simple import Activation

if TYPE_CHECKING:
    from minicnn.models import Model

Target: TypeAlias = int | Sequence[int] | Array | None
"""A class for all images, one for each, or None: the one the model answers."""


@dataclass(frozen=True)
class Scores:
    """Where a model's class scores stand: the value ``node``, with ``sign`` -1 where it holds penalties."""

    node: Node
    sign: int

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return self.node.sample_shape[0]

    def of(self, value: Array) -> Array:
        """The scores (N, U) from the value of the node."""
        return value * self.sign

    def signal(self, classes: Array, dtype: Any) -> Array:
        """What the walk back starts with at the node: (N, U), for the score of one class in each row."""
        one = np.zeros((len(classes), self.classes), dtype)
        one[np.arange(len(classes)), classes] = self.sign
        return one


def class_scores(model: "Model", where: str) -> Scores:
    """Where the scores of a model's classes stand. Raises MinicnnError for several outputs and for outputs that are not
    one number per class."""
    if len(model.outputs) > 1:
        raise _checks.error(f"{where}: {model}", "the model has several outputs", cure=
                            "Cut a model with the one that is meant: Model(model.input, model.outputs[0]).")
    node = model.outputs[0]
    if len(node.sample_shape) != 1:
        raise _checks.error(f"{where}: {model}", "the outputs are not one number per class", "output shape (N, U)",
                            f"shape {node.shape}", "Put GlobalAveragePooling2D or Flatten behind them.")
    while node not in model.graph.inputs and (_squashes(node) or isinstance(node.step, Dropout)):
        node = node.inputs[0]
    return Scores(node, -1 if node.owner.penalties else 1)


def gives_probabilities(model: "Model") -> bool:
    """Whether the scores are made probabilities before they leave the model."""
    node = model.outputs[0]
    while node not in model.graph.inputs and isinstance(node.step, Dropout):
        node = node.inputs[0]
    return node not in model.graph.inputs and _squashes(node)


def _squashes(node: Node) -> bool:
    """Whether scores become probabilities here."""
    return isinstance(node.step, Activation) and (
        isinstance(node.step.function, activations.Softmax) or node.step.function == activations.sigmoid)


def class_numbers(target: Target, scores: Array, where: str) -> Array:
    """The class (N,) asked for in each image; scores (N, U) tell the answers where ``target`` is None."""
    count, classes = scores.shape
    if target is None:
        answers: Array = scores.argmax(axis=1)
        return answers
    numbers = _checks.numeric(target, f"{where}: target")
    if numbers.dtype.kind not in "iu" or numbers.shape not in ((), (1,), (count,)):
        raise _checks.error(where, "target must be a class number, or one for each image",
                            f"an integer, or {count} of them", repr(target) if numbers.ndim == 0 else
                            f"{numbers.dtype} of shape {numbers.shape}",
                            "model.predict_classes(x) gives class numbers.")
    bad = numbers[(numbers < 0) | (numbers >= classes)].reshape(-1)
    if bad.size:
        raise _checks.error(where, "target is out of range", f"a class from 0 to {classes - 1}", int(bad[0]))
    return np.broadcast_to(numbers, (count,)).astype(np.int64)


def class_names(model: "Model", names: Sequence[str] | None, where: str) -> list[str]:
    """What to call the classes: ``names``, one for each, or "class 0", "class 1", ..."""
    classes = class_scores(model, where).classes
    if names is None:
        return [f"class {number}" for number in range(classes)]
    if isinstance(names, str) or len(names) != classes:
        raise _checks.error(where, "names are not one for each class", f"a list of {classes}", repr(names)
                            if isinstance(names, str) else len(names))
    return [str(name) for name in names]


# -- layers --------------------------------------------------------------------------------------


def value_node(model: "Model", layer: str | Layer, where: str) -> Node:
    """The value that leaves a layer, by a name of `Network.activations` ("conv", "conv/pre") or by the layer itself."""
    if isinstance(layer, Layer):
        layer = layer.name
    return _checks.named(f"{where}: layer", layer, model.graph.names)


def name_of(model: "Model", node: Node) -> str:
    """The name of a value."""
    return next(name for name, other in model.graph.names.items() if other is node)


def has_extent(node: Node) -> bool:
    """Whether the value is maps, (H, W, C), of more than one position."""
    return len(node.sample_shape) == 3 and node.sample_shape[0] * node.sample_shape[1] > 1


def map_node(model: "Model", layer: str | Layer | None, where: str) -> Node:
    """The maps that leave a layer; None is the last ones before the scores that no pooling has made smaller.

    Raises MinicnnError where the layer has no extent, naming the last that has one.
    """
    if layer is None:
        return _last_maps(model, where)
    node = value_node(model, layer, where)
    if not has_extent(node):
        last = name_of(model, _last_maps(model, where))
        raise _checks.error(f"{where}: layer {name_of(model, node)!r}", "the layer has no extent", "maps (H, W, C) of "
                            "several positions", f"shape {node.shape}", f"The last layer that has maps is {last!r}.")
    return node


def _last_maps(model: "Model", where: str) -> Node:
    inputs = model.graph.inputs
    before = in_order([class_scores(model, where).node], lambda node: () if node in inputs else node.inputs)
    maps = [node for node in before if has_extent(node) and node not in inputs]
    if not maps:
        raise _checks.error(f"{where}: {model}", "no layer has maps of several positions",
                            cure="visualize.saliency works for any model.")
    node = maps[-1]
    while isinstance(node.owner, (MaxPooling2D, AveragePooling2D, Subsampling2D, Dropout, ZeroPadding2D)) \
            and node.inputs[0] not in inputs:
        node = node.inputs[0]
    return node


# -- images --------------------------------------------------------------------------------------


def images(model: "Model", x: Any, where: str) -> list[Array]:
    """x as one checked float array (N, ...) for each input of the model: a batch, or one image without the batch axis.

    Raises MinicnnError for a wrong shape, NaN, and for bytes (0 to 255) where the model does not begin with Rescaling.
    """
    if not isinstance(x, dict) and not is_several(x):
        image = _checks.numeric(x, where)
        x = image[None] if image.shape == model.graph.inputs[0].sample_shape else image
        _check_range(model, image, where)
    return model.as_inputs(x, where)


def _check_range(model: "Model", image: Array, where: str) -> None:
    behind = [node.step for node in model.graph.nodes if model.graph.inputs[0] in node.inputs]
    if image.dtype == np.uint8 and image.size and image.max() > 1 and not any(
            isinstance(step, Rescaling) for step in behind):
        raise _checks.error(f"{where}: {model}", "the image holds bytes, but the model does not rescale them",
                            "floats as in training", f"uint8 up to {image.max()}",
                            "Prepare it as for training, x / 255 say; or begin the model with Rescaling(1 / 255).")


def scores_of(model: "Model", inputs: Sequence[Array], scores: Scores, batch_size: int = 128) -> Array:
    """The class scores (N, U) of many images, in batches."""
    parts = []
    for start in range(0, len(inputs[0]), batch_size):
        batch = [x[start:start + batch_size] for x in inputs]
        values, _ = push_forward(model.graph, batch, keep=[scores.node], remember=False)
        parts.append(scores.of(values[scores.node]))
    return np.concatenate(parts)
