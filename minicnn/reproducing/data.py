"""The digits to train on and those to judge by."""

from dataclasses import dataclass, replace

import numpy as np

from minicnn import _checks
from minicnn._checks import MinicnnError
from minicnn._types import Array
from minicnn.applications.lenet5 import lenet5_images
from minicnn.datasets import digits, mnist
from minicnn.feeding import ArrayFeed
from minicnn.reproducing.recipes import Recipe

HELD_OUT = 10_000
"""Of the training digits, the last ones: to make choices by."""


@dataclass(frozen=True)
class Digits:
    """Images as bytes (N, 28, 28) and their labels. what: those to judge by are."""

    name: str
    x: Array
    y: Array
    x_test: Array
    y_test: Array
    what: str = "test"

    def first(self, count: int | None) -> "Digits":
        """With only the first so many to train on."""
        if count is None:
            return self
        if not 1 <= count <= len(self.x):
            raise _checks.error("--digits", f"{self.name} has {len(self.x):,} digits to train on", received=count)
        return replace(self, x=self.x[:count], y=self.y[:count])

    def to_tune(self) -> "Digits":
        """The last of the training digits to judge by, and the others to train on: no test digits at all."""
        cut = len(self.x) - min(HELD_OUT, len(self.x) // 6)
        return Digits(self.name, self.x[:cut], self.y[:cut], self.x[cut:], self.y[cut:], "held-out training")

    def feed(self, recipe: Recipe, seed: int) -> ArrayFeed:
        """Pattern by pattern, in one random order that is kept, as in the paper."""
        order = np.random.default_rng(seed).permutation(len(self.x))
        return ArrayFeed(lenet5_images(self.x[order]), self.y[order], batch_size=1, shuffle=False,
                         transform=recipe.transform())


def load(name: str) -> Digits:
    """"mnist", all of them, or "digits", the 5,000 of the package."""
    if name == "digits":
        (x, y), (x_test, y_test) = digits.load_data()
        return Digits("digits", x, y, x_test, y_test)
    try:
        (x, y), (x_test, y_test) = mnist.load_data()
    except MinicnnError as problem:
        raise MinicnnError(f"{problem} Or have a small look with the package's own digits: --data digits.") from None
    return Digits("MNIST", x, y, x_test, y_test)
