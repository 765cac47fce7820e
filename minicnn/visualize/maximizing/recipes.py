"""Two ways uphill: the tutorials' of 2016, and one that stays near natural pictures.

A recipe climbs with a whole batch, some starts for each goal. All it knows of the network is the slope::

    score, gradient = slope(x)          x, gradient: (N, H, W, C); score: (N,)
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from minicnn import _checks
from minicnn._types import Array, BoolArray, Pair
from minicnn.visualize.maximizing.scene import Scene
from minicnn.visualize.maximizing.smoothing import blurred, squares_gradient, total_variation_gradient

Slope: TypeAlias = Callable[[Array], tuple[Array, Array]]
Rng: TypeAlias = np.random.Generator


@dataclass(frozen=True)
class Way:
    """What a recipe is told: the slope, how many goals, whether they are classes, or units each at its own place; the
    (height, width) of the field that one unit sees; the scene; and whom to tell of each step."""

    slope: Slope
    goals: int
    classes: bool
    places: bool
    field: Pair
    scene: Scene
    tick: Callable[[], None]


class Recipe(ABC):
    """How to climb from noise to a picture."""

    steps: int
    starts: int

    @abstractmethod
    def climb(self, way: Way, rng: Rng) -> tuple[Array, BoolArray]:
        """(the pictures (goals * starts, H, W, C), all starts of a goal side by side; which of them (N,) are lost)."""

    @abstractmethod
    def pictures(self, x: Array, scene: Scene) -> Array:
        """x as pictures of numbers from 0 to 1, each by itself: what is seen is the shape, not the strength."""

    def _check(self, least: dict[str, float]) -> None:
        """Whole numbers of steps and starts, and no number below its least."""
        where = type(self).__name__
        _checks.integer(self.steps, "steps", where)
        _checks.integer(self.starts, "starts", where)
        for name, minimum in least.items():
            _checks.number(getattr(self, name), name, where, minimum=minimum)

    def _starts(self, noise: Array, way: Way) -> Array:
        """The same few starts for each goal, so that what becomes of one does not depend on the others."""
        return np.tile(noise.astype(way.scene.dtype), (way.goals, 1, 1, 1))


@dataclass(frozen=True)
class Classic(Recipe):
    """The recipe of the tutorials: plain gradient ascent, each gradient divided by the root of its mean square.

    From noise around gray. A start whose score is not above zero is given up: a ReLU that answers nothing never will.
    Nothing keeps the numbers in range; for the eyes the picture is moved to mean 0.5 and spread to a standard
    deviation of 0.1, and what then lies outside of 0 to 1 is cut off.

    steps, starts: how many. The example took 20 steps, tutorials on LeNet 500.
    step: how far a step goes, as part of the range of the pictures; 1/255 is the example's 1 for bytes.
    noise: how far it goes either way, as part of the range; the example's bytes were 128 - 10 to 128 + 10.
    give_up: whether to; None does for channels and units, but not for classes: their scores may be below zero.

    Source: F. Chollet, "How convolutional neural networks see the world" (Keras blog, 2016), and the example
    conv_filter_visualization of Keras. There a class was maximized behind the softmax; here before it.
    """

    steps: int = 500
    starts: int = 1
    step: float = 1 / 255
    noise: float = 10 / 255
    give_up: bool | None = None

    def __post_init__(self) -> None:
        self._check({"step": 0, "noise": 0})
        if self.give_up is not None:
            _checks.flag(self.give_up, "give_up", "Classic")

    def climb(self, way: Way, rng: Rng) -> tuple[Array, BoolArray]:
        scene, gives_up = way.scene, not way.classes if self.give_up is None else self.give_up
        gray = (scene.low + scene.high) / 2
        noise = rng.uniform(-self.noise, self.noise, (self.starts, *scene.shape))
        x = self._starts(gray + scene.span * noise, way)
        lost, moved = np.zeros(len(x), bool), np.zeros(len(x), bool)
        for _ in range(self.steps):
            score, gradient = way.slope(x)
            if gives_up:
                lost |= score <= 0
            size = _root_mean_square(gradient)
            moved |= size > 0
            x = x + self.step * scene.span * gradient / (_each(size) + 1e-5)
            way.tick()
        return x, lost | ~moved

    def pictures(self, x: Array, scene: Scene) -> Array:
        centered = x - x.mean(axis=(1, 2, 3), keepdims=True)
        spread = centered / (x.std(axis=(1, 2, 3), keepdims=True) + 1e-5)
        inside: Array = np.clip(0.5 + 0.1 * spread, 0, 1)
        return inside


@dataclass(frozen=True)
class Regularized(Recipe):
    """Gradient ascent that stays near natural pictures; the default.

    The gradient is blurred, brought to a root mean square of one and joined by the pull of two penalties; steps have
    momentum and grow smaller, and end in the range of the pictures. So that no single pixel counts, the network sees
    the picture shifted by a few pixels, and with fresh noise over it, at each step: a score that these do not harm
    belongs to a shape, not to an accident of pixels. Shifts, noise and penalties fade; at last the score alone counts.

    steps, starts: how many; of the starts the one that reached the highest score is kept.
    step: how far the first step goes, as part of the range; the last ones go nowhere. momentum: how much is kept of
        the direction before.
    noise: standard deviation at the start. shake: of the noise at each step, fading. Both are parts of the range.
    jitter: pixels that the picture is shifted by at most, at first; at last it stands still.
    blur: pixels, standard deviation of the Gaussian over the gradient.
    decay: pull towards the empty picture (L2), for numbers as parts of the range; variation: weight of the total
        variation. Both are beside a gradient of one.

    Units that see little of the picture get less jitter (at most a tenth of the side they see) and less blur (at most
    1/28 of it), or there would be nothing left of what they look for. One unit's own place matters: it gets no jitter.

    Source: the penalties are those of Simonyan et al. 2013 (L2) and Mahendran and Vedaldi 2015 (total variation,
    jitter); blur as in Yosinski et al. 2015, of the gradient as in Oygard 2015; the way they are put together is ours.
    """

    steps: int = 256
    starts: int = 4
    step: float = 0.05
    momentum: float = 0.9
    noise: float = 0.1
    shake: float = 0.5
    jitter: int = 2
    blur: float = 1.0
    decay: float = 1.0
    variation: float = 0.2

    def __post_init__(self) -> None:
        self._check(dict.fromkeys(("step", "noise", "shake", "blur", "decay", "variation"), 0.0))
        _checks.number(self.momentum, "momentum", "Regularized", minimum=0, below=1)
        _checks.integer(self.jitter, "jitter", "Regularized", minimum=0)

    def climb(self, way: Way, rng: Rng) -> tuple[Array, BoolArray]:
        scene = way.scene
        noise = rng.normal(0, scene.span, (self.starts, *scene.shape))
        x = scene.clipped(self._starts(scene.rest + self.noise * noise, way))
        velocity, moved = np.zeros_like(x), np.zeros(len(x), bool)
        seen = way.field[0] * way.field[1] / (scene.shape[0] * scene.shape[1]) if way.places else 1.0
        for step in range(self.steps):
            left = 1 - step / self.steps
            gradient = self._seen_otherwise(x, left, way, rng)
            size = _root_mean_square(gradient)
            moved |= size > 0
            uphill = gradient * seen ** 0.5 / np.maximum(_each(size), 1e-30)  # one on average where it is seen
            velocity = self.momentum * velocity + (1 - self.momentum) * (uphill - left * self._pull(x, scene))
            x = scene.clipped(x + self.step * left * scene.span * velocity)
            way.tick()
        return x, ~moved

    def _seen_otherwise(self, x: Array, left: float, way: Way, rng: Rng) -> Array:
        """The gradient, blurred, for x shifted and under noise."""
        side = min(way.field)
        widest = 0 if way.places else min(self.jitter, side // 10)
        reach = round(widest * min(1.0, 1.5 * left))
        down, right = rng.integers(-reach, reach + 1, 2).tolist()
        noise = rng.normal(0, self.shake * left * way.scene.span, (self.starts, *way.scene.shape))
        shifted = np.roll(x, (down, right), (1, 2))
        _, gradient = way.slope(shifted + self._starts(noise, way))
        return blurred(np.roll(gradient, (-down, -right), (1, 2)), min(self.blur, side / 28))

    def _pull(self, x: Array, scene: Scene) -> Array:
        """The gradient of the penalties, for x in parts of the range."""
        parts = (x - x.dtype.type(scene.rest)) / x.dtype.type(scene.span)
        return self.decay * squares_gradient(parts) + self.variation * total_variation_gradient(parts)

    def pictures(self, x: Array, scene: Scene) -> Array:
        low = x.min(axis=(1, 2, 3), keepdims=True)
        span = x.max(axis=(1, 2, 3), keepdims=True) - low
        spread: Array = (x - low) / np.where(span > 0, span, 1)
        return spread


def _root_mean_square(x: Array) -> Array:
    largest = np.abs(x).max(axis=(1, 2, 3))  # set apart, so that the squares of small numbers do not vanish
    parts = x / _each(np.where(largest > 0, largest, 1))
    size: Array = largest * np.sqrt(np.square(parts).mean(axis=(1, 2, 3)))
    return size


def _each(numbers: Array) -> Array:
    return numbers[:, None, None, None]


RECIPES: dict[str, Recipe] = {"default": Regularized(), "classic": Classic()}
