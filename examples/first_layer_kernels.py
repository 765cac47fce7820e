"""What do the kernels of a first layer look like, in gray and in color, and what do they look for? (about 8 seconds)

Trains LeNet5Modern on digits, and a small network that tells the color in which a digit is written. With a folder,
``python examples/first_layer_kernels.py pictures`` say, the kernels of both are drawn, before training and after: those
of three channels as colored pictures, and once more channel by channel. Without one nothing is written.
"""

import sys
from pathlib import Path

import numpy as np

import minicnn
from minicnn.applications import LeNet5Modern
from minicnn.datasets import digits
from minicnn.layers import Conv2D, Dense, GlobalMaxPooling2D
from minicnn.models import Input, Model, Sequential
from minicnn.visualize import kernel_grid, kernels

INKS = {"red": (0.9, 0.1, 0.1), "green": (0.1, 0.8, 0.1), "blue": (0.1, 0.2, 0.9), "yellow": (0.9, 0.8, 0.1)}


def main(folder: str | None) -> None:
    (images, labels), _ = digits.load_data()
    gray = images[..., None] / np.float32(255)
    colored, inks = in_color(gray)
    minicnn.set_random_seed(0)
    networks = {
        "gray": (LeNet5Modern(), gray, labels),
        "color": (Sequential([Input((28, 28, 3)), Conv2D(8, 5, activation="relu", name="conv1"),
                              GlobalMaxPooling2D(), Dense(len(INKS), activation="softmax")]), colored, inks),
    }
    for name, (model, x, y) in networks.items():
        draw(model, folder, f"{name}_before")
        before = kernel_grid(model.get_layer("conv1"))
        model.compile(optimizer=minicnn.optimizers.Adam(0.003), loss="sparse_categorical_crossentropy",
                      metrics=["accuracy"])
        accuracy = model.fit(x, y, batch_size=32, epochs=2, verbose=0).history["accuracy"][-1]
        draw(model, folder, name)
        after = kernel_grid(model.get_layer("conv1"))
        print(f"{name}: right on {accuracy:.0%} in the second epoch; the kernels moved by "
              f"{np.linalg.norm(after - before) / np.linalg.norm(before):.0%} of their length\n")
    wanted_colors(networks["color"][0])
    if folder is None:
        print("\nName a folder to have the kernels drawn: python examples/first_layer_kernels.py pictures")
    else:
        kernels(networks["color"][0], "conv1", color=False, save=Path(folder) / "color_by_channel.png")
        print(f"\n{folder}/: gray.png, color.png, each also _before.png, and color_by_channel.png")


def in_color(gray: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each digit in an ink on white paper, and the number of its ink."""
    inks = np.random.default_rng(0).integers(len(INKS), size=len(gray))
    ink = np.array([*INKS.values()], np.float32)[inks][:, None, None]
    return 1 - gray * (1 - ink), inks


def draw(model: Model, folder: str | None, name: str) -> None:
    if folder is not None:
        Path(folder).mkdir(parents=True, exist_ok=True)
        kernels(model, "conv1", save=Path(folder) / f"{name}.png")


def wanted_colors(model: Model) -> None:
    """The sum of each filter over its 5x5 cells says which color excites it; on white paper, what is missing counts."""
    print("What a patch all of one color does to the filters of the color network (what comes before the ReLU):\n")
    print(f"  {'filter':>8}" + "".join(f"{ink:>9}" for ink in INKS) + "    white")
    layer = model.get_layer("conv1")
    sums = kernel_grid(layer).sum(axis=(0, 1))  # (3, filters)
    patches = np.array([*INKS.values(), (1, 1, 1)], np.float32)
    for f, row in enumerate((patches @ sums + layer.params["bias"]).T):
        print(f"  {f:8}" + "".join(f"{value:9.2f}" for value in row))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
