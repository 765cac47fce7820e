"""Activation functions with their derivatives."""

import math
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from minicnn import _checks, activations
from minicnn._types import Array
from minicnn.activations import A, ActivationFunction, S, ScaledTanh, Softmax
from minicnn.visualize import drawing
from minicnn.visualize.tiles import Grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ALL = ("linear", "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "softplus", "sigmoid", "tanh", "scaled_tanh",
       "softsign", "softmax")
REACH, POINTS, HIGHEST = 4.0, 801, 2.2  # x from -4 to 4, in steps of 0.01; y as far as it is drawn
TILE, GAP = (1.7, 1.35), (0.4, 0.5)  # inches
BENT = math.atanh(math.sqrt(1 / 3)) / S
"""Where the second derivative of LeCun's 1.7159 tanh(2x/3) is largest (left of zero) and smallest (right of it): there
the third is zero, which for tanh(u) means tanh(u)^2 = 1/3."""


def activation_functions(names: str | ActivationFunction | Sequence[str | ActivationFunction] | None = None, *,
                         save: str | os.PathLike[str] | None = None) -> "Figure":
    """Activation functions from -4 to 4 (blue), with their derivatives (dashed), which are those of their `backward`.

    names: names or functions of `minicnn.activations`; all of them where not given. A softmax is drawn as that of two
        numbers, x and 0. On LeCun's scaled tanh the places are marked where its second derivative has its extrema: near
        1 and -1, where the function is 1 and -1 (LeCun et al. 1998, appendix A).
    save: a ``.png``, ``.svg`` or ``.pdf`` file to write.

    Raises MinicnnError for an unknown name.
    """
    chosen = [names] if isinstance(names, (str, ActivationFunction)) else list(ALL if names is None else names)
    if not chosen:
        raise _checks.error("visualize.activation_functions", "there is nothing to draw", "one name or more", chosen)
    functions = [activations.get(one) for one in chosen]
    grid = Grid(len(functions), min(4, len(functions)), TILE, GAP)
    marked = any(isinstance(function, ScaledTanh) for function in functions)
    remark = "solid: f(x); dashed: its derivative" + ("; dots: f'' is largest or smallest" if marked else "")
    title = "Activation functions" if len(functions) > 1 else "An activation function"
    sheet, top = drawing.headed_sheet(title, remark, grid.width + 2 * drawing.MARGIN + 0.3, grid.height + 0.55)
    for i, function in enumerate(functions):
        left, _, _, down = grid.box(i)
        axes = sheet.axes(drawing.MARGIN + 0.3 + left, top + 0.2 + down, *TILE, function.name)
        _draw(axes, function)
    return drawing.finish(sheet, save)


def curves(function: ActivationFunction, x: Array) -> tuple[Array, Array]:
    """f(x) and f'(x) for x (N,), the derivative by the function's own `backward`; of a softmax those of (x, 0)."""
    if isinstance(function, Softmax):
        pairs = np.stack([x, np.zeros_like(x)], axis=-1)
        y = activations.softmax(pairs)
        return y[:, 0], activations.softmax.backward(np.eye(2)[[0]], pairs, y)[:, 0]
    y = function(x)
    return y, function.backward(np.ones_like(x), x, y)


def _draw(axes: "Axes", function: ActivationFunction) -> None:
    x = np.linspace(-REACH, REACH, POINTS)
    y, slope = curves(function, x)
    # A derivative that jumps is two lines, not one with a steep part.
    jumps = np.abs(np.diff(slope, append=slope[-1])) > 0.05
    axes.axhline(0, color=drawing.FRAME, linewidth=0.6)
    axes.axvline(0, color=drawing.FRAME, linewidth=0.6)
    axes.plot(x, y, color=drawing.SECOND, linewidth=1.6, label="f")
    axes.plot(x, np.where(jumps, np.nan, slope), color=drawing.ACCENT, linewidth=1.2, linestyle=(0, (3, 1.5)),
              label="derivative")
    words = "softmax of (x, 0)" if isinstance(function, Softmax) else function.name
    if isinstance(function, ScaledTanh):
        words += f": {A} tanh(2x/3)"
        axes.plot([-BENT, BENT], function(np.array([-BENT, BENT])), "o", color="black", markersize=3.5, label="extrema")
        axes.text(0.5, -1.5, f"x = ±{BENT:.2f}", fontsize=drawing.SMALL)
    axes.set_title(words, fontsize=drawing.TEXT, pad=3, parse_math=False)
    axes.set(xlim=(-REACH, REACH), ylim=(-HIGHEST, HIGHEST), xticks=[-4, -2, 0, 2, 4], yticks=[-2, -1, 0, 1, 2])
    axes.tick_params(labelsize=drawing.SMALL)
