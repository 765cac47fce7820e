"""A living model of Keras, where that is installed."""

import importlib
from typing import Any

from minicnn import _checks
from minicnn.models.keras.compiling import compile_config
from minicnn.models.keras.optimizer_state import state_of
from minicnn.models.keras.rebuilding import as_builtins
from minicnn.models.keras.write_config import model_config
from minicnn.models.model import Model


def to_keras(model: Model) -> Any:
    """See `Model.to_keras`: made by Keras from the configuration that a file would have, without a file."""
    keras = _library(model)
    plain = as_builtins(model)
    settings = compile_config(plain)
    live = keras.saving.deserialize_keras_object(model_config(plain))
    _copy_weights(plain, live)
    if settings is not None:
        live.compile_from_config(settings)
        for variable, array in zip(live.optimizer.variables, state_of(plain), strict=True):
            variable.assign(array)
    return live


def _library(model: Model) -> Any:
    try:
        keras = importlib.import_module("keras")
    except ImportError:
        raise _checks.error(f"{model}.to_keras", "Keras is not installed here", cure=
                            "pip install keras, and torch, jax or tensorflow; or save the model as .keras.") from None
    if int(keras.__version__.split(".")[0]) < 3:
        raise _checks.error(f"{model}.to_keras", "this Keras is too old", "Keras 3", keras.__version__)
    return keras


def _copy_weights(model: Model, live: Any) -> None:
    """Copy the weights, layer by layer."""
    for layer in model.layers:
        if isinstance(layer, Model):
            _copy_weights(layer, live.get_layer(layer.name))
        elif layer.has_parameters:
            live.get_layer(layer.name).set_weights(layer.get_weights())
