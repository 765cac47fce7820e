"""Initializers: bounds and moments by their formulas, seeds, and fans that differ from unit to unit."""

import json
import math

import numpy as np
import pytest

from minicnn import _checks, _config, initializers
from minicnn.initializers import (
    Constant,
    FanInUniform,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    Ones,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
    Zeros,
)

FAN_IN, FAN_OUT, COUNT = 60, 40, 200_000

UNIFORM = {  # initializer: its bound
    RandomUniform(-0.3, 0.3): 0.3,
    GlorotUniform(): math.sqrt(6 / (FAN_IN + FAN_OUT)), HeUniform(): math.sqrt(6 / FAN_IN),
    LecunUniform(): math.sqrt(3 / FAN_IN),
    VarianceScaling(3.0, "fan_out", "uniform"): math.sqrt(9 / FAN_OUT),
    FanInUniform(): 2.4 / FAN_IN, FanInUniform(1.0, 0.5): 1 / math.sqrt(FAN_IN),
}
NORMAL = {  # initializer: its standard deviation
    RandomNormal(stddev=0.2): 0.2, VarianceScaling(2.0, "fan_avg", "untruncated_normal"): math.sqrt(2 / 50),
}
TRUNCATED = {  # initializer: the standard deviation before the cut, and after it
    TruncatedNormal(stddev=0.2): (0.2, 0.2 * initializers.TRUNCATED_STDDEV),
    GlorotNormal(): (math.sqrt(1 / 50) / initializers.TRUNCATED_STDDEV, math.sqrt(1 / 50)),
    HeNormal(): (math.sqrt(2 / FAN_IN) / initializers.TRUNCATED_STDDEV, math.sqrt(2 / FAN_IN)),
    LecunNormal(): (math.sqrt(1 / FAN_IN) / initializers.TRUNCATED_STDDEV, math.sqrt(1 / FAN_IN)),
    VarianceScaling(): (math.sqrt(1 / FAN_IN) / initializers.TRUNCATED_STDDEV, math.sqrt(1 / FAN_IN)),
}
CONSTANT = {Zeros(): 0.0, Ones(): 1.0, Constant(0.25): 0.25}
ALL = [*UNIFORM, *NORMAL, *TRUNCATED, *CONSTANT]


def name(value):
    """What pytest calls it."""
    return f"{type(value).__name__} {value.get_config()}" if isinstance(value, initializers.Initializer) else None


def drawn(initializer, seed=0):
    return initializer((COUNT,), FAN_IN, FAN_OUT, np.random.default_rng(seed))


def mean_is_zero(numbers, deviation):
    assert abs(numbers.mean()) < 5 * deviation / math.sqrt(COUNT)


def test_every_initializer_is_tried():
    assert {type(i) for i in ALL} == set(initializers._BY_NAME.values())


@pytest.mark.parametrize(("initializer", "bound"), UNIFORM.items(), ids=name)
def test_uniform(initializer, bound):
    numbers = drawn(initializer)
    assert bound * 0.999 < np.abs(numbers).max() <= bound
    mean_is_zero(numbers, bound / math.sqrt(3))
    assert numbers.std() == pytest.approx(bound / math.sqrt(3), rel=5e-3)
    # As many in each tenth: 20,000 each, standard deviation 134.
    counts, _ = np.histogram(numbers, 10, (-bound, bound))
    assert np.abs(counts - COUNT / 10).max() < 5 * 134


@pytest.mark.parametrize(("initializer", "deviation"), NORMAL.items(), ids=name)
def test_normal(initializer, deviation):
    numbers = drawn(initializer)
    mean_is_zero(numbers, deviation)
    assert numbers.std() == pytest.approx(deviation, rel=1e-2)
    assert (np.abs(numbers) < deviation).mean() == pytest.approx(math.erf(1 / math.sqrt(2)), abs=6e-3)
    assert (np.abs(numbers) > 2 * deviation).mean() == pytest.approx(1 - math.erf(math.sqrt(2)), abs=3e-3)


@pytest.mark.parametrize(("initializer", "deviations"), TRUNCATED.items(), ids=name)
def test_truncated_normal(initializer, deviations):
    before, after = deviations
    numbers = drawn(initializer)
    mean_is_zero(numbers, after)
    assert 1.99 * before < np.abs(numbers).max() <= 2 * before
    assert numbers.std() == pytest.approx(after, rel=1e-2)


def test_the_deviation_that_a_cut_normal_has_left():
    # Var = 1 - 2 * 2 phi(2) / (2 Phi(2) - 1), with phi the density and Phi the distribution of the normal.
    density = math.exp(-2) / math.sqrt(2 * math.pi)
    left = math.sqrt(1 - 4 * density / math.erf(math.sqrt(2)))
    assert pytest.approx(left, rel=1e-14) == initializers.TRUNCATED_STDDEV


@pytest.mark.parametrize(("initializer", "value"), CONSTANT.items(), ids=name)
def test_constant(initializer, value):
    assert (initializer((3, 4)) == value).all()


def test_mean_and_limits_are_shifted():
    assert drawn(RandomNormal(3, 0.1)).mean() == pytest.approx(3, abs=2e-3)
    assert drawn(TruncatedNormal(3, 0.1)).mean() == pytest.approx(3, abs=2e-3)
    numbers = drawn(RandomUniform(2, 5))
    assert 2 <= numbers.min() < 2.001
    assert 4.999 < numbers.max() <= 5


@pytest.mark.parametrize("initializer", ALL, ids=name)
def test_shape_type_and_same_seed_same_bits(initializer):
    first, again, other = (initializer((3, 2, 4), FAN_IN, FAN_OUT, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.shape == (3, 2, 4)
    assert first.dtype == np.float64
    np.testing.assert_array_equal(first, again)
    assert np.array_equal(first, other) == (initializer in CONSTANT)


def test_a_seed_of_its_own_is_stronger_than_the_generator():
    initializer = HeNormal(seed=5)
    a, b = (initializer((4,), 3, 3, np.random.default_rng(seed)) for seed in (1, 2))
    np.testing.assert_array_equal(a, b)
    assert not np.array_equal(a, HeNormal(seed=6)((4,), 3, 3))


def test_without_generator_and_seed_it_is_different_each_time():
    assert not np.array_equal(HeNormal()((4,), 3, 3), HeNormal()((4,), 3, 3))


@pytest.mark.parametrize("initializer", [
    FanInUniform(), FanInUniform(1, 0.5), HeUniform(), LecunUniform(), GlorotUniform(),
    VarianceScaling(1, "fan_out", "uniform"),
], ids=name)
def test_fans_that_differ_give_each_unit_its_bound(initializer):
    fan_in, fan_out = np.array([4, 100, 2500]), np.array([10, 20, 50])
    together = initializer((20_000, 3), fan_in, fan_out, np.random.default_rng(0))
    for u in range(3):
        bound = np.abs(initializer((20_000,), float(fan_in[u]), float(fan_out[u]), np.random.default_rng(1))).max()
        assert np.abs(together[:, u]).max() == pytest.approx(bound, rel=2e-3)


@pytest.mark.parametrize("initializer", ALL, ids=name)
def test_a_configuration_written_as_json_draws_the_same(initializer):
    twin = _config.decode(json.loads(json.dumps(_config.encode(initializer))))
    assert type(twin) is type(initializer)
    np.testing.assert_array_equal(drawn(twin), drawn(initializer))


def test_names():
    for text, cls in initializers._BY_NAME.items():
        assert type(initializers.get(text)) is cls
    own = HeNormal(seed=1)
    assert initializers.get(own) is own
    with pytest.raises(_checks.MinicnnError, match=r"initializer 'glorot'.*Did you mean 'glorot_(normal|uniform)'"):
        initializers.get("glorot")
    with pytest.raises(_checks.MinicnnError, match=r"VarianceScaling mode 'fan'.*one of fan_avg, fan_in, fan_out"):
        VarianceScaling(mode="fan")
    with pytest.raises(_checks.MinicnnError, match=r"VarianceScaling distribution 'normal'.*one of truncated_normal"):
        VarianceScaling(distribution="normal")


def test_the_learning_rule_of_1998():
    # Appendix A of LeCun et al.: uniform within 2.4 / fan_in. C1 of LeNet-5 sees 25 pixels.
    assert np.abs(FanInUniform()((5, 5, 1, 6), 25, 150, np.random.default_rng(0))).max() <= 2.4 / 25
