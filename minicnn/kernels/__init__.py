"""Kernels: the arithmetic of the layers, as functions on arrays and ints. No classes, no state.

Four implementations have the same signatures and give the same numbers:

- ``reference``: loops written straight from the definition. The specification, the lesson, the oracle.
- ``numpy``: unroll the image into a matrix (im2col), multiply once, roll back (col2im).
- ``numba``: the same with jitted loops around the matrix product.
- ``vector``: no matrix is unrolled; jitted loops over register blocks of vectors, on several threads
  (`minicnn.set_threads`). The default. With it, networks that are a chain of common layers are trained and asked by
  programs of such kernels: `minicnn.plans`.

Which one runs is a context, ``with minicnn.kernels.use("reference"): ...``, or the environment
variable ``MINICNN_KERNELS``. Nothing falls back in silence: an implementation that cannot be
imported is an error. ``record()`` lists the kernels that run, and whose they are.

Arrays are float32 or float64, all arguments of one call of one type; the result has that type.
Letters and axes are those of `minicnn.notation`.
"""

import importlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import ModuleType

from minicnn import _checks
from minicnn._shapes import Window
from minicnn._types import Array, BoolArray, Pair

IMPLEMENTATIONS = ("reference", "numpy", "numba", "vector")
_MODULES = {"reference": "reference", "numpy": "with_numpy", "numba": "with_numba", "vector": "vector"}

_loaded: dict[str, ModuleType] = {}
_default = os.environ.get("MINICNN_KERNELS") or "vector"
_chosen: ContextVar[str | None] = ContextVar("minicnn_kernels", default=None)
_record: ContextVar[list[tuple[str, str]] | None] = ContextVar("minicnn_kernels_record", default=None)


def current() -> str:
    """The name of the implementation that runs here and now."""
    return _chosen.get() or _default


@contextmanager
def use(name: str) -> Iterator[None]:
    """Run the kernels of ``name`` inside the ``with`` block (of this thread or task)."""
    token = _chosen.set(_known(name))
    try:
        yield
    finally:
        _chosen.reset(token)


@contextmanager
def record() -> Iterator[list[tuple[str, str]]]:
    """List each kernel called inside the block as ``(implementation, kernel)``, in order."""
    calls: list[tuple[str, str]] = []
    token = _record.set(calls)
    try:
        yield calls
    finally:
        _record.reset(token)


@contextmanager
def compilations(say: Callable[[str], None]) -> Iterator[None]:
    """Call ``say(kernel)`` whenever a jitted kernel starts to compile inside the block (not when its code is
    read from disk). The other implementations never compile."""
    if current() not in ("numba", "vector"):
        yield
        return
    from minicnn.kernels import _jit

    with _jit.compilations(say):
        yield


def plans() -> bool:
    """Whether `minicnn.plans` may run here: with the kernels they are made of, and where nobody keeps a record."""
    return current() == "vector" and _record.get() is None


def _known(name: str) -> str:
    if name not in IMPLEMENTATIONS:
        raise _checks.unknown("kernels", name, IMPLEMENTATIONS)
    return name


def _implementation(kernel: str) -> ModuleType:
    name = current()
    calls = _record.get()
    if calls is not None:
        calls.append((name, kernel))
    if name not in _loaded:
        _loaded[name] = importlib.import_module(f"minicnn.kernels.{_MODULES[_known(name)]}")
    return _loaded[name]


# -- convolution ---------------------------------------------------------------------------------


def conv2d(x: Array, kernel: Array, bias: Array | None, window: Window, groups: int = 1) -> Array:
    """Cross-correlation: x (N, H, W, C), kernel (kh, kw, C/G, F), bias (F,) -> y (N, oh, ow, F)."""
    y: Array = _implementation("conv2d").conv2d(x, kernel, bias, window, groups)
    return y


def conv2d_input_gradient(dy: Array, kernel: Array, image: Pair, window: Window, groups: int = 1) -> Array:
    """dy (N, oh, ow, F) -> dx (N, H, W, C) for an image of (H, W): the transpose of `conv2d` in x."""
    dx: Array = _implementation("conv2d_input_gradient").conv2d_input_gradient(dy, kernel, image, window, groups)
    return dx


def conv2d_kernel_gradient(x: Array, dy: Array, window: Window, groups: int = 1) -> Array:
    """x and dy -> dkernel (kh, kw, C/G, F): the transpose of `conv2d` in the kernel."""
    dw: Array = _implementation("conv2d_kernel_gradient").conv2d_kernel_gradient(x, dy, window, groups)
    return dw


def depthwise_conv2d(x: Array, kernel: Array, bias: Array | None, window: Window) -> Array:
    """Each channel with its own M kernels: x (N, H, W, C), kernel (kh, kw, C, M), bias (C*M,) -> y (N, oh, ow, C*M);
    map c*M + m of y is channel c under its kernel m.

    The same as `conv2d` with C groups; of its own because C products of one column each are slow.
    """
    y: Array = _implementation("depthwise_conv2d").depthwise_conv2d(x, kernel, bias, window)
    return y


def depthwise_conv2d_input_gradient(dy: Array, kernel: Array, image: Pair, window: Window) -> Array:
    """dy (N, oh, ow, C*M) -> dx (N, H, W, C)."""
    run = _implementation("depthwise_conv2d_input_gradient").depthwise_conv2d_input_gradient
    dx: Array = run(dy, kernel, image, window)
    return dx


def depthwise_conv2d_kernel_gradient(x: Array, dy: Array, window: Window) -> Array:
    """x and dy -> dkernel (kh, kw, C, M)."""
    run = _implementation("depthwise_conv2d_kernel_gradient").depthwise_conv2d_kernel_gradient
    dw: Array = run(x, dy, window)
    return dw


def table_conv2d(x: Array, kernel: Array, bias: Array | None, table: BoolArray, window: Window) -> Array:
    """Convolution along the links of a (C, F) table: kernel (kh, kw, K), one slice a link, ordered by
    output map and then input map. An absent link has no numbers at all."""
    y: Array = _implementation("table_conv2d").table_conv2d(x, kernel, bias, table, window)
    return y


def table_conv2d_input_gradient(dy: Array, kernel: Array, table: BoolArray, image: Pair,
                                window: Window) -> Array:
    """dy (N, oh, ow, F) -> dx (N, H, W, C)."""
    run = _implementation("table_conv2d_input_gradient").table_conv2d_input_gradient
    dx: Array = run(dy, kernel, table, image, window)
    return dx


def table_conv2d_kernel_gradient(x: Array, dy: Array, table: BoolArray, window: Window) -> Array:
    """x and dy -> dkernel (kh, kw, K)."""
    run = _implementation("table_conv2d_kernel_gradient").table_conv2d_kernel_gradient
    dw: Array = run(x, dy, table, window)
    return dw


def bias_gradient(dy: Array) -> Array:
    """dy (..., F) -> dbias (F,): every position the bias was added to, summed."""
    db: Array = _implementation("bias_gradient").bias_gradient(dy)
    return db


# -- pooling -------------------------------------------------------------------------------------


def max_pool(x: Array, window: Window) -> tuple[Array, Array]:
    """y (N, oh, ow, C) and which cell of the window won, counted row by row (N, oh, ow, C).

    The first of equals wins; NaN beats everything; padded cells do not take part.
    """
    pair: tuple[Array, Array] = _implementation("max_pool").max_pool(x, window)
    return pair


def max_pool_input_gradient(dy: Array, winner: Array, image: Pair, window: Window) -> Array:
    """Send each dy to the cell that won."""
    dx: Array = _implementation("max_pool_input_gradient").max_pool_input_gradient(dy, winner, image, window)
    return dx


def average_pool(x: Array, window: Window) -> Array:
    """The mean over the cells of the window that lie in the image (padding does not count)."""
    y: Array = _implementation("average_pool").average_pool(x, window)
    return y


def average_pool_input_gradient(dy: Array, image: Pair, window: Window) -> Array:
    """Share each dy equally among the cells that were averaged."""
    dx: Array = _implementation("average_pool_input_gradient").average_pool_input_gradient(dy, image, window)
    return dx


def subsample(x: Array, coefficient: Array, bias: Array, window: Window) -> tuple[Array, Array]:
    """LeCun's subsampling: s = sum over the window, y = coefficient * s + bias; returns (y, s).

    coefficient and bias are (C,): one of each per map.
    """
    pair: tuple[Array, Array] = _implementation("subsample").subsample(x, coefficient, bias, window)
    return pair


def subsample_input_gradient(dy: Array, coefficient: Array, image: Pair, window: Window) -> Array:
    """Each cell of the window gets coefficient * dy."""
    run = _implementation("subsample_input_gradient").subsample_input_gradient
    dx: Array = run(dy, coefficient, image, window)
    return dx


# -- dense and radial ----------------------------------------------------------------------------


def dense(x: Array, kernel: Array, bias: Array | None) -> Array:
    """x (N, D), kernel (D, U), bias (U,) -> y (N, U)."""
    y: Array = _implementation("dense").dense(x, kernel, bias)
    return y


def dense_input_gradient(dy: Array, kernel: Array) -> Array:
    """dy (N, U) -> dx (N, D)."""
    dx: Array = _implementation("dense_input_gradient").dense_input_gradient(dy, kernel)
    return dx


def dense_kernel_gradient(x: Array, dy: Array) -> Array:
    """x (N, D) and dy (N, U) -> dkernel (D, U)."""
    dw: Array = _implementation("dense_kernel_gradient").dense_kernel_gradient(x, dy)
    return dw


def rbf(x: Array, prototypes: Array) -> Array:
    """Squared distances: x (N, D), prototypes (U, D) -> y (N, U), y[n, u] = sum_j (x[n, j] - p[u, j])^2."""
    y: Array = _implementation("rbf").rbf(x, prototypes)
    return y


def rbf_input_gradient(dy: Array, x: Array, prototypes: Array) -> Array:
    """dy (N, U) -> dx (N, D)."""
    dx: Array = _implementation("rbf_input_gradient").rbf_input_gradient(dy, x, prototypes)
    return dx


def rbf_prototype_gradient(dy: Array, x: Array, prototypes: Array) -> Array:
    """dy (N, U) -> dprototypes (U, D)."""
    dp: Array = _implementation("rbf_prototype_gradient").rbf_prototype_gradient(dy, x, prototypes)
    return dp
