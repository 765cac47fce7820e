"""Time to build, time to answer for one image of 224x224, and the memory that takes, of some classic networks.

Each network runs in a process of its own, so that its peak memory is its own. "parameters" is the time to draw the
random numbers they start with; the first image may compile kernels, so the median of those behind it counts.
"""

import argparse
import os
import platform
import resource
import statistics
import subprocess
import sys
import time

import numba
import numpy as np
from training_step import processor

import minicnn
from minicnn import applications

NETWORKS = ("VGG16", "ResNet50", "DenseNet121")
IMAGES = 5


def peak() -> float:
    """The most memory this process has had, in MB."""
    unit = 1 if sys.platform == "darwin" else 1024  # bytes on macOS, kilobytes elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def seconds_since(start: float) -> float:
    return time.perf_counter() - start


def measure(name: str) -> str:
    """One row of the table."""
    start = time.perf_counter()
    model = getattr(applications, name)()
    build = seconds_since(start)
    start = time.perf_counter()
    size = sum(array.nbytes for array in model.params.values()) / 1e6
    parameters = seconds_since(start)
    before = peak()
    image = np.random.default_rng(0).normal(0, 50, (1, 224, 224, 3)).astype(np.float32)
    times = []
    for _ in range(IMAGES + 1):
        start = time.perf_counter()
        model.predict(image, verbose=0)
        times.append(seconds_since(start))
    return (f"| {name} | {model.count_params():,} | {build:.3f} | {parameters:.2f} | {times[0]:.2f} | "
            f"{statistics.median(times[1:]):.2f} | {size:.0f} | {before:.0f} | {peak():.0f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*", default=NETWORKS, metavar="NAME", help="of minicnn.applications")
    parser.add_argument("--row", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.row:
        print(measure(options.networks[0]))
        return
    print(f"{processor()}, {os.cpu_count()} cores; Python {platform.python_version()}, NumPy {np.__version__}, "
          f"Numba {numba.__version__}, minicnn {minicnn.__version__}; default thread settings")
    print("one image of 224x224x3, float32; seconds, and MB\n")
    print("| network | numbers | build | parameters | first image | an image | size of the parameters | peak before | "
          "peak |")
    print(f"|---|{'---:|' * 8}")
    for name in options.networks:
        row = subprocess.run([sys.executable, __file__, name, "--row"], check=True, capture_output=True, text=True)
        print(row.stdout.strip(), flush=True)


if __name__ == "__main__":
    main()
