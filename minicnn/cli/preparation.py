"""How a network wants its images: the same in training, in evaluation and for a picture it never saw.

Two steps. `Preparation.images` makes bytes in the size of the network's input, which augmentation may change;
`Preparation.scale` makes of these the numbers that go in.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from minicnn import _checks
from minicnn._types import Array, Pair, Shape
from minicnn.applications.lenet5 import BACKGROUND, FOREGROUND
from minicnn.datasets._digit_picture import digit_picture, whole_thing
from minicnn.datasets._pictures import load_picture
from minicnn.models import Model

SCALES = {"0..1": (0.0, 1.0), "lenet5": (BACKGROUND, FOREGROUND)}
"""What the bytes 0 and 255 become."""
LIKE_DATA_SETS: dict[str, Callable[[Array, str], Array]] = {"digit": digit_picture, "thing": whole_thing}
"""Ways to make an image of 28x28 out of a picture file as the data set's makers did; others take the file whole."""
WHOLE = "whole"
COLORS = {1: "grayscale", 3: "rgb"}


@dataclass(frozen=True)
class Preparation:
    """How to make a network's images."""

    input_shape: Shape
    """(H, W, C) of what goes in."""
    scaling: str = "0..1"
    """A name of `SCALES`."""
    pictures: str = WHOLE
    """What to do to a picture file: a name of `LIKE_DATA_SETS`, or `WHOLE`: nothing but bringing it to size."""

    def __post_init__(self) -> None:
        if len(self.input_shape) != 3 or self.input_shape[2] not in COLORS:
            raise _checks.error("the network's input", "it takes no images", "a shape (height, width, 1 or 3)",
                                self.input_shape)

    def images(self, items: Array) -> Array:
        """Bytes (N, H, W, C) of rows of a data set: bytes (N, h, w), or names of picture files (N,)."""
        if items.dtype.kind == "U":
            return np.stack([self.load(str(path)) for path in items])
        framed = frame(items[..., None], (self.input_shape[0], self.input_shape[1]))
        return np.repeat(framed, self.input_shape[2], axis=-1)

    def load(self, path: str) -> Array:
        """Bytes (H, W, C) of a picture file."""
        if self.pictures == WHOLE:
            return load_picture(path, COLORS[self.input_shape[2]], (self.input_shape[0], self.input_shape[1]))
        gray = load_picture(path, "grayscale")[..., 0]
        image: Array = self.images(LIKE_DATA_SETS[self.pictures](gray, f"reading {path!r}")[None])[0]
        return image

    def scale(self, images: Array) -> Array:
        """Bytes as the numbers that go in, float32."""
        low, high = SCALES[self.scaling]
        values = images.astype(np.float32)
        scaled: Array = values / 255 if self.scaling == "0..1" else low + (high - low) / 255 * values
        return scaled

    def document(self) -> dict[str, Any]:
        """For the run's record."""
        return asdict(self)


def restore(document: dict[str, Any], where: str) -> Preparation:
    """The mirror of `Preparation.document`; for a document that may be damaged."""
    try:
        shape = tuple(_checks.integer(size, "input_shape", where) for size in document["input_shape"])
        scaling, pictures = str(document["scaling"]), str(document["pictures"])
    except (KeyError, TypeError) as problem:
        raise _checks.error(where, "it does not say how to prepare images", received=repr(problem)) from None
    _checks.named(f"{where}: scaling", scaling, SCALES)
    _checks.named(f"{where}: pictures", pictures, dict.fromkeys([*LIKE_DATA_SETS, WHOLE]))
    return Preparation(shape, scaling, pictures)


def guess(model: Model, pictures: str) -> Preparation:
    """For a model without a record: networks on 32x32 that end in penalties want what LeNet-5 wants."""
    shape = model.graph.inputs[0].sample_shape
    return Preparation(shape, "lenet5" if gives_penalties(model) and shape == (32, 32, 1) else "0..1", pictures)


def gives_penalties(model: Model) -> bool:
    """Whether the smallest output wins."""
    return bool(model.graph.outputs[0].owner.penalties)


def frame(images: Array, size: Pair) -> Array:
    """Images (N, H, W, C) in the middle of larger ones, with 0 around them."""
    missing = [large - small for large, small in zip(size, images.shape[1:3], strict=True)]
    if min(missing) < 0:
        raise _checks.error("the network's input", "it is smaller than the images of the data",
                            f"at least {images.shape[1]}x{images.shape[2]} pixels", f"{size[0]}x{size[1]}")
    (top, left), (bottom, right) = [side // 2 for side in missing], [side - side // 2 for side in missing]
    return np.pad(images, ((0, 0), (top, bottom), (left, right), (0, 0)))
