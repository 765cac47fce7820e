"""How parameters start. Names, defaults and distributions are those of Keras 3.

An initializer is called with a shape, the fans of the unit the numbers belong to, and a generator::

    initializer(shape, fan_in, fan_out, rng)

fan_in is the number of inputs one unit sees, fan_out the number of units one input reaches; a layer
knows both. Where units differ (a connection table), fan_in is an array that broadcasts to the shape.
"""

from abc import abstractmethod
from typing import TypeAlias

import numpy as np

from minicnn import _checks
from minicnn._config import Configurable
from minicnn._types import Array, Shape

Fan: TypeAlias = float | Array


class Initializer(Configurable):
    """Base class; a subclass draws float64 numbers in `draw`. ``seed`` makes one initializer repeatable."""

    def __init__(self, seed: int | None = None) -> None:
        self.seed = None if seed is None else _checks.integer(seed, "seed", type(self).__name__, minimum=0)

    def __call__(self, shape: Shape, fan_in: Fan = 1, fan_out: Fan = 1,
                 rng: np.random.Generator | None = None) -> Array:
        if self.seed is not None or rng is None:
            rng = np.random.default_rng(self.seed)
        return self.draw(shape, fan_in, fan_out, rng)

    @abstractmethod
    def draw(self, shape: Shape, fan_in: Fan, fan_out: Fan, rng: np.random.Generator) -> Array:
        """Numbers of the given shape."""


class Constant(Initializer):
    """Every number is ``value``."""

    def __init__(self, value: float = 0.0) -> None:
        super().__init__()
        self.value = _checks.number(value, "value", type(self).__name__)

    def draw(self, shape: Shape, fan_in: Fan, fan_out: Fan, rng: np.random.Generator) -> Array:
        return np.full(shape, self.value, np.float64)


class Zeros(Constant):
    """Every number is 0."""

    def __init__(self) -> None:
        super().__init__(0.0)


class Ones(Constant):
    """Every number is 1."""

    def __init__(self) -> None:
        super().__init__(1.0)


class RandomNormal(Initializer):
    """Normal with the given mean and standard deviation."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.mean = _checks.number(mean, "mean", type(self).__name__)
        self.stddev = _checks.number(stddev, "stddev", type(self).__name__, minimum=0)

    def draw(self, shape: Shape, fan_in: Fan, fan_out: Fan, rng: np.random.Generator) -> Array:
        return rng.normal(self.mean, self.stddev, shape)


class RandomUniform(Initializer):
    """Uniform between ``minval`` and ``maxval``."""

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.minval = _checks.number(minval, "minval", type(self).__name__)
        self.maxval = _checks.number(maxval, "maxval", type(self).__name__, minimum=self.minval)

    def draw(self, shape: Shape, fan_in: Fan, fan_out: Fan, rng: np.random.Generator) -> Array:
        return rng.uniform(self.minval, self.maxval, shape)


class TruncatedNormal(RandomNormal):
    """Normal, drawn again wherever it falls more than two standard deviations from the mean."""

    def draw(self, shape: Shape, fan_in: Fan, fan_out: Fan, rng: np.random.Generator) -> Array:
        return self.mean + self.stddev * _truncated(shape, rng)


def _truncated(shape: Shape, rng: np.random.Generator) -> Array:
    numbers = rng.standard_normal(shape)
    while (outside := np.abs(numbers) > 2).any():
        numbers[outside] = rng.standard_normal(int(outside.sum()))
    return numbers


# Cutting a normal at two standard deviations leaves this much of its standard deviation.
TRUNCATED_STDDEV = 0.87962566103423978


class VarianceScaling(Initializer):
    """Variance scale / n, with n the fan_in, the fan_out or their mean (``mode``).

    ``distribution``: "truncated_normal", "untruncated_normal" or "uniform".
    """

    def __init__(self, scale: float = 1.0, mode: str = "fan_in", distribution: str = "truncated_normal",
                 seed: int | None = None) -> None:
        super().__init__(seed)
        if mode not in ("fan_in", "fan_out", "fan_avg"):
            raise _checks.unknown("VarianceScaling mode", mode, ("fan_in", "fan_out", "fan_avg"))
        distributions = ("truncated_normal", "untruncated_normal", "uniform")
        if distribution not in distributions:
            raise _checks.unknown("VarianceScaling distribution", distribution, distributions)
        self.scale = _checks.number(scale, "scale", type(self).__name__, minimum=0)
        self.mode, self.distribution = mode, distribution

    def draw(self, shape: Shape, fan_in: Fan, fan_out: Fan, rng: np.random.Generator) -> Array:
        n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        stddev = np.sqrt(self.scale / np.maximum(n, 1.0))
        if self.distribution == "uniform":
            numbers: Array = rng.uniform(-1.0, 1.0, shape)
            numbers *= np.sqrt(3.0)  # in place: a dense layer of VGG has a hundred million
        elif self.distribution == "untruncated_normal":
            numbers = rng.standard_normal(shape)
        else:
            numbers = _truncated(shape, rng) / TRUNCATED_STDDEV
        numbers *= stddev
        return numbers


class _Named(VarianceScaling):
    """A variance scaling with a name of its own, whose only argument is the seed."""

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(*self._arguments, seed=seed)

    _arguments: tuple[float, str, str]


class GlorotUniform(_Named):
    """Uniform within sqrt(6 / (fan_in + fan_out)) of zero: Glorot and Bengio 2010, eq. 16."""

    _arguments = (1.0, "fan_avg", "uniform")


class GlorotNormal(_Named):
    """Truncated normal of variance 2 / (fan_in + fan_out)."""

    _arguments = (1.0, "fan_avg", "truncated_normal")


class HeUniform(_Named):
    """Uniform within sqrt(6 / fan_in) of zero."""

    _arguments = (2.0, "fan_in", "uniform")


class HeNormal(_Named):
    """Truncated normal of variance 2 / fan_in: He et al. 2015."""

    _arguments = (2.0, "fan_in", "truncated_normal")


class LecunUniform(_Named):
    """Uniform within sqrt(3 / fan_in) of zero."""

    _arguments = (1.0, "fan_in", "uniform")


class LecunNormal(_Named):
    """Truncated normal of variance 1 / fan_in."""

    _arguments = (1.0, "fan_in", "truncated_normal")


class FanInUniform(Initializer):
    """Uniform within ``scale / fan_in ** power`` of zero.

    (2.4, 1) is the rule of LeCun et al. 1998, appendix A; (1, 0.5) that of the authors' later EBLearn.
    """

    def __init__(self, scale: float = 2.4, power: float = 1.0, seed: int | None = None) -> None:
        super().__init__(seed)
        self.scale = _checks.number(scale, "scale", type(self).__name__, minimum=0)
        self.power = _checks.number(power, "power", type(self).__name__, minimum=0)

    def draw(self, shape: Shape, fan_in: Fan, fan_out: Fan, rng: np.random.Generator) -> Array:
        numbers: Array = rng.uniform(-1.0, 1.0, shape) * (self.scale / np.power(fan_in, self.power))
        return numbers


_BY_NAME: dict[str, type[Initializer]] = {
    "zeros": Zeros, "ones": Ones, "constant": Constant, "random_normal": RandomNormal, "normal": RandomNormal,
    "random_uniform": RandomUniform, "uniform": RandomUniform, "truncated_normal": TruncatedNormal,
    "variance_scaling": VarianceScaling, "glorot_uniform": GlorotUniform, "glorot_normal": GlorotNormal,
    "he_uniform": HeUniform, "he_normal": HeNormal, "lecun_uniform": LecunUniform,
    "lecun_normal": LecunNormal, "fan_in_uniform": FanInUniform,
}


def get(identifier: "str | Initializer") -> Initializer:
    """An initializer from its name (``"glorot_uniform"``) or itself."""
    if isinstance(identifier, Initializer):
        return identifier
    return _checks.named("initializer", identifier, _BY_NAME)()
