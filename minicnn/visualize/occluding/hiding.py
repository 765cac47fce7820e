"""Images with a part hidden: what hides it, and batches of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn import _checks
from minicnn._data import by_name
from minicnn._types import Array
from minicnn.visualize.occluding.windows import Box, Windows, windows

if TYPE_CHECKING:
    from minicnn.models import Model


@dataclass(frozen=True)
class Occluder:
    """What hides parts of the images of one input: where it stands, and what it looks like, (N, H, W, C)."""

    windows: Windows
    looks: Array


@dataclass(frozen=True)
class Hiding:
    """All that is hidden of the inputs, one place after the other.

    occluders: for each input; None for one that stays whole.
    places: the box that is hidden of each input, by the input's number. Of the first nothing is hidden.
    """

    inputs: Sequence[Array]
    occluders: Sequence[Occluder | None]
    places: Sequence[Mapping[int, Box]]

    def batch(self, images: Array, places: Array) -> list[Array]:
        """The inputs for some images, by number, each with its place hidden."""
        batch = [array[images] for array in self.inputs]  # indexing by an array copies
        for row, (image, place) in enumerate(zip(images, places, strict=True)):
            for number, box in self.places[place].items():
                occluder = self.occluders[number]
                assert occluder is not None
                batch[number][row][box] = occluder.looks[image][box]
        return batch

    def places_of(self, number: int) -> list[int]:
        """The places at which something of an input is hidden."""
        return [place for place, boxes in enumerate(self.places) if number in boxes]


def hide(model: "Model", inputs: Sequence[Array], patch: Any, stride: Any, value: Any, *, average: bool, border: str,
         together: bool, where: str) -> Hiding:
    """The plan for what `occlusion` was asked to hide."""
    options = zip(_each(model, patch, where), _each(model, stride, where), _each(model, value, where), strict=True)
    occluders = [_occluder(array, *option, average, border, where) if array.ndim > 2 else None
                 for array, option in zip(inputs, options, strict=True)]
    hidden = {number: occluder.windows.hidden for number, occluder in enumerate(occluders) if occluder is not None}
    if not hidden:
        raise _checks.error(f"{where}: {model}", "the input is no image, so there is nothing to hide a part of",
                            "shape (N, H, W, C)", f"shape {inputs[0].shape}")
    if together and len({len(boxes) for boxes in hidden.values()}) > 1:
        raise _checks.error(where, "together=True needs as many places in each input", received=
                            [len(boxes) for boxes in hidden.values()], cure="Choose patch and stride for each input.")
    if together:
        places = [dict(zip(hidden, boxes, strict=True)) for boxes in zip(*hidden.values(), strict=True)]
    else:
        places = [{number: box} for number, boxes in hidden.items() for box in boxes]
    return Hiding(inputs, occluders, [{}, *places])


def _each(model: "Model", option: Any, where: str) -> list[Any]:
    """An option for each input: from a dict or, where there are several inputs, a list; else the same for all."""
    names = model.input_names
    if isinstance(option, Mapping) or (isinstance(option, list) and len(names) > 1):
        return by_name(option, names, "input", where)
    return [option] * len(names)


def _occluder(x: Array, patch: Any, stride: Any, value: Any, average: bool, border: str, where: str) -> Occluder:
    over = windows((x.shape[1], x.shape[2]), patch, stride, average, border, where)
    return Occluder(over, _looks(x, value, where))


def _looks(x: Array, value: Any, where: str) -> Array:
    """The value as an array like x (N, H, W, C)."""
    if isinstance(value, str):
        if value != "mean":
            raise _checks.unknown(f"{where}: value", value, ["mean"])
        return np.broadcast_to(x.mean(axis=(1, 2), keepdims=True), x.shape)
    array = _checks.numeric(value, f"{where}: value")
    _checks.finite(array, f"{where}: value")
    if array.shape not in ((), x.shape[3:], x.shape[1:], x.shape):
        cure = "The channel axis is missing: pass value[..., None]." if (*array.shape, 1) == x.shape[1:] else None
        raise _checks.error(f"{where}: value", "the shape does not fit the image",
                            f"'mean', a number, a color {x.shape[3:]}, an image {x.shape[1:]} or a batch {x.shape}",
                            f"shape {array.shape}", cure)
    return np.broadcast_to(array.astype(x.dtype), x.shape)
