"""The layout of Keras 3's weights: ``.weights.h5``, and ``model.weights.h5`` in a ``.keras`` archive.

    layers/conv2d/vars/0          the arrays of a layer, numbered
    layers/conv2d_1/vars/0        layers are numbered by class in the order of the model, whatever their names are
    layers/sequential/layers/...  a model in the model
    vars                          the name of the model, as an attribute; each layer's vars have one, too
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from minicnn._types import Array
from minicnn.layers.base import Layer
from minicnn.layers.naming import snake_case
from minicnn.models.filling import Filling, Stored
from minicnn.models.keras import _h5
from minicnn.models.network import Network

CONTAINERS = ("layers", "_layer_checkpoint_dependencies")
"""Where a model has its layers; the second name is that of Keras 2.13 to 2.15."""


class Place(NamedTuple):
    """Where a layer stands: ``layers/conv2d_1`` in a file, ``inner/conv`` in the model.

    again: a layer that was met before, at whose first place the arrays are.
    """

    path: str
    name: str
    layer: Layer
    again: bool


def write_keras3(group: Any, model: Network) -> None:
    """Write the weights of all layers into a group, as Keras 3 has them in the root of a file."""
    group.create_group("vars").attrs["name"] = model.name
    for place in places(model):
        if not place.again:
            variables = group.create_group(f"{place.path}/vars")
            variables.attrs["name"] = place.layer.name
            for number, array in enumerate(_own(place.layer).values()):
                _h5.write_array(variables, str(number), array)


def read_keras3(group: Any, model: Network, where: str, skip_mismatch: bool = False) -> None:
    """Read the weights of all layers, all or none: see `match_keras3`."""
    match_keras3(group, model, where).write(skip_mismatch)


def match_keras3(group: Any, model: Network, where: str) -> Filling:
    """The arrays in a group matched with the layers of a model, not written yet.

    Layers that the file lacks, and layers with weights that the model lacks, are misfits.
    """
    filling, known = Filling(where), {""}
    for place in places(model):
        known.add(place.path)
        own = {} if place.again else _own(place.layer)
        stored = [] if place.again else _variables(group, place.path, where)
        if own or stored:
            filling.layer(place.name, own, stored)
    filling.wrong += [f"the file has weights at {path!r}, where the model has no layer"
                      for path in _strangers(group, "", known, where)]
    return filling


def places(model: Network) -> list[Place]:
    """The places of all layers."""
    return list(_places(model.layers, "", "", set()))


def _places(layers: Sequence[Layer], path: str, name: str, seen: set[Layer]) -> Iterator[Place]:
    counts: dict[str, int] = {}
    for layer in layers:
        kind = kind_of(layer)
        count = counts[kind] = counts.get(kind, -1) + 1
        place = Place(f"{path}layers/{kind}" + (f"_{count}" if count else ""), name + layer.name, layer, layer in seen)
        yield place
        if isinstance(layer, Network) and not place.again:
            yield from _places(layer.layers, f"{place.path}/", f"{place.name}/", seen)
        seen.add(layer)


def kind_of(layer: Layer) -> str:
    """What Keras calls the class of a layer in files: ``conv2d``; a model is ``functional``."""
    kind = type(layer).__name__
    return snake_case("Functional" if isinstance(layer, Network) and kind == "Model" else kind)


def _variables(group: Any, path: str, where: str) -> list[Stored]:
    """The arrays of the layer at a path; none where there is no such place."""
    found = (_h5.numbered(group, f"{path.replace('layers', container)}/vars", where) for container in CONTAINERS)
    return next(filter(None, found), [])


def _strangers(group: Any, path: str, known: set[str], where: str) -> list[str]:
    """The places in the file that have arrays and belong to no layer of the model."""
    strangers = []
    for container in CONTAINERS:
        layers = _h5.find(group, f"{path.replace('layers', container)}{container}", where)
        for name in _h5.names_in(layers, where) if _h5.is_group(layers) else ():
            inside = f"{path}layers/{name}"
            if inside in known:
                strangers += _strangers(group, f"{inside}/", known, where)
            elif _variables(group, inside, where) or any(
                    _h5.find(group, f"{inside.replace('layers', other)}/{other}", where) for other in CONTAINERS):
                strangers.append(inside)
    return strangers


def _own(layer: Layer) -> dict[str, Array]:
    """The arrays that a layer has itself, not in layers inside."""
    return layer.params if layer.has_parameters and not isinstance(layer, Network) else {}
