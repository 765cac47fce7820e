"""Colors of classes on maps."""

import numpy as np
from matplotlib.colors import to_rgba

from minicnn.visualize.occluding.palette import KINDS, OTHERS, palette

NAMES = [f"class {i}" for i in range(12)]


def test_the_most_frequent_class_comes_first():
    colors = palette(np.array([[4, 4, -1], [7, 4, 7]]), NAMES)
    assert colors.classes == (4, 7)
    assert colors.names == ("class 4", "class 7")
    numbers = colors.numbered(np.array([4, 7, -1]))
    assert numbers.tolist() == [0, 1, None]
    assert [tuple(rgba) for rgba in colors.colors.map(colors.colors.norm(numbers))[:2]] == [
        to_rgba(KINDS[0]), to_rgba(KINDS[1])]


def test_the_rarest_share_a_gray():
    classes = np.repeat(np.arange(10), np.arange(20, 10, -1))
    colors = palette(classes, NAMES)
    assert colors.names == (*NAMES[:7], "3 others")
    numbers = colors.numbered(np.array([6, 7, 9]))
    assert numbers.tolist() == [6, 7, 7]
    assert tuple(colors.colors.map(colors.colors.norm(7))) == to_rgba(OTHERS)
    assert palette(classes[:-11], NAMES).names[-1] == "2 others"


def test_long_names_are_shortened():
    colors = palette(np.zeros((2, 2), int), ["x" * 50])
    assert len(colors.names[0]) == 18
