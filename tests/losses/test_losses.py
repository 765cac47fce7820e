"""Losses: values by hand and in high precision, gradients and curvature by differences, and the extremes."""

import json
import math
from decimal import Decimal

import numpy as np
import pytest

from minicnn import _checks, _config, activations, losses
from minicnn.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Hinge,
    Huber,
    MeanAbsoluteError,
    MeanSquaredError,
    PenaltyMAP,
    PenaltyMLE,
    SparseCategoricalCrossentropy,
    log_softmax,
)

ROWS, CLASSES = 4, 5
LABELS = np.array([3, 0, 4, 3])
ONE_HOT = np.eye(CLASSES)[LABELS]
SOFT = np.array([[0.2, 0.1, 0.3, 0.15, 0.25]] * ROWS)


def outputs(kind):
    rng = np.random.default_rng(2)
    return {"any": rng.standard_normal((ROWS, CLASSES)), "positive": rng.uniform(0.1, 2, (ROWS, CLASSES)),
            "penalties": rng.uniform(0, 12, (ROWS, CLASSES)),
            "probabilities": rng.uniform(0.02, 0.98, (ROWS, CLASSES))}[kind]


# name: (loss, targets, kind of outputs)
CASES = {
    "mse": (MeanSquaredError(), outputs("positive")[::-1], "any"),
    "crossentropy": (CategoricalCrossentropy(), ONE_HOT, "positive"),
    "crossentropy, soft": (CategoricalCrossentropy(), SOFT, "positive"),
    "crossentropy of logits": (CategoricalCrossentropy(from_logits=True), ONE_HOT, "any"),
    "crossentropy of logits, soft": (CategoricalCrossentropy(from_logits=True), SOFT * 3, "any"),
    "sparse": (SparseCategoricalCrossentropy(), LABELS, "positive"),
    "sparse, column": (SparseCategoricalCrossentropy(), LABELS[:, None], "positive"),
    "sparse of logits": (SparseCategoricalCrossentropy(from_logits=True), LABELS, "any"),
    "crossentropy, smoothed": (CategoricalCrossentropy(label_smoothing=0.1), ONE_HOT, "positive"),
    "crossentropy of logits, smoothed": (CategoricalCrossentropy(True, 0.3), ONE_HOT, "any"),
    "mae": (MeanAbsoluteError(), outputs("positive")[::-1], "any"),
    "huber": (Huber(), outputs("positive")[::-1], "any"),
    "huber, delta = 0.3": (Huber(0.3), outputs("positive")[::-1], "any"),
    "binary": (BinaryCrossentropy(), ONE_HOT, "probabilities"),
    "binary, soft": (BinaryCrossentropy(label_smoothing=0.2), SOFT, "probabilities"),
    "binary of logits": (BinaryCrossentropy(from_logits=True), ONE_HOT.astype(int), "any"),
    "binary of logits, soft": (BinaryCrossentropy(True, 0.1), SOFT, "any"),
    "hinge": (Hinge(), 2 * ONE_HOT - 1, "any"),
    "hinge of 0 and 1": (Hinge(), ONE_HOT.astype(bool), "any"),
    "eq. 8": (PenaltyMLE(), LABELS, "penalties"),
    "eq. 9": (PenaltyMAP(), LABELS, "penalties"),
    "eq. 9, j = 1": (PenaltyMAP(j=1), ONE_HOT, "penalties"),
}


@pytest.fixture(params=CASES)
def case(request):
    loss, targets, kind = CASES[request.param]
    return loss, targets, outputs(kind)


def differences(function, y, step=1e-6):
    """Central differences of a function of rows, each number moved by itself: (rows, numbers, result...)."""
    columns = []
    for u in range(y.shape[1]):
        away = np.zeros_like(y)
        away[:, u] = step
        columns.append((function(y + away) - function(y - away)) / (2 * step))
    return np.stack(columns, axis=1)


def test_every_loss_is_tried():
    assert {type(loss) for loss, _, _ in CASES.values()} == set(losses._BY_NAME.values())


def test_gradient_against_differences_of_the_values(case):
    loss, targets, y = case
    expected = differences(lambda moved: loss.values(targets, moved), y)
    np.testing.assert_allclose(loss.gradient(targets, y), expected, rtol=1e-7, atol=1e-8)


def test_curvature_against_differences_of_the_gradient(case):
    loss, targets, y = case
    if isinstance(loss, CategoricalCrossentropy) and not loss.from_logits:
        with pytest.raises(_checks.MinicnnError, match=f"loss '{loss.name}': this loss has no curvature rule"):
            loss.curvature(targets, y)
        return
    second = differences(lambda moved: loss.gradient(targets, moved), y)
    np.testing.assert_allclose(loss.curvature(targets, y), np.einsum("nuu->nu", second), rtol=1e-7, atol=1e-8)


def test_the_mean_of_the_values_is_reported(case):
    loss, targets, y = case
    assert loss.values(targets, y).shape == (ROWS,)
    assert loss(targets, y) == pytest.approx(loss.values(targets, y).mean())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_outputs_settle_the_type_and_nothing_is_written_into(case, dtype):
    loss, targets, y = case
    targets, y = np.array(targets), y.astype(dtype)
    copies = targets.copy(), y.copy()
    targets.flags.writeable = y.flags.writeable = False
    assert loss.values(targets, y).dtype == dtype
    assert loss.gradient(targets, y).dtype == dtype
    assert loss.gradient(targets, y).shape == y.shape
    np.testing.assert_array_equal(targets, copies[0])
    np.testing.assert_array_equal(y, copies[1])


def test_float32_and_float64_agree(case):
    loss, targets, y = case
    single = y.astype("float32")
    double = single.astype("float64")
    np.testing.assert_allclose(loss.values(targets, single), loss.values(targets, double), rtol=1e-5)
    np.testing.assert_allclose(loss.gradient(targets, single), loss.gradient(targets, double), rtol=2e-5, atol=1e-6)


def test_a_configuration_written_as_json_gives_the_same_loss(case):
    loss, targets, y = case
    twin = _config.decode(json.loads(json.dumps(_config.encode(loss))))
    assert type(twin) is type(loss)
    np.testing.assert_array_equal(twin.values(targets, y), loss.values(targets, y))


# -- values ----------------------------------------------------------------------------------------


def test_mean_squared_error_by_hand():
    loss = MeanSquaredError()
    y, t = np.array([[1.0, 2, 3], [0, 0, 0]]), np.array([[1.0, 0, 0], [0, 0, 3]])
    np.testing.assert_allclose(loss.values(t, y), [13 / 3, 3])
    np.testing.assert_allclose(loss.gradient(t, y), [[0, 4 / 3, 2], [0, 0, -2]])
    np.testing.assert_allclose(loss.curvature(t, y), 2 / 3)


def test_mean_squared_error_of_integers_does_not_wrap():
    t = np.array([[250, 3]], np.uint8)
    np.testing.assert_allclose(MeanSquaredError().values(t, np.array([[251.0, 1]])), [2.5])


def test_crossentropy_by_hand():
    y = np.array([[0.2, 0.5, 0.3]])
    for loss, target in ((CategoricalCrossentropy(), np.array([[0.0, 1, 0]])),
                         (SparseCategoricalCrossentropy(), np.array([1]))):
        np.testing.assert_allclose(loss.values(target, y), -math.log(0.5))
        np.testing.assert_allclose(loss.values(target, 7 * y), -math.log(0.5))  # divided by their sum, as Keras does
        np.testing.assert_allclose(loss.values(target, np.array([[1.0, 0, 0]])), -math.log(1e-7))  # and kept from 0


def test_a_clipped_probability_has_no_slope():
    # At 0 and at 1 the clipping is flat; what remains comes from dividing by the sum.
    gradient = CategoricalCrossentropy().gradient(np.array([[0.0, 1, 0]]), np.array([[1.0, 0, 0]]))
    np.testing.assert_array_equal(gradient, 0)


@pytest.mark.parametrize(("loss", "activation"), [
    (CategoricalCrossentropy(), activations.softmax), (CategoricalCrossentropy(False, 0.2), activations.softmax),
    (SparseCategoricalCrossentropy(), activations.softmax), (BinaryCrossentropy(), activations.sigmoid),
    (BinaryCrossentropy(label_smoothing=0.2), activations.sigmoid)])
def test_behind_its_activation_it_is_the_same_loss_of_the_logits(loss, activation, rng):
    logits = rng.standard_normal((ROWS, CLASSES))
    targets = LABELS if isinstance(loss, SparseCategoricalCrossentropy) else ONE_HOT
    p, of_logits = activation(logits), loss.of_logits(activation)
    assert not loss.from_logits
    np.testing.assert_allclose(of_logits.values(targets, logits), loss.values(targets, p), rtol=1e-12)
    through = activation.backward(loss.gradient(targets, p), logits, p)
    np.testing.assert_allclose(of_logits.gradient(targets, logits), through, rtol=1e-11, atol=1e-14)
    assert of_logits.of_logits(activation) is None


def test_then_the_gradient_is_p_minus_t(rng):
    logits = rng.standard_normal((ROWS, CLASSES))
    for loss, activation, scale in ((CategoricalCrossentropy(), activations.softmax, 1),
                                    (BinaryCrossentropy(), activations.sigmoid, 1 / CLASSES)):
        expected = scale * (activation(logits) - ONE_HOT)
        np.testing.assert_allclose(loss.of_logits(activation).gradient(ONE_HOT, logits), expected, rtol=1e-14)


def test_no_loss_swallows_another_activation():
    own = {CategoricalCrossentropy: "softmax", SparseCategoricalCrossentropy: "softmax", BinaryCrossentropy: "sigmoid"}
    for cls in set(losses._BY_NAME.values()):
        for name, activation in activations._BY_NAME.items():
            assert (cls().of_logits(activation) is not None) == (own.get(cls) == name), (cls, name)
    assert CategoricalCrossentropy().of_logits(activations.Softmax(axis=1)) is None


def test_a_loss_of_ones_own_keeps_its_arguments_before_the_softmax():
    class Weighed(CategoricalCrossentropy):
        name = "weighed"

        def __init__(self, weight):
            super().__init__()
            self.weight = weight

        def rows(self, y_true, y_pred):
            return self.weight * super().rows(y_true, y_pred)

    of_logits = Weighed(3.0).of_logits(activations.softmax)
    y = outputs("any")
    np.testing.assert_allclose(of_logits.values(ONE_HOT, y), 3 * CategoricalCrossentropy(True).values(ONE_HOT, y))


def test_logits_a_thousand_apart():
    loss, y = SparseCategoricalCrossentropy(from_logits=True), np.array([[1000.0, 0], [0, 1000]])
    np.testing.assert_array_equal(loss.values(np.array([0, 0]), y), [0, 1000])
    np.testing.assert_array_equal(loss.gradient(np.array([0, 0]), y), [[0, 0], [-1, 1]])


def test_class_numbers_and_one_hot_rows_agree():
    y = outputs("penalties")
    for loss in (PenaltyMLE(), PenaltyMAP()):
        for targets in (ONE_HOT, ONE_HOT.astype(bool), ONE_HOT.astype("uint8"), LABELS[:, None], LABELS.astype("f4")):
            np.testing.assert_array_equal(loss.values(targets, y), loss.values(LABELS, y))
            np.testing.assert_array_equal(loss.gradient(targets, y), loss.gradient(LABELS, y))
    y, dense, sparse = outputs("positive"), CategoricalCrossentropy(), SparseCategoricalCrossentropy()
    np.testing.assert_array_equal(sparse.values(LABELS, y), dense.values(ONE_HOT, y))
    np.testing.assert_array_equal(sparse.gradient(LABELS, y), dense.gradient(ONE_HOT, y))


# -- the paper's two -------------------------------------------------------------------------------


def test_eq_8_is_the_penalty_of_the_right_class():
    y = outputs("penalties")
    # E = 1/P sum over patterns p of y_{D^p}
    assert PenaltyMLE()(LABELS, y) == pytest.approx(sum(y[p, d] for p, d in enumerate(LABELS)) / ROWS, rel=1e-15)
    np.testing.assert_array_equal(PenaltyMLE().curvature(LABELS, y), 0)


def eq_9(label, penalties, j):
    """y_D + log(exp(-j) + sum_i exp(-y_i)) to 50 digits, however small the exponentials are."""
    exact = [Decimal(float(y)) for y in penalties]
    return exact[label] + (sum((-y).exp() for y in exact) + (-Decimal(float(j))).exp()).ln()


@pytest.mark.parametrize("scale", [1e-3, 1, 10, 1e3, 1e4])
@pytest.mark.parametrize("j", [0, 1, 10, 1e3])
def test_eq_9_in_high_precision(scale, j):
    y = np.random.default_rng(4).uniform(0, scale, (ROWS, CLASSES))
    values = PenaltyMAP(j).values(LABELS, y)
    for row, label, value in zip(y, LABELS, values, strict=True):
        assert value == pytest.approx(float(eq_9(label, row, j)), rel=1e-13, abs=1e-15)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_penalties_of_ten_thousand_are_stable(dtype):
    y = np.array([[1e4, 1.1e4, 1.2e4], [1e4, 1e4, 1e4], [0, 1e4, 1e4]], dtype)
    loss, labels = PenaltyMAP(j=1e5), np.array([0, 1, 2])
    np.testing.assert_allclose(loss.values(labels, y), [0, math.log(3), 1e4], rtol=1e-6)
    np.testing.assert_allclose(loss.gradient(labels, y), [[0, 0, 0], [-1 / 3, 2 / 3, -1 / 3], [-1, 0, 1]], atol=1e-6)
    np.testing.assert_allclose(loss.curvature(labels, y), [[0] * 3, [2 / 9] * 3, [0] * 3], atol=1e-6)
    # A rubbish class at 10 is nearer than all of them: the right class alone is pulled.
    np.testing.assert_array_equal(PenaltyMAP(j=10).gradient(labels[:2], y[:2]), np.eye(3)[:2])


def test_with_a_far_rubbish_class_eq_9_is_crossentropy_of_minus_the_penalties():
    y = outputs("penalties")
    logits = CategoricalCrossentropy(from_logits=True)
    np.testing.assert_allclose(PenaltyMAP(j=1e3).values(LABELS, y), logits.values(ONE_HOT, -y), rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(PenaltyMAP(j=1e3).gradient(LABELS, y), -logits.gradient(ONE_HOT, -y), rtol=1e-13)


def test_with_a_near_rubbish_class_eq_9_becomes_eq_8():
    # j = 0 under large penalties: log(1 + nearly nothing) = 0, what remains is the penalty of the right class.
    y = outputs("penalties") + 50
    np.testing.assert_allclose(PenaltyMAP(j=0).values(LABELS, y), PenaltyMLE().values(LABELS, y), rtol=1e-15)


def test_the_gradient_of_eq_9_sums_to_the_posterior_of_the_rubbish_class():
    y, j = outputs("penalties"), 3.0
    rubbish = [math.exp(-j) / (math.exp(-j) + sum(math.exp(-v) for v in row)) for row in y]
    np.testing.assert_allclose(PenaltyMAP(j).gradient(LABELS, y).sum(axis=1), rubbish, rtol=1e-12)


def test_eq_9_pulls_the_right_class_and_pushes_the_others():
    gradient = PenaltyMAP().gradient(LABELS, outputs("penalties"))
    assert (gradient[ONE_HOT == 1] > 0).all()
    assert (gradient[ONE_HOT == 0] < 0).all()


@pytest.mark.parametrize("j", [-1, "10", float("nan"), True])
def test_a_j_that_is_none(j):
    with pytest.raises(_checks.MinicnnError, match="PenaltyMAP: j must be a number"):
        PenaltyMAP(j)


def test_log_softmax():
    x = np.array([[0.0, 0], [1000, 1000], [0, 1000], [0, -np.inf]])
    np.testing.assert_allclose(log_softmax(x), [[-math.log(2)] * 2, [-math.log(2)] * 2, [-1000, 0], [0, -np.inf]])


def test_close_logits_keep_their_digits_however_large(rng):
    near = rng.standard_normal((ROWS, CLASSES)).astype("float32")
    far = near + np.float32(4096)  # float32 has steps of 0.0005 there
    exact = log_softmax(far.astype("float64"))
    np.testing.assert_allclose(log_softmax(far), exact, rtol=1e-6)
    loss = PenaltyMAP(j=4096)
    np.testing.assert_allclose(loss.values(LABELS, far), loss.values(LABELS, far.astype("float64")), rtol=1e-6)


# -- names -----------------------------------------------------------------------------------------


def test_names():
    for name, cls in losses._BY_NAME.items():
        loss = losses.get(name)
        assert type(loss) is cls
        assert losses.get(loss) is loss
        assert name in ("mse", "mae", "bce", loss.name)
        assert type(losses.get(cls.__name__)) is cls
        assert getattr(losses, cls.__name__) is cls
    for name in ("MSE", "MAE", "BCE"):
        assert type(losses.get(name)) is type(losses.get(name.lower()))
    assert losses.get("penalty_map").j == 10


def test_an_unknown_name():
    with pytest.raises(_checks.MinicnnError, match=r"loss 'catagorical_crossentropy'.*mean 'categorical_crossentropy'"):
        losses.get("catagorical_crossentropy")
