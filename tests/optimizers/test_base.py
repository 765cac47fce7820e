"""What all optimizers share, and SGD by its formula."""

import json
import re

import numpy as np
import pytest

from minicnn import _checks, _config, optimizers
from minicnn.optimizers import SGD, Adadelta, Adagrad, Adam, AdamW, Optimizer, RMSprop
from minicnn.schedules import CosineDecay, ExponentialDecay, PiecewiseConstantDecay

GRADIENTS = [np.array([1.0, -2, 0.5]), np.array([0.5, 1, 0]), np.array([-3.0, 0, 2]), np.array([1.0, 1, 1])]
START = np.array([1.0, 2, 3])


def moved(optimizer, dtype="float64"):
    """The parameter after each of the four gradients; the very array is written into."""
    w, path = START.astype(dtype), []
    for gradient in GRADIENTS:
        optimizer.apply([("layer/w", w, gradient.astype(dtype))])
        path.append(w.copy())
    return path


def test_plain_steps_by_hand():
    assert moved(SGD(0.5))[0].tolist() == [0.5, 3, 2.75]
    np.testing.assert_allclose(moved(SGD(0.1))[-1], START - 0.1 * sum(GRADIENTS), rtol=1e-15)


@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("mu", [0.5, 0.9])
def test_momentum_by_its_formula(mu, nesterov):
    # m = mu m - lr g;  w += m,  or with Nesterov  w += mu m - lr g  (Keras's SGD)
    w, m, rate = START.copy(), np.zeros(3), 0.1
    for found, g in zip(moved(SGD(rate, momentum=mu, nesterov=nesterov)), GRADIENTS, strict=True):
        m = mu * m - rate * g
        w = w + (mu * m - rate * g if nesterov else m)
        np.testing.assert_allclose(found, w, rtol=1e-14)


def test_two_steps_of_momentum_by_hand():
    # m: -0.1, then 0.5 * -0.1 - 0.05 = -0.1; w: 1 - 0.1 - 0.1.
    assert [round(w[0], 12) for w in moved(SGD(0.1, momentum=0.5))[:2]] == [0.9, 0.8]
    # Looking ahead: 1 + 0.5 * -0.1 - 0.1 = 0.85; then 0.85 + 0.5 * -0.1 - 0.05 = 0.75.
    assert [round(w[0], 12) for w in moved(SGD(0.1, momentum=0.5, nesterov=True))[:2]] == [0.85, 0.75]


KINDS = [SGD, RMSprop, Adagrad, Adadelta, Adam, AdamW]
EVERY = [*((kind, {}) for kind in KINDS), (SGD, {"momentum": 0.9}), (SGD, {"momentum": 0.9, "nesterov": True}),
         (RMSprop, {"momentum": 0.9}), (RMSprop, {"centered": True}), (RMSprop, {"momentum": 0.5, "centered": True}),
         (Adam, {"amsgrad": True}), (AdamW, {"amsgrad": True}), (SGD, {"weight_decay": 0.1}),
         (RMSprop, {"weight_decay": 0.1, "clipvalue": 0.5}), (Adagrad, {"clipnorm": 0.5}),
         (Adadelta, {"global_clipnorm": 0.5})]


@pytest.mark.parametrize(("kind", "options"), EVERY)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_parameters_move_in_place_and_gradients_are_left_alone(kind, options, dtype):
    w = START.astype(dtype)
    others_see, g = w, GRADIENTS[0].astype(dtype)
    g.flags.writeable = False
    optimizer = kind(0.1, **options)
    for _ in range(3):
        optimizer.apply([("layer/w", w, g)])
    assert others_see is w
    assert w.dtype == dtype
    assert not np.array_equal(w, START)
    assert {slot.dtype for kept in optimizer.slots.values() for slot in kept.values()} <= {np.dtype(dtype)}


@pytest.mark.parametrize(("kind", "options"), EVERY)
def test_a_gradient_of_another_type_is_taken_in_the_type_of_the_parameter(kind, options):
    w, twin = START.astype("float32"), START.astype("float32")
    optimizer, other = kind(0.1, **options), kind(0.1, **options)
    for gradient in GRADIENTS:
        optimizer.apply([("layer/w", w, gradient / 3)])
        other.apply([("layer/w", twin, (gradient / 3).astype("float32"))])
    assert w.dtype == np.float32
    np.testing.assert_array_equal(w, twin)
    assert {kept["layer/w"].dtype for kept in optimizer.slots.values()} <= {np.dtype("float32")}


@pytest.mark.parametrize(("kind", "options"), EVERY)
def test_a_single_number_is_a_parameter_too(kind, options):
    w, one = np.array(2.0), np.array([2.0])
    optimizer, other = kind(0.1, **options), kind(0.1, **options)
    for g in (1.0, -0.5, 3.0):
        optimizer.apply([("layer/w", w, np.array(g))])
        other.apply([("layer/w", one, np.array([g]))])
    assert w.shape == ()
    assert w == one[0] != 2


def test_each_parameter_has_a_momentum_of_its_own():
    optimizer, a, b = SGD(1.0, momentum=0.5), np.zeros(1), np.zeros(2)
    optimizer.apply([("one/w", a, np.ones(1)), ("two/w", b, np.full(2, 10.0))])
    optimizer.apply([("two/w", b, np.zeros(2)), ("one/w", a, np.zeros(1))])
    assert (a.tolist(), b.tolist()) == ([-1.5], [-15, -15])
    assert optimizer.slots["momentum"].keys() == {"one/w", "two/w"}
    assert optimizer.iterations == 2


def test_without_momentum_nothing_is_kept():
    optimizer = SGD(0.1)
    moved(optimizer)
    assert optimizer.slots == {}


def test_an_optimizer_of_your_own():
    class Signs(Optimizer):
        def move(self, key, parameter, gradient, rate):
            parameter -= rate * np.sign(gradient)

    np.testing.assert_allclose(moved(Signs(0.25))[0], [0.75, 2.25, 2.75])


# -- weight decay and clipping -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_weight_decay_is_a_step_of_its_own_before_the_update(kind):
    # w -= w * weight_decay * rate, with the rate of this update; the gradient and the slots do not see it.
    rate = PiecewiseConstantDecay([1], [0.5, 0.25])
    decayed, plain, w, free = kind(rate, weight_decay=0.1), kind(rate, weight_decay=0.0), START.copy(), START.copy()
    for step, g in enumerate(GRADIENTS):
        free -= free * 0.1 * rate(step)
        for optimizer, parameter in ((decayed, w), (plain, free)):
            optimizer.apply([("layer/w", parameter, g)])
        np.testing.assert_allclose(w, free, rtol=1e-14)
    for name, kept in plain.slots.items():
        np.testing.assert_array_equal(decayed.slots[name]["layer/w"], kept["layer/w"])


def test_weight_decay_by_hand():
    # 2 - 2 * 0.5 * 0.1 = 1.9, and the step: 1.9 - 0.1 * 3
    w = np.array([2.0])
    SGD(0.1, weight_decay=0.5).apply([("layer/w", w, np.array([3.0]))])
    assert w[0] == pytest.approx(1.6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("options", "clipped"), [
    ({"clipvalue": 1.0}, ([1, -1], [0.5])), ({"clipnorm": 2.5}, ([1.5, -2], [0.5])),
    ({"global_clipnorm": 1.0}, (np.array([3, -4]) / np.sqrt(25.25), [0.5 / np.sqrt(25.25)])),
    # As in Keras.
    ({"clipvalue": 0}, ([3, -4], [0.5])), ({"clipnorm": 0.0}, ([3, -4], [0.5])),
    ({"global_clipnorm": 0}, ([3, -4], [0.5]))])
def test_a_clipped_gradient_moves_as_the_shorter_one_does(kind, options, clipped):
    given = [np.array([3.0, -4.0]), np.array([0.5])], [np.array(g, float) for g in clipped]
    a, b = ([np.ones(2), np.ones(1)] for _ in given)
    for optimizer, w, gradients in ((kind(0.1, **options), a, given[0]), (kind(0.1), b, given[1])):
        for _ in range(3):
            optimizer.apply(zip(("a", "b"), w, gradients, strict=True))
    for x, y in zip(a, b, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-14)


# -- slots -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("optimizer", "groups"), [
    (SGD(), ()), (SGD(momentum=0.9), (("momentum",),)),
    (RMSprop(), (("velocity",),)), (RMSprop(momentum=0.5), (("velocity",), ("momentum",))),
    (RMSprop(centered=True), (("velocity",), ("average_gradient",))),
    (RMSprop(momentum=0.5, centered=True), (("velocity",), ("momentum",), ("average_gradient",))),
    (Adagrad(), (("accumulator",),)), (Adadelta(), (("accumulated_grad", "accumulated_delta_var"),)),
    (Adam(), (("momentum", "velocity"),)), (Adam(amsgrad=True), (("momentum", "velocity"), ("velocity_hat",))),
    (AdamW(), (("momentum", "velocity"),)), (AdamW(amsgrad=True), (("momentum", "velocity"), ("velocity_hat",))),
])
def test_slots_by_their_names(optimizer, groups):
    assert optimizer.slot_groups == groups
    assert optimizer.slot_names == sum(groups, ())
    moved(optimizer)
    assert optimizer.slots.keys() == set(optimizer.slot_names)
    order = optimizer.slot_order(iter(["a/w", "a/b"]))
    assert order == [(name, key) for group in groups for key in ("a/w", "a/b") for name in group]


def test_keras_lists_group_after_group():
    assert Adam(amsgrad=True).slot_order(["w", "b"]) == [
        ("momentum", "w"), ("velocity", "w"), ("momentum", "b"), ("velocity", "b"),
        ("velocity_hat", "w"), ("velocity_hat", "b")]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_a_slot_starts_with(dtype):
    like = np.ones((2, 3), dtype)
    for optimizer, start in ((Adagrad(), 0.1), (Adagrad(initial_accumulator_value=2), 2), (Adam(), 0), (SGD(), 0)):
        name = (*optimizer.slot_names, "momentum")[0]
        slot = optimizer.slot(name, "layer/w", like)
        assert (slot.dtype, slot.shape) == (dtype, (2, 3))
        assert (slot == np.array(start, dtype)).all()
        slot += 1
        assert optimizer.slot(name, "layer/w", like) is slot


@pytest.mark.parametrize(("kind", "options"), EVERY)
def test_slots_in_another_type(kind, options):
    optimizer = kind(0.1, **options)
    moved(optimizer, "float32")
    optimizer.cast("float64")
    moved(optimizer, "float64")
    assert {kept["layer/w"].dtype for kept in optimizer.slots.values()} <= {np.dtype("float64")}
    assert optimizer.iterations == 2 * len(GRADIENTS)


# -- arguments ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("options", "message"), [
    ({"learning_rate": -1}, "SGD: learning_rate must be a number"), ({"learning_rate": "fast"}, "received 'fast'"),
    ({"learning_rate": float("nan")}, "learning_rate must be"), ({"momentum": 1}, "SGD: momentum must be .* below 1"),
    ({"momentum": -0.1}, "momentum must be"), ({"learning_rate": True}, "received True"),
])
def test_arguments_that_are_none(options, message):
    with pytest.raises(_checks.MinicnnError, match=message):
        SGD(**options)


BELOW_1 = {SGD: ["momentum"], RMSprop: ["rho", "momentum"], Adadelta: ["rho"], Adam: ["beta_1", "beta_2"],
           AdamW: ["beta_1", "beta_2"]}


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in BELOW_1.items() for name in names])
@pytest.mark.parametrize("value", [-0.1, 1, 1.5, "0.9", None, np.nan, True])
def test_a_share_is_at_least_0_and_below_1(kind, name, value):
    expected = f"{kind.__name__}: {name} must be a number. Expected at least 0 and below 1, received {value!r}"
    with pytest.raises(_checks.MinicnnError, match=re.escape(expected)):
        kind(**{name: value})
    assert getattr(kind(**{name: 0}), name) == 0


@pytest.mark.parametrize("kind", KINDS[1:])
@pytest.mark.parametrize("value", [0, -1e-7, None, np.inf, "1e-7"])
def test_epsilon_is_above_0(kind, value):
    expected = f"{kind.__name__}: epsilon must be a number. Expected above 0 and finite, received {value!r}"
    with pytest.raises(_checks.MinicnnError, match=re.escape(expected)):
        kind(epsilon=value)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["learning_rate", "weight_decay", "clipnorm", "clipvalue", "global_clipnorm"])
def test_what_is_at_least_0(kind, name):
    with pytest.raises(_checks.MinicnnError, match=f"{kind.__name__}: {name} must be a number. Expected at least 0"):
        kind(**{name: -0.5})


def test_arguments_of_one_optimizer():
    with pytest.raises(_checks.MinicnnError, match=r"Adagrad: initial_accumulator_value must be .* received -1"):
        Adagrad(initial_accumulator_value=-1)
    with pytest.raises(_checks.MinicnnError, match=r"AdamW: weight_decay must be a number.* received None"):
        AdamW(weight_decay=None)
    with pytest.raises(_checks.MinicnnError, match="Adam: gradients can be clipped in one way only"):
        Adam(clipnorm=1.0, global_clipnorm=1.0)


COMMON = {"weight_decay": None, "clipnorm": None, "clipvalue": None, "global_clipnorm": None}
DEFAULTS = {
    "sgd": {"learning_rate": 0.01, "momentum": 0, "nesterov": False},
    "rmsprop": {"learning_rate": 0.001, "rho": 0.9, "momentum": 0, "epsilon": 1e-7, "centered": False},
    "adagrad": {"learning_rate": 0.001, "initial_accumulator_value": 0.1, "epsilon": 1e-7},
    "adadelta": {"learning_rate": 0.001, "rho": 0.95, "epsilon": 1e-7},
    "adam": {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7, "amsgrad": False},
    "adamw": {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7, "amsgrad": False,
              "weight_decay": 0.004}}


@pytest.mark.parametrize("kind", KINDS)
def test_names_and_defaults(kind):
    for name in (kind.name, kind.__name__, kind.name.upper()):
        assert type(optimizers.get(name)) is kind
    assert optimizers.get(kind.name).get_config() == COMMON | DEFAULTS[kind.name]
    assert optimizers.get(kind.name).slots is not optimizers.get(kind.name).slots


def test_names_and_defaults_are_those_of_keras():
    sgd = optimizers.get("SGD")
    assert (sgd.learning_rate, sgd.momentum, sgd.nesterov) == (0.01, 0, False)
    assert optimizers.get(sgd) is sgd
    with pytest.raises(_checks.MinicnnError, match=r"optimizer 'sdg'.*Did you mean 'sgd'"):
        optimizers.get("sdg")
    with pytest.raises(_checks.MinicnnError, match="optimizer 3: no such name"):
        optimizers.get(3)


# -- learning rates and configurations ----------------------------------------------------------------


def test_the_optimizer_asks_the_schedule_with_the_steps_done():
    optimizer = SGD(PiecewiseConstantDecay([0, 2], [1.0, 0.5, 0.25]))
    w, rates = np.zeros(1), []
    for _ in range(5):
        before = w.copy()
        rates.append(optimizer.rate())
        optimizer.apply([("layer/w", w, np.ones(1))])
        assert before - w == rates[-1]
    assert rates == [1, 0.5, 0.5, 0.25, 0.25]


@pytest.mark.parametrize("optimizer", [
    SGD(0.3, 0.9, True), SGD(PiecewiseConstantDecay([2, 5], [1.0, 0.5, 0.25]), momentum=0.5),
    RMSprop(0.1, 0.8, 0.7, 1e-3, True, weight_decay=0.1), Adagrad(ExponentialDecay(0.5, 2, 0.5, True), 0.3, 1e-3),
    Adadelta(CosineDecay(0.1, 4, 0.1, warmup_target=1.0, warmup_steps=2), 0.8, 1e-3, clipnorm=1),
    Adam(0.1, 0.8, 0.7, 1e-3, True, global_clipnorm=1), AdamW(0.1, 0.3, 0.8, 0.7, 1e-3, True, clipvalue=1),
], ids=lambda optimizer: optimizer.name)
def test_a_configuration_written_as_json_moves_alike(optimizer):
    twin = _config.decode(json.loads(json.dumps(_config.encode(optimizer))))
    assert twin.get_config() == optimizer.get_config()
    for a, b in zip(moved(twin), moved(optimizer), strict=True):
        np.testing.assert_array_equal(a, b)
