"""What does a convolutional network look like from inside? Every picture there is, of four networks, on one page.

    python examples/gallery.py            pictures into the folder gallery; open gallery/index.html
    python examples/gallery.py pictures   into another folder

Trains LeNet-5 of 1998, LeNet-5 in today's parts, a network with global average pooling, and one of colored digits, all
on the digits that come with the package, for a few epochs each. About 90 seconds.
"""

import sys
import time
from pathlib import Path

import numpy as np

import minicnn
from minicnn import visualize
from minicnn.applications import LeNet5, LeNet5Modern, lenet5_images
from minicnn.datasets import digits
from minicnn.initializers import FanInUniform
from minicnn.layers import Conv2D, Dense, GlobalAveragePooling2D, MaxPooling2D
from minicnn.losses import PenaltyMAP
from minicnn.models import Input, Sequential
from minicnn.optimizers import SGD, Adam
from minicnn.visualize.page import Link, Section, picture, write_page

EPOCHS = 6
ASKED = (2, 3, 5)  # classes of which an image is looked at closely


def lenet5():
    """LeNet-5 of 1998: a connection table, trainable subsampling, and penalties."""
    (images, labels), (held, truth) = digits.load_data()
    model = LeNet5(FanInUniform(1.0, 0.5))
    model.compile(SGD(0.004), PenaltyMAP(), metrics=["accuracy"])
    history = model.fit(lenet5_images(images), labels, batch_size=8, epochs=4, verbose=0,
                        validation_data=(lenet5_images(held), truth))
    return model, history, lenet5_images(held), truth, None


def lenet5_modern():
    """LeNet-5 in today's parts: ReLU, maximum pooling, softmax."""
    (images, labels), (held, truth) = digits.load_data()
    return trained(LeNet5Modern(), images[..., None] / 255, labels, held[..., None] / 255, truth)


def averaging():
    """Global average pooling before the classes: class activation maps are exact here."""
    (images, labels), (held, truth) = digits.load_data()
    model = small_network((28, 28, 1), 10, "averaging")
    return trained(model, images[..., None] / 255, labels, held[..., None] / 255, truth)


def colored():
    """Three digits in two colors, six classes: kernels that see color."""
    (images, labels), (held, truth) = digits.load_data()
    names = [f"{color} {digit}" for digit in CHOSEN for color in COLORS]
    model = small_network((28, 28, 3), len(names), "colored")
    return *trained(model, *colored_digits(images, labels), *colored_digits(held, truth))[:4], names


CHOSEN, COLORS = (0, 4, 7), {"orange": (1.0, 0.6, 0.1), "blue": (0.2, 0.5, 1.0)}


def colored_digits(images, labels):
    """Each of the chosen digits three times, in light colors on dark ones; digit and color of the ink are the class."""
    rng = np.random.default_rng(0)
    chosen = np.repeat(np.flatnonzero(np.isin(labels, CHOSEN)), 3)
    ink = (images[chosen] / 255)[..., None]
    color = rng.integers(len(COLORS), size=len(ink))
    front = np.array(list(COLORS.values()))[color][:, None, None]
    back = rng.uniform(0, 0.35, size=(len(ink), 1, 1, 3))
    return ink * front + (1 - ink) * back, np.searchsorted(CHOSEN, labels[chosen]) * len(COLORS) + color


def small_network(shape, classes, name):
    """Three convolutions, the mean of each map, and the classes."""
    return Sequential([
        Input(shape),
        Conv2D(16, 5, activation="relu", name="conv1"), MaxPooling2D(2, name="pool1"),
        Conv2D(24, 3, activation="relu", name="conv2"), Conv2D(32, 3, activation="relu", name="conv3"),
        GlobalAveragePooling2D(name="average"), Dense(classes, activation="softmax", name="classes"),
    ], name=name)


def trained(model, x, labels, held, truth):
    model.compile(Adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, labels, batch_size=32, epochs=EPOCHS, verbose=0, validation_data=(held, truth))
    return model, history, held, truth, None


POSTERS = {
    lenet5: {"feature_maps": lambda model, x: visualize.feature_maps(model, x[1])},
    lenet5_modern: {
        "saliency": visualize.saliency_maps,
        "occlusion": visualize.occlusion_maps,
        "ten_digits": lambda model, x: visualize.maximized_activations(model, range(10)),
    },
}  # the README shows these
NETWORKS = (lenet5, lenet5_modern, averaging, colored)


def main(folder: Path) -> None:
    start = time.perf_counter()
    folder.mkdir(parents=True, exist_ok=True)
    links = []
    for build in NETWORKS:
        minicnn.set_random_seed(0)
        model, history, held, truth, classes = build()
        right = f"{history.history['val_accuracy'][-1]:.1%} of {len(truth):,} held-out digits are right"
        print(f"{build.__name__:<14} {right}", flush=True)
        asked = [int(np.flatnonzero(truth == number)[0]) for number in ASKED]
        visualize.report(model, held[asked], classes=classes, history=history, data=(held, truth), verbose=0,
                         save=folder / f"{build.__name__}.html")
        if build in POSTERS:
            for name, draw in POSTERS[build].items():
                draw(model, held[asked]).savefig(folder / f"{name}.png", dpi=110)
        links.append(Link(build.__doc__, f"{build.__name__}.html", right))
    write_page(folder / "index.html", "What a convolutional network looks like", [
        Section("Four networks, seen through", links), Section("How the arithmetic moves", arithmetic(folder))])
    print(f"{time.perf_counter() - start:.0f} s; open {folder / 'index.html'}")


def arithmetic(folder: Path):
    """Pictures that need no training: what a convolution does, and the functions behind it."""
    x = np.round(digits.load_data()[0][0][0][5:23:3, 5:23:3] / 255, 1)
    edge = np.array([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]])
    visualize.animate_convolution(x, edge, strides=2, padding="same", save=folder / "convolution.gif")
    visualize.animate_pooling(x, save=folder / "pooling.gif")
    return [
        picture("Convolution", lambda: folder / "convolution.gif", "an edge detector slides over a digit"),
        picture("Pooling", lambda: folder / "pooling.gif", "the largest of each window"),
        picture("Convolution as a matrix", lambda: visualize.sparse_matrix(edge, (6, 6, 1)),
                "sparse, and the same nine weights in every row"),
        picture("Activation functions", visualize.activation_functions, "each with its derivative"),
    ]


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "gallery"))
