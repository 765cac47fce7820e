"""What minicnn answers to the cases of `function_cases`."""

import function_cases as cases
import numpy as np
from keras_cases import Case, noise

from minicnn import activations, losses

CLASSES = {"relu": activations.Relu, "leaky_relu": activations.LeakyRelu, "elu": activations.Elu,
           "gelu": activations.Gelu, "softmax": activations.Softmax}


def function(case: Case, dtype: str) -> dict[str, np.ndarray]:
    name, options = case.arguments["function"], cases.options(case)
    chosen = CLASSES[name](**options) if options else activations.get(name)
    x = cases.function_input(case).astype(dtype)
    y = chosen(x)
    return {"y": y, "dx": chosen.backward(noise(f"{case.name} dy", y.shape).astype(dtype), x, y)}


def number_loss(case: Case, dtype: str) -> dict[str, np.ndarray]:
    loss = getattr(losses, case.arguments["loss"])(**cases.loss_options(case))
    t, y = cases.loss_targets(case), cases.loss_outputs(case).astype(dtype)
    return {"values": loss.values(t, y), "dy": loss.gradient(t, y)}
