"""The cases of depthwise and transposed convolution, zero padding and normalization, as `keras_cases` has others."""

from typing import Any

import numpy as np
from keras_cases import BATCH, Case, noise, product

# -- convolutions --------------------------------------------------------------------------------

DEPTHWISE = product(
    "depthwise", strides=[(1, 1), (2, 2), (3, 2)], padding=["valid", "same"], dilation=[(1, 1), (2, 1)],
    multiplier=[1, 3], use_bias=[True], image=[(7, 5)], kernel=[(3, 3), (2, 4)]) + product(
    "depthwise", strides=[(1, 1), (2, 2)], padding=["valid", "same"], dilation=[(1, 1)],
    multiplier=[1, 2], use_bias=[False], image=[(6, 8)], kernel=[(1, 1), (5, 2)])

# Keras refuses strides together with dilation; each meets everything else.
TRANSPOSED = product(
    "transposed", strides=[(1, 1), (2, 2), (3, 2)], padding=["valid", "same"], output_padding=["none", "zero", "most"],
    dilation=[(1, 1)], image=[(3, 4)], kernel=[(1, 1), (3, 3), (4, 2), (2, 5)]) + product(
    "transposed", strides=[(1, 1)], padding=["valid", "same"], output_padding=["none", "zero"],
    dilation=[(2, 2), (1, 3)], image=[(3, 4), (4, 2)], kernel=[(1, 1), (3, 3), (4, 2)]) + product(
    "transposed", strides=[(2, 2)], padding=["valid", "same"], output_padding=["none"],
    dilation=[(2, 2)], image=[(3, 4)], kernel=[(3, 3)])

FANS = product("fans", layer=["DepthwiseConv2D", "Conv2DTranspose"], mode=["fan_in", "fan_out"])
FANS_SHAPE, FANS_KERNEL, FANS_MAPS = (8, 8, 40), (5, 3), 20

MAPS = {"depthwise": 2, "transposed": 3}
"""Channels that come in."""


def image(case: Case) -> np.ndarray:
    return noise(f"{case.name} x", (BATCH, *case.arguments["image"], MAPS[case.family]))


def output_padding(case: Case) -> tuple[int, int] | None:
    """The argument: none, no cell, or as many as are allowed."""
    strides = case.arguments["strides"]
    return {"none": None, "zero": (0, 0), "most": tuple(s - 1 for s in strides)}[case.arguments["output_padding"]]


def strided_and_dilated(case: Case) -> bool:
    """Whether Keras's Conv2DTranspose refuses the arguments."""
    return case.family == "transposed" and max(case.arguments["strides"]) > 1 and max(case.arguments["dilation"]) > 1


def limit_to_fan(kernel: np.ndarray) -> int:
    """n, where a kernel of so many numbers was drawn uniformly within sqrt(3 / n) of zero."""
    return round(3 / float(np.abs(kernel).max()) ** 2)


# -- padding -------------------------------------------------------------------------------------

PADDINGS: dict[str, Any] = {"default": (1, 1), "one": 2, "two": (1, 2), "four": ((1, 0), (2, 3)), "mixed": (1, (0, 2)),
                            "none": 0}
ZERO_PADDING = product("zero_padding", padding=list(PADDINGS))
PADDED_SHAPE = (2, 3, 4, 2)

# -- normalization -------------------------------------------------------------------------------

BATCH_STEPS = 4

BATCH_NORMALIZATION = product(
    "batch_normalization", center=[True, False], scale=[True, False], mode=["training", "inference", "frozen"],
    settings=[(0.99, 1e-3), (0.7, 0.1)], shape=[(6, 5), (3, 2, 4, 2), (1, 3, 2, 3)])

LOCAL_RESPONSE = product(
    "local_response", size=[1, 3, 5], average=[False, True], settings=[(2.0, 1e-4, 0.75), (0.5, 0.3, 1.25)],
    channels=[1, 2, 7])


# A small network with all of them, trained; one of the normalizations is frozen.
STEPS, ROWS, CLASSES, RATE = 30, 16, 3, 0.05
NETWORK = [Case("trained", "trained conv_norm", {})]
NETWORK_INPUT = (6, 7, 2)
NETWORK_WEIGHTS = {
    "pad": {}, "depthwise": {"kernel": (3, 3, 2, 2), "bias": (4,)},
    "norm": dict.fromkeys(("gamma", "beta", "moving_mean", "moving_variance"), (4,)),
    "up": {"kernel": (2, 3, 3, 4), "bias": (3,)},
    "frozen": dict.fromkeys(("gamma", "beta", "moving_mean", "moving_variance"), (3,)),
    "flat": {}, "dense": {"kernel": (5 * 9 * 3, CLASSES), "bias": (CLASSES,)},
    "last": dict.fromkeys(("beta", "moving_mean", "moving_variance"), (CLASSES,))}
"""By layer and parameter, in the order of get_weights()."""


def network_weights() -> dict[str, list[np.ndarray]]:
    """The weights that each layer starts with; variances are positive, scales near one."""
    def numbers(layer: str, name: str, shape: tuple[int, ...]) -> np.ndarray:
        low, high = (0.5, 1.5) if name in ("gamma", "moving_variance") else (-0.3, 0.3)
        return noise(f"trained {layer} {name}", shape, low, high)

    return {layer: [numbers(layer, *pair) for pair in named.items()] for layer, named in NETWORK_WEIGHTS.items()}


def network_data() -> tuple[np.ndarray, np.ndarray]:
    """x and class numbers: which third of the rows of an image is the brightest, as far as noise goes."""
    x = noise("trained x", (STEPS * ROWS, *NETWORK_INPUT))
    return x, x.mean(axis=(2, 3)).reshape(-1, CLASSES, 2).mean(axis=2).argmax(axis=1)


def batch(case: Case, step: int) -> np.ndarray:
    """x of one step; its mean and spread differ from step to step."""
    return noise(f"{case.name} x {step}", case.arguments["shape"], -1 - step / 4, 2 + step / 2)


def start(case: Case, name: str) -> np.ndarray:
    """What a parameter starts with; a variance is positive."""
    numbers = noise(f"{case.name} {name}", case.arguments["shape"][-1:])
    return np.abs(numbers) + np.float32(0.1) if name == "moving_variance" else numbers


def responses(case: Case) -> np.ndarray:
    """x of a local response normalization, large enough that the paper's alpha shows."""
    scale = 40 if case.arguments["settings"][1] < 0.01 else 2
    return scale * noise(f"{case.name} x", (2, 3, 2, case.arguments["channels"]))


CASES = {
    "conv_norm_kernels": [*DEPTHWISE, *TRANSPOSED],
    "conv_norm_layers": [*FANS, *ZERO_PADDING, *BATCH_NORMALIZATION, *LOCAL_RESPONSE, *NETWORK],
}
"""By the file that their answers are in."""
FAMILIES = sorted({case.family for listed in CASES.values() for case in listed})
