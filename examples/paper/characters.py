"""Nine unusual, distorted and noisy digits, drawn by strokes; and the letter of Figure 2.

The paper's Figure 13 shows such digits; these are our own. A stroke is a line through points (x, y), x to the right and
y down, a digit being 2 high around (0, 0). A pixel's ink is how much of it a pen of some width covers.
"""

from itertools import pairwise

import numpy as np

from minicnn.applications.lenet5 import BACKGROUND, FOREGROUND

SIZE = 32  # pixels of LeNet-5's input


def four():
    """An open 4: down and to the right, and a long stroke through it."""
    return [np.array([(-0.35, -1.0), (-0.6, 0.1), (0.65, 0.1)]), np.array([(0.3, -0.75), (0.25, 1.0)])]


def three():
    """Two arcs, the lower one larger."""
    upper, lower = np.radians(np.linspace(-150, 85, 24)), np.radians(np.linspace(-80, 155, 24))
    return [np.concatenate([np.stack([0.48 * np.cos(upper), -0.52 + 0.47 * np.sin(upper)], axis=1),
                            np.stack([0.55 * np.cos(lower), 0.45 + 0.53 * np.sin(lower)], axis=1)])]


def eight():
    """A closed curve that crosses itself."""
    t = np.linspace(0, 2 * np.pi, 60)
    return [np.stack([0.55 * np.sin(2 * t), -np.cos(t)], axis=1)]


def letter():
    """An A."""
    return [np.array([(-0.7, 1.0), (0.0, -1.0), (0.7, 1.0)]), np.array([(-0.42, 0.3), (0.42, 0.3)])]


def ink(strokes, pen, height=20.0, slant=0.0, keep=None):
    """Strokes as ink (32, 32) from 0 to 1.

    pen: its width in pixels; height: of the digit; slant: pixels to the right for each pixel up.
    keep: which parts of the strokes touch the paper, from their distance along the stroke in pixels.
    """
    centers = np.arange(SIZE) - (SIZE - 1) / 2
    x, y = np.meshgrid(centers, centers)
    nearest = np.full((SIZE, SIZE), np.inf)
    for points in strokes:
        points = np.stack([points[:, 0] - slant * points[:, 1], points[:, 1]], axis=1) * height / 2
        gone = 0.0
        for start, end in pairwise(points):
            length = np.hypot(*(end - start))
            if keep is None or keep(gone + length / 2):
                nearest = np.minimum(nearest, distance(x, y, start, end))
            gone += length
    return np.clip(pen / 2 + 0.5 - nearest, 0, 1)


def distance(x, y, start, end):
    """From the points (x, y) to the line between two others."""
    along = ((x - start[0]) * (end[0] - start[0]) + (y - start[1]) * (end[1] - start[1])) / np.sum((end - start) ** 2)
    along = np.clip(along, 0, 1)
    return np.hypot(x - start[0] - along * (end[0] - start[0]), y - start[1] - along * (end[1] - start[1]))


def finely(strokes, parts=24):
    """The same strokes in many short pieces."""
    return [np.concatenate([np.linspace(a, b, parts, endpoint=False) for a, b in pairwise(s)])
            for s in strokes]


def lines(*ends):
    """Straight strokes over the whole picture, given by their ends in pixels from its middle."""
    return [np.array(pair) / (SIZE / 2) for pair in ends]


def unusual():
    """{what it is: (digit, image (32, 32, 1) as LeNet-5 wants it)}: nine, in the order of the figure."""
    rng = np.random.default_rng(13)
    pepper = rng.random((2, SIZE, SIZE))
    strokes = ink(lines(((-15, -5), (15, -6)), ((-15, 6), (15, 4))), 1.0, SIZE)
    diagonals = ink(lines(*(((-16 + d, 16), (16 + d, -16)) for d in range(-24, 32, 8))), 0.8, SIZE)
    salted = np.where(pepper[0] < 0.08, np.round(pepper[1]), ink(four(), 2.5))
    noisy = np.where(rng.random((SIZE, SIZE)) < 0.12, 1 - ink(three(), 3), ink(three(), 3))
    outline = np.clip(ink(four(), 5.2, 22) - ink(four(), 2.4, 22), 0, 1)
    drawn = {
        "large": (4, ink(four(), 3.0, 28)),
        "small": (4, ink(four(), 1.6, 12)),
        "slanted": (4, ink(four(), 2.5, slant=0.55)),
        "salt and pepper": (4, salted),
        "under strokes": (3, np.maximum(ink(three(), 3), strokes)),
        "over diagonals": (8, np.maximum(ink(eight(), 3), 0.7 * diagonals)),
        "outlined": (4, outline),
        "broken": (3, ink(finely(three(), 4), 2.6, keep=lambda gone: gone % 11 < 7)),
        "very noisy": (3, noisy),
    }
    return {name: (digit, as_input(image)) for name, (digit, image) in drawn.items()}


def as_input(image):
    """Ink (32, 32) as an image for LeNet-5: the paper's -0.1 where there is none and 1.175 where it is black."""
    return (BACKGROUND + (FOREGROUND - BACKGROUND) * image[..., None]).astype(np.float32)
