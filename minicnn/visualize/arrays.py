"""The numbers behind the pictures: functions that give arrays and know nothing of figures."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn import _checks
from minicnn._data import Data, by_name, joined
from minicnn._types import Array, Shape
from minicnn.layers import RBF, Dropout, Flatten
from minicnn.layers.nodes import Node
from minicnn.losses import check_classes

if TYPE_CHECKING:
    from minicnn.models import Model


def layer_outputs(model: "Model", x: Any) -> dict[str, Array]:
    """What one image becomes in each layer: the value by name, input first, without the batch axis.

    x: one image, with or without the batch axis; for several inputs a list or dict of them. Layers that only hand
    numbers on (`Flatten`, and `Dropout` outside training) are left out, unless the network ends in one.
    """
    values = model.activations(one_sample(model, x, "layer_outputs"))
    return {name: values[name][0] for name, node in shown_nodes(model).items()}


def shown_nodes(model: "Model") -> dict[str, Node]:
    """The nodes whose values are worth a picture, by name."""
    return {name: node for name, node in model.graph.names.items()
            if node.is_last_of_owner and (node in model.graph.outputs or not hands_on(node))}


def hands_on(node: Node) -> bool:
    """Whether the numbers that leave this node are those that came in."""
    return isinstance(node.step, (Flatten, Dropout))


def one_image(model: "Model", x: Any, where: str) -> Array:
    """x as a batch of one: (1, ...) from one image with or without the batch axis."""
    return _batch_of_one(x, model.graph.inputs[0].sample_shape, f"{where}: {model}")


def one_sample(model: "Model", x: Any, where: str) -> Data:
    """A batch of one for each input of a model; x: one image, or a list or dict of one for each input."""
    nodes = model.graph.inputs
    if len(nodes) == 1:
        return one_image(model, x, where)
    images = by_name(x, model.input_names, "input", where)
    return joined([_batch_of_one(image, node.sample_shape, f"{where}: {model}, input {node.owner.name!r}")
                   for image, node in zip(images, nodes, strict=True)])


def _batch_of_one(x: Any, expected: Shape, where: str) -> Array:
    image = _checks.numeric(x, where)
    if image.shape == expected:
        return image[None]
    if image.shape == (1, *expected):
        return image
    what, cure = "the image does not fit the model's input", None
    if image.shape[1:] == expected:
        what, cure = "one image is wanted", "Pass one of them: x[0]."
    elif (*image.shape, 1) == expected:
        cure = "The channel axis is missing: pass x[..., None]."
    raise _checks.error(where, what, f"shape {expected}", f"shape {image.shape}", cure)


def feeders_of_codes(model: "Model") -> dict[str, Array]:
    """By the name of a layer whose numbers feed an `RBF` layer: the codes (U, D) they are compared with."""
    names = {node: name for name, node in model.graph.names.items()}
    found = {}
    for node in model.graph.nodes:
        if isinstance(node.step, RBF):
            before = node.inputs[0]
            while hands_on(before):
                before = before.inputs[0]
            found[names[before]] = node.step.prototypes
    return found


def nearest_code(vector: Array, codes: Array) -> tuple[int, float]:
    """(which of the codes (U, D) is nearest to a vector (D,), their squared distance): LeCun's eq. 7.

    >>> nearest_code(np.array([0.5, 1.0]), np.array([[-1.0, 1.0], [1.0, 1.0]]))
    (1, 0.25)
    """
    distances = np.square(vector.reshape(-1) - codes).sum(axis=1)
    return int(distances.argmin()), float(distances.min())


def limits(values: Array) -> tuple[float, float]:
    """(low, high) of the color scale: as far below zero as above where a number is negative, else from zero.

    >>> limits(np.array([-1.0, 3.0])), limits(np.array([0.0, 3.0])), limits(np.zeros(2))
    ((-3.0, 3.0), (0.0, 3.0), (0.0, 1.0))
    """
    largest = float(np.nanmax(np.abs(values))) or 1.0
    return (-largest if np.nanmin(values) < 0 else 0.0), largest


def value_range(values: Array) -> tuple[float, float]:
    """(low, high) of an image's scale, which runs from its smallest number to its largest."""
    low, high = float(values.min()), float(values.max())
    return (low, high) if low < high else (low, low + 1.0)


def as_strip(vector: Array, columns: int) -> Array:
    """Numbers in reading order over rows of ``columns``; NaN behind the last.

    >>> as_strip(np.arange(3.0), 2).tolist()
    [[0.0, 1.0], [2.0, nan]]
    """
    columns = min(columns, vector.size)
    strip = np.full(-(-vector.size // columns) * columns, np.nan)
    strip[:vector.size] = vector.reshape(-1)
    return strip.reshape(-1, columns)


def class_pairs(truth: Any, answers: Any, classes: int | None, where: str) -> tuple[Array, Array]:
    """Two arrays (N,) of class numbers, checked; classes=None leaves their range open."""
    pairs = [_class_numbers(values, classes, f"{where}: {name}")
             for name, values in (("truth", truth), ("answers", answers))]
    if len(pairs[0]) != len(pairs[1]):
        raise _checks.error(where, "truth and answers are not of one length", f"{len(pairs[0])} answers",
                            len(pairs[1]))
    return pairs[0], pairs[1]


def _class_numbers(values: Any, classes: int | None, where: str) -> Array:
    array = _checks.numeric(values, where)
    if array.ndim != 1:
        raise _checks.error(where, "these are not class numbers", "shape (N,)", f"shape {array.shape}",
                            "model.predict_classes(x) gives them.")
    if not array.size:
        raise _checks.error(where, "there is no data", received=f"shape {array.shape}")
    _checks.finite(array, where)
    check_classes(array, (max(int(array.max()), 0) + 1 if classes is None else classes,), where)
    return array.astype(np.int64)


def picture(image: Array) -> Array:
    """An image as it can be drawn: (H, W) as it is, (H, W, 1) without its channel, (H, W, 3) within 0 .. 1."""
    if image.ndim == 2:
        return image
    if image.shape[-1] == 1:
        return image[..., 0]
    low, high = value_range(image)
    if image.dtype == np.uint8:
        low, high = 0.0, 255.0
    elif low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    colors: Array = (image.astype(np.float64) - low) / (high - low)
    return colors


def grays(image: Array) -> Array:
    """An image in grays (H, W) from 0 (black) to 1 (white).

    One channel is ink on white paper, as everywhere here; colors become their luminance (ITU-R BT.601).
    """
    shown = picture(image).astype(np.float64)
    low, high = value_range(shown)
    gray: Array = shown @ (0.299, 0.587, 0.114) if shown.ndim == 3 else 1 - (shown - low) / (high - low)
    return gray


def is_drawable(shape: Sequence[int]) -> bool:
    """Whether an image of this shape, without the batch axis, can be drawn as one picture."""
    return len(shape) == 2 or (len(shape) == 3 and shape[-1] in (1, 3))


def size_text(shape: Shape) -> str:
    """``28×28×6`` for (28, 28, 6)."""
    return "×".join(f"{size:,}" for size in shape)  # noqa: RUF001
