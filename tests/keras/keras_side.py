"""What Keras answers. It is imported when it is first needed, never with this module.

`answer(case, dtype)` gives the arrays of one case by name: the output ``y``, and for an output gradient made
of noise the gradients ``dx``, ``dkernel``, ``dbias``, which torch takes.
"""

import importlib
import importlib.util
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import keras_cases as cases
import keras_conv_norm
import keras_models
import keras_plain_layers
import numpy as np
from keras_cases import Case, noise

Answer = dict[str, np.ndarray]


def choose_backend() -> None:
    """Keras on torch, unless the user says otherwise or has no torch."""
    if importlib.util.find_spec("torch") is not None:
        os.environ.setdefault("KERAS_BACKEND", "torch")


@contextmanager
def float_type(dtype: str) -> Iterator[Any]:
    """Keras, computing in ``dtype`` inside the block (layers, optimizers and schedules alike)."""
    choose_backend()
    import keras

    floatx, policy = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    try:
        # Except on TensorFlow, Keras rounds the results of many operations on float64 numbers, the product in Dense
        # among them, to float32 (github.com/keras-team/keras/issues/23704). This table makes it so.
        with mock.patch.dict(importlib.import_module("keras.src.backend.common.dtypes").BIT64_TO_BIT32_DTYPE,
                             float64="float64"):
            if keras.backend.result_type("float64", "float64") != "float64":
                raise RuntimeError(f"Keras {keras.__version__} rounds float64 to float32: look for another way around")
            yield keras
    finally:
        keras.config.set_floatx(floatx)
        keras.config.set_dtype_policy(policy)


def answer(case: Case, dtype: str) -> Answer:
    """Keras's numbers for a case."""
    with float_type(dtype) as keras:
        return ANSWERS[case.family](keras, case, dtype)


def stored_answer(case: Case) -> Answer:
    """What is kept of the answer: all of it, but of an initializer's numbers only how they are spread."""
    found = answer(case, "float64")
    return cases.spread(found["draw"]) if case.family == "initializer" else found


def differentiate(function: Callable[[Any], Any], x: np.ndarray, dtype: str, name: str) -> Answer:
    """y = function(x), and dx for the dy that belongs to ``name``."""
    import torch

    tensor = torch.tensor(x.astype(dtype), requires_grad=True)
    y = function(tensor)
    y.backward(torch.tensor(noise(f"{name} dy", tuple(y.shape)).astype(dtype)))
    return {"y": y.detach().numpy(), "dx": tensor.grad.numpy()}


# -- one layer -----------------------------------------------------------------------------------


def conv2d(keras: Any, case: Case, dtype: str) -> Answer:
    a, x = case.arguments, cases.image(case, cases.CHANNELS)
    layer = keras.layers.Conv2D(cases.FILTERS, a["kernel"], strides=a["strides"], padding=a["padding"],
                                dilation_rate=a["dilation"], groups=a["groups"])
    _fill(layer, x.shape, case)
    return _with_gradients(layer, layer, x, case, dtype)


def conv2d_by_parts(keras: Any, case: Case, dtype: str) -> Answer:
    """Strides and dilation together, which Conv2D refuses: pad, convolve with dilation, keep every s-th output."""
    a, x = case.arguments, cases.image(case, cases.CHANNELS)
    layer = keras.layers.Conv2D(cases.FILTERS, a["kernel"], dilation_rate=a["dilation"], groups=a["groups"])
    pad = keras.layers.ZeroPadding2D(cases.same_padding(a, "kernel") if a["padding"] == "same" else 0)
    rows, columns = a["strides"]
    _fill(layer, pad.compute_output_shape(x.shape), case)
    return _with_gradients(layer, lambda x: layer(pad(x))[:, ::rows, ::columns], x, case, dtype)


def dense(keras: Any, case: Case, dtype: str) -> Answer:
    a = case.arguments
    x = noise(f"{case.name} x", (a["batch"], a["inputs"]))
    layer = keras.layers.Dense(a["units"], use_bias=a["use_bias"])
    _fill(layer, x.shape, case)
    return _with_gradients(layer, layer, x, case, dtype)


def _fill(layer: Any, input_shape: tuple[int, ...], case: Case) -> None:
    layer.build(input_shape)
    layer.set_weights([noise(f"{case.name} {v.name}", tuple(v.shape)) for v in layer.weights])


def _with_gradients(layer: Any, function: Callable[[Any], Any], x: np.ndarray, case: Case, dtype: str) -> Answer:
    """The answer of a function that has the layer in it, with the gradients of the layer's weights."""
    answer = differentiate(function, x, dtype, case.name)
    return answer | {f"d{v.name}": v.value.grad.numpy() for v in layer.weights}


def pool(keras: Any, case: Case, dtype: str) -> Answer:
    a = case.arguments
    layer = getattr(keras.layers, a["layer"])(a["pool"], strides=a["strides"], padding=a["padding"])
    function = _average_of_real_cells(keras, case) if torch_averages_copies(case) else layer
    return differentiate(function, cases.image(case, cases.CHANNELS), dtype, case.name)


def torch_averages_copies(case: Case) -> bool:
    """Whether Keras 3.15 on torch departs from Keras on its other backends and on torch later.

    They average over the cells that lie in the image. On torch this was so where the padding is as wide on one
    side as on the other; else copies of the border were averaged too (github.com/keras-team/keras/pull/23233).
    """
    a = case.arguments
    uneven = any(before != after for before, after in cases.same_padding(a, "pool"))
    return a["layer"] == "AveragePooling2D" and a["padding"] == "same" and uneven


def _average_of_real_cells(keras: Any, case: Case) -> Callable[[Any], Any]:
    """The same average out of other parts of Keras: pad with zeros, pool, divide by the share of real cells."""
    a = case.arguments
    pad = keras.layers.ZeroPadding2D(cases.same_padding(a, "pool"))
    average = keras.layers.AveragePooling2D(a["pool"], a["strides"])
    return lambda x: average(pad(x)) / average(pad(keras.ops.ones_like(x)))


def activation(keras: Any, case: Case, dtype: str) -> Answer:
    function = getattr(keras.activations, case.arguments["function"], None) or scaled_tanh(keras)
    return differentiate(function, cases.activation_input(case), dtype, case.name)


def scaled_tanh(keras: Any) -> Callable[[Any], Any]:
    """1.7159 tanh(2x/3), LeCun's squashing function, out of Keras's layers."""
    layers = [keras.layers.Rescaling(2 / 3), keras.layers.Activation("tanh"), keras.layers.Rescaling(1.7159)]

    def function(x: Any) -> Any:
        for layer in layers:
            x = layer(x)
        return x

    return function


# -- losses, optimizers --------------------------------------------------------------------------


def crossentropy(keras: Any, case: Case, dtype: str) -> Answer:
    a = case.arguments
    loss = getattr(keras.losses, a["loss"])(from_logits=a["from_logits"], reduction=None)
    target = cases.targets(case)
    return _loss(loss, target if target.dtype.kind == "i" else target.astype(dtype), cases.outputs(case), dtype)


def squared_error(keras: Any, case: Case, dtype: str) -> Answer:
    shape = case.arguments["shape"]
    loss = keras.losses.MeanSquaredError(reduction=None)
    return _loss(loss, noise(f"{case.name} t", shape).astype(dtype), noise(f"{case.name} y", shape), dtype)


def _loss(loss: Any, y_true: np.ndarray, y_pred: np.ndarray, dtype: str) -> Answer:
    """The loss of each row, and the gradient of their sum."""
    import torch

    tensor = torch.tensor(y_pred.astype(dtype), requires_grad=True)
    values = loss(torch.tensor(y_true), tensor)
    values.sum().backward()
    return {"values": values.detach().numpy(), "dy": tensor.grad.numpy()}


def sgd(keras: Any, case: Case, dtype: str) -> Answer:
    a = case.arguments
    rate = cases.RATE if a["schedule"] == "constant" else keras.optimizers.schedules.PiecewiseConstantDecay(
        *cases.PIECES)
    optimizer = keras.optimizers.SGD(rate, momentum=a["momentum"], nesterov=a["nesterov"])
    variables = [keras.Variable(p.astype(dtype), dtype=dtype) for p in cases.parameters(case)]
    path = []
    for step in range(cases.STEPS):
        optimizer.apply([keras.ops.convert_to_tensor(g.astype(dtype)) for g in cases.gradients(case, step)], variables)
        path.append(np.concatenate([v.value.detach().numpy().ravel() for v in variables]))
    return {"path": np.stack(path)}


def schedule(keras: Any, case: Case, dtype: str) -> Answer:
    boundaries = case.arguments["boundaries"]
    rates = keras.optimizers.schedules.PiecewiseConstantDecay(
        list(boundaries), [0.1 / (i + 1) for i in range(len(boundaries) + 1)])
    return {"rates": np.array([float(rates(step)) for step in range(12)])}


# -- initializers --------------------------------------------------------------------------------


def initializer(keras: Any, case: Case, dtype: str) -> Answer:
    """The numbers that a layer starts with."""
    name, arguments = cases.INITIALIZERS[case.arguments["initializer"]]
    start = getattr(keras.initializers, name)(**arguments, seed=cases.seed(case))
    shape, groups = cases.KERNELS[case.arguments["kernel"]]
    if len(shape) == 2:
        layer = keras.layers.Dense(shape[1], kernel_initializer=start)
        layer.build((None, shape[0]))
    else:
        layer = keras.layers.Conv2D(shape[3], shape[:2], groups=groups, kernel_initializer=start)
        layer.build((None, 8, 8, shape[2] * groups))
    return {"draw": layer.kernel.value.detach().numpy()}


def network(keras: Any, case: Case, dtype: str) -> Answer:
    import keras_side_networks

    return keras_side_networks.answer(keras, case.name, dtype)


def conv_norm(keras: Any, case: Case, dtype: str) -> Answer:
    import keras_side_conv_norm

    return keras_side_conv_norm.ANSWERS[case.family](keras, case, dtype)


def optimizer(keras: Any, case: Case, dtype: str) -> Answer:
    import keras_side_optimizers

    return keras_side_optimizers.answer(keras, case, dtype)


def decay(keras: Any, case: Case, dtype: str) -> Answer:
    import keras_side_optimizers

    return keras_side_optimizers.decay(keras, case, dtype)


def function(keras: Any, case: Case, dtype: str) -> Answer:
    import keras_side_functions

    return keras_side_functions.function(keras, case, dtype)


def number_loss(keras: Any, case: Case, dtype: str) -> Answer:
    import keras_side_functions

    return keras_side_functions.number_loss(keras, case, dtype)


FAMILIES = (conv2d, conv2d_by_parts, dense, pool, activation, crossentropy, squared_error, sgd, schedule, initializer,
            network, optimizer, decay, function, number_loss)
ANSWERS: dict[str, Callable[[Any, Case, str], Answer]] = {f.__name__: f for f in FAMILIES} | {
    "plain_layer": keras_plain_layers.of_keras, "model": keras_models.answer}
ANSWERS |= dict.fromkeys(keras_conv_norm.FAMILIES, conv_norm)
