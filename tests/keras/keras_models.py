"""Five whole models that Keras and minicnn both run, written once: `library` is the one or the other.

Each starts from the same weights, takes some steps of SGD, and is asked for its outputs, its figures in the order in
which it lists them, and its weights. Names are part of the answer: they stand in its keys.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from keras_cases import Case, noise

import minicnn

Answer = dict[str, np.ndarray]
Library = Any
Model = Any

ROWS, BATCH, STEPS, RATE, MOMENTUM = 24, 8, 6, 0.05, 0.9
NORM_STEPS = 30


def shared(library: Library) -> Model:
    """Two images through the same convolution and the same dense layer, and their features side by side."""
    layers = library.layers
    left, right = library.Input((6, 6, 1), name="left"), library.Input((6, 6, 1), name="right")
    conv, dense = layers.Conv2D(3, 3, activation="tanh", name="conv"), layers.Dense(4, "relu", name="dense")
    flat = layers.Flatten(name="flat")
    both = layers.Concatenate(name="both")([dense(flat(conv(left))), dense(flat(conv(right)))])
    model = library.Model([left, right], layers.Dense(3, "softmax", name="end")(both), name="shared")
    model.compile(_sgd(library), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def two_by_two(library: Library) -> Model:
    """Two inputs, two outputs; a loss, a weight of it and metrics for each."""
    layers = library.layers
    image, more = library.Input((6, 6, 2), name="image"), library.Input((3,), name="more")
    seen = layers.GlobalAveragePooling2D(name="seen")(layers.Conv2D(4, 3, activation="relu", name="conv")(image))
    both = layers.Dense(5, "tanh", name="both")(layers.Concatenate(name="cat")([seen, more]))
    size = layers.Dense(2, name="size")(both)
    digit = layers.Dense(3, "softmax", name="digit")(layers.Concatenate(name="late")([both, size]))
    model = library.Model([image, more], [size, digit], name="two_by_two")
    model.compile(_sgd(library), {"digit": "categorical_crossentropy", "size": "mse"},
                  loss_weights={"size": 0.25, "digit": 2.0}, metrics={"digit": ["accuracy"], "size": ["mae", "mse"]})
    return model


def residual(library: Library) -> Model:
    """Two blocks with a way around; the second one's way has a convolution with strides."""
    layers = library.layers
    node = start = library.Input((7, 7, 1), name="image")
    for block, (filters, strides) in enumerate(((3, 1), (5, 2))):
        inner = layers.Conv2D(filters, 3, strides, padding="same", activation="elu", name=f"first{block}")(node)
        inner = layers.Conv2D(filters, 3, padding="same", name=f"second{block}")(inner)
        around = layers.Conv2D(filters, 1, strides, use_bias=False, name=f"around{block}")(node)
        node = layers.Activation("relu", name=f"relu{block}")(layers.Add(name=f"add{block}")([inner, around]))
    end = layers.Dense(3, name="end")(layers.GlobalMaxPooling2D(name="top")(node))
    model = library.Model(start, end, name="residual")
    model.compile(_sgd(library, nesterov=True), library.losses.SparseCategoricalCrossentropy(from_logits=True),
                  metrics=["accuracy"])
    return model


def branches(library: Library) -> Model:
    """Four branches of one image beside one another, as in an inception block, and a model within the model."""
    layers = library.layers
    image = library.Input((8, 8, 2), name="image")
    whole = layers.Conv2D(2, 1, activation="relu", name="one")(image)
    narrow = layers.Conv2D(3, 3, padding="same", activation="relu", name="three")(
        layers.Conv2D(2, 1, name="before_three")(image))
    depth = layers.DepthwiseConv2D(3, padding="same", name="depth")(image)
    pooled = layers.MaxPooling2D(3, 1, padding="same", name="pool")(image)
    joined = layers.Concatenate(name="joined")([whole, narrow, depth, pooled])
    start = library.Input((8, 8, 9), name="start")
    inner = library.Model(start, layers.Flatten(name="flat")(layers.AveragePooling2D(4, name="average")(
        layers.Conv2D(4, 1, activation="tanh", name="mix")(start))), name="inner")
    model = library.Model(image, layers.Dense(2, "sigmoid", name="end")(inner(joined)), name="branches")
    model.compile(_sgd(library), "binary_crossentropy", metrics=["mae", "mse"])
    return model


def normalized(library: Library) -> Model:
    """Batch normalization behind a convolution and behind a dense layer."""
    layers = library.layers
    image = library.Input((6, 6, 1), name="image")
    seen = layers.Activation("relu", name="relu")(layers.BatchNormalization(momentum=0.9, name="norm")(
        layers.Conv2D(3, 3, use_bias=False, name="conv")(image)))
    late = layers.BatchNormalization(name="late")(layers.Dense(5, "tanh", name="dense")(
        layers.Flatten(name="flat")(seen)))
    model = library.Model(image, layers.Dense(3, "softmax", name="end")(late), name="normalized")
    model.compile(_sgd(library), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


BUILDERS: dict[str, Callable[[Library], Model]] = {
    f.__name__: f for f in (shared, two_by_two, residual, branches, normalized)}
MODELS = [Case("model", f"model {name}", {"name": name}) for name in BUILDERS]


def _sgd(library: Library, **options: Any) -> Any:
    return library.optimizers.SGD(RATE, momentum=MOMENTUM, **options)


def _targets(name: str) -> Any:
    numbers = np.arange(ROWS) * 7 % 3
    if name == "two_by_two":
        return [noise("two_by_two size", (ROWS, 2)), np.eye(3, dtype=np.float32)[numbers]]
    if name == "branches":
        return np.stack([numbers == 0, numbers == 2], axis=1).astype(np.float32)
    return numbers


def data(name: str, model: Model, dtype: str) -> tuple[Any, Any]:
    """Inputs whose mean depends on the class, so that there is something to learn; and targets."""
    classes = (np.arange(ROWS) * 7 % 3 - 1) / 3
    inputs = []
    for node in model.inputs:
        shape = (ROWS, *node.shape[1:])
        inputs.append((noise(f"{name} {shape}", shape) + classes.reshape(-1, *[1] * (len(shape) - 1))).astype(dtype))
    return inputs[0] if len(inputs) == 1 else inputs, _targets(name)


def weights(name: str, model: Model, dtype: str) -> list[np.ndarray]:
    """Numbers for every weight; the moving variances positive."""
    made = []
    for number, array in enumerate(model.get_weights()):
        drawn = noise(f"{name} weight {number}", array.shape, -0.5, 0.5)
        made.append((drawn if not (array == 1).all() else 1 + drawn).astype(dtype))
    return made


def answer(library: Library, case: Case, dtype: str, cast: Callable[[Model], None] = lambda model: None) -> Answer:
    """All that is asked of a model. cast: how a model gets to compute in ``dtype``, where the library must be told."""
    name = case.arguments["name"]
    model = BUILDERS[name](library)
    cast(model)
    model.set_weights(weights(name, model, dtype))
    x, y = data(name, model, dtype)
    found = {f"layer {number} {layer.name}": np.array(number) for number, layer in enumerate(model.layers)}
    found |= _outputs("before", model, x)
    steps = NORM_STEPS if name == "normalized" else STEPS
    for step in range(steps):
        rows = slice(step * BATCH % ROWS, step * BATCH % ROWS + BATCH)
        figures = model.train_on_batch(_rows(x, rows), _rows(y, rows))
        if step in (0, steps - 1):
            found[f"train_on_batch {step}"] = np.array(figures, np.float64)
    weight = np.linspace(0.5, 1.5, ROWS)
    history = model.fit(x, y, batch_size=10, epochs=2, shuffle=False, verbose=0, sample_weight=weight).history
    found |= {f"history {key}": np.array(values, np.float64) for key, values in history.items()}
    found["evaluate"] = np.array(model.evaluate(x, y, batch_size=9, verbose=0), np.float64)
    logs = model.evaluate(x, y, batch_size=9, verbose=0, return_dict=True)
    found |= {f"evaluate {place} {key}": np.array(value, np.float64) for place, (key, value) in enumerate(logs.items())}
    found |= _outputs("after", model, x)
    return found | {f"weight {number}": array for number, array in enumerate(model.get_weights())}


def of_minicnn(case: Case, dtype: str) -> Answer:
    return answer(minicnn, case, dtype, lambda model: model.cast(dtype))


def _rows(arrays: Any, rows: slice) -> Any:
    return [array[rows] for array in arrays] if isinstance(arrays, list) else arrays[rows]


def _outputs(when: str, model: Model, x: Any) -> Answer:
    y = model.predict(x, verbose=0)
    return {f"{when} {number}": array for number, array in enumerate(y if isinstance(y, list) else [y])}
