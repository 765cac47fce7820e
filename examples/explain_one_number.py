"""Where does one number of a network come from, and why does a weight move? (4 seconds; 6 with the pictures)

Takes numbers of a trained LeNet5Modern apart: an edge in its first layer, a number deeper down, its answer, and the
gradient of one weight. With a folder, ``python examples/explain_one_number.py pictures`` say, it draws each. Without
one nothing is written.
"""

import sys
from pathlib import Path

import numpy as np

import minicnn
from minicnn.applications import LeNet5Modern
from minicnn.datasets import digits
from minicnn.optimizers import SGD
from minicnn.visualize import explain, explain_gradient


def main(folder: str | None) -> None:
    model, digit, truth = a_trained_network()
    values = model.activations(digit[None])
    told = {}
    print(f"The digit is a {truth}. The strongest number of the first layer:\n")
    told["conv1"] = explain(model, "conv1", strongest(values["conv1"][0]), digit)
    print(told["conv1"])
    print("A pool picks the largest of four:\n")
    told["pool1"] = explain(model, "pool1", strongest(values["pool1"][0]), digit)
    print(told["pool1"])
    print("Deeper down a number sees more of the digit, through all maps of the layer below:\n")
    told["conv2"] = explain(model, "conv2", strongest(values["conv2"][0]), digit)
    print(told["conv2"])
    print(f"The answer: the probability of a {truth}:\n")
    told["output"] = explain(model, "output", truth, digit)
    print(told["output"])
    for name, one in told.items():  # nothing was left out
        np.testing.assert_allclose(one.total, one.value, rtol=1e-4, err_msg=name)

    print("And back: a weight of the first layer was used at 24*24 places. Its gradient is the sum over all of them:\n")
    told["gradient"] = explain_gradient(model, "conv1", (2, 2, 0, told["conv1"].unit[2]), digit, truth)
    print(told["gradient"])
    np.testing.assert_allclose(told["gradient"].total, told["gradient"].gradient, rtol=1e-4, atol=1e-9)
    if folder is None:
        print("Name a folder to have all of it drawn: python examples/explain_one_number.py pictures")
    else:
        Path(folder).mkdir(parents=True, exist_ok=True)
        for name, one in told.items():
            one.figure(save=Path(folder) / f"explain_{name}.png")
            print(f"  {folder}/explain_{name}.png")


def a_trained_network():
    """LeNet5Modern after one pass over the 4,000 training digits, and a held-out digit."""
    print("A network learns from 4,000 digits, one pass ...\n", flush=True)
    (images, labels), (held_out_images, held_out_labels) = digits.load_data()
    minicnn.set_random_seed(0)
    model = LeNet5Modern()
    model.compile(SGD(0.05, momentum=0.9), "sparse_categorical_crossentropy")
    model.fit(images[..., None] / 255, labels, verbose=0)
    return model, held_out_images[19, ..., None] / 255, int(held_out_labels[19])


def strongest(maps) -> tuple[int, int, int]:
    """(row, column, channel) of the largest number."""
    row, column, channel = (int(i) for i in np.unravel_index(maps.argmax(), maps.shape))
    return row, column, channel


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
