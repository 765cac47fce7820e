"""Confusion matrices and sheets of mistakes, read back."""

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.visualize import confusion_matrix, misclassified

RNG = np.random.default_rng(11)
TRUTH = [0, 0, 0, 1, 1, 2, 2, 2, 2]
ANSWERS = [0, 0, 1, 1, 1, 2, 0, 0, 2]
COUNTS = [[2, 1, 0], [0, 2, 0], [2, 0, 2]]
IMAGES = RNG.random((9, 5, 4))


# -- confusion -----------------------------------------------------------------------------------


def test_rows_are_the_truth_and_columns_the_answers(axes_of):
    axes = axes_of(confusion_matrix(TRUTH, ANSWERS, 3))["counts"]
    np.testing.assert_array_equal(axes.images[0].get_array(), COUNTS)
    assert axes.get_xlabel() == "answer"
    assert axes.get_ylabel() == "truth"
    written = {text.get_position()[::-1]: text.get_text() for text in axes.texts}
    assert written == {(i, j): str(COUNTS[i][j]) for i in range(3) for j in range(3)}
    assert axes.yaxis_inverted()  # row 0 on top


def test_the_title_tells_the_accuracy(texts_of):
    assert "Accuracy 66.7 % (6 of 9)" in texts_of(confusion_matrix(TRUTH, ANSWERS, 3))


def test_ten_classes_unless_told(axes_of):
    axes = axes_of(confusion_matrix(TRUTH, ANSWERS))["counts"]
    assert axes.images[0].get_array().shape == (10, 10)
    assert [label.get_text() for label in axes.get_xticklabels()] == [str(i) for i in range(10)]


def luminance(color):
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color[:3]]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_counts_stand_out_from_their_cells(axes_of):
    truth = np.repeat(np.arange(10), np.arange(1, 101, 10))
    axes = axes_of(confusion_matrix(truth, np.zeros_like(truth)))["counts"]
    image, colors = axes.images[0], set()
    for text in axes.texts:
        if text.get_text() != "0":
            cell = luminance(image.get_cmap()(image.norm(int(text.get_text()))))
            ink = {"black": 0, "white": 1}[text.get_color()]
            assert (max(cell, ink) + 0.05) / (min(cell, ink) + 0.05) >= 4.5  # WCAG 2.1, level AA
            colors.add(text.get_color())
    assert colors == {"black", "white"}


def test_many_classes_are_left_to_the_colors(axes_of, legible):
    figure = confusion_matrix(RNG.integers(0, 100, 999), RNG.integers(0, 100, 999), 100)
    assert not axes_of(figure)["counts"].texts
    legible(figure)


@pytest.mark.parametrize(("truth", "answers", "classes"), [
    (TRUTH, ANSWERS, 3), (TRUTH, ANSWERS, 10), ([0], [0], 1), ([0], [1], 2),
    (np.repeat(np.arange(10), 1000), np.repeat(np.arange(10), 1000), 10),
    (RNG.integers(0, 25, 999), RNG.integers(0, 25, 999), 25),
], ids=["3", "10", "1", "2", "thousands", "25"])
def test_texts_of_the_matrix_are_legible(truth, answers, classes, legible):
    legible(confusion_matrix(truth, answers, classes))


def test_the_mistakes_made_most_often_are_told(texts_of):
    assert "wrong most often: 2 → 0 (2), 0 → 1 (1)" in texts_of(confusion_matrix(TRUTH, ANSWERS, 3))
    assert not [text for text in texts_of(confusion_matrix(TRUTH, TRUTH, 3)) if "often" in text]


@pytest.mark.parametrize("names", [["cat", "dog", "$owl_1"], ["a very long name of a class", "b", "c"]])
def test_names_in_place_of_numbers(names, axes_of, texts_of, legible):
    figure = confusion_matrix(TRUTH, ANSWERS, 3, names=names)
    legible(figure)
    ticks = [label.get_text() for label in axes_of(figure)["counts"].get_yticklabels()]
    if "cat" in names:
        assert ticks == [label.get_text() for label in axes_of(figure)["counts"].get_xticklabels()] == names
        assert "wrong most often: $owl_1 → cat (2), cat → dog (1)" in texts_of(figure)
    mistakes = misclassified(IMAGES, TRUTH, ANSWERS, names=names)
    legible(mistakes)
    assert axes_of(mistakes)["images"].texts[1].get_text() == f"{ticks[2]} → {ticks[0]}"


def test_too_few_names():
    with pytest.raises(MinicnnError, match=r"confusion_matrix: each class needs a name. Expected 3 names, received"):
        confusion_matrix(TRUTH, ANSWERS, 3, names=["a", "b"])
    with pytest.raises(MinicnnError, match=r"misclassified: each class needs a name. Expected 3 names, received 'abc'"):
        misclassified(IMAGES, TRUTH, ANSWERS, names="abc")


def test_wrong_labels_for_the_matrix():
    with pytest.raises(MinicnnError, match=r"visualize\.confusion_matrix: answers: a label is out of range"):
        confusion_matrix([0, 1], [0, 3], 3)
    with pytest.raises(MinicnnError, match=r"visualize\.confusion_matrix: classes must be an integer"):
        confusion_matrix([0, 1], [0, 1], 0)


# -- mistakes ------------------------------------------------------------------------------------


def test_wrong_images_with_truth_and_answer(axes_of, texts_of):
    figure = misclassified(IMAGES, TRUTH, ANSWERS)
    axes = axes_of(figure)["images"]
    assert [text.get_text() for text in axes.texts] == ["0 → 1", "2 → 0", "2 → 0"]
    for image, index in zip(axes.images, (2, 6, 7), strict=True):
        np.testing.assert_array_equal(image.get_array(), IMAGES[index])
        assert image.get_clim() == (IMAGES.min(), IMAGES.max())
    for image, text in zip(axes.images, axes.texts, strict=True):
        left, right, bottom, _ = image.get_extent()
        x, y = text.get_position()
        assert left < x < right
        assert bottom < y < bottom + 0.1
    assert "33.3 % (3 of 9) misclassified" in texts_of(figure)


def test_a_limit_is_told(axes_of, texts_of):
    figure = misclassified(np.zeros((300, 3, 3, 1)), np.arange(300) % 10, (np.arange(300) + 1) % 10, limit=12)
    assert len(axes_of(figure)["images"].images) == 12
    texts = texts_of(figure)
    assert "100.0 % (300 of 300) misclassified" in texts
    assert "truth → answer; the first 12 of 300 are drawn" in texts


def test_fifty_unless_told(axes_of):
    figure = misclassified(np.zeros((300, 3, 3)), np.zeros(300), np.ones(300))
    assert len(axes_of(figure)["images"].images) == 50


def test_no_mistakes(texts_of, legible):
    figure = misclassified(IMAGES, TRUTH, TRUTH)
    assert texts_of(figure) == ["0.0 % (0 of 9) misclassified", "no mistakes: there is nothing to draw"]
    assert figure.axes == []
    legible(figure)


def test_color_images(axes_of):
    images = RNG.integers(0, 256, (2, 4, 4, 3), np.uint8)
    drawn = axes_of(misclassified(images, [0, 1], [0, 0]))["images"].images[0]
    np.testing.assert_allclose(np.asarray(drawn.get_array()), images[1] / 255, rtol=1e-15)


@pytest.mark.parametrize("shape", [(1, 28, 28), (64, 28, 28), (25, 40, 3, 3), (25, 3, 40, 1), (11, 1, 1)])
@pytest.mark.parametrize("first", [0, 1000])
def test_texts_of_the_mistakes_are_legible(shape, first, legible):
    truth = np.arange(shape[0]) + first
    legible(misclassified(np.ones(shape), truth, truth + 1))


@pytest.mark.parametrize(("images", "message"), [
    (IMAGES[:8], r"images and truth are not of one length. Expected 9 images, received shape \(8, 5, 4\)"),
    (np.zeros((9, 16)), r"these are not images. Expected shape \(N, H, W\).*received shape \(9, 16\)"),
    (np.zeros((9, 4, 4, 2)), r"these are not images.*received shape \(9, 4, 4, 2\)"),
    (np.full((9, 4, 4), np.inf), "visualize.misclassified: 144 of 144 values are not finite"),
    (3.0, r"images and truth are not of one length.*received shape \(\)"),
])
def test_wrong_images(images, message):
    with pytest.raises(MinicnnError, match=message):
        misclassified(images, TRUTH, ANSWERS)


def test_wrong_labels_and_limit_for_the_mistakes():
    with pytest.raises(MinicnnError, match=r"visualize\.misclassified: truth and answers are not of one length"):
        misclassified(IMAGES, TRUTH, ANSWERS[:-1])
    with pytest.raises(MinicnnError, match=r"visualize\.misclassified: limit must be an integer"):
        misclassified(IMAGES, TRUTH, ANSWERS, limit=0)
