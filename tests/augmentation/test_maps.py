"""The map of an image: every step against its formula, and the chain against the steps done one by one."""

import numpy as np
import pytest

from minicnn.augmentation.maps import inverse_maps


def forward(steps, n, x, y, image):
    """Where a point of original n goes, step by step, as the formulas of `maps` say."""
    middle_x, middle_y = (image[1] - 1) / 2, (image[0] - 1) / 2
    x, y = x - middle_x, y - middle_y
    if steps["mirror"][n]:
        x = -x
    x, y = steps["scale"][n] * steps["squeeze"][n] * x, steps["scale"][n] / steps["squeeze"][n] * y
    x = x + steps["shear"][n] * y
    t = np.deg2rad(steps["rotate"][n])
    x, y = np.cos(t) * x + np.sin(t) * y, -np.sin(t) * x + np.cos(t) * y
    return x + steps["translate_x"][n] + middle_x, y + steps["translate_y"][n] + middle_y


def test_nothing_to_do_is_the_identity_to_the_bit(steps):
    for image in ((1, 1), (5, 8), (28, 28), (31, 2)):
        maps = inverse_maps(steps(), image)
        assert maps.shape == (1, 2, 3)
        np.testing.assert_array_equal(maps[0], [[1, 0, 0], [0, 1, 0]])


# Around the center of a 3 x 5 image, column 2 of row 1.
@pytest.mark.parametrize(("given", "expected"), [
    ({"translate_x": 2.0, "translate_y": -1.0}, [[1, 0, -2], [0, 1, 1]]),
    ({"mirror": True}, [[-1, 0, 4], [0, 1, 0]]),
    ({"scale": 2.0}, [[0.5, 0, 1], [0, 0.5, 0.5]]),
    ({"squeeze": 2.0}, [[0.5, 0, 1], [0, 2, -1]]),
    ({"shear": 1.0}, [[1, -1, 1], [0, 1, 0]]),
    ({"rotate": 180.0}, [[-1, 0, 4], [0, -1, 2]]),
    ({"rotate": 90.0}, [[0, -1, 3], [1, 0, -1]]),
    ({"mirror": True, "translate_x": 1.0}, [[-1, 0, 5], [0, 1, 0]]),
], ids=str)
def test_each_step_by_hand(steps, given, expected):
    np.testing.assert_allclose(inverse_maps(steps(**given), (3, 5))[0], expected, atol=1e-15)


def test_the_map_undoes_all_steps_done_one_by_one(random_steps, rng):
    for image in ((28, 28), (7, 12)):
        steps = random_steps(50, rng)
        maps = inverse_maps(steps, image)
        for n, a_map in enumerate(maps):
            x, y = rng.uniform(-20, 40, (2, 5))
            there = forward(steps, n, x, y, image)
            np.testing.assert_allclose(a_map @ [*there, np.ones(5)], [x, y], atol=1e-12)


def test_images_do_not_mix(random_steps, rng):
    steps = random_steps(6, rng)
    together = inverse_maps(steps, (9, 9))
    for n in range(6):
        alone = inverse_maps({name: values[n:n + 1] for name, values in steps.items()}, (9, 9))
        np.testing.assert_array_equal(together[n], alone[0])


def test_no_images_no_maps(random_steps, rng):
    assert inverse_maps(random_steps(0, rng), (9, 9)).shape == (0, 2, 3)
