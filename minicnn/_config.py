"""Objects that can be written down and built again from their constructor's arguments.

The rule that makes it work, for ours and for learners' own classes alike: a constructor keeps each
argument under the argument's own name (``self.filters = filters``). Nothing else has to be written.
Reading calls only constructors of classes that are defined and known here; no code comes from a file.
"""

import inspect
from typing import Any, Self

import numpy as np

from minicnn import _checks

_classes: dict[str, type["Configurable"]] = {}
_constructors: dict[type["Configurable"], list[str]] = {}


class Configurable:
    """Knows its configuration as plain numbers, strings, lists and dicts, and is rebuilt from it."""

    common: tuple[str, ...] = ()
    """Arguments of the base class of a family: written down also where a constructor does not name them."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        _classes[registered_name(cls)] = cls

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, ready for JSON."""
        config, kind = {}, type(self).__name__
        for name in dict.fromkeys([*_arguments(type(self)), *self.common]):
            if not hasattr(self, name):
                raise _checks.error(kind, f"the constructor's argument {name!r} is not kept", cure=
                                    f"Write self.{name} = {name} in __init__, so that it can be saved.")
            config[name] = encode(getattr(self, name), f"{kind}: the argument {name!r}")
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """A new object from what `get_config` gave."""
        arguments = {name: decode(value) for name, value in config.items()}
        unnamed = [name for name in cls.common if name in arguments and name not in _arguments(cls)]
        later = {name: arguments.pop(name) for name in unnamed}
        try:
            thing = cls(**arguments)
        except TypeError as problem:
            raise _checks.error(cls.__name__, "the configuration does not fit the constructor",
                                received=str(problem)) from None
        for name, value in later.items():
            setattr(thing, name, tuple(value) if isinstance(value, list) else value)
        return thing


def _arguments(cls: type[Configurable]) -> list[str]:
    """`_read_arguments`, looked up once: equality of activations asks for it in every training step."""
    if cls not in _constructors:
        _constructors[cls] = _read_arguments(cls)
    return _constructors[cls]


def _read_arguments(cls: type[Configurable]) -> list[str]:
    """The names of the constructor's arguments; ``**options`` may only stand for the `common` ones."""
    named = []
    for name, argument in inspect.signature(cls).parameters.items():
        if argument.kind is argument.VAR_POSITIONAL or (argument.kind is argument.VAR_KEYWORD and not cls.common):
            raise _checks.error(cls.__name__, f"the constructor's argument {name!r} has many values and no names",
                                cure="Give each argument a name, so that it can be saved.")
        if argument.kind is not argument.VAR_KEYWORD:
            named.append(name)
    return named


def registered_name(cls: type) -> str:
    """``"layers.Conv2D"`` for a class of ours, ``"module>Class"`` for anybody else's.

    With the room it lives in: there is a ``Linear`` among the layers and one among the activations.
    """
    house, _, room = cls.__module__.partition(".")
    return f"{room.split('.')[0]}.{cls.__name__}" if house == "minicnn" else f"{cls.__module__}>{cls.__name__}"


def encode(value: Any, where: str = "configuration") -> Any:
    """A value as JSON knows it."""
    if isinstance(value, Configurable):
        return {"class_name": registered_name(type(value)), "config": value.get_config()}
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufU":
        return {"array": value.tolist(), "dtype": str(value.dtype)}
    if isinstance(value, (tuple, list)):
        return [encode(v, where) for v in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: encode(v, where) for key, v in value.items()}
    if isinstance(value, np.generic):
        value = value.item()
    if not isinstance(value, (str, int, float, type(None))):  # a bool is an int
        raise _checks.error(where, "this cannot be saved", "numbers, strings, lists, dicts, arrays, or objects of "
                            "minicnn's classes and their subclasses", repr(value))
    return value


def decode(value: Any) -> Any:
    """The mirror of `encode`; lists stay lists, constructors make tuples of them where they want."""
    if isinstance(value, dict) and value.keys() == {"class_name", "config"}:
        name = value["class_name"]
        if name not in _classes:
            raise _checks.error(f"class {name!r}", "it is not known here", cure=
                                "Import the module that defines it before you load, or check the spelling.")
        return _classes[name].from_config(value["config"])
    if isinstance(value, dict) and value.keys() == {"array", "dtype"}:
        return np.array(value["array"], dtype=value["dtype"])
    if isinstance(value, list):
        return [decode(v) for v in value]
    if isinstance(value, dict):
        return {key: decode(v) for key, v in value.items()}
    return value
