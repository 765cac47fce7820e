"""What ``minicnn train NAME`` trains, and how: a network, what its images look like, and settings that work."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from minicnn import _checks
from minicnn._types import Array
from minicnn.applications import LeNet5, LeNet5Modern, lenet5_images
from minicnn.initializers import FanInUniform
from minicnn.losses import Loss, PenaltyMAP, SparseCategoricalCrossentropy
from minicnn.models import Sequential
from minicnn.optimizers import SGD
from minicnn.schedules import PiecewiseConstantDecay


@dataclass(frozen=True)
class Recipe:
    """How to train one network on 28x28 digits."""

    title: str
    build: Callable[[], Sequential]
    images: Callable[[Array], Array]
    loss: Callable[[], Loss]
    rates: tuple[float, ...]
    drops: tuple[float, ...]
    momentum: float
    epochs: int
    batch_size: int
    words: tuple[str, ...]

    def optimizer(self, steps: int) -> SGD:
        """SGD whose rate falls at fractions of all the steps."""
        boundaries = [round(steps * drop) for drop in self.drops]
        return SGD(PiecewiseConstantDecay(boundaries, self.rates), momentum=self.momentum)

    def describe(self, epochs: int, batch_size: int) -> str:
        """The recipe in words, with what was chosen."""
        falls = ", ".join(f"{rate:g} after {drop:.0%}" for rate, drop in zip(self.rates[1:], self.drops, strict=True))
        steps = f"{epochs} epochs of batches of {batch_size}, SGD at rate {self.rates[0]:g} ({falls}), " \
                f"momentum {self.momentum:g}"
        return "\n".join(f"  - {line}" for line in (*self.words, steps))


def modern_images(images: Array) -> Array:
    """Bytes (N, 28, 28) as float32 (N, 28, 28, 1) in 0 .. 1."""
    scaled: Array = images[..., None].astype(np.float32) / 255
    return scaled


RECIPES = {
    "lenet5": Recipe(
        title="LeNet-5 of 1998",
        # Within 2.4/F, as the paper starts, signals vanish and training stalls at first; 1/sqrt(F) is the rule of
        # the authors' later EBLearn.
        build=lambda: LeNet5(FanInUniform(1.0, 0.5)),
        images=lenet5_images,
        loss=PenaltyMAP,
        rates=(0.004, 0.0016, 0.0006, 0.0002), drops=(0.5, 0.75, 0.9), momentum=0.0, epochs=16, batch_size=8,
        words=("every parameter starts uniform within 1/sqrt(fan-in) (the paper: 2.4/fan-in)",
               "loss: eq. 9, the penalty of the right class against those of all, with j = 10 (the paper gives no j)"),
    ),
    "lenet5-modern": Recipe(
        title="LeNet-5 in today's parts",
        build=LeNet5Modern, images=modern_images, loss=SparseCategoricalCrossentropy,
        rates=(0.05, 0.02, 0.005), drops=(0.5, 0.8), momentum=0.9, epochs=12, batch_size=32,
        words=("Glorot's uniform initialization, biases 0", "loss: cross-entropy of the softmax"),
    ),
}


def find(name: str) -> Recipe:
    """The recipe of this name."""
    if name not in RECIPES:
        raise _checks.unknown("network", name, RECIPES)
    return RECIPES[name]
