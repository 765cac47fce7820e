"""Models with other layers in the place of some: those that Keras has for those that it lacks, and back."""

import copy
from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np

from minicnn import training
from minicnn._types import Array
from minicnn.layers.base import Layer
from minicnn.layers.nodes import Input, Node, connect
from minicnn.models.keras.builtins import Part, StandIn, stand_in
from minicnn.models.keras.recognizing import recognized_layer
from minicnn.models.model import Model
from minicnn.models.sequential import Sequential

M = TypeVar("M", bound=Model)
Change = Callable[[Layer], Layer | None]
"""The layer that comes into the place of another; None where that one stays."""


def as_builtins(model: Model) -> Model:
    """The model of layers that Keras has, with the same weights, compiled in the same way; itself if it is such a one.
    """
    found: dict[Layer, StandIn] = {}
    for chain in model.graph.leaves.values():
        standing = stand_in(chain[-1])
        if standing is not None:
            found[chain[-1]] = standing
    if not found:
        return model
    plain = rebuilt(model, lambda layer: found[layer].layer if layer in found else None)
    _compile(plain, model, lambda kept: dict(_spread(model, found, kept)))
    return plain


def _spread(model: Model, found: dict[Layer, StandIn], kept: dict[str, Array]) -> Iterator[tuple[str, Array]]:
    """An optimizer's arrays, put where the parameters are now."""
    for path, chain in model.graph.leaves.items():
        standing = found.get(chain[-1])
        parts = [Part(name, name) for name in chain[-1].shapes()] if standing is None else standing.parts
        for part in parts:
            array = kept.get(f"{path}/{part.name}")
            if array is not None:
                view = part.view(array)
                shape = view.shape if standing is None else standing.layer.params[part.inner].shape
                yield f"{path}/{part.inner}", view.reshape(shape).copy()


def recognized(model: Model) -> Model:
    """The model with layers in the place of the models that `as_builtins` put there for them; itself without any."""
    found: dict[Layer, tuple[Layer, list[Part]]] = {}
    for path in _models_in(model):
        known = recognized_layer(path[-1])
        if known is not None:
            found[path[-1]] = known
    if not found:
        return model
    compact = rebuilt(model, lambda layer: found[layer][0] if layer in found else None)
    _compile(compact, model, lambda kept: dict(_gathered(model, found, kept)))
    return compact


def _models_in(model: Model, before: tuple[Model, ...] = ()) -> Iterator[tuple[Model, ...]]:
    """The models in a model, each behind those that it lies in."""
    for layer in model.layers:
        if isinstance(layer, Model):
            yield (*before, layer)
            yield from _models_in(layer, (*before, layer))


def _gathered(model: Model, found: dict[Layer, tuple[Layer, list[Part]]],
              kept: dict[str, Array]) -> Iterator[tuple[str, Array]]:
    """An optimizer's arrays as the recognized layers have them."""
    rest = dict(kept)
    for path in _models_in(model):
        if path[-1] not in found:
            continue
        layer, parts = found[path[-1]]
        prefix = "/".join(inner.name for inner in path)
        whole = {name: np.zeros_like(array) for name, array in layer.params.items()}
        seen = {}
        for part in parts:
            array = rest.pop(f"{prefix}/{part.inner}", None)
            if array is not None:
                view = part.view(whole[part.name])
                view[...] = array.reshape(view.shape)
                seen[part.name] = whole[part.name]
        yield from ((f"{prefix}/{name}", array) for name, array in seen.items())
    yield from rest.items()


def _compile(model: Model, like: Model, arrays: Callable[[dict[str, Array]], dict[str, Array]]) -> None:
    """Compile as another model is, with the optimizer's arrays put where they belong."""
    if like.compiled is None:
        return
    optimizer = copy.copy(like.optimizer)
    optimizer.slots = {slot: arrays(kept) for slot, kept in like.optimizer.slots.items()}
    model.compiled = training.Compiled(optimizer, like.compiled.targets)


def rebuilt(model: Model, change: Change) -> Model:
    """The same graph of copies of the layers, some of them changed."""
    copies: dict[Layer, Layer] = {}

    def twin(layer: Layer) -> Layer:
        if layer not in copies:
            other = change(layer)
            if other is None:
                other = rebuilt_inside(layer) if isinstance(layer, Model) else copy.deepcopy(layer)
            copies[layer] = other
        return copies[layer]

    def rebuilt_inside(inner: Model) -> Model:
        return _sequential(inner, twin) if isinstance(inner, Sequential) else _functional(inner, twin)

    return rebuilt_inside(model)


def _sequential(model: Sequential, twin: Callable[[Layer], Layer]) -> Sequential:
    start = model.graph.inputs[0]
    first = Input(start.sample_shape, name=start.owner.name, dtype=start.owner.dtype)
    return _frozen_like(model, Sequential([first, *map(twin, model.layers)], name=model.name))


def _functional(model: Model, twin: Callable[[Layer], Layer]) -> Model:
    known: dict[Node, Node] = {}
    for call in model.graph.calls:
        outputs = connect(twin(call.layer), *(known[node] for node in call.inputs))
        known.update(zip(call.outputs, outputs, strict=True))
    return _frozen_like(model, Model([known[node] for node in model.graph.inputs],
                                     [known[node] for node in model.graph.outputs], name=model.name))


def _frozen_like(model: Model, twin: M) -> M:
    if not model.trainable:
        twin.trainable = False
    return twin
