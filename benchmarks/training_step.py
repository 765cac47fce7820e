"""Milliseconds per training step of LeNet5Modern, for each implementation of the kernels.

The implementations take turns, so that a drift of the machine's speed meets all of them; the median counts.
"""

import argparse
import os
import platform
import statistics
import time

import numba
import numpy as np

import minicnn
from minicnn import kernels, optimizers
from minicnn.applications import LeNet5Modern
from minicnn.datasets import digits

BATCHES = (1, 32, 128)
ROUNDS = 15


def step_times(name: str, batch: int, steps: int) -> list[float]:
    """Seconds of some training steps, after one that does not count (it may compile)."""
    (images, labels), _ = digits.load_data()
    x, y = images[:batch, ..., None].astype(np.float32) / 255, labels[:batch]
    minicnn.set_random_seed(0)
    model = LeNet5Modern()
    model.compile(optimizers.SGD(0.01), "sparse_categorical_crossentropy")
    times = []
    with kernels.use(name):
        for _ in range(steps + 1):
            start = time.perf_counter()
            model.train_on_batch(x, y)
            times.append(time.perf_counter() - start)
    return times[1:]


def processor() -> str:
    """The processor's name, where the system tells it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reference", action="store_true", help="time the loops of the definition as well (minutes)")
    options = parser.parse_args()
    print(f"{processor()}, {os.cpu_count()} cores; Python {platform.python_version()}, NumPy {np.__version__}, "
          f"Numba {numba.__version__}, minicnn {minicnn.__version__}; default thread settings")
    print("ms per training step of LeNet5Modern, median (lowest - highest)\n")
    names = ["vector", "numba", "numpy"]
    print(f"| batch | {' | '.join(names)} |{' reference |' if options.reference else ''}")
    print(f"|---:|{'---:|' * (len(names) + options.reference)}")
    for batch in BATCHES:
        times: dict[str, list[float]] = {name: [] for name in names}
        for _ in range(ROUNDS):
            for name in names:
                times[name] += step_times(name, batch, steps=3)
        if options.reference:
            times["reference"] = step_times("reference", batch, steps=1)
        cells = [f"{1e3 * statistics.median(t):.2f} ({1e3 * min(t):.2f} - {1e3 * max(t):.2f})" for t in times.values()]
        print(f"| {batch} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
