"""What users hand over as data, checked against a model: arrays for its inputs, targets for its outputs, weights."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn import _checks
from minicnn._data import Data, by_name, joined, parts, unlisted
from minicnn._types import Array, Shape
from minicnn.feeding import check_weight
from minicnn.layers.nodes import Node
from minicnn.training import Target


def inputs(nodes: Sequence[Node], data: Any, where: str) -> Data:
    """An array, or a tuple of them, for the nodes where values come in."""
    if len(nodes) == 1:
        data = unlisted(data, lambda array: array.ndim == len(nodes[0].shape))
    given = by_name(data, [node.owner.name for node in nodes], "input", where)
    arrays = [_input(x, node, where if len(given) == 1 else f"{where}: {node.owner.name}")
              for x, node in zip(given, nodes, strict=True)]
    if len({len(x) for x in arrays}) > 1:
        raise _checks.error(where, "the inputs are not of one length", received=[len(x) for x in arrays])
    return joined(arrays)


def cast(nodes: Sequence[Node], data: Data, where: str) -> list[Array]:
    """The arrays for the inputs, checked before, in the float type of each."""
    return [_as_float(x, node.owner.dtype, where) for x, node in zip(parts(data), nodes, strict=True)]


def targets(nodes: Sequence[Node], settled: Sequence[Target], data: Any, rows: int, where: str) -> Data:
    """The targets of so many rows for the nodes where values come out, as the losses settled for them want them."""
    if len(nodes) == 1:
        data = unlisted(data, lambda array: array.shape[:1] == (rows,))
    names, arrays = [node.call.layer.name for node in nodes], []
    for values, node, target in zip(by_name(data, names, "output", where), nodes, settled, strict=True):
        name = f"y of {node.call.layer.name}" if len(nodes) > 1 else "y"
        array = _checks.numeric(values, f"{where}: {name}")
        if array.shape[:1] != (rows,):
            raise _checks.error(where, f"x and {name} are not of one length", f"{rows} targets", f"shape {array.shape}")
        _checks.finite(array, f"{where}: {name}")
        if target.loss is not None:
            target.loss.check_target(array, node.sample_shape)
        arrays.append(array)
    return joined(arrays)


def weights(nodes: Sequence[Node], data: Any, rows: int, where: str) -> Data:
    """What each row weighs: an array for all outputs, or one for each."""
    several = isinstance(data, (tuple, dict)) or (
        isinstance(data, list) and any(isinstance(one, np.ndarray) for one in data))
    if len(nodes) == 1:
        data = unlisted(data, lambda array: array.shape == (rows,))
    elif several:
        data = tuple(by_name(data, [node.call.layer.name for node in nodes], "output", f"{where} sample_weight"))
    return check_weight(data, rows, where)


def _input(data: Any, node: Node, where: str) -> Array:
    x = _checks.numeric(data, where)
    if not x.ndim or not len(x):
        raise _checks.error(where, "there is no data", received=f"shape {x.shape}")
    expected = node.sample_shape
    if x.shape[1:] != expected:
        raise _checks.error(where, "the data do not fit the model's input",
                            f"shape (N, {', '.join(map(str, expected))})", f"shape {x.shape}",
                            _cure(x.shape, expected))
    _checks.finite(x, f"{where}: x")
    return x


def _cure(received: Shape, expected: Shape) -> str | None:
    """What helps in the slips that are easy to make."""
    if received == expected:
        return "The batch axis is missing: pass x[None]."
    if (*received[1:], 1) == expected:
        return "The channel axis is missing: pass x[..., None]."
    if (*received, 1) == expected:
        return "The batch and channel axes are missing: pass x[None, ..., None]."
    if len(received) == 4 and (*received[2:], received[1]) == expected:
        return "Channels come last here: pass x.transpose(0, 2, 3, 1)."
    return None


def _as_float(x: Array, dtype: str, where: str) -> Array:
    try:
        with np.errstate(over="raise"):
            cast: Array = np.asarray(x, dtype)
    except FloatingPointError:
        raise _checks.error(where, f"the data are too large for {dtype}", received=np.abs(x).max(),
                            cure="Scale the data.") from None
    return cast
