"""What happens inside a network while it learns: kernels, weights, gradients, updates, dead units? (about 10 seconds)

Trains LeNet5Modern for a few epochs on the package's digits, with a Recorder looking on, and prints what it saw. With
a folder, ``python examples/watch_training.py pictures`` say, it leaves there the record as one page, the kernels of the
first layer and its maps of one digit as animated GIFs, and the record itself. Without one nothing is written.
"""

import sys
from pathlib import Path

import numpy as np

import minicnn
from minicnn.applications import LeNet5Modern
from minicnn.callbacks import Recorder
from minicnn.datasets import digits
from minicnn.visualize import training_record
from minicnn.visualize.learning.record import Record

EPOCHS = 4


def main(folder: str | None) -> None:
    (x, y), (held_out_x, held_out_y) = digits.load_data()
    x, held_out_x = x[..., None] / 255, held_out_x[..., None] / 255

    minicnn.set_random_seed(0)
    model = LeNet5Modern()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])

    # The maps of one digit are kept; gradients and dead units are always those of the same 200 digits.
    recorder = Recorder(images=held_out_x[19:20], x=held_out_x[:200], y=held_out_y[:200])
    model.fit(x, y, epochs=EPOCHS, verbose=0, validation_data=(held_out_x, held_out_y), callbacks=[recorder])

    the_numbers(recorder.record)
    if folder is None:
        print("\nName a folder to have it drawn: python examples/watch_training.py pictures")
    else:
        write(recorder, Path(folder))


def the_numbers(record: Record) -> None:
    """A table for the last epoch: what of each layer moved, and what is dead."""
    print(f"LeNet5Modern, after {record.moments[-1]} epochs on 4,000 digits\n")
    print("  layer    largest weight           update / weights   dead units")
    for layer in record.layers("weights"):
        first, last = record.of("weight_limits", layer)[[0, -1]]
        ratio = record.of("update_ratios", layer)[-1]
        dead = f"{record.of('dead_units', layer)[-1]:.0%}" if layer in record.layers("dead_units") else "-"
        print(f"  {layer:<8} {first:.2f} at first, {last:.2f} now   {ratio:>16.1e}   {dead:>10}")
    print("\n  A step that moves a layer by about 1e-3 of its weights is the rule of thumb. Adam began with more:")
    print("  " + ", ".join(f"{np.mean(row):.1e}" for row in zip(*(
        record.of("update_ratios", layer)[1:] for layer in record.layers("update_ratios")), strict=True)),
          "in epochs 1 to", record.moments[-1])
    print("\n  A dead unit is zero for all of the 200 digits: no gradient reaches its weights. Units of a convolution\n"
          "  see many places of every digit, so few of them are; in the dense layers it may be one in four.")


def write(recorder: Recorder, folder: Path) -> None:
    """The page, the GIFs and the record."""
    folder.mkdir(parents=True, exist_ok=True)
    training_record(recorder, save=folder / "training.png")
    recorder.write_gif(folder / "kernels.gif", "kernels", "conv1")
    recorder.write_gif(folder / "maps.gif", "maps", "conv1")
    recorder.record.write(folder / "record.npz")
    print(f"\n{folder}: training.png, kernels.gif, maps.gif, record.npz")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
