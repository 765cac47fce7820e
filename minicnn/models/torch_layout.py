"""PyTorch's names and axis orders, and ours.

    layer             torch                                      here
    Conv2D            weight (F, C/groups, kh, kw)               kernel (kh, kw, C/groups, F)
    Conv2DTranspose   weight (C, F, kh, kw)                      kernel (kh, kw, F, C)
    DepthwiseConv2D   weight (C*M, 1, kh, kw)                    kernel (kh, kw, C, M)
    Dense             weight (out, in)                           kernel (in, out)
    BatchNormalization  weight, bias, running_mean, running_var  gamma, beta, moving_mean, moving_variance

Torch keeps images as (C, H, W) and flattens them in that order, where here channels change fastest. So behind a
`Flatten` the inputs of a `Dense` (and the numbers of a `BatchNormalization`) are put into the other order.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from minicnn import _checks
from minicnn._types import Array, Shape
from minicnn.graph import Graph
from minicnn.layers import (
    BatchNormalization,
    Concatenate,
    Conv2D,
    Conv2DTranspose,
    Dense,
    DepthwiseConv2D,
    Flatten,
    Layer,
    Reshape,
)
from minicnn.layers.nodes import Node
from minicnn.models.filling import Filling, in_memory
from minicnn.models.network import Network

Module = dict[str, Array]
"""The arrays of one module of torch, by their names in it."""
IGNORED = "num_batches_tracked"
NORMALIZATION = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var"}


class Part(NamedTuple):
    """A parameter as torch has it: its name and shape there, and the way from there to here and back."""

    name: str
    shape: Shape
    to_ours: Callable[[Array], Array]
    to_torch: Callable[[Array], Array]


def state_dict(model: Network, names: Mapping[str, str] | None, where: str) -> dict[str, Array]:
    """The weights as torch has them: ``"conv1.weight"``. names: torch's name of a module for that of a layer."""
    known = _layers(model, names, where)
    return {f"{name}.{part.name}" if name else part.name: part.to_torch(model.graph.leaves[path][-1].params[key])
            for path, (name, parts) in known.items() for key, part in parts.items()}


def match_torch(state: Mapping[str, Array], model: Network, names: Mapping[str, str] | None, where: str) -> Filling:
    """The arrays of a state dict matched with the layers of a model, not written yet.

    A layer takes the module of its name, or of that in ``names``, where there is one for every layer. Otherwise
    layers and modules with arrays of the same shapes belong together, in the order of the model and in that of the
    numbers in torch's names: a .safetensors file keeps no other order. Where that leaves a doubt it is refused.
    """
    known, modules, filling = _layers(model, names, where), _modules(state), Filling(where)
    given = {path: name for path, (name, _) in known.items()}
    if not all(name in modules for name in given.values()):
        given = {path: name for path, name in given.items() if path in (names or ())}
        free = {name: module for name, module in modules.items() if name not in given.values()}
        given |= _by_shapes({path: parts for path, (_, parts) in known.items() if path not in given}, free, where)
    for path, (_, parts) in known.items():
        name = given.get(path, "")
        module = modules.get(name) if path in given else None
        wanted = {part.name: part.shape for part in parts.values()}
        if module is None:
            filling.wrong.append(f"{path} needs {_told(wanted)}, and the file has no module like that for it")
        elif _shapes(module) != wanted:
            filling.wrong.append(f"{path} needs {_told(wanted)}, and {name!r} in the file has {_told(_shapes(module))}")
        else:
            stored = [in_memory(f"{name}.{part.name}", part.to_ours(module[part.name])) for part in parts.values()]
            filling.layer(path, model.graph.leaves[path][-1].params, stored)
    filling.wrong += [f"{name!r} in the file has {_told(_shapes(module))} and belongs to no layer"
                      for name, module in modules.items() if name not in given.values()]
    return filling


# -- names ---------------------------------------------------------------------------------------


def _modules(state: Mapping[str, Array]) -> dict[str, Module]:
    """The arrays by module, in the order of the numbers in the names."""
    modules: dict[str, Module] = {}
    for name in sorted(state, key=lambda name: [int(part) if part.isdecimal() else part
                                                for part in re.split(r"(\d+)", name)]):
        module, _, key = name.rpartition(".")
        if key != IGNORED:
            modules.setdefault(module, {})[key] = state[name]
    return modules


def _by_shapes(layers: Mapping[str, Mapping[str, Part]], modules: Mapping[str, Module], where: str
               ) -> dict[str, str]:
    """Layers and modules whose arrays have the same shapes, one after the other."""
    alike: dict[frozenset[tuple[str, Shape]], list[str]] = {}
    for name, module in modules.items():
        alike.setdefault(frozenset(_shapes(module).items()), []).append(name)
    for several in alike.values():
        if len({re.sub(r"\d+", "#", name) for name in several}) > 1:
            raise _checks.error(where, "modules of the same shapes are not numbered, so their order is not known",
                                received=", ".join(several), cure="Say which layer has which: names={'layer': 'module'"
                                ", ...}, or name the layers as in torch.")
    wanted = {path: frozenset((part.name, part.shape) for part in parts.values()) for path, parts in layers.items()}
    return {path: alike[shapes].pop(0) for path, shapes in wanted.items() if alike.get(shapes)}


def _shapes(module: Module) -> dict[str, Shape]:
    return {key: array.shape for key, array in module.items()}


def _told(shapes: Mapping[str, Shape]) -> str:
    return ", ".join(f"{key} {shape}" for key, shape in shapes.items())


# -- axes ----------------------------------------------------------------------------------------


def _layers(model: Network, names: Mapping[str, str] | None, where: str
            ) -> dict[str, tuple[str, dict[str, Part]]]:
    """The layers that have parameters, by path: torch's name, and the parameters by our name."""
    orders, known = _flattened(model.graph, where), {}
    for path, chain in model.graph.leaves.items():
        if chain[-1].has_parameters:
            name = (names or {}).get(path, path.replace("/", "."))
            known[path] = name, _parts(chain[-1], orders.get(chain[-1]), where)
    for path in names or ():
        if path not in known:
            raise _checks.unknown(f"{where}: names: the layer", path, known)
    return known


def _parts(layer: Layer, order: Array | None, where: str) -> dict[str, Part]:
    """The parameters of a layer; order: where torch has each number of its flattened input."""
    shapes = layer.shapes()
    if isinstance(layer, BatchNormalization):
        return {key: _vector(NORMALIZATION[key], shape, order) for key, shape in shapes.items()}
    if isinstance(layer, DepthwiseConv2D):
        kernel = _depthwise(shapes["kernel"])
    elif isinstance(layer, (Conv2D, Conv2DTranspose)):
        kernel = _convolution(shapes["kernel"])
    elif isinstance(layer, Dense):
        kernel = _dense(shapes["kernel"], order)
    else:
        raise _checks.error(where, f"{layer} has no counterpart in torch")
    return {key: kernel if key == "kernel" else _vector(key, shape, None) for key, shape in shapes.items()}


def _convolution(shape: Shape) -> Part:
    return Part("weight", tuple(shape[axis] for axis in (3, 2, 0, 1)), lambda theirs: theirs.transpose(2, 3, 1, 0),
                lambda ours: ours.transpose(3, 2, 0, 1))


def _depthwise(shape: Shape) -> Part:
    kh, kw, channels, multiplier = shape
    theirs_split, theirs_shape = (channels, multiplier, kh, kw), (channels * multiplier, 1, kh, kw)
    return Part("weight", theirs_shape, lambda theirs: theirs.reshape(theirs_split).transpose(2, 3, 0, 1),
                lambda ours: ours.transpose(2, 3, 0, 1).reshape(theirs_shape))


def _dense(shape: Shape, order: Array | None) -> Part:
    rows = np.arange(shape[0]) if order is None else order
    return Part("weight", shape[::-1], lambda theirs: theirs.T[rows], lambda ours: ours[np.argsort(rows)].T)


def _vector(name: str, shape: Shape, order: Array | None) -> Part:
    places = np.arange(shape[0]) if order is None else order
    return Part(name, shape, lambda theirs: theirs[places], lambda ours: ours[np.argsort(places)])


def _flattened(graph: Graph, where: str) -> dict[Layer, Array | None]:
    """Where torch has each number of the input of a layer, for layers behind a flattened image; None for others."""
    behind: dict[Node, Array | None] = {}
    orders: dict[Layer, Array | None] = {}
    for node in graph.nodes:
        before = [behind[other] for other in node.inputs] if node not in graph.inputs else []
        if node.step.has_parameters:
            first = orders.setdefault(node.step, before[0])
            if not _same(first, before[0]):
                raise _checks.error(where, f"{node.step} has inputs that torch orders in different ways")
        behind[node] = _order_behind(node, before, where)
    return orders


def _order_behind(node: Node, before: Sequence[Array | None], where: str) -> Array | None:
    """Where torch has each number of a node's value, if that is a flattened image or made of it number by number."""
    shapes = [other.sample_shape for other in node.inputs]
    if not before or len(node.sample_shape) != 1:
        if any(order is not None for order in before) and not (
                len(node.sample_shape) == 3 and _same(before[0], _torch_places(node.sample_shape))):
            raise _checks.error(where, f"torch has the numbers in another order before {node.step}, and how it goes on "
                                "with them there is not known")
        return None
    if isinstance(node.step, (Flatten, Reshape)) and len(shapes[0]) == 3:
        return _torch_places(shapes[0])
    if isinstance(node.step, Concatenate):
        return _side_by_side(before, [shape[0] for shape in shapes])
    if node.step.has_parameters and not isinstance(node.step, BatchNormalization):
        return None
    if not all(_same(before[0], order) for order in before):
        raise _checks.error(where, f"{node.step} has inputs that torch orders in different ways")
    return before[0] if len(shapes[0]) == 1 else None


def _torch_places(shape: Shape) -> Array:
    """For each number of an image (H, W, C) flattened here, its place in the (C, H, W) flattened by torch."""
    height, width, channels = shape
    return np.arange(height * width * channels).reshape(channels, height, width).transpose(1, 2, 0).ravel()


def _side_by_side(orders: Sequence[Array | None], lengths: Sequence[int]) -> Array | None:
    if all(order is None for order in orders):
        return None
    starts = np.cumsum([0, *lengths[:-1]])
    return np.concatenate([start + (np.arange(length) if order is None else order)
                           for start, length, order in zip(starts, lengths, orders, strict=True)])


def _same(one: Array | None, other: Array | None) -> bool:
    return one is other or (one is not None and other is not None and np.array_equal(one, other))
