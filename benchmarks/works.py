"""What is raced: descriptions only. How each competitor does it stands in `with_minicnn`, `with_torch`, ..."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

WHOLE, FORWARD, TO_INPUT, TO_KERNEL = "forward and both gradients", "forward", "input gradient", "kernel gradient"


@dataclass(frozen=True)
class Step:
    """A training step: forward, back, update by plain gradient descent; the loss comes back as a number."""

    network: str
    batch: int


@dataclass(frozen=True)
class Forward:
    """Outputs for a batch of images, nothing learned."""

    network: str
    batch: int


@dataclass(frozen=True)
class Epoch:
    """Once through so many digits, from bytes to the figures at the end: scaled, shuffled, trained on, counted."""

    network: str
    batch: int
    digits: int


@dataclass(frozen=True)
class Patterns:
    """LeNet-5 of 1998, a step after each pattern. minicnn takes those of SDLM, a rate for each parameter, the others
    plain ones. distorted: minicnn distorts every pattern as the paper did; the others do not."""

    count: int
    distorted: bool = False


@dataclass(frozen=True)
class Conv:
    """A convolution with square kernels; padding in pixels on every side."""

    batch: int
    image: int
    channels: int
    size: int
    filters: int
    padding: int = 0
    stride: int = 1
    way: str = FORWARD

    @property
    def output(self) -> int:
        return (self.image + 2 * self.padding - self.size) // self.stride + 1


@dataclass(frozen=True)
class Dense:
    """A dense layer."""

    batch: int
    inputs: int
    units: int
    way: str = FORWARD


@dataclass(frozen=True)
class Pool:
    """2x2 pooling: the maximum, or the mean."""

    batch: int
    image: int
    channels: int
    maximum: bool = True
    way: str = FORWARD


Layer: TypeAlias = Conv | Dense | Pool
Work: TypeAlias = Step | Forward | Epoch | Patterns | Layer


def arrays(layer: Layer) -> tuple[np.ndarray, ...]:
    """x, kernel, bias and dy of a layer, in minicnn's axes: (N, H, W, C), (kh, kw, C, F) or (inputs, units), (F,).

    A pool has only x and dy.
    """
    match layer:
        case Conv():
            shapes = [(layer.batch, layer.image, layer.image, layer.channels),
                      (layer.size, layer.size, layer.channels, layer.filters), (layer.filters,),
                      (layer.batch, layer.output, layer.output, layer.filters)]
        case Dense():
            shapes = [(layer.batch, layer.inputs), (layer.inputs, layer.units), (layer.units,),
                      (layer.batch, layer.units)]
        case Pool():
            shapes = [(layer.batch, side, side, layer.channels) for side in (layer.image, layer.image // 2)]
    rng = np.random.default_rng(0)
    return tuple(rng.standard_normal(shape, dtype=np.float32) for shape in shapes)
