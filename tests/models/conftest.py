"""Small networks and data for the tests of models."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest

from minicnn import Input, MinicnnError, Sequential, set_random_seed
from minicnn.layers import RBF, Conv2D, Dense, Dropout, Flatten, MaxPooling2D, Subsampling2D

sys.path.insert(0, str(Path(__file__).parent))  # for the modules here that are no tests


@pytest.fixture(autouse=True)
def _same_weights_every_time():
    set_random_seed(5)


@pytest.fixture
def refuses():
    """``told`` is what must be read in the message, to the letter; `` ... `` stands for words in between."""

    def check(use, told):
        with pytest.raises(MinicnnError, match=".*".join(map(re.escape, told.split(" ... ")))):
            use()

    return check


@pytest.fixture
def data(rng):
    """20 images 8x8x1 and their class of three; the mean grows with the class."""
    y = np.arange(20) % 3
    return (rng.random((20, 8, 8, 1)) + y[:, None, None, None]).astype(np.float32), y


@pytest.fixture
def make():
    """A network of 8x8x1 -> 3: ``make()``, ``make(dtype="float64")``, ``make(dropout=0.5)``."""

    def network(dtype="float32", dropout=0.0, output="softmax"):
        return Sequential([
            Input((8, 8, 1), dtype=dtype),
            Conv2D(3, 3, activation="relu", name="conv", dtype=dtype),
            MaxPooling2D(2, name="pool"),
            Flatten(name="flat"),
            Dropout(dropout, name="drop"),
            Dense(3, activation=output, name="dense", dtype=dtype),
        ], name="net")

    return network


@pytest.fixture
def compiled(make):
    """The same, compiled for class numbers."""

    def network(optimizer="sgd", loss="sparse_categorical_crossentropy", metrics=("accuracy",), **arguments):
        model = make(**arguments)
        model.compile(optimizer, loss, metrics=list(metrics))
        return model

    return network


@pytest.fixture
def penalties(rng):
    """A network of 8x8x1 that ends in three penalties."""
    centers = rng.choice([-1.0, 1.0], (3, 5))

    def network(dtype="float32"):
        return Sequential([
            Input((8, 8, 1), dtype=dtype),
            Conv2D(2, 3, activation="scaled_tanh", name="conv", dtype=dtype),
            Subsampling2D(2, name="sub", dtype=dtype),
            Flatten(name="flat"),
            Dense(5, activation="scaled_tanh", name="dense", dtype=dtype),
            RBF(centers, name="rbf", dtype=dtype),
        ], name="penalties")

    return network
