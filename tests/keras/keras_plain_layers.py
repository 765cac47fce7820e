"""Layers without parameters, of one input or several: the cases, and both answers to them.

A case says all there is to say: the class, its arguments, the shapes of the inputs. So one function for each
library answers every case: y, and for a dy made of noise the gradient of each input, ``dx0``, ``dx1``, ...
"""

import itertools
from typing import Any

import numpy as np
from keras_cases import BATCH, Case, noise

from minicnn import layers

MERGED = {
    "two": ((4, 3, 2),) * 2, "three": ((5,),) * 3, "a factor per channel": ((4, 3, 2), (1, 1, 2)),
    "a map for all channels": ((4, 3, 1), (4, 3, 2)), "crossed": ((4, 1, 2), (1, 3, 2), (4, 3, 1)),
    "ones": ((1, 1, 1), (1, 1, 1)),
}
IMAGES = {"image": ((4, 6, 3),), "one row": ((1, 7, 2),), "one pixel": ((1, 1, 4),)}
SHAPES = {"image": ((4, 6, 2),), "vector": ((6,),), "sequence": ((5, 3),)}


def group(name: str, options: dict[str, list[Any]], inputs: dict[str, Any]) -> list[Case]:
    """Every combination of a layer's arguments with every set of input shapes."""
    cases = []
    for values, (label, shapes) in itertools.product(itertools.product(*options.values()), inputs.items()):
        arguments = dict(zip(options, values, strict=True))
        said = "".join(f" {key}={value}" for key, value in arguments.items())
        cases.append(Case("plain_layer", f"{name}{said} of {label}",
                          {"layer": name, "options": arguments, "shapes": shapes}))
    return cases


PLAIN_LAYERS = [
    *(case for name in ("Add", "Average", "Multiply") for case in group(name, {}, MERGED)),
    *group("Concatenate", {"axis": [-1, 3]}, {"maps": ((4, 3, 2), (4, 3, 1), (4, 3, 5)), "two": ((4, 3, 2),) * 2}),
    *group("Concatenate", {"axis": [1, -3]}, {"rows": ((4, 3, 2), (1, 3, 2)), "two": ((4, 3, 2),) * 2}),
    *group("Concatenate", {"axis": [2, -2]}, {"columns": ((4, 3, 2), (4, 1, 2)), "two": ((4, 3, 2),) * 2}),
    *group("Concatenate", {"axis": [-1, 1]}, {"vectors": ((4,), (1,), (3,))}),
    *(case for name in ("GlobalAveragePooling2D", "GlobalMaxPooling2D")
      for case in group(name, {"keepdims": [False, True]}, IMAGES)),
    *group("Reshape", {"target_shape": [(48,), (-1,), (6, 4, 2), (2, -1), (-1, 1, 3)]}, {"image": ((4, 6, 2),)}),
    *group("Flatten", {}, SHAPES),
    *group("ReLU", {"max_value": [None, 4.0], "negative_slope": [0.0, 0.2], "threshold": [0.0, 1.5]}, SHAPES),
    *group("LeakyReLU", {}, SHAPES), *group("LeakyReLU", {"negative_slope": [0.0, 0.1, 1.5]}, SHAPES),
    *group("ELU", {}, SHAPES), *group("ELU", {"alpha": [0.0, 0.3, 2.0]}, SHAPES),
    *group("Softmax", {}, SHAPES), *group("Softmax", {"axis": [-1, 1, 2, -2]}, {"image": SHAPES["image"]}),
    *group("Rescaling", {"scale": [1 / 255, -2.5], "offset": [0.0, 0.5]}, SHAPES),
    *group("Rescaling", {"scale": [(0.5, 2.0)], "offset": [0.0, (1.0, -1.0)]}, {"image": ((4, 6, 2),)}),
]
"""Each layer with a product of its arguments and shapes."""


def inputs(case: Case) -> list[np.ndarray]:
    return [10 * noise(f"{case.name} x{i}", (BATCH, *shape)) for i, shape in enumerate(case.arguments["shapes"])]


def of_keras(keras: Any, case: Case, dtype: str) -> dict[str, np.ndarray]:
    import torch

    layer = getattr(keras.layers, case.arguments["layer"])(**case.arguments["options"])
    tensors = [torch.tensor(x.astype(dtype), requires_grad=True) for x in inputs(case)]
    y = layer(tensors if len(tensors) > 1 else tensors[0])
    y.backward(torch.tensor(noise(f"{case.name} dy", tuple(y.shape)).astype(dtype)))
    return {"y": y.detach().numpy(), **{f"dx{i}": x.grad.numpy() for i, x in enumerate(tensors)}}


def of_minicnn(case: Case, dtype: str) -> dict[str, np.ndarray]:
    layer = getattr(layers, case.arguments["layer"])(**case.arguments["options"])
    y, cache = layer.run(*(x.astype(dtype) for x in inputs(case)))
    dx, _ = layer.backward(noise(f"{case.name} dy", y.shape).astype(dtype), cache)
    return {"y": y, **{f"dx{i}": d for i, d in enumerate(dx if isinstance(dx, tuple) else (dx,))}}
