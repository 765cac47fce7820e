"""How does a convolution get fast, idea by idea, and what does each idea gain? (about 15 seconds)

Two layers climb the same ladder on handwritten digits, from the loops of the definition to what minicnn does: the
second convolution of LeNet5Modern, 5x5, and that of MNISTConvNet, 3x3, where Winograd's products pay. All rungs have
the same arguments, and each is compared with the one before it, number by number. Those before "threads" use one
thread. Then come the same ideas on the way back, and in a step of training.

With a folder, ``python examples/how_convolution_gets_fast.py pictures`` say, the ladders are drawn. The times are those
of your machine, and longer when other programs want its cores.
"""

import itertools
import sys
import time
from pathlib import Path

import numba
import numpy as np

import minicnn
from minicnn import kernels
from minicnn.applications import LeNet5Modern, MNISTConvNet
from minicnn.datasets import digits
from minicnn.kernels import reference, vector, with_numba, with_numpy
from minicnn.kernels._blas import one_thread
from minicnn.kernels.threads import threads
from minicnn.kernels.vector import conv, winograd
from minicnn.kernels.vector.primitives import multiply_block
from minicnn.kernels.vector.tables import grid
from minicnn.kernels.vector.widths import BITS, ROWS

IMAGES, ROUNDS = 64, 10
LANES = BITS // 32  # numbers in one vector


def main(folder: str | None) -> None:
    minicnn.set_random_seed(0)
    (images, labels), _ = digits.load_data()
    x, labels = images[:IMAGES, ..., None].astype(np.float32) / 255, labels[:IMAGES]
    models = {"LeNet5Modern": (LeNet5Modern(), "pool1"), "MNISTConvNet": (MNISTConvNet(), "conv1")}

    print("The rungs")
    for name, idea in IDEAS.items():
        print(f"\n{name:<20}" + idea.replace("\n", "\n" + 20 * " "))
    ladders = {}
    for name, (model, before) in models.items():
        layer = model.get_layer("conv2")
        given = inputs(layer, model.activations(x)[before])
        print(f"\n\nconv2 of {name}: {layer.kernel_size[0]}x{layer.kernel_size[1]}\n")
        the_work(*given)
        ladders[name] = climbed(*given)
        the_way_back(*given, lambda model=model: model.train_on_batch(x, labels), model)
    if vector.COMPILES:
        print(f"\nHere a vector has {LANES} numbers, and {threads()} thread{'s' * (threads() > 1)} may share the work.")
    else:
        print("\nThis machine's compiler makes no vectors: the ladder ends early.")
    if folder is None:
        print("\nName a folder to have the ladders drawn: python examples/how_convolution_gets_fast.py pictures")
    else:
        Path(folder).mkdir(parents=True, exist_ok=True)
        draw(ladders, Path(folder) / "how_convolution_gets_fast.png")
        print(f"\n  {folder}/how_convolution_gets_fast.png")


IDEAS = {
    "loops": "The definition, in Python: one number at a time.",
    "one matrix product": "Copy each window into a row of a matrix (im2col): then one product of\n"
                          "matrices does it all, and libraries are good at those. By NumPy.",
    "compiled copying": "The same, but the copies are made by a compiled loop, for a few images\n"
                        "at a time, so that the matrix stays in the fast memory of the core.",
    "no copy": "Number k of window m lies at starts[m] + steps[k] of the image: two short\n"
               "lists stand for the matrix. One window meets one vector of filters, in\n"
               "instructions that multiply and add whole vectors. But each waits for the\n"
               "sum of the one before, so a good library's product is faster still.",
    "register block": "Several windows at a time share each vector of filters, and their sums\n"
                      "stay in the registers: fewer loads, and always another sum to go on with.",
    "threads": "The images are shared among the cores.",
    "Winograd": "Four neighbors of a map come from 16 products of sums, where 3x3 kernels\n"
                "needed 36. (So this rung does fewer multiply-adds than are counted here.)",
}


def inputs(layer, x):
    """What every rung is given: x, kernel, bias, window, groups."""
    kernel = layer.params["kernel"]
    return x, kernel, np.linspace(-1, 1, kernel.shape[3], dtype=np.float32), layer.window(x.shape[1:]), 1


def one_row(x, kernel, bias, window, groups):
    """The loops, for one row of the first image's maps: all of it would take seconds."""
    middle = window.output[0] // 2
    row = window._replace(output=(1, window.output[1]))
    return reference.conv2d(x[:1, middle:middle + kernel.shape[0]], kernel, bias, row, groups)


def alone(function):
    """The function on one thread, so that only the idea counts."""
    def conv2d(*given):
        with one_thread:
            return function(*given)

    return conv2d


def by_winograd(x, kernel, bias, window, groups):
    return winograd.conv2d(x, kernel, bias, (window.pads[0], window.pads[2]), window.output)


def ladder(x, kernel, bias, window, groups):
    rungs = {"loops": one_row, "one matrix product": alone(with_numpy.conv2d),
             "compiled copying": alone(with_numba.conv2d)}
    if vector.COMPILES:
        vectors = min(2, kernel.shape[3] // LANES)  # of a block: two, where there are filters for them
        rungs |= {"no copy": alone(by_blocks(1, 1)), "register block": alone(by_blocks(ROWS, vectors)),
                  "threads": conv.direct}
        if winograd.pays(len(x), kernel, window, window.output, groups):
            rungs["Winograd"] = by_winograd
    return rungs


def products(kernel, window) -> int:
    """Multiply-adds for one image."""
    return window.output[0] * window.output[1] * kernel.size


def the_work(x, kernel, bias, window, groups) -> None:
    places, depth = window.output[0] * window.output[1], kernel.shape[0] * kernel.shape[1] * kernel.shape[2]
    print(f"  An image of {x.shape[1]}x{x.shape[2]} with {x.shape[3]} channels; {kernel.shape[3]} filters of "
          f"{kernel.shape[0]}x{kernel.shape[1]}x{kernel.shape[2]} = {depth} numbers.")
    print(f"  places of a window    {window.output[0]}*{window.output[1]} = {places}")
    print(f"  multiply and add      {places}*{depth}*{kernel.shape[3]} = {products(kernel, window):,} times an image")
    print(f"  im2col copies         {places}*{depth} = {places * depth:,} numbers an image, of which there are but "
          f"{x[0].size:,}")
    print(f"  offset lists          {places} + {depth} = {places + depth} numbers, for all images")
    if kernel.shape[:2] == (3, 3):
        print(f"  Winograd multiplies   {places // 4}*16*{kernel.shape[2]}*{kernel.shape[3]} = "
              f"{products(kernel, window) * 4 // 9:,} times an image")


def by_blocks(rows, vectors):
    """A convolution by register blocks of ``rows`` windows times ``vectors`` vectors of filters."""
    @numba.njit
    def blocks(x, starts, steps, panels, y, places, bias, images):
        depth, size, wide = steps.size, starts.size, vectors * LANES
        for n in range(images):
            x_at, y_at = n * (x.size // images), n * (y.size // images)
            for column in range(0, bias.size, wide):
                for row in range(0, size, rows):
                    # y[row, column] ... = bias + the sum over k < depth of x[starts[row] + steps[k]] * panel[k]
                    multiply_block(rows, vectors, BITS, x, x_at, starts, row, min(rows, size - row), steps, 0, depth,
                                   panels, column * depth, wide, y, y_at + column, places, wide, bias, column, 0)

    def conv2d(x, kernel, bias, window, groups):
        (_, width, channels), (oh, ow), (kh, kw, _, filters) = x.shape[1:], window.output, kernel.shape
        starts = grid(0, (oh, width * channels), (ow, channels))                # where each window begins
        steps = grid(0, (kh, width * channels), (kw, channels), (channels, 1))  # from there to each of its numbers
        places = grid(0, (oh * ow, filters))                                    # where its results go
        # A panel: the numbers of as many filters as a block has, side by side for each number of a window.
        panels = kernel.reshape(len(steps), -1, vectors * LANES).transpose(1, 0, 2).reshape(-1)
        y = np.empty((len(x), oh, ow, filters), np.float32)
        blocks(x.reshape(-1), starts, steps, panels, y.reshape(-1), places, bias, len(x))
        return y

    return conv2d


def climbed(x, kernel, bias, window, groups) -> dict[str, float]:
    """Compare, measure and print the rungs; returns the seconds of each for an image."""
    rungs = ladder(x, kernel, bias, window, groups)
    differences = compared(rungs, x, kernel, bias, window, groups)
    seconds, count = measured(rungs, x, kernel, bias, window, groups), products(kernel, window)
    print(f"\n  {'':<20}{'µs an image':>12}{'gain':>10}{'in all':>11}{'multiply-adds/s':>18}   differs by")
    before = first = seconds["loops"]
    for name, each in seconds.items():
        gain, difference = ("", "") if name == "loops" else (times_as_fast(before / each), f"{differences[name]:.0e}")
        print(f"  {name:<20}{1e6 * each:>12,.1f}{gain:>10}{times_as_fast(first / each):>11}"
              f"{count / each / 1e6:>10,.0f} million{difference:>13}")
        before = each
    return seconds


def compared(rungs, *given) -> dict[str, float]:
    """The largest difference between each rung and the one before it, as a part of the largest number."""
    differences, results = {}, {name: run(*given) for name, run in rungs.items()}
    for (other, expected), (name, y) in itertools.pairwise(results.items()):
        if other == "loops":
            middle = y.shape[1] // 2
            y = y[:1, middle:middle + 1]
        differences[name] = np.abs(y - expected).max() / np.abs(expected).max()
        assert differences[name] < 1e-5, f"{name} and {other} disagree"
    return differences


def measured(rungs, x, kernel, bias, window, groups) -> dict[str, float]:
    """Seconds an image: the best of many rounds in which all rungs take turns, so that none has a better machine."""
    times = {name: [] for name in rungs}
    for number in range(ROUNDS):
        for name, conv2d in rungs.items():
            if name != "loops" or number < 2:
                times[name].append(timed(lambda run=conv2d: run(x, kernel, bias, window, groups)))
    return {name: min(each) * window.output[0] if name == "loops" else min(each) / len(x)
            for name, each in times.items()}


def times_as_fast(factor) -> str:
    return f"{factor:,.0f}x" if factor >= 100 else f"{factor:.1f}x"


def the_way_back(x, kernel, bias, window, groups, step, model) -> None:
    """The gradients are such sums, too: the same ideas, by the kernels that minicnn lets one choose."""
    dy = np.random.default_rng(0).standard_normal((len(x), *window.output, kernel.shape[3]), dtype=np.float32)
    model.compile("sgd", "sparse_categorical_crossentropy")
    tasks = {
        "forward": lambda: kernels.conv2d(x, kernel, bias, window),
        "back to the image": lambda: kernels.conv2d_input_gradient(dy, kernel, x.shape[1:3], window),
        "back to the kernels": lambda: kernels.conv2d_kernel_gradient(x, dy, window),
    }
    names = kernels.IMPLEMENTATIONS[1:]
    print(f"\n  And back, ms for {len(x)} images" + "".join(f"{name:>10}" for name in names) + "   differ by")
    for task, run in tasks.items():
        answers, times = by_each(names, run)
        differences = [np.abs(answers[name] - answers["numpy"]).max() for name in names]
        difference = max(differences) / np.abs(answers["numpy"]).max()
        assert difference < 1e-5, f"{task}: the kernels disagree"
        print(f"  {task:<28}" + "".join(f"{1e3 * times[name]:>10.2f}" for name in names) + f"{difference:>12.0e}")
    _, times = by_each(names, step)
    print(f"  {'a training step of the net':<28}" + "".join(f"{1e3 * times[name]:>10.2f}" for name in names))


def by_each(names, run):
    """The answer and the shortest time of each of minicnn's kernels."""
    answers, times = {}, {}
    for name in names:
        with kernels.use(name):
            answers[name] = run()  # the first time compiles, or reads the compiled code from disk
            times[name] = min(timed(run) for _ in range(5))
    return answers, times


def timed(run) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def draw(ladders, path) -> None:
    """A bar for each rung but the loops, whose bar would not fit onto any paper."""
    from matplotlib.figure import Figure

    figure = Figure((8, 6.4), layout="constrained")
    heights = [len(seconds) for seconds in ladders.values()]
    panels = figure.subplots(len(ladders), 1, height_ratios=heights)
    for axes, (model, seconds) in zip(panels, ladders.items(), strict=True):
        names, times = list(seconds), [1e6 * each for each in seconds.values()]
        longest = max(times[1:])
        axes.barh(names, [0, *times[1:]], 0.62, color="#0072B2")
        axes.text(0.01 * longest, 0, f"{times[0]:,.0f} µs: a bar {times[0] / times[1]:,.0f} times as long as the next",
                  va="center")
        for at, each in list(enumerate(times))[1:]:
            gain = f"   {times_as_fast(times[at - 1] / each)}" if at > 1 else ""
            axes.text(each + 0.01 * longest, at, f"{each:.3g} µs{gain}", va="center")
        axes.set_xlim(0, 1.25 * longest)
        axes.set_title(f"conv2 of {model}", loc="left", fontsize="medium")
        axes.invert_yaxis()
        axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("µs for one image; behind it the gain of each idea")
    figure.suptitle("How a convolution gets fast")
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
