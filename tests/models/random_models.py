"""Small random models as recipes that belong to no library: `build(minicnn, recipe)` makes one of minicnn's layers,
`build(keras, recipe)` the same one of Keras's.
"""

from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

import minicnn

SIDE = 6
ACTIVATIONS = ("linear", "tanh", "relu", "elu", "softplus", "sigmoid", "leaky_relu")


class Step(NamedTuple):
    """A layer applied to earlier values. use: its name; a name that was there before is the same layer once more."""

    use: str
    kind: str
    arguments: dict[str, Any]
    sources: list[int]


class Recipe(NamedTuple):
    """inputs: shapes. steps: each makes one value, or two. outputs: numbers of values, the inputs counted first."""

    inputs: list[tuple[int, ...]]
    steps: list[Step]
    outputs: list[int]


# -- building ----------------------------------------------------------------------------------------


def build(library: Any, recipe: Recipe) -> Any:
    """The recipe's model, with the library's own starting weights."""
    values = [library.Input(shape, name=f"input{i}") for i, shape in enumerate(recipe.inputs)]
    inputs, made = list(values), {}
    for step in recipe.steps:
        values += apply(library, step, made, values)
    return library.Model(inputs, [values[place] for place in recipe.outputs], name="random")


def apply(library: Any, step: Step, made: dict[str, Any], values: list[Any]) -> list[Any]:
    """The symbols that a step makes. made: the layers there are so far, by name."""
    sources = [values[place] for place in step.sources]
    if step.use not in made:
        made[step.use] = layer(library, step, [tuple(value.shape[1:]) for value in sources])
    result = made[step.use](sources if len(sources) > 1 else sources[0])
    return result if isinstance(result, list) else [result]


def layer(library: Any, step: Step, shapes: list[tuple[int, ...]]) -> Any:
    inner = {"Block": block, "TwoHeads": two_heads, "Pair": pair}.get(step.kind)
    if inner is not None:
        return inner(library, step.use, shapes)
    return getattr(library.layers, step.kind)(name=step.use, **step.arguments)


def block(library: Any, name: str, shapes: list[tuple[int, ...]]) -> Any:
    """A Sequential: convolution (or dense) and normalization."""
    layers, (shape,) = library.layers, shapes
    first = layers.Conv2D(3, 2, padding="same", name="first") if len(shape) == 3 else layers.Dense(3, name="first")
    return library.Sequential([library.Input(shape), first, layers.BatchNormalization(name="norm"),
                               layers.Activation("tanh", name="squash")], name=name)


def two_heads(library: Any, name: str, shapes: list[tuple[int, ...]]) -> Any:
    """A model of one input and two outputs, with a layer that is shared inside."""
    layers, (shape,) = library.layers, shapes
    start = library.Input(shape, name="start")
    conv = layers.Conv2D(shape[-1], 1, name="again") if len(shape) == 3 else layers.Dense(shape[-1], name="again")
    once = conv(start)
    twice = layers.Activation("sigmoid", name="squash")(conv(once))
    return library.Model(start, [layers.Add(name="around")([once, start]), twice], name=name)


def pair(library: Any, name: str, shapes: list[tuple[int, ...]]) -> Any:
    """A model of two inputs and one output, of which one goes through a model of its own."""
    layers, (one, other) = library.layers, shapes
    left, right = library.Input(one, name="left"), library.Input(other, name="right")
    deeper = block(library, "deeper", [other])(right)
    return library.Model([left, right], layers.Concatenate(name="both")([left, deeper]), name=name)


def fill(model: Any, seed: int, dtype: str = "float64") -> None:
    """Weights that depend on the seed alone; what starts as ones (scales, variances) stays near them."""
    rng = np.random.default_rng(seed)
    model.set_weights([
        (rng.uniform(0.5, 1.5, w.shape) if w.size and (np.asarray(w) == 1).all() else rng.uniform(-0.7, 0.7, w.shape))
        .astype(dtype) for w in model.get_weights()])


def data(recipe: Recipe, seed: int, rows: int = 3) -> list[np.ndarray]:
    rng = np.random.default_rng([seed, 1])
    return [rng.standard_normal((rows, *shape)) for shape in recipe.inputs]


# -- drawing -----------------------------------------------------------------------------------------


@st.composite
def recipes(draw: Any, channels: int = 1) -> Recipe:
    """Images and vectors through convolutions, poolings, merges, dense layers, normalizations and models; layers and
    models used again; one or two inputs and outputs. channels: that images have at least."""
    inputs = draw(st.sampled_from([[(SIDE, SIDE, 2)], [(SIDE, SIDE, channels)], [(5,)], [(SIDE, SIDE, 2), (3,)],
                                   [(SIDE, SIDE, 2), (SIDE, SIDE, 2)], [(4,), (4,)]]))
    values = [minicnn.Input(shape, name=f"input{i}") for i, shape in enumerate(inputs)]
    steps: list[Step] = []
    made: dict[str, Any] = {}
    for number in range(draw(st.integers(1, 7))):
        step = draw(_step(number, [value.sample_shape for value in values], steps, channels))
        values += apply(minicnn, step, made, values)
        steps.append(step)
    last, first = len(values) - 1, len(inputs)
    others = draw(st.lists(st.integers(first, last), max_size=1))
    return Recipe(inputs, steps, list(dict.fromkeys([last, *others])))


@st.composite
def _step(draw: Any, number: int, shapes: list[tuple[int, ...]], before: list[Step],
          channels: int) -> Step:
    place = draw(st.sampled_from(range(len(shapes))[-4:]))
    shape = shapes[place]
    again = [step for step in before if [shapes[source] for source in step.sources] == [shape]]
    twins = [other for other in range(len(shapes)) if shapes[other] == shape]
    beside = [other for other in range(len(shapes)) if shapes[other][:-1] == shape[:-1]]
    kinds = ["Again"] * 2 * bool(again) + ["Merge"] * 2 * (len(twins) > 1) + ["Join"] * 2 * (len(beside) > 1)
    kinds += ["Block", "TwoHeads", "BatchNormalization", "Activation"] + ["Pair"] * (len(beside) > 1)
    if len(shape) == 3:
        kinds += ["Conv2D"] * 3 + ["DepthwiseConv2D", "Flatten", "GlobalAveragePooling2D", "GlobalMaxPooling2D"]
        kinds += ["MaxPooling2D", "AveragePooling2D"] * (min(shape[:2]) >= 2)
    else:
        kinds += ["Dense"] * 4
    kind = draw(st.sampled_from(kinds))
    if kind == "Again":
        same = draw(st.sampled_from(again))
        return same._replace(sources=[place])
    sources = {"Merge": twins, "Join": beside, "Pair": beside}.get(kind)
    chosen = [place] if sources is None else [place, draw(st.sampled_from([o for o in sources if o != place]))]
    if kind == "Merge":
        kind = draw(st.sampled_from(["Add", "Multiply", "Average"]))
    kind = "Concatenate" if kind == "Join" else kind
    return Step(f"{kind.lower()}_{number}", kind, draw(_arguments(kind, shape, channels)), chosen)


@st.composite
def _arguments(draw: Any, kind: str, shape: tuple[int, ...], channels: int) -> dict[str, Any]:
    activation = draw(st.sampled_from(ACTIVATIONS))
    if kind == "Dense":
        return {"units": draw(st.integers(1, 4)), "activation": activation}
    if kind == "Activation":
        return {"activation": activation}
    if kind in ("Conv2D", "DepthwiseConv2D"):
        padding = draw(st.sampled_from(["same", "valid"]))
        size = draw(st.integers(1, 3 if padding == "same" else min(3, *shape[:2])))
        many = {"filters": draw(st.integers(channels, 3))}
        many = many if kind == "Conv2D" else {"depth_multiplier": draw(st.integers(1, 2))}
        return {**many, "kernel_size": size, "strides": draw(st.integers(1, 2)), "padding": padding,
                "activation": activation, "use_bias": draw(st.booleans())}
    if kind == "MaxPooling2D":
        return {"pool_size": 2, "strides": draw(st.integers(1, 2)), "padding": draw(st.sampled_from(["same", "valid"]))}
    if kind == "AveragePooling2D":  # Keras 3.15 on torch does not average as documented where padding is uneven
        return {"pool_size": 2, "strides": draw(st.integers(1, 2))}
    return {}
