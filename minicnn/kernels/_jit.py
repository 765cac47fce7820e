"""All of Numba's options, in one place; each deviation from Numba's defaults has its reason here.

- ``cache=True``: compiled code is kept on disk, so only the very first run waits. The cache watches the
  file of the function alone, so a jitted function and all it calls live in one file.
- ``nogil=True``: the kernels touch no Python object, so two threads may run them side by side.
- ``error_model="numpy"``: dividing by zero gives infinity as in NumPy, not an exception.
- No ``fastmath``: it may assume that NaN does not exist, and hide a broken network. `jit_any_order` takes three of its
  freedoms, which assume no such thing: a sum's terms may be added in any order and a product fused with the addition
  behind it, so that a loop that sums can be done in vectors; and -0 may be 0.
- No ``parallel``: Numba's threads and those of NumPy's matrix product wait for each other by spinning;
  on two cores that costs up to a factor of 100. The matrix product alone is threaded.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numba
from numba.core import event

OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}


ANY_ORDER: dict[str, Any] = {**OPTIONS, "fastmath": {"reassoc", "contract", "nsz"}}


def jit(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile at the first call, for the types it comes with; kept on disk where a folder can be written."""
    return _jit(function, OPTIONS)


def jit_any_order(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same for a function that may form its sums in any order."""
    return _jit(function, ANY_ORDER)


def _jit(function: Callable[..., Any], options: dict[str, Any]) -> Callable[..., Any]:
    try:
        compiled: Callable[..., Any] = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # Numba found no folder for its cache
        warnings.warn("minicnn: no writable folder for compiled kernels (NUMBA_CACHE_DIR sets one); "
                      "they will be compiled again in every run.", RuntimeWarning, stacklevel=3)
        compiled = numba.njit(**options)(function)
    return compiled


def part(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile as a part of the jitted functions that call it; on disk it is kept with them, not by itself."""
    compiled: Callable[..., Any] = numba.njit(**OPTIONS)(function)
    return compiled


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """Take over the lines of a function where it is called: for what a compiled function cannot return, a record."""
    compiled: Callable[..., Any] = numba.njit(inline="always", **OPTIONS)(function)
    return compiled


def address(function: Callable[..., None], signature: Any) -> tuple[int, Any]:
    """Compile for one signature, so that compiled code can call it by its address; and what keeps it alive."""
    options = {"error_model": OPTIONS["error_model"], "nopython": True}
    try:
        compiled = numba.cfunc(signature, cache=True, **options)(function)
    except RuntimeError:  # no folder for the cache: `jit` has said so
        compiled = numba.cfunc(signature, **options)(function)
    where: Any = compiled.address
    return int(where), compiled


class _Compilations(event.Listener):
    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say

    def on_start(self, event: Any) -> None:
        function = event.data["dispatcher"].py_func
        if function.__module__.startswith("minicnn."):
            self.say(function.__name__)

    def on_end(self, event: Any) -> None:
        pass


@contextmanager
def compilations(say: Callable[[str], None]) -> Iterator[None]:
    """Call ``say(kernel name)`` whenever a kernel starts to compile (not when it is read from disk)."""
    with event.install_listener("numba:compile", _Compilations(say)):
        yield
