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


def poisoned(case, which, place, bad, dtype):
    """The results where one number of the which-th argument is bad; and how many arguments there are."""
    seen = 0

    def prepare(array):
        nonlocal seen
        if array.dtype.kind == "f":
            array = array.astype(dtype)
            if seen == which:
                array.flat[place] = bad
            seen += 1
        return array

    with np.errstate(invalid="ignore"):
        return case.run(prepare), seen


@functools.cache
def broken(case, place, bad):
    """What is not finite by the definition, for each argument in turn."""
    _, count = poisoned(case, None, place, bad, "float64")
    every = [poisoned(case, which, place, bad, "float64")[0] for which in range(count)]
    return [{name: ~np.isfinite(array) for name, array in each.items()} for each in every]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("place", [0, -1])  # in the first vector, and in the rest that fills none
@pytest.mark.parametrize("implementation", kernels.IMPLEMENTATIONS[1:])
def test_what_is_not_finite_is_never_hidden(typical, implementation, place, bad):
    """It may reach further than by the definition, for a zero of the padding times infinity is NaN; but no less."""
    with kernels.use("reference"):
        expected = broken(typical, place, bad)
    for which, truth in enumerate(expected):
        for dtype in TOLERANCE:
            with kernels.use(implementation):
                results, _ = poisoned(typical, which, place, bad, dtype)
            for name, lost in truth.items():
                found = results[name][lost]
                assert (np.isnan(found) if np.isnan(bad) else ~np.isfinite(found)).all(), (name, which, dtype)
    assert sum(lost.sum() for truth in expected for lost in truth.values()) >= len(expected)


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
