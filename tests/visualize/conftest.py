"""Reading figures back: which texts stand where."""

import copy
import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest
from matplotlib.backends.backend_agg import RendererAgg

from minicnn.layers import Add, Conv2D, Dense, Flatten
from minicnn.models import Input, Model
from minicnn.visualize import scoring


class Witness(RendererAgg):
    """A renderer that remembers each text it draws, with the box its pixels take."""

    def __init__(self, figure):
        width, height = figure.get_size_inches() * figure.dpi
        super().__init__(width, height, figure.dpi)
        self.drawn = []

    def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):
        super().draw_text(gc, x, y, s, prop, angle, ismath=ismath, mtext=mtext)
        self.drawn.append((s, mtext.get_window_extent(self)))


def drawn_texts(figure):
    """(text, box in pixels) of all that is written when the figure is drawn."""
    witness = Witness(figure)
    figure.draw(witness)
    return witness.drawn


def check_texts(figure):
    """Texts are there, lie wholly on the sheet, and no two of them overlap."""
    texts = drawn_texts(figure)
    assert texts
    for text, box in texts:
        inside = box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1
        assert inside, f"{text!r} is cut off"
    for (first, one), (second, other) in itertools.combinations(texts, 2):
        apart = one.x1 <= other.x0 or other.x1 <= one.x0 or one.y1 <= other.y0 or other.y1 <= one.y0
        assert apart, f"{first!r} and {second!r} overlap"


@pytest.fixture
def legible():
    """Fails when a text of a figure is cut off or overlaps another."""
    return check_texts


@pytest.fixture
def axes_of():
    """The axes of a figure by their labels."""
    return lambda figure: {axes.get_label(): axes for axes in figure.axes}


@pytest.fixture
def boxes_of():
    """The centers (x, y) of the boxes of a kind, "holes" or "winner" say, that stand on axes."""
    def centers(axes, kind):
        boxes = [path.get_extents() for collection in axes.collections if collection.get_gid() == kind
                 for path in collection.get_paths()]
        return [((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2) for box in boxes]
    return centers


@pytest.fixture
def texts_of():
    """The texts of a figure, as they are drawn."""
    return lambda figure: [text for text, _ in drawn_texts(figure)]


@pytest.fixture
def toy():
    """Makes the convolutional network of Captum's tests (captum/testing/helpers/basic_models.py): toy(), or toy(2) with
    two inputs that are summed.

    1 -> 2 maps, 3x3 of ones, biases -50 and -75, ReLU; then 8 -> 4 with rows 1 1 1 1 1 -1 -1 -1 over the maps one
    after the other, ReLU. Our Flatten lets the maps change fastest, so the rows are reordered.
    """
    def make(inputs=1):
        images = [Input((4, 4, 1), dtype="float64", name=f"x{i}") for i in range(inputs)]
        summed = Add(dtype="float64")(images) if inputs > 1 else images[0]
        maps = Conv2D(2, 3, activation="relu", dtype="float64", name="conv")(summed)
        dense = Dense(4, "relu", use_bias=False, dtype="float64", name="dense")
        model = Model(images, dense(Flatten(dtype="float64")(maps)))
        row = np.array([1, 1, 1, 1, 1, -1, -1, -1]).reshape(2, 2, 2)  # (map, i, j)
        model.set_weights([np.ones((3, 3, 1, 2)), [-50, -75],
                           np.repeat(row.transpose(1, 2, 0).reshape(8, 1), 4, axis=1)])
        return model
    return make


@pytest.fixture
def differences():
    """The gradient of a model's class scores by central differences in float64, for a batch of one image."""
    def gradient(model, image, target, step=1e-6):
        scores = scoring.class_scores(model, "here")
        moved = step * np.eye(image.size).reshape(image.size, *image.shape[1:])
        up, down = (scoring.scores_of(model, [image + sign * moved], scores)[:, target] for sign in (1, -1))
        return ((up - down) / (2 * step)).reshape(image.shape)
    return gradient


@pytest.fixture
def at_once():
    """Runs a function in two threads at the same time, some times each, and returns all results."""
    def run(function, times=3):
        start = threading.Barrier(2)

        def work():
            start.wait()
            return [function() for _ in range(times)]
        with ThreadPoolExecutor(2) as pool:
            return [result for work in [pool.submit(work) for _ in range(2)] for result in work.result()]
    return run


@pytest.fixture
def untouched():
    """Fails when the block changes a number of the model."""
    @contextmanager
    def check(model):
        before = copy.deepcopy(model.params)
        yield
        assert before.keys() == model.params.keys()
        for name, value in model.params.items():
            np.testing.assert_array_equal(value, before[name])
    return check
