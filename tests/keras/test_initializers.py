"""Initializers: large draws against the documented formulas, Keras's stored draws and its living ones.

Draws differ from library to library and from seed to seed, so what is compared is how they are spread, within
five standard errors: for these kernels 2 % or less, while a fan that is mistaken for another, or taken without
its groups, is off by 20 % or more.
"""

import keras_cases as cases
import keras_references as references
import minicnn_side
import numpy as np
import pytest

_, STORED = references.read("initializers")
SIGMAS = 5

pytestmark = pytest.mark.parametrize("case", cases.DRAWS, ids=lambda case: case.name)


def size(case):
    return int(np.prod(cases.KERNELS[case.arguments["kernel"]][0]))


def fans(case):
    """(fan-in, fan-out) as Keras documents them: of the kernel as it stands, so fan-in within the group."""
    *window, inputs, units = cases.KERNELS[case.arguments["kernel"]][0]
    return int(np.prod(window)) * inputs, int(np.prod(window)) * units


def documented(case):
    """(mean, standard deviation, largest distance from the mean) by the formulas in Keras's documentation."""
    name, arguments = cases.INITIALIZERS[case.arguments["initializer"]]
    fan_in, fan_out = fans(case)
    average = (fan_in + fan_out) / 2
    variances = {"GlorotUniform": 1 / average, "GlorotNormal": 1 / average, "HeUniform": 2 / fan_in,
                 "HeNormal": 2 / fan_in, "LecunUniform": 1 / fan_in, "LecunNormal": 1 / fan_in}
    if name == "VarianceScaling":
        variance = arguments["scale"] / {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": average}[arguments["mode"]]
        return 0, variance ** 0.5, limit(arguments["distribution"], variance ** 0.5)
    if name in variances:
        distribution = "uniform" if "Uniform" in name else "truncated_normal"
        return 0, variances[name] ** 0.5, limit(distribution, variances[name] ** 0.5)
    if name == "RandomUniform":
        low, high = arguments.get("minval", -0.05), arguments.get("maxval", 0.05)
        return (low + high) / 2, (high - low) / 12 ** 0.5, (high - low) / 2
    mean, stddev = arguments.get("mean", 0), arguments.get("stddev", 0.05)
    # A truncated normal's stddev is that of the normal before it is cut at twice that.
    return (mean, CUT * stddev, 2 * stddev) if name == "TruncatedNormal" else (mean, stddev, np.inf)


CUT = 0.87962566103423978
"""What cutting at two standard deviations leaves of a normal's standard deviation."""


def limit(distribution, stddev):
    return {"uniform": 3 ** 0.5 * stddev, "truncated_normal": 2 * stddev / CUT, "untruncated_normal": np.inf}[
        distribution]


def check_formulas(spread, case, escaped=0):
    """Mean, standard deviation and bounds of a draw are the documented ones; ``escaped`` numbers may lie outside."""
    n = size(case)
    mean, stddev, bound = documented(case)
    found_mean, found_stddev = spread["moments"]
    assert abs(found_mean - mean) < SIGMAS * stddev / n ** 0.5
    assert abs(found_stddev / stddev - 1) < SIGMAS / (2 * n) ** 0.5
    distances = np.abs(spread["extremes"] - mean)
    if np.isinf(bound):
        assert distances.max() > 3.5 * stddev
        return
    outside = distances > bound * (1 + 1e-6)
    assert outside.sum() <= escaped
    assert distances[~outside].max() > bound * (1 - 100 / n)


def escaped(case):
    """How many numbers of a truncated normal Keras on torch may leave outside its bounds.

    It takes the first of four numbers that lies inside, and where none does, one that lies outside: one time in
    230,000 (Keras 3.15.1), so that six times in 80,000 is as unlikely as five standard errors.
    """
    name, arguments = cases.INITIALIZERS[case.arguments["initializer"]]
    truncated = name in ("GlorotNormal", "HeNormal", "LecunNormal", "TruncatedNormal")
    return 6 if truncated or arguments.get("distribution") == "truncated_normal" else 0


def check_shape(spread, other, case):
    """The quantiles from 5 % to 95 % of two draws agree: they are of one distribution."""
    error = 2.2 * documented(case)[1] / size(case) ** 0.5  # of the least sure of them, where a normal is thin
    assert np.abs(spread["quantiles"] - other["quantiles"])[1:-1].max() < SIGMAS * 2 ** 0.5 * error


@pytest.fixture
def ours(case):
    return cases.spread(minicnn_side.initializer(case, "float32")["draw"])


def test_minicnn_draws_what_keras_documents(ours, case):
    check_formulas(ours, case)


def test_keras_drew_what_it_documents(case):
    check_formulas(STORED[case.name], case, escaped(case))


def test_minicnn_draws_as_keras_drew(ours, case):
    check_shape(ours, STORED[case.name], case)


def test_minicnn_draws_as_keras_draws(ours, case, keras):
    import keras_side

    alive = cases.spread(keras_side.answer(case, "float32")["draw"])
    check_formulas(alive, case, escaped(case))
    check_shape(ours, alive, case)
