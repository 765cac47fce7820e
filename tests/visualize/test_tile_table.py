"""The table of pictures: where its tiles stand, and its notes."""

import numpy as np
import pytest

from minicnn.visualize.drawing import DPI
from minicnn.visualize.tile_table import SIDE, amount_tile, image_tile, signed_tile, table_sheet


def table(rows, names=None):
    headings = {f"column {i}": f"a heading\nof column {i}" for i in range(len(rows[0]))}
    return table_sheet("a title", "a remark", headings, names or [[f"row {i}"] for i in range(len(rows))], rows).figure


def test_every_tile_in_its_column_and_row(rng, axes_of, legible):
    values = rng.normal(size=(3, 2, 5, 4))
    figure = table([[signed_tile(one) for one in row] for row in values])
    axes = axes_of(figure)
    assert [*axes] == ["column 0", "column 1"]
    for j, name in enumerate(axes):
        for i, image in enumerate(axes[name].images):
            np.testing.assert_array_equal(image.get_array(), values[i, j])
    tops = [image.get_extent()[3] for image in axes["column 0"].images]
    assert tops == sorted(tops)  # inches from the top
    assert axes["column 0"].get_position().x1 < axes["column 1"].get_position().x0
    legible(figure)


def test_equal_notes_have_one_number(texts_of, legible):
    blank = np.zeros((4, 4))
    figure = table([[signed_tile(blank, "one reason"), signed_tile(blank, "another reason, which is rather long " * 3)],
                    [amount_tile(blank, "viridis", "one reason"), image_tile(np.ones((4, 4, 1)))]])
    texts = texts_of(figure)
    assert [text for text in texts if text.startswith("blank")] == ["blank (1)", "blank (1)", "blank (2)"]
    assert "(1) one reason" in texts
    legible(figure)


@pytest.mark.parametrize(("pixels", "side"), [(28, SIDE), (224, 224 / DPI), (1000, 2.0)])
def test_large_images_have_large_tiles(pixels, side, axes_of):
    figure = table([[image_tile(np.zeros((pixels, pixels, 3)))]])
    box = axes_of(figure)["column 0"].get_position()
    assert box.width * figure.get_size_inches()[0] == pytest.approx(side)


def test_captions_tell_the_scale():
    assert signed_tile(np.array([[-0.25, 0.1]])).caption == "±0.25"
    assert amount_tile(np.array([[0, 3.0]]), "viridis").caption == "0 … 3"


def test_thin_images_and_many_lines_are_legible(legible):
    tiles = [signed_tile(np.ones((40, 2))), signed_tile(np.ones((40, 2)))]
    legible(table([tiles, tiles], [["class 12,345", "of an input"], ["class 6"]]))
