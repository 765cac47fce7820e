"""Which part of a digit does a network need? Hide it, piece by piece, and see what it says. (about 5 seconds)

    python examples/occlusion_heat_map.py pictures      also draws the maps, into this folder

A square without ink moves over each digit. Where the probability of the right class falls, the network needs what is
there; where the answer changes, the square has made another digit of it.
"""

import sys
from pathlib import Path

import numpy as np

import minicnn
from minicnn.applications import LeNet5Modern
from minicnn.datasets import digits
from minicnn.optimizers import SGD
from minicnn.visualize import occlusion, occlusion_maps

# A large square scores a small cell in its middle: the map is fine, and still enough is hidden to matter.
PATCH, STRIDE = 9, 2


def main(folder: str | None) -> None:
    model, x = a_trained_network_and_ten_digits()
    result = occlusion(model, x, list(range(10)), patch=PATCH, stride=STRIDE)
    places = (28 // STRIDE) ** 2
    print(f"The square is {PATCH}x{PATCH} pixels, its cell {STRIDE}x{STRIDE}: "
          f"{28 // STRIDE}*{28 // STRIDE} = {places} places for each digit\n")
    the_weakest_places(result)
    changed = [(result.classes[digit] != digit).mean() for digit in range(10)]
    the_answers(x, result, int(np.argmax(changed)))
    if folder is None:
        print("\nName a folder to have the maps drawn: python examples/occlusion_heat_map.py pictures")
        return
    Path(folder).mkdir(parents=True, exist_ok=True)
    occlusion_maps(model, x, list(range(10)), patch=PATCH, stride=STRIDE, save=Path(folder) / "occlusion.png")
    print(f"\n{folder}/occlusion.png")


def a_trained_network_and_ten_digits():
    """LeNet5Modern after two passes over the 4,000 training digits, and for each class a held-out digit that it knows.
    """
    print("A network learns from 4,000 digits, two passes ...\n", flush=True)
    (images, labels), (held_out_images, held_out_labels) = digits.load_data()
    minicnn.set_random_seed(0)
    model = LeNet5Modern()
    model.compile(SGD(0.05, momentum=0.9), "sparse_categorical_crossentropy")
    model.fit(images[..., None] / 255, labels, epochs=2, verbose=0)
    x = (held_out_images[..., None] / 255).astype("float32")
    right = model.predict_classes(x) == held_out_labels
    return model, np.stack([x[right & (held_out_labels == digit)][0] for digit in range(10)])


def the_weakest_places(result) -> None:
    print("digit  probability   at worst   the square's middle    then it is taken for")
    for digit in range(10):
        falls = result.probability[digit]
        row, column = np.unravel_index(falls.argmin(), falls.shape)
        answer = result.classes[digit, row, column]
        taken = "still itself" if answer == digit else str(answer)
        print(f"{digit:>5}  {result.whole[digit]:11.3f}  {falls.min():9.3f}   row {row:>2}, column {column:>2}"
              f"      {taken}")


def the_answers(x, result, digit) -> None:
    """The digit beside what the network takes it for while the square lies there."""
    print(f"\nThe {digit} changes most. Left: the digit. Right: the answer, where hiding makes it another one.\n")
    for row in range(28):
        ink = "".join(" .:*#"[int(value * 4.999)] for value in x[digit, row, :, 0])
        answers = "".join("." if answer == digit else str(answer) for answer in result.classes[digit, row])
        print(f"  {ink}   {answers}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
