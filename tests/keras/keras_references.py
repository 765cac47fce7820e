"""The stored answers of Keras: compressed ``.npz`` files of flat arrays and one JSON text that says what is where.

Two flat arrays a file, ``float32`` and ``float64``, and not one array for each answer: there are a thousand
answers, and an array's own header is as long as most of them. Nothing is ever unpickled.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import function_cases
import keras_cases as cases
import keras_conv_norm
import keras_models
import keras_networks
import keras_optimizer_cases
import keras_plain_layers
import numpy as np
from keras_cases import Case

FOLDER = Path(__file__).with_name("references")

FILES: dict[str, list[Case]] = {
    "conv2d": cases.CONVOLUTIONS,
    "conv2d_by_parts": cases.STRIDED_AND_DILATED,
    "pools": cases.POOLS,
    "layers": [*cases.DENSE, *cases.ACTIVATIONS],
    "plain_layers": keras_plain_layers.PLAIN_LAYERS,
    "training": [*cases.CROSSENTROPIES, *cases.SQUARED_ERRORS, *cases.SGD, *cases.SCHEDULES],
    **keras_conv_norm.CASES,
    "optimizers": [*keras_optimizer_cases.OPTIMIZERS, *keras_optimizer_cases.DECAYS],
    "networks": keras_networks.NETWORKS,
    "models": keras_models.MODELS,
    "initializers": cases.DRAWS,
    "functions": function_cases.FUNCTIONS,
    "losses": function_cases.LOSSES,
}
"""Which cases are in which file."""

ROUNDED = ("conv2d", "conv2d_by_parts", "depthwise", "transposed", "pool", "lenet5 gradients",
           "lenet5_modern gradients")
"""Families and networks of which there is much: computed in float64 like the others, but stored in float32."""

Answers = dict[str, dict[str, np.ndarray]]


def stored_type(case: Case) -> str:
    return "float32" if case.family in ROUNDED or case.name in ROUNDED else "float64"


def fingerprint() -> str:
    """Of the numbers that the cases start from: another one means that the stored answers answer other questions."""
    return hashlib.sha256(cases.noise("fingerprint", (10_000,)).tobytes()).hexdigest()


def write(name: str, answers: Answers, refused: dict[str, str], about: dict[str, Any]) -> int:
    """Write one file; returns its size in bytes."""
    flat: dict[str, list[np.ndarray]] = {"float32": [], "float64": []}
    index: dict[str, dict[str, Any]] = {}
    for case in FILES[name]:
        kind = stored_type(case)
        for key, array in answers.get(case.name, {}).items():
            offset = sum(a.size for a in flat[kind])
            index.setdefault(case.name, {})[key] = [kind, offset, list(array.shape)]
            flat[kind].append(array.astype(kind).ravel())
    text = json.dumps({**about, "fingerprint": fingerprint(), "refused": refused, "cases": index})
    arrays = {kind: np.concatenate([np.zeros(0, kind), *parts]) for kind, parts in flat.items()}
    path = FOLDER / f"{name}.npz"
    np.savez_compressed(path, json=np.frombuffer(text.encode(), np.uint8), **arrays)
    return path.stat().st_size


def read(name: str) -> tuple[dict[str, Any], Answers]:
    """(what the JSON text says, the answers by case)."""
    with np.load(FOLDER / f"{name}.npz", allow_pickle=False) as file:
        about = json.loads(file["json"].tobytes())
        flat = {kind: file[kind] for kind in ("float32", "float64")}
    return about, {case: {key: flat[kind][offset:offset + int(np.prod(shape))].reshape(shape)
                          for key, (kind, offset, shape) in places.items()}
                   for case, places in about["cases"].items()}


def deviation(found: np.ndarray, expected: np.ndarray) -> float:
    """The largest difference, relative to the largest expected number; infinite when the shapes differ."""
    found, expected = np.asarray(found), np.asarray(expected)
    if found.shape != expected.shape:
        return float("inf")
    largest = float(np.abs(expected).max(initial=0)) or 1.0
    return float(np.abs(found.astype(np.float64) - expected).max(initial=0)) / largest


def disagreements(found: dict[str, np.ndarray], expected: dict[str, np.ndarray], tolerance: float) -> list[str]:
    """What a test prints: the arrays that deviate (or hold NaN), and those that only one of the two has."""
    wrong = [f"{key}: only one has it" for key in sorted(found.keys() ^ expected.keys())]
    for key in sorted(found.keys() & expected.keys()):
        error = deviation(found[key], expected[key])
        if not error <= tolerance:
            wrong.append(f"{key}: deviates by {error:.2e}, allowed are {tolerance:.0e}; {found[key].shape} numbers "
                         f"against {expected[key].shape}")
    return wrong
