"""The model that a configuration of Keras describes: Keras 3's form, and Keras 2's.

Everything is looked up in the table of `minicnn.models.keras.table`; nothing that a configuration names is imported or
called.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from minicnn import _checks
from minicnn.layers import BatchNormalization, Dropout, InputLayer
from minicnn.layers.base import Layer
from minicnn.layers.nodes import Node, connect
from minicnn.models.keras.table import EVERY_LAYER, LAYERS, Row
from minicnn.models.keras.values import built, class_and_config, read_type, short, told
from minicnn.models.model import Model
from minicnn.models.sequential import Sequential

_GRAPHS = ("Functional", "Model")
DEEPEST = 30
"""So deep may models lie in models. A file that goes deeper is no model that somebody made."""


def read_model(value: Any, where: str, depth: int = 0) -> Model:
    """The model of a dict with class_name and config."""
    name, config = class_and_config(value, "model", where)
    if depth > DEEPEST:
        raise _checks.error(where, "models lie in models too deeply", f"at most {DEEPEST} times")
    if name == "Sequential":
        return _sequential(config, where, depth)
    if name in _GRAPHS and "layers" in config:
        return _functional(config, where, depth)
    raise _checks.error(where, f"the model is of a class {name!r}, and what it computes is not in the file",
                        "Sequential or Functional", cure="Save its weights, and build the model here.")


def read_layer(value: Any, where: str, depth: int = 0) -> Layer:
    """The layer, or model, of a dict with class_name and config."""
    name, config = class_and_config(value, "layer", where)
    if name in ("Sequential", *_GRAPHS):
        return read_model(value, where, depth + 1)
    here = f"{where}: {name} {config.get('name', '')!r}"
    if name == "InputLayer":
        return _input(config, here)
    module = value.get("module")
    if isinstance(module, str) and module.startswith("keras.src.ops") and name not in ("Add", "Multiply"):
        raise _checks.error(here, "minicnn has no such operation on values", "layers; x + y and x * y", cure=
                            "Use a layer in its place, and save the model again.")
    if name == "Lambda":
        raise _checks.error(here, "a Lambda layer brings code of its own, and no code is run from a file", cure=
                            "Write it as layers, and save the model again.")
    if name not in LAYERS:
        raise _checks.error(here, "minicnn has no such layer", f"one of {', '.join(sorted(LAYERS))}")
    row = LAYERS[name]
    row = Row(row.ours, {**EVERY_LAYER, **row.known}, row.written, row.older)
    layer: Layer = built(row, name, config, here)
    return layer


def check_size(model: Model, data: bytes, where: str) -> None:
    """Refuse a model with more numbers than its weights have bytes, before memory is taken for them."""
    numbers = sum(map(math.prod, model.shapes().values()))
    if numbers > len(data):
        raise _checks.error(where, "the configuration and the weights are of different models",
                            f"weights of {numbers} numbers", f"{len(data)} bytes")


def _input(config: dict[str, Any], where: str) -> InputLayer:
    shape = config.get("batch_shape", config.get("batch_input_shape"))
    if config.get("sparse") or config.get("ragged") or config.get("optional"):
        raise _checks.error(where, "the input is sparse, ragged or optional", "an array")
    return InputLayer(_sizes(shape, where), name=config.get("name"), dtype=_type_of_input(config.get("dtype"), where))


def _sizes(shape: Any, where: str) -> list[int]:
    """The shape of one sample, from one with the batch axis."""
    if not isinstance(shape, (list, tuple)) or len(shape) < 2 or None in shape[1:]:
        raise _checks.error(where, "the size of the input is not known", "(None, and all the other sizes)", shape, cure=
                            "Give the model an Input of a fixed size in Keras, and save it again.")
    return [_checks.integer(size, "a size of the input", where) for size in shape[1:]]


def _type_of_input(value: Any, where: str) -> str:
    """Integers become floats at the input."""
    integers = isinstance(value, str) and value.startswith(("int", "uint", "bool"))
    return "float32" if integers else read_type(value, where)


# -- layers one behind the other ---------------------------------------------------------------------


def _sequential(config: dict[str, Any], where: str, depth: int) -> Sequential:
    here = f"{where}: Sequential {config.get('name', '')!r}"
    values = _list(config, "layers", here)
    layers = [read_layer(value, here, depth) for value in values]
    if layers and not isinstance(layers[0], (InputLayer, Model)):
        shape = class_and_config(values[0], "layer", here)[1].get("batch_input_shape", config.get("build_input_shape"))
        layers.insert(0, InputLayer(_sizes(shape, here), dtype=layers[0].dtype))
    model = Sequential(name=_name(config, here), trainable=True)
    with told(here):
        for layer in layers:
            model.add(layer)
        if config.get("trainable") is False:
            model.trainable = False  # and each layer with it; True would set them all to that
    return model


# -- graphs ------------------------------------------------------------------------------------------


def _functional(config: dict[str, Any], where: str, depth: int) -> Model:
    here = f"{where}: Functional {config.get('name', '')!r}"
    with told(here):
        uses = {value["name"]: _uses(value, here) for value in _list(config, "layers", here)}
        layers = {value["name"]: read_layer(value, here, depth) for value in config["layers"]}
    for name, layer in layers.items():
        if layer.name != name:
            raise _checks.error(here, "a layer has two names", repr(name), repr(layer.name))
    ends = [_places(config.get(key), f"{here}: {key}") for key in ("input_layers", "output_layers")]
    ends = [_count_from_0(uses, layers, places) for places in ends]
    with told(here):
        made = _connected(layers, uses, here)
        model = Model(*([_value(made, place, here) for place in places] for places in ends),
                      name=_name(config, here))
        if config.get("trainable") is False:
            model.trainable = False
    return model


Place: TypeAlias = tuple[str, int, int]
"""A value: the name of a layer, the number of its use, the number among its outputs."""


@dataclass(frozen=True)
class Use:
    """One call of a layer: the values it is made on, and whether Keras 2 wrote it down."""

    inputs: list[Place]
    old: bool
    training: Any = None


def _uses(value: dict[str, Any], where: str) -> list[Use]:
    """The calls of a layer, as it lists them."""
    return [_use(node, f"{where}: {value['name']}") for node in value.get("inbound_nodes", [])]


def _use(node: Any, where: str) -> Use:
    if isinstance(node, list):
        inputs = [(str(name), int(use), int(output)) for name, use, output, *_ in node]
        options = [value for value in (part[3] for part in node if len(part) > 3) if value]
        return Use(inputs, True, _training(options[0] if options else {}, where))
    return Use(list(_tensors(node["args"], where)), False, _training(node.get("kwargs", {}), where))


def _tensors(value: Any, where: str) -> Iterator[Place]:
    """The values in the arguments of a call: one by one, or in lists."""
    if isinstance(value, list):
        for part in value:
            yield from _tensors(part, where)
    elif isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        name, use, output = value["config"]["keras_history"]
        yield str(name), int(use), int(output)
    else:
        raise _checks.error(where, "the layer is called with more than values of other layers", received=short(value))


def _training(options: dict[str, Any], where: str) -> Any:
    """What a call says about training, if it says nothing else."""
    others = [name for name, value in options.items() if name != "training" and value is not None]
    if others:
        raise _checks.error(where, f"the layer is called with {others[0]!r}", "no such argument",
                            short(options[others[0]]))
    return options.get("training")


def _places(value: Any, where: str) -> list[Place]:
    """Values in one of the forms that inputs and outputs have: one, a list or a dict of them."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list) and len(value) == 3 and isinstance(value[0], str):
        value = [value]
    with told(where):
        return [(str(name), int(use), int(output)) for name, use, output in value]


def _count_from_0(uses: dict[str, list[Use]], layers: dict[str, Layer], ends: list[Place]) -> list[Place]:
    """Keras 3 counts the uses of a Functional model from 1 among the inputs and outputs of another one."""
    if any(use.old for each in uses.values() for use in each):
        return ends
    return [(name, number - (_is_functional(layers.get(name))), output) for name, number, output in ends]


def _is_functional(layer: Layer | None) -> bool:
    return isinstance(layer, Model) and not isinstance(layer, Sequential)


def _connected(layers: dict[str, Layer], uses: dict[str, list[Use]], where: str) -> dict[str, list[Sequence[Node]]]:
    """Make the calls, each as soon as its inputs are there; returns what each call of each layer gave."""
    made: dict[str, list[Sequence[Node]]] = {name: [] for name in layers}
    for name, layer in layers.items():
        if isinstance(layer, InputLayer):
            made[name].append(connect(layer))
        elif _counts_from_1(name, layer, uses):
            made[name].append(())  # use 0 is the model itself
    waiting = {name: list(each) for name, each in uses.items() if each and not isinstance(layers[name], InputLayer)}
    while waiting:
        before = sum(map(len, waiting.values()))
        for name, each in waiting.items():
            while each and all(len(made[source]) > number for source, number, _ in each[0].inputs):
                use = each.pop(0)
                _refuse_fixed_mode(layers[name], use, where)
                made[name].append(connect(layers[name], *(_value(made, place, where) for place in use.inputs)))
        waiting = {name: each for name, each in waiting.items() if each}
        if sum(map(len, waiting.values())) == before:
            raise _checks.error(where, f"the layer {next(iter(waiting))!r} waits for values that no layer gives")
    return made


def _counts_from_1(name: str, layer: Layer, uses: dict[str, list[Use]]) -> bool:
    """Whether Keras 2 wrote the file, which counts the uses of a model from 1."""
    places = [place for each in uses.values() for use in each if use.old for place in use.inputs if place[0] == name]
    old = any(use.old for use in uses[name])
    return isinstance(layer, Model) and old and all(number > 0 for _, number, _ in places)


def _value(made: dict[str, list[Sequence[Node]]], place: Place, where: str) -> Node:
    name, use, output = place
    if name not in made or not -len(made[name]) <= use < len(made[name]) or not 0 <= output < len(made[name][use]):
        raise _checks.error(where, "there is no such value", received=place)
    return made[name][use][output]


def _refuse_fixed_mode(layer: Layer, use: Use, where: str) -> None:
    """A layer may be called as in training, or as in prediction, for ever; here this follows the model."""
    minds = any(isinstance(leaf, Dropout) or (isinstance(leaf, BatchNormalization) and leaf.trainable)
                for leaf in (chain[-1] for chain in layer.leaves().values()))
    if use.training is not None and minds:
        raise _checks.error(f"{where}: {layer}", f"it is called with training={use.training}", "no such argument",
                            cure="Set its trainable = False instead, and save the model again.")


def _list(config: dict[str, Any], key: str, where: str) -> list[Any]:
    value = config.get(key)
    if not isinstance(value, list):
        raise _checks.error(where, f"the configuration has no list {key!r}", received=short(value))
    return value


def _name(config: dict[str, Any], where: str) -> str:
    name = config.get("name")
    if not isinstance(name, str):
        raise _checks.error(where, "the model has no name", received=short(name))
    return name
