"""A trained model in a file, and a way to change what is in it."""

import json
import re

import numpy as np
import pytest

from minicnn import Input, MinicnnError, Sequential, set_random_seed
from minicnn.layers import Conv2D, Dense, Flatten
from minicnn.optimizers import SGD


@pytest.fixture
def refuses():
    """``told`` is what must be read in the message, to the letter; `` ... `` stands for words in between."""

    def check(use, told):
        with pytest.raises(MinicnnError, match=".*".join(map(re.escape, told.split(" ... ")))):
            use()

    return check


@pytest.fixture
def data(rng):
    return rng.random((12, 6, 6, 1), np.float32), np.arange(12) % 3


@pytest.fixture
def model(data):
    """A small network after two steps with momentum."""
    set_random_seed(5)
    network = Sequential([Input((6, 6, 1)), Conv2D(2, 3, activation="relu", name="conv"), Flatten(name="flat"),
                          Dense(3, "softmax", name="dense")], name="net")
    network.compile(SGD(0.05, momentum=0.9), "sparse_categorical_crossentropy", metrics=["accuracy"])
    network.fit(*data, batch_size=6, verbose=0)
    return network


@pytest.fixture
def file(model, tmp_path):
    path = tmp_path / "net.npz"
    model.save(path)
    return path


@pytest.fixture
def rewrite(file):
    """Write the file again with other arrays or another document: ``rewrite(arrays=..., document=...)``, functions
    that change what they are given."""

    def again(arrays=lambda arrays: None, document=lambda document: None):
        with np.load(file) as stored:
            named = {name: stored[name] for name in stored.files}
        text = json.loads(named.pop("minicnn.json").tobytes())
        changed = document(text)
        text = text if changed is None else changed
        arrays(named)
        content = text if isinstance(text, bytes) else json.dumps(text).encode()
        np.savez(file, **{"minicnn.json": np.frombuffer(content, np.uint8), **named})
        return file

    return again
