"""What minicnn answers to the cases of `keras_conv_norm`, under the same names as `keras_side_conv_norm`."""

import keras_conv_norm as cases
import numpy as np
from keras_cases import Case, noise, seed

from minicnn import Input, Sequential, initializers, layers, optimizers
from minicnn.layers.base import Layer

Answer = dict[str, np.ndarray]


def differentiate(layer: Layer, x: np.ndarray, dtype: str, name: str, training: bool = False) -> Answer:
    y, cache = layer.forward(x.astype(dtype), training=training)
    layer.fold_in(cache)
    dx, gradients = layer.backward(noise(f"{name} dy", y.shape).astype(dtype), cache)
    return {"y": y, "dx": dx, **{f"d{name}": gradient for name, gradient in gradients.items()}}


def depthwise(case: Case, dtype: str) -> Answer:
    a = case.arguments
    layer = layers.DepthwiseConv2D(a["kernel"], a["strides"], a["padding"], a["multiplier"],
                                   dilation_rate=a["dilation"], use_bias=a["use_bias"], dtype=dtype)
    return _convolved(layer, case, dtype)


def transposed(case: Case, dtype: str) -> Answer:
    a = case.arguments
    layer = layers.Conv2DTranspose(2, a["kernel"], a["strides"], a["padding"], cases.output_padding(case),
                                   dilation_rate=a["dilation"], dtype=dtype)
    return _convolved(layer, case, dtype)


def _convolved(layer: Layer, case: Case, dtype: str) -> Answer:
    x = cases.image(case)
    layer.build(x.shape[1:])
    layer.set_weights([noise(f"{case.name} {name}", p.shape) for name, p in layer.params.items()])
    return differentiate(layer, x, dtype, case.name)


def fans(case: Case, dtype: str) -> Answer:
    start = initializers.VarianceScaling(1.0, case.arguments["mode"], "uniform", seed=seed(case))
    if case.arguments["layer"] == "DepthwiseConv2D":
        layer: Layer = layers.DepthwiseConv2D(cases.FANS_KERNEL, depth_multiplier=cases.FANS_MAPS,
                                              depthwise_initializer=start)
    else:
        layer = layers.Conv2DTranspose(cases.FANS_MAPS, cases.FANS_KERNEL, kernel_initializer=start)
    layer.build(cases.FANS_SHAPE)
    kernel = layer.params["kernel"]
    return {"shape": np.array(kernel.shape), "fan": np.array(cases.limit_to_fan(kernel))}


def zero_padding(case: Case, dtype: str) -> Answer:
    layer = layers.ZeroPadding2D(cases.PADDINGS[case.arguments["padding"]])
    return differentiate(layer, noise(f"{case.name} x", cases.PADDED_SHAPE), dtype, case.name)


def batch_normalization(case: Case, dtype: str) -> Answer:
    a = case.arguments
    layer = layers.BatchNormalization(-1, *a["settings"], center=a["center"], scale=a["scale"],
                                      trainable=a["mode"] != "frozen", dtype=dtype)
    layer.build(a["shape"][1:])
    layer.set_weights([cases.start(case, name) for name in layer.params])
    for step in range(cases.BATCH_STEPS):
        training = a["mode"] != "inference"
        answer = differentiate(layer, cases.batch(case, step), dtype, case.name, training)
    if a["mode"] == "frozen":  # there, Keras has no gradients of gamma and beta
        answer = {name: array for name, array in answer.items() if name in ("y", "dx")}
    return answer | layer.params


def local_response(case: Case, dtype: str) -> Answer:
    a = case.arguments
    layer = layers.LocalResponseNormalization(a["size"], *a["settings"], a["average"])
    return differentiate(layer, cases.responses(case), dtype, case.name)


def trained(case: Case, dtype: str) -> Answer:
    model = Sequential([
        Input(cases.NETWORK_INPUT), layers.ZeroPadding2D((1, 0), name="pad"),
        layers.DepthwiseConv2D((3, 3), strides=2, depth_multiplier=2, activation="tanh", name="depthwise"),
        layers.BatchNormalization(momentum=0.8, name="norm"),
        layers.Conv2DTranspose(3, (2, 3), strides=(2, 3), padding="same", output_padding=(1, 2),
                               activation="tanh", name="up"),
        layers.BatchNormalization(name="frozen", trainable=False), layers.Flatten(name="flat"),
        layers.Dense(cases.CLASSES, name="dense"), layers.BatchNormalization(scale=False, name="last"),
        layers.Activation("softmax")])
    for name, arrays in cases.network_weights().items():
        model.get_layer(name).set_weights(arrays)
    model.cast(dtype)
    model.compile(optimizers.SGD(cases.RATE), "sparse_categorical_crossentropy")
    x, y = cases.network_data()
    batches = [slice(i, i + cases.ROWS) for i in range(0, len(x), cases.ROWS)]
    losses = [model.train_on_batch(x[b].astype(dtype), y[b]) for b in batches]
    return {"losses": np.array(losses), "y": model.predict(x.astype(dtype), verbose=0)} | model.params


FAMILIES = (depthwise, transposed, fans, zero_padding, batch_normalization, local_response, trained)
ANSWERS = {f.__name__: f for f in FAMILIES}
