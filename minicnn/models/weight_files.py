"""The weights of a model as a file, and back: which of the formats a file has, and what goes into it.

    .weights.h5     Keras 3
    .h5, .hdf5      Keras 1 and 2: "legacy"
    .safetensors    ours, or with layout="torch" PyTorch's
    .npz            ours
"""

import io
import os
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from minicnn import _checks, saving
from minicnn._files import atomic_write
from minicnn._types import Array
from minicnn.models import safetensors, torch_layout
from minicnn.models.filling import Filling, MisfitError, in_memory
from minicnn.models.keras import _h5, legacy, optimizer_state, weights
from minicnn.models.layer_names import renumbered

if TYPE_CHECKING:
    from minicnn.models.model import Model

ENDINGS = (".weights.h5", ".h5", ".hdf5", ".safetensors", ".npz")
KERAS_MEMBER = "model.weights.h5"
LAYOUTS = ("minicnn", "torch")


def save_weights(model: "Model", filepath: str | os.PathLike[str], overwrite: bool, layout: str,
                 names: Mapping[str, str] | None) -> None:
    """See `Model.save_weights`."""
    path, where = _path(filepath), f"{model}.save_weights {os.fspath(filepath)!r}"
    _check_layout(path, layout, names, where)
    if not path.name.endswith(ENDINGS):
        raise _checks.error(where, "unknown kind of file", f"a name that ends in {' or '.join(ENDINGS)}",
                            repr(path.suffix), "Whole models are written by model.save.")
    if not overwrite and path.exists():
        raise _checks.error(where, "the file exists", cure="Pass overwrite=True.")
    if path.suffix == ".npz":
        saving.write(path, {"weights": "minicnn"}, {f"weights/{name}": array for name, array in model.params.items()})
        return
    data = _bytes(model, path, layout, names, where)
    with atomic_write(path) as file:
        file.write(data)


def _bytes(model: "Model", path: Path, layout: str, names: Mapping[str, str] | None, where: str) -> bytes:
    if path.suffix == ".safetensors":
        torch = layout == "torch"
        arrays = torch_layout.state_dict(model, names, where) if torch else model.params
        return safetensors.written(arrays, "pt" if torch else "np")

    def fill(group: Any) -> None:
        if not path.name.endswith(".weights.h5"):
            legacy.write_legacy(group, model)
            return
        weights.write_keras3(group, model)
        if model.compiled is not None and model.optimizer.iterations:
            optimizer_state.write_optimizer(group, model)

    return _h5.written(fill)


def load_weights(model: "Model", filepath: str | os.PathLike[str], skip_mismatch: bool, by_name: bool, layout: str,
                 names: Mapping[str, str] | None) -> None:
    """See `Model.load_weights`."""
    path, where = _path(filepath), f"{model}.load_weights {os.fspath(filepath)!r}"
    _check_layout(path, layout, names, where)
    data = _read(path, where)
    if path.suffix == ".safetensors":
        _refuse_by_name(by_name, where)
        arrays = safetensors.read(data, where)
        if layout == "torch":
            torch_layout.match_torch(arrays, model, names, where).write(skip_mismatch)
        else:
            _match_named(arrays, model, where).write(skip_mismatch)
    elif path.suffix == ".npz":
        _refuse_by_name(by_name, where)
        _, arrays = saving.read(path)
        found = {name.removeprefix("weights/"): array for name, array in arrays.items() if name.startswith("weights/")}
        _match_named(found, model, where).write(skip_mismatch)
    elif path.suffix in (".h5", ".hdf5", ".keras") or data.startswith(_h5.SIGNATURE):
        _load_h5(model, _archived(data, where) if path.suffix == ".keras" else data, skip_mismatch, by_name, where)
    else:
        raise _checks.error(where, "the file is of no known kind, or damaged",
                            f"one that was saved under a name that ends in {' or '.join(ENDINGS)}", cure=
                            "Weights of PyTorch come as .safetensors." if path.suffix in (".pt", ".pth") else None)


def _load_h5(model: "Model", data: bytes, skip_mismatch: bool, by_name: bool, where: str) -> None:
    """From Keras 3's layout or the older one, whichever the file has."""
    with _h5.reading(data, where) as root:
        inside = _h5.find(root, "model_weights", where)
        group = root if inside is None else inside
        if _h5.texts(group, "layer_names", where) is not None:
            legacy.match_legacy(group, model, where, by_name).write(skip_mismatch)
            return
        _refuse_by_name(by_name, where)
        filling = weights.match_keras3(root, model, where)
        state = None if filling.wrong and not skip_mismatch else _state(root, model, where)
        filling.write(skip_mismatch)
        if state is not None:
            state.write()


def _state(root: Any, model: "Model", where: str) -> optimizer_state.State | None:
    """The optimizer's state, for an optimizer that has moved the model already; any other stays as it was compiled,
    with its own learning rate. Both as in Keras."""
    stored = _h5.numbered(root, "optimizer/vars", where)
    if not stored or model.compiled is None or not model.optimizer.iterations:
        return None
    try:
        return optimizer_state.match_state(model, stored, where)
    except MisfitError as problem:
        warnings.warn(f"{problem} The optimizer was left as it is.", stacklevel=5)
        return None


def _match_named(arrays: Mapping[str, Array], model: "Model", where: str) -> Filling:
    """Arrays named as in ``model.params``, matched with the layers."""
    rest, names = dict(arrays), {name: name for name in model.params}
    if rest.keys() != names.keys():  # the same model, built once more, has other automatic names
        kinds = {weights.kind_of(layer) for chain in model.graph.leaves.values() for layer in chain}
        there = {new: name for name, new in renumbered(rest, kinds).items()}
        names = {name: there.get(new, name) for name, new in renumbered(names, kinds).items()}
    filling = Filling(where)
    for path, chain in model.graph.leaves.items():
        targets = chain[-1].params if chain[-1].has_parameters else {}
        stored = {key: names[f"{path}/{key}"] for key in targets}
        filling.named(path, targets, {key: in_memory(name, rest.pop(name))
                                      for key, name in stored.items() if name in rest})
    filling.wrong += [f"the file has {name!r}, which belongs to no layer" for name in rest]
    if rest and not any("/" in name for name in arrays):
        raise _checks.error(where, "the names in the file are not those of minicnn", "names such as 'conv/kernel'",
                            ", ".join(sorted(arrays)[:3]), "Pass layout='torch' if they are PyTorch's.")
    return filling


def _archived(data: bytes, where: str) -> bytes:
    """The weights in a .keras archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return archive.read(KERAS_MEMBER)
    except Exception as problem:  # zipfile raises half a dozen kinds of error on damaged bytes
        raise _checks.error(where, "the archive is damaged or has no weights",
                            received=f"{type(problem).__name__}: {problem}") from None


def _path(filepath: str | os.PathLike[str]) -> Path:
    if not isinstance(filepath, (str, os.PathLike)):
        raise _checks.error("weights file", "this is not the name of a file", received=repr(filepath))
    return Path(filepath)


def _read(path: Path, where: str) -> bytes:
    if not path.is_file():
        raise _checks.error(where, "there is no such file")
    try:
        return path.read_bytes()
    except OSError as problem:
        raise _checks.error(where, "the file cannot be read", received=problem.strerror) from None


def _check_layout(path: Path, layout: str, names: Mapping[str, str] | None, where: str) -> None:
    if layout not in LAYOUTS:
        raise _checks.error(where, "unknown layout", " or ".join(map(repr, LAYOUTS)), repr(layout))
    if layout == "torch" and path.suffix != ".safetensors":
        raise _checks.error(where, "layout='torch' goes with .safetensors files", received=repr(path.suffix))
    if names is not None and layout != "torch":
        raise _checks.error(where, "names go with layout='torch'")


def _refuse_by_name(by_name: bool, where: str) -> None:
    if by_name:
        raise _checks.error(where, "by_name goes with legacy .h5 files", cure="Leave it out.")
