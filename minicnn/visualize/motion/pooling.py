"""Pooling, step by step: the window, what it sees, what becomes of it, the output filling up."""

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn import _checks, _shapes, activations
from minicnn._types import Array, BoolArray, Pair
from minicnn.activations import ActivationFunction
from minicnn.visualize import drawing
from minicnn.visualize.animation import Film
from minicnn.visualize.motion.steps import Sliding, Step, chosen, image
from minicnn.visualize.motion.story import (
    LARGEST_IMAGE,
    MOST_STEPS,
    Story,
    input_column,
    output_column,
    window_column,
    written,
)
from minicnn.visualize.panels import Frame, signed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KINDS = {"max": "Max pooling", "average": "Average pooling", "subsampling": "LeCun's trainable subsampling"}


def animate_pooling(x: Any, pool_size: int | Sequence[int] = 2, strides: int | Sequence[int] | None = None,
                    padding: str = "valid", kind: str = "max", *, coefficient: float = 0.25, bias: float = 0.0,
                    activation: str | ActivationFunction | None = "scaled_tanh", seconds_per_frame: float = 0.8,
                    verbose: int = 1, save: str | os.PathLike[str] | None = None) -> Film:
    """Pooling as a film: at each place of the output the window on the input, what it sees, what becomes of it, and
    the output as far as it is filled.

    x: (H, W), up to 64x64; with up to some 15x15 the numbers are written in.
    pool_size, strides (the pool size where not given), padding "valid" or "same": as in `layers.MaxPooling2D`.
    kind: "max", the largest number; "average", the mean of the cells that lie in the image; or "subsampling",
        activation(coefficient * sum + bias), as in `layers.Subsampling2D`, to which the three last belong.
    seconds_per_frame: at least 0.02; the last frame stays three times as long.
    verbose: 0 for no progress bar; there is one from two seconds on.
    save: a ``.gif`` file to write.

    Gray cells are padding; the dashed frame is where the window was a step before. Of an output with more than 64
    places, 64 are shown. Returns a `Film`, which notebooks show.

    Raises MinicnnError for what is no image, or too large, for an unknown kind, and for another ending of the file.
    """
    story = _story("animate_pooling", x, pool_size, strides, padding, kind, coefficient, bias, activation)
    return story.film(save, seconds_per_frame, verbose)


def pooling_steps(x: Any, pool_size: int | Sequence[int] = 2, strides: int | Sequence[int] | None = None,
                  padding: str = "valid", kind: str = "max", *, coefficient: float = 0.25, bias: float = 0.0,
                  activation: str | ActivationFunction | None = "scaled_tanh", steps: int | Sequence[Pair] = 4,
                  save: str | os.PathLike[str] | None = None) -> "Figure":
    """The frames of `animate_pooling` as a picture, one below the other.

    steps: how many of them, evenly spread over the output, or their places (row, column) in the output; at most 12.
    save: a ``.png``, ``.svg`` or ``.pdf`` file to write. Other arguments and errors as there.
    """
    story = _story("pooling_steps", x, pool_size, strides, padding, kind, coefficient, bias, activation)
    return story.strip(chosen(steps, story.sliding, MOST_STEPS, "pooling_steps"), save)


# -- the arithmetic --------------------------------------------------------------------------------

Arithmetic = Callable[[Array, BoolArray], tuple[Array, float, float]]


def largest(seen: Array, inside: BoolArray) -> tuple[Array, float, float]:
    """The largest number that is no padding."""
    parts = _without_padding(seen, inside)
    top = float(np.nanmax(parts))
    return parts, top, top


def mean(seen: Array, inside: BoolArray) -> tuple[Array, float, float]:
    """The mean of the numbers that are no padding."""
    parts = _without_padding(seen, inside)
    total = float(np.nansum(parts))
    return parts, total, total / int(inside.sum())


def subsampled(coefficient: float, bias: float, function: ActivationFunction) -> Arithmetic:
    """f(coefficient * sum + bias)."""

    def arithmetic(seen: Array, inside: BoolArray) -> tuple[Array, float, float]:
        parts = _without_padding(seen, inside)
        total = float(np.nansum(parts))
        return parts, total, float(function(np.array([coefficient * total + bias]))[0])

    return arithmetic


def _without_padding(seen: Array, inside: BoolArray) -> Array:
    return np.where(inside[..., None], seen, np.nan)


# -- the pictures ----------------------------------------------------------------------------------


def _story(where: str, x: Any, pool_size: int | Sequence[int], strides: int | Sequence[int] | None, padding: str,
           kind: str, coefficient: float, bias: float, activation: str | ActivationFunction | None) -> Story:
    where = f"visualize.{where}"
    pixels = image(x, where, LARGEST_IMAGE, 1)
    title = _checks.named(f"{where}: kind", kind, KINDS)
    coefficient, bias = _checks.number(coefficient, "coefficient", where), _checks.number(bias, "bias", where)
    function = activations.get(activation)
    size = _checks.pair(pool_size, "pool_size", where)
    apart = size if strides is None else _checks.pair(strides, "strides", where)
    pads = _shapes.check_padding(padding, where)
    if not isinstance(pads, str):
        raise _checks.error(where, "a pool pads 'valid' or 'same'", received=repr(padding))
    window = _shapes.window((pixels.shape[0], pixels.shape[1]), size, apart, pads, (1, 1), where)
    arithmetic = {"max": largest, "average": mean, "subsampling": subsampled(coefficient, bias, function)}[kind]
    sliding = Sliding(pixels, window, arithmetic)
    output = sliding.output()

    def frame(step: Step, so_far: Array) -> Frame:
        columns = [input_column(sliding, step, zeros=False),
                   window_column("window", "window", step.parts, "→", signed(pixels), _winner(step, kind)),
                   output_column(step, so_far, output)]
        return Frame(columns, [_line(step, kind, coefficient, bias, function)])

    words = f"{title} over {size[0]}×{size[1]}"  # noqa: RUF001
    return Story(sliding, words, _remark(window, kind), frame)


def _winner(step: Step, kind: str) -> dict[str, list[tuple[float, float, float, float]]]:
    """The first of the largest numbers."""
    if kind != "max":
        return {}
    row, column = np.unravel_index(int(np.nanargmax(step.parts[..., 0])), step.parts.shape[:2])
    return {"window": [(int(row), int(column), 1, 1)]}


def _remark(window: _shapes.Window, kind: str) -> str:
    stride = window.strides[0] if window.strides[0] == window.strides[1] else "{} down, {} right".format(
        *window.strides)
    words = [f"stride {stride}", "gray: padding, which does not count"] if any(window.pads) else [f"stride {stride}"]
    return "; ".join([*words, "dashed: the step before"])


def _line(step: Step, kind: str, coefficient: float, bias: float, function: ActivationFunction) -> str:
    """``y[0, 1] = (1 + 2 + 3 + 4) / 4 = 2.5``"""
    start = f"y[{step.place[0]}, {step.place[1]}]"
    there = [written(value) for value in step.parts[~np.isnan(step.parts)].tolist()]
    few = len(there) <= 4
    if kind == "max":
        what = f"max({', '.join(there)})" if few else f"the largest of {len(there)} numbers"
    else:
        what = f"({' + '.join(there)})" if few else f"(sum of {len(there)} numbers {drawing.short(step.total)})"
        what += f" / {len(there)}" if kind == "average" else ""
        if kind == "subsampling":
            what = f"{function.name}({written(coefficient)}·{what} + {written(bias)})"
    return f"{start} = {what} = {drawing.short(step.value)}"
