"""What makes a convolution fast, and does the answer stay the same? (about 3 seconds)

minicnn has every kernel three times: `reference` (the definition, as loops), `numpy` (unroll the image into a
matrix and multiply once) and `numba` (the same, with the unrolling compiled). Here all three do the work of C1,
the first convolution of LeNet-5, on one real digit. The times are those of your machine, and longer when other
programs want its cores.
"""

import time

import numpy as np

import minicnn
from minicnn import kernels
from minicnn.applications import LeNet5, lenet5_images
from minicnn.datasets import digits
from minicnn.kernels import reference, with_numpy
from minicnn.losses import PenaltyMAP
from minicnn.optimizers import SGD


def main() -> None:
    minicnn.set_random_seed(0)
    (images, labels), _ = digits.load_data()
    x = lenet5_images(images[:1])
    c1 = LeNet5().get_layer("C1")
    kernel, bias = c1.params["kernel"], c1.params["bias"]
    window = c1.window(x.shape[1:])
    dy = np.random.default_rng(0).standard_normal((1, *c1.output_shape_for(x.shape[1:]))).astype("float32")
    print(f"A handwritten {labels[0]}, {x.shape[1]}x{x.shape[2]} pixels; C1 has {kernel.shape[3]} kernels of "
          f"{kernel.shape[0]}x{kernel.shape[1]}.\n")

    count_the_work(x, kernel, window)
    compare({
        "forward": lambda: kernels.conv2d(x, kernel, bias, window),
        "back to the image": lambda: kernels.conv2d_input_gradient(dy, kernel, x.shape[1:3], window),
        "back to the kernels": lambda: kernels.conv2d_kernel_gradient(x, dy, window),
    })
    train_a_step(lenet5_images(images[:32]), labels[:32])


def count_the_work(x, kernel, window) -> None:
    # The loops: count how often the innermost line runs, by walking the same way.
    taps = sum(1 for i, j in reference.positions(window) for _ in reference.taps(i, j, x.shape[1:3], window))
    products = taps * kernel.shape[2] * kernel.shape[3]
    # The unrolled image: one row for each place of the kernel, with the pixels that the kernel sees there.
    (matrix,) = with_numpy.im2col(x, window, groups=1)
    rows, columns = matrix.shape
    assert rows * columns * kernel.shape[3] == products  # the same work, only in another order

    print("The work, forward")
    print(f"  a kernel stands at {window.output[0]}*{window.output[1]} = {rows} places, and sees {columns} pixels"
          f" at each; there are {kernel.shape[3]} kernels")
    print(f"\n               {'multiply and add':<19}{'done by':<19}pixels copied first")
    print(f"  reference    {products:<19,}loops of Python    none")
    print(f"  numpy        {products:<19,}a matrix product   {matrix.size:,}, by NumPy")
    print(f"  numba        {products:<19,}a matrix product   {matrix.size:,}, by a compiled loop")
    print(f"\n  The copies are the matrix of {rows}x{columns}: a pixel stands in it up to {columns} times. It pays,"
          " for a matrix\n  product is what computers do best.")


def compare(tasks) -> None:
    print("\nThe answers, and the time they take (milliseconds, best of several)")
    print(f"\n  {'':<20}{'reference':>12}{'numpy':>12}{'numba':>12}   largest difference")
    for task, run in tasks.items():
        answers, times = {}, {}
        for name in kernels.IMPLEMENTATIONS:
            with kernels.use(name):
                answers[name] = run()  # the first run of numba compiles, or reads the compiled code from disk
                times[name] = best_time(2 if name == "reference" else 50, run)
        difference = max(np.abs(answers[name] - answers["reference"]).max() for name in ("numpy", "numba"))
        size = np.abs(answers["reference"]).max()
        assert difference < 1e-5 * size, f"{task}: the three kernels disagree"
        print(f"  {task:<20}" + "".join(f"{times[name] * 1000:12.3f}" for name in kernels.IMPLEMENTATIONS)
              + f"   {difference:.0e} of {size:.3g}")
    print("\n  Numbers of 32 bits have about seven digits. All but the last one or two agree; those differ because"
          "\n  the same products are added in another order.")


def train_a_step(x, labels) -> None:
    """The whole network on more digits: forward, back and update. By loops it would take about half a minute."""
    print(f"\nOne step of training for all of LeNet-5, on {len(x)} digits (milliseconds)\n")
    for name in ("numpy", "numba"):
        model = LeNet5()
        model.compile(SGD(0.0001), PenaltyMAP())
        with kernels.use(name):
            model.train_on_batch(x, labels)
            print(f"  {name:<12}{best_time(20, model.train_on_batch, x, labels) * 1000:8.1f}")


def best_time(times: int, run, *arguments) -> float:
    """Seconds of the fastest of some runs: what the machine can do when nothing else disturbs it."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        run(*arguments)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


if __name__ == "__main__":
    main()
