"""One object of the table, or one value of its configuration, as Keras writes it down, and back."""

import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from minicnn import _checks, activations, initializers, regularizers
from minicnn._config import Configurable
from minicnn.activations import ActivationFunction
from minicnn.initializers import Initializer
from minicnn.models.keras.table import INITIALIZERS, REGULARIZERS, SCHEDULES, Row
from minicnn.regularizers import L1L2
from minicnn.schedules import LearningRateSchedule

# The functions that Keras has under the same name, with the same meaning.
_FUNCTIONS = {name: activations.get(name) for name in (
    "linear", "relu", "leaky_relu", "elu", "selu", "softplus", "sigmoid", "tanh", "softsign", "gelu", "silu",
    "softmax")}
_FUNCTIONS["relu6"] = activations.Relu(max_value=6.0)
_ALSO_CALLED = {"swish": "silu"}


# -- to Keras ----------------------------------------------------------------------------------------


def written(thing: Configurable, rows: Mapping[str, Row], module: str, where: str,
            known: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """An object as Keras writes it: class and configuration. known: what is written of some arguments."""
    name = type(thing).__name__
    if name not in rows or rows[name].ours is not type(thing):
        raise _checks.error(where, f"Keras has no {name}", f"one of {', '.join(sorted(rows))}")
    known = known or {}
    config = {argument: known[argument] if argument in known else
              written_value(getattr(thing, argument), f"{where}: {argument}") for argument in arguments(rows[name])}
    return {"module": module, "class_name": name, "config": {**config, **rows[name].written},
            "registered_name": None}


def written_value(value: Any, where: str) -> Any:
    """A value of a configuration as Keras writes it."""
    match value:
        case ActivationFunction():
            return function_name(value, where)
        case Initializer():
            return written(value, INITIALIZERS, "keras.initializers", where)
        case L1L2():
            return written(value, REGULARIZERS, "keras.regularizers", where)
        case LearningRateSchedule():
            return written(value, SCHEDULES, "keras.optimizers.schedules", where)
        case np.ndarray():
            return value.tolist()
        case tuple() | list():
            return [written_value(item, where) for item in value]
    return value


def function_name(function: ActivationFunction, where: str) -> str:
    """What Keras calls an activation function that it has."""
    names = [name for name, known in _FUNCTIONS.items() if known == function]
    if not names:
        raise _checks.error(where, f"Keras has no activation {function.name!r} with these arguments",
                            received=function.get_config())
    return names[0]


def has_function(function: ActivationFunction) -> bool:
    """Whether Keras has this activation function under a name."""
    return function in _FUNCTIONS.values()


def arguments(row: Row) -> list[str]:
    """The arguments that are written down: not a layer's input_shape, which its place in the model says."""
    return [name for name in inspect.signature(row.ours).parameters if name != "input_shape"]


# -- from Keras --------------------------------------------------------------------------------------


def read(value: Any, rows: Mapping[str, Row], kind: str, where: str) -> Any:
    """The object that Keras wrote down as a dict with its class and configuration."""
    name, config = class_and_config(value, kind, where)
    if name not in rows:
        raise _checks.error(where, f"minicnn has no {kind} {name!r}", f"one of {', '.join(sorted(rows))}")
    return built(rows[name], name, config, where)


def class_and_config(value: Any, kind: str, where: str) -> tuple[str, dict[str, Any]]:
    """The class's name, without what Keras 2 put before it, and the configuration."""
    if not isinstance(value, dict) or not isinstance(value.get("class_name"), str) \
            or not isinstance(value.get("config", {}), dict):
        raise _checks.error(where, f"this is no {kind}", "a dict with class_name and config", short(value))
    name, module = value["class_name"].removeprefix("Custom>"), value.get("module")
    if isinstance(module, str) and module.split(".")[0] != "keras":
        name = f"{module}>{name}"  # a class of somebody's own, whatever its name
    return name, value.get("config", {})


@contextmanager
def told(where: str) -> Iterator[None]:
    """Errors in the block say where the file said what they are about."""
    try:
        yield
    except _checks.MinicnnError as problem:
        raise problem if str(problem).startswith(where) else _checks.MinicnnError(f"{where}: {problem}") from None
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError) as problem:
        raise _checks.error(where, "the configuration is damaged",
                            received=f"{type(problem).__name__}: {problem}") from None


def built(row: Row, name: str, config: Mapping[str, Any], where: str) -> Any:
    """The object of the row's class with Keras's configuration, if that says nothing that minicnn cannot do."""
    known = set(arguments(row))
    values = {}
    for key, value in config.items():
        argument = row.older.get(key, key)
        if argument in known:
            values[argument] = read_value(argument, value, f"{where}: {key}")
        elif key not in row.known:
            raise _checks.error(where, f"minicnn's {name} has no argument {key!r}", received=short(value))
        else:
            meaning = row.known[key]
            if meaning is not None and value not in meaning:
                raise _checks.error(where, f"minicnn's {name} has no {key}", " or ".join(map(repr, meaning)),
                                    short(value))
    with told(where):
        return row.ours(**values)


def read_value(name: str, value: Any, where: str) -> Any:
    """An argument's value, from its name and what Keras wrote."""
    if name == "activation":
        return read_function(value, where)
    if name.endswith("_initializer"):
        return read_initializer(value, where)
    if name.endswith("_regularizer"):
        return read_regularizer(value, where)
    if name == "learning_rate" and isinstance(value, dict):
        return read(value, SCHEDULES, "learning rate schedule", where)
    if name == "dtype":
        return read_type(value, where)
    if isinstance(value, dict) and value.get("class_name") in ("__numpy__", "__tensor__"):
        return _numbers(value, where)
    if isinstance(value, dict):
        raise _checks.error(where, "this is not understood", "a plain value", short(value))
    if name == "axis" and isinstance(value, list) and len(value) == 1:
        return value[0]  # Keras 2
    return value


def _numbers(value: dict[str, Any], where: str) -> Any:
    """An array that is written out as a list."""
    config = value.get("config")
    return _checks.numeric(config.get("value") if isinstance(config, dict) else None, where).tolist()


def read_function(value: Any, where: str) -> ActivationFunction:
    """An activation function: a name, a function written as a dict, or a layer in place of a function."""
    if isinstance(value, dict) and value.get("class_name") == "function":
        value = value.get("config")
    if isinstance(value, dict):
        return read_layer_as_function(value, where)
    if value is None:
        return activations.linear
    name = _ALSO_CALLED.get(value, value) if isinstance(value, str) else value
    return _checks.named(f"{where}: activation", name, _FUNCTIONS)


def read_layer_as_function(value: dict[str, Any], where: str) -> ActivationFunction:
    """``activation=keras.layers.ReLU(max_value=1)``, and the like."""
    from minicnn.layers import Activation
    from minicnn.models.keras.table import LAYERS

    functions = {name: row for name, row in LAYERS.items() if issubclass(row.ours, Activation)}
    layer: Activation = read(value, functions, "activation", where)
    return layer.function


def read_initializer(value: Any, where: str) -> Initializer:
    """A name, or a dict."""
    if not isinstance(value, dict):
        return initializers.get(value)
    initializer: Initializer = read(value, INITIALIZERS, "initializer", where)
    return initializer


def read_regularizer(value: Any, where: str) -> L1L2 | None:
    """None, a name, or a dict."""
    if not isinstance(value, dict):
        return regularizers.get(value)
    regularizer: L1L2 = read(value, REGULARIZERS, "regularizer", where)
    return regularizer


def read_type(value: Any, where: str) -> str:
    """The type of parameters: a name, or a policy with a name."""
    name = value["config"].get("name") if isinstance(value, dict) and isinstance(value.get("config"), dict) else value
    if name is None:
        return "float32"
    if name not in ("float32", "float64"):
        raise _checks.error(where, "minicnn computes in one type", "'float32' or 'float64'", short(name), cure=
                            "Save the model with the policy 'float32'.")
    return str(name)


def short(value: Any) -> str:
    """What came, cut where it is long."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
