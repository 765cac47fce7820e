"""What do the two pooling layers of a trained LeNet5Modern hand on of a digit? (about 5 seconds)

Trains the network for two epochs and says what is left of a held-out 5 behind each pool. With a folder, ``python
examples/feature_maps_of_pooling.py pictures`` say, it draws all maps of both pools, each pool beside the convolution
before it, and one channel over twenty digits. Without one nothing is written.
"""

import sys
from pathlib import Path

import numpy as np

import minicnn
from minicnn.applications import LeNet5Modern
from minicnn.datasets import digits
from minicnn.models import Model
from minicnn.visualize import channel_maps, channel_over_images, feature_maps

DIGIT = 19  # a 5


def main(folder: str | None) -> None:
    (images, labels), (held_out, truth) = digits.load_data()
    x, held_out_x = (bytes_[..., None] / np.float32(255) for bytes_ in (images, held_out))
    model = trained(x, labels)
    image = held_out_x[DIGIT]
    print(f"Held-out digit {DIGIT} is a {truth[DIGIT]}. What the pools hand on of it:\n")
    values = model.activations(image[None])
    for pool in ("pool1", "pool2"):
        tell(pool, values[pool][0])
    strongest = int(values["pool1"][0].sum(axis=(0, 1)).argmax())
    print(f"\nChannel {strongest} of pool1, the most excited one (12x12, dark is much):\n")
    print(as_characters(values["pool1"][0, ..., strongest]))
    if folder is None:
        print("\nName a folder to have the maps drawn: python examples/feature_maps_of_pooling.py pictures")
        return
    Path(folder).mkdir(parents=True, exist_ok=True)
    channel_maps(model, image, "pool1", save=Path(folder) / "pool1.png")
    channel_maps(model, image, "pool2", save=Path(folder) / "pool2.png")
    feature_maps(model, image, ["conv1", "pool1", "conv2", "pool2"], save=Path(folder) / "before_and_behind.png")
    channel_over_images(model, held_out_x[:20], "pool1", strongest, save=Path(folder) / "one_channel.png")
    print(f"\n{folder}/: pool1.png, pool2.png, before_and_behind.png, one_channel.png")


def trained(x: np.ndarray, labels: np.ndarray) -> Model:
    minicnn.set_random_seed(0)
    model = LeNet5Modern()
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, labels, batch_size=32, epochs=2, verbose=0)
    return model


def tell(name: str, maps: np.ndarray) -> None:
    """How many maps of which size there are, and how much of them is not zero."""
    height, width, channels = maps.shape
    silent = int((maps == 0).all(axis=(0, 1)).sum())
    print(f"  {name}  {channels:2} maps of {height}x{width} = {maps.size} numbers, {(maps > 0).mean():4.0%} of them "
          f"above zero; {silent} maps see nothing")


def as_characters(one: np.ndarray) -> str:
    levels = " .:-=+*#%@"
    steps = (one / one.max() * (len(levels) - 1)).round().astype(int)
    return "\n".join("  " + "".join(2 * levels[step] for step in row) for row in steps)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
