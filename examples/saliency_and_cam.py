"""Where does a network look, and for which class? Saliency and CAM by three rules for each digit (about 15 seconds)

Trains two small networks on the digits of the package: LeNet-5 with ReLUs, and one that ends in global average pooling,
whose maps go straight to the classes. Then it asks of one digit of each class what in it speaks for the answer.

    python examples/saliency_and_cam.py pictures    # writes four figures into that folder
"""

import sys
from pathlib import Path

import numpy as np

import minicnn
from minicnn.applications import LeNet5Modern
from minicnn.datasets import digits
from minicnn.layers import Conv2D, Dense, GlobalAveragePooling2D, MaxPooling2D
from minicnn.models import Input, Sequential
from minicnn.visualize import (
    cam,
    class_activation_maps,
    grad_cam,
    integrated_gradients,
    saliency,
    saliency_maps,
    sanity_check,
)


def main(folder: str | None) -> None:
    (x, y), (held_out, truth) = digits.load_data()
    x, held_out = x[..., None] / 255.0, held_out[..., None] / 255.0
    minicnn.set_random_seed(1)
    lenet, pooled = trained(LeNet5Modern(), x, y, epochs=2), trained(pooled_network(), x, y, epochs=4)
    # One held-out digit of each class, the first that both networks read.
    right = (lenet.predict_classes(held_out) == truth) & (pooled.predict_classes(held_out) == truth)
    images = np.stack([held_out[(truth == digit) & right][0] for digit in range(10)])
    classes = np.arange(10)

    tell_where_gradients_are(lenet, images, classes)
    tell_how_cam_and_grad_cam_agree(pooled, images, classes)
    print(f"\n{sanity_check(lenet, images, classes)}")
    print("Guided backpropagation and deconvnet draw the digit, whatever the upper layers know.")
    if folder is not None:
        Path(folder).mkdir(parents=True, exist_ok=True)
        for model in (lenet, pooled):
            saliency_maps(model, images, classes, save=Path(folder) / f"{model.name}_saliency.png")
            class_activation_maps(model, images, classes, layer="conv2/pre",
                                  save=Path(folder) / f"{model.name}_cam.png")
        print(f"\nFour figures are in {folder}.")
    else:
        print("\nName a folder to have the figures drawn: python examples/saliency_and_cam.py pictures")


def trained(model: Sequential, x: np.ndarray, y: np.ndarray, epochs: int) -> Sequential:
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, batch_size=32, epochs=epochs, verbose=0)
    return model


def pooled_network() -> Sequential:
    """Zhou et al. 2016: maps, their means, and one weight for each map and class."""
    return Sequential([
        Input((28, 28, 1)), Conv2D(16, 5, activation="relu", name="conv1"), MaxPooling2D(2, name="pool1"),
        Conv2D(32, 5, activation="relu", name="conv2"), GlobalAveragePooling2D(name="mean"),
        Dense(10, activation="softmax", name="output"),
    ], name="pooled")


def tell_where_gradients_are(model: Sequential, images: np.ndarray, classes: np.ndarray) -> None:
    """How much of each map lies on ink, and how well integrated gradients add up."""
    ink = images > 0.5
    print("Of each map's absolute values, on ink:\n digit  of the image  vanilla  guided  deconvnet")
    maps = [np.abs(saliency(model, images, classes, rule)) for rule in ("vanilla", "guided", "deconvnet")]
    for digit in classes:
        shares = [one[digit][ink[digit]].sum() / one[digit].sum() for one in maps]
        print(f"{digit:6}  {ink[digit].mean():12.0%}  " + "  ".join(f"{share:{width}.0%}" for share, width
                                                                   in zip(shares, (7, 6, 9), strict=True)))
    completeness = integrated_gradients(model, images, classes).completeness
    worst = np.abs(completeness.errors / completeness.differences).max()
    print(f"\nIntegrated gradients add up to the scores within {'one part in ten' if worst < 0.1 else f'{worst:.0%}'}:")
    print(completeness)


def tell_how_cam_and_grad_cam_agree(model: Sequential, images: np.ndarray, classes: np.ndarray) -> None:
    """Behind global average pooling the gradient is the weight."""
    plain, graded = cam(model, images, classes), grad_cam(model, images, classes, relu=False)
    height, width = plain.maps.shape[1:]
    same = np.allclose(graded.maps * height * width, plain.maps, atol=1e-4)
    print(f"\n{model.name}: Grad-CAM of {graded.layer} times {height}*{width} is CAM: {same}")
    print("Where its map is largest (row, column), for the digit's own class and for the next one:")
    own, other = (maps.reshape(10, -1).argmax(axis=1) for maps in
                  (plain.maps, cam(model, images, (classes + 1) % 10).maps))
    for digit in classes:
        (i, j), (k, m) = divmod(int(own[digit]), width), divmod(int(other[digit]), width)
        print(f"  digit {digit}   class {digit}: {i},{j}   class {(digit + 1) % 10}: {k},{m}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
