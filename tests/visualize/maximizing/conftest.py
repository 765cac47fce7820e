"""A network that knows a little of the package's digits, for all that is to be seen in it."""

import numpy as np
import pytest

import minicnn
from minicnn.applications import LeNet5Modern
from minicnn.datasets import digits


@pytest.fixture(scope="session")
def train_images():
    return digits.load_data()[0][0][..., None].astype(np.float32) / 255


@pytest.fixture(scope="session")
def digit_net(train_images):
    minicnn.set_random_seed(3)
    model = LeNet5Modern()
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    model.fit(train_images, digits.load_data()[0][1], batch_size=32, epochs=1, verbose=0)
    return model
