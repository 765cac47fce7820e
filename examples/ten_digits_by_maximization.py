"""Which picture does a network hold for the best 3 of all? Activation maximization. (about 10 seconds)

Trains a LeNet-5 of today on the digits that come with minicnn, then goes uphill from noise, for each class, until its
score is higher than for any image it was trained on. Once by minicnn's own recipe, once by that of the tutorials.

    python examples/ten_digits_by_maximization.py pictures           draws into a folder, without one nothing
    python examples/ten_digits_by_maximization.py pictures lenet5    of the LeNet-5 of 1998 instead
"""

import sys
from pathlib import Path

import numpy as np

import minicnn
from minicnn.applications import LeNet5, LeNet5Modern, lenet5_images
from minicnn.datasets import digits
from minicnn.initializers import FanInUniform
from minicnn.losses import PenaltyMAP
from minicnn.models import Model
from minicnn.optimizers import SGD
from minicnn.visualize import maximize_activation


def main(folder: str | None, which: str) -> None:
    minicnn.set_random_seed(0)
    model, images, best = trained(which)
    answers = {}
    for recipe in ("default", "classic"):
        found = maximize_activation(model, recipe=recipe, like=images)
        answers[recipe] = model.predict_classes(found.images)
        print(f"\nThe recipe {recipe!r}\n\n  class  best image  maximized")
        for digit, score in enumerate(found.scores):
            print(f"  {digit:>5}  {best[digit]:>10.2f}  {score:>9.2f}")
        if folder is not None:
            Path(folder).mkdir(parents=True, exist_ok=True)
            found.figure(save=Path(folder) / f"digits_{which}_{recipe}.png")
            print(f"  {folder}/digits_{which}_{recipe}.png")
    if np.array_equal(answers["default"], np.arange(10)):
        print("\nThe network takes each of the ten pictures of the default recipe for its digit.")
    print(f"The numbers in them go from {images.min():g} to {images.max():g}, as in the images; those of the classic\n"
          "recipe are free, so they drive the score further, into pictures that nobody would write.")
    if folder is None:
        print("\nName a folder to have them drawn: python examples/ten_digits_by_maximization.py pictures")


def trained(which: str) -> tuple[Model, np.ndarray, np.ndarray]:
    """A network, the images it was trained on, and the best score that one of them gets from each class."""
    (pixels, labels), _ = digits.load_data()
    if which == "lenet5":
        # Its penalties cannot fall below 0, and gray shadows of a digit bring them there: do not expect clear ones.
        model, images = LeNet5(FanInUniform(1.0, 0.5)), lenet5_images(pixels)
        model.compile(optimizer=SGD(0.002), loss=PenaltyMAP(), metrics=["accuracy"])
        model.fit(images, labels, batch_size=8, epochs=4, verbose=2)
        return model, images, -model.predict(images, verbose=0).min(axis=0)
    model, images = LeNet5Modern(), pixels[..., None].astype(np.float32) / 255
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(images, labels, batch_size=32, epochs=3, verbose=2)
    before_softmax = Model(model.input, model.get_layer("dense2").output).predict(images, verbose=0)
    output = model.get_layer("output")
    return model, images, (before_softmax @ output.params["kernel"] + output.params["bias"]).max(axis=0)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None, sys.argv[2] if len(sys.argv) > 2 else "modern")
