"""What pictures are made of: their shape, the range of their numbers, and what nothing looks like."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn import _checks
from minicnn._types import Array, Shape
from minicnn.layers import Rescaling
from minicnn.visualize.scoring import images

if TYPE_CHECKING:
    from minicnn.models import Model


@dataclass(frozen=True)
class Scene:
    """Pictures (H, W, C) of numbers from ``low`` to ``high``; ``rest`` is what an empty one is filled with."""

    shape: Shape
    low: float
    high: float
    rest: float
    dtype: str = "float32"

    @property
    def span(self) -> float:
        """From the lowest number to the highest."""
        return self.high - self.low

    def clipped(self, x: Array) -> Array:
        """Numbers within the range, in the type of the pictures."""
        return np.clip(x, self.low, self.high).astype(self.dtype)


def scene_of(model: "Model", limits: Any, like: Any, where: str) -> Scene:
    """The scene of a model's pictures: of those that ``like`` shows, within ``limits``; else of numbers from 0 to 1.

    The rest is the commonest thing to see: the median of the pictures shown, or 0, or what is nearest to it.
    """
    node = model.graph.inputs[0]
    shown = None if like is None else images(model, like, f"{where}: like")[0]
    if limits is not None:
        low, high = _limits(limits, where)
    elif shown is not None:
        low, high = float(shown.min()), float(shown.max())
        if low == high:
            raise _checks.error(f"{where}: like", "the images are all of one color", "images as in training",
                                f"only {low}", "Say range=(low, high).")
    else:
        low, high = 0.0, 1.0
        _refuse_rescaling(model, where)
    rest = 0.0 if shown is None else float(np.median(shown))
    return Scene(node.sample_shape, low, high, min(max(rest, low), high), node.owner.dtype)


def _limits(limits: Any, where: str) -> tuple[float, float]:
    if not isinstance(limits, (tuple, list, np.ndarray)) or len(limits) != 2:
        raise _checks.error(where, "range must be two numbers", "(low, high)", repr(limits))
    low, high = (_checks.number(value, f"range's {name}", where) for name, value in zip(("low", "high"), limits,
                                                                                       strict=True))
    if low >= high:
        raise _checks.error(where, "range must grow", "low below high", repr(limits))
    return low, high


def _refuse_rescaling(model: "Model", where: str) -> None:
    for node in model.graph.nodes:
        if model.graph.inputs[0] in node.inputs and isinstance(node.step, Rescaling):
            raise _checks.error(f"{where}: {model}", "the model rescales its images itself, so they are hardly of "
                                "numbers from 0 to 1", cure="Say range=(0, 255), or like= some of the images.")
