"""What minicnn answers to the same cases, under the same names as `keras_side`."""

from collections.abc import Callable

import keras_cases as cases
import keras_models
import keras_networks as nets
import keras_plain_layers
import minicnn_side_conv_norm
import minicnn_side_functions as functions
import minicnn_side_optimizers
import numpy as np
from keras_cases import Case, noise

from minicnn import activations, initializers, layers, losses, optimizers, schedules
from minicnn.applications import LeNet5, LeNet5Modern
from minicnn.layers.base import Layer
from minicnn.models import Sequential

Answer = dict[str, np.ndarray]


def answer(case: Case, dtype: str) -> Answer:
    """minicnn's numbers for a case."""
    return ANSWERS[case.family](case, dtype)


def differentiate(layer: Layer, x: np.ndarray, dtype: str, name: str) -> Answer:
    """y, and for the dy that belongs to ``name`` dx and the gradient of each parameter."""
    y, cache = layer.forward(x.astype(dtype))
    dx, gradients = layer.backward(noise(f"{name} dy", y.shape).astype(dtype), cache)
    return {"y": y, "dx": dx, **{f"d{name}": gradient for name, gradient in gradients.items()}}


# -- one layer -----------------------------------------------------------------------------------


def conv2d(case: Case, dtype: str) -> Answer:
    a = case.arguments
    layer = layers.Conv2D(cases.FILTERS, a["kernel"], a["strides"], a["padding"], dilation_rate=a["dilation"],
                          groups=a["groups"], dtype=dtype)
    return _with_weights(layer, cases.image(case, cases.CHANNELS), case, dtype)


def dense(case: Case, dtype: str) -> Answer:
    a = case.arguments
    layer = layers.Dense(a["units"], use_bias=a["use_bias"], dtype=dtype)
    return _with_weights(layer, noise(f"{case.name} x", (a["batch"], a["inputs"])), case, dtype)


def _with_weights(layer: Layer, x: np.ndarray, case: Case, dtype: str) -> Answer:
    layer.build(x.shape[1:])
    layer.set_weights([noise(f"{case.name} {name}", p.shape) for name, p in layer.params.items()])
    return differentiate(layer, x, dtype, case.name)


def pool(case: Case, dtype: str) -> Answer:
    a = case.arguments
    layer = getattr(layers, a["layer"])(a["pool"], a["strides"], a["padding"], dtype=dtype)
    return differentiate(layer, cases.image(case, cases.CHANNELS), dtype, case.name)


def activation(case: Case, dtype: str) -> Answer:
    function = activations.get(case.arguments["function"])
    return differentiate(layers.Activation(function, dtype=dtype), cases.activation_input(case), dtype, case.name)


# -- losses, optimizers --------------------------------------------------------------------------


def crossentropy(case: Case, dtype: str) -> Answer:
    loss = getattr(losses, case.arguments["loss"])(from_logits=case.arguments["from_logits"])
    return _loss(loss, cases.targets(case), cases.outputs(case).astype(dtype))


def squared_error(case: Case, dtype: str) -> Answer:
    y_true, y_pred = (noise(f"{case.name} {name}", case.arguments["shape"]) for name in "ty")
    return _loss(losses.MeanSquaredError(), y_true, y_pred.astype(dtype))


def _loss(loss: losses.Loss, y_true: np.ndarray, y_pred: np.ndarray) -> Answer:
    return {"values": loss.values(y_true, y_pred), "dy": loss.gradient(y_true, y_pred)}


def sgd(case: Case, dtype: str) -> Answer:
    a = case.arguments
    rate = cases.RATE if a["schedule"] == "constant" else schedules.PiecewiseConstantDecay(*cases.PIECES)
    optimizer = optimizers.SGD(rate, a["momentum"], a["nesterov"])
    moved = [p.astype(dtype) for p in cases.parameters(case)]
    path = []
    for step in range(cases.STEPS):
        given = [g.astype(dtype) for g in cases.gradients(case, step)]
        optimizer.apply(zip(("w", "b"), moved, given, strict=True))
        path.append(np.concatenate([p.ravel() for p in moved]))
    return {"path": np.stack(path)}


def schedule(case: Case, dtype: str) -> Answer:
    boundaries = case.arguments["boundaries"]
    rates = schedules.PiecewiseConstantDecay(boundaries, [0.1 / (i + 1) for i in range(len(boundaries) + 1)])
    return {"rates": np.array([rates(step) for step in range(12)])}


def initializer(case: Case, dtype: str) -> Answer:
    name, arguments = cases.INITIALIZERS[case.arguments["initializer"]]
    start = getattr(initializers, name)(**arguments, seed=cases.seed(case))
    shape, groups = cases.KERNELS[case.arguments["kernel"]]
    if len(shape) == 2:
        layer: Layer = layers.Dense(shape[1], kernel_initializer=start, dtype=dtype)
        layer.build(shape[:1])
    else:
        layer = layers.Conv2D(shape[3], shape[:2], groups=groups, kernel_initializer=start, dtype=dtype)
        layer.build((8, 8, shape[2] * groups))
    return {"draw": layer.params["kernel"]}


# -- networks ------------------------------------------------------------------------------------


def lenet5(dtype: str) -> Sequential:
    model = LeNet5()
    arrays = list(nets.weights(nets.LENET5).values())
    model.set_weights([*arrays, *model.get_weights()[len(arrays):]])  # the RBF centers stay
    model.cast(dtype)
    return model


def modern(dtype: str) -> Sequential:
    model = LeNet5Modern()
    model.set_weights(list(nets.weights(nets.MODERN).values()))
    model.cast(dtype)
    return model


def modern_gradients(dtype: str) -> Answer:
    return differentiate(modern(dtype), nets.modern_digits(nets.IMAGES)[0], dtype, "lenet5_modern")


def modern_steps(dtype: str) -> Answer:
    model = modern(dtype)
    model.compile(optimizers.SGD(nets.RATE), "sparse_categorical_crossentropy")
    x, y = nets.modern_digits(nets.STEPS * nets.BATCH)
    batches = [slice(i * nets.BATCH, (i + 1) * nets.BATCH) for i in range(nets.STEPS)]
    found = [model.train_on_batch(x[b].astype(dtype), y[b]) for b in batches]
    return {"losses": np.array(found), "y": model.predict(x[batches[-1]].astype(dtype), verbose=0)}


def modern_fit(dtype: str) -> Answer:
    model = modern(dtype)
    model.compile(optimizers.SGD(nets.FIT_RATE, nets.FIT_MOMENTUM), "sparse_categorical_crossentropy",
                  metrics=["accuracy"])
    x, y = nets.modern_digits(nets.FIT_ROWS)
    history = model.fit(x.astype(dtype), y, **nets.FIT).history
    return {name: np.array(values) for name, values in history.items()}


def lenet5_gradients(dtype: str) -> Answer:
    model, x = lenet5(dtype), nets.lenet5_digits()
    answer = differentiate(model, x, dtype, "lenet5")
    # Keras has the coefficient of a subsampling layer as a kernel, and no gradient for the fixed centers.
    named = {name.replace("coefficient", "kernel"): a for name, a in answer.items() if name != "dRBF/prototypes"}
    inside = model.activations(x[:1].astype(dtype))
    counts = {layer.name: layer.count_params() for layer in model.layers if layer.trainable and layer.has_parameters}
    counts["total"] = sum(counts.values())
    return (named | {name: inside[name] for name in ("C1", "S2", "C3", "S4", "C5", "F6", "RBF")}
            | {f"count {name}": np.array(count) for name, count in counts.items()})


NETWORKS = {"lenet5 gradients": lenet5_gradients, "lenet5_modern gradients": modern_gradients,
            "lenet5_modern steps": modern_steps, "lenet5_modern fit": modern_fit}


def network(case: Case, dtype: str) -> Answer:
    return NETWORKS[case.name](dtype)


FAMILIES = (conv2d, dense, pool, activation, crossentropy, squared_error, sgd, schedule, initializer, network)
ANSWERS: dict[str, Callable[[Case, str], Answer]] = {
    f.__name__: f for f in (*FAMILIES, functions.function, functions.number_loss)
} | {"conv2d_by_parts": conv2d, "optimizer": minicnn_side_optimizers.answer, "decay": minicnn_side_optimizers.decay,
     "plain_layer": keras_plain_layers.of_minicnn, "model": keras_models.of_minicnn}
ANSWERS |= minicnn_side_conv_norm.ANSWERS
