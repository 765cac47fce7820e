"""Reading figures back: which texts stand where."""

import itertools

import pytest
from matplotlib.backends.backend_agg import RendererAgg


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
