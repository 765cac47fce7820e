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
    sheet = figure.bbox
    for text, box in texts:
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= sheet.x1 and box.y1 <= sheet.y1, f"{text!r} is cut off"
    for (first, one), (second, other) in itertools.combinations(texts, 2):
        apart = one.x1 <= other.x0 or other.x1 <= one.x0 or one.y1 <= other.y0 or other.y1 <= one.y0
        assert apart, f"{first!r} and {second!r} overlap"


@pytest.fixture
def legible():
    return check_texts


@pytest.fixture
def texts_of():
    """The texts of a figure, as they are drawn."""
    return lambda figure: [text for text, _ in drawn_texts(figure)]
