"""What figures draw of the images that a network is asked about: the images, or pictures in their place."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from minicnn import _checks
from minicnn._data import by_name
from minicnn._types import Array
from minicnn.visualize.arrays import is_drawable

if TYPE_CHECKING:
    from minicnn.models import Model


def shown_images(model: "Model", inputs: Sequence[Array], pictures: Any, where: str, numbers: str) -> list[Array]:
    """For each input of the model what is drawn of its images (N, H, W, ...): (N, H, W), (N, H, W, 1) or (N, H, W, 3).

    pictures: None, or what stands in for the images: one, or as many as there are; of several inputs a list or a dict.
    numbers: the function of `minicnn.visualize` that has the numbers without the pictures, named in errors.
    """
    names = model.input_names
    given = [None] * len(names) if pictures is None else by_name(pictures, names, "input", f"{where}: pictures")
    shown = [x if one is None else _in_place_of(x, one, where) for x, one in zip(inputs, given, strict=True)]
    for node, one in zip(model.graph.inputs, shown, strict=True):
        if not is_drawable(one.shape[1:]):
            raise _checks.error(f"{where}: {node.owner}", "this input cannot be drawn as a picture",
                                "shape (N, H, W, 1) or (N, H, W, 3)", f"shape {(None, *one.shape[1:])}",
                                f"Pass pictures=, or take the numbers of visualize.{numbers}.")
    return shown


def _in_place_of(x: Array, pictures: Any, where: str) -> Array:
    shown = _checks.numeric(pictures, f"{where}: pictures")
    shown = shown[None] if shown.ndim == x.ndim - 1 else shown
    if shown.ndim != 4 or shown.shape[:3] != x.shape[:3]:
        raise _checks.error(where, "pictures are not like x", f"shape {(*x.shape[:3], 'C')}", f"shape {shown.shape}")
    return shown
