"""What ``--augment`` names."""

from collections.abc import Callable

import numpy as np

from minicnn.augmentation import Augmentation
from minicnn.cli import _usage
from minicnn.cli.preparation import Preparation
from minicnn.cli.sources import Part
from minicnn.datasets._digit_picture import light_paper

PRESETS: dict[str, tuple[str, Callable[[float], Augmentation]]] = {
    "light": ("moves by a pixel, 5 % in size, 5 degrees",
              lambda fill: Augmentation(translate=1, scale=0.05, rotate=5, fill=fill)),
    "paper": ("moves, sizes, proportions and slant as for LeNet-5 in 1998",
              lambda fill: Augmentation(translate=2, scale=0.1, squeeze=0.1, shear=0.2, fill=fill)),
    "elastic": ("'light', and bent as by another hand (Simard et al. 2003)",
                lambda fill: Augmentation(translate=1, scale=0.05, rotate=5, elastic=(34, 4), fill=fill)),
    "photos": ("mirrored, moves by two pixels, 15 % in size, 10 degrees",
               lambda fill: Augmentation(mirror=True, translate=2, scale=0.15, rotate=10, fill=fill)),
}
LOOKED_AT = 32
"""Pictures from which the color of the paper is told."""


def find(name: str, part: Part, preparation: Preparation) -> Augmentation:
    """The augmentation of this name, for images of this kind."""
    if name not in PRESETS:
        raise _usage.unknown("--augment", name, PRESETS)
    return PRESETS[name][1](background(part, preparation))


def background(part: Part, preparation: Preparation) -> float:
    """What moves in from outside: white where most images are on light paper, otherwise black."""
    some = np.linspace(0, len(part) - 1, min(len(part), LOOKED_AT)).astype(int)
    light = [light_paper(image.mean(axis=-1)) for image in preparation.images(part.items[some])]
    return 255.0 if 2 * sum(light) > len(light) else 0.0
