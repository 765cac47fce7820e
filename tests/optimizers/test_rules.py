"""Each update rule against the same rule for one number at a time, in plain Python, over 20 steps."""

import itertools
import math

import numpy as np
import pytest

from minicnn import optimizers
from minicnn.schedules import CosineDecay, ExponentialDecay, PiecewiseConstantDecay

STEPS = 20


def sgd(w, steps, momentum=0.0, nesterov=False):
    m = 0.0
    for rate, g in steps:
        m = momentum * m - rate * g
        w = yield w + momentum * m - rate * g if nesterov else w + m


def rmsprop(w, steps, rho=0.9, momentum=0.0, epsilon=1e-7, centered=False):
    v = a = m = 0.0
    for rate, g in steps:
        v = rho * v + (1 - rho) * g * g
        a = rho * a + (1 - rho) * g
        step = rate * g / math.sqrt((v - a * a if centered else v) + epsilon)
        m = momentum * m + step
        w = yield w - m


def adagrad(w, steps, initial_accumulator_value=0.1, epsilon=1e-7):
    a = initial_accumulator_value
    for rate, g in steps:
        a += g * g
        w = yield w - rate * g / math.sqrt(a + epsilon)


def adadelta(w, steps, rho=0.95, epsilon=1e-7):
    squares = deltas = 0.0
    for rate, g in steps:
        squares = rho * squares + (1 - rho) * g * g
        delta = -math.sqrt(deltas + epsilon) / math.sqrt(squares + epsilon) * g
        deltas = rho * deltas + (1 - rho) * delta * delta
        w = yield w + rate * delta


def adam(w, steps, beta_1=0.9, beta_2=0.999, epsilon=1e-7, amsgrad=False):
    m = v = largest = 0.0
    for t, (rate, g) in enumerate(steps, 1):
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g * g
        largest = max(largest, v)
        alpha = rate * math.sqrt(1 - beta_2 ** t) / (1 - beta_1 ** t)
        w = yield w - alpha * m / (math.sqrt(largest if amsgrad else v) + epsilon)


def path(rule, w, gradients, rates, weight_decay=0.0, **options):
    """Where one number goes. It shrinks before each step, so the rule is told anew where it stands."""
    steps = list(zip(rates, gradients, strict=True))

    def shrunk(w, step):
        return w - w * weight_decay * rates[step] if step < STEPS else w

    walk, found = rule(shrunk(w, 0), steps, **options), []
    w = next(walk)
    for step in range(1, STEPS):
        found.append(w)
        w = walk.send(shrunk(w, step))
    return [*found, w]


def combinations(**axes):
    return [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]


RULES = {"SGD": sgd, "RMSprop": rmsprop, "Adagrad": adagrad, "Adadelta": adadelta, "Adam": adam, "AdamW": adam}
OPTIONS = {
    "SGD": combinations(momentum=[0.0, 0.9], nesterov=[False, True]),
    "RMSprop": combinations(rho=[0.9, 0.5], momentum=[0.0, 0.8], epsilon=[1e-7, 0.01], centered=[False, True]),
    "Adagrad": combinations(initial_accumulator_value=[0.1, 0.0], epsilon=[1e-7, 0.01]),
    "Adadelta": combinations(rho=[0.95, 0.6], epsilon=[1e-7, 0.01]),
    "Adam": combinations(beta_1=[0.9, 0.0], beta_2=[0.999, 0.8], epsilon=[1e-7, 0.01], amsgrad=[False, True]),
}
OPTIONS["AdamW"] = OPTIONS["Adam"]
CASES = [(kind, options) for kind, listed in OPTIONS.items() for options in [{}, *listed]]
DECAYS = [{"weight_decay": 0.1}, {"weight_decay": 0.0}]

SCHEDULES = [0.3, ExponentialDecay(0.3, 4, 0.5), CosineDecay(0.0, 9, warmup_target=0.3, warmup_steps=5),
             PiecewiseConstantDecay([3, 9], [0.3, 0.1, 0.01])]


def numbers():
    """Start and gradients (steps, 2, 3) of six numbers: the gradients of two hardly differ, two are 0 now and then."""
    rng = np.random.default_rng(4)
    gradients = rng.uniform(-1, 1, (STEPS, 2, 3))
    gradients[:, 1, :2] = 0.5 + 0.01 * gradients[:, 1, :2]
    gradients[:, 0, :2] *= rng.random((STEPS, 2)) < 0.6
    return rng.uniform(-1, 1, (2, 3)), gradients


def paths(kind, options, rates):
    """Where all the numbers go, one after the other: (steps, 2, 3)."""
    start, gradients = numbers()
    if kind == "AdamW":
        options = {"weight_decay": 0.004} | options
    found = np.empty_like(gradients)
    for place in np.ndindex(start.shape):
        found[:, *place] = path(RULES[kind], start[place], gradients[:, *place], rates, **options)
    return found


def moved(optimizer, dtype):
    start, gradients = numbers()
    w, found = start.astype(dtype), []
    for gradient in gradients:
        optimizer.apply([("layer/w", w, gradient.astype(dtype))])
        found.append(w.copy())
    return np.array(found)


@pytest.mark.parametrize(("kind", "options"), [
    *CASES, *((kind, options | decay) for kind, options in CASES for decay in DECAYS)])
def test_one_number_at_a_time(kind, options):
    for rate in SCHEDULES:
        rates = [rate(step) for step in range(STEPS)] if callable(rate) else [rate] * STEPS
        expected = paths(kind, options, rates)
        optimizer = getattr(optimizers, kind)(rate, **options)
        # Where the gradients hardly differ, v - a^2 loses some digits.
        np.testing.assert_allclose(moved(optimizer, "float64"), expected, rtol=1e-11, atol=1e-13)
        assert optimizer.iterations == STEPS
        assert optimizer.slots.keys() == set(optimizer.slot_names)


@pytest.mark.parametrize(("kind", "options"), CASES)
def test_single_precision(kind, options):
    optimizer = getattr(optimizers, kind)(0.05, **options)
    found = moved(optimizer, "float32")
    assert found.dtype == np.float32
    assert {slot["layer/w"].dtype for slot in optimizer.slots.values()} <= {np.dtype("float32")}
    difference = np.abs(found - paths(kind, options, [0.05] * STEPS))
    if options.get("centered"):
        # For the numbers whose gradients hardly differ, v - a^2 has few digits in single precision.
        difference[:, 1, :2] = 0
    assert difference.max() < 5e-6


@pytest.mark.parametrize(("kind", "options"), CASES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_gradient_that_is_always_0_moves_nothing(kind, options, dtype):
    w = np.array([1.5, -2.0], dtype)
    optimizer = getattr(optimizers, kind)(0.5, **options, **{"weight_decay": 0.0} if kind == "AdamW" else {})
    for _ in range(STEPS):
        optimizer.apply([("layer/w", w, np.zeros_like(w))])
    assert w.tolist() == [1.5, -2]


def test_a_variance_that_rounding_makes_negative_is_none(rng):
    """A gradient that hardly changes has hardly a variance: v - a^2 is a rounding error of either sign."""
    w, mean, negative = np.zeros(50, "float32"), rng.uniform(-30, 30, 50), 0
    optimizer = optimizers.RMSprop(1e-6, centered=True)
    for _ in range(250):
        optimizer.apply([("layer/w", w, (mean * rng.uniform(1, 1 + 1e-6, 50)).astype("float32"))])
        v, a = (optimizer.slots[name]["layer/w"] for name in ("velocity", "average_gradient"))
        negative += (v - np.square(a) + 1e-7 < 0).sum()
    assert negative > 100  # the root of it would be NaN
    assert np.isfinite(w).all()


def test_a_step_of_adam_by_hand():
    # m = 0.1 g, v = 0.001 g^2, alpha = rate sqrt(0.001) / 0.1: the first step is the rate, whatever the gradient.
    w = np.array([1.0, 1.0, 1.0])
    optimizers.Adam(0.25).apply([("layer/w", w, np.array([3.0, -0.02, 0.0]))])
    np.testing.assert_allclose(w, [0.75, 1.25, 1.0], rtol=1e-3)


def test_a_step_of_rmsprop_by_hand():
    # v = 0.1 * 10^2 = 10, so that the step is 0.1 * 10 / sqrt(10): Keras's docstring has 10 -> 9.683772.
    w = np.array([10.0])
    optimizers.RMSprop(0.1).apply([("layer/w", w, w.copy())])
    assert w[0] == pytest.approx(9.683772, abs=5e-7)


def test_a_step_of_adagrad_by_hand():
    w = np.array([1.0])
    optimizers.Adagrad(1.0, initial_accumulator_value=9.0).apply([("layer/w", w, np.array([4.0]))])
    assert w[0] == pytest.approx(1 - 4 / 5)


def test_the_first_step_of_adadelta_by_hand():
    # sqrt(eps) g / sqrt(0.05 g^2 + eps), with eps = 0.05 and g = 1: sqrt(0.05 / 0.1).
    w = np.array([1.0])
    optimizers.Adadelta(1.0, epsilon=0.05).apply([("layer/w", w, np.array([1.0]))])
    assert w[0] == pytest.approx(1 - math.sqrt(0.5))
