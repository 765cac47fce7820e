"""Our networks, with the weights that everybody starts from, and the images they are shown."""

from functools import cache

import numpy as np

from minicnn import Model, applications, set_random_seed
from minicnn.datasets import digits
from minicnn.layers import BatchNormalization, Dropout

RATE = 0.001
"""Of gradient descent: small, since a race repeats its step on one batch some thousand times."""


def network(name: str, dropout: bool = True) -> Model:
    """A network, always with the same weights. dropout: False takes it out, as a comparison of steps needs."""
    set_random_seed(0)
    if name in ("VGG16", "ResNet50"):  # logits: the probabilities of an untrained network are all alike
        model: Model = getattr(applications, name)(classifier_activation=None)
    else:
        model = getattr(applications, name)()
    rng = np.random.default_rng(0)
    for layer in model.layers:
        if isinstance(layer, BatchNormalization):  # as if it had seen images
            for key, array in layer.params.items():
                array[...] = rng.uniform(0.5, 1.5, array.shape) if key in ("gamma", "moving_variance") else \
                    rng.normal(0, 0.1, array.shape)
        elif isinstance(layer, Dropout) and not dropout:
            layer.rate = 0.0
    return model


def loss_of(name: str) -> str:
    """minicnn's name of the loss that the network is trained with."""
    return "penalty_map" if name == "LeNet5" else "sparse_categorical_crossentropy"


def batch(name: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Images as the network wants them, and their labels (int64)."""
    if name in ("VGG16", "ResNet50"):
        images = np.random.default_rng(0).normal(0, 50, (count, 224, 224, 3)).astype(np.float32)
        return images, np.arange(count)
    images, labels = _digits()
    images, labels = np.resize(images, (count, 28, 28)), np.resize(labels, count).astype(np.int64)
    return applications.lenet5_images(images) if name == "LeNet5" else scaled(images), labels


def scaled(images: np.ndarray) -> np.ndarray:
    """Bytes (N, 28, 28) to float32 (N, 28, 28, 1) from 0 to 1."""
    return images[..., None].astype(np.float32) / 255


@cache
def _digits() -> tuple[np.ndarray, np.ndarray]:
    return digits.load_data()[0]


def bytes_of_digits(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, 28, 28) and labels as bytes, as many as asked for: the package's own digits again and again, so that
    nothing need be downloaded. The time is that of as many different ones."""
    images, labels = _digits()
    return np.resize(images, (count, 28, 28)), np.resize(labels, count)
