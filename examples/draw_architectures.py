"""What do LeNet-5, a residual block, an Inception module and a network of two inputs look like? (about 5 seconds)

Draws each into a folder of its own, ``python examples/draw_architectures.py pictures`` say: LeNet-5 as the stacked
planes of 1998, all as boxes and arrows. Without a folder it only says what it would draw. No graphviz is needed.
"""

import sys
from pathlib import Path

from minicnn.applications import LeNet5
from minicnn.layers import (
    Add,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Dense,
    Flatten,
    GlobalAveragePooling2D,
    MaxPooling2D,
    ReLU,
)
from minicnn.models import Input, Model
from minicnn.visualize import architecture, planes


def main(folder: str | None) -> None:
    figures = {
        "lenet5_planes": planes(LeNet5()),
        "lenet5": architecture(LeNet5(), activations=True),
        "residual": architecture(residual_block()),
        "inception": architecture(inception_module()),
        "two_inputs": architecture(two_inputs(), direction="right"),
    }
    for name, figure in figures.items():
        width, height = figure.get_size_inches()
        print(f"{name:<14} {width:4.1f} x {height:4.1f} inches", end="")
        if folder is None:
            print()
        else:
            Path(folder).mkdir(parents=True, exist_ok=True)
            figure.savefig(Path(folder) / f"{name}.png")
            figure.savefig(Path(folder) / f"{name}.svg")
            print(f"   {folder}/{name}.png and .svg")
    if folder is None:
        print("\nName a folder to have them written: python examples/draw_architectures.py pictures")


def residual_block() -> Model:
    """He et al. 2016, Figure 2: what two convolutions make is added to what they were given."""
    image = Input((32, 32, 16), name="x")
    y = ReLU(name="relu1")(BatchNormalization(name="norm1")(Conv2D(16, 3, padding="same", name="conv1")(image)))
    y = BatchNormalization(name="norm2")(Conv2D(16, 3, padding="same", name="conv2")(y))
    return Model(image, ReLU(name="relu2")(Add(name="add")([y, image])), name="residual_block")


def inception_module() -> Model:
    """Szegedy et al. 2015, Figure 2b, with the widths of module 3a (Table 1)."""
    image = Input((28, 28, 192), name="x")
    one = Conv2D(64, 1, activation="relu", name="1x1")(image)
    three = Conv2D(96, 1, activation="relu", name="3x3_reduce")(image)
    three = Conv2D(128, 3, padding="same", activation="relu", name="3x3")(three)
    five = Conv2D(16, 1, activation="relu", name="5x5_reduce")(image)
    five = Conv2D(32, 5, padding="same", activation="relu", name="5x5")(five)
    pool = MaxPooling2D(3, strides=1, padding="same", name="pool")(image)
    pool = Conv2D(32, 1, activation="relu", name="pool_proj")(pool)
    return Model(image, Concatenate(name="all")([one, three, five, pool]), name="inception_module")


def two_inputs() -> Model:
    """A picture and twelve numbers about it; two answers."""
    image, facts = Input((28, 28, 1), name="picture"), Input((12,), name="facts")
    seen = GlobalAveragePooling2D(name="mean")(Conv2D(16, 5, activation="relu", name="conv")(image))
    both = Concatenate(name="both")([Flatten(name="flat")(seen), Dense(8, activation="relu", name="read")(facts)])
    return Model([image, facts], [Dense(10, activation="softmax", name="digit")(both),
                                  Dense(1, activation="sigmoid", name="forged")(both)], name="two_in_two_out")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
