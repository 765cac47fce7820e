"""Where the second walk starts before an RBF layer, against second differences of the loss itself."""

import numpy as np
import pytest

from minicnn import kernels
from minicnn.losses import PenaltyMAP, PenaltyMLE

RNG = np.random.default_rng(7)
CENTERS = RNG.choice([-1.0, 1.0], (4, 6))
LABELS = np.array([0, 3, 1])
# Near their centers, between two of them, and far away: p from one-hot to all rubbish.
X = np.stack([CENTERS[0] + 0.2 * RNG.standard_normal(6), CENTERS[[1, 2]].mean(axis=0), 3 * RNG.standard_normal(6)])


def second_differences(loss, step=1e-4):
    """d2E/dx_j^2 of each row."""
    def value(x):
        return loss.values(LABELS, kernels.rbf(x, CENTERS))

    found = np.empty_like(X)
    for j in range(X.shape[1]):
        side = np.zeros_like(X)
        side[:, j] = step
        found[:, j] = (value(X + side) - 2 * value(X) + value(X - side)) / step**2
    return found


@pytest.mark.parametrize("loss", [PenaltyMLE(), *(PenaltyMAP(j, exact_seed=True) for j in (0, 1, 10, 100))],
                         ids=lambda loss: f"{loss.name} {getattr(loss, 'j', '')}")
def test_the_seed_is_the_second_derivative(loss):
    found = loss.curvature_before_rbf(kernels.rbf(X, CENTERS), X, CENTERS)
    np.testing.assert_allclose(found, second_differences(loss), rtol=1e-5, atol=1e-5)


def test_of_eq_9_it_is_2_unless_asked_for():
    y = kernels.rbf(X, CENTERS)
    np.testing.assert_array_equal(PenaltyMAP().curvature_before_rbf(y, X, CENTERS), np.full_like(X, 2))
    assert not np.allclose(second_differences(PenaltyMAP()), 2)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_exact_one_vanishes_where_the_answer_is_certain_and_is_never_below_zero(dtype):
    # One class alone at its center, no rubbish: the penalties of the others are large, and p is one-hot.
    x, centers = CENTERS[:1].astype(dtype), (5 * CENTERS).astype(dtype)
    x = 5 * x
    seed = PenaltyMAP(j=1e4, exact_seed=True).curvature_before_rbf(kernels.rbf(x, centers), x, centers)
    assert seed.dtype == dtype
    assert 0 <= seed.min() <= seed.max() < 1e-6
    many = RNG.uniform(-9, 9, (2000, 6)).astype(dtype)
    assert PenaltyMAP(50, True).curvature_before_rbf(kernels.rbf(many, centers), many, centers).min() >= 0
