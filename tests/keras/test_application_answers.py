"""The networks of keras.applications, by what was kept of Keras."""

import json

import application_answers as kept
import numpy as np
import pytest

from minicnn import applications
from minicnn.layers.naming import forget_names


@pytest.mark.parametrize("name", kept.NAMES)
def test_layers_their_order_and_their_weights(name):
    forget_names()
    lines = [kept.line(layer.name, layer.shapes().values()) for layer in getattr(applications, name)().layers]
    assert lines == (kept.FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("name", kept.ANSWERED)
def test_answers(name):
    answers = json.loads((kept.FOLDER / "answers.json").read_text(encoding="utf-8"))["answers"]
    model = getattr(applications, name)(**kept.OPTIONS)
    model.set_weights(kept.numbers(model.shapes().values()))
    found, expected = model.predict(kept.pixels(), verbose=0)[:, ::16], np.array(answers[name])
    assert np.abs(expected).max() > 0.01
    assert np.abs(found - expected).max() < 1e-4 * np.abs(expected).max()
