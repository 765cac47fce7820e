"""Every implementation of every kernel gives the numbers of the reference, over a product of geometries."""

import functools
import inspect
import itertools

import numpy as np
import pytest

from minicnn import kernels

TOLERANCE = {"float32": 1e-5, "float64": 1e-12}


def of_type(dtype):
    return lambda array: array.astype(dtype) if array.dtype.kind == "f" else array


@functools.cache
def truth(case):
    with kernels.use("reference"):
        return case.run(of_type("float64"))


@pytest.mark.parametrize("implementation", kernels.IMPLEMENTATIONS)
def test_same_numbers_as_the_reference_in_float64(case, implementation, close):
    # The reference in float64 is the truth; in float32 it has to follow as the others do.
    for dtype in ("float32",) if implementation == "reference" else ("float32", "float64"):
        with kernels.use(implementation):
            results = case.run(of_type(dtype))
        close(results, truth(case), TOLERANCE[dtype])
        assert {str(array.dtype) for name, array in results.items() if "winner" not in name} == {dtype}


def test_every_property_of_a_convolution_meets_every_other(all_convolutions):
    for a, b in itertools.combinations(("image", "strides", "padding", "dilation", "maps", "batch"), 2):
        pairs = [(getattr(g, a), getattr(g, b)) for g in all_convolutions]
        assert set(pairs) == set(itertools.product(*map(set, zip(*pairs, strict=True)))), (a, b)


def test_the_cases_run_every_kernel(all_typical):
    with kernels.record() as calls, kernels.use("numpy"):
        for case in all_typical:
            case.run(of_type("float64"))
    functions = [f for f in vars(kernels).values() if inspect.isfunction(f) and f.__module__ == kernels.__name__]
    context_managers = [f for f in functions if hasattr(f, "__wrapped__")]
    public = {f.__name__ for f in functions if f not in context_managers and not f.__name__.startswith("_")}
    assert {kernel for _, kernel in calls} == public - {"current", "plans"}


@pytest.mark.parametrize("implementation", kernels.IMPLEMENTATIONS)
def test_the_same_call_gives_the_same_bits(implementation, all_typical):
    with kernels.use(implementation):
        for case in all_typical:
            first, again = case.run(of_type("float32")), case.run(of_type("float32"))
            for name in first:
                np.testing.assert_array_equal(first[name], again[name], name)
