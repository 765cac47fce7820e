"""What does a convolution compute, forward and back, number by number? (1 second)

An image of 4x4, a kernel of 2x2, one bias. Every sum is written out below, then the engine must find the same.
"""

from itertools import product

import numpy as np

from minicnn import kernels
from minicnn.layers import Conv2D

X = [[2, 0, 1, 1],
     [1, 2, 1, 1],
     [3, 3, 0, 1],
     [2, 1, 2, 3]]

KERNEL = [[1, 2],
          [-1, 3]]

BIAS = 1

# How much the loss grows when an output grows by one. In a network this comes from the layer behind; here we
# choose it, by choosing the loss: the sum of dy * y.
DY = [[3, 1, 0],
      [1, 1, -1],
      [3, 2, 0]]

PIXELS = list(product(range(4), range(4)))    # (row, column) in the image
CELLS = list(product(range(2), range(2)))     # (p, q) in the kernel
PLACES = list(product(range(3), range(3)))    # (i, j) in the output: 4 - 2 + 1 = 3 places in each direction


# Each function below gives, for every number to compute, the pairs whose products are added up.

def y_pairs(x, kernel):
    """Forward: at place (i, j), cell (p, q) of the kernel lies on pixel (i + p, j + q)."""
    return {(i, j): [(x[i + p][j + q], kernel[p][q]) for p, q in CELLS] for i, j in PLACES}


def dkernel_pairs(x, dy):
    """Cell (p, q) met pixel (i + p, j + q) on its way into output (i, j). It did so at every place: add them up."""
    return {(p, q): [(dy[i][j], x[i + p][j + q]) for i, j in PLACES] for p, q in CELLS}


def dx_pairs(dy, kernel):
    """Pixel (row, column) lay under cell (p, q) at place (row - p, column - q), if there is such a place."""
    return {(row, column): [(dy[row - p][column - q], kernel[p][q])
                            for p, q in CELLS if (row - p, column - q) in PLACES] for row, column in PIXELS}


def main() -> None:
    the_numbers()
    print("\nForward: y[i,j] = bias + sum of x[i+p, j+q] * kernel[p, q]\n")
    y = show("y", y_pairs(X, KERNEL), start=BIAS)
    print(f"\nThe loss: the sum of dy * y is {loss(X, KERNEL)}. How does it change with each number that went in?")

    print("\nBack to the kernel: dkernel[p,q] = sum of dy[i, j] * x[i+p, j+q]\n")
    dkernel = show("dkernel", dkernel_pairs(X, DY))

    print("\nBack to the image: dx[row,column] = sum of dy[row-p, column-q] * kernel[p, q]"
          "\n(a corner lay under the kernel once, a pixel in the middle four times)\n")
    dx = show("dx", dx_pairs(DY, KERNEL))

    print("\nBack to the bias: it was added at every place\n")
    dbias = sum(DY[i][j] for i, j in PLACES)
    print(f"  dbias = {' + '.join(bracketed(DY[i][j]) for i, j in PLACES)} = {dbias}")

    try_it(dx, dkernel)
    ask_the_engine({"y": y, "dx": dx, "dkernel": dkernel, "dbias": [dbias]})


def the_numbers() -> None:
    """Print image, kernel, bias and dy side by side."""
    columns = {"x": X, "kernel": KERNEL, "bias": [[BIAS]], "dy": DY}
    print("  " + "".join(f"{name:<16}" for name in columns).rstrip())
    for row in range(4):
        cells = ["".join(f"{n:>2} " for n in table[row]) if row < len(table) else "" for table in columns.values()]
        print("  " + "".join(f"{cell:<16}" for cell in cells).rstrip())


def show(name, pairs, start=0):
    """Print each sum of products; return the results, row by row."""
    results = []
    for (row, column), factors in pairs.items():
        result = start + sum(a * b for a, b in factors)
        terms = [str(start)] * bool(start) + [f"{bracketed(a)}*{bracketed(b)}" for a, b in factors]
        print(f"  {name}[{row},{column}] = {' + '.join(terms)} = {result}")
        results.append(result)
    return results


def bracketed(number):
    return f"({number})" if number < 0 else str(number)


def loss(x, kernel):
    y = {place: BIAS + sum(a * b for a, b in pairs) for place, pairs in y_pairs(x, kernel).items()}
    return sum(DY[i][j] * y[i, j] for i, j in PLACES)


def try_it(dx, dkernel) -> None:
    """A gradient is a promise: change this number by one, and the loss changes by so much."""
    print("\nDoes the promise hold? Add 1 to a number, and compute the loss again.\n")
    before = loss(X, KERNEL)
    for (row, column), promised in zip(PIXELS, dx, strict=True):
        x = [list(line) for line in X]
        x[row][column] += 1
        assert loss(x, KERNEL) - before == promised
        if (row, column) == (1, 1):
            print(f"  x[1,1]       {X[1][1]} -> {x[1][1]}:   the loss goes from {before} to {loss(x, KERNEL)},"
                  f" by {promised} = dx[1,1]")
    for (p, q), promised in zip(CELLS, dkernel, strict=True):
        kernel = [list(line) for line in KERNEL]
        kernel[p][q] += 1
        assert loss(X, kernel) - before == promised
        if (p, q) == (0, 1):
            print(f"  kernel[0,1]  {KERNEL[0][1]} -> {kernel[0][1]}:   the loss goes from {before} to"
                  f" {loss(X, kernel)}, by {promised} = dkernel[0,1]")
    print(f"  ... and so for all {len(PIXELS)} pixels and all {len(CELLS)} cells of the kernel.")


def ask_the_engine(by_hand) -> None:
    """The same from the layer Conv2D, by each of its three implementations; "reference" is our loops above."""
    layer = Conv2D(filters=1, kernel_size=2)
    layer.build((4, 4, 1))                                                # height, width, one channel
    layer.set_weights([np.reshape(KERNEL, (2, 2, 1, 1)), [BIAS]])         # one channel in, one filter out
    x = np.reshape(X, (1, 4, 4, 1)).astype("float32")                     # one image
    dy = np.reshape(DY, (1, 3, 3, 1)).astype("float32")

    print("\nWhat does the engine find?\n")
    for name in kernels.IMPLEMENTATIONS:
        with kernels.use(name), kernels.record() as ran:
            y, cache = layer.forward(x)
            dx, gradients = layer.backward(dy, cache)
        found = {"y": y, "dx": dx, "dkernel": gradients["kernel"], "dbias": gradients["bias"]}
        for what, numbers in by_hand.items():
            # Small whole numbers are exact in floating point: not nearly the same, the same.
            np.testing.assert_array_equal(found[what].ravel(), numbers, f"{what} of the {name} kernels")
        assert ran == [(name, kernel) for kernel in ("conv2d", "conv2d_input_gradient", "conv2d_kernel_gradient",
                                                     "bias_gradient")]
        print(f"  {name:<10} y, dx, dkernel and dbias: the same {sum(map(len, by_hand.values()))} numbers")


if __name__ == "__main__":
    main()
