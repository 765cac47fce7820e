"""Colors of classes on maps."""

import numpy as np
from matplotlib.colors import to_rgba

from minicnn.visualize.occluding.palette import KINDS, OTHERS, palette

NAMES = [f"class {i}" for i in range(12)]


def test_each_class_has_its_color():
    colors = palette(np.array([[7, 4, -1], [7, 4, 7]]), NAMES)
    assert colors.classes == (4, 7)
    assert colors.names == ("class 4", "class 7")
    numbers = colors.numbered(np.array([4, 7, -1]))
    assert numbers.tolist() == [0, 1, None]
    assert [tuple(rgba) for rgba in colors.colors.map(colors.colors.norm(numbers))[:2]] == [
        to_rgba(KINDS[0]), to_rgba(KINDS[1])]


def test_the_rarest_share_a_gray():
    classes = np.repeat(np.arange(12), np.arange(20, 8, -1))[::-1]
    colors = palette(classes, NAMES)
    assert colors.names == (*NAMES[:9], "3 others")
    numbers = colors.numbered(np.array([8, 9, 11]))
    assert numbers.tolist() == [8, 9, 9]
    assert tuple(colors.colors.map(colors.colors.norm(9))) == to_rgba(OTHERS)


def test_the_tenth_has_the_gray_for_itself():
    assert palette(np.arange(10), NAMES).names == tuple(NAMES[:10])


def test_long_names_are_shortened():
    colors = palette(np.zeros((2, 2), int), ["x" * 50])
    assert len(colors.names[0]) == 18
