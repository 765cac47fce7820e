"""Ranks and their correlation."""

import numpy as np
import pytest

from minicnn.visualize.sanity.ranks import ranks, spearman


def by_counting(values):
    """Half of the equal ones stand before, half behind."""
    return [(values < v).sum() + ((values == v).sum() + 1) / 2 for v in values]


def test_ranks_with_ties(rng):
    values = rng.integers(0, 6, 40)
    assert ranks(values).tolist() == by_counting(values)


def test_spearman_by_hand():
    # Without ties: 1 - 6 sum d^2 / (n (n^2 - 1)), with d = 0, 1, 1, 2, 2.
    a, b = np.array([1, 2, 3, 4, 5.0]), np.array([10, 30, 20, 99, 40.0])
    assert spearman(a, b) == pytest.approx(1 - 6 * (0 + 1 + 1 + 1 + 1) / (5 * 24))
    assert spearman(a, -a) == pytest.approx(-1)


def test_only_the_order_counts(rng):
    a, b = rng.normal(size=(2, 5, 8))
    assert spearman(np.exp(a), b ** 3) == pytest.approx(spearman(a, b))


def test_blank_maps_have_no_order():
    assert np.isnan(spearman(np.zeros(5), np.arange(5)))
