"""The layout of legacy ``.h5`` weights: whole models of Keras 1 to 3, and weights-only files of Keras 1 and 2.

    layer_names                      an attribute: the layers in the order of the model
    conv1                            a group for each, with an attribute weight_names
    conv1/conv1/kernel:0             an array, at the path below its layer that weight_names gives

A layer that is a model has the arrays of all layers inside: first those that are trained, then the others. In the
file of a whole model all this lies in the group ``model_weights``.
"""

from collections.abc import Sequence
from typing import Any

from minicnn import _checks
from minicnn._types import Array
from minicnn.layers.base import Layer
from minicnn.models.filling import Filling, Stored
from minicnn.models.keras import _h5
from minicnn.models.network import Network

KERAS = "3.0.0"
"""The version that files name. Without one Keras takes them for files of Keras 1, whose kernels it turns around."""


def write_legacy(group: Any, model: Network) -> None:
    """Write the weights of all layers into a group: the root, or ``model_weights`` in the file of a whole model."""
    _h5.write_texts(group, "layer_names", [layer.name for layer in model.layers])
    group.attrs["backend"] = b"numpy"
    group.attrs["keras_version"] = KERAS.encode()
    for layer in sorted(model.layers, key=lambda layer: layer.name):
        _write_arrays(group.create_group(layer.name), arrays_of(layer))
    _write_arrays(group.create_group("top_level_model_weights"), {})


def _write_arrays(group: Any, arrays: dict[str, Array]) -> None:
    _h5.write_texts(group, "weight_names", list(arrays))
    for name, array in arrays.items():
        _h5.write_array(group, name, array)


def read_legacy(group: Any, model: Network, where: str, by_name: bool = False, skip_mismatch: bool = False) -> None:
    """Read the weights of all layers, all or none: see `match_legacy`."""
    match_legacy(group, model, where, by_name).write(skip_mismatch)


def match_legacy(group: Any, model: Network, where: str, by_name: bool = False) -> Filling:
    """The arrays in a group matched with the layers of a model, not written yet.

    The layers that have weights are matched in order, whatever their names; or by_name, and then layers that only
    the model or only the file has are left as they are.
    """
    filling = Filling(where)
    layers = [layer for layer in model.layers if layer.has_parameters]
    stored = _stored_layers(group, where)
    if by_name:
        pairs = [(layer, layer.name) for layer in layers if layer.name in stored]
    elif len(layers) == len(stored):
        pairs = list(zip(layers, stored, strict=True))
    else:
        raise _checks.error(where, "the number of layers with weights does not fit the model",
                            _listed([layer.name for layer in layers]), _listed(list(stored)),
                            "by_name=True loads the layers whose names are the same.")
    for layer, name in pairs:
        ours = arrays_of(layer)
        filling.layer(layer.name, {path.partition("/")[2]: array for path, array in ours.items()},
                      _in_our_order(stored[name], ours), f"{name!r} in the file")
    return filling


def arrays_of(layer: Layer) -> dict[str, Array]:
    """The arrays of a layer by "layer/kernel", or "model/layer/kernel": first those that are trained, then others."""
    both: tuple[dict[str, Array], dict[str, Array]] = {}, {}
    for path, chain in layer.leaves().items() if layer.has_parameters else ():
        moves = all(one.trainable for one in chain)
        for name, array in chain[-1].params.items():
            both[not (moves and name in chain[-1].learned)][f"{path}/{name}"] = array
    return both[0] | both[1]


def _stored_layers(group: Any, where: str) -> dict[str, list[tuple[str, Stored]]]:
    """The layers in the file that have arrays, in order, each with these and their names."""
    names = _h5.texts(group, "layer_names", where)
    if names is None:
        raise _checks.error(where, "this group has no weights of layers", "an attribute 'layer_names'")
    found = {}
    for name in names:
        layer = _h5.find(group, name, where)
        if not _h5.is_group(layer):
            raise _checks.error(where, f"the layer {name!r} is listed, but missing")
        arrays = [(path, _h5.stored(layer, path, where)) for path in _h5.texts(layer, "weight_names", where) or ()]
        for path, stored in arrays:
            if stored is None:
                raise _checks.error(where, f"the array {path!r} of the layer {name!r} is listed, but missing")
        if arrays:
            found[name] = [(path, stored) for path, stored in arrays if stored is not None]
    return found


def _in_our_order(stored: list[tuple[str, Stored]], ours: dict[str, Array]) -> list[Stored]:
    """The arrays in the order of ours: by name where the names are the same, otherwise as they come.

    In a model in a model the order depends on which layers were frozen when the file was written.
    """
    by_name = {_short(path): one for path, one in stored}
    names = [_short(path) for path in ours]
    if len(set(names)) == len(stored) and by_name.keys() == set(names):
        return [by_name[name] for name in names]
    return [one for _, one in stored]


def _short(path: str) -> str:
    """``conv/kernel`` for ``inner/conv/kernel:0``."""
    return "/".join(path.split(":")[0].split("/")[-2:])


def _listed(names: Sequence[str]) -> str:
    return f"{len(names)} ({', '.join(names)})"
