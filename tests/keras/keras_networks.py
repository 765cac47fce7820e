"""The networks that Keras and minicnn both run: their weights, their images, what is asked of them."""

import numpy as np
from keras_cases import Case, noise

from minicnn.applications import lenet5_images
from minicnn.applications.lenet5 import TABLE_I
from minicnn.datasets import digits

STEPS_CASE = Case("network", "lenet5_modern steps", {})
NETWORKS = [*(Case("network", name, {}) for name in (
    "lenet5 gradients", "lenet5_modern gradients", "lenet5_modern fit")), STEPS_CASE]

IMAGES = 3
STEPS, BATCH, RATE = 50, 32, 0.05
FIT = {"batch_size": 32, "epochs": 2, "validation_split": 0.25, "shuffle": False, "verbose": 0}
FIT_ROWS, FIT_RATE, FIT_MOMENTUM = 300, 0.02, 0.9

# name, shape, fan-in; in the order of minicnn's and Keras's get_weights().
MODERN = [("conv1", (5, 5, 1, 6), 25), ("conv2", (5, 5, 6, 16), 150), ("dense1", (256, 120), 256),
          ("dense2", (120, 84), 120), ("output", (84, 10), 84)]
LENET5 = [("C1", (5, 5, 1, 6), 25), ("S2", (6,), 4), ("C3", (5, 5, int(TABLE_I.sum())), 100), ("S4", (16,), 4),
          ("C5", (5, 5, 16, 120), 400), ("F6", (120, 84), 120)]


def weights(network: list[tuple[str, tuple[int, ...], int]]) -> dict[str, np.ndarray]:
    """Kernels (coefficients) uniform within sqrt(3 / fan-in), and biases that are not zero."""
    named = {}
    for name, shape, fan_in in network:
        limit = (3 / fan_in) ** 0.5
        named[f"{name}/kernel"] = noise(f"{name} kernel", shape, -limit, limit)
        named[f"{name}/bias"] = noise(f"{name} bias", shape[-1:] if name != "C3" else (16,), -0.1, 0.1)
    return named


def modern_digits(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """The first digits for LeNet5Modern: (N, 28, 28, 1) in 0 .. 1 and their labels."""
    (x, y), _ = digits.load_data()
    return x[:rows, ..., None] / np.float32(255), y[:rows].astype(np.int64)


def lenet5_digits() -> np.ndarray:
    """The first digits for LeNet-5: (N, 32, 32, 1) in -0.1 .. 1.175."""
    (x, _), _ = digits.load_data()
    return lenet5_images(x[:IMAGES])
