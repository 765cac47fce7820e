"""The cases of activations and losses that came after those in `keras_cases`: the same rules, files of their own."""

import numpy as np
from keras_cases import Case, noise, product

# -- activations -----------------------------------------------------------------------------------

NAMES = ["relu", "leaky_relu", "elu", "selu", "gelu", "silu", "swish", "softplus", "softsign", "softmax"]

FUNCTIONS = [
    *product("function", function=NAMES, scale=[1, 30]),
    *product("function", function=["relu"], negative_slope=[0.0, 0.1], max_value=[None, 6.0, 0.5], threshold=[0.0, 0.3],
             scale=[1, 30]),
    *product("function", function=["leaky_relu"], negative_slope=[0.01, 0.3], scale=[1, 30]),
    *product("function", function=["elu"], alpha=[0.5, 2.0], scale=[1, 30]),
    *product("function", function=["gelu"], approximate=[False, True], scale=[1, 30]),
    *product("function", function=["softmax"], axis=[1, 2, -2], scale=[1, 30]),
]


def options(case: Case) -> dict[str, object]:
    """The arguments of the function."""
    return {key: value for key, value in case.arguments.items() if key not in ("function", "scale")}


def function_input(case: Case) -> np.ndarray:
    """x: noise, zero (the kink of many), and with a scale of 1 also far out, where exponentials would overflow.

    Not those kinks of a relu with several options at which Keras's slope depends on the way it computes: at zero with
    both a negative slope and a limit (0 there, with the slope alone the slope), and at a limit (0 at 6, else 1).
    """
    a = case.arguments
    x = a["scale"] * noise(f"{case.name} x", (2, 3, 5))
    if not (a.get("negative_slope") and a.get("max_value")):
        x.flat[0] = 0
    if a["scale"] == 1:
        x.flat[1:3] = 1e3, -1e3
    if a.get("max_value") == 6 and a["threshold"] == 0:
        x.flat[3] = 6
    return x


# -- losses ----------------------------------------------------------------------------------------

SHAPES = [(6, 4), (5, 1), (2, 3, 2)]
ERRORS = [
    *product("number_loss", loss=["MeanSquaredError", "MeanAbsoluteError", "Huber"], shape=SHAPES),
    *product("number_loss", loss=["Huber"], delta=[0.2, 1.5], shape=SHAPES),
    *product("number_loss", loss=["Hinge"], shape=SHAPES, targets=["0 or 1", "-1 or 1"]),
    *product("number_loss", loss=["BinaryCrossentropy"], from_logits=[False, True], label_smoothing=[0.0, 0.2],
             shape=SHAPES, targets=["0 or 1", "soft"], outputs=["ordinary", "extreme"]),
]
SMOOTHED = product(
    "number_loss", loss=["CategoricalCrossentropy"], from_logits=[False, True], label_smoothing=[0.1, 0.5],
    shape=[(6, 4)], targets=["one-hot"], outputs=["ordinary", "extreme"])
LOSSES = [*ERRORS, *SMOOTHED]


def loss_options(case: Case) -> dict[str, object]:
    """The arguments of the loss."""
    return {key: value for key, value in case.arguments.items() if key in ("delta", "from_logits", "label_smoothing")}


def loss_targets(case: Case) -> np.ndarray:
    """y_true, of the same shape as the outputs."""
    t = noise(f"{case.name} t", case.arguments["shape"])
    kind = case.arguments.get("targets")
    if kind == "one-hot":
        return np.eye(t.shape[-1], dtype=np.float32)[t.argmax(axis=-1)]
    kinds = {None: 2 * t, "0 or 1": (t > 0).astype(np.float32), "-1 or 1": np.sign(t), "soft": np.abs(t)}
    return kinds[kind]


def loss_outputs(case: Case) -> np.ndarray:
    """y_pred: logits or any numbers, or probabilities of which some may be 0 and 1."""
    scale = {None: 2, "ordinary": 3, "extreme": 60}[case.arguments.get("outputs")]
    y = scale * noise(f"{case.name} y", case.arguments["shape"])
    if case.arguments.get("from_logits") is False:
        powers = np.exp(y.astype(np.float64))
        softmax = case.arguments["loss"] == "CategoricalCrossentropy"
        return (powers / (powers.sum(axis=-1, keepdims=True) if softmax else 1 + powers)).astype(np.float32)
    if case.arguments["loss"] in ("MeanAbsoluteError", "Hinge"):
        y.flat[0] = loss_targets(case).flat[0]  # the kink: no error, or t y = 1 where t is 1 or -1
    return y
