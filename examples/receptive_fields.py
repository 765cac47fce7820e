"""How much of a picture does a unit see, layer by layer: receptive fields on a picture? (about 2 seconds)

Prints how the field grows through LeNet-5 and VGG16. With a folder, ``python examples/receptive_fields.py pictures``
say, it draws what the middle unit of each layer sees of a digit. Without one nothing is written.
"""

import sys
from pathlib import Path

import numpy as np

from minicnn.applications import VGG16, LeNet5, lenet5_images
from minicnn.counting import Count, count
from minicnn.datasets import digits
from minicnn.visualize import receptive_fields


def main(folder: str | None) -> None:
    _, (images, _) = digits.load_data()
    digit = images[19]
    pictures = {
        "lenet5": (count(LeNet5()), lenet5_images(images[19:20])[0]),     # 28x28 in a frame, 32x32
        "vgg16": (count(VGG16()), np.kron(digit, np.ones((8, 8)))),       # each pixel 8x8 times: 224x224
    }
    for name, (counted, picture) in pictures.items():
        the_growth(counted, picture.shape[:2])
        if folder is not None:
            Path(folder).mkdir(parents=True, exist_ok=True)
            receptive_fields(counted, picture, save=Path(folder) / f"fields_{name}.png")
            print(f"\n  {folder}/fields_{name}.png")
        print()
    the_arithmetic(pictures["lenet5"][0], "S4")
    if folder is None:
        print("\nName a folder to have the fields drawn: python examples/receptive_fields.py pictures")


def the_growth(counted: Count, picture: tuple[int, int]) -> None:
    """A line for each layer whose units see more than those before; all of the picture is 32 marks wide."""
    height, width = picture
    print(f"{counted.name}, on a picture of {height}x{width}\n")
    print(f"  {'layer':<13} {'units':<8} {'sees':<8} jump")
    before = (1, 1)
    for row in counted.rows:
        (field,) = row.fields.values()
        if field.size != before:
            before = field.size
            units = "x".join(map(str, row.output_shape[:-1])) or "1"  # a dense unit has no place
            bar = "#" * max(1, round(32 * min(field.size[1], width) / width))
            more = "  the whole picture" if field.size >= picture else ""
            print(f"  {row.name:<13} {units:<8} {field!s:<8} {field.jump[1]:>4}  {bar}{more}")


def the_arithmetic(counted: Count, layer: str) -> None:
    print(f"Why {layer} of {counted.name} sees {counted[layer].receptive_field}:\n")
    print(f"  {counted.explain(layer, 'receptive_field').splitlines()[0]}")
    print("\n  A field grows by (kernel - 1) * the jump before; a stride multiplies the jump. So a pool adds little\n"
          "  itself, but behind it the fields grow twice as fast. VGG16's padding counts as well: its dense units see\n"
          "  the whole picture and a border around it, and nothing is there but zeros.")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
