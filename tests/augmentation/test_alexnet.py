"""AlexNet's recipe: crops, mirroring, color noise, ten crops, by hand and by their statistics."""

import numpy as np
import pytest

from minicnn import MinicnnError
from minicnn.augmentation import alexnet

PHOTO_TYPES = ("uint8", "float16", "float32", "float64")


def photos(shape, dtype="float64", seed=0):
    """Random pixels with correlated channels, 0 .. 255 as bytes, 0 .. 1 as floats."""
    rng = np.random.default_rng(seed)
    light, own = rng.uniform(40, 160, (*shape[:3], 1)), rng.uniform(0, 90, shape)
    values = (light + own).astype(np.uint8)
    return values if dtype == "uint8" else (values / 255).astype(dtype)


@pytest.fixture
def rng():
    return np.random.default_rng(2012)


# -- crops and mirroring ---------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "shape"), [(3, (3, 3)), ((2, 4), (2, 4)), ((5, 7), (5, 7)), (1, (1, 1))])
def test_a_crop_is_a_piece_of_its_image(rng, size, shape):
    images = np.arange(6 * 5 * 7 * 2).reshape(6, 5, 7, 2)
    crops = alexnet.random_crop(images, size, rng)
    assert crops.shape == (6, *shape, 2)
    assert crops.dtype == images.dtype
    for n, crop in enumerate(crops):
        number = crop[0, 0, 0] - n * 70
        i, j = number // 14, number % 14 // 2
        np.testing.assert_array_equal(crop, images[n, i:i + shape[0], j:j + shape[1]])


def test_all_places_are_equally_likely(rng):
    images = np.broadcast_to(np.arange(12).reshape(1, 3, 4, 1), (6000, 3, 4, 1))
    counts = np.bincount(alexnet.random_crop(images, (2, 2), rng)[:, 0, 0, 0], minlength=12).reshape(3, 4)
    assert (counts[2] == 0).all()
    assert (counts[:, 3] == 0).all()
    assert np.abs(counts[:2, :3] - 1000).max() < 120  # four standard deviations


def test_mirror_is_yes_or_no(rng):
    images = photos((400, 3, 4, 2), "uint8")
    result = alexnet.mirror(images, rng)
    same = (result == images).all(axis=(1, 2, 3))
    turned = (result == images[:, :, ::-1]).all(axis=(1, 2, 3))
    assert (same != turned).all()
    assert abs(turned.mean() - 0.5) < 0.1
    assert result.dtype == np.uint8


# -- colors ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", PHOTO_TYPES)
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_colors_are_those_of_the_covariance(dtype, channels):
    images = photos((5, 6, 7, channels), dtype)
    vectors, values = alexnet.fit_colors(images)
    pixels = images.reshape(-1, channels).astype(float) / (255 if dtype == "uint8" else 1)
    covariance = np.cov(pixels.T, bias=True).reshape(channels, channels)
    np.testing.assert_allclose(vectors * values @ vectors.T, covariance, atol=1e-15)
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(channels), atol=1e-12)
    assert (np.diff(values) <= 0).all()
    assert (vectors[np.abs(vectors).argmax(axis=0), np.arange(channels)] > 0).all()


def test_colors_by_hand():
    gray = np.array([0.2, 0.4, 0.9])[:, None] * np.ones(3)  # variance 0.26 / 3 in each channel, all alike
    vectors, values = alexnet.fit_colors(gray.reshape(1, 1, 3, 3))
    np.testing.assert_allclose(values, [0.26, 0, 0], atol=1e-15)
    np.testing.assert_allclose(vectors[:, 0], np.full(3, 3**-0.5))
    assert (values >= 0).all()


def test_colors_far_from_zero_are_found_as_well():
    images = photos((4, 5, 5, 3))
    vectors, values = alexnet.fit_colors(images)
    far_vectors, far_values = alexnet.fit_colors(images + 1e6)
    np.testing.assert_allclose(far_values, values, rtol=1e-6)
    np.testing.assert_allclose(far_vectors, vectors, rtol=1e-4)


def test_bytes_and_floats_have_the_same_colors_and_noise(rng):
    as_bytes, as_floats = photos((6, 4, 5, 3), "uint8"), photos((6, 4, 5, 3), "float64")
    colors = alexnet.fit_colors(as_bytes)
    for one, other in zip(colors, alexnet.fit_colors(as_floats), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)
    values = colors[1] * 10  # a change that shows in bytes
    noisy = [alexnet.pca_color_noise(x, colors[0], values, np.random.default_rng(4)) for x in (as_bytes, as_floats)]
    assert noisy[0].dtype == np.uint8
    np.testing.assert_allclose(noisy[0], np.clip(255 * noisy[1], 0, 255), atol=0.501)
    assert (noisy[0] != as_bytes).any()


def test_all_pixels_of_an_image_get_one_color_and_images_differ(rng):
    images = photos((8, 5, 6, 3))
    change = alexnet.pca_color_noise(images, *alexnet.fit_colors(images), rng) - images
    np.testing.assert_allclose(change, np.broadcast_to(change[:, :1, :1], change.shape), atol=1e-15)
    assert len(np.unique(change[:, 0, 0, 0])) == 8


def test_the_color_is_the_papers_formula():
    images, (vectors, values) = photos((3, 4, 4, 3)), alexnet.fit_colors(photos((3, 4, 4, 3)))
    change = alexnet.pca_color_noise(images, vectors, values, np.random.default_rng(7), sigma=0.5) - images
    alpha = 0.5 * np.random.default_rng(7).standard_normal((3, 3))
    for n in range(3):
        color = sum(vectors[:, k] * alpha[n, k] * values[k] for k in range(3))
        np.testing.assert_allclose(change[n, 0, 0], color, atol=1e-15)


def test_colors_vary_along_the_eigenvectors(rng):
    vectors, values = alexnet.fit_colors(photos((5, 6, 7, 3)))
    change = alexnet.pca_color_noise(np.zeros((20000, 1, 1, 3)), vectors, values, rng)[:, 0, 0]
    along = change @ vectors
    np.testing.assert_allclose(along.std(axis=0), 0.1 * values, rtol=0.03)
    np.testing.assert_allclose(along.mean(axis=0), 0, atol=0.004 * values[0])


@pytest.mark.parametrize("dtype", PHOTO_TYPES)
def test_sigma_zero_changes_nothing(dtype, rng):
    images = photos((2, 3, 4, 3), dtype)
    result = alexnet.pca_color_noise(images, *alexnet.fit_colors(images), rng, sigma=0)
    assert result.dtype == images.dtype
    assert result.tobytes() == images.tobytes()


def test_bytes_are_cut(rng):
    images = np.array([0, 255], np.uint8).reshape(1, 1, 2, 1)
    results = [alexnet.pca_color_noise(images, [[1.0]], [100.0], rng).ravel().tolist() for _ in range(20)]
    assert {tuple(result) for result in results} == {(0, 0), (255, 255)}


# -- ten crops -------------------------------------------------------------------------------------


def test_ten_crops_in_order():
    image = np.arange(12).reshape(1, 3, 4, 1)
    crops = alexnet.ten_crop(image, (2, 2))
    assert crops.shape == (1, 10, 2, 2, 1)
    five = [[[0, 1], [4, 5]], [[2, 3], [6, 7]], [[4, 5], [8, 9]], [[6, 7], [10, 11]], [[1, 2], [5, 6]]]
    np.testing.assert_array_equal(crops[0, :5, :, :, 0], five)
    np.testing.assert_array_equal(crops[0, 5:, :, :, 0], np.flip(five, axis=2))


def test_the_center_crop_of_an_odd_rest_lies_up_and_left():
    image = np.arange(20).reshape(1, 4, 5, 1)
    np.testing.assert_array_equal(alexnet.ten_crop(image, (1, 2))[0, 4, :, :, 0], [[6, 7]])


def test_ten_crops_as_large_as_the_image():
    images = photos((2, 3, 4, 3), "uint8")
    crops = alexnet.ten_crop(images, (3, 4))
    for k in range(10):
        np.testing.assert_array_equal(crops[:, k], images if k < 5 else images[:, :, ::-1])


def test_the_prediction_is_the_mean_over_the_ten(rng):
    images, seen = photos((3, 6, 7, 2)), []
    weights = rng.normal(size=(4 * 4 * 2, 5))

    def predict(x):
        assert x.flags.c_contiguous
        seen.append(x)
        return np.square(x.reshape(3, -1) @ weights)

    result = alexnet.ten_crop_predict(predict, images, 4)
    crops = alexnet.ten_crop(images, 4)
    np.testing.assert_array_equal(np.stack(seen, axis=1), crops)
    expected = [np.mean([np.square(crop.reshape(-1) @ weights) for crop in ten], axis=0) for ten in crops]
    np.testing.assert_allclose(result, expected, rtol=1e-12)


def test_predictions_keep_their_type():
    images = photos((2, 4, 4, 1))
    for given, expected in (("float32", "float32"), ("float64", "float64"), ("int64", "float64")):
        result = alexnet.ten_crop_predict(lambda x, given=given: np.ones((2, 3), given), images, 2)
        assert result.dtype == expected
        assert (result == 1).all()


# -- all of them -----------------------------------------------------------------------------------

CALLS = {
    "random_crop": lambda x, rng: alexnet.random_crop(x, 3, rng),
    "mirror": alexnet.mirror,
    "pca_color_noise": lambda x, rng: alexnet.pca_color_noise(x, np.eye(3), np.ones(3), rng),
    "fit_colors": lambda x, rng: np.vstack(alexnet.fit_colors(x)),
    "ten_crop": lambda x, rng: alexnet.ten_crop(x, 3),
    "ten_crop_predict": lambda x, rng: alexnet.ten_crop_predict(lambda c: c.sum(axis=(1, 2)), x, 3),
}
RANDOM = ("random_crop", "mirror", "pca_color_noise")


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("dtype", PHOTO_TYPES)
def test_inputs_of_any_layout_stay_as_they_are(name, dtype):
    images = photos((4, 5, 6, 3), dtype)
    expected = CALLS[name](images, np.random.default_rng(0))
    locked = images.copy()
    locked.flags.writeable = False
    for laid_out in (locked, np.asfortranarray(images), np.repeat(images, 2, axis=0)[::2]):
        before = laid_out.copy()
        np.testing.assert_array_equal(CALLS[name](laid_out, np.random.default_rng(0)), expected)
        np.testing.assert_array_equal(laid_out, before)
    assert not np.shares_memory(expected, images)


@pytest.mark.parametrize("name", RANDOM)
def test_same_seed_same_bits_and_other_seed_others(name):
    images = photos((20, 5, 6, 3))
    first = CALLS[name](images, np.random.default_rng(1))
    assert CALLS[name](images, np.random.default_rng(1)).tobytes() == first.tobytes()
    assert (CALLS[name](images, np.random.default_rng(2)) != first).any()


@pytest.mark.parametrize("name", RANDOM)
def test_wrong_generators(name):
    with pytest.raises(MinicnnError, match=rf"{name}: rng must be a random generator.*received 3. Make one: numpy"):
        CALLS[name](photos((2, 4, 4, 3)), 3)


@pytest.mark.parametrize("name", CALLS)
def test_wrong_images(name, rng):
    with pytest.raises(MinicnnError, match=rf"{name}: this is not a batch of images.*shape \(4, 5, 5\). A single"):
        CALLS[name](np.zeros((4, 5, 5)), rng)


@pytest.mark.parametrize("name", ["pca_color_noise", "fit_colors"])
def test_pixels_that_cannot_be_mixed(name, rng):
    with pytest.raises(MinicnnError, match=f"{name}: pixels of this type cannot be mixed.*received dtype int32"):
        CALLS[name](np.zeros((2, 4, 4, 3), np.int32), rng)


@pytest.mark.parametrize("name", ["random_crop", "ten_crop", "ten_crop_predict"])
def test_a_crop_larger_than_the_images(name, rng):
    with pytest.raises(MinicnnError, match=f"{name}: the crop is larger than the images. Expected at most 2x6, "
                                           "received 3x3. Take a smaller crop"):
        CALLS[name](photos((2, 2, 6, 3)), rng)


@pytest.mark.parametrize("size", [0, 2.5, (2, 2, 2), "2"])
def test_wrong_crop_sizes(size, rng):
    with pytest.raises(MinicnnError, match="random_crop: size must be"):
        alexnet.random_crop(photos((2, 4, 4, 3)), size, rng)


@pytest.mark.parametrize(("vectors", "values"), [
    (np.eye(2), np.ones(2)), (np.eye(3), np.ones(2)), (np.ones(3), np.ones(3)),
], ids=["two channels", "two values", "one vector"])
def test_colors_of_other_images(vectors, values, rng):
    with pytest.raises(MinicnnError, match=r"do not fit the images. Expected shapes \(3, 3\) and \(3,\), received.*"
                                           "Take them from fit_colors"):
        alexnet.pca_color_noise(photos((2, 4, 4, 3)), vectors, values, rng)


def test_a_negative_sigma(rng):
    with pytest.raises(MinicnnError, match=r"pca_color_noise: sigma must be a number. Expected at least 0"):
        alexnet.pca_color_noise(photos((2, 4, 4, 3)), np.eye(3), np.ones(3), rng, sigma=-0.1)


def test_no_pixels_no_colors():
    with pytest.raises(MinicnnError, match=r"fit_colors: there is no pixel.*received shape \(0, 4, 4, 3\)"):
        alexnet.fit_colors(np.zeros((0, 4, 4, 3)))


def test_nan_has_no_color():
    with pytest.raises(MinicnnError, match=r"covariance of the channels.*not finite"):
        alexnet.fit_colors(np.full((1, 2, 2, 3), np.nan))


@pytest.mark.parametrize(("rows", "shape"), [(3, r"\(3, 4\)"), (20, r"\(20, 4\)")])
def test_a_prediction_with_other_rows(rows, shape):
    with pytest.raises(MinicnnError, match=f"ten_crop_predict: predict must give a row for each image. Expected 2 "
                                           f"rows, received shape {shape}"):
        alexnet.ten_crop_predict(lambda x: np.zeros((rows, 4)), photos((2, 4, 4, 1)), 2)
