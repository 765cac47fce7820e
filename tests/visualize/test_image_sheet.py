"""Images side by side, read back."""

import numpy as np
import pytest

from minicnn import MinicnnError
from minicnn.datasets import rbf_codes
from minicnn.visualize import images


def test_images_stand_in_order_on_one_scale(rng, axes_of):
    x = rng.random((7, 5, 4))
    axes = axes_of(images(x, columns=3))["images"]
    corners = []
    for image, expected in zip(axes.images, x, strict=True):
        np.testing.assert_array_equal(image.get_array(), expected)
        assert (image.norm.vmin, image.norm.vmax) == (x.min(), x.max())
        left, _, _, top = image.get_extent()
        corners.append((round(top, 6), round(left, 6)))
    assert corners == sorted(corners)  # row by row, each from the left
    assert [top for top, _ in corners].count(corners[0][0]) == 3


def test_codes_are_images_too(axes_of, texts_of, legible):
    codes = rbf_codes.prototypes("ABC").reshape(-1, 12, 7)
    figure = images(codes, "ABC", columns=16)
    image = axes_of(figure)["images"].images[2]
    rows = ["".join("#" if ink else "." for ink in row) for row in image.get_array() == 1]
    assert tuple(rows) == rbf_codes.bitmap("C")
    assert image.get_cmap()(image.norm(1.0))[:3] == (0, 0, 0)  # +1 is black
    assert texts_of(figure) == ["A", "B", "C"]
    legible(figure)


@pytest.mark.parametrize("captions", [["a", "b", "c"], ["a rather long caption", "$\\broken$", "c" * 30]])
@pytest.mark.parametrize("shape", [(3, 28, 28), (3, 28, 28, 1), (3, 4, 40, 3)])
def test_captions_keep_clear_of_each_other(rng, shape, captions, legible):
    legible(images(rng.random(shape), captions, columns=2, title="a title", remark="a remark"))


def test_of_very_many_the_first_are_drawn(axes_of):
    figure = images(np.arange(505.0)[:, None, None], columns=50, title="many")
    assert len(axes_of(figure)["images"].images) == 500
    assert figure.texts[1].get_text() == "the first 500 of 505 images"


def test_it_is_written(rng, tmp_path):
    images(rng.random((2, 3, 3)), save=tmp_path / "two.png")
    assert (tmp_path / "two.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(("x", "options", "words"), [
    (np.zeros((5, 4)), {}, r"these are no images\. Expected shape \(N, H, W\), .*For a single one pass image\[None\]"),
    (np.zeros((2, 5, 4, 2)), {}, r"these are no images\..* received shape \(2, 5, 4, 2\)"),
    (np.zeros((0, 5, 4)), {}, r"these are no images\..* received shape \(0, 5, 4\)"),
    (np.zeros((2, 5, 4)), {"captions": "a"}, r"each image needs its caption\. Expected 2 captions, received 1"),
    (np.zeros((2, 5, 4)), {"columns": 0}, "columns"),
    (np.full((2, 5, 4), np.nan), {}, "40 of 40 values are not finite"),
    (np.zeros((2, 5, 4)), {"save": "a.gif"}, "ending"),
])
def test_what_cannot_be_drawn_is_said(x, options, words):
    with pytest.raises(MinicnnError, match=words):
        images(x, **options)
