"""What happens to one digit on its way through a network? Every number can be looked at. (about 3 seconds)

    python examples/walk_through_one_digit.py --digit 7     another of the 1,000 held-out digits
"""

import argparse

import numpy as np

import minicnn
from minicnn.applications import LeNet5Modern
from minicnn.datasets import digits
from minicnn.optimizers import SGD


def main() -> None:
    parser = argparse.ArgumentParser(description="Follow one held-out digit through LeNet5Modern.")
    parser.add_argument("--digit", type=int, default=19, help="which one, from 0 to 999 (default: 19)")
    number = parser.parse_args().digit
    if not 0 <= number <= 999:
        parser.error("--digit is a number from 0 to 999")

    model, held_out_x, held_out_labels = a_trained_network()
    x, truth = held_out_x[number:number + 1], int(held_out_labels[number])
    print(f"Held-out digit {number} is a {truth}:\n")
    draw(x[0, :, :, 0])

    values = model.activations(x)
    the_values(values)
    by_hand(model, x, values, truth)
    the_answer(values["output"][0], truth)
    the_gradient(model, x, truth)


def a_trained_network():
    """LeNet5Modern after one pass over the 4,000 training digits, and the digits held out."""
    print("A network learns from 4,000 digits, one pass ...\n", flush=True)
    (images, labels), (held_out_images, held_out_labels) = digits.load_data()
    minicnn.set_random_seed(0)
    model = LeNet5Modern()
    model.compile(SGD(0.05, momentum=0.9), "sparse_categorical_crossentropy")
    model.fit(images[..., None] / 255, labels, verbose=0)
    return model, held_out_images[..., None] / 255, held_out_labels


def draw(image) -> None:
    """A picture of characters: the darker the ink, the fuller the character; two of them make a square."""
    for row in image:
        print(("  " + "".join(2 * " .:*#"[int(ink * 4.999)] for ink in row)).rstrip())


def the_values(values) -> None:
    print("\nEvery value on its way. A name alone is what leaves a layer, NAME/pre what it is before its activation.\n")
    print("                  shape               smallest      mean   largest     zeros")
    for name, value in values.items():
        figures = f"{value.min():12.3f}{value.mean():10.3f}{value.max():10.3f}{np.mean(value == 0):10.0%}"
        print(f"  {name:<14}  {value.shape!s:<16}{figures}")


def by_hand(model, x, values, digit) -> None:
    """Nothing is hidden: take the values before and the weights, and compute a number again."""
    print("\nA number of each kind, computed again from those before it:\n")
    weights = model.params
    # Where map 0 of pool1 is strongest, and the 2x2 places of conv1 it looks at.
    i, j = (int(place) for place in np.unravel_index(values["pool1"][0, :, :, 0].argmax(), (12, 12)))
    row, column = 2 * i, 2 * j

    again(f"conv1/pre[{row},{column},0]", values["conv1/pre"][0, row, column, 0],
          (x[0, row:row + 5, column:column + 5, 0] * weights["conv1/kernel"][:, :, 0, 0]).sum()
          + weights["conv1/bias"][0], "25 pixels * 25 weights, added up, + bias")
    again(f"conv1[{row},{column},0]", values["conv1"][0, row, column, 0],
          max(values["conv1/pre"][0, row, column, 0], 0), "the same, or 0 if that is negative")
    again(f"pool1[{i},{j},0]", values["pool1"][0, i, j, 0],
          values["conv1"][0, row:row + 2, column:column + 2, 0].max(), "the largest of 2*2 numbers of conv1")
    again(f"output/pre[{digit}]", values["output/pre"][0, digit],
          (values["dense2"][0] * weights["output/kernel"][:, digit]).sum() + weights["output/bias"][digit],
          "84 units * 84 weights, added up, + bias")
    again(f"output[{digit}]", values["output"][0, digit],
          np.exp(values["output/pre"][0, digit]) / np.exp(values["output/pre"][0]).sum(),
          f"exp(output/pre[{digit}]) / the sum of all ten exp")


def again(name, in_the_network, by_hand, how) -> None:
    np.testing.assert_allclose(by_hand, in_the_network, rtol=1e-4, atol=1e-6)
    print(f"  {name:<20}{in_the_network:9.5f}   by hand {by_hand:9.5f}: {how}")


def the_answer(probabilities, truth) -> None:
    print("\nThe answer, as probabilities:\n")
    for digit, p in enumerate(probabilities):
        print(f"  {digit}  {p:7.2%}  {'#' * round(p * 50)}{'  <- the truth' if digit == truth else ''}".rstrip())


def the_gradient(model, x, truth) -> None:
    """The gradient of the score with respect to the picture: which pixels matter, and which way."""
    gradient = model.input_gradient(x, truth)
    print(f"\nWhat would make it more of a {truth}? The gradient of that probability by each pixel:")
    print("++ more ink here helps much, + a little; -- more ink here harms much, - a little\n")
    for row in gradient[0, :, :, 0] / np.abs(gradient).max():
        print(("  " + "".join(mark(share) for share in row)).rstrip())

    # A gradient is a promise about small steps. Take one, and see.
    step = 0.001 * np.sign(gradient)
    promised = float((gradient * step).sum())
    before, after = (float(model.predict(image, verbose=0)[0, truth]) for image in (x, x + step))
    print(f"\nIf every pixel moves by 0.001 that way, the gradient promises {promised:+.5f};"
          f"\nthe network goes from {before:.5f} to {after:.5f}, which is {after - before:+.5f}.")


def mark(share) -> str:
    """The sign of a pixel's gradient: twice if it is strong, once if it is weak, not at all if it hardly counts."""
    sign = "+" if share > 0 else "-"
    return 2 * sign if abs(share) > 0.5 else " " + sign if abs(share) > 0.15 else "  "


if __name__ == "__main__":
    main()
