"""A convolution, step by step: the window, the kernel, the products, their sum, the output filling up."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn import _checks, _shapes
from minicnn._types import Array, BoolArray, Pair
from minicnn.visualize import drawing
from minicnn.visualize.animation import Film
from minicnn.visualize.motion.steps import Sliding, Step, chosen, image
from minicnn.visualize.motion.story import (
    LARGEST_IMAGE,
    MOST_CHANNELS,
    MOST_STEPS,
    Story,
    input_column,
    output_column,
    sum_line,
    window_column,
    written,
)
from minicnn.visualize.panels import Frame, signed

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def animate_convolution(x: Any, kernel: Any, strides: int | Sequence[int] = 1, padding: _shapes.Padding = "valid",
                        dilation: int | Sequence[int] = 1, bias: float = 0.0, *, seconds_per_frame: float = 0.8,
                        verbose: int = 1, save: str | os.PathLike[str] | None = None) -> Film:
    """A convolution as a film: at each place of the output the window on the input, the kernel, the products, and
    the output as far as it is filled.

    x: (H, W) or (H, W, C), up to 64x64 and 4 channels; with up to some 15x15 the numbers are written in.
    kernel: (kh, kw) or (kh, kw, C). strides, padding, dilation: as in `layers.Conv2D`. bias: is added to each sum.
    seconds_per_frame: at least 0.02; the last frame stays three times as long.
    verbose: 0 for no progress bar; there is one from two seconds on.
    save: a ``.gif`` file to write.

    Gray cells are padding; the dashed frame is where the window was a step before. Of an output with more than 64
    places, 64 are shown. Returns a `Film`, which notebooks show.

    Raises MinicnnError for what is no image or kernel, or too large, and for another ending of the file.
    """
    story = _story("animate_convolution", x, kernel, strides, padding, dilation, bias)
    return story.film(save, seconds_per_frame, verbose)


def convolution_steps(x: Any, kernel: Any, strides: int | Sequence[int] = 1, padding: _shapes.Padding = "valid",
                      dilation: int | Sequence[int] = 1, bias: float = 0.0, *, steps: int | Sequence[Pair] = 4,
                      save: str | os.PathLike[str] | None = None) -> "Figure":
    """The frames of `animate_convolution` as a picture, one below the other.

    steps: how many of them, evenly spread over the output, or their places (row, column) in the output; at most 12.
    save: a ``.png``, ``.svg`` or ``.pdf`` file to write. Other arguments and errors as there.
    """
    where = "convolution_steps"
    story = _story(where, x, kernel, strides, padding, dilation, bias)
    return story.strip(chosen(steps, story.sliding, MOST_STEPS, where), save)


def convolution(x: Array, kernel: Array, window: _shapes.Window, bias: float) -> Sliding:
    """The arithmetic: products of what the window sees and the kernel, their sum, and the bias."""

    def arithmetic(seen: Array, inside: BoolArray) -> tuple[Array, float, float]:
        products = seen * kernel
        total = float(products.sum())
        return products, total, total + bias

    return Sliding(x, window, arithmetic)


def _story(where: str, x: Any, kernel: Any, strides: int | Sequence[int], padding: _shapes.Padding,
           dilation: int | Sequence[int], bias: float) -> Story:
    where = f"visualize.{where}"
    pixels = image(x, where, LARGEST_IMAGE, MOST_CHANNELS)
    weights = _kernel(kernel, pixels.shape[2], where)
    bias = _checks.number(bias, "bias", where)
    steps, apart = _checks.pair(strides, "strides", where), _checks.pair(dilation, "dilation", where)
    window = _shapes.window((pixels.shape[0], pixels.shape[1]), (weights.shape[0], weights.shape[1]), steps,
                            _shapes.check_padding(padding, where), apart, where)
    sliding = convolution(pixels, weights, window, bias)
    output = sliding.output()
    products = signed(*(sliding.step(place).parts for place in sliding.places()))
    size = f"{weights.shape[0]}×{weights.shape[1]}"  # noqa: RUF001

    def frame(step: Step, so_far: Array) -> Frame:
        columns = [
            input_column(sliding, step),
            window_column("kernel", f"kernel {size}", weights, "×", signed(weights)),  # noqa: RUF001
            window_column("products", "products", step.parts, "=", products),
            output_column(step, so_far, output),
        ]
        return Frame(columns, [_line(step, weights, bias, Frame(columns, []).width)])

    return Story(sliding, f"Convolution with a kernel of {size}", _remark(window), frame)


def _kernel(kernel: Any, channels: int, where: str) -> Array:
    array = _checks.numeric(kernel, f"{where}: kernel")
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3 or not array.size or array.shape[2] != channels:
        cure = "Take one filter of it: kernel[..., 0]." if array.ndim == 4 else None
        raise _checks.error(where, "the kernel does not fit the image", f"shape (kh, kw, {channels})" + (
            " or (kh, kw)" if channels == 1 else ""), f"shape {array.shape}", cure)
    _checks.finite(array, f"{where}: kernel")
    return array.astype(np.float64)


def _remark(window: _shapes.Window) -> str:
    """Stride, padding and dilation in words."""
    words = [f"stride {_pair(window.strides)}"]
    top, bottom, left, right = window.pads
    if any(window.pads):
        words.append(f"gray: padding of {top} above, {bottom} below, {left} left, {right} right")
    if max(window.dilation) > 1:
        words.append(f"dilation {_pair(window.dilation)}")
    return "; ".join([*words, "dashed: the step before"])


def _pair(pair: Pair) -> str:
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]} down, {pair[1]} right"


def _line(step: Step, kernel: Array, bias: float, room: float) -> str:
    """``y[0, 1] = 1·2 + 3·(-1) + 2 = 1``"""
    row, column = step.place
    terms = [f"{written(a)}·{written(b)}" for a, b in zip(step.seen.flat, kernel.flat, strict=True)]
    short = f"sum of the {kernel.size} products {drawing.short(step.total)}"
    if bias:
        terms.append(f"bias {written(bias)}")
        short += f" + bias {written(bias)}"
    return sum_line(f"y[{row}, {column}]", terms, short, drawing.short(step.value), room)
