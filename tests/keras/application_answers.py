"""What keras.applications has, kept for where Keras is not installed: layers and shapes of weights, and a few answers.

To be written again, with Keras installed::

    KERAS_BACKEND=torch python tests/keras/application_answers.py
"""

import json
import sys
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent / "references" / "applications"
NAMES = ["VGG16", "VGG19", "ResNet50", "ResNet101", "ResNet152", "DenseNet121", "DenseNet169", "DenseNet201"]
ANSWERED = ["VGG16", "ResNet50", "DenseNet121"]
OPTIONS = {"include_top": False, "input_shape": (32, 32, 3), "pooling": "avg", "weights": None}


def numbers(shapes):
    """Weights for arrays of these shapes, by their place: kernels of He's rule, others from 0.1 to 0.9."""
    rng = np.random.default_rng(8)
    return [rng.standard_normal(shape, np.float32) * np.float32(np.sqrt(2 / np.prod(shape[:-1]))) if len(shape) > 1
            else 0.1 + 0.8 * rng.random(shape, np.float32) for shape in shapes]


def pixels():
    """Two images."""
    return np.random.default_rng(9).standard_normal((2, 32, 32, 3), np.float32)


def line(layer, shapes):
    """``conv1_conv 7x7x3x64 64``: a layer and the shapes of its weights."""
    return " ".join([layer, *("x".join(map(str, shape)) for shape in shapes)])


def main():
    import keras

    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        keras.utils.clear_session()
        model = getattr(keras.applications, name)(weights=None)
        lines = [line(layer.name, [tuple(w.shape) for w in layer.weights]) for layer in model.layers]
        (FOLDER / f"{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    answers = {}
    for name in ANSWERED:
        model = getattr(keras.applications, name)(**OPTIONS)
        model.set_weights(numbers([tuple(w.shape) for w in model.weights]))
        answers[name] = [[float(f"{value:.9g}") for value in row[::16]] for row in model.predict(pixels(), verbose=0)]
    about = {"keras": keras.__version__, "backend": keras.backend.backend(), "kept": "every 16th number of two rows"}
    text = json.dumps({"about": about, "answers": answers}, separators=(",", ":"))
    (FOLDER / "answers.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
