"""Classes are called by their names in every picture of a decision."""

import numpy as np
import pytest

from minicnn import visualize
from minicnn._checks import MinicnnError
from minicnn.layers import Conv2D, Dense, GlobalAveragePooling2D
from minicnn.models import Input, Sequential

MODEL = Sequential([Input((12, 12, 1)), Conv2D(4, 3, activation="relu"), GlobalAveragePooling2D(),
                    Dense(3, activation="softmax")])
X = np.random.default_rng(1).random((2, 12, 12, 1))
FIGURES = {
    "saliency_maps": lambda **names: visualize.saliency_maps(MODEL, X, [2, 0], **names),
    "class_activation_maps": lambda **names: visualize.class_activation_maps(MODEL, X, [2, 0], **names),
    "occlusion_maps": lambda **names: visualize.occlusion_maps(MODEL, X, [2, 0], **names),
    "maximized_activations": lambda **names: visualize.maximized_activations(MODEL, [2, 0], **names),
}


def words(figure):
    return {text.get_text() for place in (figure, *figure.axes) for text in place.texts}


@pytest.mark.parametrize("name", FIGURES)
def test_names_stand_where_numbers_did(name, legible):
    assert {"class 2", "class 0"} <= words(FIGURES[name]())
    figure = FIGURES[name](names=["ant", "bee", "$cat"])
    assert {"$cat", "ant"} <= words(figure)
    assert not {"class 2", "class 0"} & words(figure)
    legible(figure)


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("wrong", [["ant", "bee"], "ant"], ids=str)
def test_one_name_for_each_class(name, wrong):
    with pytest.raises(MinicnnError, match=rf"{name}: names are not one for each class. Expected a list of 3, rec"):
        FIGURES[name](names=wrong)


def test_a_layer_has_no_classes():
    figure = visualize.maximized_activations(MODEL, [1], layer=MODEL.layers[1], names=["ant", "bee", "cat"])
    assert "unit 1" in words(figure)
