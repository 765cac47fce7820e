"""Keras's LeNet-5, of 1998 and modern, out of Keras's own layers."""

from typing import Any

import keras_networks as nets
import numpy as np
from keras_side import Answer, differentiate, scaled_tanh

from minicnn.datasets import rbf_codes

# The maps of S2 that each map of C3 sees: Table I of the paper, column by column.
C3_INPUTS = ("012", "123", "234", "345", "045", "015", "0123", "1234", "2345", "0345", "0145", "0125", "0134", "1245",
             "0235", "012345")


def answer(keras: Any, name: str, dtype: str) -> Answer:
    return {"lenet5 gradients": lenet5_gradients, "lenet5_modern gradients": modern_gradients,
            "lenet5_modern steps": modern_steps, "lenet5_modern fit": modern_fit}[name](keras, dtype)


# -- modern --------------------------------------------------------------------------------------


def modern(keras: Any) -> Any:
    """LeNet5Modern as one writes it in Keras, with the given weights."""
    layers = keras.layers
    model = keras.Sequential([
        keras.Input((28, 28, 1)),
        layers.Conv2D(6, 5, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(16, 5, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dense(120, activation="relu"),
        layers.Dense(84, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ])
    model.set_weights(list(nets.weights(nets.MODERN).values()))
    return model


def modern_gradients(keras: Any, dtype: str) -> Answer:
    model = modern(keras)
    answer = differentiate(model, nets.modern_digits(nets.IMAGES)[0], dtype, "lenet5_modern")
    gradients = {f"d{name}": v.value.grad.numpy()
                 for name, v in zip(nets.weights(nets.MODERN), model.trainable_weights, strict=True)}
    return answer | gradients


def modern_steps(keras: Any, dtype: str) -> Answer:
    """The loss of each of 50 steps of plain SGD, and the answers to the last batch afterwards."""
    model = modern(keras)
    model.compile(keras.optimizers.SGD(nets.RATE), "sparse_categorical_crossentropy")
    x, y = nets.modern_digits(nets.STEPS * nets.BATCH)
    batches = [slice(i * nets.BATCH, (i + 1) * nets.BATCH) for i in range(nets.STEPS)]
    losses = [float(model.train_on_batch(x[b].astype(dtype), y[b])) for b in batches]
    return {"losses": np.array(losses), "y": model(x[batches[-1]].astype(dtype)).detach().numpy()}


def modern_fit(keras: Any, dtype: str) -> Answer:
    """The history of `fit` with momentum, accuracy and a validation split."""
    model = modern(keras)
    model.compile(keras.optimizers.SGD(nets.FIT_RATE, nets.FIT_MOMENTUM), "sparse_categorical_crossentropy",
                  metrics=["accuracy"])
    x, y = nets.modern_digits(nets.FIT_ROWS)
    history = model.fit(x.astype(dtype), y, **nets.FIT).history
    return {name: np.array(values) for name, values in history.items()}


# -- 1998 ----------------------------------------------------------------------------------------


def lenet5(keras: Any) -> Any:
    """LeNet-5 of 1998 from built-in layers; its outputs are those of C1, S2, C3, S4, C5, F6 and RBF."""
    layers = keras.layers
    x = keras.Input((32, 32, 1))
    c1 = scaled_tanh(keras)(layers.Conv2D(6, 5, name="C1")(x))
    s2 = scaled_tanh(keras)(_subsample(keras, c1, "S2"))
    # Torch takes the float64 gradient of a single filter only where the channels come first, in memory too
    # ("slow_conv2d: grad_weight must be contiguous"): the reshaping copies.
    first, maps = layers.Reshape((6, 14, 14))(layers.Flatten()(layers.Permute((3, 1, 2))(s2))), []
    for i, inputs in enumerate(C3_INPUTS):
        seen = layers.Concatenate(axis=1)([first[:, int(c):int(c) + 1] for c in inputs])
        maps.append(layers.Conv2D(1, 5, data_format="channels_first", name=f"C3_{i}")(seen))
    c3 = scaled_tanh(keras)(layers.Permute((2, 3, 1))(layers.Concatenate(axis=1)(maps)))
    s4 = scaled_tanh(keras)(_subsample(keras, c3, "S4"))
    c5 = scaled_tanh(keras)(layers.Conv2D(120, 5, name="C5")(s4))
    f6 = scaled_tanh(keras)(layers.Dense(84, name="F6")(layers.Flatten()(c5)))
    # sum (x - w)^2 = sum x^2 - 2 x w + w^2: the last two are a dense layer that never learns.
    squares = keras.ops.sum(keras.ops.square(f6), axis=-1, keepdims=True)
    rbf = squares + layers.Dense(10, name="RBF", trainable=False)(f6)
    model = keras.Model(x, [c1, s2, c3, s4, c5, f6, rbf])
    for layer in model.layers:
        if layer.weights:
            layer.set_weights(_arrays_of(layer.name))
    return model


def _subsample(keras: Any, x: Any, name: str) -> Any:
    """coefficient * (sum of 2x2) + bias: the sum is four times the average."""
    return keras.layers.DepthwiseConv2D(1, name=name)(keras.layers.AveragePooling2D(2)(x))


def _links(i: int) -> slice:
    """Where the kernels of C3's map i stand among all 60."""
    first = sum(map(len, C3_INPUTS[:i]))
    return slice(first, first + len(C3_INPUTS[i]))


def _arrays_of(layer: str) -> list[np.ndarray]:
    """The given weights as Keras's layer of this name holds them."""
    weights = nets.weights(nets.LENET5)
    if layer == "RBF":
        codes = rbf_codes.prototypes("0123456789").astype(np.float64)
        return [-2 * codes.T, np.square(codes).sum(axis=1)]
    if layer.startswith("C3_"):
        i = int(layer[3:])
        return [weights["C3/kernel"][:, :, _links(i), None], weights["C3/bias"][i:i + 1]]
    kernel, bias = weights[f"{layer}/kernel"], weights[f"{layer}/bias"]
    return [4 * kernel[None, None, :, None], bias] if layer in ("S2", "S4") else [kernel, bias]


def lenet5_gradients(keras: Any, dtype: str) -> Answer:
    model = lenet5(keras)
    values: dict[str, np.ndarray] = {}

    def run(x: Any) -> Any:
        outputs = dict(zip(("C1", "S2", "C3", "S4", "C5", "F6", "RBF"), model(x), strict=True))
        values.update({name: y.detach().numpy()[:1] for name, y in outputs.items()})
        return outputs["RBF"]

    answer = differentiate(run, nets.lenet5_digits(), dtype, "lenet5")
    grads = {layer.name: [v.value.grad.numpy() for v in layer.trainable_weights] for layer in model.layers}
    for name in ("C1", "C5", "F6"):
        answer[f"d{name}/kernel"], answer[f"d{name}/bias"] = grads[name]
    for name in ("S2", "S4"):  # the depthwise kernel is four times the coefficient
        answer[f"d{name}/kernel"], answer[f"d{name}/bias"] = 4 * grads[name][0][0, 0, :, 0], grads[name][1]
    c3 = [grads[f"C3_{i}"] for i in range(len(C3_INPUTS))]
    answer["dC3/kernel"] = np.concatenate([kernel[..., 0] for kernel, _ in c3], axis=2)
    answer["dC3/bias"] = np.concatenate([bias for _, bias in c3])
    return answer | values | lenet5_counts(model)


def lenet5_counts(model: Any) -> Answer:
    """Keras's own count of trainable parameters, by LeCun's layer, and in total."""
    counts: dict[str, int] = {}
    for layer in model.layers:
        if layer.trainable_weights:
            name = f"count {layer.name.split('_')[0]}"
            counts[name] = counts.get(name, 0) + layer.count_params()
    counts["count total"] = sum(int(np.prod(v.shape)) for v in model.trainable_weights)
    return {name: np.array(count) for name, count in counts.items()}
