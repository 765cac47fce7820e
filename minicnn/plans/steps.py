"""How each kind of layer is written into a program: its lines forward, and directly below those of the way back.

A function of `WRITERS` is given the layer, the shapes, and where x lies; it writes the lines forward and returns where
y lies, with the function that writes the lines back. That one is told where dy lies and whether dx is wanted, and
returns where dx lies. Signals may be changed in place: nobody else needs them.

Convolutions, dense and RBF layers are in `minicnn.plans.linear`, all others here.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from minicnn import activations
from minicnn._shapes import Window
from minicnn._types import Shape
from minicnn.kernels.plan import elementwise, pooling
from minicnn.kernels.plan.instructions import Step
from minicnn.layers import RBF, Activation, Conv2D, Dense, Dropout, Flatten, MaxPooling2D, Subsampling2D, TableConv2D
from minicnn.layers.base import Layer
from minicnn.plans.linear import convolution, dense, rbf
from minicnn.plans.writing import Back, NotPlannedError, Writer

Write: TypeAlias = Callable[[Writer, "Layer", Shape, Shape, int], tuple[int, Back]]

# -- pooling -------------------------------------------------------------------------------------


def window_list(w: Writer, window: Window, shape: Shape) -> int:
    """The column ``window`` of a pool."""
    top, _, left, _ = window.pads
    return w.listed([*shape, *window.output, *window.strides, *window.size, top, left, *window.dilation])


def max_pool(w: Writer, layer: MaxPooling2D, shape: Shape, out: Shape, x: int) -> tuple[int, Back]:
    """The largest of each window; which one it was is kept in a byte."""
    window = layer.window(shape)
    if window.size[0] * window.size[1] > 256:
        raise NotPlannedError
    y, where = w.values(int(np.prod(out))), window_list(w, window, shape)
    winner = w.cells(int(np.prod(out)))
    step = pooling.quads if in_quads(window, shape) else pooling.max_pool
    w.line(step, source=x, target=y, bytes=winner, window=where)
    return y, max_pool_back(w, layer, shape, winner)


def max_pool_back(w: Writer, layer: MaxPooling2D, shape: Shape, winner: int) -> Back:
    """The way back of a pool, by the cells that won."""
    window = layer.window(shape)
    apart = window.strides[0] >= window.size[0] and window.strides[1] >= window.size[1]
    step = (pooling.max_pool_back_added if not apart else
            pooling.quads_back if in_quads(window, shape) else pooling.max_pool_back)

    def back(dy: int, asked: bool) -> int:
        dx = w.signal()
        w.line(step, source=dx, target=dy, bytes=winner, window=window_list(w, window, shape))
        return dx

    return back


def in_quads(window: Window, shape: Shape) -> bool:
    """Whether a pool has windows of 2x2, all within the image."""
    inside = ((count - 1) * stride + 2 <= size
              for count, stride, size in zip(window.output, window.strides, shape, strict=False))
    return window.size == (2, 2) and window.dilation == (1, 1) and not any(window.pads) and all(inside)


def subsampling(w: Writer, layer: Subsampling2D, shape: Shape, out: Shape, x: int) -> tuple[int, Back]:
    """y = coefficient * (sum of the window) + bias."""
    size, maps, where = int(np.prod(out)), out[2], window_list(w, layer.window(shape), shape)
    s, y = w.values(size), w.values(size)
    k, period = w.tiled(layer, "coefficient", maps)
    b, _ = w.tiled(layer, "bias", maps)
    w.line(pooling.window_sums, source=x, target=s, window=where)
    w.line(elementwise.scale, source=s, target=y, size=size, weights=k, start=b, columns=period)

    def back(dy: int, asked: bool) -> int:
        if layer in w.learning:
            w.column_sums(layer, "coefficient", dy, size, maps, other=s)
            w.column_sums(layer, "bias", dy, size, maps)
        if not asked:
            return -1
        w.line(elementwise.scale, source=dy, target=dy, size=size, weights=k, start=-1, columns=period)
        dx = w.signal()
        w.line(pooling.window_spreads, source=dx, target=dy, window=where)
        return dx

    return y, back


# -- what keeps the shape ------------------------------------------------------------------------


def activation(w: Writer, layer: Activation, shape: Shape, out: Shape, x: int) -> tuple[int, Back]:
    """In place: nobody needs the value before it, whose slope is told by the value behind it."""
    size, f = int(np.prod(shape)), layer.function
    x = w.of_ones_own(x, size)
    w.kept.add(x)
    if f == activations.relu:
        w.line(elementwise.relu, target=x, size=size)
        return x, lambda dy, asked: in_place(w, elementwise.relu_back, dy, other=x, size=size)
    scales = {"tanh": (1.0, 1.0), "scaled_tanh": (1.7159, 2 / 3)}
    if f.name not in scales or f != activations.get(f.name):
        raise NotPlannedError
    number, inner = scales[f.name]
    w.line(elementwise.tanh, target=x, size=size, number=number, inner=inner)
    return x, lambda dy, asked: in_place(w, elementwise.tanh_back, dy, other=x, size=size, number=number, inner=inner)


def in_place(w: Writer, step: Step, dy: int, **columns: float) -> int:
    """A line that changes the signal where it lies."""
    w.line(step, target=dy, **columns)
    return dy


def dropout(w: Writer, layer: Dropout, shape: Shape, out: Shape, x: int) -> tuple[int, Back]:
    """Times the factors that the caller has drawn for each number; they lie behind those of the dropouts before."""
    if not w.training:
        return x, lambda dy, asked: dy
    size, before = int(np.prod(shape)), sum(int(np.prod(other)) for _, other in w.noise)
    x = w.of_ones_own(x, size)
    w.noise.append((layer, shape))
    w.line(elementwise.times, target=x, size=size, other=before)
    return x, lambda dy, asked: in_place(w, elementwise.times, dy, size=size, other=before)


def flatten(w: Writer, layer: Flatten, shape: Shape, out: Shape, x: int) -> tuple[int, Back]:
    """Nothing to do: the numbers lie as they should."""
    return x, lambda dy, asked: dy


WRITERS: dict[type[Layer], Write] = {
    Conv2D: convolution, TableConv2D: convolution, Dense: dense, RBF: rbf, MaxPooling2D: max_pool,  # type: ignore[dict-item]
    Subsampling2D: subsampling, Activation: activation, Dropout: dropout, Flatten: flatten,  # type: ignore[dict-item]
}
