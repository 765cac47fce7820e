"""How does a convolution get fast, idea by idea, and what does each idea gain? (about 5 seconds)

The second convolution of LeNet5Modern, on 128 handwritten digits: from the loops of the definition to the vectors of
minicnn's own kernels. Each rung of the ladder is compared with the one below it, number by number. All but the last use
one thread. With a folder, ``python examples/how_convolution_gets_fast.py pictures`` say, the ladder is drawn. The times
are those of your machine, and longer when other programs want its cores.
"""

import sys
import time
from pathlib import Path

import numba
import numpy as np

import minicnn
from minicnn.applications import LeNet5Modern
from minicnn.datasets import digits
from minicnn.kernels import reference, vector, with_numba, with_numpy
from minicnn.kernels._blas import one_thread
from minicnn.kernels.threads import threads
from minicnn.kernels.vector.primitives import multiply_block
from minicnn.kernels.vector.tables import grid
from minicnn.kernels.vector.widths import BITS, ROWS

IMAGES, ROUNDS = 128, 25
LANES = BITS // 32  # numbers in one vector


def main(folder: str | None) -> None:
    minicnn.set_random_seed(0)
    (images, _), _ = digits.load_data()
    model = LeNet5Modern()
    layer = model.get_layer("conv2")
    x = model.activations(images[:IMAGES, ..., None].astype(np.float32) / 255)["pool1"]
    kernel = layer.params["kernel"]
    bias = np.linspace(-1, 1, kernel.shape[3], dtype=np.float32)
    window = layer.window(x.shape[1:])

    the_work(x, kernel, window)
    rungs = {
        "loops": lambda: reference.conv2d(x[:1], kernel, bias, window, 1),
        "one matrix product": alone(with_numpy.conv2d, x, kernel, bias, window, 1),
        "compiled copying": alone(with_numba.conv2d, x, kernel, bias, window, 1),
    }
    if vector.COMPILES:
        rungs |= {
            "no copy": without_copies(x, kernel, bias, window, rows=1, vectors=1),
            "register block": without_copies(x, kernel, bias, window, rows=ROWS, vectors=vectors_of(kernel)),
            "threads": lambda: vector.conv2d(x, kernel, bias, window, 1),
        }
    compare(rungs)
    seconds = measured(rungs)
    the_ladder(seconds, products(kernel, window))
    if folder is None:
        print("\nName a folder to have the ladder drawn: python examples/how_convolution_gets_fast.py pictures")
    else:
        Path(folder).mkdir(parents=True, exist_ok=True)
        draw(seconds, Path(folder) / "how_convolution_gets_fast.png")
        print(f"\n  {folder}/how_convolution_gets_fast.png")


IDEAS = {
    "loops": "The definition, in Python: one number at a time.",
    "one matrix product": "Copy each window into a row of a matrix (im2col): then one product of\n"
                          "matrices does it all, and libraries are good at those. By NumPy.",
    "compiled copying": "The same, but the copies are made by a compiled loop, for a few images\n"
                        "at a time, so that the matrix stays in the fast memory of the core.",
    "no copy": "Number k of window m lies at starts[m] + steps[k] of the image: two short\n"
               "lists stand for the matrix. One window meets one vector of filters, in\n"
               "instructions that multiply and add whole vectors.",
    "register block": "Several windows at a time share each vector of filters, and their sums\n"
                      "stay in the registers: fewer loads, and always another sum to go on with.",
    "threads": "The images are shared among the cores. This is what minicnn does.",
}


def products(kernel, window) -> int:
    """Multiply-adds for one image."""
    return window.output[0] * window.output[1] * kernel.size


def the_work(x, kernel, window) -> None:
    places, depth = window.output[0] * window.output[1], kernel.shape[0] * kernel.shape[1] * kernel.shape[2]
    print(f"An image of {x.shape[1]}x{x.shape[2]} with {x.shape[3]} channels; {kernel.shape[3]} filters of "
          f"{kernel.shape[0]}x{kernel.shape[1]}x{kernel.shape[2]} = {depth} numbers.\n")
    print(f"  places of a window    {window.output[0]}*{window.output[1]} = {places}")
    print(f"  multiply and add      {places}*{depth}*{kernel.shape[3]} = {products(kernel, window):,} times an image")
    print(f"  im2col copies         {places}*{depth} = {places * depth:,} numbers an image, of which there are but "
          f"{x[0].size}")
    print(f"  offset lists          {places} + {depth} = {places + depth} numbers, for all images")


def alone(function, *arguments):
    """The function with the matrix product on one thread, so that only the idea counts."""
    def run():
        with one_thread:
            return function(*arguments)

    return run


def vectors_of(kernel) -> int:
    """How many vectors a register block has: two, where there are filters for them."""
    return min(2, kernel.shape[3] // LANES)


def without_copies(x, kernel, bias, window, rows, vectors):
    """The convolution by register blocks of ``rows`` windows times ``vectors`` vectors of filters."""
    (_, width, channels), (oh, ow), (kh, kw, _, filters) = x.shape[1:], window.output, kernel.shape
    starts = grid(0, (oh, width * channels), (ow, channels))                    # where each window begins
    steps = grid(0, (kh, width * channels), (kw, channels), (channels, 1))      # from there to each of its numbers
    places = grid(0, (oh * ow, filters))                                        # where its results go
    wide = vectors * LANES
    # A panel: the numbers of as many filters as a block has, side by side for each number of a window.
    panels = kernel.reshape(len(steps), -1, wide).transpose(1, 0, 2).reshape(-1)

    @numba.njit
    def blocks(x, y, images):
        depth, size = len(steps), len(starts)
        for n in range(images):
            x_at, y_at = n * (x.size // images), n * (y.size // images)
            for column in range(0, filters, wide):
                for row in range(0, size, rows):
                    # y[row, column] ... = bias + the sum over k < depth of x[starts[row] + steps[k]] * panel[k]
                    multiply_block(rows, vectors, BITS, x, x_at, starts, row, min(rows, size - row), steps, 0, depth,
                                   panels, column * depth, wide, y, y_at + column, places, wide, bias, column, 0)

    def run():
        y = np.empty((len(x), oh, ow, filters), np.float32)
        blocks(x.reshape(-1), y.reshape(-1), len(x))
        return y

    return run


def compare(rungs) -> None:
    print("\nEach rung against the one below it: the largest difference, as a part of the largest number")
    below = None
    for name, run in rungs.items():
        y = run()
        if below is not None:
            other, expected = below
            count = min(len(y), len(expected))  # the loops do one image only
            difference = np.abs(y[:count] - expected[:count]).max() / np.abs(expected).max()
            assert difference < 1e-5, f"{name} and {other} disagree"
            print(f"  {name:<20} the same as {other:<20} ({difference:.0e})")
        below = name, y


def measured(rungs) -> dict[str, float]:
    """Seconds an image: the best of many rounds in which all rungs take turns, so that none has a better machine."""
    times = {name: [] for name in rungs}
    for number in range(ROUNDS):
        for name, run in rungs.items():
            if name != "loops" or number < 2:
                start = time.perf_counter()
                run()
                times[name].append((time.perf_counter() - start) / (1 if name == "loops" else IMAGES))
    return {name: min(each) for name, each in times.items()}


def the_ladder(seconds, count) -> None:
    print("\nThe ladder\n")
    print(f"{'':<20}{'µs an image':>14}{'gain':>11}{'in all':>11}{'million multiply-adds/s':>26}")
    first = before = seconds["loops"]
    for name, each in seconds.items():
        gain = "" if name == "loops" else times_as_fast(before / each)
        print(f"\n{name:<20}{1e6 * each:>14,.2f}{gain:>11}{times_as_fast(first / each):>11}"
              f"{count / each / 1e6:>26,.1f}")
        print("\n".join(f"    {line}" for line in IDEAS[name].splitlines()))
        before = each
    if vector.COMPILES:
        print(f"\nHere a vector has {LANES} numbers, and {threads()} thread{'s' * (threads() > 1)} may share the work.")
    else:
        print("\nThis machine's compiler makes no vectors: the ladder ends here.")


def times_as_fast(factor) -> str:
    return f"{factor:,.0f}x" if factor >= 100 else f"{factor:.1f}x"


def draw(seconds, path) -> None:
    """A bar for each rung, on a logarithmic scale: equal steps are equal factors."""
    from matplotlib.figure import Figure

    figure = Figure((8, 3.6), layout="constrained")
    axes = figure.add_subplot()
    names, times = list(seconds), [1e6 * each for each in seconds.values()]
    axes.barh(names, times, 0.62, color="#0072B2")
    for at, each in enumerate(times):
        gain = f"   {times_as_fast(times[at - 1] / each)}" if at else ""
        axes.text(each * 1.15, at, (f"{each:,.0f} µs" if each >= 100 else f"{each:.2g} µs") + gain, va="center")
    axes.set(xscale="log", xlim=(min(times) / 2, max(times) * 12),
             xlabel="µs for one image; behind it the gain of each idea")
    axes.set_title("How a convolution gets fast: conv2 of LeNet5Modern", loc="left")
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
