"""``weights=`` of `LeNet5` and `LeNet5Modern`: the trained ones of this package, or a file.

Beside each file lies a text that tells how it was made and how good it was found to be.
"""

import os
from pathlib import Path

from minicnn import _checks, saving
from minicnn.applications._options import Weights
from minicnn.models import Sequential

FOLDER = Path(__file__).with_name("weights")
NAME = "mnist"


def with_weights(model: Sequential, weights: Weights, call: str, strange: str | None) -> Sequential:
    """The model, its weights read where any were named.

    weights: "mnist", a file of weights, or None for those it has. call: what makes the network, as it is written.
    strange: what the caller asked for that the digits' weights do not fit; None where they do.
    """
    if weights is None:
        return model
    if weights == NAME:
        if strange is not None:
            raise _checks.error(call, f"the weights {NAME!r} are those of the ten digits", received=strange,
                                cure=f'Call {call}(weights="{NAME}") without it, or train the network you want.')
        weights = FOLDER / f"{model.name}.npz"
    elif not os.path.isfile(saving.file_name(weights)):
        raise _checks.error(
            call, "there is no such file of weights", f"{NAME!r}, the path of a .npz, .h5, .weights.h5, .keras or "
            ".safetensors file, or None for random weights", repr(os.fspath(weights)),
            f'Trained on the digits of MNIST it comes with the package: {call}(weights="{NAME}").')
    model.expect_weights()
    model.load_weights(weights)
    return model
