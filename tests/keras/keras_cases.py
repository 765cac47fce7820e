"""The cases that Keras and minicnn both answer, and the numbers they start from.

One list for all: the script that stores Keras's answers, the tests against the stored answers, and the tests
against a living Keras. Neither library computes anything here; a family of cases is a whole product, so that
a missing combination can be seen.
"""

import itertools
import zlib
from typing import Any, NamedTuple

import numpy as np


class Case(NamedTuple):
    """One combination: what it belongs to, a name that nothing else has, and its arguments."""

    family: str
    name: str
    arguments: dict[str, Any]


def product(family: str, **axes: list[Any]) -> list[Case]:
    """Every combination of the axes."""
    rows = [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]
    return [Case(family, f"{family} " + " ".join(f"{k}={_text(v)}" for k, v in row.items()), row) for row in rows]


def _text(value: Any) -> str:
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)


def noise(name: str, shape: tuple[int, ...], low: float = -1.0, high: float = 1.0) -> np.ndarray:
    """Numbers that depend on the name alone, exact in float32.

    `RandomState` and not a newer generator: its streams are frozen (NEP 19), so that the stored answers stay
    the answers to these questions.
    """
    generator = np.random.RandomState(zlib.crc32(name.encode()))
    return generator.uniform(low, high, shape).astype(np.float32)


# -- one layer -----------------------------------------------------------------------------------

BATCH, CHANNELS, FILTERS = 2, 4, 6

CONVOLUTIONS = product(
    "conv2d", strides=[(1, 1), (2, 2), (3, 2)], padding=["valid", "same"], dilation=[(1, 1), (2, 2), (1, 3)],
    groups=[1, 2], image=[(7, 5), (6, 8)], kernel=[(1, 1), (3, 3), (5, 2)])

# Keras has no convolution with both strides and dilation, but the parts to make one.
STRIDED_AND_DILATED = product(
    "conv2d_by_parts", strides=[(2, 2), (3, 2)], padding=["valid", "same"], dilation=[(2, 2), (1, 3)],
    groups=[1, 2], image=[(7, 5), (6, 8)], kernel=[(1, 1), (3, 3), (5, 2)])

POOLS = product(
    "pool", layer=["MaxPooling2D", "AveragePooling2D"], pool=[(2, 2), (3, 3), (4, 1)],
    strides=[None, (1, 1), (2, 3)], padding=["valid", "same"], image=[(7, 5), (6, 8)], values=["different", "ties"])

DENSE = product("dense", batch=[1, 5], inputs=[1, 7], units=[1, 4], use_bias=[True, False])

ACTIVATIONS = product(
    "activation", function=["linear", "relu", "sigmoid", "tanh", "softmax", "scaled_tanh"],
    shape=[(6, 5), (2, 3, 4, 3)], scale=[1, 30])


def does_not_fit(case: Case) -> bool:
    """Whether a convolution's kernel is larger than its image."""
    a = case.arguments
    spans = [dilation * (cells - 1) + 1 for dilation, cells in zip(a["dilation"], a["kernel"], strict=True)]
    return a["padding"] == "valid" and any(span > size for span, size in zip(spans, a["image"], strict=True))


def strides_with_dilation(case: Case) -> bool:
    """Whether Keras's Conv2D refuses the arguments."""
    return max(case.arguments["strides"]) > 1 and max(case.arguments["dilation"]) > 1


def same_padding(arguments: dict[str, Any], window: str) -> tuple[tuple[int, int], ...]:
    """(before, after) on each axis: TensorFlow's rule for "same", which is Keras's."""
    pads = []
    strides, dilation = arguments["strides"] or arguments[window], arguments.get("dilation", (1, 1))
    for axis, size in enumerate(arguments["image"]):
        span = dilation[axis] * (arguments[window][axis] - 1) + 1
        total = max((-(-size // strides[axis]) - 1) * strides[axis] + span - size, 0)
        pads.append((total // 2, total - total // 2))
    return tuple(pads)


def image(case: Case, channels: int) -> np.ndarray:
    """x (N, H, W, C) of a convolution or a pool; with "ties" whole numbers, so that maxima come several times."""
    x = noise(f"{case.name} x", (BATCH, *case.arguments["image"], channels))
    return np.round(2 * x) if case.arguments.get("values") == "ties" else x


def activation_input(case: Case) -> np.ndarray:
    """x, with a zero in it: ReLU's kink."""
    x = case.arguments["scale"] * noise(f"{case.name} x", case.arguments["shape"])
    x.flat[0] = 0
    return x


# -- losses --------------------------------------------------------------------------------------

ROWS, CLASSES = 6, 5

CROSSENTROPIES = product(
    "crossentropy", loss=["CategoricalCrossentropy", "SparseCategoricalCrossentropy"], from_logits=[False, True],
    outputs=["ordinary", "unnormalized", "extreme"], targets=["usual", "other"])

SQUARED_ERRORS = product("squared_error", shape=[(6, 5), (4, 1), (2, 3, 2)])


def outputs(case: Case) -> np.ndarray:
    """y_pred (N, U): logits, or probabilities of which some may be zero, one, or not add up to one."""
    scale = {"ordinary": 2.0, "unnormalized": 5.0, "extreme": 60.0}[case.arguments["outputs"]]
    logits = scale * noise(f"{case.name} y", (ROWS, CLASSES))
    if case.arguments["from_logits"]:
        return logits
    if case.arguments["outputs"] == "unnormalized":
        return np.abs(logits) + np.float32(0.01)
    powers = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return (powers / powers.sum(axis=-1, keepdims=True)).astype(np.float32)


def targets(case: Case) -> np.ndarray:
    """Class numbers (N,) or, as the other form, (N, 1); for the categorical loss one-hot rows or soft ones."""
    other = case.arguments["targets"] == "other"
    labels = np.arange(ROWS) * 3 % CLASSES
    if case.arguments["loss"].startswith("Sparse"):
        return labels[:, None] if other else labels
    soft = np.abs(noise(f"{case.name} t", (ROWS, CLASSES)))
    return soft / soft.sum(axis=-1, keepdims=True) if other else np.eye(CLASSES, dtype=np.float32)[labels]


# -- optimizers and schedules --------------------------------------------------------------------

STEPS = 20
RATE = 0.1
PIECES = ([4, 11], [0.1, 0.03, 0.007])

SGD = product("sgd", momentum=[0.0, 0.5, 0.9], nesterov=[False, True], schedule=["constant", "piecewise"])

SCHEDULES = product("schedule", boundaries=[(3,), (2, 5), (1, 2, 9)])


def parameters(case: Case) -> list[np.ndarray]:
    """What the optimizer moves: a matrix and a vector."""
    return [noise(f"{case.name} w", (3, 4)), noise(f"{case.name} b", (5,))]


def gradients(case: Case, step: int) -> list[np.ndarray]:
    """The gradients of one step."""
    return [noise(f"{case.name} dw {step}", (3, 4)), noise(f"{case.name} db {step}", (5,))]


# -- initializers --------------------------------------------------------------------------------

INITIALIZERS: dict[str, tuple[str, dict[str, Any]]] = {
    name: (name, {}) for name in ("GlorotUniform", "GlorotNormal", "HeUniform", "HeNormal", "LecunUniform",
                                  "LecunNormal", "RandomNormal", "RandomUniform", "TruncatedNormal")
} | {
    "RandomNormal_shifted": ("RandomNormal", {"mean": 0.5, "stddev": 0.2}),
    "RandomUniform_shifted": ("RandomUniform", {"minval": -0.1, "maxval": 0.4}),
    "TruncatedNormal_shifted": ("TruncatedNormal", {"mean": 0.5, "stddev": 0.2}),
} | {
    f"VarianceScaling_{mode}_{distribution}": (
        "VarianceScaling", {"scale": 3.0, "mode": mode, "distribution": distribution})
    for mode in ("fan_in", "fan_out", "fan_avg")
    for distribution in ("truncated_normal", "untruncated_normal", "uniform")
}

DRAWS = product("initializer", initializer=list(INITIALIZERS), kernel=["conv", "grouped conv", "dense"])

# (kernel shape, groups): a convolution's kernel is (kh, kw, C/G, F).
KERNELS = {"conv": ((5, 3, 40, 120), 1), "grouped conv": ((3, 3, 40, 240), 4), "dense": ((400, 200), 1)}


def seed(case: Case) -> int:
    return zlib.crc32(case.name.encode())


def spread(draw: np.ndarray) -> dict[str, np.ndarray]:
    """How the numbers of a draw are spread: mean and standard deviation, 21 quantiles from the least to the
    greatest, the eight least and the eight greatest."""
    ordered = np.sort(draw.astype(np.float64), axis=None)
    return {"moments": np.array([ordered.mean(), ordered.std()]),
            "quantiles": np.quantile(ordered, np.linspace(0, 1, 21)),
            "extremes": np.concatenate([ordered[:8], ordered[-8:]])}
