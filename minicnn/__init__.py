"""minicnn: the convolutional network you can read, count, check and see through.

Keras's words outside, explicit forward and hand-written backward inside. A tour of the house, in the order
in which a learner may want to read it:

- `minicnn.notation`: the letters and axes
- `minicnn.kernels.reference`: what a convolution is, as loops, forward and back
- `minicnn.layers.base`: what a layer is, and how to write one
- `minicnn.graph`: how layers make a network, the walk forward and the walk back
- `minicnn.training`: one step down the gradient
- `minicnn.applications.lenet5`: LeNet-5 of 1998, exactly

Importing this package loads neither Numba nor Matplotlib; they come when they are needed.
"""

import importlib
from typing import Any

__version__ = "0.1.0"

# The public names, by the module that has them.
_HOMES = {
    "Input": "models", "Model": "models", "Sequential": "models", "load_model": "models",
    "GradientCheckError": "checking", "gradient_check": "checking",
    "MinicnnError": "_checks", "set_random_seed": "_random",
    "set_threads": "kernels.threads",
}
_MODULES = (
    "activations", "applications", "augmentation", "backend", "callbacks", "checking", "counting", "curvature",
    "datasets", "feeding", "graph", "initializers", "kernels", "layers", "loop", "losses", "metrics", "models",
    "notation", "optimizers", "patterns", "regularizers", "rules", "saving", "schedules", "training", "utils",
    "visualize",
)

__all__ = [*_HOMES, *_MODULES]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"minicnn.{_HOMES[name]}"), name)
    if name in _MODULES:
        return importlib.import_module(f"minicnn.{name}")
    raise AttributeError(f"module 'minicnn' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
