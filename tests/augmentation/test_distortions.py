"""`Augmentation` as it is used: pure, seeded, within its ranges, and clear about wrong use."""

import itertools
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from minicnn import MinicnnError, _config, kernels
from minicnn.applications import lenet5_images
from minicnn.augmentation import Augmentation, lenet5_distortions
from minicnn.datasets import digits

EACH = {
    "translate": {"translate": 2}, "scale": {"scale": 0.3}, "squeeze": {"squeeze": 0.3}, "shear": {"shear": 0.4},
    "rotate": {"rotate": 30}, "mirror": {"mirror": True}, "elastic": {"elastic": (20, 3)}, "noise": {"noise": 0.2},
    "gaussian_noise": {"gaussian_noise": 0.2},
}
EVERYTHING = {name: value for options in EACH.values() for name, value in options.items()}
DTYPES = ("uint8", "float16", "float32", "float64")


def images_of(shape, dtype, seed=0):
    values = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    return values if dtype == "uint8" else (values / 255).astype(dtype)


def apply(augment, images, seed=5):
    return augment(images, np.random.default_rng(seed))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("options", [{}, {"elastic": (0, 4)}, {"fill": 0, "value_range": (-1, 2)}], ids=str)
def test_without_ranges_the_bits_stay(dtype, options):
    for shape in ((4, 28, 28, 1), (3, 5, 7, 3)):
        images = images_of(shape, dtype)
        result = apply(Augmentation(**options), images)
        assert result.dtype == images.dtype
        assert result.tobytes() == images.tobytes()
        assert not np.shares_memory(result, images)


@pytest.mark.parametrize("name", EACH)
def test_every_option_alone_does_something(name):
    for dtype in DTYPES:
        images = images_of((6, 9, 11, 2), dtype)
        result = apply(Augmentation(**EACH[name]), images)
        assert result.dtype == images.dtype
        assert result.shape == images.shape
        assert (result != images).any()


@pytest.mark.parametrize("options", [*EACH.values(), EVERYTHING], ids=[*EACH, "everything"])
def test_same_seed_same_bits_and_other_seed_others(options):
    augment, images = Augmentation(**options), images_of((5, 12, 10, 1), "float32")
    first = apply(augment, images, seed=1)
    assert apply(Augmentation(**options), images, seed=1).tobytes() == first.tobytes()
    assert (apply(augment, images, seed=2) != first).any()


@pytest.mark.parametrize("options", [*EACH.values(), EVERYTHING], ids=[*EACH, "everything"])
def test_a_batch_differs_from_the_next_and_its_images_from_each_other(options):
    augment, rng = Augmentation(**options), np.random.default_rng(0)
    images = np.repeat(images_of((1, 14, 14, 1), "uint8"), 20, axis=0)
    first, second = augment(images, rng), augment(images, rng)
    assert (first != second).any()
    assert len({image.tobytes() for image in first}) > 1


def layouts(images):
    locked = images.copy()
    locked.flags.writeable = False
    return {"read-only": locked, "Fortran": np.asfortranarray(images), "sliced": np.repeat(images, 2, axis=1)[:, ::2],
            "list": images.tolist() if images.dtype == np.float64 else images,
            "big-endian": images.astype(images.dtype.newbyteorder(">"))}


@pytest.mark.parametrize("dtype", DTYPES)
def test_inputs_of_any_layout_stay_as_they_are(dtype):
    augment, images = Augmentation(**EVERYTHING), images_of((3, 6, 7, 3), dtype)
    expected = apply(augment, images)
    for name, laid_out in layouts(images).items():
        before = np.array(laid_out)
        np.testing.assert_array_equal(apply(augment, laid_out), expected, name)
        np.testing.assert_array_equal(laid_out, before, name)


SUBSETS = [dict(itertools.chain.from_iterable(EACH[name].items() for name in names))
           for size in (1, 2, 3) for names in itertools.combinations(EACH, size)]


@pytest.mark.parametrize("options", SUBSETS, ids=lambda options: "-".join(options))
def test_reference_and_jitted_version_agree_to_the_bit(options):
    shapes = itertools.cycle([(2, 28, 28, 1), (3, 7, 5, 3), (1, 6, 9, 2), (2, 1, 1, 1)])
    for dtype, fill in itertools.product(DTYPES, (None, 1)):
        augment, images = Augmentation(**options, fill=fill), images_of(next(shapes), dtype)
        with kernels.use("reference"):
            expected = apply(augment, images)
        with kernels.use("numba"):
            assert apply(augment, images).tobytes() == expected.tobytes()


def test_which_version_ran_follows_the_kernels(monkeypatch):
    from minicnn.augmentation import reference, with_numba
    ran = []
    for module in (reference, with_numba):
        original = module.resample
        monkeypatch.setattr(module, "resample", lambda *arguments, module=module, original=original: (
            ran.append(module.__name__.rpartition(".")[2]), original(*arguments))[1])
    images = images_of((1, 4, 4, 1), "float32")
    for name in ("numba", "vector", "reference", "numpy"):
        with kernels.use(name):
            apply(Augmentation(rotate=3), images)
    assert ran == ["with_numba", "with_numba", "reference", "reference"]


def test_affine_batches_may_be_cut_anywhere():
    augment, images = lenet5_distortions(), images_of((10, 28, 28, 1), "uint8")
    rng = np.random.default_rng(5)
    parts = [augment(images[a:b], rng) for a, b in ((0, 3), (3, 4), (4, 10))]
    np.testing.assert_array_equal(np.concatenate(parts), apply(augment, images, seed=5))


def test_one_object_serves_many_threads():
    augment, images = Augmentation(**EVERYTHING), images_of((8, 28, 28, 1), "float32")
    expected = [apply(augment, images, seed).tobytes() for seed in range(8)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda seed: apply(augment, images, seed).tobytes(), range(8))) == expected


def test_empty_batches_and_single_pixels():
    for shape in ((0, 28, 28, 1), (2, 1, 1, 1), (1, 1, 9, 3)):
        result = apply(Augmentation(**EVERYTHING), images_of(shape, "float32"))
        assert result.shape == shape
        assert np.isfinite(result).all()


def test_extreme_ranges_leave_numbers():
    augment = Augmentation(translate=1e9, scale=2.99, squeeze=2.99, shear=1e6, rotate=1e4, mirror=True,
                           elastic=(1e6, 0.01))
    for dtype in DTYPES:
        result = apply(augment, images_of((50, 8, 8, 1), dtype))
        assert np.isfinite(result).all()
        assert result.min() >= 0
        assert result.max() <= (255 if dtype == "uint8" else 1)


# -- ranges ----------------------------------------------------------------------------------------


def test_steps_fill_their_ranges_evenly():
    augment = Augmentation(translate=2, scale=0.1, squeeze=0.2, shear=0.3, rotate=15, mirror=True)
    drawn = augment.draw(20000, np.random.default_rng(0))
    limits = {"scale": 0.1, "squeeze": 0.2, "shear": 0.3, "rotate": 15, "translate_x": 2, "translate_y": 2}
    parts = {name: (np.log(drawn[name]) if name in ("scale", "squeeze") else drawn[name]) / limit
             for name, limit in limits.items()}
    for name, part in parts.items():
        assert -1 <= part.min() < -0.999, name
        assert 0.999 < part.max() <= 1, name
        assert abs(part.mean()) < 0.02, name
        assert abs(part.var() - 1 / 3) < 0.01, name  # uniform
    assert abs(drawn["mirror"].mean() - 0.5) < 0.02
    correlations = np.corrcoef([*parts.values(), drawn["mirror"]])
    assert np.abs(correlations - np.eye(7)).max() < 0.03


def test_without_a_range_a_step_does_nothing():
    drawn = Augmentation(shear=0.2).draw(100, np.random.default_rng(0))
    assert not drawn["mirror"].any()
    for name, still in {"scale": 1, "squeeze": 1, "rotate": 0, "translate_x": 0, "translate_y": 0}.items():
        assert (drawn[name] == still).all(), name


def test_one_range_changed_leaves_the_other_steps():
    some = Augmentation(translate=2, rotate=10).draw(50, np.random.default_rng(0))
    more = Augmentation(translate=2, rotate=10, shear=0.5, mirror=True).draw(50, np.random.default_rng(0))
    for name in ("translate_x", "translate_y", "rotate", "scale", "squeeze"):
        np.testing.assert_array_equal(some[name], more[name])


def test_images_move_as_far_as_the_steps_say():
    images = np.zeros((200, 21, 21, 1))
    images[:, 8:13, 8:13] = 1
    augment = Augmentation(translate=3)
    drawn = augment.draw(200, np.random.default_rng(5))
    moved = apply(augment, images, seed=5)[..., 0]
    ink, place = moved.sum(axis=(1, 2)), np.arange(21) - 10
    np.testing.assert_allclose((moved.sum(axis=1) * place).sum(axis=1) / ink, drawn["translate_x"], atol=1e-12)
    np.testing.assert_allclose((moved.sum(axis=2) * place).sum(axis=1) / ink, drawn["translate_y"], atol=1e-12)


# -- background and noise --------------------------------------------------------------------------


@pytest.mark.parametrize(("options", "dtype", "expected"), [
    ({}, "uint8", 0), ({}, "float32", 0), ({"value_range": (-0.5, 1)}, "float32", -0.5),
    ({"value_range": (-0.5, 1)}, "uint8", 0), ({"fill": 255}, "uint8", 255), ({"fill": 0.75}, "float64", 0.75),
    ({"fill": 0, "value_range": (-1, 1)}, "float32", 0),
], ids=str)
def test_background_comes_in_from_outside(options, dtype, expected):
    images = np.full((3, 6, 6, 2), 100 if dtype == "uint8" else 0.25, dtype)
    away = Augmentation(scale=2.9, **options).draw(3, np.random.default_rng(5))["scale"].argmin()
    result = apply(Augmentation(scale=2.9, **options), images)
    assert (result[away, [0, 0, -1, -1], [0, -1, 0, -1]] == expected).all()


def test_inverted_pixels():
    for dtype, low, high in (("uint8", 0, 255), ("float32", -0.1, 1.175), ("float64", -0.1, 1.175)):
        images = images_of((40, 30, 30, 3), "uint8")
        images = images if dtype == "uint8" else (low + (high - low) * (images / 255)).astype(dtype)
        result = apply(Augmentation(noise=0.1, value_range=(-0.1, 1.175)), images)
        inverted = images.dtype.type(low + high) - images
        changed = result != images
        assert (result[changed] == inverted[changed]).all()
        where = (result == inverted).all(axis=3)  # a pixel is inverted as a whole
        assert (changed.any(axis=3) <= where).all()
        assert abs(changed.any(axis=3).mean() - 0.1) < 0.005


def test_gaussian_noise():
    gray = np.full((20, 30, 30, 3), 0.5, np.float32)
    noise = apply(Augmentation(gaussian_noise=0.1), gray) - gray
    assert abs(noise.mean()) < 0.002
    assert abs(noise.std() - 0.1) < 0.002
    assert abs((np.abs(noise) < 0.1).mean() - 0.6827) < 0.01  # normal
    assert abs(np.corrcoef(noise[..., 0].ravel(), noise[..., 1].ravel())[0, 1]) < 0.03
    wider = apply(Augmentation(gaussian_noise=0.1, value_range=(-1, 3)), gray) - gray
    assert abs(wider.std() - 0.4) < 0.008


def test_gaussian_noise_on_bytes_is_rounded_and_cut():
    images = np.repeat(np.array([0, 128, 255], np.uint8), 3000).reshape(1, 90, 100, 1)
    result = apply(Augmentation(gaussian_noise=0.1), images).reshape(3, 3000).astype(float)
    assert abs(result[1].std() - 25.5) < 1
    assert abs(result[1].mean() - 128) < 2
    for row, level in ((0, 0), (2, 255)):
        assert abs((result[row] == level).mean() - 0.5) < 0.05  # half of the noise points outward


# -- the preset ------------------------------------------------------------------------------------


def test_preset_is_the_papers_list_without_rotation():
    preset = lenet5_distortions()
    assert repr(preset) == "Augmentation(translate=2.0, scale=0.1, squeeze=0.1, shear=0.2, value_range=(-0.1, 1.175))"
    assert (preset.rotate, preset.mirror, preset.elastic, preset.noise) == (0, False, None, 0)


def test_preset_keeps_digits_whole_on_the_papers_images():
    (images, _), _ = digits.load_data()
    framed = lenet5_images(images[:500])
    result = apply(lenet5_distortions(), framed)
    assert result.min() == framed.min() == np.float32(-0.1)
    assert result.max() <= framed.max()
    # Ink stays, but for the digits' own growth: in area by up to exp(2 * 0.1).
    ink, inked = (framed + 0.1).sum(axis=(1, 2, 3)), (result + 0.1).sum(axis=(1, 2, 3))
    growth = np.log(inked / ink)
    scale = np.log(lenet5_distortions().draw(500, np.random.default_rng(5))["scale"])
    assert np.abs(growth - 2 * scale).max() < 0.06


def test_preset_takes_bytes_as_well():
    (images, _), _ = digits.load_data()
    result = apply(lenet5_distortions(), images[:50, ..., None])
    assert result.dtype == np.uint8
    assert (result[:, 0, 0] == 0).all()


# -- configuration ---------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, *EACH.values(), EVERYTHING | {"fill": 1.0, "value_range": (-1, 1)}], ids=str)
def test_configuration_through_json(options):
    augment = Augmentation(**options)
    twin = _config.decode(json.loads(json.dumps(_config.encode(augment))))
    assert type(twin) is Augmentation
    assert twin.get_config() == augment.get_config()
    assert repr(twin) == repr(augment)
    images = images_of((3, 9, 9, 1), "float32")
    assert apply(twin, images).tobytes() == apply(augment, images).tobytes()


def test_repr_says_what_was_asked_for():
    assert repr(Augmentation(mirror=True, elastic=[34, 4])) == "Augmentation(mirror=True, elastic=(34.0, 4.0))"


def test_import_loads_neither_numba_nor_matplotlib():
    code = "import sys, minicnn.augmentation; sys.exit(bool({'numba', 'matplotlib'} & sys.modules.keys()))"
    subprocess.run([sys.executable, "-c", code], check=True)


# -- wrong use -------------------------------------------------------------------------------------

WRONG_OPTIONS = [
    ({"translate": -1}, r"Augmentation: translate must be a number. Expected at least 0.0 and finite, received -1."),
    ({"translate": (1, 2)}, r"translate must be a number.*received \(1, 2\)"),
    ({"scale": 3}, "scale must be a number. Expected at least 0.0 and below 3.0, received 3"),
    ({"squeeze": float("nan")}, "squeeze must be a number.*received nan"),
    ({"shear": "0.2"}, "shear must be a number.*received '0.2'"),
    ({"rotate": float("inf")}, "rotate must be a number.*finite, received inf"),
    ({"rotate": True}, "rotate must be a number.*received True"),
    ({"mirror": 1}, "mirror is a matter of yes or no. Expected True or False, received 1"),
    ({"elastic": 34}, r"elastic must be two numbers. Expected \(alpha, sigma\), received 34"),
    ({"elastic": (34, 4, 1)}, r"elastic must be two numbers.*received \(34, 4, 1\)"),
    ({"elastic": (34, 0)}, "elastic's sigma must be a number. Expected at least 0.01 and finite, received 0"),
    ({"elastic": (-1, 4)}, "elastic's alpha must be a number. Expected at least 0.0 and finite, received -1"),
    ({"noise": 1.5}, "noise must be a number. Expected at least 0.0 and below 1.0, received 1.5"),
    ({"gaussian_noise": -0.1}, "gaussian_noise must be a number.*received -0.1"),
    ({"fill": "white"}, "fill must be a number.*received 'white'"),
    ({"value_range": 255}, r"value_range must be two numbers. Expected \(low, high\), received 255"),
    ({"value_range": (1, 0)}, r"value_range is empty. Expected the lower value first, received \(1.0, 0.0\)"),
    ({"value_range": (0, None)}, "value_range must be a number.*received None"),
]


@pytest.mark.parametrize(("options", "message"), WRONG_OPTIONS, ids=lambda value: str(value)[:40])
def test_wrong_options(options, message):
    with pytest.raises(MinicnnError, match=message):
        Augmentation(**options)


@pytest.mark.parametrize(("images", "message"), [
    (np.zeros((5, 28, 28)), r"not a batch of images. Expected shape \(N, H, W, C\), received shape \(5, 28, 28\). "
                            r"A single-channel image needs its channel axis: x\[..., None\]"),
    (np.zeros((28, 28)), r"Augmentation: this is not a batch of images.*received shape \(28, 28\)\.$"),
    (np.zeros((1, 4, 4, 1), int), r"cannot be mixed. Expected uint8, .*, received dtype int64. Convert the images: x"),
    (np.zeros((1, 4, 4, 1), bool), "received dtype bool"),
    (np.full((1, 4, 4, 1), "a"), "not an array of numbers"),
    ([[1, 2], [3]], "rows of equal length"),
], ids=["3 axes", "2 axes", "integers", "bools", "strings", "ragged"])
def test_wrong_images(images, message):
    for options in ({}, {"rotate": 5}):
        with pytest.raises(MinicnnError, match=message):
            apply(Augmentation(**options), images)


@pytest.mark.parametrize("rng", [0, None, np.random.RandomState(0)], ids=["seed", "none", "old"])
def test_wrong_generators(rng):
    with pytest.raises(MinicnnError, match=r"rng must be a random generator.*Make one: numpy.random.default_rng\(s"):
        Augmentation()(np.zeros((1, 4, 4, 1)), rng)


@pytest.mark.parametrize("options", [
    {"rotate": 5}, {"noise": 0.1, "fill": 0}, {"gaussian_noise": 0.1, "fill": 0},
], ids=str)
def test_values_outside_the_range_that_background_and_noise_come_from(options):
    bytes_as_floats = images_of((2, 6, 6, 1), "uint8").astype(np.float32)
    with pytest.raises(MinicnnError, match=r"leave their value range. Expected 0 to 1, received 1 to 248. Say which "
                                           r"values are lowest \(the background\) and highest: value_range=\(l"):
        apply(Augmentation(**options), bytes_as_floats)
    apply(Augmentation(**options, value_range=(0, 255)), bytes_as_floats)


def test_values_may_leave_the_range_by_rounding_only():
    images = np.array([-0.0005, 1.0005]).reshape(1, 1, 2, 1)
    assert np.isfinite(apply(Augmentation(rotate=5), images)).all()
    for wrong in (images - 0.01, images + 0.01):
        with pytest.raises(MinicnnError, match="leave their value range"):
            apply(Augmentation(rotate=5), wrong)


def test_values_of_any_range_where_the_range_is_not_needed():
    images = np.random.default_rng(0).normal(size=(2, 6, 6, 1))
    for options in ({}, {"rotate": 5, "fill": 0}):
        assert np.isfinite(apply(Augmentation(**options), images)).all()


def test_nan_is_not_in_the_range():
    images = np.zeros((2, 6, 6, 1))
    images[0, 0, 0] = np.nan
    with pytest.raises(MinicnnError, match=r"leave their value range.*received nan to nan"):
        apply(Augmentation(rotate=5), images)


@pytest.mark.parametrize("fill", [-1, 256, 0.5])
def test_a_background_that_is_no_byte(fill):
    with pytest.raises(MinicnnError, match=f"fill is no value of images of bytes. Expected an integer from 0 to 255, "
                                           f"received {fill}"):
        apply(Augmentation(rotate=5, fill=fill), images_of((1, 4, 4, 1), "uint8"))
