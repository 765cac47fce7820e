"""A model as a file, and back."""

import os
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from minicnn import _checks, _config, metrics, saving
from minicnn._files import atomic_write
from minicnn._types import Shape
from minicnn.losses import Loss
from minicnn.models.keras._h5 import SIGNATURE
from minicnn.optimizers import Optimizer

if TYPE_CHECKING:
    from minicnn.models.model import Model


ENDINGS = (".npz", ".keras", ".h5", ".hdf5")


def save_model(model: "Model", filepath: str | os.PathLike[str], overwrite: bool = True) -> None:
    """Write configuration, weights, and how the model was compiled, to one file; its ending says in which format.

        .npz           minicnn's own: everything
        .keras         Keras 3's
        .h5, .hdf5     the older one of Keras, "legacy"

    The file appears at once and whole, or not at all. The last two need the extra ``keras``; layers that Keras lacks
    are written as models of layers that it has (`minicnn.models.keras.builtins`), and come back as what they were.
    Metrics that are functions of yours are left out: a file holds no code.
    """
    path = Path(saving.file_name(filepath))
    if path.suffix == ".npz":
        _save_own(model, filepath, overwrite)
        return
    if path.suffix not in ENDINGS:
        raise _checks.error(f"saving {os.fspath(filepath)!r}", "unknown kind of file",
                            f"a name that ends in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}", repr(path.suffix))
    from minicnn.models.keras.archive import archive
    from minicnn.models.keras.whole_h5 import whole_h5

    if path.name.endswith(".weights.h5"):
        raise _checks.error(f"saving {os.fspath(filepath)!r}", "this is the ending of weights alone", cure=
                            "Call model.save_weights, or take another name.")
    if not overwrite and path.exists():
        raise _checks.error(f"saving {os.fspath(filepath)!r}", "the file exists", cure="Pass overwrite=True.")
    data = archive(model) if path.suffix == ".keras" else whole_h5(model)
    with atomic_write(path) as file:
        file.write(data)


def _save_own(model: "Model", filepath: str | os.PathLike[str], overwrite: bool) -> None:
    document: dict[str, Any] = {"model": _config.encode(model)}
    params = model.params
    arrays = {f"weights/{name}": value for name, value in params.items()}
    if model.compiled is not None:
        optimizer = model.compiled.optimizer
        # An optimizer may have moved another model before.
        slots = {slot: [key for key in kept if key in params] for slot, kept in optimizer.slots.items()}
        document["compile"] = {
            "optimizer": _config.encode(optimizer), "iterations": optimizer.iterations, "slots": slots,
            "steps_per_execution": model.compiled.steps_per_execution,
            "loss": [_config.encode(target.loss) for target in model.compiled.targets],
            "loss_weights": [target.weight for target in model.compiled.targets],
            "metrics": [[name for name, metric in target.metrics.items() if metrics.is_named(name, metric)]
                        for target in model.compiled.targets]}
        arrays.update({f"optimizer/{slot}/{key}": optimizer.slots[slot][key] for slot in slots for key in slots[slot]})
    saving.write(filepath, document, arrays, overwrite)


def load_model(filepath: str | os.PathLike[str], compile: bool = True) -> "Model":
    """The model in a file that `Model.save` or Keras wrote, compiled as it was. What is in the file says of which
    format it is: minicnn's own, Keras 3's ``.keras``, or legacy ``.h5`` of Keras 2 or 3.

    compile: False leaves out how the model was compiled, and the optimizer's state.

    Raises MinicnnError when the file is missing, is not such a file, is damaged, has a layer or an argument that
    minicnn lacks, or its arrays do not fit its configuration (all mismatches in one message). Nothing in the file is
    executed.
    """
    kind = _kind(filepath)
    if kind == "npz":
        return _load_own(filepath, compile)
    from minicnn.models.keras.archive import read_archive
    from minicnn.models.keras.whole_h5 import read_whole_h5

    where = f"load_model {os.fspath(filepath)!r}"
    try:
        data = Path(filepath).read_bytes()
    except OSError as problem:
        raise _checks.error(where, "the file cannot be read", received=problem.strerror) from None
    return (read_archive if kind == "keras" else read_whole_h5)(data, where, compile)


def _kind(filepath: str | os.PathLike[str]) -> str:
    """"npz", "keras" or "h5", from the first bytes and, where these do not tell, from the ending."""
    ending = saving.file_name(filepath)  # and not the number of an open file, which `open` takes, too
    try:
        with open(ending, "rb") as file:
            begin = file.read(8)
            names = zipfile.ZipFile(file).namelist() if begin.startswith(b"PK") else []
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError):
        begin, names = b"", []
    if begin == SIGNATURE or (not names and ending.endswith((".h5", ".hdf5")) and os.path.isfile(ending)):
        return "h5"
    is_keras = "config.json" in names or (not names and ending.endswith(".keras") and os.path.isfile(ending))
    return "keras" if is_keras else "npz"


def _load_own(filepath: str | os.PathLike[str], compiled: bool) -> "Model":
    document, arrays = saving.read(filepath)
    where = f"load_model {os.fspath(filepath)!r}"
    from minicnn.models.model import Model

    model = saving.rebuild(document, "model", Model, where)
    if not compiled:
        document = {"model": document["model"]}
        arrays = {name: array for name, array in arrays.items() if not name.startswith("optimizer/")}
    slots = _compile(model, document["compile"], where) if "compile" in document else {}
    saving.check_fit(_expected(model, slots), arrays, where)
    model.expect_weights()
    for name, value in model.params.items():
        value[...] = arrays[f"weights/{name}"]
    if model.compiled is not None:
        model.compiled.optimizer.slots = {
            slot: {key: arrays[f"optimizer/{slot}/{key}"] for key in keys} for slot, keys in slots.items()}
    return model


def _compile(model: "Model", how: Any, where: str) -> dict[str, list[str]]:
    """Compile the model as it was; returns the parameters that each slot of the optimizer has arrays for."""
    optimizer = saving.rebuild(how, "optimizer", Optimizer, where)
    try:
        losses = [None if config is None else saving.rebuild({"loss": config}, "loss", Loss, where)
                  for config in how["loss"]]
        model.compile(optimizer, _each(losses), _each(how["loss_weights"]), _each(how["metrics"]),
                      how.get("steps_per_execution", 1))
        optimizer.iterations = _checks.integer(how["iterations"], "iterations", "optimizer", minimum=0)
        slots = {slot: list(keys) for slot, keys in how["slots"].items()}
        strangers = {key for keys in slots.values() for key in keys} - model.shapes().keys()
        strangers |= slots.keys() - set(optimizer.slot_names)
        if strangers:
            raise KeyError(f"slots of {sorted(strangers)[0]!r}")
        return slots
    except _checks.MinicnnError as problem:
        raise _checks.MinicnnError(f"{where}: the compile settings do not fit. {problem}") from None
    except (KeyError, TypeError, AttributeError) as problem:
        raise _checks.error(where, "the compile settings are damaged",
                            received=f"{type(problem).__name__}: {problem}") from None


def _each(values: list[Any]) -> Any:
    """What `compile` wants: a list for several outputs, the thing itself for one."""
    return values[0] if len(values) == 1 else values


def _expected(model: "Model", slots: dict[str, list[str]]) -> dict[str, tuple[Shape, str]]:
    """Shape and type of each array of the file."""
    dtypes = model.dtypes()
    numbers = {name: (shape, dtypes[name]) for name, shape in model.shapes().items()}
    expected = {f"weights/{name}": number for name, number in numbers.items()}
    for slot, keys in slots.items():
        expected.update({f"optimizer/{slot}/{key}": numbers[key] for key in keys})
    return expected
