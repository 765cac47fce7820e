"""The two recipes, on slopes that are known."""

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.visualize.maximizing import Classic, Regularized
from minicnn.visualize.maximizing.recipes import Way
from minicnn.visualize.maximizing.scene import Scene
from minicnn.visualize.maximizing.smoothing import total_variation, total_variation_gradient

SCENE = Scene((4, 5, 1), -1.0, 2.0, -1.0, "float64")
WEIGHTS = np.random.default_rng(6).normal(size=(4, 5, 1))
NOTHING = dict.fromkeys(("noise", "shake", "jitter", "blur", "decay", "variation"), 0)


def way(slope=None, **options):
    def linear(x):
        return (x * WEIGHTS).sum(axis=(1, 2, 3)), np.broadcast_to(WEIGHTS, x.shape)

    given = {"goals": 1, "classes": True, "places": False, "field": (4, 5), "scene": SCENE, "tick": lambda: None}
    return Way(slope or linear, **{**given, **options})


def climb(recipe, seed=0, **options):
    return recipe.climb(way(**options), np.random.default_rng(seed))


# -- classic -------------------------------------------------------------------------------------


def test_a_classic_step_is_the_gradient_by_its_root_mean_square():
    x, lost = climb(Classic(steps=1, noise=0.0, step=0.1))
    np.testing.assert_allclose(x[0], 0.5 + 0.1 * 3 * WEIGHTS / (np.sqrt(np.square(WEIGHTS).mean()) + 1e-5))
    assert not lost.any()


def test_classic_starts_from_noise_around_gray():
    x, _ = climb(Classic(steps=1, starts=50, step=0.0))
    np.testing.assert_allclose([x.min(), x.max()], [0.5 - 30 / 255, 0.5 + 30 / 255], rtol=0.02)
    np.testing.assert_allclose(x.mean(), 0.5, atol=0.01)


def test_classic_leaves_the_range():
    x, _ = climb(Classic())
    assert x.max() > SCENE.high


def test_a_start_whose_score_is_not_above_zero_is_given_up():
    seen = []

    def slope(x):
        seen.append(x)
        return np.array([1.0, -0.1 if len(seen) == 3 else 1.0, 0.0]), np.ones(x.shape)

    _, lost = climb(Classic(steps=5, starts=3), slope=slope, classes=False)
    assert lost.tolist() == [False, True, True]
    _, lost = climb(Classic(steps=5, starts=3), slope=slope)  # of classes none, for a score may be negative
    assert lost.tolist() == [False] * 3
    seen.clear()
    _, lost = climb(Classic(steps=5, starts=3, give_up=True), slope=slope)
    assert lost.tolist() == [False, True, True]
    _, lost = climb(Classic(steps=5, starts=3, give_up=False), slope=slope, classes=False)
    assert not lost.any()


def test_classic_pictures_have_mean_one_half_and_deviation_one_tenth():
    x = np.random.default_rng(0).uniform(-70, 90, (2, 9, 9, 3))
    pictures = Classic().pictures(x, SCENE)
    np.testing.assert_allclose(pictures.mean(axis=(1, 2, 3)), 0.5)
    np.testing.assert_allclose(pictures.std(axis=(1, 2, 3)), 0.1, rtol=1e-5)
    x[0, 0, 0] = 1e5
    assert Classic().pictures(x, SCENE).max() == 1


# -- regularized ---------------------------------------------------------------------------------


def test_without_penalties_it_finds_the_best_picture_of_a_linear_score():
    x, lost = climb(Regularized(**NOTHING, step=0.5))
    np.testing.assert_array_equal(x, np.broadcast_to(np.where(WEIGHTS > 0, SCENE.high, SCENE.low), x.shape))
    assert not lost.any()


def test_it_stays_in_range():
    x, _ = climb(Regularized(noise=2.0))
    assert x.min() >= SCENE.low
    assert x.max() <= SCENE.high


def test_a_step_is_pulled_by_both_penalties():
    scene = Scene((4, 5, 1), -1.0, 2.0, 0.5, "float64")
    options = {**NOTHING, "noise": 0.05, "steps": 1, "momentum": 0.0, "step": 0.02}
    start, _ = climb(Regularized(**{**options, "step": 0}), scene=scene)
    moved, _ = climb(Regularized(**{**options, "decay": 1.5, "variation": 0.3}), scene=scene)
    parts = (start - 0.5) / 3
    uphill = WEIGHTS / np.sqrt(np.square(WEIGHTS).mean())
    pull = 1.5 * parts + 0.3 * total_variation_gradient(parts)
    np.testing.assert_allclose(moved, start + 0.02 * 3 * (uphill - pull))


def test_penalties_leave_their_mark():
    plain, _ = climb(Regularized(**NOTHING))
    decayed, _ = climb(Regularized(**{**NOTHING, "decay": 2.0}))
    even, _ = climb(Regularized(**{**NOTHING, "variation": 0.5}))
    assert ((decayed - SCENE.rest).sum(axis=(1, 2, 3)) < 0.9 * (plain - SCENE.rest).sum(axis=(1, 2, 3))).all()
    assert (total_variation(even) < 0.9 * total_variation(plain)).all()


def shifts(recipe, **options):
    """By how much the network sees the picture shifted, step by step: from the place of the one pixel it is told to
    make bright."""
    found = []

    def slope(x):
        found.append(np.argwhere(x[0, ..., 0] == x[0].max())[0].tolist())
        up = np.zeros(x.shape)
        up[:, 10, 10] = 1
        return np.zeros(len(x)), up

    scene = Scene((40, 40, 1), 0.0, 1.0, 0.0, "float64")
    climb(recipe, slope=slope, scene=scene, **{"field": (40, 40), **options})
    return np.array(found[len(found) // 8:])


def test_the_picture_is_shifted_at_first_and_stands_still_at_last():
    places = shifts(Regularized(**{**NOTHING, "jitter": 2, "steps": 64}))
    assert len(np.unique(places[:28], axis=0)) > 3
    assert len(np.unique(places[-8:], axis=0)) == 1


def test_small_fields_and_units_at_their_places_are_not_shifted():
    recipe = Regularized(**{**NOTHING, "jitter": 2, "steps": 64})
    for options in ({"field": (5, 5)}, {"field": (20, 20), "places": True}):
        assert len(np.unique(shifts(recipe, **options), axis=0)) == 1
    assert len(np.unique(shifts(recipe, field=(12, 12)), axis=0)) > 1


def test_noise_over_the_picture_fades():
    sizes = []

    def slope(x):
        sizes.append(x.std())
        return np.zeros(len(x)), np.zeros(x.shape)

    _, lost = climb(Regularized(**{**NOTHING, "shake": 0.5, "steps": 10}), slope=slope)
    np.testing.assert_allclose(sizes, 0.5 * 3 * (1 - np.arange(10) / 10), rtol=0.4)
    assert lost.all()  # there never was a slope


def test_a_slope_too_small_to_be_squared_is_a_slope():
    def slope(x):
        return np.zeros(len(x)), np.full(x.shape, 1e-30, np.float32)

    for recipe in (Regularized(), Classic()):
        _, lost = climb(recipe, slope=slope)
        assert not lost.any()


def test_every_goal_has_the_same_starts():
    for recipe in (Regularized(steps=3, starts=2), Classic(steps=3, starts=2)):
        one, _ = climb(recipe)
        three, _ = climb(recipe, goals=3)
        np.testing.assert_array_equal(three, np.tile(one, (3, 1, 1, 1)))
        assert (one[0] != one[1]).any()


def test_each_picture_is_spread_by_itself():
    x = np.array([[0.0, 0.2], [0.5, 0.5]]).reshape(2, 1, 2, 1)
    assert Regularized().pictures(x, SCENE).reshape(2, 2).tolist() == [[0, 1], [0, 0]]


@pytest.mark.parametrize(("kind", "options", "message"), [
    (Classic, {"steps": 0}, "Classic: steps must be an integer"),
    (Classic, {"step": -1}, "Classic: step must be a number. Expected at least 0"),
    (Classic, {"noise": "much"}, "Classic: noise must be a number"),
    (Classic, {"give_up": "no"}, "Classic: give_up must be True or False"),
    (Regularized, {"starts": 0}, "Regularized: starts must be an integer"),
    (Regularized, {"momentum": 1}, "momentum must be a number. Expected at least 0 and below 1"),
    (Regularized, {"jitter": 1.5}, "jitter must be an integer"),
    (Regularized, {"blur": -1}, "blur must be a number"),
    (Regularized, {"decay": np.inf}, "decay must be a number"),
])
def test_wrong_options(kind, options, message):
    with pytest.raises(MinicnnError, match=message):
        kind(**options)
