"""``.keras`` files: a zip with ``metadata.json``, ``config.json`` and ``model.weights.h5``, none of them packed."""

import io
import json
import zipfile
from typing import Any

from minicnn import _checks
from minicnn.models.keras import _h5, optimizer_state, weights
from minicnn.models.keras.compiling import compile_config, compile_from
from minicnn.models.keras.read_config import check_size, read_model
from minicnn.models.keras.rebuilding import as_builtins, recognized
from minicnn.models.keras.write_config import model_config
from minicnn.models.model import Model

KERAS = "3.0.0"
"""The oldest Keras that reads what is written here."""
CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
LARGEST_CONFIG = 50_000_000
"""Bytes. The largest networks people know have configurations of one or two million."""


def archive(model: Model) -> bytes:
    """The bytes of a ``.keras`` file; the same model gives the same bytes."""
    plain = as_builtins(model)
    config = model_config(plain)
    settings = compile_config(plain)
    if settings is not None:
        config["compile_config"] = settings

    def fill(group: Any) -> None:
        weights.write_keras3(group, plain)
        if settings is not None:
            optimizer_state.write_optimizer(group, plain)

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as file:
        for name, content in ((METADATA, json.dumps({"keras_version": KERAS, "date_saved": "1980-01-01@00:00:00"})),
                              (CONFIG, json.dumps(config)), (WEIGHTS, _h5.written(fill))):
            file.writestr(zipfile.ZipInfo(name), content)  # with zip's first date, not that of today
    return buffer.getvalue()


def read_archive(data: bytes, where: str, compiled: bool = True) -> Model:
    """The model of a ``.keras`` file. Members of other names are not looked at, and nothing is unpacked to a disk."""
    members = _members(data, where)
    try:
        config = json.loads(members[CONFIG].decode())
    except (ValueError, RecursionError) as problem:
        raise _checks.error(where, "the configuration is damaged", received=str(problem)) from None
    model = read_model(config, where)
    settings = config.get("compile_config")
    if compiled and settings:
        if not isinstance(settings, dict):
            raise _checks.error(where, "the compile settings are damaged", "a dict", type(settings).__name__)
        compile_from(model, settings, where)
    with _h5.reading(members[WEIGHTS], where) as group:
        check_size(model, members[WEIGHTS], where)
        model.expect_weights()
        weights.read_keras3(group, model, where)
        optimizer_state.read_optimizer(group, model, where)
    return recognized(model)


def _members(data: bytes, where: str) -> dict[str, bytes]:
    """The configuration and the weights. What is packed is refused unless it is as large as it is to be believed."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            missing = {CONFIG, WEIGHTS} - set(file.namelist())
            if missing:
                raise _checks.error(where, f"the archive has no {sorted(missing)[0]}", received=file.namelist()[:5])
            for name, largest in ((CONFIG, LARGEST_CONFIG), (WEIGHTS, 50 * len(data))):
                if file.getinfo(name).file_size > largest:
                    raise _checks.error(where, f"{name} would be too large", f"at most {largest} bytes",
                                        file.getinfo(name).file_size)
            return {name: file.read(name) for name in (CONFIG, WEIGHTS)}
    except _checks.MinicnnError:
        raise
    except Exception as problem:  # zipfile raises half a dozen kinds of error on damaged bytes
        raise _checks.error(where, "the archive is damaged", "a .keras file",
                            f"{type(problem).__name__}: {problem}") from None
