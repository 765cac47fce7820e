"""What does one channel of a trained network look for? Two answers side by side. (about 8 seconds)

One from the data: the patches of the digits to which the channel answers most. One from the network alone: the patch
that activation maximization makes for the channel's middle unit, from noise. Where they agree, the channel has a shape
it looks for; the maximized one goes further than any digit did.

With a folder, ``python examples/what_excites_a_channel.py pictures`` say, both are drawn. Without one nothing is
written.
"""

import sys
from pathlib import Path

import numpy as np

import minicnn
from minicnn.applications import LeNet5Modern
from minicnn.datasets import digits
from minicnn.models import Model
from minicnn.visualize import exciting_patches, maximize_activation, top_patches
from minicnn.visualize.maximizing import Regularized

LAYER, UNIT = "conv2", (3, 3)


def main(folder: str | None) -> None:
    minicnn.set_random_seed(0)
    (pixels, labels), _ = digits.load_data()
    model, images = LeNet5Modern(), pixels[..., None].astype(np.float32) / 255
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(images, labels, batch_size=32, epochs=2, verbose=2)

    channels = range(model.get_layer(LAYER).filters)
    found = maximize_activation(model, [(*UNIT, channel) for channel in channels], layer=f"{LAYER}/pre",
                                recipe=Regularized(starts=2), like=images)
    print(f"\n{LAYER} of {model.name}: what its middle units see are {found.rectangles[0]}\n")
    patches = [exciting_patches(model, LAYER, channel, images, count=1) for channel in channels]
    best = np.array([patch.values[0] for patch in patches])
    print("  channel  best patch  of image  at unit   maximized")
    for channel, patch in zip(channels, patches, strict=True):
        row, column = patch.where[0]
        print(f"  {channel:>7}  {best[channel]:>10.2f}  {patch.which[0]:>8}  ({row}, {column})  "
              f"{found.scores[channel]:>9.2f}")
    higher = int((found.scores > best).sum())
    print(f"\n{higher} of {len(channels)} channels answer the maximized picture more than any part of any of the "
          f"{len(images):,} digits.")
    the_frame(model, found.crops[0])
    if folder is None:
        print("\nName a folder to have them drawn: python examples/what_excites_a_channel.py pictures")
        return
    Path(folder).mkdir(parents=True, exist_ok=True)
    top_patches(model, LAYER, images, channels, save=Path(folder) / "top_patches.png")
    found.figure(save=Path(folder) / "maximized_units.png")
    print(f"\n  {folder}/top_patches.png\n  {folder}/maximized_units.png")


def the_frame(model: Model, crop: np.ndarray) -> None:
    """Why the pictures are so small."""
    height, width = crop.shape[:2]
    rows, columns = model.input.shape[1:3]
    print(f"\nA unit of {LAYER} sees {height}x{width} pixels of {rows}x{columns}. Its picture is cut to them: what "
          "stands beside\nthem never moved the unit, and means nothing.")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
