"""Models written once for both engines, and the options of ``summary`` to print each with.

``api`` has ``Input``, ``Model``, ``Sequential`` and ``layers``: Keras, or minicnn. Names are automatic wherever the
case is not about names, so that automatic names are compared as well.
"""

from typing import Any

import numpy as np


def sequential(api: Any) -> Any:
    L = api.layers
    return api.Sequential([
        api.Input((28, 28, 1)), L.Conv2D(32, 3, activation="relu"), L.Conv2D(64, 3, activation="relu"),
        L.MaxPooling2D(2), L.Dropout(0.25), L.Flatten(), L.Dense(128, activation="relu"), L.Dropout(0.5),
        L.Dense(10, activation="softmax")])


def chain(api: Any) -> Any:
    """A functional model whose layers stand one behind the other."""
    L, x = api.layers, api.Input((12, 12, 3))
    y = L.GlobalAveragePooling2D()(L.ReLU()(L.BatchNormalization()(L.Conv2D(4, 3, use_bias=False)(x))))
    return api.Model(x, L.Dense(2)(y))


def residual(api: Any) -> Any:
    L, x = api.layers, api.Input((8, 8, 3))
    y = L.Conv2D(4, 3, padding="same", activation="relu")(x)
    z = L.BatchNormalization()(L.Conv2D(4, 3, padding="same")(y))
    z = L.ReLU()(L.Add()([y, z]))
    return api.Model(x, L.Dense(10)(L.GlobalAveragePooling2D()(z)))


def twice(api: Any) -> Any:
    """One layer two times in a row: nothing branches."""
    L, x = api.layers, api.Input((5,))
    layer = L.Dense(5, name="again")
    return api.Model(x, layer(layer(x)), name="twice")


def shared(api: Any) -> Any:
    L, a, b = api.layers, api.Input((6, 6, 1), name="left"), api.Input((6, 6, 1), name="right")
    conv = L.Conv2D(2, 3, name="conv")
    return api.Model([a, b], L.Dense(1)(L.Flatten()(L.Concatenate()([conv(a), conv(b)]))), name="shared")


def in_two_models(api: Any) -> Any:
    """A layer whose first two uses are in other models."""
    L, conv = api.layers, api.layers.Conv2D(2, 3)
    for _ in range(2):
        x = api.Input((6, 6, 1))
        api.Model(x, conv(x))
    x = api.Input((6, 6, 1))
    y = conv(x)
    return api.Model(x, L.Multiply()([y, L.Activation("sigmoid")(y)]))


def several(api: Any) -> Any:
    """Two inputs, two outputs."""
    L, image, figures = api.layers, api.Input((8, 8, 1), name="image"), api.Input((3,), name="figures")
    seen = L.Flatten()(L.MaxPooling2D(2)(L.Conv2D(3, 3)(image)))
    both = L.Concatenate()([seen, figures])
    return api.Model([image, figures], [L.Dense(2, name="kind")(both), L.Dense(1, name="age")(both)])


def outputs_in_a_chain(api: Any) -> Any:
    L, x = api.layers, api.Input((4,))
    y = L.Dense(3)(x)
    return api.Model(x, [y, L.Dense(2)(y)])


def block(api: Any, name: str) -> Any:
    L, x = api.layers, api.Input((8, 8, 3))
    y = L.Conv2D(3, 3, padding="same")(x)
    return api.Model(x, [L.ReLU()(L.Add()([x, y])), L.GlobalMaxPooling2D()(y)], name=name)


def nested(api: Any) -> Any:
    """Models in a model: one with two outputs, one of layers in a row that has another in it, used twice."""
    L, x = api.layers, api.Input((8, 8, 3))
    inner = api.Sequential([api.Input((8, 8, 3)), L.Conv2D(2, 1, name="first"), L.Flatten()], name="inner")
    outer = api.Sequential([api.Input((8, 8, 3)), L.Dropout(0.1), inner, L.Dense(2, name="second")], name="outer")
    y, z = block(api, "block")(x)
    return api.Model(x, [L.Average()([outer(y), outer(x)]), z], name="nested")


def nested_chain(api: Any) -> Any:
    L, x = api.layers, api.Input((4, 4, 1))
    body = api.Sequential([L.Conv2D(2, 3), L.BatchNormalization(), L.Flatten()], name="body")
    return api.Model(x, L.Dense(2)(body(x)), name="nested_chain")


def frozen(api: Any) -> Any:
    L = api.layers
    model = api.Sequential([
        api.Input((16, 16, 3)), L.Conv2D(8, 3, trainable=False), L.BatchNormalization(), L.ReLU(),
        L.DepthwiseConv2D(3), L.BatchNormalization(trainable=False), L.Conv2DTranspose(2, 2, strides=2),
        L.ZeroPadding2D(1), L.Reshape((-1, 2)), L.Flatten(), L.Dense(3)])
    model.layers[-1].trainable = False
    return model


def frozen_inside(api: Any) -> Any:
    model = nested(api)
    model.get_layer("outer").trainable = False
    return model


def unbuilt(api: Any) -> Any:
    L = api.layers
    return api.Sequential([
        L.Rescaling(1 / 255), L.ZeroPadding2D(), L.Conv2D(3, 3), L.DepthwiseConv2D(3), L.BatchNormalization(), L.ReLU(),
        L.LeakyReLU(), L.ELU(), L.Softmax(), L.Activation("tanh"), L.MaxPooling2D(), L.AveragePooling2D(2),
        L.Conv2DTranspose(2, 3), L.GlobalMaxPooling2D(), L.Reshape((2, 1)), L.Flatten(), L.Dropout(0.5),
        api.Sequential([L.Dense(3), L.Dense(4)]), L.Dense(3)])


def empty(api: Any) -> Any:
    return api.Sequential()


def names(api: Any) -> Any:
    """Names longer than a column, than the table, and of several words."""
    L, x = api.layers, api.Input((4,), name="where_the_numbers_come_in")
    y = L.Dense(3, name="one_very_long_name_" * 6)(x)
    z = L.Dense(3, name="several words in a name that is long and goes on and on in further lines")(y)
    w = L.Add(name="a-sum (of) both")([y, z])
    return api.Model(x, L.Dense(4096 * 300, name="large")(w), name="the name of a model that is longer " * 4)


def cut(api: Any) -> Any:
    """A part of another model."""
    whole = sequential(api)
    return api.Model(whole.inputs, [whole.layers[1].output, whole.layers[3].output], name="cut")


def double(api: Any) -> Any:
    L = api.layers
    return api.Sequential([api.Input((4,)), L.Dense(3), L.Dense(300, dtype="float64"), L.Dense(2)])


def trained(api: Any, optimizer: Any, make: Any = frozen) -> Any:
    """After a step."""
    model = make(api)
    model.compile(optimizer, "mse")
    inputs = [np.zeros((2, *x.shape[1:]), "float32") for x in model.inputs]
    targets = [np.zeros((2, *y.shape[1:]), "float32") for y in model.outputs]
    model.train_on_batch(inputs if len(inputs) > 1 else inputs[0], targets if len(targets) > 1 else targets[0])
    return model


def compiled(api: Any) -> Any:
    """Without a step: the optimizer keeps nothing yet."""
    model = chain(api)
    model.compile("adam", "mse")
    return model


def sgd(api: Any) -> Any:
    return trained(api, "sgd")


def momentum(api: Any) -> Any:
    decay = api.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    return trained(api, api.optimizers.SGD(decay, momentum=0.9), residual)


def adam(api: Any) -> Any:
    return trained(api, "adam", several)


def amsgrad(api: Any) -> Any:
    return trained(api, api.optimizers.Adam(amsgrad=True))


MODELS = {make.__name__: make for make in (
    sequential, chain, residual, twice, shared, in_two_models, several, outputs_in_a_chain, nested, nested_chain,
    frozen, frozen_inside, unbuilt, empty, names, cut, double, compiled, sgd, momentum, adam, amsgrad)}

OPTIONS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "trainable": {"show_trainable": True},
    "expanded": {"expand_nested": True},
    "wide, expanded, trainable": {"line_length": 130, "expand_nested": True, "show_trainable": True},
    "narrow": {"line_length": 50},
    "positions": {"line_length": 100, "positions": [0.3, 0.6, 0.7, 1.0]},
    "positions, trainable": {"positions": [0.4, 0.7, 0.85, 1.0], "show_trainable": True},
    "a range": {"layer_range": (".*conv|figures|body|again|one|left", "dense|kind|again|multiply|average|large|drop")},
}
WINDOWS = (80, 120)
"""Characters in a line of the window."""

PRINTED = [(option, window) for option in OPTIONS for window in WINDOWS
           if window == 80 or option in ("as it is", "wide, expanded, trainable")]


def texts(api: Any, forget_names: Any, monkeypatch: Any, model: str) -> dict[str, str]:
    """What a model prints, or "refused", by "option | window"; ``forget_names`` starts counting automatic names anew.
    """
    forget_names()
    made = MODELS[model](api)
    return {f"{option} | {window}": text(made, option, window, monkeypatch) for option, window in PRINTED}


def text(made: Any, option: str, window: int, monkeypatch: Any) -> str:
    """One of them."""
    monkeypatch.setenv("COLUMNS", str(window))
    printed: list[str] = []
    try:
        made.summary(print_fn=printed.append, **OPTIONS[option])
    except ValueError:
        return "refused"
    return printed[0]


def cut_to_the_window(texts: dict[str, str]) -> dict[str, str]:
    """Keras cuts off what a line has more than the window; our lines are whole."""
    return {case: "\n".join(line[:int(case.split(" | ")[1])] for line in text.split("\n"))
            for case, text in texts.items()}
