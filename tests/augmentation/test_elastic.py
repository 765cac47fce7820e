"""Elastic displacements: smoothing against sums over the definition, size, smoothness, borders."""

import numpy as np
import pytest

from minicnn.augmentation.elastic import displacement_fields, smoothing


def blurred(row, sigma):
    """Convolved with a Gaussian that sums to one, zeros beyond the ends."""
    reach = int(8 * sigma) + 8
    bell = {d: np.exp(-d * d / (2 * sigma**2)) for d in range(-reach, reach + 1)}
    total = sum(bell.values())
    return [sum(bell[i - k] * row[k] for k in range(len(row)) if abs(i - k) <= reach) / total for i in range(len(row))]


@pytest.mark.parametrize("sigma", [0.01, 0.5, 1.0, 4.0, 8.0])
@pytest.mark.parametrize("size", [1, 2, 29])
def test_smoothing_is_a_convolution_with_a_gaussian(size, sigma, rng):
    row = rng.normal(size=size)
    np.testing.assert_allclose(smoothing(size, sigma) @ row, blurred(row, sigma), atol=2e-6)


def test_the_matrix_in_the_docstring():
    np.testing.assert_allclose(smoothing(4, 1.0)[:2], [[0.40, 0.24, 0.05, 0.00], [0.24, 0.40, 0.24, 0.05]], atol=0.006)


def test_a_shared_matrix_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        smoothing(5, 1.0)[0, 0] = 1


def test_fields_are_the_smoothed_noise_times_alpha():
    fields = displacement_fields(2, (5, 7), 3.0, 1.5, np.random.default_rng(8))
    noise = np.random.default_rng(8).integers(-2**15, 2**15, (2, 2, 5, 7), dtype=np.int16) / 2**15
    for n, axis in np.ndindex(2, 2):
        columns = np.array([blurred(column, 1.5) for column in noise[n, axis].T]).T
        expected = 3.0 * np.array([blurred(row, 1.5) for row in columns])
        np.testing.assert_allclose(fields[n, axis], expected, atol=1e-5)
    assert fields.dtype == np.float32


@pytest.mark.parametrize(("alpha", "sigma"), [(34, 4), (10, 2), (1, 1)])
def test_size_away_from_the_border_is_what_the_docstring_says(alpha, sigma):
    fields = displacement_fields(400, (61, 61), alpha, sigma, np.random.default_rng(0))
    inside = fields[:, :, 24:37:4, 24:37:4]
    expected = alpha / (sigma * np.sqrt(12 * np.pi))
    assert abs(inside.std() / expected - 1) < 0.03
    assert abs(inside.mean()) < 0.03 * expected
    # At a corner a quarter of the noise is there, and its nearest part counts most: about half the size.
    corner = alpha / np.sqrt(3) * np.square(smoothing(61, sigma)[0]).sum()
    assert 0.5 * expected < corner < 0.8 * expected
    assert abs(fields[:, :, 0, 0].std() / corner - 1) < 0.1


def test_without_smoothing_it_is_noise_from_minus_to_plus_alpha():
    fields = displacement_fields(50, (20, 20), 2.0, 0.01, np.random.default_rng(0))
    assert -2 <= fields.min() < -1.99
    assert 1.99 < fields.max() < 2
    assert abs(fields.var() - 4 / 3) < 0.02
    assert abs(np.corrcoef(fields[:, :, :, 1:].ravel(), fields[:, :, :, :-1].ravel())[0, 1]) < 0.02


def test_neighbors_are_alike_and_axes_and_images_are_not():
    fields = displacement_fields(200, (28, 28), 34, 4, np.random.default_rng(0))
    for axis in (2, 3):
        a, b = np.moveaxis(fields, axis, 0)[13:15]
        # Of Gaussian noise smoothed by sigma, points at distance d correlate by exp(-d^2 / (4 sigma^2)).
        assert abs(np.corrcoef(a.ravel(), b.ravel())[0, 1] - np.exp(-1 / 64)) < 0.005
        # Of such a field the second derivative is smaller by sqrt(3/4) / sigma^2; of plain noise larger by sqrt(6).
        assert abs(np.diff(fields, 2, axis=axis).std() / fields.std() - 0.75**0.5 / 16) < 0.005
    assert abs(np.corrcoef(fields[:, 0, 14, 14], fields[:, 1, 14, 14])[0, 1]) < 0.2
    assert abs(np.corrcoef(fields[1:, 0, 14, 14], fields[:-1, 0, 14, 14])[0, 1]) < 0.2


def test_alpha_zero_moves_nothing(rng):
    assert not displacement_fields(3, (6, 7), 0.0, 4.0, rng).any()


def test_an_image_has_the_same_field_whatever_batch_it_is_in():
    all_five = displacement_fields(5, (28, 28), 34, 4, np.random.default_rng(3))
    rng = np.random.default_rng(3)
    parts = [displacement_fields(count, (28, 28), 34, 4, rng) for count in (2, 3)]
    np.testing.assert_array_equal(np.concatenate(parts), all_five)
