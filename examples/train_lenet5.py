"""How do I train the LeNet-5 of 1998 on real digits, in Keras's words?

    python examples/train_lenet5.py               3 epochs, about 8 seconds
    python examples/train_lenet5.py --epochs 16   the full recipe of `minicnn train lenet5`, about half a minute

The very first run of all takes up to a minute longer: it compiles the kernels.
"""

import argparse

import numpy as np

import minicnn
from minicnn.applications import LeNet5, lenet5_images
from minicnn.datasets import digits
from minicnn.initializers import FanInUniform
from minicnn.losses import PenaltyMAP
from minicnn.optimizers import SGD
from minicnn.schedules import PiecewiseConstantDecay

BATCH = 8


def main() -> None:
    parser = argparse.ArgumentParser(description="Train LeNet-5 on the 4,000 digits that come with minicnn.")
    parser.add_argument("--epochs", type=int, default=3, help="passes over the digits (default: 3)")
    epochs = parser.parse_args().epochs

    # Bytes of 28x28 pixels. The paper puts them into a frame of 32x32 and makes paper -0.1 and ink 1.175.
    (images, labels), (held_out_images, held_out_labels) = digits.load_data()
    x, held_out_x = lenet5_images(images), lenet5_images(held_out_images)

    # The network, exactly as published; only the start is a later rule of its authors (1/sqrt(fan-in)).
    minicnn.set_random_seed(0)
    model = LeNet5(FanInUniform(1.0, 0.5))
    model.summary()

    # Large steps first, then smaller ones: the rate falls at 50, 75 and 90 % of the way.
    steps = epochs * len(x) // BATCH
    falling = PiecewiseConstantDecay([steps * 50 // 100, steps * 75 // 100, steps * 90 // 100],
                                     [0.004, 0.0016, 0.0006, 0.0002])
    # The loss is equation 9 of the paper: the right penalty shall be small, and smaller than the others.
    model.compile(optimizer=SGD(falling), loss=PenaltyMAP(), metrics=["accuracy"])
    model.fit(x, labels, batch_size=BATCH, epochs=epochs, validation_data=(held_out_x, held_out_labels))

    # LeNet-5 answers with ten penalties, of which the smallest wins; predict_classes knows that.
    answers = model.predict_classes(held_out_x)
    wrong = np.flatnonzero(answers != held_out_labels)
    print(f"\nRight on {1 - len(wrong) / len(answers):.1%} of {len(answers):,} digits it has never seen.")
    print(f"The first of its {len(wrong)} errors, as truth -> answer:")
    for number in wrong[:8]:
        print(f"  held-out digit {number:3}:  {held_out_labels[number]} -> {answers[number]}")


if __name__ == "__main__":
    main()
