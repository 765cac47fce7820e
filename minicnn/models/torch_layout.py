"""PyTorch's state dicts: which module belongs to which layer. For the order of axes see `torch_axes`."""

import re
from collections.abc import Mapping

from minicnn import _checks
from minicnn._types import Array, Shape
from minicnn.models.filling import Filling, in_memory
from minicnn.models.network import Network
from minicnn.models.torch_axes import Part, flattened, parts_of

Module = dict[str, Array]
"""The arrays of one module of torch, by their names in it."""
IGNORED = "num_batches_tracked"


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


def _layers(model: Network, names: Mapping[str, str] | None, where: str
            ) -> dict[str, tuple[str, dict[str, Part]]]:
    """The layers that have parameters, by path: torch's name, and the parameters by our name."""
    orders, known = flattened(model.graph, where), {}
    for path, chain in model.graph.leaves.items():
        if chain[-1].has_parameters:
            name = (names or {}).get(path, path.replace("/", "."))
            known[path] = name, parts_of(chain[-1], orders.get(chain[-1]), where)
    for path in names or ():
        if path not in known:
            raise _checks.unknown(f"{where}: names: the layer", path, known)
    return known
