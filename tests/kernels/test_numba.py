"""What is special about the numba kernels: compiled once per float type, called for real, cut into blocks."""

import importlib
import itertools

import numpy as np
import pytest
from numba.core.registry import CPUDispatcher

from minicnn import _shapes, kernels
from minicnn.kernels import _jit

PARTS = [importlib.import_module(f"minicnn.kernels.with_numba.{part}")
         for part in ("bias", "conv", "dense", "depthwise", "pooling", "unrolling")]
UNROLLING = PARTS[-1]
JITTED = {name: function for part in PARTS for name, function in vars(part).items()
          if isinstance(function, CPUDispatcher)}
# `clipped` is called by other jitted functions only, never by Python.
CALLED_BY_PYTHON = JITTED.keys() - {"clipped"}


def typed(dtype):
    return lambda array: array.astype(dtype) if array.dtype.kind == "f" else array


@pytest.fixture(autouse=True)
def _with_numba():
    with kernels.use("numba"):
        yield


def test_the_loops_are_compiled_functions():
    assert JITTED.keys() >= {"unroll", "roll_back", "pool_maxima", "route_to_winners", "pool_sums", "spread_sums",
                              "depthwise", "depthwise_back", "depthwise_kernel"}


def test_every_jitted_loop_is_called(all_typical, monkeypatch):
    called = set()

    def spy(name):
        def wrapper(*arguments):
            called.add(name)
            return JITTED[name](*arguments)
        return wrapper

    for part, name in itertools.product(PARTS, CALLED_BY_PYTHON):
        if name in vars(part):
            monkeypatch.setattr(part, name, spy(name))
    for case in all_typical:
        case.run(typed("float32"))
    assert called == CALLED_BY_PYTHON


def locked(array):
    array = array.copy()
    array.flags.writeable = False
    return array


def reversed_axes(array):
    return np.flip(np.flip(array).copy())


@pytest.mark.parametrize("layout", [locked, np.asfortranarray, reversed_axes])
def test_one_compilation_per_float_type_whatever_the_layout(all_typical, layout):
    for dtype, case in itertools.product(("float32", "float64"), all_typical):
        case.run(typed(dtype))
    before = {name: list(JITTED[name].signatures) for name in CALLED_BY_PYTHON}
    for dtype, case in itertools.product(("float32", "float64"), all_typical):
        case.run(lambda array, dtype=dtype: layout(typed(dtype)(array)))
    assert {name: JITTED[name].signatures for name in CALLED_BY_PYTHON} == before
    # Two types of numbers, and where winners are written two types of these (bytes in small windows).
    assert {len(before[name]) for name in CALLED_BY_PYTHON - {"pool_maxima", "route_to_winners"}} == {2}


@pytest.mark.parametrize("block", [1, 50, 700])
def test_blocks_of_any_size_give_the_same(all_typical, monkeypatch, block, close):
    # A block of 1 unrolls image by image, one of 50 or 700 numbers a few images at a time, with a rest.
    for case in all_typical:
        whole = case.run(typed("float64"))
        with monkeypatch.context() as patch:
            patch.setattr(UNROLLING, "BLOCK", block)
            close(case.run(typed("float64")), whole, 1e-12)


def test_a_large_batch_is_cut_into_blocks(monkeypatch):
    sizes = []

    def unroll(*arguments):
        sizes.append(arguments[-1].size)
        JITTED["unroll"](*arguments)

    monkeypatch.setattr(UNROLLING, "unroll", unroll)
    window = _shapes.window((28, 28), (5, 5), (1, 1), "valid", (1, 1), "test")
    y = kernels.conv2d(np.ones((40, 28, 28, 1), np.float32), np.ones((5, 5, 1, 2), np.float32), None, window)
    assert len(sizes) > 1
    assert max(sizes) <= UNROLLING.BLOCK
    assert (y == 25).all()


def test_options_that_would_hide_a_nan_or_fight_over_threads_are_off():
    for function in JITTED.values():
        options = function.targetoptions
        assert not options.get("fastmath"), function
        assert not options.get("parallel"), function
        assert options["nogil"], function
    assert _jit.OPTIONS["error_model"] == "numpy"


def test_a_bias_gradient_collects_in_float64():
    dy = np.ones((65, 1, 1, 2), np.float32)
    dy[0] = 2**24  # from here on float32 has no odd numbers: adding 1 by 1, it would stand still
    assert kernels.bias_gradient(dy).tolist() == [2**24 + 64] * 2
