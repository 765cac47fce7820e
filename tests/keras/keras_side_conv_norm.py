"""What Keras answers to the cases of `keras_conv_norm`; for local response normalization, which it lacks, torch."""

from typing import Any

import keras_conv_norm as cases
import keras_side
import numpy as np
from keras_cases import Case, noise, seed

Answer = dict[str, np.ndarray]


def depthwise(keras: Any, case: Case, dtype: str) -> Answer:
    a, x = case.arguments, cases.image(case)
    layer = keras.layers.DepthwiseConv2D(a["kernel"], strides=a["strides"], padding=a["padding"],
                                         depth_multiplier=a["multiplier"], dilation_rate=a["dilation"],
                                         use_bias=a["use_bias"])
    return _convolved(layer, x, case, dtype)


def transposed(keras: Any, case: Case, dtype: str) -> Answer:
    a, x = case.arguments, cases.image(case)
    layer = keras.layers.Conv2DTranspose(2, a["kernel"], strides=a["strides"], padding=a["padding"],
                                         output_padding=cases.output_padding(case), dilation_rate=a["dilation"])
    return _convolved(layer, x, case, dtype)


def _convolved(layer: Any, x: np.ndarray, case: Case, dtype: str) -> Answer:
    layer.build(x.shape)
    layer.set_weights([noise(f"{case.name} {v.name}", tuple(v.shape)) for v in layer.weights])
    answer = keras_side.differentiate(layer, x, dtype, case.name)
    assert tuple(answer["y"].shape) == tuple(layer.compute_output_shape(x.shape))
    return answer | {f"d{v.name}": v.value.grad.numpy() for v in layer.weights}


def fans(keras: Any, case: Case, dtype: str) -> Answer:
    start = keras.initializers.VarianceScaling(1.0, case.arguments["mode"], "uniform", seed=seed(case))
    if case.arguments["layer"] == "DepthwiseConv2D":
        layer = keras.layers.DepthwiseConv2D(cases.FANS_KERNEL, depth_multiplier=cases.FANS_MAPS,
                                             depthwise_initializer=start)
    else:
        layer = keras.layers.Conv2DTranspose(cases.FANS_MAPS, cases.FANS_KERNEL, kernel_initializer=start)
    layer.build((None, *cases.FANS_SHAPE))
    kernel = layer.kernel.value.detach().numpy()
    return {"shape": np.array(kernel.shape), "fan": np.array(cases.limit_to_fan(kernel))}


def zero_padding(keras: Any, case: Case, dtype: str) -> Answer:
    layer = keras.layers.ZeroPadding2D(cases.PADDINGS[case.arguments["padding"]])
    return keras_side.differentiate(layer, noise(f"{case.name} x", cases.PADDED_SHAPE), dtype, case.name)


def batch_normalization(keras: Any, case: Case, dtype: str) -> Answer:
    """The last of some steps, and the moving statistics behind it."""
    a = case.arguments
    layer = keras.layers.BatchNormalization(-1, *a["settings"], center=a["center"], scale=a["scale"])
    layer.build(a["shape"])
    layer.set_weights([cases.start(case, v.name) for v in layer.weights])
    layer.trainable = a["mode"] != "frozen"
    training = a["mode"] != "inference"
    for step in range(cases.BATCH_STEPS - 1):
        layer(cases.batch(case, step).astype(dtype), training=training)
    x = cases.batch(case, cases.BATCH_STEPS - 1)
    answer = keras_side.differentiate(lambda x: layer(x, training=training), x, dtype, case.name)
    answer |= {f"d{v.name}": v.value.grad.numpy() for v in layer.trainable_variables}
    return answer | {v.name: v.value.detach().numpy() for v in layer.weights}


def local_response(keras: Any, case: Case, dtype: str) -> Answer:
    import torch

    a = case.arguments
    k, alpha, beta = a["settings"]
    # torch averages over the neighbors, of whom the missing ones count as zeros; the paper adds them up.
    alpha = alpha if a["average"] else alpha * a["size"]

    def function(x: Any) -> Any:
        y = torch.nn.functional.local_response_norm(x.permute(0, 3, 1, 2), a["size"], alpha, beta, k)
        return y.permute(0, 2, 3, 1)

    return keras_side.differentiate(function, cases.responses(case), dtype, case.name)


def trained(keras: Any, case: Case, dtype: str) -> Answer:
    """The loss of each step, and all weights behind the last one."""
    layers = keras.layers
    model = keras.Sequential([
        keras.Input(cases.NETWORK_INPUT), layers.ZeroPadding2D((1, 0), name="pad"),
        layers.DepthwiseConv2D((3, 3), strides=2, depth_multiplier=2, activation="tanh", name="depthwise"),
        layers.BatchNormalization(momentum=0.8, name="norm"),
        layers.Conv2DTranspose(3, (2, 3), strides=(2, 3), padding="same", output_padding=(1, 2),
                               activation="tanh", name="up"),
        layers.BatchNormalization(name="frozen", trainable=False), layers.Flatten(name="flat"),
        layers.Dense(cases.CLASSES, name="dense"), layers.BatchNormalization(scale=False, name="last"),
        layers.Activation("softmax")])
    for name, arrays in cases.network_weights().items():
        model.get_layer(name).set_weights(arrays)
    model.compile(keras.optimizers.SGD(cases.RATE), "sparse_categorical_crossentropy")
    x, y = cases.network_data()
    batches = [slice(i, i + cases.ROWS) for i in range(0, len(x), cases.ROWS)]
    losses = [float(model.train_on_batch(x[b].astype(dtype), y[b])) for b in batches]
    weights = {f"{layer.name}/{v.name}": v.value.detach().numpy() for layer in model.layers for v in layer.weights}
    return {"losses": np.array(losses), "y": model(x.astype(dtype)).detach().numpy()} | weights


FAMILIES = (depthwise, transposed, fans, zero_padding, batch_normalization, local_response, trained)
ANSWERS = {f.__name__: f for f in FAMILIES}
