"""How does a kernel move over an image, and what does it add up? (2 seconds; 10 with the animations)

Prints a convolution with its strides and paddings, and the matrix that it is. With a folder,
``python examples/how_convolution_moves.py pictures`` say, it writes animations and stills. Without one nothing is
written.
"""

import sys
from pathlib import Path

import numpy as np

from minicnn.layers import Conv2D
from minicnn.visualize import (
    activation_functions,
    animate_convolution,
    animate_pooling,
    convolution_matrix,
    convolution_steps,
    pooling_steps,
    sparse_matrix,
)

X = np.array([[0, 0, 3, 3, 0],
              [0, 3, 3, 3, 0],
              [0, 0, 3, 3, 0],
              [0, 0, 3, 3, 0],
              [0, 3, 3, 3, 3]])     # a one

KERNEL = np.array([[-2, 1, 1],
                   [-2, 1, 1],
                   [-2, 1, 1]])     # ink in the middle and on the right, none on the left: an edge


def main(folder: str | None) -> None:
    print("A digit of 5x5 pixels and a kernel of 3x3 that answers to edges:\n")
    show(X, KERNEL)
    print("\nWhat comes out depends on how the kernel moves:\n")
    for words, options in (("one step at a time", {}), ("two steps at a time: stride 2", {"strides": 2}),
                           ("from outside the border: padding 1", {"padding": 1})):
        y = convolved(**options)
        print(f"{words}, {y.shape[0]}x{y.shape[1]} places\n")
        show(y)
        print()
    the_matrix()
    if folder is None:
        print("\nName a folder to have it animated: python examples/how_convolution_moves.py pictures")
    else:
        write(Path(folder))


def convolved(**options):
    """By the engine's own layer."""
    layer = Conv2D(1, 3, use_bias=False, input_shape=(5, 5, 1), **options)
    layer.set_weights([KERNEL[..., None, None]])
    return layer(X[None, ..., None].astype("float32"))[0, ..., 0].astype(int)


def show(*arrays) -> None:
    """Arrays side by side, as rows of numbers."""
    for row in range(max(map(len, arrays))):
        print("  " + "    ".join("".join(f"{number:>4}" for number in array[row]) if row < len(array) else
                                 "    " * array.shape[1] for array in arrays).rstrip())


def the_matrix() -> None:
    """Moving a kernel is multiplying by a matrix in which the same few numbers come back in each row."""
    matrix = convolution_matrix(KERNEL, X.shape)
    print(f"The same as a matrix of {matrix.shape[0]}x{matrix.shape[1]}, each row the kernel at another place; the "
          "first three:\n")
    for row in matrix[:3].astype(int):
        print("  " + "".join(f"{number:>3}" if number else "  ." for number in row))
    np.testing.assert_array_equal(matrix @ X.ravel(), convolved().ravel())
    print("\nmatrix @ pixels gives the same 9 numbers. A dense layer may have any number at each of its 225 places;\n"
          "a convolution has 9 weights, at 81 places, and zeros elsewhere.")


def write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    animate_convolution(X, KERNEL, save=folder / "convolution.gif", verbose=0)
    animate_convolution(X, KERNEL, strides=2, padding=1, save=folder / "convolution_stride_2.gif", verbose=0)
    animate_pooling(X, 2, padding="same", save=folder / "max_pooling.gif", verbose=0)
    convolution_steps(X, KERNEL, padding=1, steps=[(0, 0), (0, 1), (1, 0)], save=folder / "convolution_steps.png")
    pooling_steps(X[:4, :4], 2, kind="subsampling", save=folder / "subsampling_steps.png")
    sparse_matrix(KERNEL, X.shape, save=folder / "convolution_matrix.png")
    activation_functions(save=folder / "activation_functions.png")
    print()
    for file in sorted(folder.glob("*")):
        print(f"  {file}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
