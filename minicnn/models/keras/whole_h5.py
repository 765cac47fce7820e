"""Whole models as legacy ``.h5`` files: Keras 2's only way, Keras 3's old one.

    model_config, training_config    attributes of the root: JSON
    model_weights                    see `minicnn.models.keras.legacy`
    optimizer_weights                an attribute weight_names, and the arrays at these paths, in order

Keras 3 (3.15 at least) cannot go on training a model that it loads from such a file with the optimizer's state, its own
files included: compile it again there, or save it as ``.keras``.
"""

import json
from typing import Any

from minicnn import _checks
from minicnn.models.keras import _h5, legacy, optimizer_state
from minicnn.models.keras.compiling import compile_config, compile_from
from minicnn.models.keras.old_state import in_keras_3_order
from minicnn.models.keras.read_config import check_size, read_model
from minicnn.models.keras.rebuilding import as_builtins, recognized
from minicnn.models.keras.write_config import model_config
from minicnn.models.model import Model


def whole_h5(model: Model) -> bytes:
    """The bytes of a legacy file; the same model gives the same bytes."""
    plain = as_builtins(model)
    config, settings = _old_form(model_config(plain)), compile_config(plain)

    def fill(group: Any) -> None:
        group.attrs["keras_version"] = legacy.KERAS.encode()
        group.attrs["backend"] = b"numpy"
        _write_json(group, "model_config", config)
        legacy.write_legacy(group.create_group("model_weights"), plain)
        if settings is not None:
            settings["optimizer_config"] = settings.pop("optimizer")
            _write_json(group, "training_config", _old_form(settings))
            _write_state(group.create_group("optimizer_weights"), plain)

    return _h5.written(fill)


def read_whole_h5(data: bytes, where: str, compiled: bool = True) -> Model:
    """The model of a legacy file of Keras 2 or 3."""
    with _h5.reading(data, where) as root:
        config = _json(root, "model_config", where)
        if config is None:
            raise _checks.error(where, "the file has weights, but no model", "an attribute 'model_config'", cure=
                                "Build the model, and call its load_weights.")
        model = read_model(config, where)
        check_size(model, data, where)
        model.expect_weights()
        settings = _json(root, "training_config", where) if compiled else None
        if settings is not None:
            compile_from(model, {**settings, "optimizer": settings.get("optimizer_config")}, where)
        legacy.read_legacy(_group(root, "model_weights", where), model, where)
        if settings is not None:
            _read_state(root, model, where)
    return recognized(model)


_WITH_MODULE = ("keras.initializers", "keras.regularizers", "keras.optimizers.schedules")


def _old_form(value: Any) -> Any:
    """A configuration as Keras 3 writes it into legacy files: only arguments of layers say where their class is."""
    if isinstance(value, dict):
        left_out = () if value.get("module") in _WITH_MODULE else ("module", "registered_name")
        return {key: _old_form(item) for key, item in value.items() if key not in left_out}
    return [_old_form(item) for item in value] if isinstance(value, list) else value


def _write_json(group: Any, name: str, value: Any) -> None:
    """An attribute; beyond 64 kB it does not fit into the header of the file, as in Keras."""
    text = json.dumps(value).encode()
    if len(text) > _h5.ATTRIBUTE_LIMIT:
        raise _checks.error("saving a legacy .h5 file", f"the {name} is too long for this format",
                            f"at most {_h5.ATTRIBUTE_LIMIT} bytes", len(text), "Save it as .keras.")
    group.attrs[name] = text


def _json(group: Any, name: str, where: str) -> dict[str, Any] | None:
    text = _h5.text(group, name, where)
    if text is None:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise _checks.error(where, f"the {name} is damaged", received=str(problem)) from None
    if not isinstance(value, dict):
        raise _checks.error(where, f"the {name} is damaged", "a dict", type(value).__name__)
    return value


def _group(root: Any, name: str, where: str) -> Any:
    group = _h5.find(root, name, where)
    if not _h5.is_group(group):
        raise _checks.error(where, f"the file has no group {name!r}")
    return group


def _write_state(group: Any, model: Model) -> None:
    names = optimizer_state.names_of(model)
    _h5.write_texts(group, "weight_names", names)
    for name, array in zip(names, optimizer_state.state_of(model), strict=True):
        _h5.write_array(group, name, array)


def _read_state(root: Any, model: Model, where: str) -> None:
    """The optimizer's state; that of Keras 2 has no learning rate, which is in its configuration."""
    group = _h5.find(root, "optimizer_weights", where)
    if group is None:
        return
    names = _h5.texts(group, "weight_names", where) or []
    stored = [_h5.stored(group, name, where) for name in names]
    missing = [name for name, array in zip(names, stored, strict=True) if array is None]
    if missing:
        raise _checks.error(where, f"the array {missing[0]!r} of the optimizer is listed, but missing")
    arrays = in_keras_3_order(model, names, [array for array in stored if array is not None])
    optimizer_state.match_state(model, arrays, where).write()
