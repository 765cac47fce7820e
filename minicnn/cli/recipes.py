"""What ``minicnn train NAME`` trains, and how: a network, what its images look like, and settings that work."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from minicnn import _checks
from minicnn.applications import LeNet5, LeNet5Modern
from minicnn.datasets import rbf_codes
from minicnn.initializers import FanInUniform
from minicnn.losses import Loss, PenaltyMAP, SparseCategoricalCrossentropy
from minicnn.models import Sequential
from minicnn.optimizers import SGD
from minicnn.schedules import PiecewiseConstantDecay


@dataclass(frozen=True)
class Recipe:
    """How to train one network on images of 28x28."""

    title: str
    build: Callable[[Sequence[str]], Sequential]
    """The network for classes of these names."""
    scaling: str
    """What it wants pixels to be; see `preparation.SCALES`."""
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


def characters(classes: Sequence[str]) -> str:
    """The classes as a text: LeNet-5's output has a code for each character, and none for words."""
    for name in classes:
        if len(name) != 1 or name not in rbf_codes.CHARACTERS:
            raise _checks.error("lenet5", "its output has codes for single characters only",
                                "classes named by one character of ASCII each", repr(name),
                                "Rename the folders, or train lenet5-modern.")
    return "".join(classes)


RECIPES = {
    "lenet5": Recipe(
        title="LeNet-5 of 1998",
        # Within 2.4/F, as the paper starts, signals vanish and training stalls at first; 1/sqrt(F) is the rule of
        # the authors' later EBLearn.
        build=lambda classes: LeNet5(FanInUniform(1.0, 0.5), characters(classes)),
        scaling="lenet5",
        loss=PenaltyMAP,
        rates=(0.004, 0.0016, 0.0006, 0.0002), drops=(0.5, 0.75, 0.9), momentum=0.0, epochs=16, batch_size=8,
        words=("every parameter starts uniform within 1/sqrt(fan-in) (the paper: 2.4/fan-in)",
               "loss: eq. 9, the penalty of the right class against those of all, with j = 10 (the paper gives no j)"),
    ),
    "lenet5-modern": Recipe(
        title="LeNet-5 in today's parts",
        build=lambda classes: LeNet5Modern(len(classes)), scaling="0..1", loss=SparseCategoricalCrossentropy,
        rates=(0.05, 0.02, 0.005), drops=(0.5, 0.8), momentum=0.9, epochs=12, batch_size=32,
        words=("Glorot's uniform initialization, biases 0", "loss: cross-entropy of the softmax"),
    ),
}
