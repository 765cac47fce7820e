"""Lets the modules of this folder import one another, and hands out Keras where it is installed."""

import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "models")]  # the latter: random_models


@pytest.fixture(scope="session")
def keras():
    """Keras with gradients: on torch. Tests that ask for it are skipped where it is not installed."""
    import keras_side

    keras_side.choose_backend()
    keras = pytest.importorskip("keras")
    if keras.backend.backend() != "torch":
        pytest.skip(f"the gradients are taken with torch, but Keras runs on {keras.backend.backend()}")
    import torch

    torch.set_num_threads(1)  # on arrays this small, threads only wait for one another
    return keras
